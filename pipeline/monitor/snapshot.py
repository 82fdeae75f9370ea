"""How the whole service stands at one moment: one value, from which status, metrics and pages are made.

The store tells the truth about entries. What Redis says of jobs stands beside it; that Redis is down is a
value, for then more than ever somebody wants to see how things stand.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import QueueError
from pipeline.model import QueueName
from pipeline.monitor.fleet import differing_feeds, disagreements, heard_of, living
from pipeline.monitor.queue_server import Remark, remarks_on
from pipeline.monitor.standing import LATE, FeedCondition, FeedStanding, by_trouble, is_late, stand
from pipeline.monitor.words import count_words, span_words
from pipeline.ports.queue import QueueState, QueueView, WorkerState
from pipeline.ports.reading import EntryQueueState, Heartbeat, ReadStore
from pipeline.ports.retag import Retagging

NO_QUEUE = "the queue is not running"
#: workers load models before they begin: not a word about missing ones until then
_STARTING_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStanding:
    """One queue: entries as the store has them, jobs as Redis has them."""

    queue: QueueName
    #: entries nobody works on yet
    waiting: int
    #: how long the oldest of them has been here
    oldest_age_s: float | None
    #: entries a worker holds
    in_flight: int
    quarantined: int
    #: entries processed within the last minute
    rate_per_minute: int
    #: jobs in Redis; None when Redis cannot be asked
    jobs_waiting: int | None
    #: age of the oldest waiting job; None as well when none waits
    oldest_job_age_s: float | None
    jobs_started: int | None
    #: jobs in RQ's failed registry; None when Redis cannot be asked
    failed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One counter of the store."""

    name: str
    label: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """How everything stands."""

    taken_at: datetime
    queues: tuple[QueueStanding, ...]
    workers: tuple[WorkerState, ...]
    #: those in trouble first
    feeds: tuple[FeedStanding, ...]
    documents: int
    items: int
    quarantined: int
    newest_stored_at: datetime | None
    #: how long the last heartbeat item took from fetcher to store, or has been on its way; None: none yet
    heartbeat_lag_s: float | None
    counts: tuple[Count, ...]
    #: the re-tagging that is under way or stopped
    retagging: Retagging | None
    #: why Redis could not be asked; None: it answered
    queue_error: str | None
    #: what is wrong with the queue server
    queue_server: tuple[Remark, ...]
    #: what somebody should look at, in words
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _QueueSide:
    """What Redis said, or why it said nothing."""

    states: Mapping[QueueName, QueueState]
    workers: tuple[WorkerState, ...] = ()
    server: tuple[Remark, ...] = ()
    error: str | None = None


def take_snapshot(store: ReadStore, queue: QueueView | None, now: datetime) -> Snapshot:
    """Ask store and queue how they stand.

    Args:
        store: Asked once, in one transaction.
        queue: None when none is running.
        now: Aware UTC; ages are counted from here.

    Raises:
        StoreError: The store cannot be read. A queue that cannot is `queue_error`.
    """
    stored = store.snapshot(now)
    side = _ask(queue, now)
    queues = tuple(_queue_standing(entries, side.states.get(entries.queue), now) for entries in stored.queues)
    lag_s = _lag_s(stored.heartbeat, now)
    feeds = tuple(sorted((stand(report, now) for report in stored.feeds), key=by_trouble))
    return Snapshot(
        taken_at=now,
        queues=queues,
        workers=side.workers,
        feeds=feeds,
        documents=stored.documents,
        items=stored.items,
        quarantined=stored.quarantined,
        newest_stored_at=stored.newest_stored_at,
        heartbeat_lag_s=lag_s,
        counts=tuple(
            Count(name=name, label=label, value=value)
            for (name, label), value in sorted(stored.counters.items())
        ),
        retagging=(run := _unfinished(stored.retagging)),
        queue_error=side.error,
        queue_server=side.server,
        warnings=(
            *_queue_warnings(queues, side),
            *_heartbeat_warnings(lag_s),
            *_feed_warnings(feeds, now),
            *differing_feeds(stored.fetchers),
            *_quarantine_warnings(stored.quarantined),
            *_retag_warnings(run),
        ),
    )


def _ask(queue: QueueView | None, now: datetime) -> _QueueSide:
    if queue is None:
        return _QueueSide(states={}, error=NO_QUEUE)
    try:
        return _QueueSide(
            states={state.queue: state for state in queue.states()},
            workers=tuple(heard_of(worker, now) for worker in queue.workers()),
            server=tuple(remarks_on(queue.server())),
        )
    except QueueError as error:
        return _QueueSide(states={}, error=str(error))


def _queue_standing(entries: EntryQueueState, jobs: QueueState | None, now: datetime) -> QueueStanding:
    return QueueStanding(
        queue=entries.queue,
        waiting=entries.waiting,
        oldest_age_s=_age_s(entries.oldest_received_at, now),
        in_flight=entries.in_flight,
        quarantined=entries.quarantined,
        rate_per_minute=entries.done_last_minute,
        jobs_waiting=jobs.waiting if jobs else None,
        oldest_job_age_s=_age_s(jobs.oldest_sent_at, now) if jobs else None,
        jobs_started=jobs.started if jobs else None,
        failed=jobs.failed if jobs else None,
    )


def _age_s(moment: datetime | None, now: datetime) -> float | None:
    # Clocks of two hosts differ: an age is never negative.
    return None if moment is None else max(0.0, (now - moment).total_seconds())


def _queue_warnings(queues: Sequence[QueueStanding], side: _QueueSide) -> Iterator[str]:
    if side.error is not None:
        yield side.error
    yield from (f"queue server: {remark.words}" for remark in side.server)
    served = {name for worker in living(side.workers) for name in worker.queue.split(",")}
    for queue in queues:
        unserved = queue.queue.value not in served and (queue.oldest_age_s or 0) > _STARTING_S
        if queue.waiting and side.error is None and unserved:
            yield f"{queue.waiting} waiting in the queue {queue.queue} and no worker is there"
        if queue.failed:
            failed = count_words(queue.failed, "failed job")
            yield f"{failed} in the queue {queue.queue}: see `newswire failed list`"
    yield from disagreements(side.workers)


def _unfinished(run: Retagging | None) -> Retagging | None:
    return run if run is not None and run.finished_at is None else None


def _retag_warnings(run: Retagging | None) -> Iterator[str]:
    if run is not None and run.waits_for_rules:
        yield "the re-tagging waits: the workers were started with other rules, restart them"


def _lag_s(heartbeat: Heartbeat | None, now: datetime) -> float | None:
    if heartbeat is None:
        return None
    saved_at = heartbeat.saved_at
    arrived = saved_at is not None and saved_at >= heartbeat.sent_at
    return max(0.0, ((saved_at if arrived and saved_at else now) - heartbeat.sent_at).total_seconds())


def _heartbeat_warnings(lag_s: float | None) -> Iterator[str]:
    if lag_s is not None and lag_s > LATE.total_seconds():
        yield f"an item takes {span_words(lag_s)} or more from the fetcher to the store (heartbeat)"


def _feed_warnings(feeds: Sequence[FeedStanding], now: datetime) -> Iterator[str]:
    stopped = sum(feed.condition is FeedCondition.STOPPED for feed in feeds)
    if stopped:
        yield f"{count_words(stopped, 'feed')} stopped, gone for good as the server says: remove or resume"
    quiet = sum(feed.quiet_s is not None for feed in feeds)
    if quiet:
        yield f"{count_words(quiet, 'feed')} unusually quiet"
    failing = sum(feed.condition is FeedCondition.BACKING_OFF for feed in feeds)
    if failing:
        polled = sum(feed.condition not in {FeedCondition.INACTIVE, FeedCondition.IMPORTED} for feed in feeds)
        yield f"{count_words(failing, 'feed')} backing off, of {polled}"
    late = sum(is_late(feed, now) for feed in feeds)
    if late:
        yield f"{count_words(late, 'feed')} overdue: is the fetcher running?"


def _quarantine_warnings(quarantined: int) -> Iterator[str]:
    if quarantined:
        yield f"{quarantined} in quarantine: see `newswire quarantine list`"
