"""Polls that find nothing new (304), state written: newswire, a bare aiohttp loop and `reader`, in one run.

    python -m benchmarks.fetch [--feeds 2000] [--rounds 3]

Ours is the real loop: claims, schedule, fetcher with all its guards, and each poll's state committed in
groups to SQLite with synchronous=FULL. The bare loop only asks. `reader` (PyPI, not among our dependencies)
updates its own SQLite with as many threads as we have connections; it is left out where it is not installed.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import aiohttp

from benchmarks.schedule import edge_of
from pipeline.clock import SystemClock
from pipeline.groups import GroupRules
from pipeline.ingest.loop import POLLS_PER_CONNECTION, IngestLoop
from pipeline.loading import end_loading
from pipeline.logs import configure_logs
from pipeline.model import Feed, FeedState, Response, SourceKind
from pipeline.parsing import ParsePool
from pipeline.sources.http import HttpFetcher, user_agent
from pipeline.store.open import open_store

CONNECTIONS = 64
#: marks
OF_BARE, OF_READER = 0.8, 5.0

SERVER = """
import asyncio
BODY = (b"<rss version='2.0'><channel><title>Kestrel</title><link>http://kestrel.example/</link><item>"
        b"<guid>1</guid><title>One</title><description>One.</description></item></channel></rss>")
HEAD = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/rss+xml\\r\\nETag: \\"1\\"\\r\\n"
WHOLE = HEAD + (b"Content-Length: %d\\r\\n\\r\\n" % len(BODY)) + BODY
NOTHING = b"HTTP/1.1 304 Not Modified\\r\\nETag: \\"1\\"\\r\\n\\r\\n"
class Answers(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.data = transport, b""
    def data_received(self, data):
        self.data += data
        while b"\\r\\n\\r\\n" in self.data:
            head, _, self.data = self.data.partition(b"\\r\\n\\r\\n")
            self.transport.write(NOTHING if b"if-none-match:" in head.lower() else WHOLE)
async def main():
    server = await asyncio.get_running_loop().create_server(Answers, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--feeds", type=int, default=2_000)
    words.add_argument("--rounds", type=int, default=3)
    given = words.parse_args()
    configure_logs("error", "json")
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        urls = [f"http://127.0.0.1:{port}/{number}" for number in range(given.feeds)]
        try:
            _compare(urls, given.rounds)
        finally:
            server.terminate()


def _compare(urls: list[str], rounds: int) -> None:
    bare = asyncio.run(_bare(urls, rounds))
    print(f"bare aiohttp loop: {bare}", flush=True)
    ours = asyncio.run(_ours(urls, rounds))
    print(f"newswire: {ours}; {ours.over(bare)} of the bare loop (mark: {OF_BARE})", flush=True)
    if find_spec("reader") is None:
        print("reader: left out, it is not installed (pip install reader sgmllib3k)")
        return
    theirs = _reader(urls, rounds)
    print(f"reader: {theirs}; newswire is {ours.over(theirs)} times as fast (mark: {OF_READER})")


@dataclass(frozen=True, kw_only=True)
class _Speed:
    """Polls a second: by the clock, which other programs on the machine slow down, and by our CPU time."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:,.0f} polls a second, {self.cpu:,.0f} a CPU second"

    def over(self, other: "_Speed") -> str:
        return f"{self.wall / other.wall:.2f} (CPU: {self.cpu / other.cpu:.2f})"


class _Watch:
    """Takes the times of several rounds."""

    def __init__(self, polls: int) -> None:
        self._polls = polls
        self._rounds: list[tuple[float, float]] = []
        self.start()

    def start(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        wall, cpu = self._began
        self._rounds.append((time.perf_counter() - wall, time.process_time() - cpu))

    def speed(self) -> _Speed:
        walls, cpus = zip(*self._rounds, strict=True)
        return _Speed(wall=self._polls / median(walls), cpu=self._polls / median(cpus))


async def _bare(urls: list[str], rounds: int) -> _Speed:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:

        async def ask(todo: list[str]) -> None:
            while todo:
                async with session.get(todo.pop(), headers={"If-None-Match": '"1"'}) as response:
                    await response.read()
                    assert response.status == 304

        async def once() -> None:
            todo = list(urls)
            await asyncio.gather(*(ask(todo) for _ in range(CONNECTIONS)))

        watch = _Watch(len(urls))
        for _ in range(rounds):
            watch.start()
            await once()
            watch.stop()
        return watch.speed()


async def _ours(urls: list[str], rounds: int) -> _Speed:
    end_loading()  # as `newswire fetch` does before it works
    feeds = [
        Feed(
            id=f"feed-{number}",
            kind=SourceKind.HTTP,
            url=url,
            interval=timedelta(hours=1),
            allow_private=("127.0.0.1/32",),
        )
        for number, url in enumerate(urls)
    ]
    groups = GroupRules(at_once=CONNECTIONS, spacing_s=0)
    fetcher = HttpFetcher(
        user_agent=user_agent("bench@example.org"),
        timeout_s=30,
        max_body_bytes=10**7,
        max_redirects=5,
        connections=CONNECTIONS,
        groups=groups,
    )
    parser = ParsePool(processes=1, timeout_s=10, memory_bytes=512 * 2**20)
    timed, clock = _Timed(fetcher), SystemClock()
    with tempfile.TemporaryDirectory() as folder, closing(open_store(None, Path(folder))) as store:

        async def once() -> None:
            """Poll each feed once, from the moment at which all are due."""
            now = datetime.now(UTC)
            store.change_feeds(feeds, now)
            store.put_off({feed.id: now for feed in feeds})
            timed.asked = 0
            edge = edge_of(timed, parser, store, clock)
            loop = IngestLoop(
                edge,
                owner="bench",
                most_polls=POLLS_PER_CONNECTION * CONNECTIONS,
                high_water=10**6,
                groups=groups,
            )
            loop.change(feeds)
            running = asyncio.create_task(loop.run())
            await timed.all_asked(len(feeds))
            loop.stop()
            await running

        async with fetcher:
            await once()  # the whole bodies
            timed.watch = watch = _Watch(len(urls))
            for _ in range(rounds):
                await once()
                watch.stop()
    parser.close()
    return watch.speed()


class _Timed:
    """A fetcher that notes when it was first asked: loading the configuration is not measured."""

    def __init__(self, fetcher: HttpFetcher) -> None:
        self._fetcher = fetcher
        self.watch = _Watch(0)
        self.asked = 0

    async def fetch(self, feed: Feed, state: FeedState) -> Response:
        if not self.asked:
            self.watch.start()
        self.asked += 1
        return await self._fetcher.fetch(feed, state)

    async def all_asked(self, count: int) -> None:
        """Wait for the last feed's turn; its answer and its commit are the loop's to wait for."""
        while self.asked < count:  # noqa: ASYNC110 - a look from outside disturbs less than an event each time
            await asyncio.sleep(0.005)


def _reader(urls: list[str], rounds: int) -> _Speed:
    from reader import make_reader  # type: ignore[import-not-found]  # only where it is installed

    watch = _Watch(len(urls))
    with tempfile.TemporaryDirectory() as folder, make_reader(f"{folder}/reader.sqlite") as library:
        for url in urls:
            library.add_feed(url)
        library.update_feeds(scheduled=False, workers=CONNECTIONS)
        for _ in range(rounds):
            watch.start()
            library.update_feeds(scheduled=False, workers=CONNECTIONS)
            watch.stop()
    return watch.speed()


if __name__ == "__main__":
    main()
