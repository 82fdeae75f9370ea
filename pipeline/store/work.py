"""Entries on their way through the workers: claimed and saved."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select, update

from pipeline.codec import from_json
from pipeline.errors import Reason, StoreError
from pipeline.model import PAYLOAD_VERSION, Entry, SourceKind
from pipeline.ports.work import BatchOutcome, ClaimedEntry, Processed, Refusal
from pipeline.store.among import among
from pipeline.store.copies import copies_counted
from pipeline.store.counters import add_counts
from pipeline.store.database import Database, Part, ReadRow, Rows
from pipeline.store.documents import NewDocument, known_documents, name_again, store_documents, terms_of
from pipeline.store.erase import note_rest
from pipeline.store.executing import execute, execute_many, fetch
from pipeline.store.heartbeat import HEARTBEAT_FEED, note_saved
from pipeline.store.quarantining import Verdict, quarantine_entries
from pipeline.store.states import IS_WORKING, EntryState
from pipeline.store.tables import entry, entry_payload, feed, pace, raw, sighting

_INSERT_SIGHTING = insert(sighting)
_FINISH = (
    update(entry)
    .where(among(entry.c.id))
    .values(
        state=EntryState.DONE,
        document_seq=select(sighting.c.document_seq)
        .where(sighting.c.entry_id == entry.c.id)
        .scalar_subquery(),
        token=None,
        owner=None,
        lease_until=None,
        sent_at=None,
    )
)
_FORGET_PAYLOADS = delete(entry_payload).where(among(entry_payload.c.entry_id))
_HOLD = (
    update(entry)
    .where(among(entry.c.id))
    .values(
        state=EntryState.WORKING,
        attempts=entry.c.attempts + 1,
        token=bindparam("new_token"),
        owner=bindparam("new_owner"),
        lease_until=bindparam("lease_until"),
    )
)
_CLAIMABLE = (
    select(
        entry.c.id,
        entry_payload.c.data,
        entry.c.feed_id,
        feed.c.kind,
        feed.c.provider,
        feed.c.trust_provider,
        feed.c.language,
        feed.c.default_region,
        feed.c.tags,
        entry.c.location,
        entry.c.received_at,
        entry.c.attempts,
    )
    .select_from(entry)
    .join(entry_payload, entry_payload.c.entry_id == entry.c.id)
    .join(feed, feed.c.id == entry.c.feed_id)
    .where(
        among(entry.c.id),
        entry.c.payload_version <= PAYLOAD_VERSION,
        or_(
            entry.c.state == EntryState.PENDING,
            and_(entry.c.state == EntryState.WORKING, entry.c.lease_until <= bindparam("now")),
        ),
    )
)
_HELD = select(
    entry.c.id, entry.c.feed_id, entry.c.location, entry.c.received_at, entry.c.queue, entry.c.raw_id
).where(IS_WORKING, entry.c.token == bindparam("token"))
_BLANK_RAW = update(raw).where(among(raw.c.id)).values(body=None)
_DOCUMENTS_OF = (
    update(feed).where(feed.c.id == bindparam("feed")).values(documents=feed.c.documents + bindparam("more"))
)


class Work(Part):
    """The part of ports.WorkStore for what is being done."""

    def claim(
        self, ids: Sequence[int], *, token: str, owner: str, now: datetime, lease: timedelta
    ) -> Sequence[ClaimedEntry]:
        """See ports.WorkStore."""
        # A claim that a power cut takes back is an entry that waits: nothing is lost.
        with self._database.write(lasting=False) as connection:
            rows = _claimable(connection, ids, now)
            claimed, unreadable = _read_entries(rows)
            held = {"new_token": token, "new_owner": owner, "lease_until": now + lease}
            execute(connection, _HOLD, values=[each.id for each in claimed], **held)
            add_counts(
                self._database,
                connection,
                quarantine_entries(self._database, connection, unreadable, now),
            )
        return claimed

    def save(
        self, processed: Sequence[Processed], refusals: Sequence[Refusal], *, token: str, now: datetime
    ) -> BatchOutcome:
        """See ports.WorkStore."""
        # Making terms needs no lock: other writers need not wait for it.
        terms = {each.document.id: terms_of(each.document) for each in processed}
        asked = {each.entry_id for each in processed} | {each.entry_id for each in refusals}
        with self._database.write() as connection:
            held = _held(connection, token)
            # Nothing is stored before it came: a clock that was behind must not make retention hurry.
            at = max([now, *(held[each].received_at for each in asked if each in held)])
            beats = [
                each.id for each in held.values() if each.feed_id == HEARTBEAT_FEED.id and each.id in asked
            ]
            note_saved(self._database, connection, beats, at)
            held = {entry_id: row for entry_id, row in held.items() if entry_id not in beats}
            done = {each.entry_id: each for each in processed if each.entry_id in held}
            mine = _without_lost(processed, list(done.values()))
            refused = {r.entry_id: r for r in refusals if r.entry_id in held and r.entry_id not in done}
            known = known_documents(connection, [each.document.id for each in mine])
            new = _new_documents(mine, held, known, terms)
            seqs, counts = store_documents(self._database, connection, new, now, stored_at=at)
            seqs |= {document_id: each.seq for document_id, each in known.items()}
            stored = {each.processed.entry_id for each in new}
            again = [each for each in mine if each.entry_id not in stored]
            name_again(
                self._database, connection, [(seqs[each.document.id], each.document) for each in again], now
            )
            _finish(connection, [(held[each.entry_id], seqs[each.document.id]) for each in mine])
            erased = {document_id for document_id, each in known.items() if each.erased}
            if erased:  # what came once more stood in the payload, and stands in the log
                note_rest(self._database, connection, now)
            _forget_raw(connection, [held[p.entry_id].raw_id for p in mine if p.document.id in erased])
            _credit_feeds(connection, new)
            counts["repeated", ""] += len(mine) - len(new)
            for each in new:
                counts.update(copies_counted(each.processed.search, linked=len(each.processed.relations)))
            counts += quarantine_entries(
                self._database,
                connection,
                [Verdict(entry_id=r.entry_id, reason=r.reason, detail=r.detail) for r in refused.values()],
                now,
            )
            queues = [held[entry_id].queue for entry_id in (*done, *refused)]
            note_pace(self._database, connection, queues, now)
            add_counts(self._database, connection, counts)
        return BatchOutcome(
            stored=tuple(each.processed.document.id for each in new),
            repeated=len(mine) - len(new),
            refused=len(refused),
            lost=len(asked) - len(mine) - len(refused) - len(beats),
        )


def _claimable(connection: Connection, ids: Sequence[int], now: datetime) -> list[ReadRow]:
    """Read the entries that may be claimed, in the order of the ids."""
    found = {row.id: row for row in fetch(connection, _CLAIMABLE, values=ids, now=now)}
    return [found[each] for each in dict.fromkeys(ids) if each in found]


def _read_entries(rows: Sequence[ReadRow]) -> tuple[list[ClaimedEntry], list[Verdict]]:
    """Read what was claimed; one damaged entry must not stop the others."""
    claimed: list[ClaimedEntry] = []
    damaged: list[Verdict] = []
    for row in rows:
        try:
            claimed.append(_claimed_entry(row))
        except StoreError as error:
            damaged.append(Verdict(entry_id=row.id, reason=Reason.BAD_RECORD, detail=str(error)))
    return claimed, damaged


def _claimed_entry(row: ReadRow) -> ClaimedEntry:
    # Reading a row's values by their names would cost more than reading the entry's JSON.
    (id_, data, feed_id, kind, provider, trust, language, region, tags, location, received_at, attempts) = row
    return ClaimedEntry(
        id=id_,
        entry=from_json(data, Entry),
        feed_id=feed_id,
        source_kind=SourceKind(kind),
        provider=provider,
        trust_provider=trust,
        language=language,
        default_region=region,
        tags=from_json(tags, tuple[str, ...]),
        location=location,
        received_at=received_at,
        attempts=attempts + 1,
    )


def _held(connection: Connection, token: str) -> dict[int, ReadRow]:
    """Read the entries that this token still holds."""
    return {row.id: row for row in fetch(connection, _HELD, token=token)}


def _new_documents(
    mine: Sequence[Processed],
    held: Mapping[int, ReadRow],
    known: Mapping[str, object],
    terms: Mapping[str, Mapping[str, str]],
) -> list[NewDocument]:
    """Choose what is to be stored: of several copies in one batch, the first."""
    first = {each.document.id: each for each in reversed(mine) if each.document.id not in known}
    return [
        NewDocument(
            processed=each,
            feed_id=_source_of(each) or held[each.entry_id].feed_id,
            received_at=each.received_at or held[each.entry_id].received_at,
            terms=terms[each.document.id],
        )
        for each in mine
        if first.get(each.document.id) is each
    ]


def _source_of(processed: Processed) -> str | None:
    """Name the source of an export that came back, as it says itself."""
    return processed.document.feed if processed.received_at else None


def _without_lost(processed: Sequence[Processed], mine: Sequence[Processed]) -> Sequence[Processed]:
    """Take off links to documents of this batch that somebody else is to store: he will find them."""
    lost = {each.document.id for each in processed} - {each.document.id for each in mine}
    if not lost:
        return mine
    return [
        replace(each, relations=tuple(link for link in each.relations if link.id not in lost))
        for each in mine
    ]


def _finish(connection: Connection, done: Sequence[tuple[ReadRow, int]]) -> None:
    """Note where copies were seen, and close their entries."""
    if not done:
        return
    sightings: Rows = [
        {
            "entry_id": row.id,
            "document_seq": seq,
            "feed_id": row.feed_id,
            "location": row.location,
            "seen_at": row.received_at,
        }
        for row, seq in done
    ]
    ids = [row.id for row, _ in done]
    execute_many(connection, _INSERT_SIGHTING, sightings)
    execute(connection, _FINISH, values=ids)
    execute(connection, _FORGET_PAYLOADS, values=ids)


def _forget_raw(connection: Connection, raw_ids: Sequence[int | None]) -> None:
    """Blank raw copies that brought an erased text once more."""
    if raw_ids:
        execute(connection, _BLANK_RAW, values=raw_ids)


def _credit_feeds(connection: Connection, new: Sequence[NewDocument]) -> None:
    counts = Counter(each.feed_id for each in new)
    execute_many(connection, _DOCUMENTS_OF, [{"feed": feed_id, "more": n} for feed_id, n in counts.items()])


def note_pace(database: Database, connection: Connection, queues: Sequence[str], now: datetime) -> None:
    """Note what was done this second, one queue's name for each."""
    second = int(now.timestamp())
    rows: Rows = [{"queue": queue, "second": second, "done": n} for queue, n in Counter(queues).items()]
    execute_many(connection, database.insert_or_add(pace, "done"), rows)
