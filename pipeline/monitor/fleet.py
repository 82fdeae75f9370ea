"""The workers of all hosts: which live, and whether they agree. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.monitor.words import count_words
from pipeline.ports.feeds import FetcherState
from pipeline.ports.queue import GONE, WorkerState

#: state of a worker that has not been heard of: one that lives says so every 16 s at least
SILENT = "silent"
_SILENT = timedelta(seconds=40)
_MOST_HOSTS = 3

#: what workers should have in common: a metric's label → of a worker, empty where it does not say
KINDS: Mapping[str, Callable[[WorkerState], str]] = {
    "rules": lambda worker: worker.rules.partition("/")[0],
    "gazetteer": lambda worker: worker.rules.partition("/")[2],
    "release": lambda worker: worker.release,
}
_DIFFERING = {
    "rules": "workers tag by different rules",
    "gazetteer": "workers have different gazetteers",
    "release": "workers of different releases",
}


def heard_of(worker: WorkerState, now: datetime) -> WorkerState:
    """Call a worker silent that has not been heard of for too long: it was killed, or stands still."""
    heard = worker.heartbeat_at
    known = worker.state == GONE or (heard and now - heard < _SILENT)
    return worker if known else replace(worker, state=SILENT)


def living(workers: Iterable[WorkerState]) -> list[WorkerState]:
    """Leave the silent ones out, and those that are gone."""
    return [worker for worker in workers if worker.state not in (SILENT, GONE)]


def versions(workers: Iterable[WorkerState]) -> Mapping[str, int]:
    """Count how many different rules, gazetteers and releases there are among living workers."""
    alive = living(workers)
    return {kind: len({of(worker) for worker in alive} - {""}) for kind, of in KINDS.items()}


def disagreements(workers: Iterable[WorkerState]) -> Iterator[str]:
    """Say in words about what living workers disagree."""
    alive = living(workers)
    for kind, of in KINDS.items():
        having: dict[str, list[WorkerState]] = defaultdict(list)
        for worker in alive:
            if of(worker):
                having[of(worker)].append(worker)
        if len(having) > 1:
            most_first = sorted(having.items(), key=lambda each: (-len(each[1]), each[0]))
            listed = "; ".join(f"{version} {_where(who)}" for version, who in most_first)
            yield f"{_DIFFERING[kind]}: {listed}"
    behind = [worker for worker in alive if worker.newer_payload > worker.payload_version]
    if behind:
        newest = max(worker.newer_payload for worker in behind)
        yield (
            f"jobs of a newer release (payload {newest}) are passed over by workers {_where(behind)}: bring "
            "up workers of that release"
        )


def differing_feeds(fetchers: Iterable[FetcherState]) -> Iterator[str]:
    """Say in words where running fetchers go by different lists of sources."""
    having: dict[str, list[FetcherState]] = defaultdict(list)
    for fetcher in fetchers:
        having[fetcher.feeds_key].append(fetcher)
    if len(having) > 1:
        listed = "; ".join(
            f"{key[:8]} ({count_words(who[0].feeds, 'source')}) on {_named(each.host for each in who)}"
            for key, who in sorted(having.items(), key=lambda each: (-len(each[1]), each[0]))
        )
        yield f"fetchers go by different feeds.yaml, and no source is retired until they agree: {listed}"


def _where(workers: Sequence[WorkerState]) -> str:
    return f"on {_named(worker.hostname for worker in workers)} ({count_words(len(workers), 'worker')})"


def _named(names: Iterable[str]) -> str:
    hosts = sorted(set(names))
    return ", ".join(hosts[:_MOST_HOSTS]) + (", …" if len(hosts) > _MOST_HOSTS else "")
