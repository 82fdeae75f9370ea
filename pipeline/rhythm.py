"""A feed's own rhythm: how often something new comes, how often it is worth asking, when it has gone quiet.

Pure. Two things tell the rhythm: the dates of the entries in the document, known from the first poll on, and,
where there are none, the times at which something new was there.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from pipeline.model import Feed, FeedState, Learned

#: polls in one usual gap: on average an entry is here after an eighth of it
POLLS_PER_GAP = 4
#: a living feed is asked this often at least, however rarely it brings something
LIVELY = timedelta(hours=1)
#: a feed that has been silent is asked again after this share of its silence: after 30 days, once a day
SILENCE_SHARE = 1 / 30
#: quiet is what lasts longer than each of these: usual gaps, the longest gap of late, a time at all
QUIET_GAPS = 6
QUIET_LONGEST = 1.5
QUIET_AT_LEAST = timedelta(hours=1)

#: weight of the newest of gaps that arrivals tell
_FRESH = 0.3
#: how fast the memory of the longest gap fades, with each document that is read
_FADING = 0.98
_DATES_NEEDED = 4
_LONGEST_REST = timedelta(days=4)
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
#: clocks differ: a date this far ahead is still one of now
_AHEAD = timedelta(hours=1)


def with_arrival(learned: Learned, last_new_at: datetime | None, now: datetime) -> Learned:
    """Learn from when something new came last; what the very first poll brought says nothing.

    Args:
        learned: What is known.
        last_new_at: When something new came, up to the poll before this one.
        now: When this poll ended.
    """
    if learned.began_at is None:
        return replace(learned, began_at=now)
    if last_new_at is None or last_new_at <= (learned.arrived_at or learned.began_at):
        return learned
    found = last_new_at - (learned.arrived_at or learned.began_at)
    gap = found if learned.gap is None else learned.gap + (found - learned.gap) * _FRESH
    return replace(
        learned,
        arrived_at=last_new_at,
        newest_at=max(filter(None, (learned.newest_at, last_new_at))),
        gap=gap,
        longest_gap=max(found, (learned.longest_gap or gap) * _FADING),
    )


def with_dates(learned: Learned, published: Sequence[datetime], now: datetime) -> Learned:
    """Learn from the dates of a document's entries, newest first; with too few of them nothing changes."""
    dates = [at for at in published if _EARLIEST < at <= now + _AHEAD]
    if len(dates) < _DATES_NEEDED:
        return learned
    gaps = [newer - older for newer, older in pairwise(dates)]
    # One entry of years ago that stays on top of the list says nothing of the rhythm.
    usual = sorted(gaps)[: -(-len(gaps) * 9 // 10)]
    # Of the others, what may be a night or a week end counts: nobody is missed then.
    rests = [gap for gap in gaps if gap <= _LONGEST_REST]
    longest = max(usual[-1], *rests, (learned.longest_gap or timedelta()) * _FADING)
    newest = min(dates[0], now)
    return replace(
        learned,
        gap=sum(usual, timedelta()) / len(usual),
        longest_gap=longest,
        newest_at=max(newest, learned.arrived_at or newest),
    )


def interval_of(feed: Feed, learned: Learned, now: datetime) -> timedelta:
    """Say how long to wait between polls of a feed that works.

    A quarter of its usual gap, an hour at most; longer once it has been silent for more than a day; within
    the bounds of the configuration, which may leave no room.
    """
    fastest, slowest = feed.fastest or feed.interval, feed.slowest or feed.interval
    if learned.gap is None or learned.newest_at is None or fastest >= slowest:
        return min(max(feed.interval, fastest), slowest)
    silence = now - learned.newest_at
    wish = max(min(learned.gap / POLLS_PER_GAP, LIVELY), silence * SILENCE_SHARE)
    return min(max(wish, fastest), slowest)


def quiet_for(state: FeedState, now: datetime) -> timedelta | None:
    """Say for how long a feed has brought nothing, if that is unusual for it; None: it is as ever."""
    learned = state.learned
    if learned.gap is None or learned.newest_at is None:
        return None
    silence = now - learned.newest_at
    longest = learned.longest_gap or learned.gap
    bound = max(learned.gap * QUIET_GAPS, longest * QUIET_LONGEST, QUIET_AT_LEAST)
    return silence if silence > bound else None
