"""The same stage functions in two plain processes without a queue.

`python -m benchmarks.reference ingest|process FOLDER PORT FEEDS`

`ingest` fetches, parses and takes in; `process` claims, normalises, tags, links and saves, as soon as entries
are there, and when all are stored tells their stories. The index of near duplicates is a dictionary.
"""

import asyncio
import json
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.clock import SystemClock
from pipeline.formats.detect import read
from pipeline.groups import GroupRules
from pipeline.model import Feed, FeedState, QueueName, SourceKind
from pipeline.ports.copies import SLOT_BYTES, Candidates, Mark
from pipeline.ports.feeds import Poll, RawCopy
from pipeline.settings import shipped_config_dir
from pipeline.sources.http import HttpFetcher
from pipeline.store.open import open_store
from pipeline.store.store import SqlStore
from workers.dedupe.link import Linking, link
from workers.dedupe.story_rules import load_story_rules
from workers.dedupe.telling import Teller
from workers.jobs import work_through
from workers.normalise.document import warm_up
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
    store.change_feeds(wanted, now())
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


async def _one(feed: Feed, state: FeedState, fetcher: HttpFetcher, store: SqlStore) -> None:
    response = await fetcher.fetch(feed, state)
    assert response.body is not None
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


class _Index:
    """The index of near duplicates in this process: as much of ports.NearIndex as `link` needs."""

    def __init__(self) -> None:
        self._bands: defaultdict[bytes, list[int]] = defaultdict(list)
        self._anchors: defaultdict[bytes, list[int]] = defaultdict(list)

    def check_and_add(self, marks: Sequence[Mark]) -> Candidates:
        return Candidates(whole_in="here", entries=tuple(map(self._entries, marks)))

    def _entries(self, mark: Mark) -> tuple[int, ...]:
        shares: Counter[int] = Counter()
        for slots, table, weight in ((mark.bands, self._bands, 2), (mark.anchors, self._anchors, 1)):
            for at in range(0, len(slots), SLOT_BYTES):
                known = table[slots[at : at + SLOT_BYTES]]
                for entry in known:
                    shares[entry] += weight
                known.append(mark.entry_id)
        return tuple(entry for entry, count in shares.most_common() if count > 1)


def process(store: SqlStore, feeds: int, tagger: Tagger) -> None:
    index, linking, left = _Index(), Linking(), feeds * ENTRIES
    while left:
        refs = store.take_unsent(QueueName.WIRE, now=now(), sent_before=None, limit=64)
        if not refs:
            time.sleep(0.02)
            continue
        ids = [ref.id for ref in refs]
        claimed = store.claim(ids, token=str(left), owner="bench", now=now(), lease=timedelta(minutes=5))
        processed, refusals = work_through(claimed, tagger)
        received = {one.id: one.received_at for one in claimed}
        linked = link(processed, received, index=index, store=store, linking=linking, now=now())  # type: ignore[arg-type]
        left -= len(store.save(linked, refusals, token=str(left), now=now()).stored)


def tell(store: SqlStore) -> None:
    teller = Teller(store, load_story_rules(shipped_config_dir()), SystemClock())
    while teller.round():
        pass


class _Watch:
    """What this process has used since it was ready."""

    def __init__(self) -> None:
        self._before = self._used()
        self.began = time.time()

    def read(self) -> dict[str, float]:
        return {"cpu_s": self._used() - self._before, "ended": time.time()}

    @staticmethod
    def _used() -> float:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime


def main() -> None:
    answer: Mapping[str, object]
    part, folder, port, feeds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    if part == "ingest":
        watch = _Watch()
        asyncio.run(ingest(folder, port, feeds))
        answer = watch.read()
    else:
        warm_up()
        tagger = load_tagger(shipped_config_dir())
        with closing(open_store(None, folder)) as store:
            print("ready", flush=True)
            watch = _Watch()
            process(store, feeds, tagger)
            stored = watch.read()
            tell(store)
            answer = {"stored": stored, "told": watch.read()}
    print(json.dumps({"began": watch.began, **answer}))


if __name__ == "__main__":
    main()
