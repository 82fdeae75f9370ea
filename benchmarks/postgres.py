"""Articles per CPU second on PostgreSQL, with one and two workers, beside SQLite with one.

`python -m benchmarks.postgres` takes in generated articles and has them claimed, normalised, tagged and saved
by the functions that the workers call, without a queue, in processes forked as workers are. What is counted
begins when each of them has worked for a while: a start is paid once in a worker's life. The server is one
of our own and waits for the disk at each commit; its CPU is counted, and stated apart. All databases get the
same articles in turn, some at a time: what makes the machine slow for a while does so to each of them.
"""

import argparse
import multiprocessing
import os
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
from pipeline.store.open import open_store
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


class _Case(NamedTuple):
    """One store, and the processes that work on it, each told by a line of its own."""

    database: str
    workers: int
    intake: Connection
    hands: tuple[Connection, ...]


class _Took(NamedTuple):
    """Seconds for some articles."""

    ours: float
    server: float
    wall: float


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--feeds", type=int, default=12, help="feeds of 30 articles, for each turn")
    options.add_argument("--rounds", type=int, default=12)
    chosen = options.parse_args()
    corpus = Corpus()
    most = _WARM * max(workers for _, workers in _CASES)
    bodies = [corpus.rss(f"feed{number}", _ENTRIES) for number in range(most + chosen.feeds * chosen.rounds)]
    parsed = [(body, read(body, name="bench").entries) for body in bodies]
    warm_up()
    tagger = load_tagger(shipped_config_dir())
    end_loading()
    server = PostgresServer(fsync="on", wal_level="replica")
    try:
        print(
            server.execute("SELECT version()")[0][0].partition(" on ")[0], f"{os.cpu_count()} cores", sep=", "
        )
        with ExitStack() as open_:
            cases = [open_.enter_context(_case(*case, server, tagger)) for case in _CASES]
            for case in cases:
                _turn(case, parsed[: _WARM * case.workers], server)
            turns: dict[_Case, list[_Took]] = {case: [] for case in cases}
            for first in range(most, len(parsed), chosen.feeds):
                for case in cases:
                    turns[case].append(_turn(case, parsed[first : first + chosen.feeds], server))
    finally:
        server.remove()
    _show(turns, chosen.feeds * chosen.rounds * _ENTRIES)


@contextmanager
def _store_of(database: str, server: PostgresServer) -> Iterator[str]:
    if database == "SQLite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/newswire.db"
        return
    url = server.empty_url()
    yield url
    server.drop(url)


@contextmanager
def _case(database: str, workers: int, server: PostgresServer, tagger: Tagger) -> Iterator[_Case]:
    with _store_of(database, server) as url, ExitStack() as open_:
        open_store(url, Path("unused")).close()
        intake = open_.enter_context(_process(url, _take_in))
        hands = [open_.enter_context(_process(url, partial(_work, tagger))) for _ in range(workers)]
        yield _Case(database, workers, intake, tuple(hands))


def _turn(case: _Case, parsed: Sequence[_Parsed], server: PostgresServer) -> _Took:
    """Have feeds taken in, and then worked on."""
    before, began = cpu_of_tree(server.pid), time.monotonic()
    ours = _cpu_of([case.intake], parsed) + _cpu_of(case.hands, ())
    wall, served = time.monotonic() - began, cpu_of_tree(server.pid) - before
    return _Took(ours, served if case.database == "PostgreSQL" else 0.0, wall)


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


def _show(turns: dict[_Case, list[_Took]], articles: int) -> None:
    print(
        f"{articles} articles of 400 words\n\n"
        "| database | workers | articles per CPU s | ours, µs | server, µs | articles per s | of SQLite's |\n"
        "|---|---|---|---|---|---|---|"
    )
    base = 0.0
    for case, of_case in turns.items():
        ours, server, wall = (sum(column) / articles for column in zip(*of_case, strict=True))
        base = base or ours
        print(
            f"| {case.database} | {case.workers} | {1 / (ours + server):.0f} | {ours * 1e6:.0f} | "
            f"{server * 1e6:.0f} | {1 / wall:.0f} | {base / (ours + server):.2f} |"
        )
    print("\nmark: at least 0.8 of SQLite's with one worker")


if __name__ == "__main__":
    main()
