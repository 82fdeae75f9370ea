"""What could not be processed: looked at, tried again, or put away."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from pipeline.errors import Reason, StoreError
from pipeline.ports.reading import Quarantined
from pipeline.store.among import among
from pipeline.store.counters import Counts, add_counts
from pipeline.store.database import Database, Part, ReadRow
from pipeline.store.packing import unpack
from pipeline.store.states import EntryState
from pipeline.store.tables import entry, entry_payload, quarantine, raw

_SHOWN = quarantine.c.dropped_at.is_(None)
_ENTRIES = (
    select(quarantine.c.entry_id)
    .join(entry_payload, entry_payload.c.entry_id == quarantine.c.entry_id)
    .where(among(quarantine.c.id), _SHOWN)
)
_DELETE_ENTRIES = delete(quarantine).where(among(quarantine.c.entry_id))
_RELEASE = (
    update(entry)
    .where(among(entry.c.id))
    .values(state=EntryState.PENDING, attempts=0, kills=0, alone=True, sent_at=None)
)
_DROP_ENTRIES = update(entry).where(among(entry.c.id)).values(state=EntryState.DROPPED)
_FORGET_PAYLOADS = delete(entry_payload).where(among(entry_payload.c.entry_id))
_DROP_PROBLEMS = update(quarantine).where(among(quarantine.c.id), _SHOWN)


class Quarantine(Part):
    """The part of ports.CareStore that looks after the quarantine."""

    def quarantine_list(self, limit: int = 100, reason: Reason | None = None) -> Sequence[Quarantined]:
        """See ports.CareStore."""
        newest = select(quarantine).where(_SHOWN).order_by(quarantine.c.id.desc()).limit(limit)
        if reason is not None:
            newest = newest.where(quarantine.c.reason == reason)
        with self._database.read() as connection:
            return [_quarantined(row) for row in connection.execute(newest)]

    def quarantine_show(self, quarantine_id: int) -> tuple[Quarantined, bytes] | None:
        """See ports.CareStore."""
        one = select(quarantine).where(quarantine.c.id == quarantine_id, _SHOWN)
        with self._database.read() as connection:
            row = connection.execute(one).one_or_none()
            return None if row is None else (_quarantined(row), _bytes(connection, row))

    def quarantine_release(self, ids: Sequence[int], now: datetime) -> int:  # noqa: ARG002
        """See ports.CareStore."""
        with self._database.write() as connection:
            entries = connection.execute(_ENTRIES, {"values": ids}).scalars().all()
            connection.execute(_RELEASE, {"values": entries})
            connection.execute(_DELETE_ENTRIES, {"values": entries})
        return len(entries)

    def quarantine_drop(self, ids: Sequence[int], now: datetime) -> int:
        """See ports.CareStore."""
        with self._database.write() as connection:
            return drop(self._database, connection, ids, now)


def drop(database: Database, connection: Connection, ids: Iterable[int], now: datetime) -> int:
    """Take things out of quarantine for good; entries and broken bytes stay known by their keys."""
    chosen = list(ids)
    entries = connection.execute(_ENTRIES, {"values": chosen}).scalars().all()
    connection.execute(_DROP_ENTRIES, {"values": entries})
    connection.execute(_FORGET_PAYLOADS, {"values": entries})
    connection.execute(_DELETE_ENTRIES, {"values": entries})
    problems = connection.execute(_DROP_PROBLEMS.values(dropped_at=now, body=None), {"values": chosen})
    add_counts(database, connection, Counts({("dropped", ""): len(entries)}))
    return len(entries) + problems.rowcount


def _bytes(connection: Connection, row: ReadRow) -> bytes:
    """Give what is kept of it: an entry's JSON, the problem's own bytes, or those it stood in."""
    if row.entry_id is not None:
        payload = select(entry_payload.c.data).where(entry_payload.c.entry_id == row.entry_id)
        return connection.execute(payload).scalar_one_or_none() or b""
    body = row.body
    if body is None:
        body = connection.execute(select(raw.c.body).where(raw.c.id == row.raw_id)).scalar_one_or_none()
    try:
        return unpack(body) if body else b""
    except ValueError as error:
        raise StoreError("the bytes are damaged: see `newswire db check`") from error


def _quarantined(row: ReadRow) -> Quarantined:
    return Quarantined(
        id=row.id,
        reason=Reason(row.reason),
        detail=row.detail,
        where=row.place,
        feed_id=row.feed_id,
        location=row.location,
        entry_id=row.entry_id,
        guid=row.guid,
        attempts=row.attempts,
        quarantined_at=row.quarantined_at,
        size_bytes=row.size_bytes,
    )
