"""How fast a store is archived, read back into entries and tagged again, and in how much memory.

    python -m benchmarks.archive [DOCUMENTS]

One process, one thread: documents for each second of its CPU time. Each part runs in a process of its own, so
that the memory told is its own.
"""

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.corpus import Corpus
from pipeline.archive.target import ObjectStore, open_target
from pipeline.archive.write import Partition, archive
from pipeline.errors import FetchError
from pipeline.formats.detect import read
from pipeline.identity import content_hash, document_id, uri_of_guid
from pipeline.model import Document, Entry, PubStatus
from pipeline.ports.feeds import Poll, RawCopy
from pipeline.ports.store import Store
from pipeline.ports.work import Processed
from pipeline.settings import shipped_config_dir
from pipeline.sources.files import deliveries
from pipeline.store.feeds import IMPORT_FEED
from pipeline.store.open import open_store
from workers.tag.retag import retagged
from workers.tag.tagger import load_tagger

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
MONTHS = 4
_STEP = 500
_WORDS = 200
#: documents that are tagged again: as many as tell the speed
_MOST_RETAGGED = 5_000


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    spawning = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        for part in (_fill, _archive, _read, _retag):
            process = spawning.Process(target=_measured, args=(part, place, count))
            process.start()
            process.join()
            assert process.exitcode == 0, f"{part.__name__} failed"


def _measured(part: Callable[[Path, int], int], place: Path, count: int) -> None:
    before = time.process_time()
    done = part(place, count)
    cpu_s = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{part.__name__.strip('_'):8} {done:>8} documents  {done / cpu_s:>8.0f} /CPU s  peak {peak} MB RSS"
    )
    sys.stdout.flush()


def _fill(place: Path, count: int) -> int:
    corpus = Corpus(words=_WORDS)
    with closing(open_store(None, place / "data")) as store:
        for start in range(0, count, _STEP):
            _store(store, [_document(corpus, n, count) for n in range(start, min(start + _STEP, count))])
    return count


def _archive(place: Path, _count: int) -> int:
    target = open_target(str(place / "archive"), ObjectStore())
    with closing(open_store(None, place / "data")) as store:
        written = archive(store, target, Partition.MONTH, now=datetime.now(UTC))
        done = sum((each.documents or 0) + (each.audit or 0) for each in written)
    sizes = [path.stat().st_size for path in (place / "archive").rglob("*.parquet")]
    print(f"         {sum(sizes) / done:.0f} bytes a document in {len(sizes)} files; text {_WORDS} words")
    return done


def _read(place: Path, _count: int) -> int:
    return sum(len(entries) for entries in _entries(place / "archive"))


def _entries(archive_: Path) -> Iterator[tuple[Entry, ...]]:
    for each in deliveries([str(archive_)], max_bytes=0):
        assert not isinstance(each, FetchError), each
        yield read(each.body, name=each.name).entries


def _retag(place: Path, count: int) -> int:
    """Do what workers do, one batch after the other."""
    tagger, done = load_tagger(shipped_config_dir()), 0
    with closing(open_store(None, place / "data")) as store:
        store.begin_retag(tagger.version, BEGAN)
        while done < min(count, _MOST_RETAGGED):
            now = datetime.now(UTC)
            given = store.claim_retag(
                tagger.version, token="t", now=now, lease=timedelta(minutes=1), limit=64, max_attempts=3
            )
            done += store.save_retagged([retagged(each, tagger) for each in given or ()], token="t", now=now)
    return done


def _document(corpus: Corpus, number: int, count: int) -> Document:
    uri = uri_of_guid("Invented Wire", str(number))
    text = corpus.html().replace("<p>", "").replace("</p>", "").replace("\n", "\n\n")
    headline = corpus.headline()
    hashed = content_hash(headline=headline, body_text=text, pub_status=PubStatus.USABLE)
    return Document(
        id=document_id(uri, hashed, None),
        uri=uri,
        content_hash=hashed,
        guid=str(number),
        provider="Invented Wire",
        format="jsonl",
        headline=headline,
        lead=text[:200],
        body_text=text,
        language="en",
        published=BEGAN + number * timedelta(days=30 * MONTHS) / count,
    )


def _store(store: Store, documents: list[Document]) -> None:
    entries = tuple(Entry(format="jsonl", guid=each.guid, text=each.guid) for each in documents)
    raw = RawCopy(body=os.urandom(16), media_type=None, location="-")
    poll = Poll(
        feed_id=IMPORT_FEED.id, epoch=None, polled_at=BEGAN, duration_s=0, raw=raw, entries=entries,
        occurrence=raw.body.hex(),
    )  # fmt: skip
    ids = [ref.id for ref in store.take_in([poll], BEGAN)[0].new]
    store.claim(ids, token="t", owner="o", now=BEGAN, lease=timedelta(minutes=1))
    processed = [Processed(entry_id=id_, document=each) for id_, each in zip(ids, documents, strict=True)]
    store.save(processed, [], token="t", now=BEGAN)


if __name__ == "__main__":
    main()
