"""What a backup costs those who store meanwhile: `python -m benchmarks.backup`.

Windows with and without backups take turns, so that what else the machine does falls on both. In those with,
another process makes one backup after the other, as `newswire db backup` does. With --documents the database
is filled first. With --postgresql all is on a server of its own, which waits for the disk at each commit.
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path

from benchmarks.corpus import Corpus
from pipeline.identity import content_hash, document_id, uri_of_guid
from pipeline.model import Document, Entry, Feed, PubStatus, SourceKind
from pipeline.ports.feeds import Poll, RawCopy
from pipeline.ports.store import Store
from pipeline.ports.work import Processed
from pipeline.store.open import open_database, open_store
from tests.postgres_server import PostgresServer

BATCH = 64
WINDOW_S = 8.0
_FEED = Feed(id="wire", kind=SourceKind.HTTP, url="https://wire.example/rss", provider="Wire")
_NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def measure(url: str | None, folder: Path, documents: int, rounds: int) -> None:
    """Print documents stored a second in each window, and what the windows with backups lost."""
    going, ended = multiprocessing.Event(), multiprocessing.Event()
    with closing(open_store(url, folder)) as store:
        store.change_feeds([_FEED], _NOW)
        batches = _batches(Corpus(seed=4))
        for _ in range(0, documents, BATCH):
            _store(store, next(batches))
        open_database(url, folder).backup(folder / "first.backup")
        size = (folder / "first.backup").stat().st_size / 2**20
        print(f"{documents} documents stored, a backup of {size:.0f} MB")
        store.close()  # what is forked has no connection
        copier = multiprocessing.Process(target=_copy, args=(url, folder, going, ended), daemon=True)
        copier.start()
        _window(store, batches, going, on=True)  # warms up
        pairs: list[tuple[float, float]] = []
        for _ in range(rounds):
            pairs.append((_window(store, batches, going, on=False), _window(store, batches, going, on=True)))
            print(f"without {pairs[-1][0]:.0f}/s, with {pairs[-1][1]:.0f}/s")
        ended.set()
        going.set()
        copier.join()
    copies = [float(line) for line in (folder / "backups.txt").read_text().split()]
    lost = 1 - statistics.median(on / off for off, on in pairs)
    print(f"{len(copies)} backups of {statistics.median(copies):.1f} s; throughput lost: {lost:.1%} (median)")


def _window(store: Store, batches: Iterator[list[Document]], going: Event, *, on: bool) -> float:
    (going.set if on else going.clear)()
    time.sleep(0.5)
    began, count = time.monotonic(), 0
    while time.monotonic() - began < WINDOW_S:
        count += _store(store, next(batches))
    return count / (time.monotonic() - began)


def _copy(url: str | None, folder: Path, going: Event, ended: Event) -> None:
    os.nice(10)
    database = open_database(url, folder)
    with (folder / "backups.txt").open("w") as times:
        while going.wait() and not ended.is_set():
            target = folder / "copy.backup"
            began = time.monotonic()
            database.backup(target)
            times.write(f"{time.monotonic() - began}\n")
            target.unlink()


def _batches(corpus: Corpus) -> Iterator[list[Document]]:
    """Make documents; texts repeat after a while, ids do not, so that making them costs little."""
    texts = [corpus.html().replace("<p>", "").replace("</p>", "\n") for _ in range(BATCH * 8)]
    number = 0
    while True:
        yield [_document(number + n, texts[(number + n) % len(texts)]) for n in range(BATCH)]
        number += BATCH


def _document(number: int, told: str) -> Document:
    text = f"Report {number}.\n\n{told}"
    uri = uri_of_guid("Wire", f"{number}")
    hashed = content_hash(headline=f"Story {number}", body_text=text, pub_status=PubStatus.USABLE)
    return Document(
        id=document_id(uri, hashed, None),
        uri=uri,
        content_hash=hashed,
        guid=f"{number}",
        provider="Wire",
        format="rss",
        headline=f"Story {number}",
        lead=text[:200],
        body_text=text,
        published=_NOW + timedelta(seconds=number),
    )


def _store(store: Store, documents: list[Document]) -> int:
    """Take entries in, claim and save them: the three commits of a batch."""
    entries = tuple(Entry(format="rss", guid=each.guid, text=each.body_text) for each in documents)
    body = "".join(each.body_text for each in documents).encode()
    poll = Poll(
        feed_id=_FEED.id,
        epoch=None,
        polled_at=_NOW,
        duration_s=0.1,
        raw=RawCopy(body=body, media_type=None, location="rss"),
        entries=entries,
        format="rss",
    )
    (taken,) = store.take_in([poll], _NOW)
    ids, token = [ref.id for ref in taken.new], f"{documents[0].guid}"
    store.claim(ids, token=token, owner="benchmark", now=_NOW, lease=timedelta(minutes=1))
    done = [Processed(entry_id=id_, document=each) for id_, each in zip(ids, documents, strict=True)]
    return len(store.save(done, [], token=token, now=_NOW).stored)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--documents", type=int, default=20_000)
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--postgresql", action="store_true")
    chosen = words.parse_args()
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        url = None
        if chosen.postgresql:
            server = PostgresServer(fsync="on", wal_level="replica")
            stack.callback(server.remove)
            os.environ["PATH"] = f"{server.programs}:{os.environ['PATH']}"
            url = server.empty_url()
        measure(url, Path(place), chosen.documents, chosen.rounds)


if __name__ == "__main__":
    main()
