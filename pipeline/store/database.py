"""What differs between databases, in one place; everything else is SQLAlchemy Core that all of them take."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Dialect, Table, Update
from sqlalchemy.sql.dml import Insert

from pipeline.ports import Query

#: parameters of one statement that is executed many times
Rows = list[dict[str, Any]]
#: a row as read; SQLAlchemy types it by its columns
ReadRow = Any


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
        """Say what it is called in messages: without secrets."""
        ...

    def read(self) -> AbstractContextManager[Connection]:
        """Open a transaction that sees one state of the database."""
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

    def scrub(self) -> None:
        """Remove from the disk what deleted rows have left there; in short transactions."""
        ...

    def matching(self, query: Query, window: range | None = None) -> ColumnElement[bool] | None:
        """Say in SQL which rows of `document` have the query's words; None: it has no words.

        Args:
            query: Its words; the rest is not looked at.
            window: Numbers of documents; whether others match is left open.
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

    def drop_before(self, table: Table, when: datetime) -> int:
        """Drop the partitions of a table that hold nothing newer; returns how many."""
        ...


class Part:
    """One part of the store's port, working on the database it is given."""

    def __init__(self, database: Database) -> None:
        self._database = database


def execute_many(connection: Connection, statement: Insert | Update, rows: Rows) -> None:
    """Execute one statement for each row; all rows have the same keys.

    SQLAlchemy's own way costs about 5 µs a row, mostly in making a dictionary of each; with ten rows a
    document that would be a third of all that storing costs.
    """
    if not rows:
        return
    if not connection.dialect.positional:
        connection.execute(statement, rows)
        return
    sql, names, converters, constants = _plan(statement, tuple(rows[0]), connection.dialect)
    if constants:
        rows = [constants | row for row in rows]
    columns: list[Sequence[Any]] = list(zip(*map(itemgetter(*names), rows), strict=True))
    for index, convert in converters:
        columns[index] = [convert(value) for value in columns[index]]
    connection.exec_driver_sql(sql, list(zip(*columns, strict=True)))


@lru_cache(100)
def _plan(
    statement: Insert | Update, keys: tuple[str, ...], dialect: Dialect
) -> tuple[str, tuple[str, ...], list[tuple[int, Callable[[Any], Any]]], dict[str, Any]]:
    """Compile a statement: its text, the order of its parameters, how to convert them, and the fixed ones."""
    compiled = statement.compile(dialect=dialect, column_keys=keys)
    names = tuple(compiled.positiontup or ())
    kinds = {name: compiled.binds[name].type.dialect_impl(dialect) for name in names}
    found = ((index, kinds[name].bind_processor(dialect)) for index, name in enumerate(names))
    constants = {name: compiled.binds[name].value for name in names if name not in keys}
    return compiled.string, names, [(index, convert) for index, convert in found if convert], constants
