"""Contract of ports.FeedStore: feeds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from pipeline.errors import Reason
from pipeline.model import Auth, FeedState, QueueName, SourceKind
from pipeline.ports.store import Store
from pipeline.store.tables import claim as claims
from store_builders import (
    HARBOUR,
    HOUR,
    MINUTE,
    NOON,
    claim,
    entry,
    feed,
    poll,
    save,
    sync_feeds,
    take_in,
    take_in_polls,
)


def _claim(store: Store, now=NOON, limit: int = 10, owner: str = "fetcher", lease=MINUTE):
    return {state.feed_id: state for state in store.claim_due(now, limit, owner, lease)}


def _report(store: Store, feed_id: str):
    return {each.id: each for each in store.snapshot(NOON).feeds}[feed_id]


def test_a_new_feed_is_due_at_once(store: Store) -> None:
    sync_feeds(store, [feed("a"), feed("b")], NOON)
    assert min(store.due_at().values(), default=None) == NOON
    assert set(_claim(store)) == {"a", "b"}


def test_without_feeds_nothing_is_due(store: Store) -> None:
    assert min(store.due_at().values(), default=None) is None
    assert _claim(store) == {}


def test_a_claim_of_which_nothing_is_heard_counts_as_a_poll(store: Store) -> None:
    sync_feeds(store, [feed("a", interval=HOUR)], NOON)
    _claim(store)
    assert store.due_at() == {"a": NOON + HOUR}
    assert _claim(store, NOON + 2 * MINUTE) == {}  # its lease is over
    assert store.due_at() == {"a": NOON + HOUR}
    assert set(_claim(store, NOON + HOUR)) == {"a"}


def test_feeds_are_claimed_together_and_each_is_written_by_itself(store: Store) -> None:
    sync_feeds(store, [feed(name) for name in "abc"], NOON)
    claimed = _claim(store, lease=HOUR)
    assert {state.epoch for state in claimed.values()} == {claimed["a"].epoch}
    later = NOON + 2 * HOUR
    for feed_id in "ab":
        state = replace(claimed[feed_id], next_poll_at=later)
        written = poll(feed_id=feed_id, epoch=state.epoch, state=state)
        assert [taken.accepted for taken in take_in_polls(store, written, written)] == [True, True]
        assert [taken.accepted for taken in take_in_polls(store, written)] == [False]
    assert store.due_at() == {"a": later, "b": later, "c": NOON + HOUR}


def test_what_is_read_for_long_prolongs_its_own_claim_and_no_other(store: Store) -> None:
    drop = feed("d", kind=SourceKind.DIRECTORY, url="/var/wire")
    sync_feeds(store, [feed("a"), drop, replace(drop, id="e")], NOON)
    claimed = _claim(store)
    assert len({state.epoch for state in claimed.values()}) == 3
    going_on = poll(
        feed_id="d", epoch=claimed["d"].epoch, raw=None, position=b"7", lease_until=NOON + 20 * HOUR
    )
    assert [taken.accepted for taken in take_in_polls(store, going_on)] == [True]
    assert set(_claim(store, NOON + 10 * HOUR)) == {"a", "e"}
    assert _claim(store, NOON + 20 * HOUR)["d"].etag == b"7"


def test_a_feed_whose_url_changes_leaves_its_claim_and_the_others_stay_in_it(store: Store) -> None:
    sync_feeds(store, [feed("a"), feed("b")], NOON)
    claimed = _claim(store, lease=HOUR)
    store.change_feeds([feed("a", url="https://a.example/new")], NOON)
    written = [
        poll(feed_id=feed_id, epoch=state.epoch, state=replace(state, next_poll_at=NOON + HOUR))
        for feed_id, state in claimed.items()
    ]
    accepted = {taken.feed_id: taken.accepted for taken in take_in_polls(store, *written)}
    assert accepted == {"a": False, "b": True}
    assert set(_claim(store)) == {"a"}


@pytest.mark.parametrize(
    ("failures", "mend"),
    [
        (3, lambda store: store.resume_feed("a", NOON)),
        (
            3,
            lambda store: store.change_feeds(
                [feed("a", interval=24 * HOUR, headers={"X-Key": "right"})], NOON
            ),
        ),
        (0, lambda store: store.change_feeds([feed("a", interval=MINUTE)], NOON)),
    ],
    ids=["resumed", "mended", "asked-more-often"],
)
def test_what_is_mended_while_it_is_polled_does_not_wait_as_the_poll_says(
    store: Store, failures: int, mend: Callable[[Store], object]
) -> None:
    sync_feeds(store, [feed("a", interval=24 * HOUR)], NOON)
    before = replace(_claim(store)["a"], failures=failures, next_poll_at=NOON)
    take_in_polls(store, poll(feed_id="a", epoch=before.epoch, state=before))
    state = replace(_claim(store)["a"], failures=failures + 1, next_poll_at=NOON + 24 * HOUR)
    mend(store)
    (taken,) = take_in_polls(store, poll(feed_id="a", epoch=state.epoch, state=state))
    assert not taken.accepted
    assert _claim(store)["a"].failures == 0


def test_what_is_let_go_is_due_then_and_the_rest_of_its_claim_stays(store: Store) -> None:
    sync_feeds(store, [feed("a"), feed("b")], NOON)
    claimed = _claim(store)
    number = claimed["a"].epoch
    soon = NOON + timedelta(seconds=1)
    store.let_go({"a": number, "b": number + 1}, soon)
    assert store.due_at(["a"]) == {"a": soon}
    assert set(_claim(store, soon)) == {"a"}
    late = poll(feed_id="a", epoch=number, state=claimed["a"])
    assert [taken.accepted for taken in take_in_polls(store, late)] == [False]
    store.let_go({"a": number}, NOON + HOUR)
    assert _claim(store, soon) == {}


def test_a_claim_that_is_damaged_ends_and_keeps_nobody_from_claiming(store: Store) -> None:
    sync_feeds(store, [feed("a"), feed("b")], NOON)
    (damaged,) = _claim(store, limit=1).values()
    with store._database.write() as connection:
        connection.execute(update(claims).values(feeds='["a'))
    taken = take_in_polls(store, poll(feed_id="a", epoch=damaged.epoch, state=damaged))
    assert [each.accepted for each in taken] == [False]
    assert set(_claim(store)) == {"a", "b"}
    with store._database.read() as connection:
        assert len(connection.execute(select(claims)).all()) == 1


def test_a_number_of_a_claim_is_not_given_twice(store: Store) -> None:
    sync_feeds(store, [feed("a", interval=MINUTE)], NOON)
    numbers = []
    for number in range(3):
        (state,) = _claim(store, NOON + number * HOUR).values()
        numbers.append(state.epoch)
        take_in_polls(store, poll(feed_id="a", epoch=state.epoch, state=replace(state, next_poll_at=NOON)))
    assert numbers == sorted(set(numbers))


def test_what_somebody_sets_while_a_feed_is_polled_outlives_its_claim(store: Store) -> None:
    sync_feeds(store, [feed("a", interval=HOUR)], NOON)
    _claim(store)
    assert store.resume_feed("a", NOON + timedelta(seconds=1))
    assert set(_claim(store, NOON + MINUTE)) == {"a"}


def test_a_claimed_feed_is_not_claimed_again(store: Store) -> None:
    sync_feeds(store, [feed("a")], NOON)
    assert set(_claim(store)) == {"a"}
    assert _claim(store) == {}


def test_a_lease_keeps_others_away_even_when_the_feed_is_due(store: Store) -> None:
    sync_feeds(store, [feed("a", interval=MINUTE)], NOON)
    _claim(store, lease=10 * MINUTE)
    assert _claim(store, NOON + 5 * MINUTE) == {}
    assert min(store.due_at().values(), default=None) == NOON + 10 * MINUTE


def test_a_feed_of_a_dead_fetcher_is_claimed_when_its_lease_has_run_out(store: Store) -> None:
    sync_feeds(store, [feed("a", interval=MINUTE)], NOON)
    _claim(store, lease=MINUTE)
    assert _claim(store, NOON + MINUTE)["a"].epoch == 2


def test_the_most_overdue_feeds_come_first(store: Store) -> None:
    for hours, name in ((2, "late"), (1, "later"), (3, "latest")):
        known = [feed(each.id) for each in store.snapshot(NOON).feeds]
        sync_feeds(store, [*known, feed(name)], NOON - hours * HOUR)
    assert list(_claim(store, limit=2)) == ["latest", "late"]


def test_a_poll_writes_the_state_and_lets_go_of_the_lease(store: Store) -> None:
    sync_feeds(store, [HARBOUR], NOON)
    epoch = _claim(store, lease=HOUR)["harbour"].epoch
    state = FeedState(
        feed_id="harbour",
        etag=b'W/"\xff"',
        last_modified=b"yesterday",
        body_hash="b0d1",
        failures=2,
        next_poll_at=NOON + 3 * MINUTE,
        last_polled_at=NOON,
        last_success_at=NOON,
        last_status=503,
        last_reason=Reason.HTTP_SERVER_ERROR,
        last_detail="try later",
    )
    (taken,) = take_in_polls(store, poll(epoch=epoch, state=state))
    assert taken.accepted
    assert _claim(store, NOON + 3 * MINUTE)["harbour"] == replace(state, epoch=2)


def test_a_poll_that_brought_nothing_but_its_times_leaves_all_else_as_it_is(store: Store) -> None:
    sync_feeds(store, [HARBOUR], NOON)
    whole = FeedState(
        feed_id="harbour", etag=b"kept", body_hash="b0d1", last_status=304, next_poll_at=NOON + MINUTE
    )
    take_in_polls(store, poll(state=whole))
    claimed = _claim(store, NOON + MINUTE)["harbour"]
    times = {"last_polled_at": NOON + MINUTE, "last_success_at": NOON + MINUTE, "next_poll_at": NOON + HOUR}
    nothing = replace(claimed, etag=None, body_hash=None, **times)
    take_in_polls(store, poll(epoch=claimed.epoch, state=nothing, times_only=True))
    assert _report(store, "harbour").state == replace(whole, **times)


def test_a_poll_of_a_stale_claim_writes_nothing(store: Store) -> None:
    sync_feeds(store, [HARBOUR], NOON)
    _claim(store)
    _claim(store, NOON + HOUR)
    state = FeedState(feed_id="harbour", etag=b"old", next_poll_at=NOON)
    (taken,) = take_in_polls(store, poll(entry("a"), epoch=1, state=state))
    assert not taken.accepted
    assert taken.new == ()
    assert (store.backlog(), _report(store, "harbour").state.etag) == (0, None)
    assert store.snapshot(NOON).counters == {}


def test_an_entry_that_is_new_is_remembered_by_its_feed(store: Store) -> None:
    take_in_polls(store, poll(entry("a")))
    state = FeedState(feed_id="harbour", next_poll_at=NOON)
    take_in_polls(store, poll(entry("a"), polled_at=NOON + HOUR, state=state))
    assert _report(store, "harbour").state.last_new_at == NOON


def test_changed_wishes_are_taken_over_and_the_state_stays(store: Store) -> None:
    sync_feeds(store, [HARBOUR], NOON)
    state = FeedState(feed_id="harbour", etag=b"kept", next_poll_at=NOON + HOUR)
    take_in_polls(store, poll(state=state))
    sync_feeds(store, [replace(HARBOUR, provider="Harbour Wire", interval=2 * HOUR)], NOON)
    report = _report(store, "harbour")
    assert (report.provider, report.state.etag) == ("Harbour Wire", b"kept")
    assert report.state.next_poll_at == NOON + HOUR
    assert "harbour" in _claim(store, NOON + HOUR)
    assert store.due_at() == {"harbour": NOON + 3 * HOUR}


def test_a_shorter_interval_does_not_wait_for_the_longer_one_to_end(store: Store) -> None:
    sync_feeds(store, [feed("a", interval=24 * HOUR)], NOON)
    state = replace(_claim(store)["a"], next_poll_at=NOON + 24 * HOUR)
    take_in_polls(store, poll(feed_id="a", epoch=state.epoch, state=state))
    sync_feeds(store, [feed("a", interval=MINUTE)], NOON + HOUR)
    assert min(store.due_at().values(), default=None) == NOON + HOUR + MINUTE


def test_a_changed_url_forgets_the_validators_and_refuses_the_old_ones_poll(store: Store) -> None:
    sync_feeds(store, [HARBOUR], NOON)
    epoch = _claim(store)["harbour"].epoch
    sync_feeds(store, [replace(HARBOUR, url="https://harbour.example/new")], NOON)
    late = FeedState(feed_id="harbour", etag=b"of the old URL", next_poll_at=NOON + HOUR)
    (taken,) = take_in_polls(store, poll(epoch=epoch, state=late))
    assert not taken.accepted
    report = _report(store, "harbour")
    assert (report.url, report.state.etag) == ("https://harbour.example/new", None)
    assert report.state.next_poll_at == NOON


def test_a_removed_feed_rests_and_keeps_its_documents(store: Store) -> None:
    from store_builders import document

    save(store, document())
    sync_feeds(store, [], NOON)
    report = _report(store, "harbour")
    assert (report.active, report.documents) == (False, 1)
    assert (_claim(store), min(store.due_at().values(), default=None)) == ({}, None)


def test_a_feed_that_is_switched_off_is_not_claimed(store: Store) -> None:
    sync_feeds(store, [feed("a", enabled=False)], NOON)
    assert _claim(store) == {}
    sync_feeds(store, [feed("a")], NOON)
    assert set(_claim(store)) == {"a"}


def test_credentials_are_not_stored(store: Store, all_bytes: Callable[[], bytes]) -> None:
    secret = "c0nfidential"
    wishes = feed(
        "a",
        url=f"https://user:{secret}@a.example/rss",
        auth=Auth(kind="basic", name="user", secret=secret),
        headers={"X-Key": secret},
        proxy=f"http://user:{secret}@proxy.example",
    )
    sync_feeds(store, [wishes], NOON)
    assert _report(store, "a").url == "https://a.example/rss"
    assert secret.encode() not in all_bytes()


def test_a_directory_is_a_feed_like_any_other(store: Store) -> None:
    sync_feeds(store, [feed("d", kind=SourceKind.DIRECTORY, url="/var/wire")], NOON)
    assert _report(store, "d").kind is SourceKind.DIRECTORY
    assert set(_claim(store)) == {"d"}


def test_the_feed_of_imports_is_never_polled(store: Store) -> None:
    take_in_polls(store, poll(entry("a"), feed_id="import"))
    sync_feeds(store, [], NOON)
    assert _report(store, "import").kind is SourceKind.IMPORT
    assert _claim(store, NOON + HOUR) == {}


@pytest.mark.parametrize("lease", [timedelta(0), -MINUTE])
def test_a_lease_without_length_is_over_at_once(store: Store, lease: timedelta) -> None:
    sync_feeds(store, [feed("a", interval=timedelta(0))], NOON)
    _claim(store, lease=lease)
    assert _claim(store)["a"].epoch == 2


def test_the_last_polls_of_a_feed_are_given_newest_first(store: Store) -> None:
    take_in(store, entry("a"))
    later = NOON + timedelta(minutes=5)
    take_in_polls(store, poll(polled_at=later, status=404, reason=Reason.NOT_FOUND, detail="no such page"))
    failed, well = store.polls(HARBOUR.id)
    assert (failed.outcome, failed.status, failed.detail) == ("not_found", 404, "no such page")
    assert (failed.polled_at, well.outcome, well.found, well.new) == (later, "ok", 1, 1)
    assert [each.outcome for each in store.polls(HARBOUR.id, 1)] == ["not_found"]
    assert store.polls("nobody") == []


def test_one_feed_is_reported(store: Store) -> None:
    sync_feeds(store, [HARBOUR], NOON)
    assert store.report(HARBOUR.id) == _report(store, HARBOUR.id)
    assert store.report("nobody") is None


def test_an_entry_is_amended_until_a_worker_has_begun_with_it(store: Store) -> None:
    [number] = take_in(store, entry("a"))
    before = store.unclaimed([number, 999])
    assert list(before) == [number]
    assert store.amend(number, replace(before[number], text="The whole of it."))
    assert store.unclaimed([number])[number].text == "The whole of it."
    assert take_in(store, entry("a")) == []  # it is known as what it came as
    assert claim(store, [number]) == [number]
    assert store.unclaimed([number]) == {}
    assert not store.amend(number, before[number])


def test_an_entry_that_is_held_back_is_sent_by_nobody_before_its_time(store: Store) -> None:
    take_in(store, entry("a"), held_until=NOON + timedelta(minutes=10))
    for minutes, found in ((9, 0), (11, 1)):
        now = NOON + timedelta(minutes=minutes)
        assert len(store.take_unsent(QueueName.WIRE, now=now, sent_before=now, limit=10)) == found
