"""Documents put into a real store, the way the fetcher and a worker put them there."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline.errors import Reason
from pipeline.model import Document, Entry, Feed, Problem, SourceKind
from pipeline.ports.feeds import Poll, RawCopy, TakenIn
from pipeline.ports.store import Store
from pipeline.ports.work import Processed, Refusal
from store_builders import sync_feeds

FEED = Feed(id="harbour", kind=SourceKind.HTTP, url="https://harbour.example/rss", provider="Harbour Press")


def poll(
    entries: Sequence[Entry] = (), problems: Sequence[Problem] = (), *, at: datetime, body: bytes = b"feed"
) -> Poll:
    """Make what one poll of the feed leaves behind."""
    return Poll(
        feed_id=FEED.id,
        epoch=None,
        polled_at=at,
        duration_s=0.1,
        status=200,
        raw=RawCopy(body=body, media_type="application/rss+xml", location=FEED.url),
        entries=tuple(entries),
        problems=tuple(problems),
        format="rss",
    )


def fill(store: Store, documents: Sequence[Document], now: datetime) -> None:
    """Store documents, each from an entry of its own."""
    sync_feeds(store, [FEED], now)
    entries = [Entry(format="rss", guid=document.id, text=document.body_text) for document in documents]
    (taken,) = store.take_in([poll(entries, at=now, body=repr(entries).encode())], now)
    ids = _claim(store, taken, now)
    processed = [
        Processed(entry_id=each, document=document) for each, document in zip(ids, documents, strict=True)
    ]
    store.save(processed, [], token="filling", now=now)


def refuse(store: Store, entry: Entry, now: datetime) -> None:
    """Have an entry refused by a worker, so that it is in quarantine."""
    sync_feeds(store, [FEED], now)
    (taken,) = store.take_in([poll([entry], at=now, body=b"refused")], now)
    (entry_id,) = _claim(store, taken, now)
    refusal = Refusal(entry_id=entry_id, reason=Reason.EMPTY, detail="there is no text in it")
    store.save([], [refusal], token="filling", now=now)


def _claim(store: Store, taken: TakenIn, now: datetime) -> list[int]:
    ids = [ref.id for ref in taken.new]
    claimed = store.claim(ids, token="filling", owner="test", now=now, lease=timedelta(minutes=1))
    return [each.id for each in claimed]
