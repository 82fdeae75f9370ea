"""The snapshot as Prometheus text: the home of prometheus_client.

Nothing is counted in this process: a worker's own counters would die with it. What happened is counted in the
store, how things stand is asked when somebody scrapes. Labels are small sets; feeds are the one exception and
have a bound. `rq_jobs` and `rq_workers` carry the names that dashboards for RQ know.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.monitor.fleet import versions
from pipeline.monitor.queue_server import ServerFault
from pipeline.monitor.snapshot import Count, QueueStanding, Snapshot
from pipeline.monitor.standing import FeedCondition, FeedStanding

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

#: with more feeds than this the series of single feeds are left out: each is a time series for ever
MAX_FEED_SERIES = 2000


def metrics_text(snapshot: Snapshot, *, max_feed_series: int = MAX_FEED_SERIES) -> bytes:
    """Write a snapshot in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_SnapshotCollector(snapshot, max_feed_series))
    return generate_latest(registry)


class _SnapshotCollector(Collector):
    """Gives one snapshot as metric families."""

    def __init__(self, snapshot: Snapshot, max_feed_series: int) -> None:
        self._snapshot = snapshot
        self._max_feed_series = max_feed_series

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client."""
        snapshot = self._snapshot
        yield from _totals(snapshot)
        yield from _entries(snapshot.queues)
        yield from _jobs(snapshot)
        yield from _feed_conditions(snapshot.feeds)
        if len(snapshot.feeds) <= self._max_feed_series:
            yield from _single_feeds(snapshot.feeds)
        yield from _counts(snapshot.counts)


def _totals(snapshot: Snapshot) -> Iterator[Metric]:
    yield _gauge("newswire_documents", "Stored document versions.", snapshot.documents)
    yield _gauge("newswire_items", "Stored items; an item has one or more versions.", snapshot.items)
    yield _gauge(
        "newswire_quarantined", "What could not be processed and waits for a decision.", snapshot.quarantined
    )
    yield _gauge(
        "newswire_newest_document_timestamp_seconds",
        "When the newest document was stored; 0 before the first.",
        _epoch_s(snapshot.newest_stored_at),
    )
    if snapshot.heartbeat_lag_s is not None:
        yield _gauge(
            "newswire_heartbeat_lag_seconds",
            "How long the last heartbeat item took from the fetcher to the store, or has been on its way.",
            snapshot.heartbeat_lag_s,
        )
    yield _gauge(
        "newswire_queue_up", "1 when Redis answers, 0 when it does not.", snapshot.queue_error is None
    )


def _entries(queues: Sequence[QueueStanding]) -> Iterator[Metric]:
    entries = GaugeMetricFamily(
        "newswire_entries", "Entries that are not done, as the store has them.", labels=["queue", "state"]
    )
    oldest = GaugeMetricFamily(
        "newswire_queue_oldest_entry_age_seconds",
        "How long the oldest waiting entry has been here; 0 when none waits. Alert on this, not on depth.",
        labels=["queue"],
    )
    rate = GaugeMetricFamily(
        "newswire_queue_done_last_minute", "Entries processed within the last minute.", labels=["queue"]
    )
    for queue in queues:
        entries.add_metric([queue.queue, "waiting"], queue.waiting)
        entries.add_metric([queue.queue, "in_flight"], queue.in_flight)
        entries.add_metric([queue.queue, "quarantined"], queue.quarantined)
        oldest.add_metric([queue.queue], queue.oldest_age_s or 0)
        rate.add_metric([queue.queue], queue.rate_per_minute)
    yield from (entries, oldest, rate)


def _jobs(snapshot: Snapshot) -> Iterator[Metric]:
    """Give what Redis says; nothing when it says nothing, for 0 would be a lie."""
    if snapshot.queue_error is not None:
        return
    jobs = GaugeMetricFamily("rq_jobs", "RQ jobs by queue and status.", labels=["queue", "status"])
    oldest = GaugeMetricFamily(
        "rq_oldest_job_age_seconds", "Age of the oldest waiting job; 0 when none waits.", labels=["queue"]
    )
    for queue in snapshot.queues:
        jobs.add_metric([queue.queue, "queued"], queue.jobs_waiting or 0)
        jobs.add_metric([queue.queue, "started"], queue.jobs_started or 0)
        jobs.add_metric([queue.queue, "failed"], queue.failed or 0)
        oldest.add_metric([queue.queue], queue.oldest_job_age_s or 0)
    workers = GaugeMetricFamily("rq_workers", "RQ workers by queue and state.", labels=["queue", "state"])
    counted = Counter((worker.queue, worker.state) for worker in snapshot.workers)
    for labels, count in sorted(counted.items()):
        workers.add_metric(labels, count)
    yield from (jobs, oldest, workers)
    yield from _servers_and_hosts(snapshot)


def _servers_and_hosts(snapshot: Snapshot) -> Iterator[Metric]:
    faults = GaugeMetricFamily(
        "newswire_queue_server_fault", "1 where this is wrong with the queue server.", labels=["fault"]
    )
    found = {remark.fault for remark in snapshot.queue_server}
    for fault in ServerFault:
        faults.add_metric([fault], fault in found)
    differing = GaugeMetricFamily(
        "newswire_worker_versions",
        "Different rules, gazetteers and releases among living workers; more than 1: hosts do not agree.",
        labels=["of"],
    )
    for kind, count in versions(snapshot.workers).items():
        differing.add_metric([kind], count)
    yield from (faults, differing)


def _feed_conditions(feeds: Sequence[FeedStanding]) -> Iterator[Metric]:
    family = GaugeMetricFamily("newswire_feeds", "Feeds by what they are like now.", labels=["condition"])
    counted = Counter(feed.condition for feed in feeds)
    for condition in FeedCondition:
        family.add_metric([condition], counted[condition])
    yield family
    quiet = sum(feed.quiet_s is not None for feed in feeds)
    yield _gauge("newswire_feeds_quiet", "Feeds that bring nothing for longer than is usual for them.", quiet)


_FEED_SERIES: Sequence[tuple[str, str, Callable[[FeedStanding], float]]] = (
    (
        "newswire_feed_last_success_timestamp_seconds",
        "When the feed was last polled without error; 0 before the first time.",
        lambda feed: _epoch_s(feed.last_success_at),
    ),
    (
        "newswire_feed_last_new_timestamp_seconds",
        "When the feed last brought an entry that was new; 0 before the first time.",
        lambda feed: _epoch_s(feed.last_new_at),
    ),
    ("newswire_feed_failures", "Failed polls in a row.", lambda feed: feed.failures),
)


def _single_feeds(feeds: Sequence[FeedStanding]) -> Iterator[Metric]:
    for name, documentation, value in _FEED_SERIES:
        family = GaugeMetricFamily(name, documentation, labels=["feed"])
        for feed in feeds:
            family.add_metric([feed.id], value(feed))
        yield family


#: counted in milliseconds, by step
_BUSY = "busy_ms"


def _counts(counts: Sequence[Count]) -> Iterator[Metric]:
    family = CounterMetricFamily(
        "newswire_events",
        "What has happened since the beginning, as the store counts it.",
        labels=["event", "outcome"],
    )
    busy = CounterMetricFamily(
        "newswire_busy_seconds", "Time that steps beside the wire took, since the beginning.", labels=["step"]
    )
    for count in counts:
        if count.name == _BUSY:
            busy.add_metric([count.label], count.value / 1000)
        else:
            family.add_metric([count.name, count.label], count.value)
    yield from (family, busy)


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(name, documentation, value=value)


def _epoch_s(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0
