"""The adapters that the store's contract is held against."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.ports import Store
from pipeline.store.open import open_store


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
    return f"sqlite:///{tmp_path}/data/newswire.db"


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each kind."""
    opened = open_store(store_url, tmp_path / "data")
    yield opened
    opened.close()
