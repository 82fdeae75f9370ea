"""Whether what is stored is sound: files, references, chains, index and counts, each held against another.

What follows from the documents alone can be made again: by what they are found. The rest is for a backup.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Select, delete, func, insert, select

from pipeline.codec import from_json
from pipeline.errors import DamagedError, StoreError
from pipeline.identity import item_key
from pipeline.model import Document, Tagging
from pipeline.ports.care import Fault
from pipeline.store.among import among
from pipeline.store.chain import Chain, chain_of
from pipeline.store.chains import KnownVersion, known_versions
from pipeline.store.database import REPAIR, RESTORE, Part, ReadRow, Terms, UndoneError
from pipeline.store.documents import found_by, searched_by, terms_of
from pipeline.store.executing import execute_many
from pipeline.store.heartbeat import held_heartbeat, open_heartbeat
from pipeline.store.names import Reach, reach_of
from pipeline.store.states import IS_PENDING, IS_WORKING, EntryState
from pipeline.store.tables import (
    alias,
    counter,
    document,
    document_data,
    document_tag,
    enrichment,
    entry,
    entry_payload,
    item,
    quarantine,
    relation,
    seal_of,
    sighting,
    signature,
    slugged,
    sought,
    story,
    story_key,
    story_member,
    tagging,
)

_ERASE = "restore a backup (newswire db restore FILE), or erase it (newswire erase ID)"
_RECOUNT = "where nothing else is wrong, only the counts are, and nothing is lost; else restore a backup"

_NOT_INDEXED = "documents not in the search index"
_INDEXED_ERASED = "erased documents that are in the search index"
_INDEXED_LOST = "index entries of documents that are not there"
_NOT_BY_TAGS = "documents not found by their tags"
_TAGS_UNREAD = "documents whose tags cannot be read"
_DAMAGED, _TEXTLESS, _HOMELESS = (
    "documents that are damaged",
    "documents without a text",
    "documents that belong to no item",
)
#: documents or items held against each other in one transaction
_WINDOW = 1_000
#: of what is wrong in the same way, so many are named
_NAMED = 3
_FAR = datetime.max.replace(tzinfo=UTC)
_OPEN = entry.c.state.in_((EntryState.PENDING, EntryState.WORKING, EntryState.QUARANTINED))

_DOCUMENTS = (
    select(document, document_data.c.data, item.c.id.label("its_item"))
    .outerjoin(document_data, document_data.c.document_seq == document.c.seq)
    .outerjoin(item, item.c.id == document.c.item_id)
)
_TAGGINGS = (
    select(tagging.c.document_seq, tagging.c.data)
    .where(among(tagging.c.document_seq))
    .order_by(tagging.c.tagged_at)
)
_TAGS = select(document_tag).where(among(document_tag.c.document_seq))


def _lost(key: Column[Any], name: Column[Any], target: Column[Any]) -> Select[Any]:
    """Select the rows whose reference leads nowhere."""
    return select(key).outerjoin(target.table, target == name).where(name.is_not(None), target.is_(None))


#: what is wrong → the rows that show it
_DANGLING: Mapping[str, Select[Any]] = {
    "open entries without content": select(entry.c.id)
    .outerjoin(entry_payload, entry_payload.c.entry_id == entry.c.id)
    .where(_OPEN, entry_payload.c.entry_id.is_(None)),
    "entries in quarantine without a reason": select(entry.c.id)
    .outerjoin(quarantine, quarantine.c.entry_id == entry.c.id)
    .where(entry.c.state == EntryState.QUARANTINED, quarantine.c.id.is_(None)),
    "entries of documents that are not there": _lost(entry.c.id, entry.c.document_seq, document.c.seq),
    "items whose newest version is not there": _lost(item.c.id, item.c.current_seq, document.c.seq),
    "documents of stories that are not there": _lost(
        story_member.c.document_seq, story_member.c.story_id, story.c.id
    ),
    "links from documents that are not there": _lost(relation.c.low, relation.c.low, document.c.id),
    "links to documents that are not there": _lost(relation.c.high, relation.c.high, document.c.id),
    **{
        f"rows of {table.name} for documents that are not there": _lost(
            table.c.document_seq, table.c.document_seq, document.c.seq
        )
        for table in (
            document_data,
            document_tag,
            tagging,
            enrichment,
            sighting,
            signature,
            slugged,
            alias,
            sought,
            story_member,
            story_key,
        )
    },
}
#: what is wrong → what to do, where erasing the document does not help
_REMEDIES = {
    **dict.fromkeys((_NOT_INDEXED, _INDEXED_ERASED, _INDEXED_LOST, _NOT_BY_TAGS), REPAIR),
    **dict.fromkeys((*_DANGLING, "rows that cannot be read"), RESTORE),
}


class Checking(Part):
    """The part of ports.CareStore that looks for what is wrong."""

    def check(self, *, quick: bool = False) -> Sequence[Fault]:
        """See ports.CareStore."""
        wrong = self._database.faults(quick=quick)
        if quick or wrong:
            return wrong  # what damaged files say of the rest means nothing
        found: defaultdict[str, list[Any]] = defaultdict(list)
        for what, which in (*self._documents(), *self._chains(), *self._dangling()):
            found[what].append(which)
        return [*(_fault(what, which) for what, which in found.items()), *self._counts()]

    def repair(self) -> Mapping[str, int]:
        """See ports.CareStore."""
        mended = Counter(f"index {name}" for name in self._database.rebuild())
        for window in self._windows(document.c.seq):
            with suppress(StoreError, ValueError, ArithmeticError):  # the check says so
                if any(_REMEDIES.get(what) == REPAIR for what, _ in self._document_faults(window)):
                    with self._database.write() as connection:
                        mended.update(self._mend(connection, window))
        return mended

    def _documents(self) -> Iterator[tuple[str, str]]:
        return self._through("documents", document.c.seq, self._document_faults)

    def _chains(self) -> Iterator[tuple[str, str]]:
        return self._through("items", item.c.id, self._chain_faults)

    def _through(
        self, name: str, key: Column[int], look: Callable[[range], Iterable[tuple[str, str]]]
    ) -> Iterator[tuple[str, str]]:
        """Look at a table a window at a time; values that mean nothing any more are damage, too."""
        for window in self._windows(key):
            try:
                yield from list(look(window))
            except UndoneError:
                raise  # that says nothing of what is stored
            except (StoreError, ValueError, ArithmeticError) as error:
                yield f"{name} that cannot be read", f"among {window.start} to {window.stop - 1}, {error}"

    def _windows(self, key: Column[int]) -> Iterator[range]:
        with self._database.read() as connection:
            last = connection.execute(select(func.coalesce(func.max(key), 0))).scalar_one()
        return (range(start, start + _WINDOW) for start in range(1, last + 1, _WINDOW))

    def _document_faults(self, window: range) -> Iterator[tuple[str, str]]:
        with self._database.read() as connection:
            shelf = self._shelf(connection, window)
        for row in shelf.rows:
            for what in shelf.faults_of(row):
                yield what, row.id
        for seq in shelf.lost():
            yield _INDEXED_LOST, str(seq)

    def _shelf(self, connection: Connection, window: range) -> "_Shelf":
        rows = connection.execute(_DOCUMENTS.where(_within(document.c.seq, window))).all()
        seqs = [row.seq for row in rows]
        return _Shelf(
            rows=rows,
            indexed=frozenset(self._database.indexed(connection, window)),
            taggings={row.document_seq: row.data for row in connection.execute(_TAGGINGS, {"values": seqs})},
            tags=_tags(connection, seqs),
        )

    def _mend(self, connection: Connection, window: range) -> Iterator[str]:
        """Make again by what documents are found; say what was wrong. Nothing is made of a damaged one."""
        shelf = self._shelf(connection, window)
        for seq in shelf.lost():
            self._database.unindex(connection, seq)
            yield _INDEXED_LOST
        for row in shelf.rows:
            faults = [*shelf.faults_of(row)]
            if {_DAMAGED, _TEXTLESS, _HOMELESS}.isdisjoint(faults):
                for what in faults:
                    if _REMEDIES.get(what) == REPAIR:
                        self._mend_one(connection, row, what, shelf.taggings.get(row.seq))
                        yield what

    def _mend_one(self, connection: Connection, row: ReadRow, what: str, tags: bytes | None) -> None:
        if what == _INDEXED_ERASED:
            self._database.unindex(connection, row.seq)
        elif what == _NOT_INDEXED:
            terms = terms_of(from_json(row.data, Document))
            self._database.index(connection, [Terms(document_seq=row.seq, **terms)])
        elif what == _NOT_BY_TAGS:
            connection.execute(delete(document_tag).where(document_tag.c.document_seq == row.seq))
            execute_many(connection, insert(document_tag), [*found_by(row.seq, _tagging(tags))])

    def _chain_faults(self, window: range) -> Iterator[tuple[str, str]]:
        with self._database.read() as connection:
            rows = connection.execute(select(item).where(_within(item.c.id, window))).all()
            known = known_versions(connection, [row.id for row in rows])
            reach = reach_of(connection, {row.id for row in rows})
        for row in rows:
            if row.key != item_key(row.uri) or not _agrees(row, known.get(row.id, []), reach):
                yield "chains of versions that do not follow from their versions", row.uri

    def _dangling(self) -> Iterator[tuple[str, Any]]:
        for what, rows in _DANGLING.items():
            try:
                with self._database.read(patient=True) as connection:
                    found = connection.execute(rows).scalars().all()
            except DamagedError as error:
                yield "rows that cannot be read", error.what
            else:
                yield from ((what, key) for key in found)

    def _counts(self) -> Sequence[Fault]:
        try:
            with self._database.read(patient=True) as connection:
                return [*_count_faults(connection)]
        except DamagedError as error:
            return [Fault(what="counts that cannot be read", where=error.what, remedy=error.remedy)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """Documents of a window, and by what they are found."""

    rows: Sequence[ReadRow]
    #: numbers
    indexed: frozenset[int]
    #: number → the newest tagging
    taggings: Mapping[int, bytes]
    #: number → kinds and values
    tags: Mapping[int, set[tuple[str, str]]]

    def lost(self) -> Iterator[int]:
        """Give the numbers that only the index knows."""
        yield from sorted(self.indexed - {row.seq for row in self.rows})

    def faults_of(self, row: ReadRow) -> Iterator[str]:
        """Say what is wrong with one document."""
        seq = row.seq
        return _faults_of(row, seq in self.indexed, self.taggings.get(seq), self.tags.get(seq, set()))


def _within(key: Column[int], window: range) -> Any:
    return (key >= window.start) & (key < window.stop)


def _tags(connection: Connection, seqs: Sequence[int]) -> Mapping[int, set[tuple[str, str]]]:
    found: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
    for row in connection.execute(_TAGS, {"values": seqs}):
        found[row.document_seq].add((row.kind, row.value))
    return found


def _faults_of(
    row: ReadRow, indexed: bool, tags: bytes | None, found_by_: set[tuple[str, str]]
) -> Iterator[str]:
    """Say what is wrong with one document."""
    if row.its_item is None:
        yield _HOMELESS
    erased = row.erased_at is not None
    if indexed == erased:
        yield _INDEXED_ERASED if erased else _NOT_INDEXED
    if erased != (row.data is None):
        yield "erased documents that have a text" if erased else _TEXTLESS
        return
    if erased:
        return
    if not _tells_the_same(row):
        yield _DAMAGED
    try:
        told = _tagging(tags)
    except StoreError:
        yield _TAGS_UNREAD
        return
    if {(each["kind"], each["value"]) for each in found_by(row.seq, told)} != found_by_:
        yield _NOT_BY_TAGS


def _tells_the_same(row: ReadRow) -> bool:
    """Say whether a document can be read, and its row says of it what it says itself."""
    try:
        told = from_json(row.data, Document)
    except StoreError:
        return False
    columns = searched_by(told, row.received_at)
    columns["seal"] = seal_of(row.seq, row.feed_id, row.received_at, row.stored_at)
    return told.id == row.id and all(getattr(row, name) == value for name, value in columns.items())


def _tagging(data: bytes | None) -> Tagging:
    return Tagging() if data is None else from_json(data, Tagging)


def _agrees(row: ReadRow, versions: Sequence[KnownVersion], reach: Reach) -> bool:
    """Say whether an item is what its versions make it, at any time before its next embargo ends."""
    at = _FAR if row.next_at is None else row.next_at - timedelta(microseconds=1)
    chain: Chain = chain_of(
        [each.version for each in versions],
        at,
        kills=reach.kills.get(row.id, ()),
        killing=row.id in reach.killing,
    )
    stands = all(chain.standings[each.version.seq] == each.standing for each in versions)
    current = (chain.current, chain.following, chain.following_at)
    return stands and current == (row.current_seq, row.next_seq, row.next_at)


def _fault(what: str, which: Sequence[Any]) -> Fault:
    more = f" and {len(which) - _NAMED} more" if len(which) > _NAMED else ""
    where = ", ".join(map(str, which[:_NAMED])) + more
    return Fault(what=what, where=where, remedy=_REMEDIES.get(what, _ERASE))


def _count_faults(connection: Connection) -> Iterator[Fault]:
    """Hold what was accepted against what became of it, and what was stored against what is there."""
    counts = {row.name: row.value for row in connection.execute(select(counter).where(counter.c.label == ""))}
    open_ = sum(_count(connection, state) for state in (IS_PENDING, IS_WORKING))
    open_ -= open_heartbeat(connection) is not None
    held = _count(connection, quarantine.c.entry_id.is_not(None) & ~held_heartbeat())
    became = sum(counts.get(name, 0) for name in ("stored", "repeated", "dropped")) + held + open_
    if became != counts.get("accepted", 0):
        words = f"{counts.get('accepted', 0)} entries were taken in, {became} are accounted for"
        yield Fault(what="the counts of entries do not agree", where=words, remedy=_RECOUNT)
    there = _count(connection, document.c.erased_at.is_(None))
    stored = counts.get("stored", 0) - counts.get("erased", 0) - counts.get("expired", 0)
    if there != stored:
        words = f"{there} documents are there, by the counts it should be {stored}"
        yield Fault(what="the counts of documents do not agree", where=words, remedy=_RECOUNT)


def _count(connection: Connection, which: Any) -> int:
    return int(connection.execute(select(func.count()).where(which)).scalar_one())
