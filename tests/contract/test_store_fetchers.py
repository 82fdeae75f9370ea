"""Fetchers in the store: who runs, and that none retires the feeds of another."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from fakes import FixedClock
from pipeline.membership import Membership
from pipeline.ports.feeds import FetcherState
from pipeline.ports.store import Store
from store_builders import HOUR, MINUTE, NOON, feed


def fetcher(owner: str, key: str, at: datetime = NOON) -> FetcherState:
    return FetcherState(owner=owner, host=f"{owner}.example", feeds_key=key, feeds=1, heard_at=at)


def test_a_list_retires_nothing_while_another_fetcher_goes_by_another(store: Store) -> None:
    store.announce(fetcher("a", "one"))
    store.announce(fetcher("b", "two"))
    store.change_feeds([feed("a"), feed("b")], NOON)
    assert not store.retire_agreed({"a"}, "one")
    assert set(store.due_at()) == {"a", "b"}
    store.announce(fetcher("b", "one"))
    assert store.retire_agreed({"a"}, "one")
    assert set(store.due_at()) == {"a"}


def test_a_fetcher_that_has_left_or_is_taken_for_gone_hinders_nobody(store: Store) -> None:
    store.change_feeds([feed("a"), feed("b")], NOON)
    store.announce(fetcher("b", "two"))
    said = store.announce(fetcher("a", "one", NOON + MINUTE))
    assert said.others == (fetcher("b", "two"),)
    assert not store.retire_agreed({"a"}, "one")
    assert [each.owner for each in store.fetchers(NOON + MINUTE)] == ["a", "b"]
    store.announce(fetcher("a", "one", NOON + 5 * MINUTE), gone=[fetcher("b", "two")])
    assert store.retire_agreed({"a"}, "one")
    store.announce(fetcher("c", "three", NOON + 5 * MINUTE))
    store.leave("c")
    assert [each.owner for each in store.snapshot(NOON + 5 * MINUTE).fetchers] == ["a"]
    assert store.fetchers(NOON + HOUR) == ()


def test_a_fetcher_learns_that_it_was_taken_for_gone(store: Store) -> None:
    assert not store.announce(fetcher("a", "one")).known
    assert store.announce(fetcher("a", "one", NOON + HOUR)).known
    store.announce(fetcher("b", "one"), gone=[fetcher("a", "one", NOON + HOUR)])
    assert not store.announce(fetcher("a", "one", NOON + HOUR + MINUTE)).known


def test_a_fetcher_that_was_heard_of_since_is_not_forgotten(store: Store) -> None:
    store.announce(fetcher("a", "one", NOON + MINUTE))
    store.announce(fetcher("b", "two"), gone=[fetcher("a", "one", NOON)])
    assert store.announce(fetcher("a", "one", NOON + 2 * MINUTE)).known


GROUPS = {f"host{number}.example" for number in range(60)}


class Alone:
    """A fetcher's word for itself, with clocks of its own."""

    def __init__(self, store: Store, owner: str, *, ahead: timedelta = timedelta()) -> None:
        self.wall, self.passed_s, self.owner = FixedClock(NOON + ahead), 0.0, owner
        self.member = Membership(
            store, self._call, self.wall, owner=owner, host=owner, monotonic=lambda: self.passed_s
        )

    def led(self, *, hosts: tuple[str, ...] = ()) -> set[str]:
        """Give those of some groups that this fetcher leads."""
        return {name for name in GROUPS if self.member.leads(feed("a", hosts=hosts), name)}

    async def begin(self, *ids: str) -> None:
        await self.member.go_by([feed(each) for each in ids])
        await self.member.retire()

    async def look(self) -> bool:
        self.passed_s += 11
        self.wall.advance(seconds=11)
        return await self.member.stay()

    async def _call(self, function: Callable[..., Any], *args: Any) -> Any:
        return function(*args)


async def test_a_clock_that_is_an_hour_ahead_takes_nobody_for_gone(store: Store) -> None:
    store.change_feeds([feed("a"), feed("b")], NOON)
    right, ahead = Alone(store, "right"), Alone(store, "ahead", ahead=HOUR)
    await right.begin("a", "b")
    await ahead.begin("a")
    for _ in range(20):
        assert await ahead.look()
        assert await right.look()
    assert set(store.due_at()) == {"a", "b"}


async def test_who_says_nothing_for_three_minutes_is_gone_whatever_the_clocks(store: Store) -> None:
    store.change_feeds([feed("a"), feed("b")], NOON)
    killed, behind = Alone(store, "killed"), Alone(store, "behind", ahead=-HOUR)
    await killed.begin("a", "b")
    await behind.begin("a")
    for _ in range(16):
        assert await behind.look()
    assert set(store.due_at()) == {"a", "b"}
    assert await behind.look()
    assert set(store.due_at()) == {"a"}
    assert not await killed.look()


async def test_who_stood_still_takes_nobody_for_gone(store: Store) -> None:
    store.change_feeds([feed("a"), feed("b")], NOON)
    other, stands = Alone(store, "other"), Alone(store, "stands")
    await other.begin("a", "b")
    await stands.begin("a")
    await stands.look()
    stands.passed_s += 3600
    assert await stands.look()
    assert set(store.due_at()) == {"a", "b"}


async def three(store: Store) -> list[Alone]:
    """Begin three fetchers that know each other."""
    all_ = [Alone(store, owner) for owner in ("wire1", "wire2", "wire3")]
    for each in all_:
        await each.begin("a", "b")
    for each in (*all_, *all_):
        await each.look()
    return all_


async def test_each_group_is_led_by_one_fetcher_and_each_fetcher_has_its_share(store: Store) -> None:
    led = [each.led() for each in await three(store)]
    assert set().union(*led) == GROUPS
    assert sum(map(len, led)) == len(GROUPS)
    assert min(map(len, led)) >= 10


async def test_a_group_is_led_among_those_who_may_poll_it(store: Store) -> None:
    first, second, third = await three(store)
    hosts = ("wire1", "wire3")
    assert first.led(hosts=hosts) | third.led(hosts=hosts) == GROUPS
    assert first.led(hosts=hosts).isdisjoint(third.led(hosts=hosts))
    assert second.led(hosts=("wire2",)) == GROUPS


async def test_what_a_killed_fetcher_led_is_led_by_others_after_half_a_minute(store: Store) -> None:
    first, second, third = await three(store)
    before = third.led()
    for _ in range(3):
        await first.look()
        await second.look()
    assert first.led() | second.led() == GROUPS
    assert first.led().isdisjoint(second.led())
    await third.look()  # it had only stood still
    await first.look()
    await second.look()
    assert (third.led(), first.led() & before, second.led() & before) == (before, set(), set())


async def test_while_lists_differ_each_polls_all_that_stands_in_its_own(store: Store) -> None:
    one, other = Alone(store, "one"), Alone(store, "other")
    await one.begin("a", "b")
    await other.begin("a")
    for _ in range(2):
        assert await one.look()
        assert await other.look()
    assert one.led() == other.led() == GROUPS


async def test_what_a_killed_fetcher_left_keeps_nobody_waiting_who_starts(store: Store) -> None:
    killed, started = Alone(store, "killed"), Alone(store, "started")
    await killed.begin("a", "b")
    await started.begin("a", "b")
    assert started.led() == GROUPS
    await started.look()
    assert started.led() == GROUPS
