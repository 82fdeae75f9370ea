"""A feed's rhythm: learned from dates or arrivals, followed within bounds, missed when it stops."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Feed, FeedState, Learned, SourceKind
from pipeline.rhythm import interval_of, quiet_for, with_arrival, with_dates

NOON = datetime(2026, 1, 8, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def feed(fastest: timedelta | None = 5 * MINUTE, slowest: timedelta | None = DAY) -> Feed:
    return Feed(id="k", kind=SourceKind.HTTP, url="https://k.example/", fastest=fastest, slowest=slowest)


def dated(gap: timedelta, newest: datetime = NOON) -> Learned:
    return with_dates(Learned(), [newest - gap * n for n in range(20)], NOON)


@pytest.mark.parametrize(
    ("gap", "interval"),
    [
        (MINUTE, 5 * MINUTE),
        (40 * MINUTE, 10 * MINUTE),
        (8 * HOUR, HOUR),
        (10 * DAY, HOUR),
    ],
)
def test_a_feed_is_asked_four_times_in_its_usual_gap_within_bounds(
    gap: timedelta, interval: timedelta
) -> None:
    assert interval_of(feed(), dated(gap), NOON) == interval


@pytest.mark.parametrize(("silent", "interval"), [(3 * DAY, 2.4 * HOUR), (30 * DAY, DAY), (1000 * DAY, DAY)])
def test_a_feed_that_died_is_asked_rarely(silent: timedelta, interval: timedelta) -> None:
    assert interval_of(feed(), dated(HOUR, NOON - silent), NOON) == interval


def test_nothing_is_followed_before_it_is_known_nor_where_there_is_no_room() -> None:
    assert interval_of(feed(), Learned(), NOON) == 5 * MINUTE
    assert interval_of(feed(None, None), dated(8 * HOUR), NOON) == 5 * MINUTE


def test_an_old_entry_on_top_and_dates_that_cannot_be_change_nothing() -> None:
    dates = [NOON + DAY, *(NOON - HOUR * n for n in range(20)), NOON - 900 * DAY]
    assert with_dates(Learned(), dates, NOON).gap == HOUR
    assert with_dates(Learned(), dates[:3], NOON) == Learned()


def test_without_dates_arrivals_tell_the_rhythm() -> None:
    learned, new_at = Learned(), None
    for hours in range(1, 20):
        now = NOON + HOUR * hours
        learned = with_arrival(learned, new_at, now)
        new_at = now if hours % 2 else new_at  # every second poll brings something
    assert learned.gap is not None
    assert 1.8 * HOUR < learned.gap < 2.2 * HOUR


def test_the_first_poll_is_no_arrival() -> None:
    learned = with_arrival(Learned(), None, NOON)
    assert with_arrival(learned, NOON, NOON + HOUR).gap is None


@pytest.mark.parametrize(
    ("gap", "silent", "is_quiet"),
    [
        (40 * MINUTE, 3 * HOUR, False),
        (40 * MINUTE, 3 * DAY, True),
        (MINUTE, 30 * MINUTE, False),
        (MINUTE, 2 * HOUR, True),
        (2 * DAY, 10 * DAY, False),
        (2 * DAY, 13 * DAY, True),
    ],
)
def test_a_feed_is_quiet_by_its_own_measure(gap: timedelta, silent: timedelta, is_quiet: bool) -> None:
    state = FeedState(feed_id="k", next_poll_at=NOON, learned=dated(gap))
    assert quiet_for(state, NOON + silent) == (silent if is_quiet else None)


def test_a_feed_that_rests_at_week_ends_is_not_quiet_on_sunday() -> None:
    friday = datetime(2026, 1, 9, 18, tzinfo=UTC)
    week = [friday - DAY * day - HOUR * hour for day in range(5) for hour in range(9)]
    week_before = [at - 7 * DAY for at in week]
    monday = with_dates(Learned(), week[36:] + week_before[:20], friday - 4 * DAY)
    learned = with_dates(monday, week, friday)
    state = FeedState(feed_id="k", next_poll_at=friday, learned=learned)
    assert quiet_for(state, friday + 2 * DAY) is None
    assert quiet_for(state, friday + 9 * DAY) is not None


def test_nothing_known_is_not_quiet() -> None:
    assert quiet_for(FeedState(feed_id="k", next_poll_at=NOON), NOON + 99 * DAY) is None


@given(
    dates=st.lists(st.datetimes(timezones=st.just(UTC)), max_size=60),
    silent=st.timedeltas(timedelta(), timedelta(days=4_000)),
)
def test_the_interval_is_always_within_its_bounds(dates: list[datetime], silent: timedelta) -> None:
    learned = with_dates(Learned(), sorted(dates, reverse=True), NOON)
    learned = with_arrival(replace(learned, began_at=NOON - DAY), NOON - HOUR, NOON)
    assert 5 * MINUTE <= interval_of(feed(), learned, NOON + silent) <= DAY
