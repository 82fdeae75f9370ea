"""Fault tests: at 1,000 items in `make test`, at full size in `make chaos`."""

import os
from pathlib import Path

import pytest

from fault_size import Size
from running import PATIENCE, write_config

#: pytest's own limit for a test, where it names none
_LIMIT_S = 120


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        given = item.get_closest_marker("timeout")
        limit = given.args[0] if given else _LIMIT_S
        item.add_marker(pytest.mark.timeout(limit * PATIENCE), append=False)


@pytest.fixture(scope="session")
def size() -> Size:
    full = os.environ.get("NEWSWIRE_CHAOS") == "full"
    return Size(
        full=full, records=5000 if full else 1000, seconds=120 if full else 30, cuts=200 if full else 2
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration without feeds; small leases, so that faults are noticed soon."""
    return write_config(tmp_path / "config", topics=False)
