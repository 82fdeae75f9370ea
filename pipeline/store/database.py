"""What differs between databases, in one place; everything else is SQLAlchemy Core that all of them take."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from inspect import isfunction, isgeneratorfunction
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Table
from sqlalchemy.sql.dml import Insert

from pipeline.errors import StoreError
from pipeline.ports.care import Fault
from pipeline.ports.reading import Query

P = ParamSpec("P")
T = TypeVar("T")

#: before each further try of what came to nothing: a server that is started again needs a second or two
_PAUSES_S = (0.05, 0.5, 2.0)

#: what to do about damage that nothing else mends
RESTORE = "restore a backup (newswire db restore FILE); `newswire export` saves what can be read"
#: what to do about what follows from documents
REPAIR = "newswire db check --repair makes it again from the documents"
#: parameters of one statement that is executed many times
Rows = list[dict[str, Any]]
#: a row as read; SQLAlchemy types it by its columns
ReadRow = Any


class UndoneError(StoreError):
    """Nothing of the transaction took place, through no fault of it: the same once more may work."""


def files_damaged(where: str) -> Fault:
    """Say that files are damaged, of which nothing can be made again."""
    return Fault(what="the files are damaged", where=where, remedy=RESTORE)


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

    def scrub(self, *, limit_s: float | None = None) -> bool:
        """Remove from the disk what deleted rows have left there; in short transactions.

        Returns:
            False: some of it is still there, as somebody reads it. It is to be done once more.

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

    def faults(self, *, quick: bool = False) -> Sequence[Fault]:
        """Check the files.

        Args:
            quick: Look for no longer than a start may take; what is too large for that is not looked at.
        """
        ...

    def rebuild(self) -> Sequence[str]:
        """Make again the indexes that were found damaged; returns their names."""
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
