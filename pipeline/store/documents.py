"""Storing documents: versions that are new, and all that hangs on them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from pipeline.codec import to_json
from pipeline.identity import item_key, revision_rank, scope_of
from pipeline.model import Document, Entity, Tagging
from pipeline.ports.work import Processed
from pipeline.store.among import among
from pipeline.store.chain import SHOWN, Chain, Standing, Version, chain_of, stage_of
from pipeline.store.chains import mark_told, note_changes, refresh_items, settle_slugs
from pipeline.store.copies import known_run, leading_somewhere, relation_row
from pipeline.store.counters import Counts
from pipeline.store.database import Database, Rows, Terms
from pipeline.store.executing import execute_many, fetch
from pipeline.store.names import add_names, store_names, touched_by
from pipeline.store.states import EnrichState
from pipeline.store.tables import (
    document,
    document_data,
    document_tag,
    enrichment,
    item,
    relation,
    seal_of,
    signature,
    slugged,
    story_member,
    tagging,
)
from pipeline.store.terms import prepare, tag_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A version that is stored."""

    seq: int
    has_text: bool
    #: somebody said so: its text must not come back; retention says nothing of the kind
    erased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """A version that is to be stored, and where it came from."""

    processed: Processed
    feed_id: str
    received_at: datetime
    terms: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Items:
    """The items of new documents."""

    #: URI → row id
    ids: Mapping[str, int]
    #: row ids of those that are not there yet → URI
    fresh: Mapping[int, str]


_INSERT_TAG = insert(document_tag)
_INSERT_TAGGING = insert(tagging)
_INSERT_ENRICHMENT = insert(enrichment)
_KNOWN = select(document.c.id, document.c.seq, document.c.erased_at, document.c.expired_at).where(
    among(document.c.id)
)
_ITEMS = select(item.c.key, item.c.id).where(among(item.c.key))
_INSERT_ITEM = insert(item)
_INSERT_DOCUMENT = insert(document)
_INSERT_DATA = insert(document_data)
_INSERT_SIGNATURE = insert(signature)
_INSERT_SLUGGED = insert(slugged)
_INSERT_UNTOLD = insert(story_member)


def terms_of(each: Document) -> Mapping[str, str]:
    """Make what the search index holds of a document; phrases do not cross from one part to the next."""
    about = (each.slugline or "", each.byline or "", *each.keywords)
    return {
        "headline": prepare(each.headline or ""),
        "body": prepare(each.body_text),
        "about": prepare("\n".join(about)),
    }


def known_documents(connection: Connection, ids: Iterable[str]) -> dict[str, Known]:
    """Find which versions are stored, by id."""
    return {
        row.id: Known(
            seq=row.seq,
            has_text=row.erased_at is None,
            erased=row.erased_at is not None and row.expired_at is None,
        )
        for row in fetch(connection, _KNOWN, values=ids)
    }


def store_documents(
    database: Database,
    connection: Connection,
    new: Sequence[NewDocument],
    now: datetime,
    *,
    stored_at: datetime | None = None,
) -> tuple[dict[str, int], Counts]:
    """Store versions that are not stored yet, with all that hangs on them.

    Args:
        database: Where the connection leads.
        connection: In a write.
        new: What is stored.
        now: Says which embargoes have ended.
        stored_at: Is noted as the time of storing; None: now.

    Returns:
        The number of each by its id, and what to count.
    """
    if not new:
        return {}, Counts()
    numbered = list(zip(database.reserve(connection, document, len(new)), new, strict=True))
    items = _items(database, connection, new)
    chains = _chains_of(numbered, now)
    execute_many(
        connection, _INSERT_ITEM, [_item_row(item_id, uri, chains) for item_id, uri in items.fresh.items()]
    )
    rows = [_row(seq, each, items, chains, now, stored_at or now) for seq, each in numbered]
    execute_many(connection, _INSERT_DOCUMENT, rows)
    execute_many(
        connection,
        _INSERT_DATA,
        [{"document_seq": seq, "data": to_json(each.processed.document)} for seq, each in numbered],
    )
    database.index(connection, [Terms(document_seq=seq, **each.terms) for seq, each in numbered])
    _store_findings(database, connection, numbered, now)
    untold = [{"document_seq": seq, "waits": True, "attempts": 0} for seq, _ in numbered]
    execute_many(connection, _INSERT_UNTOLD, untold)
    _settle(connection, numbered, items, chains, now)
    seqs = {each.processed.document.id: seq for seq, each in numbered}
    return seqs, Counts({("stored", ""): len(new), ("items", ""): len(items.fresh)})


def name_again(
    database: Database, connection: Connection, again: Sequence[tuple[int, Document]], now: datetime
) -> None:
    """Take up by what other names versions that are stored came once more: a kill may know but these."""
    if names := add_names(database, connection, again):
        refresh_items(connection, touched_by(connection, names, new=len(again)), now)


def _items(database: Database, connection: Connection, new: Sequence[NewDocument]) -> _Items:
    """Find the items of documents, and number those that are not there yet."""
    keys = {item_key(uri): uri for uri in dict.fromkeys(each.processed.document.uri for each in new)}
    ids = {keys[row.key]: row.id for row in fetch(connection, _ITEMS, values=keys)}
    missing = [uri for uri in keys.values() if uri not in ids]
    fresh = dict(zip(database.reserve(connection, item, len(missing)), missing, strict=True))
    return _Items(ids=ids | {uri: item_id for item_id, uri in fresh.items()}, fresh=fresh)


def _chains_of(new: Sequence[tuple[int, NewDocument]], now: datetime) -> dict[str, Chain]:
    """Say what the chains of new documents come to where nothing else is known of them, by URI."""
    versions: defaultdict[str, list[Version]] = defaultdict(list)
    for seq, each in new:
        versions[each.processed.document.uri].append(version_of(seq, each.processed.document))
    return {uri: chain_of(chain, now) for uri, chain in versions.items()}


def _settle(
    connection: Connection,
    new: Sequence[tuple[int, NewDocument]],
    items: _Items,
    chains: Mapping[str, Chain],
    now: datetime,
) -> None:
    """Bring the chains that new documents came into up to date, and note what may be shown from now on."""
    stands = {seq: standing for chain in chains.values() for seq, standing in chain.standings.items()}
    known = {id_ for uri in chains if (id_ := items.ids[uri]) not in items.fresh}
    by_slug = [(seq, each.processed.document) for seq, each in new if each.processed.document.slugged]
    if by_slug:
        rows = [_slugged_row(seq, each, items) for seq, each in by_slug]
        execute_many(connection, _INSERT_SLUGGED, rows)
        known |= settle_slugs(connection, {row["family"] for row in rows}, {row["day"] for row in rows})
    names = store_names(connection, [(seq, each.processed.document) for seq, each in new])
    known |= touched_by(connection, names, new=len(new))
    if known:
        stands |= refresh_items(connection, known, now, new=frozenset(seq for seq, _ in new))
    told = {seq: _is_told(each, stands[seq], now) for seq, each in new}
    alone = {seq: _is_told(each, _standing(seq, each, chains), now) for seq, each in new}
    mark_told(connection, {seq: told[seq] for seq in told if told[seq] != alone[seq]})
    note_changes(connection, "new", [each.processed.document.id for seq, each in new if told[seq]], now)
    # What retention forgot, or another store told of, may still be kept by who follows: it goes by its uri.
    unknown = items.fresh.keys() - known
    kills = [each.processed.document for seq, each in new if stands[seq] is Standing.CANCELED]
    note_changes(connection, "killed", [each.id for each in kills if items.ids[each.uri] in unknown], now)


def _standing(seq: int, new: NewDocument, chains: Mapping[str, Chain]) -> Standing:
    return chains[new.processed.document.uri].standings[seq]


def _is_told(new: NewDocument, standing: Standing, now: datetime) -> bool:
    """Say whether a new document may be shown at once."""
    embargoed = new.processed.document.embargoed
    return standing in SHOWN and (embargoed is None or embargoed <= now)


def version_of(seq: int, each: Document) -> Version:
    """Give a document as far as its chain is concerned."""
    return Version(
        seq=seq,
        id=each.id,
        revision_rank=revision_rank(each.revision),
        version_created=each.version_created,
        stage=stage_of(each),
        content_hash=each.content_hash,
        embargoed=each.embargoed,
        erased=False,
    )


def _item_row(item_id: int, uri: str, chains: Mapping[str, Chain]) -> dict[str, Any]:
    chain = chains[uri]
    return {
        "id": item_id,
        "key": item_key(uri),
        "uri": uri,
        "current_seq": chain.current,
        "next_seq": chain.following,
        "next_at": chain.following_at,
    }


def _slugged_row(seq: int, each: Document, items: _Items) -> dict[str, Any]:
    assert each.slugged is not None
    return {
        "document_seq": seq,
        "family": each.slugged.family,
        "day": date.fromisoformat(each.slugged.day).toordinal(),
        "own_item_id": items.ids[each.uri],
        "before": item_key(each.slugged.before) if each.slugged.before else None,
        "later": each.slugged.later,
        "kill": each.slugged.kill,
    }


def _row(
    seq: int,
    new: NewDocument,
    items: _Items,
    chains: Mapping[str, Chain],
    now: datetime,
    stored_at: datetime,
) -> dict[str, Any]:
    each = new.processed.document
    standing = _standing(seq, new, chains)
    return {
        "seq": seq,
        "id": each.id,
        "item_id": items.ids[each.uri],
        "feed_id": new.feed_id,
        "received_at": new.received_at,
        "stored_at": stored_at,
        "standing": standing,
        "told": _is_told(new, standing, now),
        "seal": seal_of(seq, new.feed_id, new.received_at, stored_at),
        **searched_by(each, new.received_at),
    }


def searched_by(each: Document, received_at: datetime) -> dict[str, Any]:
    """Give the columns of a document's row that follow from the document."""
    return {
        "provider": scope_of(each.provider),
        "language": each.language.casefold() if each.language else None,
        "published_at": each.published or received_at,
        "embargoed": each.embargoed,
        "revision_rank": revision_rank(each.revision),
        "version_created": each.version_created,
        "stage": stage_of(each),
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
    if links and (links := leading_somewhere(connection, links)):
        execute_many(connection, database.insert_new(relation), links)
    execute_many(connection, _INSERT_SIGNATURE, _signatures(connection, new))


def _signatures(connection: Connection, new: Sequence[tuple[int, NewDocument]]) -> Rows:
    """Write by what copies are found; what a server that was replaced was told is to be linked again."""
    entered = any(each.processed.entered_in for _, each in new)
    runs = (None, known_run(connection) if entered else None)
    return [
        {
            "document_seq": seq,
            "entry_id": each.processed.entry_id,
            "data": each.processed.signature,
            "linked": each.processed.linked and each.processed.entered_in in runs,
        }
        for seq, each in new
        if each.processed.signature is not None
    ]


def store_taggings(connection: Connection, tags: Sequence[tuple[int, Tagging]], now: datetime) -> None:
    """Store what is said of documents, and by what they are found, where nothing of it is stored yet."""
    rows: Rows = [
        {"document_seq": seq, "rules": each.rules, "data": to_json(each), "tagged_at": now}
        for seq, each in tags
    ]
    execute_many(connection, _INSERT_TAGGING, rows)
    execute_many(connection, _INSERT_TAG, [row for seq, each in tags for row in found_by(seq, each)])


def _to_enrich(seq: int, now: datetime) -> dict[str, Any]:
    return {
        "document_seq": seq,
        "queued_at": now,
        "state": EnrichState.PENDING,
        "alone": False,
        "attempts": 0,
        "kills": 0,
    }


def found_by(seq: int, tags: Tagging) -> Iterator[dict[str, Any]]:
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
