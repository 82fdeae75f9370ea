"""When a feed is polled next, and what one poll makes of its state. Pure: time comes in as a value.

A feed that fails is polled less and less often, down to once a day, and is never given up: feeds that
answered 404 for a week do come back. One answer alone ends polling: 410, "gone for good", twice, a day apart.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from pipeline.errors import FeedError, FetchError, Reason
from pipeline.model import Feed, FeedState, Learned, Move, Pace, Parsed, Response
from pipeline.rhythm import interval_of, with_arrival, with_dates

#: no back-off and no wish of a server makes us wait longer (a longer configured interval does)
MAX_WAIT = timedelta(hours=24)
#: hours and days to be skipped are heeded where they end within a long weekend
MAX_SKIP = timedelta(hours=72)
#: polls are spread by this share of their wait, so that feeds that fell due together drift apart
JITTER = 0.1
#: with nothing but 304 for so long, the next poll asks for the whole: some servers say 304 for ever.
#: A day less than the seven that are promised, for that poll may be a day away
RECHECK = timedelta(days=6)
#: a permanent redirect is taken over after so many equal ones, or when it has stood for so long
MOVE_HITS = 10
MOVE_AGE = timedelta(days=7)
#: what is waited at least where the server names no time
_LEAST_WAIT = {Reason.GONE: MAX_WAIT, Reason.RATE_LIMITED: timedelta(minutes=15)}
#: statuses by which a server may mean the condition of our request
_MAY_MEAN_CONDITION = (400, 412, 431)
#: answers without sense in a row: some servers break their 304, and not the whole
_BROKEN_ANSWERS = 3
_HOUR = timedelta(hours=1)
_NO_TIME = timedelta()
_ANY_TIME = Pace()


def next_poll_at(
    now: datetime,
    interval: timedelta,
    *,
    seed: str,
    failures: int = 0,
    asked: timedelta | None = None,
    pace: Pace = _ANY_TIME,
) -> datetime:
    """Say when a feed may be polled again.

    The wait is the longer of our own, interval * (1 + failures) spread by ±10 %, and what the server or the
    document asks for, which is only ever spread upwards. Then hours and days to be skipped are skipped.

    Args:
        now: Aware UTC time at which the poll ended.
        interval: Time between polls.
        seed: Draws the jitter; the feed's id.
        failures: Failed polls in a row; 0 after a success.
        asked: From Retry-After, Cache-Control, Expires or a feed's ttl; None when nothing was said.
        pace: Its hours and days to be skipped.

    Returns:
        Aware UTC time, never before `now`, nor later than MAX_WAIT or the interval, if that is longer, but
        for what is skipped (MAX_SKIP).

    Source: RFC 9110 §10.2.3 (Retry-After), RFC 9111 §4.2 (freshness), RSS 2.0 (skipHours, skipDays).

    >>> noon = datetime.fromisoformat("2026-01-01T12:00:00+00:00")
    >>> next_poll_at(noon, timedelta(minutes=10), seed="a", asked=timedelta(days=90)).isoformat()
    '2026-01-02T12:00:00+00:00'
    """
    spread = _spread(seed, failures)
    longest = max(MAX_WAIT, interval)
    wait = max(min(interval * (1 + min(failures, 10**6)), longest) * (1 + spread), _NO_TIME)
    if asked:
        wait = max(wait, min(asked, MAX_WAIT) * (1 + abs(spread)))
    at = now + min(wait, longest)
    return _after_skips(at, pace, spread) if pace.skip_hours or pace.skip_days else at


def farthest_poll(feed: Feed) -> timedelta:
    """Say how far away the next poll of a feed may lie; beyond it a clock was wrong that set it."""
    return max(MAX_WAIT, feed.interval, feed.slowest or feed.interval) * (1 + JITTER) + MAX_SKIP + _HOUR


def next_state(
    feed: Feed,
    state: FeedState,
    outcome: Response | FeedError,
    now: datetime,
    parsed: Parsed | None = None,
) -> FeedState:
    """Say what one poll makes of a feed's state.

    What only the store knows (`epoch`, `last_new_at`) or the caller (`body_hash`) is kept as it was.

    Args:
        feed: As it is wished.
        state: As it was claimed.
        outcome: What the poll gave.
        now: When it ended.
        parsed: What was read; None: not modified, or the same body as last time.
    """
    if isinstance(outcome, FeedError):
        return _after_failure(feed, state, outcome, now)
    return _after_success(feed, state, outcome, parsed, now)


def _after_success(
    feed: Feed, state: FeedState, response: Response, parsed: Parsed | None, now: datetime
) -> FeedState:
    """Take over both validators, whatever the body: each may change without the other, or without it."""
    learned, asked = _learned(state, response, parsed, now)
    # Without validators the next request has no condition, and must be answered with the whole.
    stale = response.body is None and now - (learned.whole_at or now) >= RECHECK
    at = next_poll_at(now, interval_of(feed, learned, now), seed=feed.id, asked=asked, pace=learned.pace)
    return FeedState(
        feed_id=state.feed_id,
        epoch=state.epoch,
        etag=None if stale else response.etag,
        last_modified=None if stale else response.last_modified,
        body_hash=state.body_hash,
        next_poll_at=at,
        last_polled_at=now,
        last_success_at=now,
        last_new_at=state.last_new_at,
        last_status=response.status,
        stopped_at=state.stopped_at,
        learned=learned,
    )


def _after_failure(feed: Feed, state: FeedState, error: FeedError, now: datetime) -> FeedState:
    """Back off, and keep the validators: they still name the last body that was taken in.

    Unless they may be what the server will not take: then the next request is without condition.
    """
    status, asked = None, _LEAST_WAIT.get(error.reason)
    if isinstance(error, FetchError):
        status, asked = error.status, error.retry_after or asked
    failures = state.failures + 1
    learned = state.learned
    gone_at = learned.gone_at
    if error.reason is Reason.GONE:
        gone_at, asked = gone_at or now, MAX_WAIT
    stopped = error.reason is Reason.GONE and gone_at is not None and now - gone_at >= MAX_WAIT
    # The interval as it was when it worked: silence while it fails is no sign of a slow feed.
    interval = interval_of(feed, learned, state.last_success_at or now)
    # A place that does not work is no place it has moved to.
    move = None if learned.move and learned.move.in_use else learned.move
    broken = error.reason is Reason.BAD_RESPONSE and failures >= _BROKEN_ANSWERS
    refused = status in _MAY_MEAN_CONDITION or broken
    return replace(
        state,
        etag=None if refused else state.etag,
        last_modified=None if refused else state.last_modified,
        failures=failures,
        next_poll_at=next_poll_at(
            now, interval, seed=feed.id, failures=failures, asked=asked, pace=learned.pace
        ),
        last_polled_at=now,
        last_status=status,
        last_reason=error.reason,
        last_detail=error.detail,
        stopped_at=now if stopped else state.stopped_at,
        learned=replace(
            learned,
            gone_at=gone_at,
            move=move,
            not_before=now + min(asked, MAX_WAIT) if asked else None,
        ),
    )


def _learned(
    state: FeedState, response: Response, parsed: Parsed | None, now: datetime
) -> tuple[Learned, timedelta | None]:
    """Learn from an answer that brought a feed, or said that it has not changed.

    Returns:
        What is known now, and what the server or the document asks to wait.
    """
    learned = with_arrival(state.learned, state.last_new_at, now)
    if parsed is not None:
        learned = replace(with_dates(learned, parsed.published, now), pace=parsed.pace)
    whole = response.body is not None
    # RFC 9111 §4.3.4: what a 304 does not say stays as it was.
    fresh_for = response.fresh_for if whole or response.fresh_for is not None else learned.fresh_for
    asked = max(filter(None, (response.retry_after, fresh_for, learned.pace.every)), default=None)
    said: dict[str, Any] = {
        "fresh_for": fresh_for,
        "not_before": now + min(asked, MAX_WAIT) if asked else None,
        "whole_at": now if whole else learned.whole_at or now,
        "gone_at": None,
        "move": _move(learned.move, response.moved_to, now),
    }
    # Most polls say nothing new, and to make the same value again costs as much as all else here.
    news = {name: value for name, value in said.items() if getattr(learned, name) != value}
    return (replace(learned, **news) if news else learned), asked


def _move(move: Move | None, moved_to: str | None, now: datetime) -> Move | None:
    """Count equal permanent redirects; one that is in use is not asked for any more, and stays."""
    if moved_to is None:
        return move if move and move.in_use else None
    if move is None or move.to != moved_to:
        return Move(to=moved_to, since=now)
    seen = move.seen + 1
    return replace(move, seen=seen, in_use=seen >= MOVE_HITS or now - move.since >= MOVE_AGE)


def _after_skips(at: datetime, pace: Pace, spread: float) -> datetime:
    """Go on to the first hour that is not to be skipped; where there is none in reach, skip nothing."""
    end, first = at + MAX_SKIP, at
    while at.hour in pace.skip_hours or at.weekday() in pace.skip_days:
        at = at.replace(minute=0, second=0, microsecond=0) + _HOUR
        if at > end:
            return first
    # Not all feeds of the world at the full hour.
    return at if at == first else at + _HOUR * abs(spread)


def _spread(seed: str, failures: int) -> float:
    """Draw a share between -JITTER and JITTER: the same for the same feed, even over feeds."""
    drawn = blake2b(f"{failures} {seed}".encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return JITTER * (2 * int.from_bytes(drawn) / 0xFFFFFFFF - 1)
