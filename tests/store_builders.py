"""Feeds, polls and documents for the store's contract, all invented."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from pipeline.identity import content_hash, document_id, uri_of_guid
from pipeline.model import Document, Entry, Feed, PubStatus, SourceKind
from pipeline.ports.feeds import Poll, RawCopy, TakenIn
from pipeline.ports.store import Store
from pipeline.ports.work import BatchOutcome, Processed
from pipeline.store.store import SqlStore

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

HARBOUR = Feed(
    id="harbour", kind=SourceKind.HTTP, url="https://harbour.example/rss", provider="Harbour Press"
)


def feed(feed_id: str, **wishes: Any) -> Feed:
    """Make a feed."""
    return Feed(**{"id": feed_id, "kind": SourceKind.HTTP, "url": f"https://{feed_id}.example/", **wishes})


def poll(*entries: Entry, **fields: Any) -> Poll:
    """Make what a poll of the harbour's feed leaves behind; the body tells its entries."""
    body = repr([entries, fields.get("problems")]).encode()
    return Poll(
        **{
            "feed_id": HARBOUR.id,
            "epoch": None,
            "polled_at": NOON,
            "duration_s": 0.1,
            "status": 200,
            "raw": RawCopy(body=body, media_type="application/rss+xml", location=HARBOUR.url),
            "entries": entries,
            "format": "rss",
            **fields,
        }
    )


def entry(guid: str, **fields: Any) -> Entry:
    """Make an entry."""
    return Entry(**{"format": "rss", "guid": guid, "text": f"Copy of {guid}.", **fields})


def take_in(store: Store, *entries: Entry, **fields: Any) -> list[int]:
    """Take entries in from the harbour's feed; returns the ids of the new ones."""
    (taken,) = take_in_polls(store, poll(*entries, **fields))
    return [ref.id for ref in taken.new]


def take_in_polls(store: Store, *polls: Poll, now: datetime = NOON) -> Sequence[TakenIn]:
    """Take polls in; the harbour's feed is made first."""
    if not store.snapshot(now).feeds:
        sync_feeds(store, [HARBOUR], now)
    return store.take_in(polls, now)


def claim(
    store: Store, ids: Sequence[int], token: str = "t", *, now: datetime = NOON, **fields: Any
) -> list[int]:
    """Claim entries; returns the ids of those that were given."""
    claimed = store.claim(ids, token=token, now=now, **{"owner": "worker-1", "lease": MINUTE, **fields})
    return [each.id for each in claimed]


def document(guid: str = "ferry", text: str = "The ferry is back.", **fields: Any) -> Document:
    """Make a document with the identity that normalising would give it."""
    provider = fields.pop("provider", "Harbour Press")
    uri = uri_of_guid(provider, guid)
    headline = fields.pop("headline", None)
    status = fields.get("pub_status", PubStatus.USABLE)
    hashed = content_hash(headline=headline, body_text=text, pub_status=status)
    return Document(
        **{
            "id": document_id(uri, hashed, fields.get("revision")),
            "uri": uri,
            "content_hash": hashed,
            "guid": guid,
            "provider": provider,
            "feed": HARBOUR.id,
            "format": "rss",
            "headline": headline,
            "lead": text[:80],
            "body_text": text,
            "language": "en",
            "published": NOON,
            **fields,
        }
    )


_tokens = iter(range(1_000_000))


def save(store: Store, *documents: Document, now: datetime = NOON, **fields: Any) -> BatchOutcome:
    """Store documents, each from an entry of its own, delivered anew."""
    token = f"saving-{next(_tokens)}"
    entries = [entry(f"{each.guid}-{token}-{number}") for number, each in enumerate(documents)]
    ids = take_in(store, *entries, polled_at=now, **fields)
    claim(store, ids, token, now=now)
    processed = [Processed(entry_id=id_, document=each) for id_, each in zip(ids, documents, strict=True)]
    return store.save(processed, [], token=token, now=now)


def damage_text(store: Store, seq: int) -> None:
    """Damage the row with the text of a document."""
    assert isinstance(store, SqlStore)
    statement = text("UPDATE document_data SET data = :data WHERE document_seq = :seq")
    with store._database.write() as connection:
        connection.execute(statement, {"data": b"{", "seq": seq})


def sync_feeds(store: Store, feeds: Sequence[Feed], now: datetime) -> None:
    """Make these the feeds of a store, and no others, as one fetcher alone does."""
    store.change_feeds(feeds, now)
    store.retire_agreed({each.id for each in feeds}, "")
