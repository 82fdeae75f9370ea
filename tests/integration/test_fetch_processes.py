"""Fetchers as processes that are killed or stand still, by the journal of the server they ask."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import dying_poll
import fetcher_process
from badserver import BadServer, answer, conditional, later
from fakes import NOON, rss
from fetching import feed_at
from new_database import new_store
from pipeline.store.open import open_store
from running import wait_for
from store_builders import sync_feeds
from threaded import in_thread

LEASE_S, INTERVAL_S, ANSWER_S = 1.0, 2.0, 0.5
#: waits are spread by a tenth
LEAST_S = INTERVAL_S * 0.9 - 0.1
NAMES = [f"feed{number}" for number in range(6)]


@contextmanager
def fetching(data: Path, urls: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    limits = [str(data), str(LEASE_S), str(INTERVAL_S)]
    with log.open("ab") as lines:
        process = subprocess.Popen([sys.executable, fetcher_process.__file__, *limits, *urls], stderr=lines)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def script(server: BadServer) -> list[str]:
    return [server.on(f"/{name}", later(ANSWER_S, answer(body=rss(name)))) for name in NAMES]


def everyone_asked(server: BadServer, times: int) -> None:
    wait_for(lambda: all(len(server.asked(f"/{name}")) >= times for name in NAMES), seconds=15, every=0.02)


def shortest_gap(server: BadServer) -> float:
    asked = [[request.at_s for request in server.asked(f"/{name}")] for name in NAMES]
    return min(after - before for times in asked for before, after in pairwise(times))


def polls(log: Path) -> list[dict[str, object]]:
    ours = [line for line in log.read_text().splitlines() if '"feed_polled"' in line]
    return [json.loads(line) for line in ours]


def test_f06_a_fetcher_that_is_killed_while_it_polls_asks_no_more_often_than_it_may(tmp_path: Path) -> None:
    with in_thread(BadServer()) as server:
        urls = script(server)
        for kills in range(1, 4):
            with fetching(tmp_path, urls, tmp_path / "log"):
                everyone_asked(server, kills)  # and killed before one of them has its answer
        assert shortest_gap(server) >= LEAST_S
        assert len(server.journal) == 3 * len(NAMES)
    assert polls(tmp_path / "log") == []


def test_f07_a_fetcher_that_stood_still_for_longer_than_its_lease_writes_nothing(tmp_path: Path) -> None:
    with in_thread(BadServer()) as server:
        urls = script(server)
        with fetching(tmp_path, urls, tmp_path / "stopped") as first:
            everyone_asked(server, 1)
            first.send_signal(signal.SIGSTOP)
            with fetching(tmp_path, urls, tmp_path / "other"):
                everyone_asked(server, 2)  # by the other one, when the claims of the first had run out
                time.sleep(ANSWER_S)
                first.send_signal(signal.SIGCONT)
                wait_for(lambda: len(polls(tmp_path / "stopped")) >= len(NAMES), seconds=5)
                everyone_asked(server, 3)
        assert shortest_gap(server) >= LEAST_S
    late = polls(tmp_path / "stopped")[: len(NAMES)]
    assert sorted((line["feed"], line["accepted"]) for line in late) == [(name, False) for name in NAMES]
    assert all(line["accepted"] for line in polls(tmp_path / "other"))


def test_f17_a_process_killed_at_any_step_of_a_poll_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Not the n-th statement fails here, but the process is gone: its transaction, its lock, its claim."""
    made, stores = tmp_path / "made", tmp_path / "stores"
    with closing(new_store(made)) as store:
        sync_feeds(store, [feed_at("http://127.0.0.1/")], NOON)
    with in_thread(BadServer()) as server:
        for step in range(1, 100):
            server.on(f"/{step}", conditional(rss("a", "b")))
        words = [sys.executable, dying_poll.__file__, str(stores), str(made), server.url()[:-1]]
        ended = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout.split()
        *killed, last = map(int, ended)
        assert set(killed) == {signal.SIGKILL}
        assert (len(killed) >= 20, last) == (True, 0)
        for step in range(1, len(ended) + 1):
            with closing(open_store(None, stores / str(step))) as store:
                assert (store.backlog(), store.check()) == (2, []), step
                accepted = store.snapshot(NOON).counters["accepted", ""]
            asked = [request.header("if-none-match") for request in server.asked(f"/{step}")]
            # What was not stored is asked for without a condition; what was, with it, whoever was told.
            assert (accepted, asked[-1]) == (2, b'"1"'), step
            assert asked.count(None) in (1, 2), step
