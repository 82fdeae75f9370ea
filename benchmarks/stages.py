"""Each stage beside its floor, in turn in one process: `python -m benchmarks.stages`."""

import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import feedparser.api
import nh3
from selectolax.lexbor import LexborHTMLParser

from benchmarks.corpus import Corpus
from pipeline.formats.detect import read
from pipeline.model import Entry, Feed, FeedState, SourceKind
from pipeline.ports.feeds import Poll, RawCopy
from pipeline.ports.work import Processed
from pipeline.store.open import open_store
from pipeline.store.sqlite import library
from workers.normalise.document import Source, normalise, warm_up

BATCH = 64
ROUNDS = 7


def measure_stages() -> None:
    """Print each stage's time, its floor's, and the ratios: medians of interleaved rounds."""
    print("| stage | ours, CPU ms | floor, CPU ms | ratio, CPU | ratio, wall | mark | floor is |")
    print("|---|---|---|---|---|---|---|")
    for name, ours, floor, mark, what in (_parse(), _normalise(), _store()):
        pairs = [(_timed(ours), _timed(floor)) for _ in range(ROUNDS)]
        cpu = [(a.cpu_ms, b.cpu_ms) for a, b in pairs]
        a, b = (statistics.median(column) for column in zip(*cpu, strict=True))
        ratio = statistics.median(x / y for x, y in cpu)
        wall = statistics.median(x.wall_ms / y.wall_ms for x, y in pairs)
        print(f"| {name} | {a:.2f} | {b:.2f} | {ratio:.2f} | {wall:.2f} | {mark} | {what} |")


class _Time(NamedTuple):
    cpu_ms: float
    wall_ms: float


def _timed(call: Callable[[], object]) -> _Time:
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    return _Time((time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000)


Stage = tuple[str, Callable[[], object], Callable[[], object], str, str]


def _parse() -> Stage:
    body = Corpus(seed=2).rss("parse")

    def floor() -> object:
        return feedparser.api.parse(  # type: ignore[no-untyped-call]
            io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False
        )

    def ours() -> object:
        return read(body, name="http://feeds.example/parse")

    ours()
    floor()
    return "parse, 30 entries", ours, floor, "1.5", "feedparser, both switches off"


def _normalise() -> Stage:
    entries = _entries(3, BATCH)
    source = Source(feed="bench", provider="bench")
    received = datetime(2026, 1, 6, tzinfo=UTC)
    warm_up()

    def floor() -> None:
        for entry in entries:
            LexborHTMLParser(nh3.clean(entry.html or "")).text()

    def ours() -> None:
        for entry in entries:
            normalise(entry, source, received)

    ours()
    floor()
    return f"normalise, {BATCH} articles", ours, floor, "5", "nh3.clean + selectolax text"


def _store() -> Stage:
    folder = tempfile.TemporaryDirectory()
    batches = iter(range(1_000_000))
    ours_store = open_store(None, Path(folder.name))
    feed = Feed(id="bench", kind=SourceKind.HTTP, url="http://feeds.example", interval=timedelta(days=1))
    ours_store.change_feeds([feed], _now())
    bare = _bare(Path(folder.name) / "bare.db")

    def prepared() -> tuple[tuple[Entry, ...], bytes]:
        corpus = Corpus(seed=100 + next(batches))
        body = corpus.rss(f"s{time.time_ns()}", BATCH)
        return read(body, name="http://feeds.example/store").entries, body

    ready = [prepared() for _ in range(2 * ROUNDS + 2)]
    documents = [
        [normalise(e, Source(feed="bench", provider="bench"), _now()) for e in entries]
        for entries, _ in ready
    ]
    turns = iter(range(len(ready)))

    def ours() -> None:
        turn = next(turns)
        entries, body = ready[turn]
        state = FeedState(feed_id="bench", next_poll_at=_now())
        raw = RawCopy(body=body, media_type=None, location="http://feeds.example")
        poll = Poll(
            feed_id="bench", epoch=None, polled_at=_now(), duration_s=0, raw=raw, entries=entries, state=state
        )
        (taken,) = ours_store.take_in([poll], _now())
        ids = [ref.id for ref in taken.new]
        claimed = ours_store.claim(ids, token=str(turn), owner="b", now=_now(), lease=timedelta(minutes=1))
        done = [
            Processed(entry_id=one.id, document=document)
            for one, document in zip(claimed, documents[turn], strict=True)
        ]
        assert len(ours_store.save(done, [], token=str(turn), now=_now()).stored) == BATCH

    def floor() -> None:
        turn = next(turns)
        rows = [
            (d.id, json.dumps({"headline": d.headline, "html": d.body_html}), d.body_text)
            for d in documents[turn]
        ]
        bare.execute("begin immediate")
        bare.executemany("insert into document (id, data, text) values (?, ?, ?)", rows)
        bare.executemany(
            "insert into terms (headline, body) values ('', ?)", [(text,) for _, _, text in rows]
        )
        bare.execute("commit")

    ours()
    floor()
    floor.folder = folder  # type: ignore[attr-defined]  # lives as long as the measurement
    what = "executemany with FTS5, WAL, synchronous FULL"
    return f"take in, claim and save, {BATCH} articles", ours, floor, "2.5", what


def _bare(path: Path) -> Any:
    database = library.connect(str(path), isolation_level=None)
    database.execute("pragma journal_mode=wal")
    database.execute("pragma synchronous=full")
    database.execute("create table document (seq integer primary key, id text unique, data text, text text)")
    database.execute("create virtual table terms using fts5 (headline, body, content='')")
    return database


def _entries(seed: int, count: int) -> Sequence[Entry]:
    return read(Corpus(seed=seed).rss("n", count), name="http://feeds.example/n").entries


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    measure_stages()
