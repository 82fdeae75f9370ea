"""What people and programs read: searches, documents, the change log, and how everything stands."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)

from pipeline.codec import from_json
from pipeline.errors import DamagedError, StoreError
from pipeline.identity import ID_DIGITS, SHORTEST_ID, item_key
from pipeline.model import Document, Evidence, Relation, Sighting, StoredDocument, Tagging
from pipeline.ports.reading import AuditedVersion, Change, Query
from pipeline.store.among import among
from pipeline.store.chain import Chain, Standing, Version, chain_of, in_order, taken_back_by
from pipeline.store.chain_places import places_of, version_links
from pipeline.store.chains import known_versions
from pipeline.store.copies import HIGH, LOW, SAME_COPY, copied_elsewhere, role_of
from pipeline.store.database import Part, ReadRow
from pipeline.store.names import reach_of
from pipeline.store.newest import newest
from pipeline.store.shown import is_current, matches, may_be_shown, shown_documents, with_whole_ids
from pipeline.store.tables import (
    change,
    document,
    document_data,
    item,
    mark,
    relation,
    seal_of,
    sighting,
    story_member,
    tagging,
)

T = TypeVar("T")

#: documents loaded at a time by `stream`
_PAGE = 200
#: numbers of documents looked through at a time by `stream`
_WINDOW = 5_000

_DATA = (
    select(
        document.c.seq,
        document.c.id,
        document.c.item_id,
        document.c.received_at,
        document.c.stored_at,
        document.c.feed_id,
        document.c.seal,
        document_data.c.data,
        item.c.uri,
        item.c.key,
    )
    .join(document_data, document_data.c.document_seq == document.c.seq)
    .join(item, item.c.id == document.c.item_id)
    .where(among(document.c.seq))
)
_ERASED = select(document.c.seq, document.c.erased_at, document.c.erase_reason).where(
    among(document.c.seq), document.c.erased_at.is_not(None)
)
_TAGGINGS = (
    select(tagging.c.document_seq, tagging.c.data)
    .where(among(tagging.c.document_seq))
    .order_by(tagging.c.tagged_at)
)
_RELATIONS = select(relation).where(or_(among(relation.c.low), among(relation.c.high)))
_COPIES_OF = union_all(
    *(
        select(relation.c[other].label("id")).where(
            relation.c[one] == bindparam("of"), relation.c.kind == SAME_COPY
        )
        for one, other in ((LOW, HIGH), (HIGH, LOW))
    )
).subquery()
#: the kind as a word of the statement itself: so both databases know that the index of new ones will do
_IS_NEW = change.c.kind == literal("new", literal_execute=True)
_CHANGES = (
    select(
        change.c.seq,
        change.c.kind,
        change.c.document_id,
        change.c.at,
        # What nobody was told of is under embargo, or came after its kill; a kill is no secret.
        case((or_(document.c.told, change.c.kind == "killed"), item.c.uri)).label("uri"),
    )
    .outerjoin(document, document.c.id == change.c.document_id)
    .outerjoin(item, item.c.id == document.c.item_id)
    .order_by(change.c.seq)
)
_SHOWN_IDS = select(document.c.id).join(item, item.c.id == document.c.item_id).where(among(document.c.id))
_STORIES = select(story_member.c.document_seq, story_member.c.story_id).where(
    among(story_member.c.document_seq)
)


class Read(Part):
    """ports.ReadStore, but for the snapshot."""

    def search(
        self, query: Query, *, now: datetime, limit: int = 20, offset: int = 0, all_versions: bool = False
    ) -> Sequence[StoredDocument]:
        """See ports.ReadStore."""
        query = with_whole_ids(self._database, query)
        every = self._found(query, now, all_versions=all_versions, one_by_one=True)

        def found(window: range | None) -> Select[int]:
            some = self._found(query, now, all_versions=all_versions, window=window)
            return some if query.copies else some.where(~copied_elsewhere(every))

        with self._database.read() as connection:
            seqs = newest(connection, query, found, limit + offset)
            return load(connection, seqs[offset:], now)

    def stream(
        self, query: Query, *, now: datetime, passed_over: Callable[[DamagedError], None] | None = None
    ) -> Iterator[StoredDocument]:
        """See ports.ReadStore. No transaction is open between two pages."""
        query = with_whole_ids(self._database, query)
        with self._database.read() as connection:
            last = connection.execute(select(func.coalesce(func.max(document.c.seq), 0))).scalar_one()
        for start in range(1, last + 1, _WINDOW):
            numbers = range(start, min(start + _WINDOW, last + 1))
            seqs = _readable(lambda part: self._shown(query, part, now), numbers, passed_over)
            for first in range(0, len(seqs), _PAGE):
                page = seqs[first : first + _PAGE]
                yield from _readable(lambda part: self._page(part, now), page, passed_over)

    def _shown(self, query: Query, numbers: Sequence[int], now: datetime) -> Sequence[int]:
        window = range(numbers[0], numbers[-1] + 1)
        found = shown_documents(now).where(
            document.c.seq >= window.start,
            document.c.seq < window.stop,
            *matches(self._database, query, window),
        )
        if not query.copies:
            every = self._found(query, now, all_versions=True, one_by_one=True)
            found = found.where(~copied_elsewhere(every))
        with self._database.read() as connection:
            return connection.execute(found.order_by(document.c.seq)).scalars().all()

    def _page(self, seqs: Sequence[int], now: datetime) -> list[StoredDocument]:
        with self._database.read() as connection:
            # Asked again: a kill may have come since the numbers were found.
            still = shown_documents(now).where(among(document.c.seq)).order_by(document.c.seq)
            shown = connection.execute(still, {"values": list(seqs)})
            return load(connection, shown.scalars().all(), now)

    def _found(
        self,
        query: Query,
        now: datetime,
        *,
        all_versions: bool,
        window: range | None = None,
        one_by_one: bool = False,
    ) -> Select[int]:
        which = matches(self._database, query, window, one_by_one=one_by_one)
        found = shown_documents(now).where(*which)
        return found if all_versions else found.where(is_current(now))

    def document(self, document_id: str, *, now: datetime) -> StoredDocument | None:
        """See ports.ReadStore."""
        beginning = _begins(document_id)
        if beginning is None:
            return None
        with self._database.read() as connection:
            found = connection.execute(shown_documents(now).where(beginning).limit(2)).scalars().all()
            return load(connection, found, now)[0] if len(found) == 1 else None

    def versions(self, uri: str, *, now: datetime) -> Sequence[StoredDocument]:
        """See ports.ReadStore."""
        chain = shown_documents(now).where(item.c.key == item_key(uri))
        with self._database.read() as connection:
            shown = load(connection, connection.execute(chain).scalars().all(), now)
        return sorted(shown, key=lambda each: each.version)

    def audit(self, document_id: str, *, now: datetime) -> Sequence[AuditedVersion]:
        """See ports.ReadStore."""
        beginning = _begins(document_id)
        if beginning is None:
            return []
        with self._database.read() as connection:
            found = connection.execute(select(document.c.item_id).where(beginning).limit(2)).scalars().all()
            if len(found) != 1:
                return []
            (known,) = known_versions(connection, found).values()
            reach = reach_of(connection, found)
            own = in_order(each.version for each in known)
            kills = in_order(reach.kills.get(found[0], ()))
            versions = [*own, *kills]
            seqs = [each.seq for each in versions]
            texts = {each.document.id: each for each in load(connection, seqs, now)}
            erased = {row.seq: row for row in connection.execute(_ERASED, {"values": seqs})}
        chain = chain_of(own, now, kills=kills, killing=bool(reach.killing))
        return [
            _audited(each, rank, versions, chain, texts.get(each.id), erased.get(each.seq))
            for rank, each in enumerate(versions, 1)
        ]

    def sightings(self, document_id: str) -> Sequence[Sighting]:
        """See ports.ReadStore."""
        seen = (
            select(sighting.c.feed_id, sighting.c.location, sighting.c.seen_at)
            .join(document, document.c.seq == sighting.c.document_seq)
            .where(document.c.id == document_id)
            .order_by(sighting.c.seen_at, sighting.c.entry_id)
        )
        with self._database.read() as connection:
            rows = connection.execute(seen).all()
        return [Sighting(feed=row.feed_id, location=row.location, seen_at=row.seen_at) for row in rows]

    def copies(self, document_id: str, *, now: datetime) -> Sequence[StoredDocument]:
        """See ports.ReadStore."""
        found = (
            shown_documents(now)
            .where(document.c.id.in_(select(_COPIES_OF.c.id)))
            .order_by(document.c.published_at, document.c.id)
        )
        with self._database.read() as connection:
            return load(connection, connection.execute(found, {"of": document_id}).scalars().all(), now)

    def changes(self, after: int, limit: int = 100, *, only_new: bool = False) -> Sequence[Change]:
        """See ports.ReadStore."""
        later = _CHANGES.where(change.c.seq > after, *([_IS_NEW] if only_new else [])).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(later).all()
        return [Change(**row._mapping) for row in rows]

    def new_from_the_end(self, count: int) -> int | None:
        """See ports.ReadStore."""
        back = select(change.c.seq).where(_IS_NEW).order_by(change.c.seq.desc()).offset(count - 1).limit(1)
        with self._database.read() as connection:
            return connection.execute(back).scalar_one_or_none()

    def first_change(self) -> int:
        """See ports.ReadStore."""
        return self._end_of_log(func.min(change.c.seq))

    def last_change(self) -> int:
        """See ports.ReadStore."""
        return self._end_of_log(func.max(change.c.seq))

    def _end_of_log(self, end: ColumnElement[int]) -> int:
        with self._database.read() as connection:
            found: int = connection.execute(select(func.coalesce(end, 0))).scalar_one()
        return found

    def wait_for_change(self) -> None:
        """See ports.ReadStore."""
        self._database.wait_for_change()

    def probe(self, now: datetime) -> None:
        """See ports.ReadStore."""
        with self._database.write() as connection:
            connection.execute(self._database.insert_or_set(mark, "at"), {"name": "probe", "at": now})


def _begins(document_id: str) -> ColumnElement[bool] | None:
    """Make the condition that a document's id begins so; None where that is too short or long to ask."""
    start = document_id.lower()
    if not SHORTEST_ID <= len(start) <= ID_DIGITS:
        return None
    # "g" follows the last hexadecimal digit.
    return document.c.id.between(start, f"{start}g")


def _readable(
    read: Callable[[Sequence[int]], Sequence[T]],
    numbers: Sequence[int],
    passed_over: Callable[[DamagedError], None] | None,
) -> Sequence[T]:
    """Read what stands under numbers; where something of it is damaged, the rest by itself."""
    try:
        return read(numbers)
    except DamagedError as error:
        if passed_over is None:
            raise
        if len(numbers) == 1:
            passed_over(error)
            return []
    half = len(numbers) // 2
    return [part for each in (numbers[:half], numbers[half:]) for part in _readable(read, each, passed_over)]


def load(connection: Connection, seqs: Sequence[int], now: datetime) -> list[StoredDocument]:
    """Load documents with all that is known of them, in the order of their numbers given.

    Of links, those to documents that may be shown.
    """
    if not seqs:
        return []
    rows = {row.seq: row for row in connection.execute(_DATA, {"values": seqs})}
    places = places_of(connection, {row.item_id for row in rows.values()}, now)
    tags = {row.document_seq: row.data for row in connection.execute(_TAGGINGS, {"values": seqs})}
    links = _relations(connection, [row.id for row in rows.values()], now)
    stories = {row.document_seq: row.story_id for row in connection.execute(_STORIES, {"values": seqs})}
    return [
        StoredDocument(
            document=(told := _document(rows[seq])),
            version=places[seq].rank,
            received_at=rows[seq].received_at,
            stored_at=rows[seq].stored_at,
            tagging=_whole(tags[seq], Tagging, told.id) if seq in tags else Tagging(),
            relations=(*version_links(told, places[seq]), *links.get(told.id, ())),
            story_id=stories.get(seq),
        )
        for seq in seqs
        if seq in rows  # else it was erased meanwhile
    ]


def _document(row: ReadRow) -> Document:
    """Read a document; its uri is that of the chain it was found to belong to."""
    read = _whole(row.data, Document, row.id)
    if read.id != row.id or row.seal != seal_of(row.seq, row.feed_id, row.received_at, row.stored_at):
        raise _damaged(row.id)
    if read.uri == row.uri:
        return read
    if row.key != item_key(row.uri):
        raise _damaged(row.id)
    return replace(read, uri=row.uri)


def _whole(data: bytes, kind: type[T], document_id: str) -> T:
    """Read what is stored of a document; damaged, it is served to nobody."""
    try:
        return from_json(data, kind)
    except StoreError as error:
        raise _damaged(document_id) from error


def _damaged(document_id: str) -> DamagedError:
    return DamagedError(f"what is stored of document {document_id} is damaged", "see `newswire db check`")


def _audited(
    version: Version,
    rank: int,
    versions: Sequence[Version],
    chain: Chain,
    stored: StoredDocument | None,
    erased: ReadRow | None,
) -> AuditedVersion:
    standing = chain.standings.get(version.seq, Standing.CANCELED)  # else it is a kill of another item
    kill = taken_back_by(version, versions) if standing is Standing.KILLED else None
    return AuditedVersion(
        id=version.id,
        version=rank,
        standing=standing,
        current=chain.current == version.seq,
        stored=stored,
        taken_back_by=kill.id if kill else None,
        embargoed=version.embargoed,
        erased_at=erased.erased_at if erased else None,
        erase_reason=erased.erase_reason if erased else None,
    )


def _relations(connection: Connection, ids: Sequence[str], now: datetime) -> Mapping[str, list[Relation]]:
    """Find the links of documents to others that may be shown, best first."""
    wanted = set(ids)
    links: defaultdict[str, list[Relation]] = defaultdict(list)
    rows = connection.execute(_RELATIONS, {"values": ids}).all()
    if not rows:
        return links
    named = {id_ for row in rows for id_ in (row.low, row.high)}
    shown = set(connection.execute(_SHOWN_IDS.where(may_be_shown(now)), {"values": named}).scalars())
    for row in sorted(rows, key=lambda row: (-row.score, row.low, row.high)):
        evidence = _whole(row.evidence, tuple[Evidence, ...], row.low)
        for one, other, place in ((row.low, row.high, HIGH), (row.high, row.low, LOW)):
            if one in wanted and other in shown:
                role = role_of(row.part, place)
                link = Relation(kind=row.kind, id=other, score=row.score, evidence=evidence, role=role)
                links[one].append(link)
    return links
