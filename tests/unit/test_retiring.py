"""Retention at work: a walk through all pages, in steps, with what sources wish when it begins."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest

from fakes_read import NOON, FixedClock
from pipeline.errors import StoreError
from pipeline.ports.care import PastItem, PastPage
from pipeline.retention import Kept, Policy
from workers import retiring
from workers.retiring import STEP, Housekeeping, Retiring, sweep

POLICY = Policy(document_days=30)


class _Store:
    """Pages of items that are past their time; each of them has one text."""

    def __init__(self, *sizes: int) -> None:
        self.pages = [range(start * 1000, start * 1000 + size) for start, size in enumerate(sizes)]
        self.removed: list[list[int]] = []
        self.wishes: Mapping[str, Kept] = {"licensed": Kept(document_days=3)}
        self.asked: list[Policy] = []

    def kept_by_feeds(self) -> Mapping[str, Kept]:
        return self.wishes

    def past_items(self, policy: Policy, now: datetime, *, after: int = 0) -> PastPage:
        self.asked.append(policy)
        items = tuple(PastItem(id=n, feed_id="f", documents=1, newest_at=now) for n in self.pages[after])
        return PastPage(items=items, after=after + 1 if after + 1 < len(self.pages) else None)

    def remove_past(self, ids: Sequence[int], policy: Policy, now: datetime) -> int:
        self.removed.append(list(ids))
        return len(ids)


def test_all_pages_are_gone_through_in_small_steps() -> None:
    store = _Store(STEP + 1, 0, 2)
    assert sum(sweep(store, POLICY, FixedClock(NOON))) == STEP + 3
    assert [len(ids) for ids in store.removed] == [STEP, 1, 2]


def test_a_round_ends_when_its_time_is_over_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    store = _Store(3 * STEP)
    monkeypatch.setattr(retiring, "_ROUND_S", -1.0)
    keeper = Retiring(store, POLICY, FixedClock(NOON))
    for number in range(1, 4):
        keeper.round()
        assert len(store.removed) == number


def test_a_walk_is_followed_by_a_rest_and_begins_with_what_sources_wish() -> None:
    store = _Store(1)
    keeper = Retiring(store, POLICY, FixedClock(NOON))
    keeper.round()
    keeper.round()
    assert len(store.removed) == 1
    assert store.asked == [POLICY.for_feeds(store.wishes)]


def test_a_store_that_fails_is_tried_again_at_the_next_round(monkeypatch: pytest.MonkeyPatch) -> None:
    store = _Store(1)
    keeper = Retiring(store, POLICY, FixedClock(NOON))
    with monkeypatch.context() as patched:
        patched.setattr(store, "remove_past", _busy)
        with pytest.raises(StoreError):
            keeper.round()
    keeper.round()
    assert store.removed == [[0]]


def _busy(*_: object, **__: object) -> int:
    raise StoreError("it is busy")


class _Expiring(_Store):
    """Notes what goes, and as of when."""

    def __init__(self) -> None:
        super().__init__()
        self.expired: list[tuple[datetime, Mapping[str, object]]] = []

    def expire(self, now: datetime, **days: object) -> Mapping[str, int]:
        self.expired.append((now, days))
        return {"raw": 1}


def test_housekeeping_is_done_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    store = _Expiring()
    retiring_ = Retiring(store, POLICY, FixedClock(NOON))
    housekeeping = Housekeeping(
        store, retiring_, FixedClock(NOON), change_days=5, poll_count=7, quarantine_days=9, first_s=-1
    )
    housekeeping.round()
    housekeeping.round()
    days = {
        "raw_days": 30,
        "change_days": 5,
        "poll_count": 7,
        "raw_days_of": {"licensed": 3},
        "quarantine_days": 9,
    }
    assert store.expired == [(NOON, days)]
    monkeypatch.setattr(store, "expire", _busy)
    failing = Housekeeping(store, retiring_, FixedClock(NOON), change_days=5, poll_count=7, first_s=-1)
    with pytest.raises(StoreError):
        failing.round()
    failing.round()  # it is not tried again at once
