"""A bad line between the store and PostgreSQL: it costs time, and nothing is lost or done twice."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import count, cycle

import pytest

from pipeline.errors import StoreError
from pipeline.model import QueueName
from pipeline.ports.reading import Query
from pipeline.ports.work import Processed
from pipeline.store.postgres import PostgresDatabase
from pipeline.store.store import SqlStore
from postgres_server import PostgresServer
from store_builders import MINUTE, NOON, document, entry, take_in
from threaded import in_thread
from toxic_proxy import ToxicProxy

#: entries, and how many a worker takes at once
ENTRIES, BATCH = 24, 6
#: bytes after which a connection is reset: one is set up by about two thousand
RESETS = (4_000, 25_000)
TOXICS = {
    "latency and jitter": {"latency_s": 0.002, "jitter_s": 0.01},
    "100 KB a second": {"bytes_per_s": 100_000.0},
    "slow to close": {"closes_after_s": 0.5},
}


@pytest.fixture
def line(postgres: PostgresServer) -> Iterator[ToxicProxy]:
    with in_thread(ToxicProxy(target=postgres.socket)) as proxy:
        yield proxy


@pytest.fixture
def store(line: ToxicProxy, postgres_url: str) -> Iterator[SqlStore]:
    """A store whose way to its server leads over the line."""
    at = postgres_url.partition("?")[0].replace("@/", f"@127.0.0.1:{line.port}/")
    with closing(SqlStore(PostgresDatabase(at, wait_s=5))) as opened:
        yield opened


@pytest.fixture
def direct(postgres_url: str) -> Iterator[SqlStore]:
    """The same store, over no line."""
    with closing(SqlStore(PostgresDatabase(postgres_url, wait_s=5))) as opened:
        yield opened


def deliver(store: SqlStore) -> None:
    """Take the entries in, again where it fails; a fetcher polls again."""
    for _ in range(50):
        with suppress(StoreError):
            take_in(store, *(entry(f"story-{number}") for number in range(ENTRIES)))
            return
    raise AssertionError("the entries were never taken in")


def work(store: SqlStore, ids: list[int], number: int) -> None:
    """Do what a worker does with a batch; where it fails, the lease has run out when the next one comes."""
    now, token = NOON + 2 * number * MINUTE, f"token {number}"
    claimed = store.claim(ids, token=token, owner="o", now=now, lease=MINUTE)
    done = [Processed(entry_id=each.id, document=document(str(each.entry.guid))) for each in claimed]
    store.save(done, [], token=token, now=now)


def work_until_done(store: SqlStore, direct: SqlStore, line: ToxicProxy) -> int:
    """Do all entries as the service does; returns how often it failed."""
    dice, failed = random.Random(7), 0
    ids = [
        ref.id
        for ref in direct.take_unsent(QueueName.WIRE, now=NOON, sent_before=NOON + MINUTE, limit=ENTRIES)
    ]
    batches = cycle(batched(ids))
    for number in count():
        if not direct.backlog():
            return failed
        assert number < 300, "it never ends"
        if line.reset_after_bytes:
            line.reset_after_bytes = dice.randint(*RESETS)
        try:
            work(store, next(batches), number)
        except StoreError:
            failed += 1
    raise AssertionError("never reached")


def batched(ids: list[int]) -> list[list[int]]:
    return [ids[first : first + BATCH] for first in range(0, len(ids), BATCH)]


def check(direct: SqlStore) -> None:
    """Each story is stored once, and nothing was done twice."""
    found = Counter(each.document.guid for each in direct.stream(Query(), now=NOON))
    assert found == Counter(f"story-{number}" for number in range(ENTRIES))
    counters = direct.snapshot(NOON).counters
    assert counters["accepted", ""] == counters["stored", ""] == ENTRIES
    assert counters.get(("repeated", ""), 0) == 0
    assert direct.check() == []


@pytest.mark.parametrize("toxic", TOXICS)
def test_q09_a_bad_line_to_the_database_costs_time_and_nothing_else(
    toxic: str, store: SqlStore, direct: SqlStore, line: ToxicProxy
) -> None:
    line.harm(**TOXICS[toxic])
    deliver(store)
    assert work_until_done(store, direct, line) == 0
    check(direct)


def test_q09_a_line_that_is_reset_again_and_again_loses_nothing_and_doubles_nothing(
    store: SqlStore, direct: SqlStore, line: ToxicProxy
) -> None:
    line.reset_after_bytes = RESETS[1]
    deliver(store)
    failed = work_until_done(store, direct, line)
    check(direct)
    assert line.resets > 5
    print(f"\n{line.resets} resets, {failed} failures that the store could not mend by itself")


def test_connections_over_which_no_answer_will_ever_come_are_given_up_and_others_made(
    store: SqlStore, direct: SqlStore, line: ToxicProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(store)
    line.strand()
    monkeypatch.setattr("pipeline.store.postgres.ANSWER_S", 0.5)
    began = time.monotonic()
    assert work_until_done(store, direct, line) == 0
    assert time.monotonic() - began > 0.5
    check(direct)


def test_who_reads_whole_tables_waits_for_an_answer_as_long_as_it_takes(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.store.postgres.ANSWER_S", 0.1)
    with store._database.read(patient=True) as connection:
        assert connection.exec_driver_sql("SELECT 1 FROM pg_sleep(0.5)").scalar_one() == 1
    with pytest.raises(StoreError, match="does not answer in time"), store._database.read() as connection:
        connection.exec_driver_sql("SELECT pg_sleep(5)")


def test_who_waits_for_changes_goes_on_when_the_line_breaks(
    store: SqlStore, direct: SqlStore, line: ToxicProxy
) -> None:
    store.wait_for_change()  # begins to listen
    line.cut = True
    store.wait_for_change()
    line.heal()
    store.wait_for_change()
    deliver(direct)
    work_until_done(direct, direct, line)
    assert len(store.changes(0)) == ENTRIES
