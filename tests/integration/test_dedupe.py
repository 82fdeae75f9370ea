"""Copies against a real queue server and a real store: workers that meet, a server that loses all."""

import multiprocessing
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes import NOON, FixedClock
from pipeline.clock import SystemClock
from pipeline.errors import QueueError
from pipeline.model import Entry, Feed, SourceKind
from pipeline.near_index import RedisNearIndex
from pipeline.ports.feeds import Poll
from pipeline.ports.store import Store
from pipeline.redis_server import connect
from pipeline.service.embedded import queue_url, valkey_command, wait_until_ready
from pipeline.store.open import open_store
from pipeline.store.search import parse_query
from running import wait_for
from store_builders import sync_feeds
from valkeys import Watched, watched
from wire_copy import HEADLINE, PARAGRAPHS, rates, story
from workers.dedupe.link import Linking
from workers.dedupe.upkeep import Upkeep
from workers.jobs import WorkerEdge, install, process_batch

LINKING = Linking()
FEEDS = [
    Feed(id=name, kind=SourceKind.HTTP, url=f"https://{name}.example/", provider=name) for name in "abcd"
]


class _Tagger:
    """Says nothing of where and what: rules are not what is tested."""

    def tag(self, document: Any, *, default_region: str | None = None) -> Any:
        from pipeline.model import Tagging

        return document, Tagging()


class _Beat:
    def begin(self) -> None: ...
    def suspect(self) -> None: ...
    def trust(self) -> None: ...
    def end(self) -> None: ...
    def suspects(self) -> bool:
        return False


@dataclass
class Machine:
    """A queue server and a data directory."""

    url: str
    data: Path
    store: Store

    def index(self) -> RedisNearIndex:
        return RedisNearIndex(self.url, life=LINKING.life, patience_s=2)

    def take_in(self, feed: str, *texts: str) -> list[int]:
        entries = tuple(
            Entry(
                format="text",
                guid=f"{feed}-{number}",
                headline=HEADLINE,
                text=text,
                published=NOON.isoformat(),
            )
            for number, text in enumerate(texts)
        )
        poll = Poll(feed_id=feed, epoch=None, polled_at=NOON, duration_s=0, entries=entries)
        (taken,) = self.store.take_in([poll], NOON)
        return [ref.id for ref in taken.new]

    def work(self, ids: list[int]) -> None:
        install(_edge(self.store, self.index()))
        process_batch(ids)

    def upkeep(self, rounds: int = 3) -> None:
        upkeep = Upkeep(self.store, self.index(), FixedClock(), LINKING)
        for _ in range(rounds):
            upkeep.round()

    def pairs(self) -> set[frozenset[str]]:
        found = self.store.search(parse_query("", NOON), now=NOON, limit=100)
        return {frozenset((each.document.id, link.id)) for each in found for link in each.relations}


def _edge(store: Store, index: RedisNearIndex) -> WorkerEdge:
    return WorkerEdge(
        store=store,
        tagger=_Tagger(),  # type: ignore[arg-type]
        index=index,
        linking=LINKING,
        clock=SystemClock(),
        wall=SystemClock(),
        beat=_Beat(),
        owner="test",
        lease=timedelta(minutes=1),
        max_attempts=3,
    )


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    process = subprocess.Popen(valkey_command(tmp_path).argv, stdout=subprocess.DEVNULL)
    store = open_store(None, tmp_path)
    try:
        url = queue_url(tmp_path)
        wait_until_ready(url, given_up=lambda: False)
        sync_feeds(store, FEEDS, NOON)
        yield Machine(url, tmp_path, store)
    finally:
        store.close()
        process.kill()
        process.wait()


def _work_in_process(url: str, data: Path, ids: list[int], start: Any) -> None:
    store = open_store(None, data)
    install(_edge(store, RedisNearIndex(url, life=LINKING.life, patience_s=5)))
    start.wait()
    process_batch(ids)
    store.close()


def test_workers_that_get_the_same_copy_at_the_same_moment_agree(machine: Machine) -> None:
    machine.upkeep()
    count = 12
    batches = [machine.take_in(name, *(story() + f" Edition {n}." for n in range(count))) for name in "abcd"]
    context = multiprocessing.get_context("fork")  # a fresh process would import for half a minute
    start = context.Barrier(len(batches))
    workers = [
        context.Process(target=_work_in_process, args=(machine.url, machine.data, ids, start))
        for ids in batches
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    machine.upkeep()
    assert not machine.store.unlinked(after=0, limit=1)
    # Every document of a feed is a copy of every document of the others; they are 48 items.
    documents = len(batches) * count
    assert len(machine.pairs()) == documents * (documents - 1) // 2


def test_a_wiped_server_costs_no_link(machine: Machine) -> None:
    machine.upkeep()
    machine.work(machine.take_in("a", story(), rates()))
    connect(machine.url).flushall()
    machine.work(machine.take_in("b", story(*PARAGRAPHS[:5]), rates(rate="4.00", inflation="2.8")))
    assert not machine.pairs()
    machine.upkeep()
    assert len(machine.pairs()) == 1
    machine.work(machine.take_in("c", story()))
    assert len(machine.pairs()) == 3


def test_a_server_that_is_down_holds_up_no_document(machine: Machine, tmp_path: Path) -> None:
    machine.upkeep()
    machine.work(machine.take_in("a", story()))
    ids = machine.take_in("b", story())
    gone = RedisNearIndex(f"unix://{tmp_path}/nobody.sock", life=LINKING.life, patience_s=1)
    with pytest.raises(QueueError):
        gone.held()
    install(_edge(machine.store, gone))
    process_batch(ids)
    assert len(machine.store.search(parse_query("", NOON), now=NOON)) == 2
    assert not machine.pairs()
    machine.upkeep()
    assert len(machine.pairs()) == 1


def test_a_batch_costs_one_command(machine: Machine) -> None:
    machine.upkeep()
    client = connect(machine.url)
    client.config_resetstat()
    machine.work(machine.take_in("a", *(rates(rate=f"{n}.25") for n in range(40))))
    stats = client.info("commandstats")
    # The first call sends the script, as the server does not know it yet.
    asked = {name: each["calls"] for name, each in stats.items() if "eval" in name or "script" in name}
    assert sum(asked.values()) <= 4
    machine.work(machine.take_in("b", *(rates(rate=f"{n}.75") for n in range(40))))
    again = client.info("commandstats")
    assert again["cmdstat_evalsha"]["calls"] - stats["cmdstat_evalsha"]["calls"] == 1


@pytest.fixture
def behind_sentinels(tmp_path: Path) -> Iterator[tuple[Machine, Watched]]:
    """A machine whose queue server has a replica."""
    with closing(open_store(None, tmp_path)) as store, watched(tmp_path / "servers") as servers:
        sync_feeds(store, FEEDS, NOON)
        yield Machine(servers.url, tmp_path, store), servers


def test_what_a_primary_had_not_passed_on_when_it_died_is_linked_all_the_same(
    behind_sentinels: tuple[Machine, Watched],
) -> None:
    machine, servers = behind_sentinels
    machine.upkeep()
    machine.work(machine.take_in("a", rates()))
    machine.upkeep()
    with servers.primary.client() as primary, servers.replica.client() as replica:
        assert primary.wait(1, 5000) == 1
        servers.replica.process.send_signal(signal.SIGSTOP)
        primary.client_kill_filter(_type="replica")
        machine.work(machine.take_in("b", story()))
        servers.primary.kill()
        servers.replica.process.send_signal(signal.SIGCONT)
        wait_for(lambda: replica.info("replication")["role"] == "master", seconds=30)
        assert replica.get("near:complete").partition(b":")[2] == b"1"
    wait_for(lambda: answers(machine.index().held))
    machine.work(machine.take_in("c", story(*PARAGRAPHS[:5])))
    assert not machine.pairs()
    machine.upkeep()
    assert len(machine.pairs()) == 1
    assert not machine.store.unlinked(after=0, limit=1)


def answers(ask: Callable[[], object]) -> bool:
    with suppress(QueueError):
        ask()
        return True
    return False
