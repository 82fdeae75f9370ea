"""Copies of a PostgreSQL database in files, by the programs that come with PostgreSQL."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo

from pipeline.errors import StoreError

_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
_TABLES = "SELECT current_schema(), count(*) FROM pg_tables WHERE schemaname = current_schema()"


def backup(parts: Mapping[str, Any], name: str, target: Path) -> None:
    """Write the database as it is at one moment to a file; it gets its name when it is whole and readable.

    Args:
        parts: Of the connection, as libpq names them.
        name: Of the database, without secrets.
        target: The file.

    Raises:
        StoreError: It is there already, the programs are missing, or they failed.
    """
    if target.exists():
        raise StoreError(f"{target} is there already: give another name")
    with _private_file(target.with_name(f"{target.name}.partial")) as partial:
        _run(parts, name, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={partial}")
        _listed(partial)
        _sync(partial)
        partial.replace(target)
        _sync(target.parent)


def restore(parts: Mapping[str, Any], name: str, source: Path, connect: Callable[[], Any]) -> str | None:
    """Replace all tables by those of a backup, in one transaction; the old ones are kept in another schema.

    Args:
        parts: Of the connection, as libpq names them.
        name: Of the database, without secrets.
        source: A file of `backup`.
        connect: Opens a connection, to look whether anybody else has one.

    Returns:
        Where the old tables are; None: there were none.
    """
    _check(source)
    with closing(connect()) as connection:
        (others,) = connection.execute(_OTHERS).fetchone()
        schema, tables = connection.execute(_TABLES).fetchone()
    if others:
        raise StoreError(f"{name} is in use by {others} other connections: stop all that works with it first")
    kept = f"{schema}_replaced_{time.strftime('%Y%m%d_%H%M%S', time.gmtime())}"
    first = [f'ALTER SCHEMA "{schema}" RENAME TO "{kept}"', f'CREATE SCHEMA "{schema}"'] if tables else []
    with _private_file(Path(tempfile.mkdtemp(prefix="newswire-")) / "restore.sql") as script:
        # Through a file: what breaks off in a pipe would be committed as if it were all.
        words = ["--no-owner", "--no-privileges", f"--schema={schema}", f"--file={script}", str(source)]
        _finished(source.name, [_program("pg_restore"), *words], {})
        commands = [f"--command={each}" for each in first]
        options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
        _run(parts, name, "psql", *options, *commands, f"--file={script}")
    script.parent.rmdir()
    return f"{name}, schema {kept}" if tables else None


def _check(source: Path) -> None:
    if not source.is_file():
        raise StoreError(f"{source}: there is no such file")
    listed = _listed(source)
    if not all(f" {table} " in listed for table in ("alembic_version", "document")):
        raise StoreError(f"{source}: no backup of newswire")


def _listed(file: Path) -> str:
    return _finished(str(file), [_program("pg_restore"), "--list", str(file)], {})


def _run(parts: Mapping[str, Any], name: str, program: str, *words: str) -> None:
    """Run a program of PostgreSQL on the database; the password is not on its command line."""
    shown = {key: value for key, value in parts.items() if key != "password"}
    env = {"PGPASSWORD": str(parts["password"])} if parts.get("password") else {}
    _finished(name, [_program(program), *words, f"--dbname={make_conninfo(**shown)}"], env)


def _finished(name: str, words: list[str], env: Mapping[str, str]) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, **env})  # noqa: S603
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[0]
        raise StoreError(f"{name}: {said}")
    return done.stdout


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise StoreError(
            f"{name} is not on this machine: install PostgreSQL's client programs, of the server's "
            "release or newer (Debian: postgresql-client)"
        )
    return found


@contextmanager
def _private_file(path: Path) -> Iterator[Path]:
    """Make a file for its owner only, and remove what is left of it at the end."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
