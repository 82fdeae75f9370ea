"""Entries that were sent and not finished, or not sent at all: given back, and chosen to be sent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, update

from pipeline.errors import Reason
from pipeline.model import QueueName
from pipeline.ports import MAX_KILLS, EntryRef
from pipeline.store.counters import add_counts
from pipeline.store.database import Part, ReadRow, execute_many
from pipeline.store.quarantining import Verdict, quarantine_entries
from pipeline.store.states import IS_PENDING, IS_WORKING, EntryState
from pipeline.store.tables import entry

_SEND = update(entry).where(entry.c.id == bindparam("entry_id")).values(sent_at=bindparam("now"))
_GIVE_BACK = (
    update(entry)
    .where(entry.c.id == bindparam("entry_id"))
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


@dataclass(frozen=True, slots=True)
class _GivenBack:
    """What becomes of an entry that its worker did not finish."""

    entry_id: int
    attempts: int
    kills: int
    alone: bool
    #: it is out of attempts
    exhausted: bool


class Unfinished(Part):
    """The part of ports.WorkStore for what is not done."""

    def fail(self, token: str, *, cause: str, counts: bool, now: datetime, max_attempts: int) -> int:
        """See ports.WorkStore."""

        def judge(row: ReadRow) -> _GivenBack:
            if counts:
                return _with_attempt(row, max_attempts)
            # A service was down: its entries go on together, as if nothing had been tried.
            return _GivenBack(row.id, row.attempts - 1, row.kills, row.alone, exhausted=False)

        return self._give_back(entry.c.token == token, judge, cause, now)

    def give_back(self, owner: str, *, cause: str, counts: bool, now: datetime, max_attempts: int) -> int:
        """See ports.WorkStore."""

        def judge(row: ReadRow) -> _GivenBack:
            if counts:
                return _with_attempt(row, max_attempts)
            kills = row.kills + 1
            return _GivenBack(row.id, row.attempts - 1, kills, True, exhausted=kills > MAX_KILLS)

        return self._give_back(entry.c.owner == owner, judge, cause, now)

    def give_back_expired(self, *, now: datetime, max_attempts: int) -> int:
        """See ports.WorkStore."""
        cause = "its lease ran out: the worker that held it hangs, or died unseen"
        return self._give_back(
            entry.c.lease_until <= now, lambda row: _with_attempt(row, max_attempts), cause, now
        )

    def take_unsent(
        self, queue: QueueName, *, now: datetime, sent_before: datetime | None, limit: int
    ) -> Sequence[EntryRef]:
        """See ports.WorkStore."""
        waiting = select(entry.c.id, entry.c.urgent, entry.c.alone).where(IS_PENDING, entry.c.queue == queue)
        never = waiting.where(entry.c.sent_at.is_(None)).order_by(entry.c.urgent.desc(), entry.c.id)
        # What is sent twice is done once.
        with self._database.write(lasting=False) as connection:
            rows = list(connection.execute(never.limit(limit)))
            if sent_before is not None and len(rows) < limit:
                lost = waiting.where(entry.c.sent_at < sent_before).order_by(entry.c.sent_at, entry.c.id)
                rows += connection.execute(lost.limit(limit - len(rows)))
            execute_many(connection, _SEND, [{"entry_id": row.id, "now": now} for row in rows])
        return [EntryRef(id=row.id, queue=queue, urgent=row.urgent, alone=row.alone) for row in rows]

    def _give_back(
        self, which: ColumnElement[bool], judge: Callable[[ReadRow], _GivenBack], cause: str, now: datetime
    ) -> int:
        """Take entries from their worker; those that are out of attempts go to quarantine."""
        held = select(entry.c.id, entry.c.attempts, entry.c.kills, entry.c.alone).where(IS_WORKING, which)
        with self._database.write() as connection:
            given = [judge(row) for row in connection.execute(held)]
            if not given:
                return 0
            execute_many(connection, _GIVE_BACK, [_back_row(each, cause) for each in given])
            spent = [
                Verdict(entry_id=each.entry_id, reason=Reason.CRASHED, detail=cause)
                for each in given
                if each.exhausted
            ]
            add_counts(self._database, connection, quarantine_entries(self._database, connection, spent, now))
        return len(given) - len(spent)


def _back_row(each: _GivenBack, cause: str) -> dict[str, Any]:
    return {
        "entry_id": each.entry_id,
        "attempts_left": each.attempts,
        "killed": each.kills,
        "to_be_alone": each.alone,
        "cause": cause,
    }


def _with_attempt(row: ReadRow, max_attempts: int) -> _GivenBack:
    return _GivenBack(row.id, row.attempts, row.kills, True, exhausted=row.attempts >= max_attempts)
