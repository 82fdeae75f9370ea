"""Tables that PostgreSQL keeps by month: what is old is dropped whole, which costs nothing.

Those are the tables that only grow and then expire: raw copies and the change log. Their months are made
ahead; what falls into none (an old date, or housekeeping that did not run) lands in the part for the rest and
is moved when its month is made. Other tables are kept by their keys, which must be unique over all time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, text
from sqlalchemy.exc import DBAPIError

from pipeline.errors import StoreError
from pipeline.store.tables import change, micros, raw

#: table → the time by which it is kept
KEPT_BY = {raw: raw.c.received_at, change: change.c.at}
#: the month that has begun, and two more
_AHEAD = 3
#: more rows than this that are still needed keep their month
_MOST_MOVED = 10_000


@dataclass(frozen=True, slots=True)
class Month:
    """A part of a table."""

    table: Table
    start: datetime

    @property
    def stop(self) -> datetime:
        """The beginning of the next one."""
        year, month = divmod(self.start.month, 12)
        return self.start.replace(year=self.start.year + year, month=month + 1)

    @property
    def name(self) -> str:
        """Name it as the database does."""
        return f"{self.table.name}_{self.start:%Y_%m}"

    def holds(self) -> ColumnElement[bool]:
        """Say which rows are in it."""
        by = KEPT_BY[self.table]
        return and_(by >= self.start, by < self.stop)


def months_ahead(table: Table, now: datetime) -> Iterator[Month]:
    """Say which parts there should be.

    >>> from pipeline.store.tables import raw
    >>> [month.name for month in months_ahead(raw, datetime(2026, 11, 30, tzinfo=UTC))]
    ['raw_2026_11', 'raw_2026_12', 'raw_2027_01']
    """
    start = datetime(now.year, now.month, 1, tzinfo=UTC)
    for _ in range(_AHEAD):
        yield (month := Month(table, start))
        start = month.stop


def known_months(connection: Connection, table: Table) -> Sequence[Month]:
    """List the parts of a table, the one for the rest left out."""
    found = connection.execute(_PARTS, {"table": table.name}).scalars()
    return [Month(table, datetime.strptime(name[-7:], "%Y_%m").replace(tzinfo=UTC)) for name in found]


class InUseError(StoreError):
    """Somebody reads or writes a table, as `pg_dump` does: its parts cannot be changed now."""


def _lock_parts(connection: Connection, table: Table) -> None:
    """Take a table and its parts for this transaction alone, at once or not at all.

    Who waited for them would have all readers wait behind him.

    Raises:
        InUseError: Another transaction has looked at it.
    """
    try:
        connection.exec_driver_sql(f"LOCK TABLE {table.name} IN ACCESS EXCLUSIVE MODE NOWAIT")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "55P03":
            raise
        raise InUseError(f"{table.name} is in use") from error


def make_month(connection: Connection, month: Month) -> None:
    """Make a part, and move into it what belongs there and has landed among the rest. Raises InUseError."""
    _lock_parts(connection, month.table)
    table, by = month.table.name, KEPT_BY[month.table].name
    start, stop = micros(month.start), micros(month.stop)
    belongs = f"{by} >= {start} AND {by} < {stop}"
    moved = f"DELETE FROM {table}_rest WHERE {belongs} RETURNING *"  # noqa: S608  # names of our own
    run = connection.exec_driver_sql
    run(f"CREATE TABLE {month.name} (LIKE {table} INCLUDING DEFAULTS INCLUDING STORAGE)")
    run(f"WITH moved AS ({moved}) INSERT INTO {month.name} SELECT * FROM moved")  # noqa: S608
    run(f"ALTER TABLE {table} ATTACH PARTITION {month.name} FOR VALUES FROM ({start}) TO ({stop})")


def drop_month(connection: Connection, month: Month, needed: Select[int] | None) -> int:
    """Drop a part; what of it is still needed goes to the rest. Returns how many rows are gone.

    Args:
        connection: In a transaction that writes.
        month: A part that is old as a whole.
        needed: Selects the ids of those of the table's rows that must stay; None: there are none.

    Raises:
        InUseError: It cannot be dropped now.
    """
    kept: Sequence[int] = []
    if needed is not None:
        kept = connection.execute(needed.where(month.holds()).limit(_MOST_MOVED + 1)).scalars().all()
        if len(kept) > _MOST_MOVED:
            return 0
    count = int(connection.exec_driver_sql(f"SELECT count(*) FROM {month.name}").scalar_one())  # noqa: S608
    _lock_parts(connection, month.table)  # as late as can be: from here on readers wait
    connection.exec_driver_sql(f"ALTER TABLE {month.table.name} DETACH PARTITION {month.name}")
    if needed is not None and kept:
        id_ = needed.selected_columns[0].name
        again = f"INSERT INTO {month.table.name} SELECT * FROM {month.name} WHERE {id_} = ANY (:ids)"  # noqa: S608
        connection.execute(text(again), {"ids": list(kept)})
    connection.exec_driver_sql(f"DROP TABLE {month.name}")
    return count - len(kept)


_PARTS = text(
    "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
    "WHERE inhparent = to_regclass(:table) AND child.relname ~ '_[0-9]{4}_[0-9]{2}$' ORDER BY 1"
)
