"""How late 100,000 feeds of one fetcher are polled, and what waiting costs: `python -m benchmarks.schedule`.

The loop, the schedule and the store (SQLite, each poll's state committed in groups) are the real ones; the
network is a fetcher that says 304 after 50 ms. Lateness is from a feed's due time to the call of the fetcher.
"""

import argparse
import asyncio
import gc
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.clock import SystemClock
from pipeline.groups import GroupRules
from pipeline.ingest.loop import IngestLoop
from pipeline.ingest.poll import IngestEdge
from pipeline.model import Feed, FeedState, Parsed, Response, SourceKind
from pipeline.ports.outside import Clock, Fetcher, Parser
from pipeline.ports.queue import EntryRef, QueueState
from pipeline.ports.store import Store
from pipeline.sender import Sender
from pipeline.store.open import open_store
from pipeline.turns import Turns
from pipeline.writer import StoreWriter

#: four feeds each, due a quarter of the interval apart: spacing is not what is measured here
HOSTS = 25_000
INTERVAL = timedelta(minutes=5)
ANSWER_S = 0.05
#: for loading 10,000 feeds
WARM_S = 3.0


class _NoNetwork:
    """Says 304, and notes how late it was asked."""

    def __init__(self, due: dict[str, float]) -> None:
        self._due = due
        self.late_s: list[float] = []

    async def fetch(self, feed: Feed, state: FeedState) -> Response:
        if (due := self._due.pop(feed.id, None)) is not None:
            self.late_s.append(time.time() - due)
        await asyncio.sleep(ANSWER_S)
        now = datetime.now(UTC)
        return Response(
            url=feed.url, final_url=feed.url, status=304, body=None, etag=state.etag, received_at=now
        )


class _NoParser:
    async def parse(self, body: bytes, *, name: str, media_type: str | None) -> Parsed:
        raise NotImplementedError


class _NoQueue:
    def send(self, refs: Sequence[EntryRef]) -> None: ...

    def send_retag(self, jobs: int) -> None: ...

    def states(self) -> Sequence[QueueState]:
        return []


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--feeds", type=int, default=100_000)
    words.add_argument("--seconds", type=float, default=30.0)
    given = words.parse_args()
    feeds = [_feed(number) for number in range(given.feeds)]
    print(f"schedule of {given.feeds:,} feeds: {_memory_mb(feeds):.1f} MB")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_run(feeds, given.seconds, Path(folder)))


async def _run(feeds: list[Feed], seconds: float, folder: Path) -> None:
    with closing(open_store(None, folder)) as store:
        store.change_feeds(feeds, datetime.now(UTC))
        began = time.time() + WARM_S * len(feeds) / 10_000
        step = INTERVAL.total_seconds() / len(feeds)
        due = {feed.id: began + step * place for place, feed in enumerate(feeds)}
        store.put_off({feed_id: datetime.fromtimestamp(at, UTC) for feed_id, at in due.items()})
        network, clock = _NoNetwork(due), SystemClock()
        edge = edge_of(network, _NoParser(), store, clock)
        loop = IngestLoop(edge, owner="bench", most_polls=256, high_water=10**6, groups=GroupRules())
        loop.change(feeds)
        running = asyncio.create_task(loop.run())
        await asyncio.sleep(began - time.time())
        cpu_s = time.process_time()
        await asyncio.sleep(seconds)
        cpu_s = time.process_time() - cpu_s
        late_s = sorted(network.late_s)
        loop.stop()
        await running
    rate = len(late_s) / seconds
    asked = 1 / step
    print(
        f"polls: {len(late_s):,} in {seconds:g} s, {rate:.0f} a second of {asked:.0f} due; CPU {cpu_s:.1f} s"
    )
    for share in (0.5, 0.9, 0.99, 0.999, 1.0):
        place = min(int(share * len(late_s)), len(late_s) - 1)
        print(f"late, p{100 * share:g}: {1000 * late_s[place]:.0f} ms")


def edge_of(fetcher: Fetcher, parser: Parser, store: Store, clock: Clock) -> IngestEdge:
    """Put an edge together that has no directories, and a queue that never takes anything."""
    return IngestEdge(
        fetcher=fetcher,
        deliveries={},
        parser=parser,
        store=store,
        writer=StoreWriter(store, clock),
        sender=Sender(_NoQueue()),
        clock=clock,
    )


def _feed(number: int) -> Feed:
    url = f"https://host{number % HOSTS}.example/feeds/{number}"
    return Feed(id=f"feed-{number}", kind=SourceKind.HTTP, url=url, interval=INTERVAL)


def _memory_mb(feeds: list[Feed]) -> float:
    """Measure what the schedule takes, the feeds' configuration not counted."""
    by_id = {feed.id: feed for feed in feeds}
    rules, now = GroupRules(), time.time()
    due = {feed.id: now + place for place, feed in enumerate(feeds)}
    gc.collect()
    tracemalloc.start()
    turns = Turns(rules, lambda feed_id: rules.of_feed(by_id[feed_id]))
    turns.load(due)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert turns.next_at() is not None
    return held / 1e6


if __name__ == "__main__":
    main()
