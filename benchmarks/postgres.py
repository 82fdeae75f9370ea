"""Articles per CPU second on PostgreSQL, with one and two workers, beside SQLite with one.

`python -m benchmarks.postgres` takes in generated articles and has them claimed, normalised, tagged and saved
by the functions that the workers call, in forked processes, without a queue. The server is one of our own and
waits for the disk at each commit; its CPU is counted, and stated apart. The rounds are interleaved; what is
given are medians.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from benchmarks.corpus import Corpus
from benchmarks.processes import cpu_of_tree
from pipeline.formats.detect import read
from pipeline.model import Entry, Feed, QueueName, SourceKind
from pipeline.ports.feeds import Poll, RawCopy
from pipeline.settings import shipped_config_dir
from pipeline.store.open import is_on_server, open_store
from tests.postgres_server import PostgresServer
from workers.jobs import work_through
from workers.tag.tagger import Tagger, load_tagger

_ENTRIES = 30
_BATCH = 64
_FEED = Feed(id="bench", kind=SourceKind.HTTP, url="https://bench.example/rss", provider="bench")
#: (database, workers); the first is what the others are held against
_CASES = (("SQLite", 1), ("PostgreSQL", 1), ("PostgreSQL", 2))


class Figures(NamedTuple):
    """One run: seconds for all articles."""

    ours_s: float
    server_s: float
    wall_s: float


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--feeds", type=int, default=24, help="feeds of 30 articles, for each run")
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    corpus = Corpus()
    bodies = [corpus.rss(f"feed{number}", _ENTRIES) for number in range(chosen.feeds)]
    parsed = [(body, read(body, name="bench").entries) for body in bodies]
    tagger = load_tagger(shipped_config_dir())
    figures: dict[tuple[str, int], list[Figures]] = {case: [] for case in _CASES}
    server = PostgresServer(fsync="on", wal_level="replica")
    try:
        print(
            server.execute("SELECT version()")[0][0].partition(" on ")[0], f"{os.cpu_count()} cores", sep=", "
        )
        with _store_of("SQLite", server) as url:  # what is forked finds warm caches
            _take_in(url, parsed)
            _work(url, tagger)
        for _ in range(chosen.rounds):
            for case in _CASES:
                with _store_of(case[0], server) as url:
                    figures[case].append(_run(url, server, parsed, tagger, workers=case[1]))
    finally:
        server.remove()
    _show(figures, chosen.feeds * _ENTRIES)


@contextmanager
def _store_of(database: str, server: PostgresServer) -> Iterator[str]:
    if database == "SQLite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/newswire.db"
        return
    url = server.empty_url()
    yield url
    server.drop(url)


def _run(
    url: str,
    server: PostgresServer,
    parsed: Sequence[tuple[bytes, tuple[Entry, ...]]],
    tagger: Tagger,
    *,
    workers: int,
) -> Figures:
    open_store(url, Path("unused")).close()
    before, began = cpu_of_tree(server.pid), time.monotonic()
    ours = _cpu_of([_forked(lambda: _take_in(url, parsed))])
    ours += _cpu_of([_forked(lambda: _work(url, tagger)) for _ in range(workers)])
    wall = time.monotonic() - began
    served = cpu_of_tree(server.pid) - before if is_on_server(url) else 0.0
    return Figures(ours, served, wall)


def _cpu_of(pids: Sequence[int]) -> float:
    """Wait for processes; gives the CPU seconds that they used."""
    total = 0.0
    for pid in pids:
        _, status, used = os.wait4(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        total += used.ru_utime + used.ru_stime
    return total


def _forked(task: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            task()
            code = 0
        finally:
            os._exit(code)
    return pid


def _take_in(url: str, parsed: Sequence[tuple[bytes, tuple[Entry, ...]]]) -> None:
    with closing(open_store(url, Path("unused"))) as store:
        store.change_feeds([_FEED], _now())
        for body, entries in parsed:
            raw = RawCopy(body=body, media_type="application/rss+xml", location=_FEED.url)
            store.take_in(
                [
                    Poll(
                        feed_id=_FEED.id,
                        epoch=None,
                        polled_at=_now(),
                        duration_s=0,
                        raw=raw,
                        entries=entries,
                        sending=False,
                    )
                ],
                _now(),
            )


def _work(url: str, tagger: Tagger) -> None:
    with closing(open_store(url, Path("unused"))) as store:
        while refs := store.take_unsent(QueueName.WIRE, now=_now(), sent_before=None, limit=_BATCH):
            token = f"{os.getpid()}-{refs[0].id}"
            ids = [ref.id for ref in refs]
            claimed = store.claim(ids, token=token, owner=token, now=_now(), lease=timedelta(minutes=5))
            processed, refusals = work_through(claimed, tagger)
            store.save(processed, refusals, token=token, now=_now())


def _now() -> datetime:
    return datetime.now(UTC)


def _show(figures: dict[tuple[str, int], list[Figures]], articles: int) -> None:
    print(
        f"{articles} articles of 400 words a run\n\n"
        "| database | workers | articles per CPU s | ours, µs | server, µs | articles per s | of SQLite's |\n"
        "|---|---|---|---|---|---|---|"
    )
    base = [run.ours_s for run in figures[_CASES[0]]]
    for (database, workers), runs in figures.items():
        ours, server, wall = (statistics.median(column) / articles for column in zip(*runs, strict=True))
        whole = [run.ours_s + run.server_s for run in runs]
        ratio = statistics.median(one / other for one, other in zip(base, whole, strict=True))
        print(
            f"| {database} | {workers} | {articles / statistics.median(whole):.0f} | {ours * 1e6:.0f} | "
            f"{server * 1e6:.0f} | {1 / wall:.0f} | {ratio:.2f} |"
        )
    print("\nmark: at least 0.8 of SQLite's with one worker")


if __name__ == "__main__":
    main()
