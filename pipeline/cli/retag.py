"""retag: all that is stored, tagged again by the rules of now; and first, what that would change."""

import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.context import AppContext
from pipeline.cli.service_link import stored
from pipeline.clock import SystemClock
from pipeline.errors import NewswireError
from pipeline.monitor.words import count_words, retag_words
from pipeline.plain import safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.model import Tagging
    from pipeline.ports.retag import Retagged, Retagging, RetagStore, ToRetag
    from workers.tag.tagger import Tagger

_PAGE = 200
_PROGRESS_EVERY_S = 5.0
#: of the documents that would change, shown
_EXAMPLES = 10


def retag_command(
    app: AppContext,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change; change nothing.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="With --dry-run: only the first N documents.")
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Stop a re-tagging; `retag` goes on with it.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Return when all is done, or leave it to the workers.")
    ] = True,
) -> None:
    """Tag all that is stored by the rules of now, behind everything that is fresh.

    It may be interrupted, and workers may die: it goes on where it was.
    """
    from pipeline.cli.service import has_queue, quiet, work_until
    from pipeline.store.open import open_store

    if stop:
        with stored(app) as store:
            stopped = store.stop_retag(SystemClock().now())
        typer.echo("stopped; `newswire retag` goes on" if stopped else "nothing is being re-tagged", err=True)
        return
    from workers.tag.tagger import load_tagger, rules_version

    app = quiet(app)
    with stored(app) as store:
        if dry_run:
            _show_difference(store, load_tagger(app.config_dir), limit)
            return
        run = store.begin_retag(rules_version(app.config_dir), SystemClock().now())
    typer.echo(f"re-tagging: {retag_words(run, SystemClock().now())}", err=True)
    if not wait:
        if not has_queue(app):
            typer.echo("nothing runs here now: `newswire run` will do it", err=True)
        return
    with closing(open_store(app.settings.storage.url, app.data_dir)) as store:
        watch = _Watch(store)
        while not watch() and not work_until(app, watch):
            pass  # whoever worked has gone: look again who does now
        _conclude(watch.run)


class _Watch:
    """Says whether a re-tagging is over, and now and then how far it is."""

    def __init__(self, store: "RetagStore") -> None:
        self._store = store
        self._told_at = time.monotonic()
        self.run: Retagging | None = None

    def __call__(self) -> bool:
        self.run = self._store.retagging()
        if self.run is not None and time.monotonic() - self._told_at > _PROGRESS_EVERY_S:
            self._told_at = time.monotonic()
            typer.echo(f"re-tagging: {retag_words(self.run, SystemClock().now())}", err=True)
        return self.run is None or not self.run.is_running or self.run.waits_for_rules


def _conclude(run: "Retagging | None") -> None:
    if run is None:
        return
    if run.waits_for_rules:
        raise NewswireError(
            "the workers that run were started with other rules: restart them, the re-tagging goes on then"
        )
    if run.finished_at is None:
        typer.echo(f"re-tagging: {retag_words(run, SystemClock().now())}", err=True)
        return
    failed = f", {run.failed} left as they are: damaged, or tagging them crashed" if run.failed else ""
    typer.echo(f"{count_words(run.done, 'document')} tagged again, {run.changed} changed{failed}", err=True)
    if run.failed:
        raise typer.Exit(1)


def _show_difference(store: "RetagStore", tagger: "Tagger", limit: int | None) -> None:
    """Print what re-tagging would change: the first documents, then each tag that comes or goes."""
    from pipeline.cli.show_text import print_lines
    from workers.tag.retag import retagged

    would = _Difference()
    for one in islice(_pages(store, tagger.version), limit):
        would.add(one, retagged(one, tagger))
    print_lines(would.examples)
    print_lines(would.tags())
    typer.echo(
        f"{count_words(would.looked, 'document')} tagged by other rules than those of now, "
        f"{would.changed} would change",
        err=True,
    )


def _pages(store: "RetagStore", rules: str) -> "Iterator[ToRetag]":
    after: int | None = 0
    while after is not None:
        page, after = store.to_retag(rules, after=after, limit=_PAGE)
        yield from page


@dataclass(slots=True)
class _Difference:
    """What would change, counted."""

    looked: int = 0
    changed: int = 0
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, one: "ToRetag", result: "Retagged") -> None:
        """Count a document."""
        self.looked += 1
        if not result.changed:
            return
        self.changed += 1
        old, new = _codes(one.tagging), _codes(result.tagging)
        self.gained.update(new - old)
        self.lost.update(old - new)
        if len(self.examples) < _EXAMPLES:
            turns = [*(f"+{tag}" for tag in sorted(new - old)), *(f"-{tag}" for tag in sorted(old - new))]
            words = one.document.headline or one.document.lead
            line = f"{one.document.id[:12]}  {', '.join(turns) or 'scores or evidence'}  {words}"
            self.examples.append(safe_line(line, 160))

    def tags(self) -> "Iterator[str]":
        """Give a line for each tag, those that change most first."""
        for tag in sorted(self.gained | self.lost, key=lambda tag: (-self.gained[tag] - self.lost[tag], tag)):
            yield f"{tag}  +{self.gained[tag]} -{self.lost[tag]}"


def _codes(tagging: "Tagging") -> frozenset[str]:
    """Name the tags of a document; of evidence and scores nothing is said."""
    lists = (("region", tagging.regions), ("topic", tagging.topics), ("beat", tagging.beats))
    codes = {f"{kind}:{tag.code}" for kind, tags in lists for tag in tags}
    return frozenset(codes | {f"org:{body.name}" for body in tagging.organisations})
