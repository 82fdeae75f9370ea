"""The adapters that the store's contract is held against."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from new_database import make_database
from pipeline.ports.store import Store
from pipeline.store.open import is_on_server, open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database of each kind in which nothing was ever made."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres").empty_url()
    return f"sqlite:///{tmp_path}/data/newswire.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return make_database(tmp_path / "data")


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each kind."""
    opened = open_store(store_url, tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def all_bytes(store: Store, store_url: str, tmp_path: Path) -> Callable[[], bytes]:
    """Closes the store and gives all that it has on the disk, or what a server gives of it."""

    def read() -> bytes:
        store.close()
        if is_on_server(store_url):
            from postgres_server import rows_of

            return rows_of(store_url)
        return b"".join(file.read_bytes() for file in (tmp_path / "data").iterdir())

    return read
