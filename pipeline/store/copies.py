"""Near duplicates in the store: signatures, the texts that are compared, links that were found later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)

from pipeline.codec import from_json, to_json
from pipeline.model import Relation
from pipeline.ports.copies import Link, Signed, SignedText
from pipeline.ports.work import NO_SEARCH, CopySearch
from pipeline.store.among import among
from pipeline.store.chains import note_changes
from pipeline.store.counters import Counts, add_counts
from pipeline.store.database import Part, ReadRow, Rows
from pipeline.store.statements import last_id
from pipeline.store.states import EntryState
from pipeline.store.tables import (
    document,
    document_data,
    entry,
    near_index,
    relation,
    signature,
    story_member,
)

SAME_COPY = "same-copy"
LOW, HIGH = "low", "high"

_TEXT = (
    document.c.seq,
    document.c.id,
    document.c.published_at,
    signature.c.data.label("signature"),
    document_data.c.data,
)
_OF_ENTRIES = (
    select(entry.c.id.label("entry_id"), entry.c.state, *_TEXT)
    .select_from(entry)
    .outerjoin(document, document.c.seq == entry.c.document_seq)
    .outerjoin(signature, signature.c.document_seq == document.c.seq)
    .outerjoin(document_data, document_data.c.document_seq == document.c.seq)
    .where(among(entry.c.id))
)
# As the index says it: SQLite would not see that "IS 0" is the same.
_IS_UNLINKED = not_(signature.c.linked)
_UNLINKED = (
    select(signature.c.entry_id, *_TEXT)
    .join(document, document.c.seq == signature.c.document_seq)
    .join(document_data, document_data.c.document_seq == document.c.seq)
    .where(_IS_UNLINKED)
    .order_by(document.c.seq)
)
_SIGNED = (
    select(signature.c.document_seq, signature.c.entry_id, document.c.published_at, signature.c.data)
    .join(document, document.c.seq == signature.c.document_seq)
    .where(document.c.erased_at.is_(None))
    .order_by(signature.c.document_seq)
)
_NOTE_LINKED = update(signature).where(among(signature.c.document_seq)).values(linked=True)
_LINK_AGAIN = (
    update(signature)
    .where(signature.c.document_seq > bindparam("after"), signature.c.linked)
    .values(linked=False)
)
_RUN = select(near_index.c.run)
_FIRST_UNLINKED = select(func.min(signature.c.document_seq)).where(_IS_UNLINKED)
_TOLD = (
    select(document.c.id, document.c.seq, story_member.c.story_id)
    .join(story_member, story_member.c.document_seq == document.c.seq)
    .where(among(document.c.id), story_member.c.story_id.is_not(None))
)
_TELL_AGAIN = (
    update(story_member).where(among(story_member.c.document_seq)).values(waits=True, lease_until=None)
)
_LINKED = select(relation.c.low, relation.c.high).where(among(relation.c.low), relation.c.kind == SAME_COPY)
_EXISTING = select(document.c.id).where(among(document.c.id), document.c.erased_at.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What is read of a stored document to compare it."""

    uri: str
    headline: str | None = None
    body_text: str


class Copies(Part):
    """ports.CopyStore."""

    def texts_of_entries(self, ids: Sequence[int]) -> tuple[Mapping[int, SignedText], frozenset[int]]:
        """See ports.CopyStore."""
        with self._database.read() as connection:
            rows = connection.execute(_OF_ENTRIES, {"values": ids}).all()
        texts = {row.entry_id: _signed_text(row) for row in rows if row.signature and row.data}
        open_ = (row.entry_id for row in rows if row.state in (EntryState.PENDING, EntryState.WORKING))
        return texts, frozenset(open_)

    def unlinked(self, *, after: int, limit: int) -> Sequence[SignedText]:
        """See ports.CopyStore."""
        with self._database.read() as connection:
            rows = connection.execute(_UNLINKED.where(signature.c.document_seq > after).limit(limit)).all()
        return [_signed_text(row) for row in rows if row.signature and row.data]

    def link(
        self,
        links: Sequence[Link],
        linked: Sequence[int],
        *,
        now: datetime,
        search: CopySearch = NO_SEARCH,
        entered_in: str | None = None,
    ) -> None:
        """See ports.CopyStore."""
        with self._database.write() as connection:
            rows = _new_pairs(connection, links) if links else []
            if rows:
                connection.execute(self._database.insert_new(relation), rows)
                _tell_again(connection, rows)
                note_changes(
                    connection, "linked", sorted({row[end] for row in rows for end in (LOW, HIGH)}), now
                )
            if entered_in in (None, known_run(connection)):
                connection.execute(_NOTE_LINKED, {"values": linked})
            add_counts(self._database, connection, copies_counted(search, linked=len(rows)))

    def entered_upto(self, run: str) -> int | None:
        """See ports.CopyStore."""
        with self._database.read() as connection:
            if known_run(connection) != run:
                return None
            unlinked = connection.execute(_FIRST_UNLINKED).scalar_one()
            # Whoever stores a document has entered it before: what is linked up to here is in the index.
            return int(unlinked - 1 if unlinked else connection.execute(last_id(signature)).scalar_one())

    def move_index(self, run: str, *, after: int) -> int:
        """See ports.CopyStore."""
        with self._database.write() as connection:
            connection.execute(self._database.insert_or_set(near_index, "run"), {"id": 1, "run": run})
            return connection.execute(_LINK_AGAIN, {"after": after}).rowcount

    def signatures(self, *, received_since: datetime, after: int, limit: int) -> Sequence[Signed]:
        """See ports.CopyStore."""
        page = _SIGNED.where(signature.c.document_seq > after, document.c.received_at >= received_since)
        with self._database.read() as connection:
            rows = connection.execute(page.limit(limit)).all()
        return [
            Signed(seq=seq, entry_id=entry_id, published_at=published_at, signature=data)
            for seq, entry_id, published_at, data in rows
            if data  # else it is damaged
        ]


def known_run(connection: Connection) -> str | None:
    """Say which run of the queue's server holds the index; None: no keeper has looked yet."""
    return connection.execute(_RUN).scalar_one_or_none()


def copies_counted(search: CopySearch, *, linked: int) -> Counts:
    """Count what looking for copies came to."""
    outcomes = {
        "candidate": search.candidates,
        "compared": search.compared,
        "refused_by_facts": search.refused,
        "linked": linked,
    }
    return Counts({("copies", outcome): count for outcome, count in outcomes.items()})


def _new_pairs(connection: Connection, links: Sequence[Link]) -> list[dict[str, Any]]:
    """Write links as rows, each pair once: those whose documents are there, and that are not there yet."""
    ids = {id_ for each in links for id_ in (each.document_id, each.relation.id)}
    known = {(row.low, row.high) for row in connection.execute(_LINKED, {"values": ids})}
    rows = leading_somewhere(connection, [relation_row(each.document_id, each.relation) for each in links])
    return list({pair: row for row in rows if (pair := (row[LOW], row[HIGH])) not in known}.values())


def _tell_again(connection: Connection, rows: Rows) -> None:
    """Have one document of each pair told again whose stories differ: copies share a story."""
    ids = {row[end] for row in rows for end in (LOW, HIGH)}
    told = {row.id: row for row in connection.execute(_TOLD, {"values": ids})}
    pairs = ((told[row[LOW]], told[row[HIGH]]) for row in rows if row[LOW] in told and row[HIGH] in told)
    again = {max(one.seq, other.seq) for one, other in pairs if one.story_id != other.story_id}
    if again:
        connection.execute(_TELL_AGAIN, {"values": again})


def relation_row(document_id: str, link: Relation) -> dict[str, Any]:
    """Write a document's link as the row of its pair."""
    low, high = sorted((document_id, link.id))
    other, this = (HIGH, LOW) if link.id == high else (LOW, HIGH)
    return {
        "low": low,
        "high": high,
        "kind": link.kind,
        "score": link.score,
        "evidence": to_json(link.evidence),
        "part": {"part": other, "whole": this}.get(link.role or ""),
    }


def leading_somewhere(connection: Connection, links: Rows) -> Rows:
    """Leave out the rows of links to documents that were erased, or went, since they were found."""
    ids = {row[end] for row in links for end in (LOW, HIGH)}
    there = set(connection.execute(_EXISTING, {"values": ids}).scalars())
    return [row for row in links if {row[LOW], row[HIGH]} <= there]


def role_of(part: str | None, other: str) -> str | None:
    """Say what the other document of a pair (low or high) is to this one; None: neither is a part."""
    if part is None:
        return None
    return "part" if part == other else "whole"


def copied_elsewhere(among_these: Select[int]) -> ColumnElement[bool]:
    """Say which rows of `document` need not be shown beside others.

    Those of which one of the others is an earlier copy, or a longer text that holds all of it.

    Args:
        among_these: Numbers of the others.
    """
    return or_(*(_hidden_by(of, other, among_these) for of, other in ((LOW, HIGH), (HIGH, LOW))))


def _hidden_by(of: str, other: str, among_these: Select[int]) -> ColumnElement[bool]:
    another = document.alias()
    earlier = or_(
        another.c.published_at < document.c.published_at,
        and_(another.c.published_at == document.c.published_at, another.c.id < document.c.id),
    )
    return exists().where(
        relation.c[of] == document.c.id,
        relation.c.kind == SAME_COPY,
        another.c.id == relation.c[other],
        case((relation.c.part.is_(None), earlier), else_=relation.c.part == of),
        another.c.seq.in_(among_these.correlate(None)),
    )


def _signed_text(row: ReadRow) -> SignedText:
    words = from_json(row.data, _Words)
    return SignedText(
        entry_id=row.entry_id,
        seq=row.seq,
        document_id=row.id,
        uri=words.uri,
        published_at=row.published_at,
        signature=row.signature,
        headline=words.headline,
        body_text=words.body_text,
    )
