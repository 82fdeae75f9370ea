"""Fetchers in the store: who runs, and that none retires the feeds of another."""

from datetime import datetime

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


def test_a_fetcher_that_has_left_or_is_silent_hinders_nobody(store: Store) -> None:
    store.change_feeds([feed("a"), feed("b")], NOON)
    store.announce(fetcher("b", "two"))
    store.announce(fetcher("a", "one", NOON + MINUTE))
    assert not store.retire_agreed({"a"}, "one")
    assert [each.owner for each in store.fetchers(NOON + MINUTE)] == ["a", "b"]
    store.announce(fetcher("a", "one", NOON + 5 * MINUTE))
    assert store.retire_agreed({"a"}, "one")
    store.announce(fetcher("c", "three", NOON + 5 * MINUTE))
    store.leave("c")
    assert [each.owner for each in store.snapshot(NOON + 5 * MINUTE).fetchers] == ["a"]
    assert store.fetchers(NOON + HOUR) == ()


def test_a_fetcher_learns_that_it_was_taken_for_gone(store: Store) -> None:
    assert not store.announce(fetcher("a", "one"))
    assert store.announce(fetcher("a", "one", NOON + MINUTE))
    assert not store.announce(fetcher("a", "one", NOON + HOUR))
    store.announce(fetcher("b", "one", NOON + 2 * HOUR))
    assert not store.announce(fetcher("a", "one", NOON + HOUR + MINUTE))
