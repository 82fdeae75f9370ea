"""The port of the index of near duplicates: the embedded server and the fake do the same."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from fakes import MemoryIndex
from pipeline.near_index import RedisNearIndex
from pipeline.ports.copies import Mark, NearIndex
from pipeline.redis_server import connect
from pipeline.service.embedded import wait_until_ready
from valkeys import Valkey, valkey


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    # Else it may answer before it has written, and a test that kills it looks at what it had written.
    options = {"appendonly": "yes", "appendfsync": "always"}
    with valkey(tmp_path_factory.mktemp("valkey"), options) as running:
        yield running


@dataclass
class Served:
    """A complete index, what makes it lose everything, and what ends its server and starts it again."""

    index: NearIndex
    lose: Callable[[], object]
    start_again: Callable[[], object]


@pytest.fixture(params=["memory", "valkey"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    if request.param == "memory":
        memory = MemoryIndex()
        yield Served(memory, memory.lose, lambda: setattr(memory, "run", "second"))
        return
    server: Valkey = request.getfixturevalue("server")

    def start_again() -> None:
        server.kill()
        server.start_again()
        wait_until_ready(server.url, given_up=lambda: False)

    index, client = RedisNearIndex(server.url, life=timedelta(days=29)), connect(server.url)
    client.flushall()
    token = index.begin_rebuild()
    assert token is not None
    assert index.finish_rebuild(token, 0)
    yield Served(index, client.flushall, start_again)
    index.close()
    client.close()


@pytest.fixture
def index(served: Served) -> NearIndex:
    return served.index


def mark(entry: int, *, bands: str = "", anchors: str = "", period: int = 1500) -> Mark:
    """Make a mark; a letter is a slot."""

    def slots(letters: str) -> bytes:
        return b"".join(b"\x00\x00\x07x" + letter.encode() for letter in letters)

    return Mark(entry_id=entry, period=period, late=False, bands=slots(bands), anchors=slots(anchors))


def test_one_band_in_common_is_found(index: NearIndex) -> None:
    index.check_and_add([mark(1, bands="abc")])
    found = index.check_and_add([mark(2, bands="cde"), mark(3, bands="xyz")])
    assert found.whole_in is not None
    assert found.entries == ((1,), ())


def test_one_anchor_is_a_phrase_and_two_are_an_opening(index: NearIndex) -> None:
    index.check_and_add([mark(1, bands="a", anchors="pqr"), mark(2, bands="b", anchors="rst")])
    assert index.check_and_add([mark(3, bands="c", anchors="pq")]).entries == ((1,),)
    assert index.check_and_add([mark(4, bands="d", anchors="rw")]).entries == ((),)


def test_a_batch_sees_what_comes_before_in_it(index: NearIndex) -> None:
    assert index.check_and_add([mark(1, bands="a"), mark(2, bands="a")]).entries == ((), (1,))


def test_nobody_finds_himself_and_entering_again_changes_nothing(index: NearIndex) -> None:
    for _ in range(3):
        assert index.check_and_add([mark(1, bands="ab", anchors="pq")]).entries == ((),)
    assert index.check_and_add([mark(2, bands="ab")]).entries == ((1,),)


def test_those_that_share_most_come_first(index: NearIndex) -> None:
    index.check_and_add([mark(1, bands="a"), mark(2, bands="abc"), mark(3, bands="ab"), mark(4, bands="c")])
    assert index.check_and_add([mark(9, bands="abc")]).entries == ((2, 3, 1, 4),)


def test_neighbouring_periods_are_looked_into_and_no_others(index: NearIndex) -> None:
    index.check_and_add(
        [mark(entry, bands="a", period=period) for entry, period in enumerate((1498, 1499, 1501, 1502))]
    )
    assert sorted(index.check_and_add([mark(9, bands="a")]).entries[0]) == [1, 2]


def test_nothing_is_asked_for_nothing(index: NearIndex) -> None:
    assert index.check_and_add([]).entries == ()
    assert index.check_and_add([mark(1)]).entries == ((),)


def test_what_is_lost_is_known_to_be_lost(served: Served) -> None:
    index = served.index
    index.check_and_add([mark(1, bands="a")])
    served.lose()
    assert index.held().whole_in is None
    found = index.check_and_add([mark(2, bands="a"), mark(3, bands="a")])
    assert found.whole_in is None
    assert found.entries == ((), (2,))


def test_one_rebuilds_at_a_time_and_only_an_unbroken_rebuild_counts(served: Served) -> None:
    index = served.index
    served.lose()
    token = index.begin_rebuild()
    assert token is not None
    assert index.begin_rebuild() is None
    assert index.keep_rebuild(token)
    served.lose()
    assert not index.keep_rebuild(token)
    assert not index.finish_rebuild(token, 1)
    again = index.begin_rebuild()
    assert again is not None
    assert index.finish_rebuild(again, 7)
    held = index.held()
    assert (held.whole_in, held.upto) == (held.run, 7)


def test_a_rebuild_by_hand_goes_before(index: NearIndex) -> None:
    first = index.begin_rebuild()
    second = index.begin_rebuild(force=True)
    assert first is not None
    assert second is not None
    assert index.held().whole_in is None
    assert not index.finish_rebuild(first, 1)
    assert index.finish_rebuild(second, 1)


def test_it_knows_up_to_where_it_holds_all_and_who_looked_before_another_wrote_writes_nothing(
    index: NearIndex,
) -> None:
    held = index.held()
    assert index.note(held, 12)
    assert not index.note(held, 13)
    assert index.held() == replace(held, upto=12)
    found = index.check_and_add([mark(1, bands="a")])
    assert found.whole_in == held.run


def test_a_server_that_was_started_again_is_another_run(served: Served) -> None:
    index = served.index
    before = index.held()
    assert index.note(before, 12)
    token = index.begin_rebuild()
    assert token is not None
    served.start_again()
    held = index.held()
    assert held.run != before.run
    assert (held.whole_in, held.upto) == (before.run, 12)
    assert index.check_and_add([mark(1, bands="a")]).whole_in == before.run
    assert not index.note(replace(before, upto=12), 13)
    assert not index.keep_rebuild(token)
    assert not index.finish_rebuild(token, 13)
    assert index.begin_rebuild() is not None
    assert index.note(held, 12)
    assert index.held() == replace(held, whole_in=held.run)


def test_ids_beyond_32_bits_are_found_again(index: NearIndex) -> None:
    low, high = 2**32 - 2, 2**32 + 5
    index.check_and_add([mark(low, bands="a")])
    assert index.check_and_add([mark(high, bands="a")]).entries == ((low,),)


def test_what_hundreds_share_fills_no_bucket_without_end(index: NearIndex) -> None:
    for first in range(1, 601, 100):
        index.check_and_add([mark(entry, bands="a") for entry in range(first, first + 100)])
    found = index.check_and_add([mark(1000, bands="a")]).entries[0]
    assert 1 in found
    assert len(found) >= 64
