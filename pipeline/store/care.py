"""Housekeeping: what is old goes, and what is wrong is said."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Delete, Select, Table, delete, exists, func, not_, or_, select, update

from pipeline.errors import StoreError
from pipeline.logs import get_logger
from pipeline.ports.stories import STORY_DAYS
from pipeline.retention import FOREVER
from pipeline.store.among import among
from pipeline.store.database import Part
from pipeline.store.erase import scrub_rest
from pipeline.store.quarantine import drop
from pipeline.store.states import EntryState
from pipeline.store.tables import (
    change,
    document,
    entry,
    pace,
    poll,
    quarantine,
    raw,
    story_key,
)

log = get_logger(__name__)

#: rows removed in one transaction, so that writers never wait long
_STEP = 1_000
#: whoever keeps house is watched, and has more to do
_SCRUB_S = 30.0

_OPEN = entry.c.state.in_((EntryState.PENDING, EntryState.WORKING, EntryState.QUARANTINED))
_IS_USED = or_(
    raw.c.body.is_(None),  # an empty one tells of an erased text, which must not come back
    exists().where(entry.c.raw_id == raw.c.id, _OPEN),
    exists().where(quarantine.c.raw_id == raw.c.id, quarantine.c.dropped_at.is_(None)),
)
_USED_RAW, _UNUSED_RAW = (select(raw.c.id).where(is_it) for is_it in (_IS_USED, not_(_IS_USED)))
_FORGET_RAW = update(entry).where(among(entry.c.raw_id)).values(raw_id=None)
_FORGET_RAW_OF_PROBLEMS = update(quarantine).where(among(quarantine.c.raw_id)).values(raw_id=None)
_DELETE_RAW = delete(raw).where(among(raw.c.id))
_BROKEN = select(quarantine.c.id).where(quarantine.c.entry_id.is_(None), quarantine.c.dropped_at.is_(None))
_DELETE_CHANGES = delete(change).where(among(change.c.seq))
#: stays however old it is, so that whoever follows the log can tell where it ends
_NEWEST_CHANGE = select(func.max(change.alias().c.seq)).scalar_subquery()
_USED_CHANGE = select(change.c.seq).where(change.c.seq == _NEWEST_CHANGE)
_DELETE_KEYS = delete(story_key).where(among(story_key.c.document_seq))
_DELETE_POLLS = delete(poll).where(among(poll.c.id))


class Care(Part):
    """The part of ports.CareStore that keeps house."""

    def expire(
        self,
        now: datetime,
        *,
        raw_days: int,
        change_days: int,
        poll_count: int,
        story_days: int = STORY_DAYS,
        raw_days_of: Mapping[str, int] | None = None,
        quarantine_days: int = FOREVER,
    ) -> Mapping[str, int]:
        """See ports.CareStore."""
        second = int(now.timestamp())
        with self._database.write() as connection:
            connection.execute(delete(pace).where(pace.c.second < second - 3600))
        old = {change: now - timedelta(days=change_days)}
        longest = max([raw_days, *(raw_days_of or {}).values()])
        if longest < FOREVER:
            old[raw] = now - timedelta(days=longest)
        by_row = self._database.goes_by_row
        old_raw = _old_raw(now, raw_days, raw_days_of or {}, by_row(raw))
        old_changes = select(change.c.seq).where(
            change.c.at < old[change], change.c.seq < _NEWEST_CHANGE, by_row(change)
        )
        number = func.row_number().over(partition_by=poll.c.feed_id, order_by=poll.c.id.desc())
        numbered = select(poll.c.id, number.label("number")).subquery()
        old_polls = select(numbered.c.id).where(numbered.c.number > poll_count)
        broken = self._drop_broken(now, quarantine_days)
        raws = sum(self._remove_raw(each, feeds) for each, feeds in old_raw)
        changes = self._remove(old_changes, _DELETE_CHANGES)
        polls = self._remove(old_polls, _DELETE_POLLS)
        keys = self._remove(self._old_keys(now - timedelta(days=story_days)), _DELETE_KEYS)
        by_month = self._late(now, old)
        return {
            "raw": raws + by_month.get(raw, 0),
            "change": changes + by_month.get(change, 0),
            "poll": polls,
            "story_key": keys,
            "quarantine": broken,
        }

    def _drop_broken(self, now: datetime, days: int) -> int:
        """Drop old bytes that could not be read; entries wait for somebody's decision, one may be a kill."""
        if days >= FOREVER:
            return 0
        old = _BROKEN.where(quarantine.c.quarantined_at < now - timedelta(days=days)).limit(_STEP)
        dropped = 0
        while True:
            with self._database.write() as connection:
                ids = connection.execute(old).scalars().all()
                dropped += drop(self._database, connection, ids, now)
            if len(ids) < _STEP:
                return dropped

    def _late(self, now: datetime, old: Mapping[Table, datetime]) -> Mapping[Table, int]:
        """Do what others may hinder for long, and what the next time can do as well."""
        try:
            scrub_rest(self._database, limit_s=_SCRUB_S)
        except StoreError as error:
            log.warning("erased_rest_left", cause=str(error))
        try:
            return self._database.keep_months(now, old, {raw: _USED_RAW, change: _USED_CHANGE})
        except StoreError as error:
            log.warning("months_left", cause=str(error))
            return {}

    def _old_keys(self, before: datetime) -> Select[int]:
        """Find the documents whose keys may go: those stored and published before."""
        newest = select(document.c.seq).where(document.c.stored_at < before).order_by(document.c.seq.desc())
        with self._database.read() as connection:
            last = connection.execute(newest.limit(1)).scalar() or 0
        old = story_key.c.document_seq <= last, story_key.c.at < before
        return select(story_key.c.document_seq).where(*old).distinct()

    def _remove_raw(self, old: Select[int], feeds: Any) -> int:
        """Remove raw copies; found in the same transaction, as a new entry may begin to need one again."""
        removed = 0
        while True:
            with self._database.write() as connection:
                ids = connection.execute(old.limit(_STEP), feeds).scalars().all()
                for statement in (_FORGET_RAW, _FORGET_RAW_OF_PROBLEMS, _DELETE_RAW):
                    connection.execute(statement, {"values": ids})
            removed += len(ids)
            if len(ids) < _STEP:
                return removed

    def _remove(self, old: Select[int], statement: Delete) -> int:
        """Remove rows that nothing refers to; finding them may take long, and keeps no writer waiting."""
        removed = 0
        while True:
            with self._database.read() as connection:
                ids = connection.execute(old.limit(_STEP)).scalars().all()
            with self._database.write() as connection:
                connection.execute(statement, {"values": ids})
            removed += len(ids)
            if len(ids) < _STEP:
                return removed


def _old_raw(
    now: datetime, usual_days: int, days_of: Mapping[str, int], by_row: ColumnElement[bool]
) -> Iterator[tuple[Select[int], Any]]:
    """Select the raw copies that are past their time; those of several feeds are kept as long as any says.

    What has passed the longest time of all goes with its month where there are months.
    """
    every = sorted({usual_days, *days_of.values()})
    for days in every:
        if days >= FOREVER:
            return
        old = _UNUSED_RAW.where(raw.c.received_at < now - timedelta(days=days))
        if days == every[-1]:
            old = old.where(by_row)
        of_raw = entry.c.raw_id == raw.c.id
        shorter = [feed_id for feed_id, own in days_of.items() if own <= days]
        longer = [feed_id for feed_id, own in days_of.items() if own > days]
        if days < usual_days:
            other = ~among(entry.c.feed_id, "feeds")
            yield old.where(exists().where(of_raw), ~exists().where(of_raw, other)), {"feeds": shorter}
        else:
            yield old.where(~exists().where(of_raw, among(entry.c.feed_id, "feeds"))), {"feeds": longer}
