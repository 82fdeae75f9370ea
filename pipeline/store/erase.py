"""Erasing: a text goes from everywhere, and does not come back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select, update

from pipeline.codec import from_json
from pipeline.identity import item_key, uri_of_guid
from pipeline.model import Document
from pipeline.store.among import among
from pipeline.store.chain import Standing
from pipeline.store.chains import note_changes, refresh_items
from pipeline.store.counters import Counts, add_counts
from pipeline.store.database import Database, Part, ReadRow
from pipeline.store.quarantine import drop
from pipeline.store.tables import (
    document,
    document_data,
    document_tag,
    enrichment,
    entry,
    item,
    mark,
    quarantine,
    raw,
    relation,
    seal_of,
    sighting,
    signature,
    story_key,
    story_member,
    tagging,
)

_RAW_COPIES = (
    select(entry.c.raw_id)
    .join(sighting, sighting.c.entry_id == entry.c.id)
    .where(entry.c.raw_id.is_not(None))
    .distinct()
)
_BLANK_RAW = update(raw).where(among(raw.c.id)).values(body=None)
_IN_QUARANTINE = select(quarantine.c.id, quarantine.c.guid).where(
    among(quarantine.c.raw_id), quarantine.c.dropped_at.is_(None), quarantine.c.guid.is_not(None)
)
#: a mark: what was erased may still stand in pages and logs
_REST = "erased rest"


class Erase(Part):
    """The part of ports.CareStore that erases."""

    def erase(self, document_id: str, *, reason: str, now: datetime) -> bool:
        """See ports.CareStore."""
        with self._database.write() as connection:
            found = _find(connection, document_id)
            if found is None:
                return False
            if found.erased_at is None or found.expired_at is not None:
                self._erase(connection, found, reason, now)
            note_rest(self._database, connection, now)
        scrub_rest(self._database)
        return True

    def erase_elsewhere(self, document_id: str, *, reason: str, now: datetime) -> None:
        """See ports.CareStore. The tombstone is a version without a text, in an item of its own."""
        name = document_id.lower()
        uri = f"urn:newswire::erased:{name}"
        with self._database.write() as connection:
            (item_id,) = self._database.reserve(connection, item, 1)
            (seq,) = self._database.reserve(connection, document, 1)
            connection.execute(insert(item).values(id=item_id, key=item_key(uri), uri=uri))
            connection.execute(
                insert(document).values(
                    seq=seq,
                    id=name,
                    item_id=item_id,
                    provider="",
                    published_at=now,
                    received_at=now,
                    stored_at=now,
                    standing=Standing.USABLE,
                    told=False,
                    erased_at=now,
                    erase_reason=reason,
                    revision_rank=-1,
                    stage=0,
                    content_hash=name,
                    seal=seal_of(seq, None, now, now),
                )
            )
            note_changes(connection, "erased", [name], now)

    def _erase(self, connection: Connection, found: ReadRow, reason: str, now: datetime) -> None:
        copies = connection.execute(_RAW_COPIES.where(sighting.c.document_seq == found.seq)).scalars().all()
        drop(self._database, connection, _quarantined(connection, found, copies), now)
        connection.execute(_BLANK_RAW, {"values": copies})
        self._database.unindex(connection, found.seq)
        for table in (document_data, document_tag, tagging, enrichment, signature, story_member, story_key):
            connection.execute(delete(table).where(table.c.document_seq == found.seq))
        connection.execute(
            delete(relation).where(or_(relation.c.low == found.id, relation.c.high == found.id))
        )
        connection.execute(
            update(document)
            .where(document.c.seq == found.seq)
            .values(erased_at=now, expired_at=None, erase_reason=reason)
        )
        refresh_items(connection, [found.item_id], now)
        note_changes(connection, "erased", [found.id], now)
        if found.expired_at is None:  # else it is counted among those that went
            add_counts(self._database, connection, Counts({("erased", ""): 1}))


def note_rest(database: Database, connection: Connection, now: datetime) -> None:
    """Note that something of an erased text is left on the disk: `scrub_rest` is to be called."""
    connection.execute(database.insert_or_set(mark, "at"), {"name": _REST, "at": now})


def scrub_rest(database: Database, *, limit_s: float | None = None) -> None:
    """Remove from the disk what is left of erased texts, if anything is; may take minutes on a server."""
    rest = select(mark.c.at).where(mark.c.name == _REST)
    with database.read() as connection:
        noted_at = connection.execute(rest).scalar_one_or_none()
    if noted_at is None:
        return
    if not database.scrub(limit_s=limit_s):
        return  # housekeeping tries again
    with database.write(lasting=False) as connection:  # what was noted meanwhile stays
        connection.execute(delete(mark).where(mark.c.name == _REST, mark.c.at == noted_at))


def _find(connection: Connection, document_id: str) -> ReadRow | None:
    """Find a document, shown or not, by its id."""
    known = select(
        document.c.seq,
        document.c.id,
        document.c.item_id,
        document.c.provider,
        document.c.erased_at,
        document.c.expired_at,
        item.c.uri,
    ).join(item, item.c.id == document.c.item_id)
    return connection.execute(known.where(document.c.id == document_id.lower())).one_or_none()


def _quarantined(connection: Connection, found: ReadRow, copies: Sequence[int]) -> Sequence[int]:
    """Find what is in quarantine of the same item and came with the same bytes."""
    rows = connection.execute(_IN_QUARANTINE, {"values": copies}).all()
    data = select(document_data.c.data).where(document_data.c.document_seq == found.seq)
    text = connection.execute(data).scalar_one_or_none()
    if text is None:  # retention took it: what is left to go by is its item
        return [row.id for row in rows if uri_of_guid(found.provider, row.guid) == found.uri]
    guid = from_json(text, Document).guid
    return [row.id for row in rows if row.guid == guid]
