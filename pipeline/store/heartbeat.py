"""The heartbeat: one entry that takes the way of all entries again and again, and becomes no document.

It is sent like any other, waits in the queue, is claimed and worked on; where it would be stored, only the
time is noted. How long that took is what any entry would have taken, also when no feed brings one.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update

from pipeline.codec import to_json
from pipeline.identity import digest
from pipeline.model import PAYLOAD_VERSION, Entry, Feed, QueueName, SourceKind
from pipeline.ports.queue import EntryRef
from pipeline.ports.reading import Heartbeat
from pipeline.store.among import among
from pipeline.store.database import Database, Part
from pipeline.store.feeds import ensure_feed
from pipeline.store.states import IS_OPEN, EntryState
from pipeline.store.tables import entry, entry_payload, mark, quarantine

#: no configured source can have this id
HEARTBEAT_FEED = Feed(id="~heartbeat", kind=SourceKind.IMPORT, url="heartbeat:", provider="~heartbeat")

_ENTRY = Entry(
    format="text",
    headline="Heartbeat",
    text="This item goes the way of all items, to see that the way is open.",
    pub_status="withheld",
)
_KEY = digest("heartbeat")
_SENT, _SAVED = "heartbeat_sent", "heartbeat_saved"
_FIND = select(entry.c.id, entry.c.state).where(entry.c.key == _KEY)
_FIND_OPEN = select(entry.c.state).where(entry.c.key == _KEY, IS_OPEN)
_CLOSE = (
    update(entry)
    .where(among(entry.c.id))
    .values(state=EntryState.DONE, token=None, owner=None, lease_until=None, sent_at=None)
)
_FORGET = delete(entry_payload).where(among(entry_payload.c.entry_id))
_RELEASE = delete(quarantine).where(quarantine.c.entry_id == bindparam("entry_id"))
_AGAIN = update(entry).where(entry.c.id == bindparam("entry_id"))
_INSERT, _INSERT_PAYLOAD = insert(entry), insert(entry_payload)
_MARKS = select(mark.c.name, mark.c.at).where(mark.c.name.in_((_SENT, _SAVED)))


class Heartbeats(Part):
    """The part of ports.FeedStore that sends the heartbeat."""

    def beat(self, now: datetime, *, sending: bool) -> EntryRef | None:
        """See ports.FeedStore."""
        fresh = {
            "state": EntryState.PENDING,
            "received_at": now,
            "sent_at": now if sending else None,
            "attempts": 0,
            "kills": 0,
            "payload_version": PAYLOAD_VERSION,
            "alone": False,
        }
        with self._database.write(lasting=False) as connection:
            known = connection.execute(_FIND).first()
            if known is not None and known.state in (EntryState.PENDING, EntryState.WORKING):
                return None
            if known is None:
                ensure_feed(connection, HEARTBEAT_FEED, now)
                (entry_id,) = self._database.reserve(connection, entry, 1)
                fixed = {"id": entry_id, "key": _KEY, "feed_id": HEARTBEAT_FEED.id, "location": ""}
                connection.execute(_INSERT, fixed | fresh | {"queue": QueueName.WIRE, "urgent": False})
            else:
                entry_id = known.id
                connection.execute(_FORGET, {"values": [entry_id]})
                connection.execute(_RELEASE, {"entry_id": entry_id})
                connection.execute(_AGAIN.values(fresh), {"entry_id": entry_id})
            connection.execute(_INSERT_PAYLOAD, {"entry_id": entry_id, "data": to_json(_ENTRY)})
            connection.execute(self._database.insert_or_set(mark, "at"), {"name": _SENT, "at": now})
        return EntryRef(id=entry_id, queue=QueueName.WIRE)


def note_saved(database: Database, connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """Close the heartbeat's entry where others are stored; nothing of it is kept or counted."""
    if ids:
        connection.execute(_CLOSE, {"values": ids})
        connection.execute(_FORGET, {"values": ids})
        connection.execute(database.insert_or_set(mark, "at"), {"name": _SAVED, "at": now})


def open_heartbeat(connection: Connection) -> EntryState | None:
    """Say how the heartbeat's entry stands while it is on its way: it is nothing that anybody waits for."""
    state = connection.execute(_FIND_OPEN).scalar_one_or_none()
    return None if state is None else EntryState(state)


def held_heartbeat() -> ColumnElement[bool]:
    """Make the condition that what is in quarantine is the heartbeat, which counts for nothing."""
    return quarantine.c.entry_id.in_(select(entry.c.id).where(entry.c.key == _KEY))


def last_heartbeat(connection: Connection) -> Heartbeat | None:
    """Say when the last heartbeat was sent, and the last one arrived."""
    at = {row.name: row.at for row in connection.execute(_MARKS)}
    return Heartbeat(sent_at=at[_SENT], saved_at=at.get(_SAVED)) if _SENT in at else None
