"""Documents put into a store as a worker does, without reading and tagging them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pipeline.model import Document, Entry, Feed, SourceKind, Tagging
from pipeline.ports.feeds import Poll
from pipeline.ports.work import Processed
from pipeline.store.store import SqlStore

_FEED = Feed(id="harbour", kind=SourceKind.HTTP, url="https://harbour.example/rss", provider="Benchmark")
_NOW = datetime(2026, 5, 1, tzinfo=UTC)


def save(store: SqlStore, documents: Sequence[tuple[Document, Tagging]]) -> list[int]:
    """Store documents; returns the numbers of their entries."""
    store.change_feeds([_FEED], _NOW)
    token = documents[0][0].id
    entries = tuple(Entry(format="text", guid=each.id, text=each.lead) for each, _ in documents)
    poll = Poll(feed_id=_FEED.id, epoch=None, polled_at=_NOW, duration_s=0, entries=entries)
    (taken,) = store.take_in([poll], _NOW)
    ids = [ref.id for ref in taken.new]
    store.claim(ids, token=token, owner="benchmark", now=_NOW, lease=timedelta(minutes=5))
    done = [
        Processed(entry_id=id_, document=each, tagging=tagging)
        for id_, (each, tagging) in zip(ids, documents, strict=True)
    ]
    store.save(done, [], token=token, now=_NOW)
    return ids
