"""Retention: items that are past their time go, in short transactions, and those who follow are told."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, delete, exists, or_, select, update

from pipeline.codec import from_json
from pipeline.ports.care import PastItem, PastPage
from pipeline.retention import FOREVER, Age, Kept, Policy, kept_until
from pipeline.store.among import among
from pipeline.store.chain import Standing
from pipeline.store.chains import note_changes, refresh_items
from pipeline.store.counters import Counts, add_counts
from pipeline.store.database import Part, ReadRow
from pipeline.store.names import names_of, touched_by
from pipeline.store.tables import (
    alias,
    document,
    document_data,
    document_tag,
    enrichment,
    entry,
    feed,
    item,
    relation,
    sighting,
    signature,
    slugged,
    sought,
    story,
    story_key,
    story_member,
    tagging,
)
from pipeline.store.terms import tag_value

#: documents looked at in one transaction
_PAGE = 2_000
#: why their texts are not there: of chains that were taken back the versions stay
REASON = "past its time"

_VERSIONS = select(
    document.c.item_id,
    document.c.seq,
    document.c.id,
    document.c.feed_id,
    document.c.stored_at,
    document.c.embargoed,
    document.c.standing,
    document.c.told,
    document.c.erased_at,
).where(among(document.c.item_id))
_FEEDS = select(sighting.c.document_seq, sighting.c.feed_id).where(among(sighting.c.document_seq)).distinct()
_BEATS = select(document_tag.c.document_seq, document_tag.c.value).where(
    among(document_tag.c.document_seq), document_tag.c.kind == "beat"
)
_WISHES = select(feed.c.id, feed.c.wishes).where(feed.c.wishes.contains('"kept"'))
_ENTRIES = select(sighting.c.entry_id).where(among(sighting.c.document_seq))
_FORGET = update(entry).where(among(entry.c.id)).values(document_seq=None)
_STORIES = select(story_member.c.story_id).where(
    among(story_member.c.document_seq), story_member.c.story_id.is_not(None)
)
_EMPTY_STORIES = select(story.c.id).where(
    among(story.c.id), ~exists().where(story_member.c.story_id == story.c.id)
)
_DELETE_STORIES = delete(story).where(or_(among(story.c.id), among(story.c.merged_into)))
_UNLINK = delete(relation).where(or_(among(relation.c.low), among(relation.c.high)))
_BLANK = update(document).where(among(document.c.seq))
_SLUGS = select(slugged.c.own_item_id, slugged.c.family).where(among(slugged.c.document_seq))
_NAMED_STILL = select(slugged.c.own_item_id).where(among(slugged.c.family))
_DELETE_ITEMS = delete(item).where(among(item.c.id), ~exists().where(document.c.item_id == item.c.id))


def _of_documents(*keys: Column[int]) -> Sequence[Any]:
    return [delete(key.table).where(among(key)) for key in keys]


_DELETE_TEXTS = _of_documents(
    *(
        table.c.document_seq
        for table in (
            document_data,
            document_tag,
            tagging,
            enrichment,
            signature,
            story_member,
            story_key,
        )
    )
)
_DELETE_VERSIONS = _of_documents(
    *(table.c.document_seq for table in (slugged, alias, sought, sighting)), document.c.seq
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """An item with its versions."""

    id: int
    versions: Sequence[ReadRow]
    until: datetime | None

    @property
    def texts(self) -> Sequence[ReadRow]:
        return [each for each in self.versions if each.erased_at is None]

    @property
    def on_record(self) -> bool:
        """Say whether its versions stay without their texts.

        Where it was killed or withheld, or something of it erased, or where it is a kill, also of what has
        not come: an older version that comes late must meet what takes it back.
        """
        return any(each.erased_at is not None or each.standing != Standing.USABLE for each in self.versions)


class Retention(Part):
    """The part of ports.CareStore for what is past its time."""

    def kept_by_feeds(self) -> Mapping[str, Kept]:
        """See ports.CareStore."""
        with self._database.read() as connection:
            rows = connection.execute(_WISHES).all()
        return {row.id: kept for row in rows if (kept := from_json(row.wishes, _Wishes).kept)}

    def past_items(self, policy: Policy, now: datetime, *, after: int = 0) -> PastPage:
        """See ports.CareStore."""
        if policy.shortest_days >= FOREVER:
            return PastPage(items=(), after=None)
        before = now - timedelta(days=policy.shortest_days)
        page = (
            select(document.c.seq, document.c.item_id)
            .where(document.c.seq > after, document.c.stored_at <= before, document.c.erased_at.is_(None))
            .order_by(document.c.seq)
            .limit(_PAGE)
        )
        with self._database.read() as connection:
            rows = connection.execute(page).all()
            found = _found(connection, dict.fromkeys(row.item_id for row in rows), policy)
        past = tuple(_past_item(each) for each in found if _is_past(each, now))
        return PastPage(items=past, after=rows[-1].seq if len(rows) == _PAGE else None)

    def remove_past(self, ids: Sequence[int], policy: Policy, now: datetime) -> int:
        """See ports.CareStore."""
        # What a power cut takes back is removed again.
        with self._database.write(lasting=False) as connection:
            # Asked again: a new version may have come since.
            found = [each for each in _found(connection, ids, policy) if _is_past(each, now)]
            if found:
                self._take_away(connection, found, now)
        return sum(len(each.texts) for each in found)

    def _take_away(self, connection: Connection, found: Sequence[_Found], now: datetime) -> None:
        texts = [row for each in found for row in each.texts]
        seqs, ids = [row.seq for row in texts], [row.id for row in texts]
        for seq in seqs:
            self._database.unindex(connection, seq)
        stories = connection.execute(_STORIES, {"values": seqs}).scalars().all()
        for statement in _DELETE_TEXTS:
            connection.execute(statement, {"values": seqs})
        connection.execute(_UNLINK, {"values": ids})
        if stories:
            empty = connection.execute(_EMPTY_STORIES, {"values": stories}).scalars().all()
            connection.execute(_DELETE_STORIES, {"values": empty})
        recorded = [each for each in found if each.on_record]
        if recorded:
            blank = [row.seq for each in recorded for row in each.texts]
            connection.execute(
                _BLANK.values(erased_at=now, expired_at=now, erase_reason=REASON), {"values": blank}
            )
            refresh_items(connection, [each.id for each in recorded], now)
        leaving = [each for each in found if not each.on_record]
        names = names_of(connection, [each.id for each in leaving])
        gone = _forget(connection, leaving)
        if names:  # fewer have them now
            refresh_items(connection, touched_by(connection, names), now)
        note_changes(connection, "expired", [row.id for row in texts if row.told], now)
        counts = Counts({("expired", ""): len(texts), ("items_expired", ""): gone})
        add_counts(self._database, connection, counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wishes:
    """What of a feed's wishes is read here."""

    kept: Kept | None = None


def _found(connection: Connection, ids: Iterable[int], policy: Policy) -> list[_Found]:
    """Read items with all that says how long they are kept."""
    of_item: defaultdict[int, list[ReadRow]] = defaultdict(list)
    for row in connection.execute(_VERSIONS, {"values": list(ids)}):
        of_item[row.item_id].append(row)
    seqs = [row.seq for versions in of_item.values() for row in versions]
    feeds = _by_document(connection.execute(_FEEDS, {"values": seqs}))
    named = {tag_value(beat): beat for beat in policy.beats}
    beats = _by_document(connection.execute(_BEATS, {"values": seqs})) if named else {}
    return [
        _Found(
            id=each, versions=rows, until=kept_until((_age(row, feeds, beats, named) for row in rows), policy)
        )
        for each, rows in of_item.items()
    ]


def _by_document(rows: Iterable[Any]) -> Mapping[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for seq, value in rows:
        found[seq].append(value)
    return found


def _age(
    row: ReadRow, feeds: Mapping[int, list[str]], beats: Mapping[int, list[str]], named: Mapping[str, str]
) -> Age:
    return Age(
        stored_at=row.stored_at,
        embargoed=row.embargoed,
        feeds={row.feed_id, *feeds.get(row.seq, ())},
        beats=[named[value] for value in beats.get(row.seq, ()) if value in named],
    )


def _is_past(found: _Found, now: datetime) -> bool:
    return bool(found.texts) and found.until is not None and found.until <= now


def _past_item(found: _Found) -> PastItem:
    newest = max(found.versions, key=lambda row: row.stored_at)
    return PastItem(
        id=found.id, feed_id=newest.feed_id, documents=len(found.texts), newest_at=newest.stored_at
    )


def _forget(connection: Connection, found: Sequence[_Found]) -> int:
    """Delete the rows of versions and their items; returns how many items are gone.

    Entries stay: by their keys the same copy is known when a feed lists it once more.
    """
    seqs = {"values": [row.seq for each in found for row in each.versions]}
    connection.execute(_FORGET, {"values": connection.execute(_ENTRIES, seqs).scalars().all()})
    slugs = connection.execute(_SLUGS, seqs).all()
    for statement in _DELETE_VERSIONS:
        connection.execute(statement, seqs)
    named = {row.own_item_id for row in slugs}
    # A document that finds its chain by a slug names an item of its own, too.
    still = connection.execute(_NAMED_STILL, {"values": {row.family for row in slugs}}).scalars().all()
    ids = ({each.id for each in found} | named) - {*still}
    return connection.execute(_DELETE_ITEMS, {"values": sorted(ids)}).rowcount
