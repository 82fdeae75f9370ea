"""PostgreSQL: the database of many machines.

One writer at a time, as with SQLite: a write transaction begins by taking one advisory lock, which the server
lets go of at its end, whatever becomes of the client. So what a transaction has read is still true when it
writes, and the numbers of the change log can be seen in their order: who has seen one has seen all before it.
Readers wait for nobody.

Where the connection breaks during a commit, the server is asked afterwards whether it took place: what did
not is done once more (see database.Part), and nothing is done twice.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    String,
    Table,
    create_engine,
    delete,
    false,
    insert,
    not_,
    or_,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.dml import Insert

from pipeline.errors import DamagedError, StoreError
from pipeline.ports.care import Fault
from pipeline.ports.reading import Query
from pipeline.store import postgres_dump, postgres_files, statements
from pipeline.store.database import Terms, UndoneError, files_damaged
from pipeline.store.executing import FILL, driver_of, execute_many, fetch
from pipeline.store.one_process import OneProcess
from pipeline.store.postgres_files import DamagedIndexError, damage_told, is_damage
from pipeline.store.postgres_link import ANSWER_S, Link, PatientConnection, storable, version_of
from pipeline.store.postgres_months import (
    KEPT_BY,
    InUseError,
    drop_month,
    known_months,
    make_month,
    months_ahead,
)
from pipeline.store.postgres_terms import document_terms, matching, words_of
from pipeline.store.tables import raw

#: of all advisory locks of a database, ours
_LOCK = int.from_bytes(b"newswire", "big")
#: a plan that is to fit all words and times fits none
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL plan_cache_mode = force_custom_plan"
#: reads whole tables
_READ_ALL = f"{_READ}; SET LOCAL statement_timeout = 0"
_WRITE = (
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {more}"
    f"SELECT pg_advisory_xact_lock({_LOCK}); SELECT pg_current_xact_id()::text"
)
#: whether a commit waits for the disk → how a transaction begins that writes
_BEGIN = {True: _WRITE.format(more=""), False: _WRITE.format(more="SET LOCAL synchronous_commit = off; ")}
#: a migration waits for its backup, and may change much
_MIGRATE = _WRITE.format(
    more="SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0; "
    "SET LOCAL lock_timeout = 0; "
)
#: transactions whose answers may take any time
_UNLIMITED = (_READ_ALL, _MIGRATE)
#: serialization failure, deadlock, the server ended the connection or is not there yet
_TRANSIENT = ("40001", "40P01", "57P01", "57P02", "57P03", "57P05", "25P03")
#: how often, and how long apart, the server is asked whether a commit took place
_ASK_AGAIN_S = (0.0, 0.1, 0.3, 1.0, 2.0, 4.0)
#: how long to wait for the bell of the change log before looking without it
_LISTEN_S = 5.0
_LOOK_AGAIN_S = 0.5
#: how a connection stands that waits for an answer
_WAITING = psycopg.pq.TransactionStatus.ACTIVE
#: what a server should not have switched off → what is the matter then
_NEEDED_ON = {
    "fsync": "what was acknowledged may be lost, and the database with it, when its machine stops",
    "full_page_writes": "a page that was half written when its machine stopped is not mended",
    "data_checksums": "a page that its disk has damaged goes unseen: pg_checksums --enable",
    "autovacuum": "nothing is counted for the planner, and what is deleted takes room for ever",
}
_SWITCHED_OFF = text("SELECT name FROM pg_settings WHERE setting = 'off' AND name = ANY(:names)")
#: tables that have held a text which was erased
_SCRUBBED = ("document_data", "document_terms", "raw", "entry_payload", "quarantine", "tagging")
_NEXT_RAW = text("SELECT setval('raw_ids', nextval('raw_ids') + :count - 1)")
_INSERT_TERMS = insert(document_terms)


@compiles(String, "postgresql")
def _any_length(_type: String, _compiler: object, **_options: Any) -> str:
    """Give text no limit of length: SQLite has none, and what one store takes, the other must."""
    return "TEXT"


class PostgresDatabase:
    """A database.Database on a server.

    Connections do not survive a fork: call `close` in the parent before it.
    """

    def __init__(self, url: str, *, wait_s: float, copies: Path = Path("backups")) -> None:
        self._copies = copies
        self._link = Link(url, wait_s=wait_s)
        self._engine = _engine(self._link, wait_s)
        #: listens to the change log; None: nobody waits for it
        self._bell: psycopg.Connection[Any] | None = None
        self._process = OneProcess()
        #: what is to be indexed again, as SQL says it → the index that was found damaged
        self._damaged: dict[str, str] = {}

    @property
    def name(self) -> str:
        """See database.Database."""
        return self._link.name

    def version(self) -> str:
        """Say what server it is."""
        with self._errors(), self._link.connect() as connection:
            return f"PostgreSQL {version_of(connection.info.server_version)}"

    def remarks(self) -> Sequence[str]:
        """Say what of the server's settings endangers what is stored."""
        with self.read() as connection:
            off = set(connection.execute(_SWITCHED_OFF, {"names": list(_NEEDED_ON)}).scalars())
        return [f"{name} is off: {matter}" for name, matter in _NEEDED_ON.items() if name in off]

    def checked_by(self) -> Sequence[str]:
        """Say by what damage to its files is found."""
        with self._errors(), closing(self._link.connect()) as connection:
            return [*postgres_files.checked_by(connection)]

    @contextmanager
    def read(self, *, patient: bool = False) -> Iterator[Connection]:
        """See database.Database."""
        with self._errors(), self._begun(_READ_ALL if patient else _READ) as (connection, _):
            yield connection
            connection.rollback()

    @contextmanager
    def write(self, *, lasting: bool = True) -> Iterator[Connection]:
        """See database.Database."""
        with self._errors(), self._begun(_BEGIN[lasting]) as (connection, transaction_id):
            yield connection
            try:
                connection.commit()
            except DBAPIError as error:
                if not error.connection_invalidated or not self._took_place(transaction_id):
                    raise

    def prepare(self) -> None:
        """See database.Database."""

    @contextmanager
    def migration(self) -> Iterator[Connection]:
        """See database.Database. Who waits for it is not given up after `wait_s`."""
        with self._errors(), self._begun(_MIGRATE) as (connection, _):
            yield connection
            connection.commit()

    def copy_aside(self, suffix: str) -> str:
        """See database.Database. The copy lies in the data directory of whoever migrates."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        target = self._copies / f"newswire-{stamp}.{suffix}"
        try:
            self._copies.mkdir(parents=True, exist_ok=True, mode=0o700)
            postgres_dump.backup(self._link, target)
        except (StoreError, OSError) as error:
            raise StoreError(
                f"the schema is to be changed, and no backup can be made before: {error}. Make one yourself, "
                "then: newswire db migrate --no-backup"
            ) from error
        return str(target)

    def backup(self, target: Path) -> None:
        """See database.Database."""
        with self._errors():
            postgres_dump.backup(self._link, target)

    def restore(self, source: Path) -> str | None:
        """See database.Database."""
        self.close()
        with self._errors():
            return postgres_dump.restore(self._link, source)

    def indexed(self, connection: Connection, window: range) -> Sequence[int]:
        """See database.Database."""
        key = document_terms.c.document_seq
        rows = select(key).where(key >= window.start, key < window.stop)
        return connection.execute(rows).scalars().all()

    def close(self) -> None:
        """See database.Database."""
        self._engine.dispose()
        self._hang_up()
        self._process.forget()

    def insert_new(self, table: Table) -> Insert:
        """See database.Database."""
        return statements.insert_new(postgres_insert, table)

    def insert_or_add(self, table: Table, column: str) -> Insert:
        """See database.Database."""
        return statements.insert_or_add(postgres_insert, table, column)

    def insert_or_set(self, table: Table, column: str) -> Insert:
        """See database.Database."""
        return statements.insert_or_set(postgres_insert, table, column)

    def reserve(self, connection: Connection, table: Table, count: int) -> range:
        """See database.Database. Nobody else writes in this transaction, so the next ones are free."""
        if table is raw:  # its rows go while entries still name them: no id is given twice
            last = connection.execute(_NEXT_RAW, {"count": count}).scalar_one() - count
        else:
            ((last,),) = fetch(connection, statements.last_id(table))
        return range(last + 1, last + 1 + count)

    def index(self, connection: Connection, terms: Sequence[Terms]) -> None:
        """See database.Database."""
        rows = [{"document_seq": each.document_seq, "words": words_of(each)} for each in terms]
        execute_many(connection, _INSERT_TERMS, rows)

    def unindex(self, connection: Connection, document_seq: int) -> None:
        """See database.Database."""
        connection.execute(delete(document_terms).where(document_terms.c.document_seq == document_seq))

    def goes_by_row(self, table: Table) -> ColumnElement[bool]:
        """See database.Database."""
        with self.read() as connection:
            return not_(or_(false(), *(month.holds() for month in known_months(connection, table))))

    def keep_months(
        self, now: datetime, old: Mapping[Table, datetime], needed: Mapping[Table, Select[int]]
    ) -> Mapping[Table, int]:
        """See database.Database."""
        gone: Counter[Table] = Counter()
        for table in KEPT_BY:
            with self.read() as connection:
                known = known_months(connection, table)
            for month in months_ahead(table, now):
                if month not in known:
                    with suppress(InUseError), self.write() as connection:
                        if month not in known_months(connection, table):  # else another host was faster
                            make_month(connection, month)
            for month in known:
                if table in old and month.stop <= old[table]:
                    with suppress(InUseError), self.write() as connection:
                        if month in known_months(connection, table):
                            gone[table] += drop_month(connection, month, needed.get(table))
        return gone

    def wait_for_change(self) -> None:
        """See database.Database. The table rings; the first call only begins to listen."""
        self._process.check()
        try:
            if self._bell is None:
                self._bell = self._link.connect()
                self._bell.execute("LISTEN newswire_change")
            else:
                for _ in self._bell.notifies(timeout=_LISTEN_S, stop_after=1):
                    pass
        except (psycopg.Error, StoreError):
            self._hang_up()
            time.sleep(_LOOK_AGAIN_S)  # the next look at the log will say what is wrong

    def scrub(self, *, limit_s: float | None = None) -> bool:
        """See database.Database. What was deleted is overwritten by VACUUM; the server's log is its own."""
        with self._errors(), closing(self._link.connect()) as connection:
            began = time.monotonic()
            for table in _SCRUBBED:
                # Of what is left at least a moment: 0 would be no limit.
                left_s = 0.0 if limit_s is None else max(limit_s + began - time.monotonic(), 0.001)
                connection.execute(f"SET statement_timeout = {round(left_s * 1000)}")
                connection.execute(f"VACUUM {table}")
        return True

    def matching(
        self, query: Query, window: range | None = None, *, one_by_one: bool = False
    ) -> ColumnElement[bool] | None:
        """See database.Database."""
        return matching(query, window, one_by_one=one_by_one)

    def faults(self, *, quick: bool = False) -> Sequence[Fault]:
        """See database.Database. At a start its files are left to the server."""
        if quick:
            return []
        with self._errors(), closing(self._link.connect()) as connection:
            found = {str(each): self._noted(each) for each in postgres_files.damage(connection, self.name)}
        return [
            Fault(what="an index is damaged", where=each.what, remedy=each.remedy)
            if isinstance(each, DamagedIndexError)
            else files_damaged(each.what)
            for each in found.values()
        ]

    def rebuild(self) -> Sequence[str]:
        """See database.Database. Found by a check, or by whoever has read in them through this object."""
        with self._errors(), closing(self._link.connect()) as connection:
            made = [*postgres_files.make_again(connection, sorted(self._damaged))]
        return [self._damaged.pop(part) for part in made]

    def _noted(self, error: DamagedError) -> DamagedError:
        if isinstance(error, DamagedIndexError):
            self._damaged[error.part] = error.name
        return error

    @contextmanager
    def _begun(self, begin: str) -> Iterator[tuple[Connection, str]]:
        """Open a transaction, and give its number where it has one. It is rolled back if nothing ended it."""
        self._process.check()
        with ExitStack() as open_:
            connection = open_.enter_context(_usable(self._engine))
            limit_s = None if begin in _UNLIMITED else ANSWER_S
            try:
                transaction_id = _begin(connection, begin, limit_s)
            except psycopg.Error:
                if not _is_lost(connection):
                    raise
                # It lay unused while the server was started again, and so did the others.
                self._engine.dispose()
                connection = open_.enter_context(_usable(self._engine))
                transaction_id = _begin(connection, begin, limit_s)
            yield connection, transaction_id

    def _hang_up(self) -> None:
        if self._bell is not None:
            self._bell.close()
            self._bell = None

    def _took_place(self, transaction_id: str) -> bool:
        """Ask whether a commit took place whose answer was lost.

        Raises:
            StoreError: The server does not answer, so nobody knows.
        """
        for pause_s in _ASK_AGAIN_S:
            time.sleep(pause_s)
            with suppress(psycopg.Error), self._link.connect(limit_s=ANSWER_S) as connection:
                told = connection.execute("SELECT pg_xact_status(%s::xid8)", (transaction_id,)).fetchone()
                if told is not None and told[0] != "in progress":
                    return bool(told[0] == "committed")
        raise StoreError(
            f"{self.name}: the connection broke, and it is not known whether the last write took place"
        )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn the library's errors into ours, in words that say what to do."""
        try:
            yield
        except PoolTimeoutError as error:
            raise StoreError(f"{self.name}: too many readers at once") from error
        except DBAPIError as error:
            raise self._ours(error.orig or error) from error
        except psycopg.Error as error:
            raise self._ours(error) from error
        except OSError as error:
            raise StoreError(f"{error.filename or self.name}: {error.strerror or error}") from error

    def _ours(self, error: BaseException) -> StoreError:
        state = getattr(error, "sqlstate", None)
        if is_damage(state):
            with suppress(psycopg.Error, StoreError), self._link.connect(limit_s=ANSWER_S) as connection:
                return self._noted(damage_told(connection, self.name, str(error)))
        # Without a state it is the connection that is lost, or was not made.
        undone = state in _TRANSIENT or (state is None and isinstance(error, psycopg.OperationalError))
        return (UndoneError if undone else StoreError)(self._link.in_words(error))


def _engine(link: Link, wait_s: float) -> Engine:
    return create_engine(
        "postgresql+psycopg://",
        creator=link.connect,
        paramstyle="format",
        use_native_hstore=False,
        pool_size=2,
        max_overflow=14,
        pool_timeout=wait_s,
        execution_options={FILL: _copy},
    )


@contextmanager
def _usable(engine: Engine) -> Iterator[Connection]:
    """Take a connection out of the pool; one that was interrupted while it waited does not go back.

    It cannot even be rolled back, and what that raises would hide the interruption: a job's time was over.
    """
    with engine.connect() as connection:
        try:
            yield connection
        finally:
            if not connection.invalidated and driver_of(connection).info.transaction_status is _WAITING:
                connection.invalidate()


def _copy(connection: Connection, table: Table, names: tuple[str, ...], columns: list[Sequence[Any]]) -> None:
    """Give new rows to the server by COPY, which costs both sides less than INSERT."""
    statement, kinds = _copying(table, names)
    told = [
        storable(column) if kind == "text" else column for column, kind in zip(columns, kinds, strict=True)
    ]
    with driver_of(connection).cursor().copy(statement) as copy:
        copy.set_types(kinds)
        for row in zip(*told, strict=True):
            copy.write_row(row)


@cache
def _copying(table: Table, names: tuple[str, ...]) -> tuple[str, list[str]]:
    """Write the statement, and name the types of the columns as the server does."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    kinds = [table.c[name].type.compile(dialect).split()[0] for name in names]
    statement = f"COPY {table.name} ({', '.join(names)}) FROM STDIN (FORMAT BINARY)"
    return statement, [_KINDS.get(kind, kind.lower()) for kind in kinds]


#: a type as SQL writes it → its name in the server's catalogue, where that is another
_KINDS = {"BIGINT": "int8", "INTEGER": "int4", "BOOLEAN": "bool", "FLOAT": "float8"}


def _begin(connection: Connection, statements: str, limit_s: float | None) -> str:
    """Begin a transaction in one round trip; the last statement's answer, if any, is its number."""
    connection.begin()
    driver: PatientConnection = driver_of(connection)
    driver.limit_s = limit_s
    cursor = driver.execute(statements)
    while cursor.nextset():
        pass
    row = cursor.fetchone() if cursor.description else None
    return str(row[0]) if row else ""


def _is_lost(connection: Connection) -> bool:
    """Say whether its server is gone, and have it used no more: SQLAlchemy did not see it go."""
    lost: bool = driver_of(connection).closed
    if lost:
        connection.invalidate()
    return lost
