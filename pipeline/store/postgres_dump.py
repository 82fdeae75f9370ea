"""Copies of a PostgreSQL database in files, by the programs that come with PostgreSQL."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.conninfo import make_conninfo

from pipeline.errors import StoreError
from pipeline.store.migrations import HEAD, newer
from pipeline.store.postgres_link import Link
from pipeline.store.private_files import check_target, partial_of, put_in_place

_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    # What others' sessions do is hidden from who is not allowed to see it.
    "AND coalesce(backend_type, 'client backend') = 'client backend'"
)
_TABLES = (
    "SELECT current_schema(), coalesce(array_agg(tablename::text), '{}') FROM pg_tables "
    "WHERE schemaname = current_schema()"
)
#: the tables by which a database of ours is known
_OURS = ("alembic_version", "document")
_KNOWN_SETTINGS = "SELECT array_agg(name) FROM pg_settings"
#: at the head of a script
_SETTING = re.compile(rb"^SET (\w+) = ", re.MULTILINE)
_HEAD_BYTES = 4096
#: in a script of one table's rows
_REVISION = re.compile(r"^COPY .*\balembic_version\b.*\n(\w+)$", re.MULTILINE)


def backup(link: Link, target: Path) -> None:
    """Write the database as it is at one moment to a file; it gets its name when it is whole and readable.

    Args:
        link: To the database. Of its schemas it is the one with our tables that is written.
        target: The file.

    Raises:
        StoreError: It is there already, the programs are missing, or they failed.
        OSError: The file cannot be written.
        psycopg.Error: The server cannot be reached.
    """
    check_target(target)
    with closing(link.connect()) as connection:
        schema, _ = _row(connection, _TABLES)
    with partial_of(target) as partial:
        words = ["--format=custom", "--no-owner", "--no-privileges", f'--schema="{schema}"']
        _run(link, "pg_dump", *words, f"--file={partial}")
        _listed(partial)
        put_in_place(partial, target)


def restore(link: Link, source: Path) -> str | None:
    """Replace all tables by those of a backup, in one transaction; the old ones are kept in another schema.

    Args:
        link: To the database.
        source: A file of `backup`.

    Returns:
        Where the old tables are; None: there were none.

    Raises:
        StoreError: The file is no such backup, another program's tables are there, somebody is connected, or
            the programs are missing or failed.
        OSError: There is no room for a file.
        psycopg.Error: The server cannot be reached.
    """
    with closing(link.connect()) as connection:
        (others,) = _row(connection, _OTHERS)
        schema, tables = _row(connection, _TABLES)
        (known,) = _row(connection, _KNOWN_SETTINGS)
    _check(source, schema)
    if tables and not {*_OURS} <= {*tables}:
        raise StoreError(f"{link.name} is the database of another program: use another storage.url")
    if others:
        raise StoreError(
            f"{link.name} is in use by {others} other connections: stop all that works with it first"
        )
    kept = f"{schema}_replaced_{time.strftime('%Y%m%d_%H%M%S', time.gmtime())}"
    first = [f'ALTER SCHEMA "{schema}" RENAME TO "{kept}"', f'CREATE SCHEMA "{schema}"'] if tables else []
    with tempfile.TemporaryDirectory(prefix="newswire-") as folder:
        # Through a file: what breaks off in a pipe would be committed as if it were all.
        script = Path(folder) / "restore.sql"
        words = ["--no-owner", "--no-privileges", f"--schema={schema}", f"--file={script}", str(source)]
        _read("pg_restore", source, *words)
        _leave_out_unknown(script, frozenset(known))
        commands = [f"--command={each}" for each in first]
        options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
        _run(link, "psql", *options, *commands, f"--file={script}")
    return f"{link.name}, schema {kept}" if tables else None


def _leave_out_unknown(script: Path, known: frozenset[str]) -> None:
    """Make comments of the settings at the head of a script that its server, an older one, does not know."""
    with script.open("r+b") as file:
        for found in _SETTING.finditer(file.read(_HEAD_BYTES)):
            if found[1].decode() not in known:
                file.seek(found.start())
                file.write(b"--")


def _row(connection: "psycopg.Connection[Any]", query: LiteralString) -> Any:
    return connection.execute(query).fetchone()


def _check(source: Path, schema: str) -> None:
    if not source.is_file():
        raise StoreError(f"{source}: there is no such file")
    listed = _listed(source)
    if not all(f" {table} " in listed for table in _OURS):
        raise StoreError(f"{source}: no backup of newswire")
    if not all(f" TABLE {schema} {table} " in listed for table in _OURS):
        raise StoreError(f"{source}: the tables of this backup are in another schema than {schema}")
    rows = _read("pg_restore", source, "--data-only", "--table=alembic_version", "--file=-", str(source))
    found = _REVISION.search(rows)
    if found and found[1] > HEAD:
        raise StoreError(f"{newer(str(source), found[1])}: use that release")


def _listed(file: Path) -> str:
    return _read("pg_restore", file, "--list", str(file))


def _run(link: Link, program: str, *words: str) -> None:
    """Run a program of PostgreSQL on the database; no password is on its command line."""
    parts = link.parts
    shown = {key: value for key, value in parts.items() if not key.endswith("password")}
    env = {"PGPASSWORD": str(parts["password"])} if parts.get("password") else {}
    words = ("--no-password", *words, f"--dbname={make_conninfo(**shown)}")
    done = _finished([_program(program), *words], env)
    if done.returncode:
        raise StoreError(link.told_in_words(_said(done)))


def _read(program: str, file: Path, *words: str) -> str:
    """Have a program look at a file; gives what it writes."""
    done = _finished([_program(program), *words], {})
    if done.returncode:
        raise StoreError(f"{file}: {_said(done).splitlines()[0]}")
    return done.stdout


def _finished(words: list[str], env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, **env})  # noqa: S603


def _said(done: "subprocess.CompletedProcess[str]") -> str:
    return done.stderr.strip() or f"exit {done.returncode}"


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise StoreError(
            f"{name} is not on this machine: install PostgreSQL's client programs, of the server's "
            "release or newer (Debian: postgresql-client)"
        )
    return found
