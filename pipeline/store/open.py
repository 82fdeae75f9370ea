"""Where the store is, and opening it: the one place that picks an adapter."""

from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from pipeline.errors import ConfigError
from pipeline.store.database import Database
from pipeline.store.migrate import migrate
from pipeline.store.sqlite import WAIT_S, SqliteDatabase, outdated
from pipeline.store.store import SqlStore

__all__ = ["database_exists", "default_store_url", "open_database", "open_store", "outdated"]


def default_store_url(data_dir: Path) -> str:
    """Name the database of a data directory."""
    return "sqlite:///" + quote(str((data_dir / "newswire.db").absolute()))


def database_exists(url: str | None, data_dir: Path) -> bool:
    """Say whether there is a store to open, without making one."""
    return _file(url, data_dir).is_file()


def open_store(url: str | None, data_dir: Path, *, wait_s: float = WAIT_S) -> SqlStore:
    """Open the store, making it or bringing its schema up to date first.

    Args:
        url: `sqlite:///path`, relative or absolute; None: in the data directory.
        data_dir: The data directory; made where it is missing.
        wait_s: How long a write waits for the others before it is a StoreError.

    Raises:
        ConfigError: The URL names no database that we can use.
        StoreError: The database cannot be opened, is damaged, or was written by a newer newswire.
    """
    database = open_database(url, data_dir, wait_s=wait_s)
    migrate(database)
    return SqlStore(database)


def open_database(url: str | None, data_dir: Path, *, wait_s: float = WAIT_S) -> Database:
    """Reach the database as it is, whatever its schema. Raises ConfigError."""
    path = _file(url, data_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    return SqliteDatabase(path, wait_s=wait_s)


def _file(url: str | None, data_dir: Path) -> Path:
    parts = urlsplit(url or default_store_url(data_dir))
    if parts.scheme.partition("+")[0] != "sqlite" or not parts.path.strip("/"):
        raise ConfigError(
            f"storage.url: {parts.scheme}:// is not supported yet: give sqlite:///path/to/newswire.db, "
            "or leave it out"
        )
    return Path(unquote(parts.path.removeprefix("/")))
