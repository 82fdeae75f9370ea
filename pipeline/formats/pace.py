"""What a feed says of its own pace: ttl, skipHours, skipDays, sy:updatePeriod; and when its entries are from.

Read beside feedparser, which keeps one `hour` of many and no day at all.

Source: RSS 2.0 (ttl, skipHours, skipDays), RSS 1.0 module Syndication (updatePeriod, updateFrequency).
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pipeline.model import Entry, Pace

#: a channel's own elements stand before its items, or behind them; no further than this is looked
_NEAR = 64 * 1024
_ITEM = re.compile(r"<(?:item|entry)[\s>]")
_LAST_ITEM = "</item>"
#: an element's begin, attributes included, and what stands before its value
_VALUE = r"(?:\s[^<>]{0,300})?>\s*(?:<!\[CDATA\[)?\s*"
_TTL = re.compile(rf"<ttl{_VALUE}([0-9]{{1,12}})\b")
_PERIOD = re.compile(rf"<[\w.-]+:updatePeriod{_VALUE}(\w*)")
_FREQUENCY = re.compile(rf"<[\w.-]+:updateFrequency{_VALUE}([0-9]{{1,6}}(?:\.[0-9]{{1,6}})?)(?![0-9])")
_HOUR = re.compile(rf"<hour{_VALUE}([0-9]{{1,2}})\b")
_DAY = re.compile(rf"<day{_VALUE}(mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_DAYS = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_LONGEST = timedelta(days=365)
#: entries whose dates tell the rhythm
_DATED = 50


def pace_of(document: str) -> Pace:
    """Read how often a feed says it may be asked for.

    >>> pace_of("<rss><channel><ttl>90</ttl><item/></channel></rss>").every
    datetime.timedelta(seconds=5400)
    """
    item = _ITEM.search(document)
    head = document[: min(item.start(), _NEAR) if item else _NEAR]
    last = document.rfind(_LAST_ITEM)
    tail = document[last : last + _NEAR] if last >= 0 else ""
    own = head + tail
    if "<ttl" not in own and ":update" not in own and "<skip" not in own:
        return Pace()
    own = _COMMENT.sub("", own)
    hours = {int(hour) % 24 for hour in _HOUR.findall(_inside(own, "skipHours")) if int(hour) <= 24}
    days = {_DAYS.index(day.lower()) for day in _DAY.findall(_inside(own, "skipDays"))}
    every = max(filter(None, (_ttl(own), _syndication(own))), default=None)
    return Pace(every=every, skip_hours=tuple(sorted(hours)), skip_days=tuple(sorted(days)))


def published_of(entries: Iterable[Entry]) -> tuple[datetime, ...]:
    """Read the dates of the first entries, newest first; those that need more than a glance are left out.

    >>> published_of([Entry(format="rss", published="Thu, 01 Jan 2026 12:00:00 GMT")])[0].isoformat()
    '2026-01-01T12:00:00+00:00'
    """
    dates = (entry.published or entry.updated for entry, _ in zip(entries, range(_DATED), strict=False))
    return tuple(sorted((at for date in dates if date and (at := _moment(date))), reverse=True))


def _ttl(own: str) -> timedelta | None:
    found = _TTL.search(own)
    return min(timedelta(minutes=min(int(found[1]), 10**6)), _LONGEST) if found else None


def _syndication(own: str) -> timedelta | None:
    period, times = _PERIOD.search(own), _FREQUENCY.search(own)
    if period is None and times is None:
        return None
    # Said by the module: daily and once, where one of the two is left out. "always" and the like say nothing.
    every = _PERIODS.get(period[1].lower() if period else "daily")
    count = float(times[1]) if times else 0.0
    return every and min(every / (count or 1.0), _LONGEST)


def _inside(own: str, name: str) -> str:
    return own.partition(f"<{name}")[2].partition(f"</{name}>")[0]


def _moment(date: str) -> datetime | None:
    text = date.strip()[:64]
    try:
        at = datetime.fromisoformat(text) if text[4:5] == "-" else parsedate_to_datetime(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
