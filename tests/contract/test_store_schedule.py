"""Contract of ports.FeedStore: when feeds are due, who takes them, what stops and resumes them."""

from dataclasses import replace
from datetime import timedelta

from pipeline.model import FeedState, Learned, Pace
from pipeline.ports.store import Store
from store_builders import HOUR, MINUTE, NOON, feed, poll, sync_feeds, take_in_polls

DAY = 24 * HOUR


def _state(store: Store, feed_id: str) -> FeedState:
    return {each.id: each for each in store.snapshot(NOON).feeds}[feed_id].state


def _polled(store: Store, feed_id: str = "a", **fields) -> FeedState:
    state = FeedState(**{"feed_id": feed_id, "next_poll_at": NOON + HOUR, "last_polled_at": NOON, **fields})
    take_in_polls(store, poll(feed_id=feed_id, state=state))
    return state


def test_what_was_learned_comes_back_as_it_was(store: Store) -> None:
    sync_feeds(store, [feed("a")], NOON)
    learned = Learned(pace=Pace(every=2 * HOUR, skip_days=(5, 6)), gap=MINUTE * 7, whole_at=NOON)
    _polled(store, learned=learned)
    assert _state(store, "a").learned == learned


def test_of_the_feeds_asked_for_only_those_due_and_free_are_claimed(store: Store) -> None:
    sync_feeds(store, [feed(name) for name in "abcd"], NOON)
    store.put_off({"b": NOON + HOUR})
    store.claim_due(NOON, 1, "other", MINUTE, ["c"])
    claimed = store.claim_due(NOON, 10, "here", MINUTE, ["a", "b", "c", "nobody"])
    assert [state.feed_id for state in claimed] == ["a"]


def test_when_feeds_are_due_is_told_of_all_of_some_and_of_the_next(store: Store) -> None:
    sync_feeds(store, [feed("a", interval=HOUR), feed("b"), feed("c", enabled=False)], NOON)
    store.claim_due(NOON, 1, "here", 2 * HOUR, ["a"])
    assert store.due_at() == {"a": NOON + 2 * HOUR, "b": NOON}
    assert store.due_at(["b", "c"]) == {"b": NOON}
    assert store.due_at(before=NOON + MINUTE) == {"b": NOON}


def test_a_feed_that_is_polled_now_is_not_put_off(store: Store) -> None:
    sync_feeds(store, [feed("a", interval=HOUR), feed("b")], NOON)
    store.claim_due(NOON, 1, "here", MINUTE, ["a"])
    store.put_off({"a": NOON + DAY, "b": NOON + DAY})
    assert store.due_at() == {"a": NOON + HOUR, "b": NOON + DAY}


def test_f06_a_fetcher_that_is_killed_at_every_poll_asks_no_more_often_than_it_may(store: Store) -> None:
    sync_feeds(store, [feed("a", interval=5 * MINUTE)], NOON)
    asked = [
        minute
        for minute in range(60)
        for _ in store.claim_due(NOON + minute * MINUTE, 10, f"fetcher-{minute}", 2 * MINUTE)
    ]
    assert asked == list(range(0, 60, 5))


def test_f06_and_waits_as_long_as_it_was_told_before(store: Store) -> None:
    sync_feeds(store, [feed("a", interval=MINUTE)], NOON)
    _polled(store, next_poll_at=NOON + 30 * MINUTE)
    assert store.claim_due(NOON + 30 * MINUTE, 1, "here", MINUTE)
    assert store.claim_due(NOON + 59 * MINUTE, 1, "other", MINUTE) == []
    assert store.claim_due(NOON + 60 * MINUTE, 1, "other", MINUTE)


def test_f10_a_stopped_feed_is_not_polled_until_somebody_says_so(store: Store) -> None:
    sync_feeds(store, [feed("a")], NOON)
    _polled(store, stopped_at=NOON, failures=2)
    later = NOON + DAY
    assert (store.due_at(), store.claim_due(later, 9, "here", MINUTE)) == ({}, [])
    assert store.resume_feed("a", later)
    assert [state.feed_id for state in store.claim_due(later, 9, "here", MINUTE)] == ["a"]
    assert not store.resume_feed("nobody", later)


def test_f10_so_does_a_change_of_the_configuration(store: Store) -> None:
    wished = feed("a")
    for changed in (
        replace(wished, url="https://elsewhere.example/"),
        replace(wished, url="https://elsewhere.example/", headers={"X-Desk": "night"}),
    ):
        sync_feeds(store, [wished], NOON)
        _polled(store, stopped_at=NOON, failures=2)
        sync_feeds(store, [changed], NOON)
        assert _state(store, "a").stopped_at is None
        wished = changed
    _polled(store, stopped_at=NOON, failures=2)
    sync_feeds(store, [replace(wished, enabled=False)], NOON)
    sync_feeds(store, [wished], NOON)
    assert _state(store, "a").stopped_at is None


def test_a_shorter_interval_does_not_overrule_the_server(store: Store) -> None:
    sync_feeds(store, [feed("a", interval=DAY)], NOON)
    _polled(store, next_poll_at=NOON + DAY, learned=Learned(not_before=NOON + 3 * HOUR))
    sync_feeds(store, [feed("a", interval=MINUTE)], NOON)
    assert store.due_at() == {"a": NOON + 3 * HOUR}


def test_a_heartbeat_goes_the_way_of_an_entry_and_leaves_nothing_but_its_time(store: Store) -> None:
    from pipeline.ports.work import Processed
    from store_builders import document

    for number in range(3):
        sent = NOON + number * MINUTE
        ref = store.beat(sent, sending=bool(number))
        assert ref is not None
        assert store.beat(sent, sending=True) is None  # that one is still on its way
        assert store.check() == []
        (claimed,) = store.claim([ref.id], token="t", owner="w", now=sent, lease=MINUTE)
        assert claimed.entry.pub_status == "withheld"
        snapshot = store.snapshot(sent)
        assert [(queue.waiting, queue.in_flight) for queue in snapshot.queues] == [(0, 0)] * 3
        saved = sent + timedelta(seconds=2)
        outcome = store.save([Processed(entry_id=ref.id, document=document())], [], token="t", now=saved)
        assert (outcome.stored, outcome.repeated, outcome.lost) == ((), 0, 0)
        snapshot = store.snapshot(saved)
        assert snapshot.heartbeat is not None
        assert (snapshot.heartbeat.sent_at, snapshot.heartbeat.saved_at) == (sent, saved)
        assert (snapshot.documents, snapshot.feeds, snapshot.counters) == (0, (), {})
        assert store.check() == []


def test_a_heartbeat_that_was_set_aside_is_no_fault_of_the_counts_and_the_next_one_takes_its_place(
    store: Store,
) -> None:
    ref, now = store.beat(NOON, sending=True), NOON
    assert ref is not None
    for _ in range(3):
        store.claim([ref.id], token="t", owner="w", now=now, lease=MINUTE)
        now += 2 * MINUTE
        store.give_back_expired(now=now, max_attempts=3)
    assert [held.entry_id for held in store.quarantine_list()] == [ref.id]
    assert store.check() == []
    assert store.beat(now, sending=True) == ref
    assert store.quarantine_list() == []
    assert store.check() == []


def test_without_a_heartbeat_there_is_none(store: Store) -> None:
    assert store.snapshot(NOON).heartbeat is None


def test_a_heartbeat_is_sent_by_the_reconciler_where_the_fetcher_could_not(store: Store) -> None:
    ref = store.beat(NOON, sending=False)
    assert store.take_unsent("wire", now=NOON, sent_before=None, limit=9) == [ref]


def test_some_feeds_are_changed_and_the_others_stay_until_they_are_retired(store: Store) -> None:
    sync_feeds(store, [feed("a", interval=HOUR), feed("b"), feed("c")], NOON)
    store.change_feeds([feed("a", interval=HOUR, enabled=False), feed("d")], NOON + HOUR)
    assert store.due_at() == {"b": NOON, "c": NOON, "d": NOON + HOUR}
    assert store.retire_agreed({"a", "b"}, "key")
    assert store.due_at() == {"b": NOON}
    store.change_feeds([feed("c")], NOON + HOUR)
    assert store.due_at() == {"b": NOON, "c": NOON}
