"""Dates as senders write them, and which of them are believed.

No item is dropped for its date: one that cannot be is noted in words, and the next best is taken.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_tz

from workers.normalise.lexicon.calendar import MONTHS
from workers.normalise.text import flat
from workers.normalise.worded import Worded, in_zone, read_words

DATE_ONLY = "date only"

_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
_NEWEST = datetime.max.replace(microsecond=0, tzinfo=UTC)
_FUTURE = timedelta(hours=24)
_MAX_CHARS = 80
#: where a day ends last
_LAST_ZONE = "UTC-12"

# What nearly every feed sends, read without asking further.
_RFC822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d\d?) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):([0-5]\d) (?:GMT|([+-])(\d\d)(\d\d))"
)
# IPTC 7901: day, hour and minute, month, year: "121430 JAN 21".
_TELEGRAPH = re.compile(
    r"(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)\s?(?P<zone>[A-Z]{1,4})?\s(?P<month>[^\W\d_]{3,10})\.?\s?(?P<year>\d{4}|\d\d)"
)
_ISO = re.compile(r"\d{4}-?(?:\d\d-?\d\d|W\d\d-?\d)(?!\d)")
# one digit, where ISO has two
_HOUR = re.compile(r"[\d-]{8,10}[T ](?:\d:|[\d:]*:\d(?!\d))")
_ISO_ZONE = re.compile(r"\s*(?:([A-Za-z]{1,5})|\s([+-]\d\d:?\d\d))$")
# "GMT+9", "UTC+01:00", and ISO's own zone with one digit
_OFFSET = re.compile(r"\s?(?:(?:GMT|UTC)\s?(?=[+-])|(?<=\d)(?=[+-]\d:))([+-])(\d\d?)(?::?(\d\d))?$")
# "20131020192751", "2021.05.16 09:00:04", "2013/10/20 19:27:51", "2013-7-5 9:27:51"
_FIGURES = re.compile(
    r"(?P<year>\d{4})(?P<mark>[./-]?)(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)"
    r"(?:[ T]?(?P<hour>\d\d|\d(?=:)):?(?P<minute>\d\d)(?::?(?P<second>\d\d|(?<=:)\d))?)?(?:[.,]\d{1,9})?"
    r"(?P<zone>\s?[A-Z]{1,5}|\s?[+-]\d\d:?\d\d)?"
)
_TOMORROW = re.compile(r"(?i)\b(?:tomorrow|demain|amanhã|domani)\b|^\s?(?:mañana|morgen)\b(?: a(?= las?\b))?")
_EPOCH = re.compile(r"\d{10}|\d{13}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A date as sent, read."""

    at: datetime
    #: midnight UTC stands for the day
    date_only: bool = False
    #: no zone was said, or none that is known: read as UTC
    unzoned: bool = False
    #: what had to be assumed, in words
    note: str | None = None
    #: the day by the clocks of its zone, where a zone is said
    local: date | None = None

    @property
    def day(self) -> date:
        """Give the day on which it was, as those who sent it would say."""
        return self.local or self.at.date()


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
        if match := _RFC822.fullmatch(text):
            return _plain_rfc822(match)
        if "+" in text or "-" in text:
            text = _OFFSET.sub(lambda zone: f" {zone[1]}{zone[2]:>02}{zone[3] or '00'}", text)
        if _EPOCH.fullmatch(text):
            return Moment(at=datetime.fromtimestamp(int(text[:10]), UTC))
        if _ISO.match(text) and not _HOUR.match(text):
            return _iso(text)
        return _others(text)
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
    if moment is None:
        wrong = "could not be read"
    elif moment.at < _OLDEST:
        wrong = "is before 1990, not believed"
    elif now is not None and moment.at > now + _FUTURE:
        wrong = "is in the future, not believed"
    else:
        return Claim(moment=moment)
    return Claim(doubt=f'{label} "{flat(text)[:_MAX_CHARS]}" {wrong}')


def embargo_end(text: str, *, sent: datetime, clocks: str | None = None) -> Moment | None:
    """Read until when an embargo lasts; never too early where something is left out.

    A year that is left out is the nearest one, a day the next such weekday or time. A time without a zone
    that is known is that of the sender's clocks, else the last one on earth.

    Args:
        text: The words of the embargo after "until".
        sent: When the item was sent, aware UTC.
        clocks: The zone of those who sent it, by name.

    >>> embargo_end("0001 GMT, MAY 3", sent=datetime(2021, 5, 1, tzinfo=UTC)).at.isoformat()
    '2021-05-03T00:01:00+00:00'
    """
    later = 1 if _TOMORROW.search(text) else 0
    said = read_words(_TOMORROW.sub(" ", text[:_MAX_CHARS]))
    if said is None or (said.month is None and (said.clock is None or said.day is not None)):
        return None
    try:
        if said.month is None:
            return _next_clock(said, sent, clocks, later=later)
        if said.year and abs(said.year - sent.year) > 1:
            return None  # more likely a time that is not understood: "2030"
        year = said.year or nearest_year(said.month, said.day or 0, to=sent.date())
        return _at_latest(replace(said, year=year), clocks)
    except (ValueError, OverflowError):
        return None


def not_early(moment: Moment, *, clocks: str | None = None) -> Moment:
    """Give the latest time that a moment without a zone may mean."""
    if not (moment.date_only or moment.unzoned):
        return moment
    return _late(moment.at.replace(tzinfo=None), clocks)


def _next_clock(said: Worded, sent: datetime, clocks: str | None, *, later: int) -> Moment:
    """Find the next time that clocks show what is said, on its weekday where that is said too.

    Args:
        said: A time of day, perhaps of a weekday.
        sent: When it was said.
        clocks: The zone of those who said it, by name.
        later: 1: of the day after.
    """
    for days in range(1, 9) if later else range(-1, 9):
        day = sent.date() + timedelta(days=days)
        if said.weekday not in (None, day.weekday()):
            continue
        moment = _at_latest(replace(said, year=day.year, month=day.month, day=day.day), clocks)
        if moment.at > sent or (said.weekday is not None and days == 0):  # today's may be over
            return moment
    raise ValueError(said)


def _at_latest(said: Worded, clocks: str | None) -> Moment:
    """Make a moment of a day that is said whole, in its zone, else at the latest time that it may mean."""
    moment = _in_words(said)
    return not_early(moment, clocks=clocks)


def _late(wall: datetime, clocks: str | None) -> Moment:
    placed = in_zone(wall, clocks or _LAST_ZONE) or in_zone(wall, _LAST_ZONE)
    assert placed is not None  # the last zone is known
    try:
        at = placed.astimezone(UTC)
    except OverflowError:  # the last day of the calendar stands for "for ever"
        at = _NEWEST
    return Moment(at=at, note=f"no time zone, read as {clocks or _LAST_ZONE}")


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


def _others(text: str) -> Moment | None:
    """Read what is written by hand, by telegraphs, by odd mail programs."""
    if match := _TELEGRAPH.fullmatch(text):
        return _telegraph(match)
    if match := _FIGURES.fullmatch(text):
        return _figures(match)
    worded = read_words(text, strict=False)
    return _in_words(worded) if worded and worded.year is not None else _mail(text)


def _plain_rfc822(match: re.Match[str]) -> Moment:
    """Read the date of RFC 822 in its usual form."""
    day, name, year, hour, minute, second, sign, hours, minutes = match.groups()
    zone = UTC
    if sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        zone = timezone(-offset if sign == "-" else offset)
    month = MONTHS.get(name.lower(), 0)  # no month 0: refused as any impossible date
    read = datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=zone)
    return Moment(at=read.astimezone(UTC), local=read.date())


def _telegraph(match: re.Match[str]) -> Moment:
    """Read the date of a telegraph format; its time is UTC where no zone is said."""
    year = int(match["year"])
    year += 0 if year >= 100 else 2000 if year < 69 else 1900
    month = MONTHS.get(match["month"].lower(), 0)
    read = datetime(year, month, int(match["day"]), int(match["hour"]), int(match["minute"]), tzinfo=UTC)
    if match["zone"] is None:
        return Moment(at=read)
    return _zoned(read.replace(tzinfo=None), match["zone"])


def _figures(match: re.Match[str]) -> Moment:
    """Read figures from the year down; ISO's own forms were read before."""
    day = f"{match['year']}-{int(match['month']):02}-{int(match['day']):02}"
    if match["hour"] is None:
        return _iso(day)
    time = f"{match['hour']:>02}:{match['minute']}:{match['second'] or '00':>02}"
    return _iso(f"{day}T{time}{match['zone'] or ''}")


def _in_words(said: Worded) -> Moment:
    """Make a moment of a day that is said whole, perhaps with a time."""
    year, month, day = said.year or 0, said.month or 0, said.day or 0
    if said.clock is None:
        return Moment(at=datetime(year, month, day, tzinfo=UTC), date_only=True)
    # Without its zone yet: _zoned says which one it is.
    return _zoned(datetime(year, month, day, *said.clock), said.zone)  # noqa: DTZ001


def _mail(text: str) -> Moment | None:
    """Read what else mail programs write."""
    read = parsedate_tz(text)
    if read is None or ":" not in text:
        return None
    zone = None if read[9] is None else timezone(timedelta(seconds=read[9]))
    return _zoned(datetime(*read[:5], min(read[5], 59), tzinfo=zone), None)


def _zoned(read: datetime, zone: str | None) -> Moment:
    """Bring a time to UTC; where the zone is missing or unknown it is read as UTC, and that is noted."""
    if read.tzinfo is None and (placed := in_zone(read, zone)) is not None:
        read = placed
    if zone is not None and read.tzinfo is None:
        return Moment(
            at=read.replace(tzinfo=UTC), unzoned=True, note=f"time zone {zone} not known, read as UTC"
        )
    if read.tzinfo is None:
        return Moment(at=read.replace(tzinfo=UTC), unzoned=True, note="no time zone, read as UTC")
    return Moment(at=read.astimezone(UTC), local=read.date())
