"""Articles per CPU second on PostgreSQL, with one and two workers, beside SQLite with one.

`python -m benchmarks.postgres` takes in generated articles and has them claimed, normalised, tagged and saved
by the functions that the workers call, without a queue, in processes forked as workers are. What is counted
begins when each of them has worked for a while: a start is paid once in a worker's life. The server is one
of our own and waits for the disk at each commit; its CPU is counted, and stated apart. The rounds are
interleaved; what is given are medians.
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple, NoReturn

from benchmarks.corpus import Corpus
from benchmarks.processes import cpu_of_tree
from pipeline.formats.detect import read
from pipeline.loading import end_loading
from pipeline.model import Entry, Feed, QueueName, SourceKind
from pipeline.ports.feeds import Poll, RawCopy
from pipeline.ports.store import Store
from pipeline.settings import shipped_config_dir
from pipeline.store.open import is_on_server, open_store
from tests.postgres_server import PostgresServer
from workers.jobs import work_through
from workers.normalise.document import warm_up
from workers.tag.tagger import Tagger, load_tagger

_ENTRIES = 30
_BATCH = 64
_FEED = Feed(id="bench", kind=SourceKind.HTTP, url="https://bench.example/rss", provider="bench")
#: (database, workers); the first is what the others are held against
_CASES = (("SQLite", 1), ("PostgreSQL", 1), ("PostgreSQL", 2))
_FORK = multiprocessing.get_context("fork")
#: feeds for each worker before anything is counted: a driver prepares, and a server plans for good, what it
#: has been asked ten times
_WARM = 22

#: a feed as it came, and what was read of it
_Parsed = tuple[bytes, tuple[Entry, ...]]
#: what a process does each time it is told to, given what is new
_Task = Callable[[Store, Sequence[_Parsed]], None]


class Figures(NamedTuple):
    """One run: seconds for all articles."""

    ours_s: float
    server_s: float
    wall_s: float


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--feeds", type=int, default=36, help="feeds of 30 articles, for each run")
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    corpus = Corpus()
    most = _WARM * max(workers for _, workers in _CASES)
    bodies = [corpus.rss(f"feed{number}", _ENTRIES) for number in range(most + chosen.feeds)]
    parsed = [(body, read(body, name="bench").entries) for body in bodies]
    warm_up()
    tagger = load_tagger(shipped_config_dir())
    end_loading()
    figures: dict[tuple[str, int], list[Figures]] = {case: [] for case in _CASES}
    server = PostgresServer(fsync="on", wal_level="replica")
    try:
        print(
            server.execute("SELECT version()")[0][0].partition(" on ")[0], f"{os.cpu_count()} cores", sep=", "
        )
        for _ in range(chosen.rounds):
            for case in _CASES:
                with _store_of(case[0], server) as url:
                    figures[case].append(_run(url, server, parsed[:most], parsed[most:], tagger, case[1]))
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
    warm: Sequence[_Parsed],
    counted: Sequence[_Parsed],
    tagger: Tagger,
    workers: int,
) -> Figures:
    open_store(url, Path("unused")).close()
    with ExitStack() as open_:
        intake = open_.enter_context(_process(url, _take_in))
        hands = [open_.enter_context(_process(url, partial(_work, tagger))) for _ in range(workers)]
        for parsed in (warm[: _WARM * workers], counted):
            before, began = cpu_of_tree(server.pid), time.monotonic()
            ours = _cpu_of([intake], parsed) + _cpu_of(hands, ())
            wall, served = time.monotonic() - began, cpu_of_tree(server.pid) - before
    return Figures(ours, served if is_on_server(url) else 0.0, wall)


@contextmanager
def _process(url: str, task: _Task) -> Iterator[Connection]:
    """Fork a process that does a task each time it is told to, and tells what CPU it took."""
    ours, its = _FORK.Pipe()
    process = _FORK.Process(target=_serve, args=(its, url, task), daemon=True)
    process.start()
    its.close()
    try:
        yield ours
    finally:
        process.terminate()
        process.join()


def _serve(line: Connection, url: str, task: _Task) -> NoReturn:
    store = open_store(url, Path("unused"))
    while True:
        parsed = line.recv()
        began = time.process_time()
        task(store, parsed)
        line.send(time.process_time() - began)


def _cpu_of(lines: Sequence[Connection], parsed: Sequence[_Parsed]) -> float:
    """Have processes do their task at once; gives the CPU seconds that it took."""
    for line in lines:
        line.send(parsed)
    used: list[float] = [line.recv() for line in lines]
    return sum(used)


def _take_in(store: Store, parsed: Sequence[_Parsed]) -> None:
    store.change_feeds([_FEED], _now())
    for body, entries in parsed:
        raw = RawCopy(body=body, media_type="application/rss+xml", location=_FEED.url)
        poll = Poll(
            feed_id=_FEED.id,
            epoch=None,
            polled_at=_now(),
            duration_s=0,
            raw=raw,
            entries=entries,
            sending=False,
        )
        store.take_in([poll], _now())


def _work(tagger: Tagger, store: Store, _parsed: Sequence[_Parsed]) -> None:
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
