"""What all tests of the command share: where it stores and queues, and that it keeps to it."""

import os
from collections.abc import Iterator

import pytest

from running import QUEUE, STARTS, STORAGE


@pytest.fixture(scope="session", autouse=True)
def _servers() -> None:
    """Start the servers that are asked for before any test has threads."""
    if os.environ.get(STORAGE) == "postgresql":
        from postgres_server import the_server

        the_server()
    if os.environ.get(QUEUE) == "redis":
        from valkeys import the_queue_server

        the_queue_server()


@pytest.fixture(scope="module", autouse=True)
def _true_starts() -> Iterator[None]:
    """Start the installed command, each time: what it imports and how it begins is part of what is tested."""
    before = os.environ.get(STARTS)
    os.environ[STARTS] = "true"
    yield
    if before is None:
        del os.environ[STARTS]
    else:
        os.environ[STARTS] = before


@pytest.fixture(scope="module", autouse=True)
def _nothing_embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hold a run on servers to it: no command may have fallen back to what it could have started itself."""
    unwanted = [name for name, of in (("newswire.db", STORAGE), ("valkey", QUEUE)) if os.environ.get(of)]
    place = tmp_path_factory.getbasetemp()
    yield
    found = [path for name in unwanted for path in place.rglob(name)]
    # A library of an environment that a test makes is called so too.
    assert [str(path) for path in found if "site-packages" not in path.parts] == []
