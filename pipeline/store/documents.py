"""Documents and the chains they belong to: whatever the order of arrival, the same state results."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, insert, select, update

from pipeline.codec import to_json
from pipeline.identity import digest, revision_rank, scope_of
from pipeline.model import Document, Entity, Tagging
from pipeline.ports import Processed
from pipeline.store.among import among
from pipeline.store.copies import relation_row
from pipeline.store.counters import Counts
from pipeline.store.database import Database, Rows, Terms, execute_many
from pipeline.store.states import EnrichState
from pipeline.store.tables import (
    change,
    document,
    document_data,
    document_tag,
    enrichment,
    item,
    relation,
    signature,
    tagging,
)
from pipeline.store.terms import prepare, tag_value


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """A version that is to be stored, and where it came from."""

    processed: Processed
    feed_id: str
    received_at: datetime
    terms: Mapping[str, str]


def _newest(column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    return (
        select(column)
        .where(document.c.item_id == item.c.id, *conditions)
        .order_by(
            document.c.revision_rank.desc(),
            document.c.version_created.desc().nulls_last(),
            document.c.content_hash.desc(),
            document.c.id.desc(),
        )
        .limit(1)
        .scalar_subquery()
    )


_INSERT_TAG = insert(document_tag)
_INSERT_ENRICHMENT = insert(enrichment)
_KNOWN = select(document.c.id, document.c.seq, document.c.erased_at).where(among(document.c.id))
_ITEMS = select(item.c.key, item.c.id).where(among(item.c.key))
_REFRESH = (
    update(item)
    .where(among(item.c.id))
    .values(
        current_seq=_newest(document.c.seq, document.c.erased_at.is_(None)),
        status=_newest(document.c.pub_status),
    )
)
_INSERT_DOCUMENT = insert(document)
_INSERT_DATA = insert(document_data)
_INSERT_CHANGE = insert(change)
_INSERT_SIGNATURE = insert(signature)


def terms_of(each: Document) -> Mapping[str, str]:
    """Make what the search index holds of a document; phrases do not cross from one part to the next."""
    about = (each.slugline or "", each.byline or "", *each.keywords)
    return {
        "headline": prepare(each.headline or ""),
        "body": prepare(each.body_text),
        "about": prepare("\n".join(about)),
    }


def known_documents(connection: Connection, ids: Iterable[str]) -> dict[str, tuple[int, bool]]:
    """Find which versions are stored: id → their number, and whether they were erased."""
    rows = connection.execute(_KNOWN, {"values": ids})
    return {row.id: (row.seq, row.erased_at is not None) for row in rows}


def store_documents(
    database: Database, connection: Connection, new: Sequence[NewDocument], now: datetime
) -> tuple[dict[str, int], Counts]:
    """Store versions that are not stored yet, with all that hangs on them.

    Returns:
        The number of each by its id, and what to count.
    """
    if not new:
        return {}, Counts()
    items, fresh_items = _items(database, connection, [each.processed.document.uri for each in new])
    numbers = list(database.reserve(connection, document, len(new)))
    execute_many(
        connection,
        _INSERT_DOCUMENT,
        [_row(seq, each, items, now) for seq, each in zip(numbers, new, strict=True)],
    )
    execute_many(
        connection,
        _INSERT_DATA,
        [
            {"document_seq": seq, "data": to_json(each.processed.document)}
            for seq, each in zip(numbers, new, strict=True)
        ],
    )
    database.index(
        connection, [Terms(document_seq=seq, **each.terms) for seq, each in zip(numbers, new, strict=True)]
    )
    _store_findings(database, connection, list(zip(numbers, new, strict=True)), now)
    refresh_items(connection, set(items.values()))
    note_changes(connection, "new", [each.processed.document.id for each in new], now)
    seqs = {each.processed.document.id: seq for seq, each in zip(numbers, new, strict=True)}
    return seqs, Counts({("stored", ""): len(new), ("items", ""): fresh_items})


def refresh_items(connection: Connection, ids: Iterable[int]) -> None:
    """Compute anew which version of an item is its newest, and what that says of its use."""
    connection.execute(_REFRESH, {"values": ids})


def note_changes(connection: Connection, kind: str, document_ids: Sequence[str], now: datetime) -> None:
    """Write lines of the change log."""
    execute_many(
        connection, _INSERT_CHANGE, [{"kind": kind, "document_id": each, "at": now} for each in document_ids]
    )


def chain_order() -> tuple[ColumnElement[Any], ...]:
    """Order versions of one item, oldest first: sender's revision, its time, content; id settles the rest."""
    return (
        document.c.revision_rank,
        document.c.version_created.asc().nulls_first(),
        document.c.content_hash,
        document.c.id,
    )


def item_key(uri: str) -> str:
    """Name an item's row."""
    return digest("uri", uri)


def _items(database: Database, connection: Connection, uris: Sequence[str]) -> tuple[dict[str, int], int]:
    """Find the items of these URIs, making those that are new; returns their row ids and how many are new."""
    keys = {item_key(uri): uri for uri in uris}
    found = _item_ids(connection, keys)
    missing = [key for key in keys if key not in found]
    if missing:
        connection.execute(database.insert_new(item), [{"key": key, "uri": keys[key]} for key in missing])
        found |= _item_ids(connection, missing)
    return {uri: found[key] for key, uri in keys.items()}, len(missing)


def _item_ids(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    rows = connection.execute(_ITEMS, {"values": keys})
    return {row.key: row.id for row in rows}


def _row(seq: int, new: NewDocument, items: Mapping[str, int], now: datetime) -> dict[str, Any]:
    each = new.processed.document
    return {
        "seq": seq,
        "id": each.id,
        "item_id": items[each.uri],
        "feed_id": new.feed_id,
        "provider": scope_of(each.provider),
        "language": each.language.casefold() if each.language else None,
        "published_at": each.published or new.received_at,
        "received_at": new.received_at,
        "stored_at": now,
        "pub_status": each.pub_status,
        "embargoed": each.embargoed,
        "revision_rank": revision_rank(each.revision),
        "version_created": each.version_created,
        "content_hash": each.content_hash,
    }


def _store_findings(
    database: Database, connection: Connection, new: Sequence[tuple[int, NewDocument]], now: datetime
) -> None:
    """Store what was found out about new documents: tags, links and signatures."""
    tags = [(seq, each.processed.tagging) for seq, each in new if each.processed.tagging.rules]
    links = [
        relation_row(each.processed.document.id, link) for _, each in new for link in each.processed.relations
    ]
    if tags:
        store_taggings(connection, tags, now)
    execute_many(
        connection, _INSERT_ENRICHMENT, [_to_enrich(seq, now) for seq, each in new if each.processed.enrich]
    )
    if links:
        connection.execute(database.insert_new(relation), links)
    signatures: Rows = [
        {
            "document_seq": seq,
            "entry_id": each.processed.entry_id,
            "data": each.processed.signature,
            "linked": each.processed.linked,
        }
        for seq, each in new
        if each.processed.signature is not None
    ]
    execute_many(connection, _INSERT_SIGNATURE, signatures)


def store_taggings(connection: Connection, tags: Sequence[tuple[int, Tagging]], now: datetime) -> None:
    """Store what is said of documents, and by what they are found, where nothing of it is stored yet."""
    rows: Rows = [
        {"document_seq": seq, "rules": each.rules, "data": to_json(each), "tagged_at": now}
        for seq, each in tags
    ]
    connection.execute(insert(tagging), rows)
    execute_many(connection, _INSERT_TAG, [row for seq, each in tags for row in _found_by(seq, each)])


def _to_enrich(seq: int, now: datetime) -> dict[str, Any]:
    return {
        "document_seq": seq,
        "queued_at": now,
        "state": EnrichState.PENDING,
        "alone": False,
        "attempts": 0,
        "kills": 0,
    }


def _found_by(seq: int, tags: Tagging) -> Iterator[dict[str, Any]]:
    """Give the rows by which a document is searched: codes and names of tags, names of people and bodies."""
    names = {
        "region": [text for tag in tags.regions for text in (tag.code, tag.name)],
        "topic": [text for tag in tags.topics for text in (tag.code, tag.name)],
        "beat": [text for tag in tags.beats for text in (tag.code, tag.name)],
        "person": [name for person in tags.people for name in _names_of_person(person)],
        "org": [name for body in tags.organisations for name in _names(body)],
    }
    for kind, of_kind in names.items():
        for value in dict.fromkeys(filter(None, map(tag_value, of_kind))):
            yield {"kind": kind, "value": value, "document_seq": seq}


def _names(entity: Entity) -> Iterator[str]:
    """Give the name of somebody or something, and how the text calls it."""
    yield entity.name
    yield from (mention.text for mention in entity.mentions)


def _names_of_person(person: Entity) -> Iterator[str]:
    """Give the names of a person, and the surname: the last word, and all but the first ("van der Berg")."""
    yield from _names(person)
    words = person.name.split()
    yield words[-1]
    yield " ".join(words[1:])
