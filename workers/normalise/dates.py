"""Dates as senders write them, and which of them are believed.

No item is dropped for its date: one that cannot be is noted in words, and the next best is taken.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_tz

from workers.normalise.lexicon import INSIDE_DATE, MONTHS, ZONES
from workers.normalise.text import flat

DATE_ONLY = "date only"

_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
_FUTURE = timedelta(hours=24)
_MAX_CHARS = 80

_INSIDE = "|".join(INSIDE_DATE)
_DAY = r"(?P<day>\d{1,2})(?:er|st|nd|rd|th|º)?\.?"
_MONTH = r"(?P<month>[^\W\d_]{3,10})\.?"
_YEAR = r"(?P<year>\d{4}|\d\d(?!\d|:))"
_CLOCK = (
    r"(?:,?\s*(?:à|at|um|a las|-|–|T)?\s*"
    r"(?P<hour>\d{1,2})(?:[:h](?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?|h)"
    r"\s*(?P<half>[aApP]\.?[mM]\.?)?\s*(?:\(?(?P<zone>[A-Z]{1,5}|(?:UTC|GMT)?[+-]\d\d?:?\d{0,2})\)?)?)?"
)
_WORDS = re.compile(
    rf"(?:[^\W\d_]{{2,12}}\.?,?\s+)??(?:le\s+)?(?:{_DAY}[\s-]+(?:(?:{_INSIDE})\s+)?{_MONTH}[\s-]+(?:(?:{_INSIDE})\s+)?{_YEAR}"
    rf"){_CLOCK}\s*"
)
_MONTH_FIRST = re.compile(
    rf"(?:[^\W\d_]{{2,12}}\.?,?\s+)??{_MONTH}\s+{_DAY},?\s+(?P<year>\d{{4}}){_CLOCK}\s*"
)
_ISO = re.compile(r"\d{4}-?\d\d-?\d\d(?!\d)")
_ISO_ZONE = re.compile(r"\s*(?:([A-Za-z]{1,5})|\s([+-]\d\d:?\d\d))$")
_EPOCH = re.compile(r"\d{10}|\d{13}")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A date as sent, read."""

    at: datetime
    #: midnight UTC stands for the day
    date_only: bool = False
    #: what had to be assumed, in words
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A date that somebody says, and what is not believed of it."""

    moment: Moment | None = None
    #: in words, where it was sent and is not believed
    doubt: str | None = None

    @property
    def at(self) -> datetime | None:
        """Give the time, where it is believed."""
        return self.moment.at if self.moment else None


#: no date was sent
NOT_SENT = Claim()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """When a version was made and published, and what to know about it."""

    published: datetime | None
    version_created: datetime | None
    note: str | None


def read_date(text: str) -> Moment | None:
    """Read a date: ISO 8601, RFC 822, month names of the lexicon, Unix seconds. None where it is none.

    >>> read_date("25 juillet 2021 à 10h30").at.isoformat()
    '2021-07-25T10:30:00+00:00'
    """
    text = text.strip()
    if not 6 <= len(text) <= _MAX_CHARS:
        return None
    try:
        if _EPOCH.fullmatch(text):
            return Moment(at=datetime.fromtimestamp(int(text[:10]), UTC))
        if _ISO.match(text):
            return _iso(text)
        match = _WORDS.fullmatch(text) or _MONTH_FIRST.fullmatch(text)
        return _in_words(match) if match else _rfc822(text)
    except (ValueError, OverflowError):
        return None


def claim(label: str, text: str | None, *, now: datetime | None) -> Claim:
    """Judge a date as sent: not believed where it is impossible, before 1990 or over a day ahead.

    Args:
        label: What the date is, for the words of a doubt.
        text: As sent.
        now: When it was received; None: the future cannot be told.
    """
    if text is None or not text.strip():
        return NOT_SENT
    moment = read_date(text)
    sent = flat(text)[:_MAX_CHARS]
    if moment is None:
        return Claim(doubt=f'{label} "{sent}" could not be read')
    if moment.at < _OLDEST:
        return Claim(doubt=f'{label} "{sent}" is before 1990, not believed')
    if now is not None and moment.at > now + _FUTURE:
        return Claim(doubt=f'{label} "{sent}" is in the future, not believed')
    return Claim(moment=moment)


def dates_of(*, published: Claim, updated: Claim, dateline: Claim, received_at: datetime | None) -> Dates:
    """Choose when an item was published: as sent, else its version's date, the dateline's, the receipt's."""
    notes = [each.doubt for each in (published, updated, dateline) if each.doubt]
    chosen = published.moment or updated.moment or dateline.moment
    if chosen is None and received_at is not None:
        chosen = Moment(at=received_at, note="published: time of receipt")
    if chosen is not None:
        notes += [DATE_ONLY] if chosen.date_only else []
        notes += [chosen.note] if chosen.note else []
    return Dates(
        published=chosen.at if chosen else None,
        version_created=updated.at or published.at,
        note="; ".join(notes) or None,
    )


def nearest_year(month: int, day: int, *, to: date) -> int | None:
    """Give the year that brings day and month nearest to a date; None where no such day is near.

    >>> nearest_year(12, 31, to=date(2021, 1, 2))
    2020
    """
    days = _days(month, day, range(to.year - 1, to.year + 2))
    return min(days, key=lambda each: abs(each - to)).year if days else None


def latest_year(month: int, day: int, *, until: date) -> int | None:
    """Give the year of the last such day that is not after a date (a day's grace for the zones).

    >>> latest_year(12, 31, until=date(2021, 1, 2))
    2020
    """
    last = until + timedelta(days=1)
    days = [each for each in _days(month, day, range(until.year - 8, until.year + 2)) if each <= last]
    return max(days).year if days else None


def _days(month: int, day: int, years: Iterable[int]) -> list[date]:
    """Give the day in each of the years that have it."""
    found = []
    for year in years:
        try:
            found.append(date(year, month, day))
        except ValueError:
            continue
    return found


def _iso(text: str) -> Moment:
    """Read ISO 8601 and its relatives: a space for T, zone by name or after a space, a leap second."""
    if len(text) <= 10:
        return Moment(at=datetime.fromisoformat(text).replace(tzinfo=UTC), date_only=True)
    zone: str | None = None
    if match := _ISO_ZONE.search(text):
        zone, text = match[1] or match[2], text[: match.start()]
    read = datetime.fromisoformat(text.replace(":60", ":59", 1).strip())
    return _zoned(read, zone)


def _in_words(match: re.Match[str]) -> Moment:
    """Read day, name of the month and year, perhaps with a time."""
    month = MONTHS.get(match["month"].lower(), 0)  # no month 0: refused as any impossible date
    year = int(match["year"])
    if year < 100:
        year += 2000 if year < 69 else 1900
    if match["hour"] is None:
        return Moment(at=datetime(year, month, int(match["day"]), tzinfo=UTC), date_only=True)
    hour = int(match["hour"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"][0] in "pP" else 0)
    minute, second = int(match["minute"] or 0), min(int(match["second"] or 0), 59)
    # Without its zone yet: _zoned says which one it is.
    read = datetime(year, month, int(match["day"]), hour, minute, second)  # noqa: DTZ001
    return _zoned(read, match["zone"])


def _rfc822(text: str) -> Moment | None:
    """Read what else mail programs write, C's asctime too."""
    read = parsedate_tz(text)
    if read is None or ":" not in text:
        return None
    zone = None if read[9] is None else timezone(timedelta(seconds=read[9]))
    return _zoned(datetime(*read[:5], min(read[5], 59), tzinfo=zone), None)


def _zoned(read: datetime, zone: str | None) -> Moment:
    """Bring a time to UTC; where the zone is missing or unknown it is read as UTC, and that is noted."""
    if zone is not None and (offset := _offset(zone)) is None:
        return Moment(at=read.replace(tzinfo=UTC), note=f"time zone {zone} not known, read as UTC")
    if zone is not None and offset is not None:
        read = read.replace(tzinfo=timezone(offset))
    if read.tzinfo is None:
        return Moment(at=read.replace(tzinfo=UTC), note="no time zone, read as UTC")
    return Moment(at=read.astimezone(UTC))


def _offset(zone: str) -> timedelta | None:
    if zone.upper() in ZONES:
        return timedelta(minutes=ZONES[zone.upper()])
    match = _OFFSET.fullmatch(zone)
    if match is None:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return -offset if match[1] == "-" else offset
