"""Fetchers of two hosts, each with a data directory and a store of its own opening, on one database."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from fakes import FakeDeliveries, FakeFetcher, FixedClock, InlineParser, MemoryQueue, rss
from new_database import make_database
from pipeline.groups import GroupRules
from pipeline.ingest.loop import IngestLoop
from pipeline.ingest.poll import IngestEdge
from pipeline.model import Feed, Response, SourceKind
from pipeline.monitor.snapshot import take_snapshot
from pipeline.ports.store import Store
from pipeline.sender import Sender
from pipeline.store.open import open_store
from pipeline.writer import StoreWriter
from store_builders import NOON, feed

DROP = feed(
    "drop",
    kind=SourceKind.DIRECTORY,
    url="/a/in",
    trust_provider=True,
    hosts=("a",),
    interval=timedelta(seconds=30),
)
SHARED = feed("shared")


def edge_of(
    store: Store,
    clock: FixedClock,
    answers: Mapping[str, Sequence[bytes | None]],
    files: FakeDeliveries | None = None,
) -> IngestEdge:
    return IngestEdge(
        fetcher=FakeFetcher(answers),
        deliveries={SourceKind.DIRECTORY: files} if files else {},
        parser=InlineParser(),
        store=store,
        writer=StoreWriter(store, clock),
        sender=Sender(MemoryQueue()),
        clock=clock,
    )


def loop_of(host: str, store: Store, clock: FixedClock, files: FakeDeliveries) -> IngestLoop:
    answers = {name: [rss(name)] for name in ("shared", "only-a", "only-b")}
    edge = edge_of(store, clock, answers, files)
    return IngestLoop(edge, owner=host, most_polls=4, high_water=100, host=host)


async def both_run(
    url: str, tmp_path: Path, clock: FixedClock, of_a: Sequence[Feed], of_b: Sequence[Feed]
) -> tuple[list[str], tuple[int, int]]:
    """Run both fetchers, B a while after A; give what status warns of, and the files that each has read."""
    text = Response(url="/a/in/x", final_url="/a/in/x", body=b"KABUL, May 1 - Copy.", received_at=NOON)
    files = FakeDeliveries([text]), FakeDeliveries([text])
    with closing(open_store(url, tmp_path / "a")) as a, closing(open_store(url, tmp_path / "b")) as b:
        loops = loop_of("a", a, clock, files[0]), loop_of("b", b, clock, files[1])
        running = []
        for loop, wished in zip(loops, (of_a, of_b), strict=True):
            loop.change(wished)
            running.append(asyncio.create_task(loop.run()))
            await asyncio.sleep(0.4)
        clock.advance(minutes=2)
        await asyncio.sleep(1.2)
        warnings = [each for each in take_snapshot(a, None, clock.now()).warnings if "feeds.yaml" in each]
        for loop in loops:
            loop.stop()
        await asyncio.gather(*running)
    return warnings, (files[0].given, files[1].given)


async def test_a_source_that_names_its_hosts_is_polled_there_alone_and_by_nobody_retired(
    store_url: str, tmp_path: Path
) -> None:
    clock = FixedClock()
    here = [DROP, SHARED]
    there = [replace(DROP, url="/b/in"), SHARED]  # the same file in another directory
    warnings, given = await both_run(store_url, tmp_path, clock, here, there)
    assert warnings == []
    assert given == (1, 0)
    with closing(open_store(store_url, tmp_path / "a")) as store:
        assert set(store.due_at()) == {"drop", "shared"}
        report = store.report("drop")
        assert report is not None
        assert (report.url, report.state.last_polled_at) == ("/a/in", clock.now())


async def test_a_fetcher_that_starts_puts_off_nothing_that_others_poll(store: Store) -> None:
    clock = FixedClock()
    store.change_feeds([DROP], NOON - timedelta(hours=1))
    loop = loop_of("b", store, clock, FakeDeliveries([]))
    loop.change([DROP, SHARED])
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(0.3)
    loop.stop()
    await running
    assert store.due_at()["drop"] == NOON - timedelta(hours=1)


class TickingClock(FixedClock):
    """A clock that never says the same twice."""

    def now(self) -> datetime:
        self.advance(microseconds=1)
        return super().now()


async def test_f08_the_feeds_of_one_server_are_polled_by_one_fetcher(tmp_path: Path) -> None:
    clock, store_url = TickingClock(), make_database(tmp_path / "data")
    feeds = [feed(f"feed{number}", rate_group="slow") for number in range(12)]
    with (
        closing(open_store(store_url, tmp_path / "a")) as a,
        closing(open_store(store_url, tmp_path / "b")) as b,
    ):
        edges = [edge_of(store, clock, {each.id: [rss(each.id), None] for each in feeds}) for store in (a, b)]
        loops = [
            IngestLoop(
                edge,
                owner=name,
                most_polls=4,
                high_water=100,
                groups=GroupRules(spacing_s=0),
                lease=timedelta(seconds=1.2),
            )
            for name, edge in zip("ab", edges, strict=True)
        ]
        for loop in loops:
            loop.change(feeds)
        running = [asyncio.create_task(loop.run()) for loop in loops]
        await asyncio.sleep(3.5)  # now both know of each other
        for edge in edges:
            edge.fetcher.asked.clear()
        for _ in range(4):
            clock.advance(hours=1)
            await asyncio.sleep(0.5)
        for loop in loops:
            loop.stop()
        await asyncio.gather(*running)
    asked = [len(edge.fetcher.asked) for edge in edges]
    assert min(asked) == 0
    assert max(asked) >= 4


async def test_files_that_differ_are_said_and_retire_nothing_of_each_other(
    store_url: str, tmp_path: Path
) -> None:
    clock = FixedClock()
    warnings, _ = await both_run(
        store_url, tmp_path, clock, [SHARED, feed("only-a")], [SHARED, feed("only-b")]
    )
    (words,) = warnings
    assert "fetchers go by different feeds.yaml" in words
    assert "(2 sources) on a" in words
    assert "(2 sources) on b" in words
    with closing(open_store(store_url, tmp_path / "a")) as store:
        reports = store.snapshot(clock.now()).feeds
        polled = {each.id for each in reports if each.state.last_polled_at and each.active}
        assert polled == {"shared", "only-a", "only-b"}
    warnings, _ = await both_run(store_url, tmp_path, clock, [SHARED], [SHARED])
    assert warnings == []
    with closing(open_store(store_url, tmp_path / "a")) as store:
        assert set(store.due_at()) == {"shared"}
