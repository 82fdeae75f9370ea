"""When feeds are polled next, and what a poll makes of their state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import FeedError, FetchRefused, FetchRetryable, ParseError, Reason
from pipeline.model import Feed, FeedState, Learned, Pace, Response, SourceKind
from pipeline.schedule import JITTER, MAX_WAIT, farthest_poll, next_poll_at, next_state

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)
FEED = Feed(id="kestrel", kind=SourceKind.HTTP, url="https://kestrel.example/feed", interval=TEN_MINUTES)
BEFORE = FeedState(
    feed_id="kestrel",
    epoch=7,
    etag=b'"old"',
    last_modified=b"Thu, 01 Jan 2026 06:00:00 GMT",
    body_hash="cafe",
    failures=3,
    next_poll_at=NOON,
    last_new_at=NOON - timedelta(hours=6),
    last_success_at=NOON - timedelta(hours=5),
    last_status=503,
    last_reason=Reason.HTTP_SERVER_ERROR,
    last_detail="the server said 503",
)


def wait(**given: object) -> timedelta:
    given = {"interval": TEN_MINUTES, "seed": "kestrel"} | given
    return next_poll_at(NOON, **given) - NOON  # type: ignore[arg-type]


def response(**given: object) -> Response:
    given = {"url": FEED.url, "final_url": FEED.url, "status": 200, "body": b"x", "received_at": NOON} | given
    return Response(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize("failures", range(6))
def test_the_wait_grows_with_each_failure_give_or_take_the_jitter(failures: int) -> None:
    plain = TEN_MINUTES * (1 + failures)
    assert plain * (1 - JITTER) <= wait(failures=failures) <= plain * (1 + JITTER)


@pytest.mark.parametrize("failures", [144, 1_000, 10**9])
def test_a_feed_that_always_fails_is_still_polled_once_a_day(failures: int) -> None:
    assert MAX_WAIT * (1 - JITTER) <= wait(failures=failures) <= MAX_WAIT


def test_an_interval_of_more_than_a_day_is_kept() -> None:
    assert timedelta(hours=43) < wait(interval=timedelta(hours=48)) <= timedelta(hours=48)


@pytest.mark.parametrize("asked_s", [0, 60, 700, 3_600, 86_399])
def test_a_server_never_sees_us_before_the_time_it_asked_for(asked_s: int) -> None:
    asked = timedelta(seconds=asked_s)
    assert max(asked, TEN_MINUTES * (1 - JITTER)) <= wait(asked=asked) <= MAX_WAIT


def test_what_a_server_asks_for_is_capped_at_a_day() -> None:
    assert wait(asked=timedelta(days=400)) == MAX_WAIT


def test_the_same_feed_gets_the_same_jitter_and_a_failure_another() -> None:
    assert wait() == wait()
    assert wait(failures=1) != 2 * wait()


def test_f08_a_thousand_feeds_that_fell_due_together_spread_over_the_whole_window() -> None:
    waits = sorted(wait(seed=f"feed-{n}") for n in range(1_000))
    window = TEN_MINUTES * 2 * JITTER
    assert waits[-1] - waits[0] >= 0.8 * window
    assert max(late - early for early, late in pairwise(waits)) < 0.05 * window


def test_a_thousand_feeds_told_to_come_back_at_one_moment_do_not_come_at_one_moment() -> None:
    waits = {wait(seed=f"feed-{n}", asked=timedelta(hours=1)) for n in range(1_000)}
    assert len(waits) > 900


@given(
    interval=st.timedeltas(timedelta(-1), timedelta(days=365)),
    failures=st.integers(0, 10_000),
    asked=st.none() | st.timedeltas(timedelta(days=-400), timedelta(days=400)),
    seed=st.text(max_size=5),
)
def test_the_next_poll_is_never_before_now_nor_after_the_longest_wait(
    interval: timedelta, failures: int, asked: timedelta | None, seed: str
) -> None:
    at = next_poll_at(NOON, interval, failures=failures, asked=asked, seed=seed)
    assert NOON <= at <= NOON + max(MAX_WAIT, interval)


@pytest.mark.parametrize("interval", [TEN_MINUTES, timedelta(days=3), timedelta(days=365)])
@pytest.mark.parametrize("failures", [0, 1, 10**9])
def test_no_poll_lies_farther_away_than_is_said(interval: timedelta, failures: int) -> None:
    feed = replace(FEED, interval=interval)
    farthest = farthest_poll(feed)
    for seed in "abcdefgh":
        for pace in (Pace(), Pace(skip_days=(0, 1, 2)), Pace(skip_hours=tuple(range(23)), skip_days=(5, 6))):
            asked = {"interval": interval, "failures": failures, "asked": timedelta(days=90), "pace": pace}
            assert wait(seed=seed, **asked) <= farthest
    assert farthest < max(interval, timedelta(days=1)) * 1.1 + timedelta(days=4)


def test_a_success_clears_the_failures_and_takes_over_what_was_sent() -> None:
    after = next_state(FEED, BEFORE, response(etag=b'"new"', last_modified=b"now"), NOON)
    assert after == replace(
        BEFORE,
        etag=b'"new"',
        last_modified=b"now",
        failures=0,
        next_poll_at=next_poll_at(NOON, TEN_MINUTES, seed="kestrel"),
        last_polled_at=NOON,
        last_success_at=NOON,
        last_status=200,
        last_reason=None,
        last_detail=None,
        learned=Learned(began_at=NOON, whole_at=NOON),
    )


@pytest.mark.parametrize(
    ("etag", "last_modified"), [(b'"new"', b"old"), (b'"old"', b"new"), (None, b"new"), (b'"new"', None)]
)
def test_each_validator_is_taken_over_whatever_the_other_and_the_body_are(
    etag: bytes | None, last_modified: bytes | None
) -> None:
    after = next_state(FEED, BEFORE, response(etag=etag, last_modified=last_modified), NOON)
    assert (after.etag, after.last_modified) == (etag, last_modified)


def test_not_modified_is_a_success() -> None:
    after = next_state(FEED, BEFORE, response(status=304, body=None, etag=b'"newer"'), NOON)
    assert (after.failures, after.last_status, after.etag, after.last_success_at) == (
        0,
        304,
        b'"newer"',
        NOON,
    )


def test_a_success_may_ask_us_to_wait() -> None:
    after = next_state(FEED, BEFORE, response(retry_after=timedelta(hours=2)), NOON)
    assert after.next_poll_at >= NOON + timedelta(hours=2)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (FetchRetryable(Reason.HTTP_SERVER_ERROR, "the server said 502", status=502), 502),
        (FetchRefused(Reason.GONE, "the server said 410", status=410), 410),
        (ParseError(Reason.NOT_A_FEED, "a web page"), None),
    ],
    ids=["retryable", "refused", "unreadable"],
)
def test_a_failure_is_counted_said_and_waited_for_and_keeps_the_validators(
    error: FeedError, status: int | None
) -> None:
    asked = MAX_WAIT if error.reason is Reason.GONE else None
    after = next_state(FEED, BEFORE, error, NOON)
    assert after == replace(
        BEFORE,
        failures=4,
        next_poll_at=next_poll_at(NOON, TEN_MINUTES, seed="kestrel", failures=4, asked=asked),
        last_polled_at=NOON,
        last_status=status,
        last_reason=error.reason,
        last_detail=error.detail,
        learned=replace(
            BEFORE.learned,
            gone_at=NOON if asked else None,
            not_before=NOON + asked if asked else None,
        ),
    )


def test_a_failure_may_ask_us_to_wait() -> None:
    error = FetchRetryable(Reason.RATE_LIMITED, "asked to wait", status=429, retry_after=timedelta(hours=9))
    assert next_state(FEED, BEFORE, error, NOON).next_poll_at >= NOON + timedelta(hours=9)
