"""What all tests share."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.loading import start_loading

if TYPE_CHECKING:
    from postgres_server import PostgresServer

# Helpers beside the tests (running, badserver, fakes) are imported by name.
sys.path.insert(0, str(Path(__file__).parent))

# Thousands of tests are collected and stay.
start_loading()

# A shell that runs tests in the background has them ignore Ctrl-C: what they start must not inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres() -> "PostgresServer":
    """A PostgreSQL server of this test process."""
    from postgres_server import the_server

    try:
        return the_server()
    except LookupError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def postgres_url(postgres: "PostgresServer") -> Iterator[str]:
    """The URL of a store in PostgreSQL in which nothing is stored."""
    url = postgres.store_url()
    yield url
    postgres.give_back(url)
