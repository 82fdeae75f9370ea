"""Those who listen for changes, over HTTP on loopback: a real server, a store in memory."""

import http.client
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from fakes_read import FakeReadStore, stored
from pipeline.web.access import access_for
from running import wait_for
from web_serving import serving, serving_at


@contextmanager
def listening(port: int, **headers: str) -> Iterator[http.client.HTTPResponse]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", "/events", headers=headers)
        yield connection.getresponse()


def told(response: http.client.HTTPResponse) -> str:
    """Read the next event."""
    lines = iter(response.readline, b"\n")
    return b"".join(lines).decode().strip()


def test_who_listens_is_told_how_far_the_log_is_and_of_each_change() -> None:
    store = FakeReadStore(documents=[stored("a" * 32)])
    with serving_at(store) as port, listening(port) as one, listening(port) as other:
        assert one.getheader("content-type", "").startswith("text/event-stream")
        assert one.getheader("cache-control") == "no-store"
        assert (told(one), told(other)) == ("data: 1", "data: 1")
        store.documents = [stored("a" * 32), stored("b" * 32), stored("c" * 32, headline="<script>")]
        assert (told(one), told(other)) == ("data: 3", "data: 3")


def test_nobody_is_told_more_often_than_once_a_second() -> None:
    store = FakeReadStore()
    with serving_at(store) as port, listening(port) as response:
        began = time.monotonic()
        assert told(response) == "data: 0"
        for number in range(1, 6):
            store.documents = [stored(f"{n:032}") for n in range(number)]
            time.sleep(0.03)
        assert told(response) == "data: 5"
        assert time.monotonic() - began >= 1


def test_one_too_many_is_told_to_come_later_and_has_a_place_when_another_has_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.web.bell.MOST_LISTENERS", 1)
    with serving_at(FakeReadStore()) as port:
        with listening(port) as response:
            assert told(response) == "data: 0"
            with listening(port) as refused:
                assert refused.read() == b"retry: 60000\n\n"

        def has_a_place() -> bool:
            with listening(port) as response:
                return told(response) == "data: 0"

        wait_for(has_a_place, seconds=5)


def test_whoever_asks_for_the_headers_alone_takes_nobody_s_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.web.bell.MOST_LISTENERS", 1)
    with (
        serving_at(FakeReadStore()) as port,
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection,
    ):
        connection.request("HEAD", "/events")
        answer = connection.getresponse()
        assert answer.getheader("content-type", "").startswith("text/event-stream")
        with listening(port) as response:
            assert told(response) == "data: 0"


def test_a_server_that_ends_waits_for_no_listener() -> None:
    with serving_at(FakeReadStore()) as port, listening(port) as response:
        assert told(response) == "data: 0"
        began = time.monotonic()
    assert time.monotonic() - began < 3


def test_a_store_that_is_away_is_asked_again() -> None:
    store = FakeReadStore(broken="gone")
    with serving_at(store) as port, listening(port) as response:
        time.sleep(0.1)
        store.broken = None
        assert told(response) == "data: 0"


def test_nobody_listens_without_the_token() -> None:
    access = access_for("127.0.0.1", token="invented")
    with serving(FakeReadStore(), access=access) as ask:
        assert ask("/events").status == 401
