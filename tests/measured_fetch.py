"""Fetches, each in a process of its own, and what they cost: `measured_fetch.py SMALL URL…`.

Prints JSON Lines. A fetch of SMALL comes before each and is not counted: it brings in what any fetch needs.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import memory
from fetching import feed_at, fresh, new_fetcher
from pipeline.errors import FetchError
from pipeline.settings import Fetch


async def _fetch(small: str, url: str) -> dict[str, Any]:
    limits = Fetch()
    outcome = "a body"
    async with new_fetcher(timeout_s=limits.timeout_s, max_body_bytes=limits.max_body_bytes) as fetcher:
        await fetcher.fetch(feed_at(small), fresh())
        before, cpu, began = memory.forget_most(), time.process_time(), time.monotonic()
        try:
            await fetcher.fetch(feed_at(url), fresh())
        except FetchError as error:
            outcome = error.reason.value
        return {
            "outcome": outcome,
            "cpu_s": round(time.process_time() - cpu, 3),
            "took_s": round(time.monotonic() - began, 3),
            "memory_mib": round((memory.most_kib() - before) / 1024, 1),
        }


def _main(small: str, urls: Sequence[str]) -> None:
    for url in urls:
        if os.fork():
            os.wait()
            continue
        print(json.dumps(asyncio.run(_fetch(small, url))), flush=True)
        os._exit(0)


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2:])
