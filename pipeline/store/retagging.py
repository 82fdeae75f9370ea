"""All that is stored, tagged again: a position that moves on, and the ranges that workers hold.

There is no row for each document: a range is given out, and its row goes when it is saved. Whatever dies
leaves ranges whose lease runs out, and somebody else takes them. A document that is tagged twice is the same.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from pipeline.codec import from_json
from pipeline.errors import StoreError
from pipeline.logs import get_logger
from pipeline.model import Document, Tagging
from pipeline.ports.retag import Retagged, Retagging, ToRetag
from pipeline.store.among import among
from pipeline.store.chains import note_changes
from pipeline.store.database import Part, ReadRow
from pipeline.store.documents import store_taggings
from pipeline.store.states import IS_ENRICHING, EnrichState
from pipeline.store.tables import (
    document,
    document_data,
    document_tag,
    enrichment,
    feed,
    retag,
    retag_range,
    tagging,
)

log = get_logger(__name__)

_ONLY = 1
_RUN = select(*(retag.c[each.name] for each in fields(Retagging))).where(retag.c.id == _ONLY)
_LAST = select(func.coalesce(func.max(document.c.seq), 0)).scalar_subquery()
_SET = update(retag).where(retag.c.id == _ONLY)
_ABANDONED = (
    select(retag_range)
    .where(retag_range.c.lease_until <= bindparam("now"))
    .order_by(retag_range.c.first)
    .limit(1)
)
_HELD = select(retag_range).where(retag_range.c.token == bindparam("token"))
_DOCUMENTS = (
    select(
        document.c.seq,
        document_data.c.data,
        tagging.c.data.label("tags"),
        tagging.c.rules,
        tagging.c.tagged_at,
        feed.c.default_region,
    )
    .join(document_data, document_data.c.document_seq == document.c.seq)
    .outerjoin(tagging, tagging.c.document_seq == document.c.seq)
    .outerjoin(feed, feed.c.id == document.c.feed_id)
    .where(document.c.seq.between(bindparam("first"), bindparam("last")))
    .order_by(document.c.seq, tagging.c.tagged_at)
)
_NUMBERS = select(document.c.seq).order_by(document.c.seq)
_TAGGED_AT = (
    select(document_data.c.document_seq, func.max(tagging.c.tagged_at).label("at"))
    .outerjoin(tagging, tagging.c.document_seq == document_data.c.document_seq)
    .where(among(document_data.c.document_seq))
    .group_by(document_data.c.document_seq)
)
_REPLACED = tuple(delete(table).where(among(table.c.document_seq)) for table in (tagging, document_tag))
#: whoever enriches one of them just now does so by the tags of before: it is done once more
_ENRICH_AGAIN = (
    update(enrichment)
    .where(among(enrichment.c.document_seq), IS_ENRICHING)
    .values(
        state=EnrichState.PENDING,
        attempts=enrichment.c.attempts - 1,
        token=None,
        owner=None,
        lease_until=None,
        sent_at=None,
    )
)


class Retag(Part):
    """The part of the store that is ports.RetagStore."""

    def begin_retag(self, rules: str, now: datetime) -> Retagging:
        """See ports.RetagStore."""
        with self._database.write() as connection:
            run = last_retagging(connection)
            if run is not None and run.rules == rules and run.finished_at is None:
                connection.execute(_SET.values(stopped_at=None, moved_at=now))
            else:
                last = connection.execute(select(_LAST)).scalar_one()
                connection.execute(delete(retag))
                connection.execute(delete(retag_range))
                row: dict[str, Any] = {"id": _ONLY, "rules": rules, "position": 0, "last": last, "done": 0}
                row |= {"changed": 0, "failed": 0, "started_at": now, "moved_at": now}
                connection.execute(insert(retag), [row])
                _finish(connection, now)
            begun = last_retagging(connection)
        assert begun is not None
        return begun

    def stop_retag(self, now: datetime) -> bool:
        """See ports.RetagStore."""
        with self._database.write() as connection:
            run = last_retagging(connection)
            if run is None or not run.is_running:
                return False
            connection.execute(_SET.values(stopped_at=now))
        return True

    def retagging(self) -> Retagging | None:
        """See ports.RetagStore."""
        with self._database.read() as connection:
            return last_retagging(connection)

    def to_retag(self, rules: str, *, after: int, limit: int) -> tuple[Sequence[ToRetag], int | None]:
        """See ports.RetagStore."""
        with self._database.read() as connection:
            upto = _upto(connection, after, None, limit)
            return (_documents(connection, rules, after + 1, upto)[0] if upto else ()), upto

    def claim_retag(
        self, rules: str, *, token: str, now: datetime, lease: timedelta, limit: int, max_attempts: int
    ) -> Sequence[ToRetag] | None:
        """See ports.RetagStore."""
        with self._database.write(lasting=False) as connection:
            run = last_retagging(connection)
            if run is None or not run.is_running:
                return None
            if run.rules != rules:
                connection.execute(_SET.values(stale_at=now))
                return None
            if run.stale_at is not None:
                # What the workers before this one stored meanwhile is tagged by their rules.
                connection.execute(_SET.values(stale_at=None, last=_LAST))
            while (held := _take(connection, now, max_attempts, limit)) is not None:
                first, last, attempts = held
                documents, damaged = _documents(connection, rules, first, last)
                if damaged:
                    _leave_out(connection, damaged, first, last, now)
                    continue
                row: dict[str, Any] = {"first": first, "last": last, "attempts": attempts + 1}
                row |= {"token": token, "lease_until": now + lease}
                connection.execute(insert(retag_range), [row])
                return documents
            _finish(connection, now)
        return None

    def save_retagged(self, retagged: Sequence[Retagged], *, token: str, now: datetime) -> int:
        """See ports.RetagStore."""
        with self._database.write() as connection:
            held = connection.execute(_HELD, {"token": token}).one_or_none()
            if held is None:
                return 0
            connection.execute(delete(retag_range).where(retag_range.c.token == token))
            rows = connection.execute(_TAGGED_AT, {"values": [each.seq for each in retagged]})
            tagged = {row.document_seq: row.at for row in rows}
            # Those that are there no more were erased.
            mine = [each for each in retagged if each.seq in tagged and tagged[each.seq] == each.tagged_at]
            late = [
                each.seq for each in retagged if each.seq in tagged and tagged[each.seq] != each.tagged_at
            ]
            _replace(connection, mine, now)
            _insert_ranges(connection, [(seq, seq) for seq in late], now)
            connection.execute(
                _SET.values(
                    done=retag.c.done + len(mine),
                    changed=retag.c.changed + sum(each.changed for each in mine),
                    moved_at=now,
                )
            )
            _finish(connection, now)
        return len(mine)

    def let_go_retag(self, token: str, *, counts: bool, now: datetime) -> None:
        """See ports.RetagStore."""
        given_back = update(retag_range).where(retag_range.c.token == token)
        attempts = retag_range.c.attempts - (0 if counts else 1)
        with self._database.write() as connection:
            connection.execute(given_back.values(token=None, lease_until=now, attempts=attempts))


def last_retagging(connection: Connection) -> Retagging | None:
    """Read how the last re-tagging stands."""
    row = connection.execute(_RUN).one_or_none()
    return None if row is None else Retagging(**row._mapping)


def _abandoned(connection: Connection, now: datetime, max_attempts: int) -> tuple[int, int, int] | None:
    """Take a range that a worker died over, or its first half; the other is there for the next."""
    while (row := connection.execute(_ABANDONED, {"now": now}).first()) is not None:
        connection.execute(delete(retag_range).where(retag_range.c.first == row.first))
        if row.last > row.first and row.attempts:
            middle = (row.first + row.last) // 2
            _insert_ranges(connection, [(middle + 1, row.last)], now)
            return row.first, middle, 0
        if row.attempts < max_attempts:
            return row.first, row.last, row.attempts
        connection.execute(_SET.values(failed=retag.c.failed + 1, moved_at=now))
    return None


def _take(
    connection: Connection, now: datetime, max_attempts: int, limit: int
) -> tuple[int, int, int] | None:
    """Take what somebody died over, else what is next: first and last number, and attempts so far."""
    return _abandoned(connection, now, max_attempts) or _next(connection, limit)


def _next(connection: Connection, limit: int) -> tuple[int, int, int] | None:
    """Take the next range, and move the position behind it."""
    run = connection.execute(_RUN).one()
    upto = _upto(connection, run.position, run.last, limit)
    if upto is None:
        connection.execute(_SET.values(position=run.last))
        return None
    connection.execute(_SET.values(position=upto))
    return run.position + 1, upto, 0


def _upto(connection: Connection, after: int, last: int | None, limit: int) -> int | None:
    """Find the last of the next numbers of documents; None where there are none."""
    numbers = _NUMBERS.where(document.c.seq > after).limit(limit)
    if last is not None:
        numbers = numbers.where(document.c.seq <= last)
    return max(connection.execute(numbers).scalars(), default=None)


def _finish(connection: Connection, now: datetime) -> None:
    """Note that it is done, where nothing is left to give out and nobody holds anything."""
    held = connection.execute(select(func.count()).select_from(retag_range)).scalar_one()
    if not held:
        connection.execute(_SET.where(retag.c.position >= retag.c.last).values(finished_at=now))


def _documents(connection: Connection, rules: str, first: int, last: int) -> tuple[list[ToRetag], list[int]]:
    """Read those documents of a range that other rules tagged; of several taggings the last counts.

    Returns:
        Them, and the numbers of those whose rows are damaged: these must not keep all others waiting.
    """
    rows = {row.seq: row for row in connection.execute(_DOCUMENTS, {"first": first, "last": last})}
    documents: list[ToRetag] = []
    damaged: list[int] = []
    for row in rows.values():
        if (row.rules or "").partition("+")[0] == rules:
            continue
        try:
            documents.append(_to_retag(row))
        except StoreError:
            damaged.append(row.seq)
    return documents, damaged


def _leave_out(connection: Connection, damaged: Sequence[int], first: int, last: int, now: datetime) -> None:
    """Count damaged documents as failed, and give out the rest of their range without them."""
    log.warning("retag_damaged", documents=damaged)
    connection.execute(_SET.values(failed=retag.c.failed + len(damaged), moved_at=now))
    pieces = zip((first - 1, *damaged), (*damaged, last + 1), strict=True)
    between = [(before + 1, after - 1) for before, after in pieces]
    _insert_ranges(connection, [piece for piece in between if piece[0] <= piece[1]], now)


def _to_retag(row: ReadRow) -> ToRetag:
    return ToRetag(
        seq=row.seq,
        document=from_json(row.data, Document),
        tagging=from_json(row.tags, Tagging) if row.tags is not None else Tagging(),
        tagged_at=row.tagged_at,
        default_region=row.default_region,
    )


def _replace(connection: Connection, mine: Sequence[Retagged], now: datetime) -> None:
    if not mine:
        return
    seqs = {"values": [each.seq for each in mine]}
    for statement in (*_REPLACED, _ENRICH_AGAIN):
        connection.execute(statement, seqs)
    store_taggings(connection, [(each.seq, each.tagging) for each in mine], now)
    note_changes(connection, "tagged", [each.document_id for each in mine if each.changed], now)


def _insert_ranges(connection: Connection, ranges: Sequence[tuple[int, int]], now: datetime) -> None:
    """Put ranges there that anybody may take at once."""
    rows = [{"first": first, "last": last, "attempts": 0, "lease_until": now} for first, last in ranges]
    if rows:
        connection.execute(insert(retag_range), rows)
