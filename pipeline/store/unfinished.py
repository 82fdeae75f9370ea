"""What was sent and not finished, or not sent at all: given back, and chosen to be sent.

Entries and documents to enrich go the same way: a row that is pending, sent, held by a token and an owner
until its lease runs out. What is different of them stands in `_Lot`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, bindparam, false, select, update
from sqlalchemy.sql.dml import Update

from pipeline.errors import Reason
from pipeline.model import PAYLOAD_VERSION, QueueName
from pipeline.ports.queue import EntryRef
from pipeline.ports.work import MAX_KILLS
from pipeline.store.among import among
from pipeline.store.counters import Counts, add_counts
from pipeline.store.database import Database, Part, ReadRow
from pipeline.store.executing import execute, execute_many
from pipeline.store.quarantining import Verdict, quarantine_entries
from pipeline.store.states import (
    IS_ENRICHING,
    IS_PENDING,
    IS_UNENRICHED,
    IS_WORKING,
    EnrichState,
    EntryState,
)
from pipeline.store.tables import enrichment, entry


@dataclass(frozen=True, slots=True)
class _GivenBack:
    """What becomes of a row that its worker did not finish."""

    id: int
    attempts: int
    kills: int
    alone: bool
    #: it is out of attempts
    exhausted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lot:
    """One table of work, and what is done with what is out of attempts."""

    table: Table
    key: Column[int]
    is_working: ColumnElement[bool]
    #: those that wait: id, urgent, alone
    waiting: Select[Any]
    #: the order in which those are sent that never were
    first: tuple[ColumnElement[Any], ...]
    #: notes that rows were sent; makes a row wait again
    send: Update
    wait_again: Update
    spend: Callable[[Database, Connection, Sequence[int], str, datetime], Counts]

    def held(self, which: ColumnElement[bool]) -> Select[Any]:
        """Select what a worker holds."""
        own = self.table.c
        return select(self.key.label("id"), own.attempts, own.kills, own.alone).where(self.is_working, which)


def _send(key: Column[int]) -> Update:
    return update(key.table).where(among(key)).values(sent_at=bindparam("now"))


def _wait_again(key: Column[int]) -> Update:
    return (
        update(key.table)
        .where(key == bindparam("row_id"))
        .values(
            state=EntryState.PENDING,
            attempts=bindparam("attempts_left"),
            kills=bindparam("killed"),
            alone=bindparam("to_be_alone"),
            last_cause=bindparam("cause"),
            token=None,
            owner=None,
            lease_until=None,
            sent_at=None,
        )
    )


def _quarantine(
    database: Database, connection: Connection, ids: Sequence[int], cause: str, now: datetime
) -> Counts:
    spent = [Verdict(entry_id=each, reason=Reason.CRASHED, detail=cause) for each in ids]
    return quarantine_entries(database, connection, spent, now)


def _give_up(
    _database: Database, connection: Connection, ids: Sequence[int], _cause: str, _now: datetime
) -> Counts:
    """Leave documents as they are; the cause stands in their rows."""
    if ids:
        connection.execute(_GIVE_UP, {"values": ids})
    return Counts({("not_enriched", Reason.CRASHED): len(ids)})


_GIVE_UP = update(enrichment).where(among(enrichment.c.document_seq)).values(state=EnrichState.GIVEN_UP)
_ENTRIES = _Lot(
    table=entry,
    key=entry.c.id,
    is_working=IS_WORKING,
    waiting=select(entry.c.id, entry.c.urgent, entry.c.alone).where(
        IS_PENDING, entry.c.queue == bindparam("queue"), entry.c.payload_version <= PAYLOAD_VERSION
    ),
    first=(entry.c.urgent.desc(), entry.c.id),
    send=_send(entry.c.id),
    wait_again=_wait_again(entry.c.id),
    spend=_quarantine,
)
_ENRICHMENTS = _Lot(
    table=enrichment,
    key=enrichment.c.document_seq,
    is_working=IS_ENRICHING,
    waiting=select(enrichment.c.document_seq.label("id"), false().label("urgent"), enrichment.c.alone).where(
        IS_UNENRICHED
    ),
    first=(enrichment.c.document_seq,),
    send=_send(enrichment.c.document_seq),
    wait_again=_wait_again(enrichment.c.document_seq),
    spend=_give_up,
)


class Unfinished(Part):
    """The part of ports.WorkStore for what is not done."""

    def fail(self, token: str, *, cause: str, counts: bool, now: datetime, max_attempts: int) -> int:
        """See ports.WorkStore."""

        def judge(row: ReadRow) -> _GivenBack:
            if counts:
                return _with_attempt(row, max_attempts)
            # A service was down: its entries go on together, as if nothing had been tried.
            return _GivenBack(row.id, row.attempts - 1, row.kills, row.alone, exhausted=False)

        return self._give_back(lambda table: table.c.token == token, judge, cause, now)

    def give_back(self, owner: str, *, cause: str, counts: bool, now: datetime, max_attempts: int) -> int:
        """See ports.WorkStore."""

        def judge(row: ReadRow) -> _GivenBack:
            if counts:
                return _with_attempt(row, max_attempts)
            kills = row.kills + 1
            return _GivenBack(row.id, row.attempts - 1, kills, True, exhausted=kills > MAX_KILLS)

        return self._give_back(lambda table: table.c.owner == owner, judge, cause, now)

    def give_back_expired(self, *, now: datetime, max_attempts: int) -> int:
        """See ports.WorkStore."""
        cause = "its lease ran out: the worker that held it hangs, or died unseen"

        def judge(row: ReadRow) -> _GivenBack:
            return _with_attempt(row, max_attempts)

        return self._give_back(lambda table: table.c.lease_until <= now, judge, cause, now)

    def take_unsent(
        self, queue: QueueName, *, now: datetime, sent_before: datetime | None, limit: int
    ) -> Sequence[EntryRef]:
        """See ports.WorkStore."""
        lot = _ENRICHMENTS if queue is QueueName.ENRICH else _ENTRIES
        values = {} if queue is QueueName.ENRICH else {"queue": queue}
        sent_at = lot.table.c.sent_at
        never = lot.waiting.where(sent_at.is_(None)).order_by(*lot.first)
        # What is sent twice is done once.
        with self._database.write(lasting=False) as connection:
            rows = list(connection.execute(never.limit(limit), values))
            if sent_before is not None and len(rows) < limit:
                lost = lot.waiting.where(sent_at < sent_before).order_by(sent_at, lot.key)
                rows += connection.execute(lost.limit(limit - len(rows)), values)
            if rows:
                execute(connection, lot.send, values=[row.id for row in rows], now=now)
        return [EntryRef(id=row.id, queue=queue, urgent=row.urgent, alone=row.alone) for row in rows]

    def _give_back(
        self,
        which: Callable[[Table], ColumnElement[bool]],
        judge: Callable[[ReadRow], _GivenBack],
        cause: str,
        now: datetime,
    ) -> int:
        """Take from their worker whatever it held; what is out of attempts is not tried again."""
        count = 0
        with self._database.write() as connection:
            for lot in (_ENTRIES, _ENRICHMENTS):
                given = [judge(row) for row in connection.execute(lot.held(which(lot.table)))]
                if not given:
                    continue
                execute_many(connection, lot.wait_again, [_back_row(each, cause) for each in given])
                spent = [each.id for each in given if each.exhausted]
                add_counts(
                    self._database, connection, lot.spend(self._database, connection, spent, cause, now)
                )
                count += len(given) - len(spent)
        return count


def _back_row(each: _GivenBack, cause: str) -> dict[str, Any]:
    return {
        "row_id": each.id,
        "attempts_left": each.attempts,
        "killed": each.kills,
        "to_be_alone": each.alone,
        "cause": cause,
    }


def _with_attempt(row: ReadRow, max_attempts: int) -> _GivenBack:
    return _GivenBack(row.id, row.attempts, row.kills, True, exhausted=row.attempts >= max_attempts)
