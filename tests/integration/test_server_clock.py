"""The clock that hosts share, by a real server and with hosts' clocks that are wrong."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.server_clock import ServerClock
from valkeys import Valkey, valkey


@dataclass
class Host:
    """A host's clocks: the real ones, set wrong by so many seconds, or asleep for so many."""

    ahead_s: float = 0.0
    slept_s: float = 0.0

    def wall(self) -> float:
        return time.time() + self.ahead_s

    def monotonic(self) -> float:
        return time.monotonic() - self.slept_s

    def clock(self, server: Valkey) -> ServerClock:
        return ServerClock(server.url, wall=self.wall, monotonic=self.monotonic)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with valkey(tmp_path_factory.mktemp("server")) as running:
        yield running


def _off_s(clock: ServerClock) -> float:
    return abs((clock.now() - datetime.now(UTC)).total_seconds())


@pytest.mark.parametrize("ahead_s", [0, 600, -3600])
def test_a_host_with_a_wrong_clock_has_the_server_s_time(server: Valkey, ahead_s: float) -> None:
    assert _off_s(Host(ahead_s).clock(server)) < 1


@pytest.mark.parametrize("ahead_s", [600, -3600])
def test_a_clock_that_is_set_while_it_runs_changes_nothing(server: Valkey, ahead_s: float) -> None:
    host = Host()
    clock = host.clock(server)
    clock.now()
    host.ahead_s = ahead_s
    assert _off_s(clock) < 1


def test_a_host_that_slept_has_the_right_time_at_once(server: Valkey) -> None:
    host = Host()
    clock = host.clock(server)
    clock.now()
    host.slept_s = 7200
    assert _off_s(clock) < 1


def test_without_a_server_it_goes_on_and_before_the_first_answer_by_its_own(tmp_path: Path) -> None:
    host = Host(ahead_s=600)
    with valkey(tmp_path) as server:
        clock = host.clock(server)
        assert _off_s(clock) < 1
        server.kill()
        host.ahead_s = -600
        assert _off_s(clock) < 1
        assert 599 < _off_s(Host(ahead_s=600).clock(server)) < 601
