"""When a feed is polled next, and what one poll makes of its state. Pure: time comes in as a value.

A feed that fails is polled less and less often, down to once a day, and is never given up: feeds that
answered 404 for a week do come back.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.errors import FeedError, FetchError
from pipeline.identity import digest
from pipeline.model import Feed, FeedState, Response

#: no back-off and no wish of a server makes us wait longer (a longer configured interval does)
MAX_WAIT = timedelta(hours=24)
#: polls are spread by this share of their wait, so that feeds that fell due together drift apart
JITTER = 0.1
#: interval * 2**failures stops growing here; only keeps the arithmetic within timedelta
_MAX_DOUBLINGS = 20


def next_poll_at(
    now: datetime,
    interval: timedelta,
    *,
    seed: str,
    failures: int = 0,
    retry_after: timedelta | None = None,
) -> datetime:
    """Say when a feed may be polled again.

    The wait is the longest of the reasons to wait: the feed's own back-off,
    interval * 2**failures spread by ±10 %, and what the server asked for, which
    is only ever spread upwards. What else may ask for a longer wait
    (Cache-Control, a feed's ttl, its habits) joins them here.

    Args:
        now: Aware UTC time at which the poll ended.
        interval: Configured time between polls.
        seed: Draws the jitter; the feed's id.
        failures: Failed polls in a row; 0 after a success.
        retry_after: From HTTP Retry-After; None when not sent.

    Returns:
        Aware UTC time, never before `now`, nor later than MAX_WAIT or the interval, if that is longer.

    Source: RFC 9110 §10.2.3 (Retry-After).

    >>> noon = datetime.fromisoformat("2026-01-01T12:00:00+00:00")
    >>> next_poll_at(noon, timedelta(minutes=10), seed="a", retry_after=timedelta(days=90)).isoformat()
    '2026-01-02T12:00:00+00:00'
    """
    spread = _spread(seed, failures)
    reasons = [
        interval * (1 << min(failures, _MAX_DOUBLINGS)) * (1 + spread),
        (retry_after or timedelta()) * (1 + abs(spread)),
    ]
    longest = max(MAX_WAIT, interval)
    return now + min(max(*reasons, timedelta()), longest)


def next_state(feed: Feed, state: FeedState, outcome: Response | FeedError, now: datetime) -> FeedState:
    """Say what one poll makes of a feed's state.

    What only the store or the parser knows (`epoch`, `body_hash`, `last_new_at`) is kept as it was.
    """
    if isinstance(outcome, FeedError):
        return _after_failure(feed, state, outcome, now)
    return _after_success(feed, state, outcome, now)


def _after_success(feed: Feed, state: FeedState, response: Response, now: datetime) -> FeedState:
    """Take over both validators, whatever the body: each may change without the other, or without it."""
    return replace(
        state,
        etag=response.etag,
        last_modified=response.last_modified,
        failures=0,
        next_poll_at=next_poll_at(now, feed.interval, seed=feed.id, retry_after=response.retry_after),
        last_polled_at=now,
        last_success_at=now,
        last_status=response.status,
        last_reason=None,
        last_detail=None,
    )


def _after_failure(feed: Feed, state: FeedState, error: FeedError, now: datetime) -> FeedState:
    """Back off, and keep the validators: they still name the last body that was taken in."""
    status, retry_after = None, None
    if isinstance(error, FetchError):
        status, retry_after = error.status, error.retry_after
    failures = state.failures + 1
    return replace(
        state,
        failures=failures,
        next_poll_at=next_poll_at(
            now, feed.interval, seed=feed.id, failures=failures, retry_after=retry_after
        ),
        last_polled_at=now,
        last_status=status,
        last_reason=error.reason,
        last_detail=error.detail,
    )


def _spread(seed: str, failures: int) -> float:
    """Draw a share between -JITTER and JITTER: the same for the same feed, even over feeds."""
    draw = int(digest("jitter", seed, str(failures))[:8], 16) / 0xFFFFFFFF
    return JITTER * (2 * draw - 1)
