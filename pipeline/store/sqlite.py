"""SQLite: the database of one machine. The home of its library, and of how it is used safely.

WAL with synchronous FULL: what was acknowledged survives a power cut. Every write transaction begins with
BEGIN IMMEDIATE behind a file lock, so that no process ever sees "database is locked", whatever its order of
reading and writing; and as the lock is held during the checkpoint that follows a commit, two processes never
checkpoint against each other.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from types import NoneType
from typing import Any

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Select,
    Table,
    create_engine,
    event,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.sql.dml import Insert

from pipeline.errors import DamagedError, StoreError
from pipeline.ports.care import Fault
from pipeline.ports.reading import Query
from pipeline.store import sqlite_files, statements
from pipeline.store.database import RESTORE, Terms, files_damaged
from pipeline.store.executing import EASE, driver_of, fetch
from pipeline.store.file_lock import FileLock
from pipeline.store.one_process import OneProcess
from pipeline.store.tables import document

try:
    import pysqlite3 as _library
except ImportError:  # it is made for Linux only
    import sqlite3 as _library  # type: ignore[no-redef]

#: the DB-API module in use
library: Any = _library

#: how long a writer waits for the others before it gives up
WAIT_S = 15.0
#: and a process that starts for another that changes the schema, after a copy of all there is
_MIGRATION_WAIT_S = 600.0
#: a larger file is not looked through at a start: at 500 MB/s this takes half a second
_QUICK_BYTES = 256 << 20

_EASY = frozenset((int, float, str, bytearray, NoneType))
#: between two looks for what other processes have written
_LOOK_AGAIN_S = 0.5

# The search index is made by the migrations, as SQLAlchemy knows no virtual tables.
_INDEX = sql_table("document_terms", sql_column("rowid", Integer))
_INSERT_TERMS = "INSERT INTO document_terms (rowid, headline, body, about) VALUES (?, ?, ?, ?)"
#: of the index's pages, in one step of a merge
_MERGE_PAGES = 500
_SETTINGS = (
    "PRAGMA synchronous=FULL",
    "PRAGMA cache_size=-32768",  # 32 MB
    "PRAGMA wal_autocheckpoint=4000",  # 16 MB: a page that is written again and again is copied back once
    "PRAGMA secure_delete=ON",  # costs nothing measurable; erased is erased
    "PRAGMA foreign_keys=OFF",  # none are declared: see tables.py
)


def outdated() -> str | None:
    """Say what is wrong with the SQLite library that is used; None when it is sound.

    Versions before 3.51.3 may damage the file or lose a commit when one connection checkpoints while another
    writes; 3.50.7 and 3.44.6 have the correction too. Source: sqlite.org/wal.html, "The WAL-Reset Bug".
    """
    version = library.sqlite_version_info
    if version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45):
        return None
    return f"SQLite {library.sqlite_version} may lose data when several processes write: install pysqlite3"


class SqliteDatabase:
    """A database.Database in one file.

    Connections and locks do not survive a fork: call `close` in the parent before it.
    """

    def __init__(self, path: Path, *, wait_s: float = WAIT_S) -> None:
        self.path = path
        self._wait_s = wait_s
        self._lock = FileLock(path.with_name(f"{path.name}.lock"))
        self._reading = _engine(path).execution_options(**{EASE: _easy})
        self._writing = {
            lasting: self._reading.execution_options(newswire_write="FULL" if lasting else "NORMAL")
            for lasting in (True, False)
        }
        self._process = OneProcess()

    @property
    def name(self) -> str:
        """See database.Database."""
        return str(self.path)

    @contextmanager
    def read(self, *, patient: bool = False) -> Iterator[Connection]:  # noqa: ARG002
        """See database.Database."""
        with _errors(self.path):
            self._process.check()
            with self._reading.connect() as connection, connection.begin():
                yield connection

    @contextmanager
    def write(self, *, lasting: bool = True) -> Iterator[Connection]:
        """See database.Database."""
        with _errors(self.path):
            self._process.check()
            connect = self._writing[lasting].connect
            with self._lock.held(self._wait_s), connect() as connection, connection.begin():
                yield connection

    def prepare(self) -> None:
        """See database.Database. Turns a new file to write-ahead logging; it stays so, and needs it alone."""
        with _errors(self.path), self._lock.held(_MIGRATION_WAIT_S):
            connection = self._reading.raw_connection()
            try:
                connection.cursor().execute("PRAGMA journal_mode=WAL")
            finally:
                connection.close()

    @contextmanager
    def migration(self) -> Iterator[Connection]:
        """See database.Database."""
        with _errors(self.path):
            self._process.check()
            connect = self._writing[True].connect
            with self._lock.held(_MIGRATION_WAIT_S), connect() as connection, connection.begin():
                yield connection

    def copy_aside(self, suffix: str) -> str:
        """See database.Database."""
        target = self.path.with_name(f"{self.path.name}.{suffix}")
        with _errors(self.path):
            sqlite_files.backup(library, self.path, target)
        return str(target)

    def backup(self, target: Path) -> None:
        """See database.Database."""
        with _errors(self.path):
            sqlite_files.backup(library, self.path, target, replace=False)

    def restore(self, source: Path) -> str | None:
        """See database.Database."""
        self.close()
        with _errors(self.path), self._lock.held(self._wait_s):
            kept = sqlite_files.restore(library, source, self.path)
        return str(kept) if kept else None

    def close(self) -> None:
        """See database.Database."""
        self._reading.dispose()
        self._lock.close()
        self._process.forget()

    def insert_new(self, table: Table) -> Insert:
        """See database.Database."""
        return statements.insert_new(insert, table)

    def insert_or_add(self, table: Table, column: str) -> Insert:
        """See database.Database."""
        return statements.insert_or_add(insert, table, column)

    def insert_or_set(self, table: Table, column: str) -> Insert:
        """See database.Database."""
        return statements.insert_or_set(insert, table, column)

    def reserve(self, connection: Connection, table: Table, count: int) -> range:
        """See database.Database. Nobody else writes in this transaction, so the next ones are free."""
        ((last,),) = fetch(connection, statements.last_id(table))
        return range(last + 1, last + 1 + count)

    def index(self, connection: Connection, terms: Sequence[Terms]) -> None:
        """See database.Database."""
        rows = [(each.document_seq, each.headline, each.body, each.about) for each in terms]
        if rows:
            driver_of(connection).executemany(_INSERT_TERMS, rows)

    def unindex(self, connection: Connection, document_seq: int) -> None:
        """See database.Database."""
        connection.execute(text("DELETE FROM document_terms WHERE rowid = :seq"), {"seq": document_seq})

    def scrub(self, *, limit_s: float | None = None) -> bool:
        """See database.Database. FTS5 marks rows as deleted; their words go when segments are merged.

        What was deleted still stands in the log. A backup may read it for minutes: all writers would wait for
        the lock as long as we waited for that reader.
        """
        self._merge_index(limit_s)
        with (
            _errors(self.path),
            self._lock.held(self._wait_s),
            closing(library.connect(str(self.path), timeout=0, isolation_level=None)) as impatient,
        ):
            (busy, *_) = impatient.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def matching(
        self,
        query: Query,
        window: range | None = None,
        *,
        one_by_one: bool = False,  # noqa: ARG002
    ) -> ColumnElement[bool] | None:
        """See database.Database. The index has no quicker way to a row than to all that match."""
        if query.all_of:
            return document.c.seq.in_(_rows(_match_text(query), window))
        if query.none_of:
            return document.c.seq.not_in(_rows(_any_of(query.none_of), window))
        return None

    def indexed(self, connection: Connection, window: range) -> Sequence[int]:
        """See database.Database."""
        rows = select(_INDEX.c.rowid).where(_INDEX.c.rowid >= window.start, _INDEX.c.rowid < window.stop)
        return connection.execute(rows).scalars().all()

    def faults(self, *, quick: bool = False) -> Sequence[Fault]:
        """See database.Database. The quick check leaves indexes uncompared; both look at the search index."""
        if quick and self.path.stat().st_size > _QUICK_BYTES:
            return []
        check = "quick_check" if quick else "integrity_check"
        try:
            with self.read() as connection:
                lines = connection.exec_driver_sql(f"PRAGMA {check}").scalars().all()
        except StoreError as error:
            return [files_damaged(str(error))]
        return [files_damaged(f"{self.name}: {line}") for line in lines if line != "ok"]

    def rebuild(self) -> Sequence[str]:
        """See database.Database. An index is part of the file: it is restored with it."""
        return []

    def goes_by_row(self, table: Table) -> ColumnElement[bool]:  # noqa: ARG002
        """See database.Database."""
        return true()

    def keep_months(
        self,
        now: datetime,  # noqa: ARG002
        old: Mapping[Table, datetime],  # noqa: ARG002
        needed: Mapping[Table, Select[int]],  # noqa: ARG002
    ) -> Mapping[Table, int]:
        """See database.Database."""
        return {}

    def wait_for_change(self) -> None:
        """See database.Database. A file rings no bell."""
        time.sleep(_LOOK_AGAIN_S)

    def _merge_index(self, limit_s: float | None) -> None:
        began = time.monotonic()
        step = -_MERGE_PAGES  # negative: begin to merge everything
        while True:
            with self.write() as connection:
                before = _total_changes(connection)
                connection.execute(
                    text("INSERT INTO document_terms (document_terms, rank) VALUES ('merge', :pages)"),
                    {"pages": step},
                )
                if _total_changes(connection) - before < 2:  # FTS5's sign that nothing is left to merge
                    return
            step = _MERGE_PAGES
            if limit_s is not None and time.monotonic() - began > limit_s:
                raise StoreError(f"{self.path}: its search index is large: the merge goes on the next time")


def _total_changes(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one())


def _rows(match: str, window: range | None) -> Any:
    found = select(_INDEX.c.rowid).where(literal_column("document_terms").op("MATCH")(match))
    if window is not None:
        found = found.where(_INDEX.c.rowid >= window.start, _INDEX.c.rowid < window.stop)
    return found


def _match_text(query: Query) -> str:
    """Write words as FTS5 wants them: every phrase quoted, so that nothing in it is an operator."""
    wanted = " AND ".join(_phrase(terms) for terms in query.all_of)
    return f"({wanted}) NOT ({_any_of(query.none_of)})" if query.none_of else wanted


def _any_of(phrases: Sequence[Sequence[str]]) -> str:
    return " OR ".join(_phrase(terms) for terms in phrases)


def _phrase(terms: Sequence[str]) -> str:
    # Terms have no quotation marks; were there any, they would stay inside the phrase.
    return '"' + " ".join(terms).replace('"', " ") + '"'


def _easy(column: Sequence[Any]) -> Sequence[Any]:
    """Give values of one column as types that the library binds at once.

    For others, bytes, booleans, members of enumerations and None among them, it looks for an adapter first,
    which takes a microsecond each: more than all else that is done for a value.
    """
    for kind in set(map(type, column)) - _EASY:
        if kind is bytes:
            column = [bytearray(value) if type(value) is bytes else value for value in column]
        elif kind is bool:
            column = [int(value) if type(value) is bool else value for value in column]
        elif issubclass(kind, str):
            column = [str.__str__(value) if type(value) is kind else value for value in column]
    return column


def _engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        module=library,
        connect_args={"timeout": WAIT_S, "isolation_level": None},
        pool_size=4,
        max_overflow=60,
        pool_timeout=WAIT_S,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        for setting in _SETTINGS:
            connection.execute(setting)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that turns writer is refused at once when another wrote meanwhile.
        # Past SQLAlchemy, whose way of executing costs more than all of a short transaction's own work.
        execute = driver_of(connection).execute
        synchronous = connection.get_execution_options().get("newswire_write")
        if synchronous is None:
            execute("BEGIN")
            return
        # Connections come from a pool, and whether a commit waits for the disk is said of a connection.
        if connection.info.get("synchronous") != synchronous:
            execute(f"PRAGMA synchronous={synchronous}")
            connection.info["synchronous"] = synchronous
        execute("BEGIN IMMEDIATE")

    return engine


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    """Turn the library's errors into ours, in words that say what to do."""
    try:
        yield
    except TimeoutError as error:
        raise StoreError(f"{path} is busy: another process holds it for long") from error
    except OSError as error:
        raise StoreError(f"{error.filename or path}: {error.strerror or error}") from error
    except PoolTimeoutError as error:
        raise StoreError(f"{path}: too many readers at once") from error
    except DBAPIError as error:
        raise _ours(path, str(error.orig)) from error
    except library.Error as error:
        raise _ours(path, str(error)) from error


#: what SQLite says → what we say
_WORDS = (
    ("disk is full", "the disk is full: make room, nothing that was acknowledged is lost"),
    ("disk I/O error", "the disk does not work: see the system's log"),
    ("is locked", "is busy: another process holds it for long"),
    ("not a database", "no database"),
    ("readonly", "may not be written to by this user"),
    ("unable to open", "cannot be opened: does its folder exist, and may this user write there?"),
    ("no such module: fts5", "this SQLite has no FTS5: install pysqlite3"),
    ('unrecognized option: "contentless_delete', "this SQLite is older than 3.43: install pysqlite3"),
)


def _ours(path: Path, message: str) -> StoreError:
    if "malformed" in message:
        return DamagedError(f"{path}: damaged, {message}", RESTORE)
    words = next((words for sign, words in _WORDS if sign in message), message)
    return StoreError(f"{path}: {words}")
