"""The snapshot as text for people: a few lines and three tables. Colours only repeat what words say."""

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.model import SourceKind
from pipeline.monitor.snapshot import QueueStanding, Snapshot
from pipeline.monitor.standing import FeedCondition, FeedStanding
from pipeline.monitor.words import ago_words, count_words, moment_words, retag_words, span_words
from pipeline.plain import safe_line
from pipeline.ports.queue import WorkerState

_STYLES = {
    FeedCondition.STOPPED: "red",
    FeedCondition.BACKING_OFF: "red",
    FeedCondition.NEVER_POLLED: "yellow",
    FeedCondition.OK: "green",
    FeedCondition.NOT_MODIFIED: "green",
}


def status_view(snapshot: Snapshot) -> RenderableType:
    """Lay a snapshot out for a terminal of any width."""
    return Group(
        _headline(snapshot),
        *(Text(f"re-tagging: {retag_words(run, snapshot.taken_at)}") for run in [snapshot.retagging] if run),
        *(Text(f"! {safe_line(warning)}", style="yellow") for warning in snapshot.warnings),
        Text(),
        _queues(snapshot.queues),
        *_workers(snapshot.workers, snapshot),
        *_feeds(snapshot.feeds, snapshot),
    )


def _headline(snapshot: Snapshot) -> Text:
    return Text(
        f"{count_words(snapshot.documents, 'document')} of {count_words(snapshot.items, 'item')}, "
        f"newest {ago_words(snapshot.newest_stored_at, snapshot.taken_at)}, "
        f"{snapshot.quarantined} in quarantine"
        f"{_heartbeat(snapshot.heartbeat_lag_s)}"
        f"   ({moment_words(snapshot.taken_at, snapshot.taken_at)})"
    )


def _heartbeat(lag_s: float | None) -> str:
    return "" if lag_s is None else f", heartbeat {span_words(lag_s)}"


def _queues(queues: Sequence[QueueStanding]) -> Table:
    table = _table("queue", "waiting>", "oldest>", "in flight>", "failed>", "quarantined>", "done/min>")
    for queue in queues:
        table.add_row(
            Text(queue.queue),
            str(queue.waiting),
            span_words(queue.oldest_age_s),
            str(queue.in_flight),
            "?" if queue.failed is None else str(queue.failed),
            str(queue.quarantined),
            str(queue.rate_per_minute),
        )
    return table


def _workers(workers: Sequence[WorkerState], snapshot: Snapshot) -> Iterable[RenderableType]:
    if not workers:
        return
    table = _table("worker", "queue", "state", "pid>", "host", "done>", "failed>", "heartbeat>")
    for worker in workers:
        table.add_row(
            Text(safe_line(worker.name)),
            Text(safe_line(worker.queue)),
            Text(safe_line(worker.state)),
            str(worker.pid),
            Text(safe_line(worker.hostname)),
            str(worker.succeeded),
            str(worker.failed),
            ago_words(worker.heartbeat_at, snapshot.taken_at),
        )
    yield from (Text(), table)


def _feeds(feeds: Sequence[FeedStanding], snapshot: Snapshot) -> Iterable[RenderableType]:
    if not feeds:
        yield Text("\nNo feeds yet: `newswire feeds add URL`, or `newswire import FILE`.")
        return
    table = _table("feed", "provider", "docs>", "success>", "next poll>", "state")
    for feed in feeds:
        overdue = feed.next_poll_at is not None and feed.next_poll_at <= snapshot.taken_at
        next_poll = "due" if overdue else ago_words(feed.next_poll_at, snapshot.taken_at)
        table.add_row(
            Text(safe_line(feed.id, 24)),
            Text(safe_line(_provider(feed), 14)),
            str(feed.documents),
            ago_words(feed.last_success_at, snapshot.taken_at) if feed.kind is not SourceKind.IMPORT else "-",
            "-" if feed.next_poll_at is None else next_poll,
            Text(safe_line(feed.state), _STYLES.get(feed.condition, ""), no_wrap=True, overflow="ellipsis"),
        )
    yield from (Text(), table)


def _provider(feed: FeedStanding) -> str:
    """Name who delivers; of a folder without provider its name: the beginning of its path says nothing."""
    folder = PurePath(feed.url).name if feed.kind is SourceKind.DIRECTORY else ""
    return feed.provider or folder or feed.url


def _table(*headings: str) -> Table:
    """Make a table without lines; a heading that ends in `>` is a column of figures.

    Where there is no room, the column `state` gives way: its words end in an ellipsis.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for heading in headings:
        figures = heading.endswith(">")
        table.add_column(
            heading.rstrip(">"), justify="right" if figures else "left", no_wrap=heading != "state"
        )
    return table
