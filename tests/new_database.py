"""A new SQLite database without making its tables each time: hundreds of tests begin with one."""

import shutil
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from pipeline.store.open import open_store
from pipeline.store.store import SqlStore


def make_database(directory: Path) -> str:
    """Put a database in which nothing is stored into a data directory, as `open_store` makes it; its URL."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "newswire.db").write_bytes(_made())
    return f"sqlite:///{directory}/newswire.db"


def new_store(directory: Path) -> SqlStore:
    """Open a new store in a data directory."""
    return open_store(make_database(directory), directory)


@cache
def _made() -> bytes:
    place = Path(tempfile.mkdtemp(prefix="newswire-new-"))
    try:
        with closing(open_store(None, place)):
            pass
        return (place / "newswire.db").read_bytes()
    finally:
        shutil.rmtree(place)
