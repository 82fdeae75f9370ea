"""What differs between databases, in one place; everything else is SQLAlchemy Core that all of them take."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, wraps
from inspect import isfunction, isgeneratorfunction
from operator import itemgetter
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    LargeBinary,
    Select,
    Table,
    TypeDecorator,
    Update,
)
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import TypeEngine

from pipeline.cache_sizes import STATEMENTS
from pipeline.errors import StoreError
from pipeline.ports import Query

P = ParamSpec("P")
T = TypeVar("T")

#: before each further try of what came to nothing: a server that is started again needs a second or two
_PAUSES_S = (0.05, 0.5, 2.0)

#: parameters of one statement that is executed many times
Rows = list[dict[str, Any]]
#: name of an option of an engine: how its database takes many new rows of one table faster than by INSERT
FILL = "newswire_fill"
#: given a connection, the table, the names of its columns and the rows
Fill = Callable[[Connection, Any, tuple[str, ...], list[tuple[Any, ...]]], None]
#: a row as read; SQLAlchemy types it by its columns
ReadRow = Any


class UndoneError(StoreError):
    """Nothing of the transaction took place, through no fault of it: the same once more may work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the search index is given of one document: its parts, as terms.prepare makes them."""

    document_seq: int
    headline: str
    body: str
    about: str


class Database(Protocol):
    """One database. Errors of its library leave `read` and `write` as StoreError."""

    @property
    def name(self) -> str:
        """Name it for people, without secrets."""
        ...

    def read(self, *, patient: bool = False) -> AbstractContextManager[Connection]:
        """Open a transaction that sees one state of the database.

        Args:
            patient: Wait for an answer however long it takes: it reads whole tables.
        """
        ...

    def write(self, *, lasting: bool = True) -> AbstractContextManager[Connection]:
        """Open a transaction that writes; it has read nothing that another may change meanwhile.

        Args:
            lasting: False where nothing is lost if a power cut takes the commit back: it need not wait for
                the disk. A killed process takes nothing back either way.
        """
        ...

    def close(self) -> None:
        """Close connections; the next use opens new ones."""
        ...

    def insert_new(self, table: Table) -> Insert:
        """Make an INSERT that passes over rows whose unique key is there."""
        ...

    def insert_or_add(self, table: Table, column: str) -> Insert:
        """Make an INSERT that, where the primary key is there, adds the new value of a column to the old."""
        ...

    def insert_or_set(self, table: Table, column: str) -> Insert:
        """Make an INSERT that, where the primary key is there, sets a column."""
        ...

    def reserve(self, connection: Connection, table: Table, count: int) -> range:
        """Reserve row ids in a table with one integer primary key."""
        ...

    def index(self, connection: Connection, terms: Sequence[Terms]) -> None:
        """Put documents into the search index."""
        ...

    def unindex(self, connection: Connection, document_seq: int) -> None:
        """Take a document out of the search index."""
        ...

    def scrub(self, *, limit_s: float | None = None) -> None:
        """Remove from the disk what deleted rows have left there; in short transactions.

        Raises:
            StoreError: Among others: it takes longer than the limit. It can be done once more.
        """
        ...

    def matching(
        self, query: Query, window: range | None = None, *, one_by_one: bool = False
    ) -> ColumnElement[bool] | None:
        """Say in SQL which rows of `document` have the query's words; None: it has no words.

        Args:
            query: Its words; the rest is not looked at.
            window: Numbers of documents; whether others match is left open.
            one_by_one: Few rows are asked about, each by itself.
        """
        ...

    def indexed(self, connection: Connection, window: range) -> Sequence[int]:
        """Give the numbers of the documents within a window that the search index holds."""
        ...

    def faults(self, *, quick: bool = False) -> Sequence[str]:
        """Check the files; one line for each thing that is wrong.

        Args:
            quick: Look for no longer than a start may take; what is too large for that is not looked at.
        """
        ...

    def prepare(self) -> None:
        """Set what a new database needs before its first table; done once, while nobody else uses it."""
        ...

    def migration(self) -> AbstractContextManager[Connection]:
        """Open the transaction that changes the schema; a second process waits until the first is done."""
        ...

    def copy_aside(self, suffix: str) -> str:
        """Copy the database as it was last committed beside itself; returns where the copy is."""
        ...

    def backup(self, target: Path) -> None:
        """Write the database as it is at one moment to a file, while others read and write.

        The file appears under its name when it is whole, on the disk and checked.

        Raises:
            StoreError: It cannot be written, or the database is damaged.
        """
        ...

    def restore(self, source: Path) -> str | None:
        """Replace the database by what a file of `backup` holds; nobody may use it meanwhile.

        Returns:
            Where the old one is kept; None: there was none.

        Raises:
            StoreError: The file is no such backup or is damaged, or somebody uses the database.
        """
        ...

    def goes_by_row(self, table: Table) -> ColumnElement[bool]:
        """Say which rows of a table go one by one when they are old; the others go with their month."""
        ...

    def keep_months(
        self, now: datetime, old: Mapping[Table, datetime], needed: Mapping[Table, Select[int]]
    ) -> Mapping[Table, int]:
        """Make room ahead in tables that are kept by month, and drop their months that are old.

        Args:
            now: Aware UTC.
            old: For some tables, the time before which a row is old.
            needed: For some of them, the ids of old rows that must stay.

        Returns:
            How many rows have gone with their month; none where tables are kept whole.
        """
        ...

    def wait_for_change(self) -> None:
        """Wait until another transaction may have written into the change log; for a few seconds at most."""
        ...


class Part:
    """One part of the store's port, working on the database it is given.

    Each public method is one piece of work, done whole or not at all: where the database says that nothing of
    it took place, it is done once more.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def __init_subclass__(cls, **options: Any) -> None:
        """Have the methods of a part tried again."""
        super().__init_subclass__(**options)
        for name, method in list(vars(cls).items()):
            if isfunction(method) and not isgeneratorfunction(method) and not name.startswith("_"):
                setattr(cls, name, _tried_again(method))


def _tried_again(method: Callable[P, T]) -> Callable[P, T]:
    @wraps(method)
    def try_again(*args: P.args, **kwargs: P.kwargs) -> T:
        for pause_s in _PAUSES_S:
            try:
                return method(*args, **kwargs)
            except UndoneError:
                time.sleep(pause_s)
        return method(*args, **kwargs)

    return try_again


def execute_many(connection: Connection, statement: Insert | Update, rows: Rows) -> None:
    """Execute one statement for each row; all rows have the same keys. Its dialect numbers its parameters.

    SQLAlchemy's own way costs about 5 µs a row, mostly in making a dictionary of each; with ten rows a
    document that would be a third of all that storing costs.
    """
    if not rows:
        return
    sql, names, converters, constants = _plan(statement, tuple(rows[0]), connection.dialect)
    if constants:
        rows = [constants | row for row in rows]
    columns: list[Sequence[Any]] = list(zip(*map(itemgetter(*names), rows), strict=True))
    for index, convert in converters:
        column = columns[index]
        # In most columns of times and words all values of a group are the same one.
        alike = column.count(column[0]) == len(column)
        columns[index] = [convert(column[0])] * len(column) if alike else list(map(convert, column))
    values = list(zip(*columns, strict=True))
    fill: Fill | None = connection.get_execution_options().get(FILL)
    if fill is not None and type(statement) is Insert and not constants:
        fill(connection, statement.table, names, values)
    else:
        connection.exec_driver_sql(sql, values)


@lru_cache(STATEMENTS)
def _plan(
    statement: Insert | Update, keys: tuple[str, ...], dialect: Dialect
) -> tuple[str, tuple[str, ...], list[tuple[int, Callable[[Any], Any]]], dict[str, Any]]:
    """Compile a statement: its text, the order of its parameters, how to convert them, and the fixed ones."""
    compiled = statement.compile(dialect=dialect, column_keys=keys, for_executemany=True)
    names = tuple(compiled.positiontup or ())
    kinds = {name: compiled.binds[name].type.dialect_impl(dialect) for name in names}
    found = ((index, _converter(kinds[name], dialect)) for index, name in enumerate(names))
    constants = {name: compiled.binds[name].value for name in names if name not in keys}
    return compiled.string, names, [(index, convert) for index, convert in found if convert], constants


def _converter(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """Choose what makes a parameter of a value; None: it is one.

    Drivers with parameters by place take booleans and bytes as they are. For types of ours SQLAlchemy's way
    is three calls for each value.
    """
    if isinstance(kind, TypeDecorator):
        inner = _converter(kind.impl_instance, dialect)
        outer = kind.process_bind_param
        if inner is None:
            return lambda value: outer(value, dialect)
        return lambda value: inner(outer(value, dialect))
    return None if isinstance(kind, Boolean | LargeBinary) else kind.bind_processor(dialect)
