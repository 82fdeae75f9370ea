"""Dates and times written with words and figures in any order: "14:30 Uhr, 12. Januar", "0001 GMT, MAY 3"."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from workers.normalise.lexicon.calendar import (
    DATE_FILLERS,
    LOCAL_TIMES,
    MONTHS,
    NAMED_HOURS,
    SHORT_WEEKDAYS,
    WEEKDAYS,
    ZONES,
    Summer,
    Zone,
)
from workers.normalise.lexicon.words import one_of

_LOCAL = one_of(LOCAL_TIMES).replace(r"\ ", r"\s")
_NAMED = one_of([name for name in ZONES if len(name) > 1])
_HALF = r"\s?(?P<half>[ap]\.?\s?m\b\.?)?"
_HOUR = r"(?<![\d.])(?P<hour>\d{1,2})"
_MINUTE = r"(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?|\s?h\s?(?P<m>\d\d)?)"
# A full stop between hour and minute is one of the last to try: "12.01. 14.30 Uhr".
_CLOCKS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_HOUR}{_MINUTE}(?!\d){_HALF}",
        rf"(?<![\d.])(?P<hour>[0-2]\d)(?P<minute>[0-5]\d)(?=Z\b|\s?(?:{_NAMED}|{_LOCAL}|hrs|hours)\b)",
        rf"{_HOUR}[.](?P<minute>\d\d)(?![.\d]){_HALF}",
        rf"{_HOUR}(?:\s?(?P<half>[ap]\.?\s?m\b\.?)|(?=\s?(?:uhr|uur|heures?|horas?|ore)\b))",
        r"\b(?:ore|alle|às|las)\s(?P<hour>\d{1,2})(?![\d.:])",
    )
)
_ZONE = re.compile(
    rf"(?:\s?(?i:uhr|uur|heures?|horas?|hours|hrs|hs|ore|h)\b[\s,(]*(?=(?i:{_LOCAL}|{_NAMED})\b))?"
    rf"(?:,(?=\s(?i:{_LOCAL})\b))?\s*\(?(?P<zone>(?i:{_LOCAL})\b|(?:UTC|GMT)?[+-]\d\d?:?\d{{0,2}}(?!\d)"
    rf"|[A-Z]{{1,5}}\b(?!/)|(?i:{_NAMED})\b)\)?"
)
_ZONE_APART = re.compile(rf"(?:\(|,|;|\s[-–—])\s?(?P<zone>(?i:{_LOCAL}|{_NAMED}))\s?(?:\)|$)")
_ISO_DAY = re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)")
_DOTTED = re.compile(r"(?<!\d)(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.(?:\s?(?P<year>\d{4}|\d\d(?!\d)))?")
_TOKEN = re.compile(
    r"(?P<number>\d+)(?:(?:er|st|nd|rd|th)\b|[ºª°])?|(?P<word>[^\W\d_]+(?:[-'’][^\W\d_]+)*)|[\s,.;:()/|–—-]+|(?P<odd>.)"
)
#: no name of a day of the week is longer
_MAX_WEEKDAY = 12
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """What the words of a date say; None: nothing of that."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    #: 0: Monday
    weekday: int | None = None
    #: hour, minute, second
    clock: tuple[int, int, int] | None = None
    #: as written
    zone: str | None = None


class _Found(NamedTuple):
    weekdays: list[int]
    months: list[str]
    numbers: list[str]
    hours: list[int]


def read_words(text: str, *, strict: bool = True) -> Worded | None:
    """Read words that are a date, a time or both, and nothing else; None where something else is said.

    Args:
        text: A few words.
        strict: One unknown word at the beginning is too much; False: it may be a day of the week.

    >>> read_words("0001 GMT, MAY 3")
    Worded(year=None, month=5, day=3, weekday=None, clock=(0, 1, 0), zone='GMT')
    """
    clock, zone, rest = _split_clock(text)
    said = Worded(clock=clock, zone=zone)
    if match := _ISO_DAY.search(rest) or _DOTTED.search(rest):
        year, month, day = (int(match[name]) if match[name] else None for name in ("year", "month", "day"))
        said = replace(said, year=_whole(year), month=month, day=day)
        rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    found = _sorted_out(rest, strict)
    if found is None or (found.hours and clock is not None):
        return None
    if found.hours:
        said = replace(said, clock=(found.hours[0], 0, 0))
    if len(set(found.weekdays)) == 1:
        said = replace(said, weekday=found.weekdays[0])
    return _with_numbers(_with_month(said, found), found.numbers)


def _with_month(said: Worded, found: "_Found") -> Worded | None:
    """Add the month that is named; None where two are, or figures have said it already."""
    months = found.months
    if len(months) > 1:  # "mar 12 ene": the first is a Tuesday
        months = [name for name in months if name not in SHORT_WEEKDAYS]
    if len(months) > 1 or (said.month and (months or (found.numbers and said.year))):
        return None
    if months:
        said = replace(said, month=MONTHS[months[0]])
    return said


def _with_numbers(said: Worded | None, numbers: list[str]) -> Worded | None:
    """Add the day, year or time that figures say; None where they say two."""
    if said is None:
        return None
    for number in numbers:
        if len(number) == 4 and number[0] == "0" and said.clock is None:  # "0001 FRIDAY"
            said = replace(said, clock=(int(number[:2]), int(number[2:]), 0))
        elif len(number) <= 2 and said.day is None and said.month is not None:
            said = replace(said, day=int(number))
        elif said.year is None and (len(number) == 4 or (len(number) == 2 and said.day is not None)):
            said = replace(said, year=_whole(int(number)))
        else:
            return None
    return said


def has_clock(text: str) -> bool:
    """Say whether words hold a time of day."""
    return _split_clock(text)[0] is not None


def offset_of(zone: str, at: datetime) -> timedelta | None:
    """Say how far east of UTC a zone is at a time of its own clocks; None: no such zone is known.

    >>> offset_of("Uhr", datetime(2021, 7, 1, 14, 30))
    datetime.timedelta(seconds=7200)
    """
    found = ZONES.get(zone.upper()) or LOCAL_TIMES.get(" ".join(zone.lower().split()))
    if found is not None:
        return timedelta(minutes=found.minutes + (60 if _is_summer(found, at) else 0))
    match = _OFFSET.fullmatch(zone)
    if match is None:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return -offset if match[1] == "-" else offset


def in_zone(at: datetime, zone: str | None) -> datetime | None:
    """Give a time the offset of its zone; None where the zone is missing or not known."""
    offset = offset_of(zone, at) if zone else None
    return None if offset is None else at.replace(tzinfo=timezone(offset))


def _split_clock(text: str) -> tuple[tuple[int, int, int] | None, str | None, str]:
    """Take the time of day and its zone out of the words."""
    for pattern in _CLOCKS:
        match = pattern.search(text)
        if match is None:
            continue
        said = match.groupdict()
        hour, minute = int(said["hour"]), int(said.get("minute") or said.get("m") or 0)
        if half := said.get("half"):
            hour = hour % 12 + (12 if half[0] in "pP" else 0)
        second = min(int(said.get("second") or 0), 59)
        end, zone = match.end(), None
        found = _ZONE.match(text, end)
        if found and (_is_zone(found["zone"]) or not _is_word(found["zone"])):
            end, zone = found.end(), found["zone"]
        elif apart := _ZONE_APART.search(text, end):  # "06:00 de 3 de maio (hora de Lisboa)"
            rest = f"{text[end : apart.start()]} {text[apart.end() :]}"
            return (hour, minute, second), apart["zone"], f"{text[: match.start()]} {rest}"
        return (hour, minute, second), zone, f"{text[: match.start()].rstrip('T')} {text[end:]}"
    return None, None, text


def _sorted_out(text: str, strict: bool) -> _Found | None:
    """Sort words into months, figures and named hours; None where one is something else."""
    found = _Found(weekdays=[], months=[], numbers=[], hours=[])
    for n, match in enumerate(match for match in _TOKEN.finditer(text) if match.lastgroup):
        word = match[0].lower()
        if match["number"]:
            found.numbers.append(match["number"])
        elif word in MONTHS:
            found.months.append(word)
        elif word in NAMED_HOURS:
            found.hours.append(NAMED_HOURS[word])
        elif word in WEEKDAYS:
            found.weekdays.append(WEEKDAYS[word])
        elif match["odd"] or not (_is_word(word) or (n == 0 and not strict and len(word) <= _MAX_WEEKDAY)):
            return None
    return found


def _is_zone(name: str) -> bool:
    return name in ZONES or " ".join(name.lower().split()) in LOCAL_TIMES


def _is_word(word: str) -> bool:
    """Say whether a word belongs to dates and is no zone."""
    word = word.lower()
    return word in DATE_FILLERS or word in WEEKDAYS or word in SHORT_WEEKDAYS or word in MONTHS


def _whole(year: int | None) -> int | None:
    """Write a year of two figures with four: 68 is 2068, 69 is 1969, as POSIX has it."""
    if year is None or year >= 100:
        return year
    return year + (2000 if year < 69 else 1900)


def _is_summer(zone: Zone, at: datetime) -> bool:
    """Say whether a zone's clocks are an hour forward."""
    if zone.summer is None:
        return False
    if zone.summer is Summer.EUROPE:
        change = timedelta(hours=1, minutes=zone.minutes)
        begin, end = _last_sunday(at.year, 3), _last_sunday(at.year, 10)
    else:
        change = timedelta(hours=2)
        begin, end = _first_sunday(at.year, 3) + timedelta(days=7), _first_sunday(at.year, 11)
    # Compared as the clocks on the wall show it; of the hour that comes twice the first is taken.
    since = datetime(begin.year, begin.month, begin.day) + change  # noqa: DTZ001
    until = datetime(end.year, end.month, end.day) + change + timedelta(hours=1)  # noqa: DTZ001
    if zone.summer is Summer.AMERICA:
        until -= timedelta(hours=1)
    return since <= at.replace(tzinfo=None) < until


def _first_sunday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=6 - first.weekday())


def _last_sunday(year: int, month: int) -> date:
    """Give the last Sunday of a month of 31 days."""
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)
