"""A fetcher in a process of its own, with a short lease: `fetcher_process.py DATA LEASE_S INTERVAL_S URL…`.

Loop, fetcher, parser and store are the real ones; the queue takes nothing.
"""

import asyncio
import os
import signal
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from fakes import MemoryQueue
from pipeline.clock import SystemClock
from pipeline.groups import GroupRules
from pipeline.ingest.loop import IngestLoop
from pipeline.ingest.poll import IngestEdge
from pipeline.logs import configure_logs
from pipeline.model import Feed, SourceKind
from pipeline.parsing import ParsePool
from pipeline.sender import Sender
from pipeline.sources.http import HttpFetcher, user_agent
from pipeline.store.open import open_store
from pipeline.writer import StoreWriter


async def _run(data: Path, lease: timedelta, interval: timedelta, urls: list[str]) -> None:
    clock, groups = SystemClock(), GroupRules(at_once=16, spacing_s=0)
    queue = MemoryQueue()
    queue.down = True
    parser = ParsePool(processes=1, timeout_s=10, memory_bytes=512 * 2**20)
    fetcher = HttpFetcher(
        user_agent=user_agent(None),
        timeout_s=30,
        max_body_bytes=1_000_000,
        max_redirects=5,
        connections=16,
        groups=groups,
    )
    with closing(parser), closing(open_store(None, data)) as store:
        async with fetcher:
            edge = IngestEdge(
                fetcher=fetcher,
                deliveries={},
                parser=parser,
                store=store,
                writer=StoreWriter(store, clock),
                sender=Sender(queue),
                clock=clock,
            )
            owner = str(os.getpid())
            loop = IngestLoop(edge, owner=owner, most_polls=16, high_water=10**6, groups=groups, lease=lease)
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, loop.stop)
            loop.change(
                [
                    Feed(
                        id=url.rpartition("/")[2],
                        kind=SourceKind.HTTP,
                        url=url,
                        interval=interval,
                        allow_private=("127.0.0.1/32",),
                    )
                    for url in urls
                ]
            )
            await loop.run()


if __name__ == "__main__":
    configure_logs("info", "json")
    folder, lease_s, interval_s, *addresses = sys.argv[1:]
    seconds = timedelta(seconds=1)
    asyncio.run(_run(Path(folder), float(lease_s) * seconds, float(interval_s) * seconds, addresses))
