"""Where the store is, and opening it: the one place that picks an adapter."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from pipeline.errors import ConfigError
from pipeline.store.database import Database
from pipeline.store.migrate import has_schema, migrate
from pipeline.store.sqlite import WAIT_S, SqliteDatabase, outdated
from pipeline.store.store import SqlStore

if TYPE_CHECKING:
    from pipeline.store.postgres import PostgresDatabase

__all__ = [
    "database_exists",
    "default_store_url",
    "is_on_server",
    "open_database",
    "open_store",
    "outdated",
    "server_checks",
    "server_remarks",
    "server_version",
    "store_name",
]


def default_store_url(data_dir: Path) -> str:
    """Name the database of a data directory."""
    return "sqlite:///" + quote(str((data_dir / "newswire.db").absolute()))


def is_on_server(url: str | None) -> bool:
    """Say whether a URL names a database on a server, not a file."""
    return url is not None and urlsplit(url).scheme.partition("+")[0] == "postgresql"


def store_name(url: str | None, data_dir: Path) -> str:
    """Name the store for people, without secrets. Raises ConfigError."""
    if not is_on_server(url):
        return str(_file(url, data_dir))
    with closing(_on_server(url, WAIT_S)) as database:
        return database.name


def server_version(url: str) -> str:
    """Ask a server what it is.

    Raises:
        ConfigError: The URL cannot be read.
        StoreError: The server cannot be reached or used; says why, without secrets.
    """
    with closing(_on_server(url, WAIT_S)) as database:
        return database.version()


def server_remarks(url: str) -> Sequence[str]:
    """Say what of a server's settings endangers what is stored on it. Raises as `server_version` does."""
    with closing(_on_server(url, WAIT_S)) as database:
        return database.remarks()


def server_checks(url: str) -> Sequence[str]:
    """Say by what damage to a server's files is found. Raises as `server_version` does."""
    with closing(_on_server(url, WAIT_S)) as database:
        return database.checked_by()


def database_exists(url: str | None, data_dir: Path) -> bool:
    """Say whether there is a store to open, without making one.

    Raises:
        ConfigError: The URL names no database that we can use.
        StoreError: The server cannot be reached.
    """
    if not is_on_server(url):
        return _file(url, data_dir).is_file()
    with closing(_on_server(url, WAIT_S)) as database:
        return has_schema(database)


def open_store(url: str | None, data_dir: Path, *, wait_s: float = WAIT_S) -> SqlStore:
    """Open the store, making it or bringing its schema up to date first.

    Args:
        url: `sqlite:///path`, relative or absolute, or `postgresql://user:password@host/database`; None:
            SQLite in the data directory.
        data_dir: The data directory; made where it is missing.
        wait_s: How long a write waits for the others before it is a StoreError.

    Raises:
        ConfigError: The URL names no database that we can use.
        StoreError: The database cannot be opened, is damaged, or was written by a newer newswire.
    """
    database = open_database(url, data_dir, wait_s=wait_s)
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return SqlStore(database)


def open_database(url: str | None, data_dir: Path, *, wait_s: float = WAIT_S) -> Database:
    """Reach the database as it is, whatever its schema. Raises ConfigError."""
    return _on_server(url, wait_s, data_dir) if is_on_server(url) else _in_file(_file(url, data_dir), wait_s)


def _in_file(path: Path, wait_s: float) -> Database:
    path.parent.mkdir(parents=True, exist_ok=True)
    return SqliteDatabase(path, wait_s=wait_s)


def _on_server(url: str | None, wait_s: float, data_dir: Path = Path()) -> "PostgresDatabase":
    # Imported only where it is used: its library would make every command start later.
    from pipeline.store.postgres import PostgresDatabase  # noqa: PLC0415

    return PostgresDatabase(url or "", wait_s=wait_s, copies=data_dir / "backups")


def _file(url: str | None, data_dir: Path) -> Path:
    parts = urlsplit(url or default_store_url(data_dir))
    if parts.scheme.partition("+")[0] != "sqlite" or not parts.path.strip("/"):
        raise ConfigError(
            f"storage.url: {parts.scheme}:// is not supported: give sqlite:///path/to/newswire.db or "
            "postgresql://user:password@host/database, or leave it out"
        )
    return Path(unquote(parts.path.removeprefix("/")))
