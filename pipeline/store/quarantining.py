"""Entries that go to quarantine: refused by a worker, or out of attempts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from pipeline.codec import from_json
from pipeline.errors import Reason, StoreError
from pipeline.identity import digest
from pipeline.model import Entry
from pipeline.store.among import among
from pipeline.store.counters import Counts
from pipeline.store.database import Database, Rows
from pipeline.store.executing import execute_many
from pipeline.store.states import EntryState
from pipeline.store.tables import entry, entry_payload, quarantine

_SHOWN = (
    select(
        entry.c.id,
        entry.c.raw_id,
        entry.c.feed_id,
        entry.c.location,
        entry.c.queue,
        entry.c.attempts,
        entry_payload.c.data,
    )
    .join(entry_payload, entry_payload.c.entry_id == entry.c.id)
    .where(among(entry.c.id))
)
_MOVE = (
    update(entry)
    .where(entry.c.id == bindparam("entry_id"))
    .values(
        state=EntryState.QUARANTINED,
        last_cause=bindparam("cause"),
        token=None,
        owner=None,
        lease_until=None,
        sent_at=None,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Why an entry goes to quarantine."""

    entry_id: int
    reason: Reason
    detail: str


def quarantine_entries(
    database: Database, connection: Connection, verdicts: Sequence[Verdict], now: datetime
) -> Counts:
    """Move entries to quarantine; their payload stays, so that they can be released."""
    if not verdicts:
        return Counts()
    found = _entries(connection, [each.entry_id for each in verdicts])
    rows: Rows = [
        {
            "key": digest("entry", str(each.entry_id)),
            "entry_id": each.entry_id,
            "reason": each.reason,
            "detail": each.detail,
            "quarantined_at": now,
            **found[each.entry_id],
        }
        for each in verdicts
    ]
    connection.execute(database.insert_new(quarantine), rows)
    execute_many(connection, _MOVE, [{"entry_id": each.entry_id, "cause": each.detail} for each in verdicts])
    return Counts(("refused", str(each.reason)) for each in verdicts)


def _entries(connection: Connection, ids: Iterable[int]) -> dict[int, dict[str, object]]:
    """Read what the list of the quarantine shows of an entry."""
    rows = connection.execute(_SHOWN, {"values": ids})
    return {
        row.id: {
            "raw_id": row.raw_id,
            "feed_id": row.feed_id,
            "location": row.location,
            "queue": row.queue,
            "attempts": row.attempts,
            "guid": _guid(row.data),
            "size_bytes": len(row.data),
        }
        for row in rows
    }


def _guid(payload: bytes) -> str | None:
    try:
        return from_json(payload, Entry).guid
    except StoreError:  # it is here because it is damaged
        return None
