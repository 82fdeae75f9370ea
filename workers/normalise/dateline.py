"""The dateline: the words that open wire copy, "KABUL, July 25 (Agency) -".

Precision comes first: words are taken for a dateline only where a dash ends them and a date or an agency
stands among them, and whatever else stands there looks like a place. "NATO (OTAN) - ..." is a sentence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from workers.normalise.dates import latest_year, nearest_year
from workers.normalise.lexicon import (
    AGENCIES,
    AGENCY_WORDS,
    BEFORE_DATE,
    INSIDE_DATE,
    MONTHS,
    NEVER_FIRST,
    NEVER_PLACE,
    PARTICLES,
    WEEKDAYS,
)

#: no dateline is longer
_MAX_CHARS = 120
#: no place with its region is longer
_MAX_PLACE = 60

# What was written before the copy proper: " date 2021-07 KABOUL, ..."
_PREFIX = re.compile(r"date[ :=]\s*(\d{4})-(\d\d)(?:-(\d\d))?\s+(?=\S)")
# The end of a dateline. A bare hyphen needs a space or bracket before it, else it is part of a word.
_DASH = re.compile(
    r"\s*(?:[–—―]|--+)\s*|(?<=[)\s.,/])\.?\s*[-_‒‐−](?:\s+|$)|(?<=\))\.?\s*-\s*|(?<=\d)-\s+|(?<=\)):\s+"
)
# Where the dash was lost: only after date and agency together.
_NO_DASH = re.compile(r"(?<=\))\.?\s+(?=[^\W\d_]|[\"'“«])|(?<=/)\.?\s+")
_EVIDENCE = re.compile(r"[^\d(/]{0,70}[\d(/]")
_ENDS = re.compile(r"[^–—―‒‐−_)/-]{0,120}[–—―‒‐−_)/-]")
_AGENCY_FIRST = re.compile(r"\(([^()]{2,40})\)\s*(?:--|[-–—_])\s+")
_AGENCY = re.compile(r"[\s,.–—-]*(?:\(([^()]{2,40})\)|/([^/]{2,40})/)[\s,.]*")
_DATE = re.compile(
    rf"(?:^|(?<=[\s,]))(?:(?:{'|'.join(WEEKDAYS)}),?\s+)?(?:(?:{'|'.join(BEFORE_DATE)})\s+)?(?:"
    rf"(?P<day>\d{{1,2}})(?:er|st|nd|rd|th|º)?\.?\s*(?:(?:{'|'.join(INSIDE_DATE)})\s+)?(?P<month>[^\W\d_]{{3,10}})\.?"
    r"(?:,?\s+(?:(?:de|del)\s+)?(?P<year>\d{4}))?"
    r"|(?P<month2>[^\W\d_]{3,10})\.?\s*(?P<day2>\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(?P<year2>\d{4}))?"
    r")[\s,.]*$",
    re.IGNORECASE,
)
_REGION = re.compile(r"\(([^()]{2,30})\)$")
_PLACE_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.-])*")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningDate:
    """Day and month of a dateline, and its year where the words say it."""

    month: int
    day: int
    year: int | None = None

    def on(self, year: int | None) -> date | None:
        """Give the day in a year; None without a year, or where that year has no such day."""
        try:
            return date(year, self.month, self.day) if year else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands before the dash of a dateline."""

    city: str | None = None
    date: OpeningDate | None = None
    agency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A month or day that was written before the copy."""

    year: int
    month: int
    day: int | None = None

    @property
    def middle(self) -> date:
        """Give the day, or about the middle of the month."""
        return date(self.year, self.month, self.day or 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the first words of a text are, and what is left of them."""

    #: the dateline as written, dash included; None: there is none
    text: str | None = None
    city: str | None = None
    date: OpeningDate | None = None
    agency: str | None = None
    #: the paragraph without dateline and prefix
    rest: str


def split_prefix(paragraph: str) -> tuple[Period | None, str]:
    """Take off what stands before the copy: "date 2021-07 KABOUL, ..." gives the month and "KABOUL, ..."."""
    match = _PREFIX.match(paragraph)
    if match is None:
        return None, paragraph
    year, month, day = int(match[1]), int(match[2]), int(match[3] or 0)
    try:
        date(year, month, day or 1)
    except ValueError:
        return None, paragraph
    return Period(year=year, month=month, day=day or None), paragraph[match.end() :]


def read_dateline(paragraph: str, *, agencies: frozenset[str] = frozenset()) -> Opening:
    """Read the dateline that opens a paragraph, if one does.

    Args:
        paragraph: The first paragraph, clean, on one line.
        agencies: Further names, lower case, that are known to be agencies: the provider of the item.
    """
    known = AGENCIES | agencies
    first = _AGENCY_FIRST.match(paragraph)
    leading = first[1].strip() if first and _is_agency(first[1].strip(), known) else None
    start = first.end() if first and leading else 0
    for head_end, end, dashed in _ends(paragraph, start):
        head = _read_head(paragraph[start:head_end] + (f" ({leading})" if leading else ""), known, dashed)
        if head is not None:
            return Opening(
                text=paragraph[:end].strip(),
                city=head.city,
                date=head.date,
                agency=head.agency,
                rest=paragraph[end:].lstrip(),
            )
    if leading:
        return Opening(text=paragraph[:start].strip(), agency=leading, rest=paragraph[start:])
    return Opening(rest=paragraph)


def may_open(paragraph: str) -> bool:
    """Say at little cost whether a dateline can open a paragraph: it has a date or an agency, and an end."""
    return _EVIDENCE.match(paragraph) is not None and _ENDS.match(paragraph) is not None


def year_of(
    day: OpeningDate, *, period: Period | None, sent: date | None, received: date | None
) -> tuple[int | None, bool]:
    """Find the year of a dateline: as written, from the prefix, the item's date, or the receipt.

    Returns:
        The year or None, and whether the text or its sender says so (a time of arrival is no identity).
    """
    if day.year is not None:
        return day.year, True
    if (near := period.middle if period else sent) is not None:
        return nearest_year(day.month, day.day, to=near), True
    if received is not None:
        return latest_year(day.month, day.day, until=received), False
    return None, False


def city_name(place: str) -> str:
    """Write the first place of a dateline as names are written.

    >>> [city_name(each) for each in ("KABOUL", "RIO DE JANEIRO", "WASHINGTON/LONDON", "N'DJAMENA")]
    ['Kaboul', 'Rio de Janeiro', 'Washington', "N'Djamena"]
    """
    name = re.split(r"[/,(]", place)[0].strip()
    if name != name.upper():
        return name
    words = [word if "." in word[:-1] else _capitalised(word, n) for n, word in enumerate(name.split())]
    return " ".join(words)


def _capitalised(word: str, place: int) -> str:
    """Write a capital where a part of a word begins; small words between others stay small."""
    parts = re.split(r"([-'’])", word.lower())
    for n in range(0, len(parts), 2):
        if not ((place or n) and parts[n] in PARTICLES):
            parts[n] = parts[n][:1].upper() + parts[n][1:]
    return "".join(parts)


def _ends(paragraph: str, start: int) -> Iterator[tuple[int, int, bool]]:
    """Give where a dateline might end, shortest first: before and after its dash, and whether it has one."""
    for pattern in (_DASH, _NO_DASH):
        for match in islice(pattern.finditer(paragraph, start, start + _MAX_CHARS), 3):
            yield match.start(), match.end(), pattern is _DASH


def _read_head(head: str, known: frozenset[str], dashed: bool) -> Head | None:
    """Read the words before a dash; None where they are no dateline."""
    agency, words = _split_agency(head, known)
    day, place = _split_date(words)
    trusted = agency is not None and _is_agency(agency, known)
    if not (trusted or day) or not (dashed or (day and agency)):
        return None
    apart = place.endswith((",", "."))
    place = place.strip(" ,.-–—")
    if not place:
        return Head(date=day, agency=agency) if trusted else None
    if not _is_place(place, known) or not (agency or apart or place.isupper()):
        return None
    return Head(city=city_name(place), date=day, agency=agency)


def _split_agency(head: str, known: frozenset[str]) -> tuple[str | None, str]:
    """Take the agency out of the words: in the last bracket, between slashes, or known and after a comma."""
    found = list(_AGENCY.finditer(head))
    if not found:
        before, _, after = head.strip(" ,").rpartition(",")
        return (after.strip(), before) if after.strip().lower() in known else (None, head)
    last = found[-1]
    name = (last[1] or last[2]).strip()
    if not name[:1].isalpha() or len(name.split()) > 5:
        return None, head
    return name, f"{head[: last.start()]}, {head[last.end() :]}" if head[last.end() :] else head[
        : last.start()
    ]


def _split_date(words: str) -> tuple[OpeningDate | None, str]:
    """Take the date off the end of the words; what is left keeps its comma."""
    match = _DATE.search(words)
    if match is None:
        return None, words
    month = MONTHS.get((match["month"] or match["month2"]).lower())
    day, year = int(match["day"] or match["day2"]), match["year"] or match["year2"]
    if month is None or not 1 <= day <= 31:
        return None, words
    return OpeningDate(month=month, day=day, year=int(year) if year else None), words[
        : match.start()
    ].rstrip()


def _is_agency(name: str, known: frozenset[str]) -> bool:
    lower = name.lower()
    return lower in known or lower.split("/")[0] in known or not AGENCY_WORDS.isdisjoint(lower.split())


def _is_place(place: str, known: frozenset[str]) -> bool:
    """Say whether words look like a city, perhaps with region and country, perhaps several cities."""
    if len(place) > _MAX_PLACE or place.lower() in known:
        return False
    parts = re.split(r"\s*[,/]\s*", _REGION.sub(r", \1", place))
    if len(parts) > 4 or not _is_name(parts[0]) or parts[0].split()[0].lower() in NEVER_FIRST:
        return False
    # A country may have its article: "ARNHEM, the Netherlands".
    return all(_is_name(part.removeprefix("the ")) for part in parts[1:])


def _is_name(part: str) -> bool:
    """Say whether words look like one name: with capitals, if it has any, but for small words inside."""
    words = part.split()
    lower = [word.lower().strip(".") for word in words]
    if not 1 <= len(words) <= 4 or not NEVER_PLACE.isdisjoint(lower):
        return False
    small = [n for n, word in enumerate(words) if word[0].islower() and word[:2] not in ("d'", "l'")]
    return all(_PLACE_WORD.fullmatch(word) for word in words) and all(
        0 < n < len(words) - 1 and lower[n] in PARTICLES for n in small
    )
