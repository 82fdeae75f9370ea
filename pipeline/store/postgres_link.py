"""Reaching a PostgreSQL server: how a connection is set up, and its errors in words that say what to do.

Nothing that is said holds the user's name or password of the URL.
"""

import re
import time
from collections.abc import Generator, Mapping, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import tuple_row
from psycopg.types.string import StrDumperUnknown

from pipeline.errors import ConfigError, StoreError

T = TypeVar("T")

#: the releases of PostgreSQL that the tests run against begin here
_OLDEST = 15
_CONNECT_S = 10
#: a statement that runs longer is given up: a search must not keep a server busy for ever
_STATEMENT_S = 120
#: a transaction whose client does not go on is ended: it may hold what all writers wait for
_IDLE_S = 30
#: how long a peer may be silent before it counts as gone
_SILENT_S = 30
#: a server that says nothing for so long, though the line stands, will say nothing more of that statement
ANSWER_S = _STATEMENT_S + _SILENT_S
_SETTINGS = f"""
    SET lock_timeout = {{wait_ms}};
    SET statement_timeout = '{_STATEMENT_S}s';
    SET idle_in_transaction_session_timeout = '{_IDLE_S}s';
    SET client_connection_check_interval = '{_SILENT_S // 3}s';
    SET work_mem = '32MB';
    SET jit = off; -- our statements are short
    SET max_parallel_workers_per_gather = 0;
    SET random_page_cost = 1.1; -- what is looked for is in memory, or on a disk without arms
    -- What is acknowledged must be on the disk; a stricter setting of the server's stays.
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off'
"""


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


class _Text(StrDumperUnknown):
    """Text as the server takes it: NUL, or half a pair of surrogates, must not stop the rest."""

    def dump(self, obj: str) -> Any:
        """See psycopg.abc.Dumper."""
        try:
            return super().dump(obj)
        except (psycopg.DataError, UnicodeEncodeError):
            return super().dump(_storable(obj))


def storable(texts: Sequence[str | None]) -> Sequence[str | None]:
    """Make many texts such that the server takes them; for COPY, which asks nobody about each value."""
    whole = "".join(filter(None, texts))
    try:
        if "\0" not in whole and (whole.isascii() or whole.encode()):
            return texts
    except UnicodeEncodeError:
        pass
    return [text and _storable(text) for text in texts]


class PatientConnection(psycopg.Connection[Any]):
    """A connection on which nobody waits for ever: what is between us and the server may swallow an answer.

    The server's own limit ends a statement, and keepalives notice a peer that is gone; neither helps where
    something that forwards connections lives and passes nothing on.
    """

    #: None: an answer may take any time
    limit_s: float | None = None

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **options: Any) -> T:
        """See psycopg.Connection."""
        if self.limit_s is None:
            return super().wait(gen, *args, **options)
        try:
            return super().wait(_in_time(gen, self.limit_s), *args, **options)
        except _NoAnswerError:
            self.close()
            raise


class _NoAnswerError(psycopg.OperationalError):
    """An answer did not come in time."""


def _in_time(gen: Generator[Any, Any, T], limit_s: float) -> Generator[Any, Any, T]:
    """Go on with what waits for a server as long as something comes in time; it looks ten times a second."""
    try:
        wanted = next(gen)
        until = time.monotonic() + limit_s
        while True:
            ready = yield wanted
            now = time.monotonic()
            if ready:
                until = now + limit_s
            elif now > until:
                raise _NoAnswerError(f"no answer within {limit_s:g} s: timed out")
            wanted = gen.send(ready)
    except StopIteration as done:
        answer: T = done.value
        return answer


class Link:
    """Where a server is, and what every connection to it is told."""

    def __init__(self, url: str, *, wait_s: float) -> None:
        self._conninfo = _plain(url)
        try:
            self._parts = conninfo_to_dict(self._conninfo)
        except psycopg.ProgrammingError:
            # What the library says of it may hold a part of the password.
            raise ConfigError(
                "storage.url cannot be read: write postgresql://user:password@host:5432/database, and "
                "percent-encode what is no letter or digit in user and password (@ is %40, / is %2F)"
            ) from None
        self._settings = _SETTINGS.format(wait_ms=int(wait_s * 1000))

    @property
    def parts(self) -> Mapping[str, Any]:
        """Give what a connection needs, as libpq names it; the password is among it."""
        return self._parts

    @property
    def name(self) -> str:
        """Name the database for people, without user and password."""
        parts = self._parts
        host, port = (str(parts.get(key) or "") for key in ("host", "port"))
        place = host + (f":{port}" if port and not host.startswith("/") else "")
        return f"postgresql://{place or 'localhost'}/{parts.get('dbname') or ''}"

    def connect(self, *, limit_s: float | None = None) -> PatientConnection:
        """Open a connection that begins no transaction by itself.

        Args:
            limit_s: After how long without an answer it is given up; None: never.

        Raises:
            StoreError: The server is too old, or does not keep Unicode.
            psycopg.Error: It cannot be reached.
        """
        defaults: dict[str, Any] = {
            "connect_timeout": _CONNECT_S,
            "application_name": "newswire",
            "keepalives_idle": _SILENT_S // 3,
            "keepalives_interval": _SILENT_S // 3,
            "keepalives_count": 2,
            "tcp_user_timeout": _SILENT_S * 1000,
        }
        chosen = {key: value for key, value in defaults.items() if key not in self._parts}
        connection = PatientConnection.connect(
            self._conninfo, autocommit=True, client_encoding="utf8", row_factory=tuple_row, **chosen
        )
        try:
            connection.limit_s = ANSWER_S
            self._check(connection)
            connection.adapters.register_dumper(str, _Text)
            connection.execute(self._settings)
            connection.limit_s = limit_s
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self, connection: "psycopg.Connection[Any]") -> None:
        info = connection.info
        if info.server_version < _OLDEST * 10_000:
            raise StoreError(
                f"{self.name}: PostgreSQL {version_of(info.server_version)} is too old: "
                f"{_OLDEST} or newer is needed"
            )
        encoding = info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise StoreError(
                f"{self.name}: its encoding is {encoding}: make it anew with "
                "createdb --encoding=UTF8 --template=template0"
            )

    def in_words(self, error: BaseException) -> str:
        """Say what went wrong and what to do."""
        return self.told_in_words(str(error) or type(error).__name__, getattr(error, "sqlstate", None) or "")

    def told_in_words(self, told: str, state: str = "") -> str:
        """Say what the server, or a program of its, told of a failure."""
        told = told.strip()
        words = _BY_STATE.get(state) or next((words for sign, words in _BY_SIGN if sign.search(told)), None)
        if words is None:
            first = (told.splitlines() or ["failed"])[0]
            words = first.rpartition("FATAL: ")[2].strip() or first
            if user := self._parts.get("user"):
                words = words.replace(f'"{user}"', "of storage.url")
        return f"{self.name}: {words}"


def version_of(number: int) -> str:
    """Write a server's version number as people do.

    >>> version_of(150018), version_of(140002)
    ('15.18', '14.2')
    """
    return f"{number // 10_000}.{number % 10_000}"


def _plain(url: str) -> str:
    """Take the name of a driver, as others write it into such URLs, out of the scheme."""
    scheme, mark, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}{mark}{rest}"


#: a state as SQL names it → what we say
_BY_STATE = {
    "55P03": "is busy: another process holds it for long",
    "57014": f"an answer took longer than {_STATEMENT_S} s",
    "53100": "the disk is full: make room, nothing that was acknowledged is lost",
    "53300": "too many connections: raise max_connections",
    "42501": "its user may not make or change tables here: GRANT CREATE, USAGE ON SCHEMA public TO it",
    "25006": "is read-only, perhaps a standby: name the primary server",
    "XX001": "damaged: restore a backup",
    "XX002": "an index is damaged: REINDEX DATABASE makes it anew",
}
#: what the connection's failure says → what we say; the server's own language may be another
_BY_SIGN = tuple(
    (re.compile(sign), words)
    for sign, words in (
        (r"password authentication failed", "the user or the password is not accepted"),
        (r"no password supplied", "asks for a password: put it into storage.url, or into ~/.pgpass"),
        (r"no pg_hba.conf entry", "does not let this user in from this machine: see its pg_hba.conf"),
        (r'database "[^"]*" does not exist', "there is no such database: createdb makes it"),
        (r'role "[^"]*" does not exist', "the user or the password is not accepted"),
        (r"too many clients|remaining connection slots", "too many connections: raise max_connections"),
        (r"the database system is (starting|shutting|not yet)", "is just starting or stopping"),
        (r"Connection refused|No such file or directory|server closed|Is the server running",
         "no PostgreSQL answers there: is it running (its log says why not), are host and port right?"),
        (r"server version mismatch",
         "its programs here are older than the server: install those of its release or newer"),
        (r"could not translate host name|[Nn]ame or service not known|failed to resolve host",
         "there is no such host"),
        (r"timeout expired|timed out", "does not answer in time"),
        (r"SSL|certificate", "the encrypted connection was refused: see sslmode and sslrootcert"),
    )
)  # fmt: skip
