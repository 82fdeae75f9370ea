"""The same stage functions in two plain processes without a queue.

`python -m benchmarks.reference ingest|process FOLDER PORT FEEDS`

`ingest` fetches, parses and takes in; `process` claims, normalises and saves, as soon as entries are there.
"""

import asyncio
import json
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.formats.detect import read
from pipeline.groups import GroupRules
from pipeline.model import Feed, FeedState, QueueName, SourceKind
from pipeline.ports import Poll, RawCopy
from pipeline.settings import shipped_config_dir
from pipeline.sources.http import HttpFetcher
from pipeline.store.open import open_store
from workers.jobs import work_through
from workers.tag.tagger import Tagger, load_tagger

ENTRIES = 30


def now() -> datetime:
    return datetime.now(UTC)


async def ingest(folder: Path, port: int, feeds: int) -> None:
    store = open_store(None, folder)
    wanted = [
        Feed(
            id=f"f{n}",
            kind=SourceKind.HTTP,
            url=f"http://127.0.0.1:{port}/feed/{n}",
            provider="bench",
            interval=timedelta(days=1),
            allow_private=("127.0.0.1/32",),
        )
        for n in range(feeds)
    ]
    store.sync_feeds(wanted, now())
    states = {state.feed_id: state for state in store.claim_due(now(), feeds, "bench", timedelta(minutes=5))}
    fetcher = HttpFetcher(
        user_agent="bench",
        timeout_s=30,
        max_body_bytes=10 << 20,
        max_redirects=5,
        connections=64,
        groups=GroupRules(),
    )
    async with fetcher:
        await asyncio.gather(*(_one(feed, states[feed.id], fetcher, store) for feed in wanted))
    store.close()


async def _one(feed: Feed, state: FeedState, fetcher: HttpFetcher, store) -> None:
    response = await fetcher.fetch(feed, state)
    parsed = read(response.body, name=feed.url)
    raw = RawCopy(body=response.body, media_type=response.media_type, location=feed.url)
    store.take_in(
        [
            Poll(
                feed_id=feed.id,
                epoch=state.epoch,
                polled_at=now(),
                duration_s=0,
                raw=raw,
                entries=parsed.entries,
                format=parsed.format,
                state=state,
                sending=False,
            )
        ],
        now(),
    )


def process(folder: Path, feeds: int, tagger: Tagger) -> None:
    store = open_store(None, folder)
    left = feeds * ENTRIES
    while left:
        refs = store.take_unsent(QueueName.WIRE, now=now(), sent_before=None, limit=64)
        if not refs:
            time.sleep(0.02)
            continue
        ids = [ref.id for ref in refs]
        claimed = store.claim(ids, token=str(left), owner="bench", now=now(), lease=timedelta(minutes=5))
        processed, refusals = work_through(claimed, tagger)
        left -= len(store.save(processed, refusals, token=str(left), now=now()).stored)
    store.close()


def main() -> None:
    part, folder, port, feeds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    tagger = load_tagger(shipped_config_dir()) if part == "process" else None
    imported = resource.getrusage(resource.RUSAGE_SELF)
    began = time.time()
    if tagger is None:
        asyncio.run(ingest(folder, port, feeds))
    else:
        process(folder, feeds, tagger)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - imported.ru_utime - imported.ru_stime
    print(json.dumps({"cpu_s": cpu, "began": began, "ended": time.time()}))


if __name__ == "__main__":
    main()
