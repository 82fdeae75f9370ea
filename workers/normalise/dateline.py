"""The dateline: the words that open wire copy, "KABUL, July 25 (Agency) -".

Precision comes first: words are taken for a dateline only where a dash ends them and a date or an agency
stands among them, and whatever else stands there looks like a place. "NATO (OTAN) - ..." is a sentence. Only
cities that are known to stand alone, and cities with their state, need neither ("OTTAWA — ...").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from workers.normalise.dates import latest_year, nearest_year
from workers.normalise.lexicon.agencies import AGENCIES, AGENCY_WORDS, SHORT_AGENCIES
from workers.normalise.lexicon.calendar import BEFORE_DATE, INSIDE_DATE, MONTHS, WEEKDAYS
from workers.normalise.lexicon.datelines import (
    BETWEEN_PLACES,
    CANTONS,
    CITIES_ALONE,
    COUNTRY_CODES,
    NEVER_FIRST,
    NEVER_PLACE,
    PARTICLES,
    PLACE_AFTER,
    PLACE_NAMED,
    REGIONS,
)

#: no dateline is longer
_MAX_CHARS = 120
#: no place with its region is longer
_MAX_PLACE = 60
#: nor a line that is nothing else
_MAX_LINE = 70
#: city, region and country, or as many cities
_MAX_PARTS = 4
#: words of an agency's name
_MAX_AGENCY = 6

# What was written before the copy proper: " date 2021-07 KABOUL, ..."
_PREFIX = re.compile(r"date[ :=]\s*(\d{4})-(\d\d)(?:-(\d\d))?\s+(?=\S)")
# The end of a dateline. A bare hyphen needs a space or bracket before it, else it is part of a word.
_DASH = re.compile(
    r"\s*(?:[–—―]|--+)\s*|(?<=[)\s.,/])\.?\s*[-_‒‐−=](?:\s+|$)|(?<=\))\.?\s*-\s*|(?<=\d)-\s+|(?<=\)):\s+"
    r"|(?<=\d{4}):\s+(?=[A-ZÀ-Þ])"
)
# Where the dash was lost: only after date and agency together.
_NO_DASH = re.compile(r"(?<=\))\.?\s+(?=[^\W\d_]|[\"'“«])|(?<=/)\.?\s+")
# A date, a bracket or a slash soon; or a place in capitals, or one word, before a dash.
_EVIDENCE = re.compile(
    r"[^\d(/]{0,70}[\d(/]|[^\W\d_]{1,4}['’. ]?(?-i:[A-ZÀ-Þ])[^–—-]{0,60}[–—-]|[^\W\d_]{2,12}\s[–—-]"
)
_ENDS = re.compile(r"[^–—―‒‐−_)/=-]{0,120}[–—―‒‐−_)/=-]")
_COLON = re.compile(r"[A-ZÀ-Þ][A-ZÀ-Þ.'’ -]{2,30}: [\"'“«]?[A-ZÀ-Þ][a-zà-ÿ]* [a-zà-ÿ]")
# "(ANSA) - ROMA", "/ANSA/ - ROMA", "Reuters - The"
_AGENCY_FIRST = re.compile(
    r"(?:\(\s?([^()]{2,40}?)\s?\)|/\s?([^/]{2,40}?)\s?/)\s*(?:--|[-–—_.])\s+"
    r"|([^\W\d_][\w./-]{1,14})\s(?:--|[-–—])\s(?=[\"'“«(]?[A-ZÀ-ÞЀ-Я])"
)
# "APA-Dakar (Sénégal) -", "AFP, Paris -", "AFP | Paris -"
_AGENCY_JOINED = re.compile(r"([A-Za-z]{2,12})(?:[-–]|,\s|\s?[/|]\s?)(?=[A-ZÀ-Þ])")
# "(Belga) Le": an agency that is known, and no dash
_AGENCY_FIRST_BARE = re.compile(r"\(([^()]{2,30})\)\s*(?=[\"'“«]?[A-ZÀ-ÞЀ-Я])")
# "- РИА Новости. Землетрясение": behind a dateline that has ended
_AGENCY_STOPPED = re.compile(r"([^\W\d_]{2,12}(?: [^\W\d_]{2,12})?)\.\s+(?=[\"'“«]?[A-ZÀ-ÞЀ-Я])")
# "KABUL – (IRIN) – The": behind a dateline that has a date
_AGENCY_NEXT = re.compile(r"\(([^()\d]{2,40})\)\s?[-–—]+\s+")
# "PARIS - AFP - Le", "KABUL – Reuters: The"
_AGENCY_BETWEEN = re.compile(r"([^\d()–—-]{2,40})\s[-–—]\s([^\W\d_][\w ]{1,20}?)\s?(?:[-–—]|:)\s+")
# "GENEVA (3 February 2026) –"
_BRACKETED_DATE = re.compile(r"\s*\(([^()]*\d[^()]*)\)\s*$")
# "AA / Bamako / Moussa Exemple", a line of its own
_AGENCY_SLASHED = re.compile(r"([A-Za-z]{2,12}) ?/ ?([A-ZÀ-Þ][^/\d]{2,40}?)(?: ?/ ?[A-ZÀ-Þ][^/\d.]{4,60})?")
# "Berne (ats) Le"
_AGENCY_BARE = re.compile(r"[^()]{3,40}\(([^()]{2,30})\)\.?\s+(?=[\"'“«]?[A-ZÀ-Þ])")
# "OTTAWA — The", "DES MOINES, Iowa - The"
_ALONE = re.compile(
    r"([A-ZÀ-Þ][A-ZÀ-Þ.'’ -]{2,30}(?:, [^–—,-]{2,20})?)\s*(—|–|--|(?<= )-(?= )|:(?= ))\s*"
    r"(?=[\"'“«(]?[A-ZÀ-Þ\d])"
)
# "Puno, mar. 2. Trescientos …": a full stop for the dash
_STOPPED = re.compile(
    r"([^\d.;:()/–—-]{3,40}, ?(?:[^\W\d_]{3,10}\.? \d{1,2}|\d{1,2} (?:de )?[^\W\d_]{3,10}))\.\s+"
    r"(?=[\"'“«¿¡]?[A-ZÀ-Þ])"
)
_AGENCY = re.compile(r"[\s,.–—-]*(?:\(([^()]{2,40})\)|/([^/()]{2,40})/)[\s,.]*")
_DATE = re.compile(
    rf"(?:^|(?<=[\s,]))(?:(?:{'|'.join(WEEKDAYS)}),?\s+)?(?:(?:{'|'.join(BEFORE_DATE)})\s+)?(?:"
    rf"(?P<day>\d{{1,2}})(?:er|st|nd|rd|th|º)?\.?\s*(?:(?:{'|'.join(INSIDE_DATE)})\s+)?(?P<month>[^\W\d_]{{3,10}})\.?"
    r"(?:,?\s+(?:(?:de|del)\s+)?(?P<year>\d{4}))?"
    r"|(?P<month2>[^\W\d_]{3,10})(?:\s+|\.\s*)(?P<day2>\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(?P<year2>\d{4}))?"
    r"|(?P<day3>\d{1,2})(?P<mark>[/.-])\s?(?P<month3>\d{1,2})(?:(?P=mark)\s?(?P<year3>\d{4}|\d\d)?)?"
    r"|(?P<year4>\d{4})-(?P<month4>\d\d)-(?P<day4>\d\d)"
    r")(?:[\s,/–-]+\d{1,2}[:.h]\d\d(?:\s?[ap]\.?m\b\.?)?(?:\s?(?:uhr|uur|[A-Z]{3,4}))?)?[\s,.]*$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(rf"\s*[,/]\s*|\s+(?:{'|'.join(BETWEEN_PLACES)})\s+(?=(?-i:[A-ZÀ-Þ]))", re.IGNORECASE)
# A day without its month, "Brasília, 12 (Agência Estado) -", says no date.
_DAY_ALONE = re.compile(r",\s*\d{1,2}\s*$")
#: no word is written so, names of firms and sites are: "MarketLine", "news.example"
_BRAND = re.compile(r"[A-Z][a-z]+[A-Z][A-Za-z]+|[\w-]+\.[a-z]{2,4}")
#: the name of a paper: "Melonia Post"
_TITLE = re.compile(r"[A-ZÀ-Þ][\w.'’&-]*(?: [A-ZÀ-Þ\d][\w.'’&-]*){1,3}")
#: an agency's letters: "GNA"
_CODE = re.compile(r"[A-Z]{2,6}")
_AFTER_SENT = re.compile(r"(?:\s*,?\s*\([^()]{2,40}\))?\.?\s*(?:--+|[-–—_=:])\s*|$")
# "Guwahati (Assam) [India]"
_REGION = re.compile(r"\s?[(\[]([^()\[\]]{2,30})[)\]](?=\s?[(\[]|$)")
_KIND = re.compile(rf"^(?:{PLACE_NAMED})\s*(?=['’(A-ZÀ-Þ])", re.IGNORECASE)
_PLACE_WORD = re.compile(r"['’]?[^\W\d_](?:[^\W\d_]|['’.-])*")


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
    known = AGENCIES | agencies if agencies else AGENCIES
    leading, start = _leading_agency(paragraph, known)
    joined = None if leading else _AGENCY_JOINED.match(paragraph)
    if joined and joined[1].lower() in known:
        return _with_joined(joined, paragraph, agencies)
    for head_end, end, dashed in _ends(paragraph, start):
        head = _read_head(paragraph[start:head_end] + (f" ({leading})" if leading else ""), known, dashed)
        if head is not None and _begins(paragraph[end:], head):
            return _with_agency(_opening(head, paragraph, end), paragraph, known)
    if leading:
        return _opening(Head(agency=leading), paragraph, start)
    return _read_undashed(paragraph, known)


def _read_undashed(paragraph: str, known: frozenset[str]) -> Opening:
    """Read the datelines that no dash ends after date or agency."""
    if (match := _AGENCY_BARE.match(paragraph)) and _is_agency(match[1].strip(), known, words=False):
        head = _read_head(match[0].rstrip(" ."), known, dashed=True)
        if head is not None:
            return _opening(head, paragraph, match.end())
    if (match := _AGENCY_BETWEEN.match(paragraph)) and match[2].lower() in known:
        head = _read_head(f"{match[1]} ({match[2]})", known, dashed=True)
        if head is not None:
            return _opening(head, paragraph, match.end())
    if (match := _AGENCY_SLASHED.fullmatch(paragraph)) and _is_slashed(match, known):
        return Opening(text=paragraph, city=city_name(match[2]), agency=match[1], rest="")
    return _read_plain(paragraph, known)


def _read_plain(paragraph: str, known: frozenset[str]) -> Opening:
    """Read the datelines that name no agency, or are all that stands in their line."""
    if (match := _ALONE.match(paragraph)) and _stands_alone(match, paragraph):
        return _opening(Head(city=city_name(match[1])), paragraph, match.end())
    if (match := _STOPPED.match(paragraph)) and (head := _read_head(match[1], known, dashed=True)):
        return _opening(head, paragraph, match.end())
    if len(paragraph) <= _MAX_LINE and (head := _read_line(paragraph, known)) is not None:
        return _opening(head, paragraph, len(paragraph))
    return Opening(rest=paragraph)


def _read_line(line: str, known: frozenset[str]) -> Head | None:
    """Read a line that is nothing but a dateline: place and agency, with a date or in capitals."""
    head = _read_head(line, known, dashed=True)
    if head is None or head.city is None or head.agency is None or not _is_agency(head.agency, known):
        return None
    before = _split_agency(line, known)[1]
    told = head.date is not None or _DAY_ALONE.search(before) is not None
    return head if told or before.strip(" ,.").isupper() else None


def _with_joined(joined: re.Match[str], paragraph: str, agencies: frozenset[str]) -> Opening:
    """Read a dateline whose place the agency is joined to; there must be one: "AP-Melons" is a slug."""
    opening = read_dateline(f"{joined[1]} - {paragraph[joined.end() :]}", agencies=agencies)
    if opening.city is None:
        return Opening(rest=paragraph)
    return replace(opening, text=paragraph[: len(paragraph) - len(opening.rest)].strip())


def _is_slashed(match: re.Match[str], known: frozenset[str]) -> bool:
    """Say whether a line is an agency and a city that is known to stand alone, with slashes between."""
    agency = match[1].lower() in known or match[1].lower() in SHORT_AGENCIES
    return agency and match[2].lower() in CITIES_ALONE


def read_sent(dateline: str, *, agencies: frozenset[str] = frozenset()) -> Opening:
    """Read a dateline that was sent in a field of its own: there is nothing else in it.

    >>> read_sent("KABUL, Afghanistan, July 25 (AP) —").city
    'Kabul'
    """
    known = AGENCIES | agencies if agencies else AGENCIES
    words = dateline.strip().rstrip(" -–—_=:").rstrip()
    agency, before = _split_agency(words, known)
    if agency is not None and not _is_agency(agency, known):
        agency, before = None, words
    day, place = _split_date(before, slashes=True)
    place = place.strip(" ,.-–—")
    city = city_name(place) if place and _is_place(place, known) else None
    return Opening(text=dateline, city=city, date=day, agency=agency, rest="")


def without_sent(paragraph: str, dateline: str) -> str | None:
    """Take a dateline that was sent apart off the paragraph that repeats it; None where it does not."""
    words = dateline.strip().rstrip(" -–—_=:").rstrip()
    if not words or not paragraph.lower().startswith(words.lower()):
        return None
    rest = _AFTER_SENT.match(paragraph, len(words))
    return paragraph[rest.end() :] if rest else None


def _opening(head: Head, paragraph: str, end: int) -> Opening:
    return Opening(
        text=paragraph[:end].strip(),
        city=head.city,
        date=head.date,
        agency=head.agency,
        rest=paragraph[end:].lstrip(),
    )


def _with_agency(opening: Opening, paragraph: str, known: frozenset[str]) -> Opening:
    """Add an agency that stands behind the dash, before another one: "Roma, 12 gen. - (Adnkronos) - "."""
    if opening.agency is not None:
        return opening
    agency, end = _leading_agency(opening.rest, known)
    if agency is None and (stopped := _AGENCY_STOPPED.match(opening.rest)) and stopped[1].lower() in known:
        agency, end = stopped[1], stopped.end()
    if agency is None and opening.date and (behind := _AGENCY_NEXT.match(opening.rest)):
        agency, end = behind[1], behind.end()
    if agency is None:
        return opening
    rest = opening.rest[end:]
    return replace(
        opening, text=paragraph[: len(paragraph) - len(rest)].strip(), agency=agency, rest=rest.lstrip()
    )


def _begins(text: str, head: Head) -> bool:
    """Say whether a text begins as one does: not in the middle of a sentence, if there is room for doubt."""
    first = text.lstrip().partition(" ")[0]
    return (
        not first[:1].islower() or not first.islower() or (head.date is not None and head.agency is not None)
    )


def _leading_agency(paragraph: str, known: frozenset[str]) -> tuple[str | None, int]:
    """Read an agency that stands before everything else; and where it ends."""
    for pattern in (_AGENCY_FIRST, _AGENCY_FIRST_BARE):
        match = pattern.match(paragraph)
        name = next(filter(None, match.groups()), "").strip() if match else ""
        if match and _is_agency(name, known, words=match.lastindex == 1 and pattern is _AGENCY_FIRST):
            return name, match.end()
    return None, 0


def _stands_alone(match: re.Match[str], paragraph: str) -> bool:
    """Say whether a place needs neither date nor agency: a known city, or one with its state."""
    city, _, region = match[1].partition(",")
    followed = paragraph[match.end() : match.end() + 40]
    if followed.upper() == followed:
        return False
    known = _BETWEEN.split(city)[0].strip().lower() in CITIES_ALONE
    if (
        not known
        and match[2] != ":"
        and _is_said_again(city.strip(), paragraph[match.end() :], hyphen=match[2] == "-")
    ):
        return True
    if region and not (known and _is_name(region)):
        return region.strip().lower() in REGIONS
    if not known:
        return False
    return match[2] != "-" or _begins_sentence(paragraph[match.end() :])


def _is_said_again(city: str, text: str, *, hyphen: bool) -> bool:
    """Say whether a text calls a place what stands in capitals before it: "HASSELT — … in Hasselt".

    Before a hyphen stand names of firms, too, and who is in them: there the text must say what it is.
    """
    if not city.isupper() or not _is_name(city):
        return False
    before = PLACE_NAMED if hyphen else f"{PLACE_NAMED}|{PLACE_AFTER}"
    return re.search(rf"\b(?i:{before})\s?{re.escape(city_name(city))}\b", text) is not None


def _begins_sentence(text: str) -> bool:
    """Say whether a sentence follows a bare hyphen: "LONDON - The ...", but not "PARIS - Roubaix"."""
    words = text.split(None, 2)
    return len(words) > 2 and words[1].islower() and words[0].strip("\"'“«(,").lower() not in CITIES_ALONE


def may_open(paragraph: str) -> bool:
    """Say at little cost whether a dateline can open a paragraph: it has a date or an agency, and an end."""
    if _ENDS.match(paragraph) is not None and _EVIDENCE.match(paragraph) is not None:
        return True
    alone = len(paragraph) <= _MAX_LINE and paragraph[0].isupper() and "," in paragraph
    return alone or any(form.match(paragraph) for form in (_STOPPED, _COLON))


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
    name = _BETWEEN.split(re.split(r"[(\[]", place, maxsplit=1)[0])[0].strip()
    if name != name.upper():
        town, _, canton = name.rpartition(" ")
        return town if town and canton in CANTONS else name
    words = [word if "." in word[:-1] else _capitalised(word, n) for n, word in enumerate(name.split())]
    return " ".join(words)


def _capitalised(word: str, place: int) -> str:
    """Write a capital where a part of a word begins; small words between others stay small."""
    parts = re.split(r"([-'’])", word.lower())
    for n in range(0, len(parts), 2):
        # "N'Djamena", "L'Aquila", but "Nuku'alofa"
        inside = n > 0 and parts[n - 1] != "-" and len(parts[n - 2]) > 2
        if not inside and not ((place or n) and parts[n] in PARTICLES):
            parts[n] = parts[n][:1].upper() + parts[n][1:]
    return "".join(parts)


def _ends(paragraph: str, start: int) -> Iterator[tuple[int, int, bool]]:
    """Give where a dateline might end, shortest first: before and after its dash, and whether it has one."""
    for pattern in (_DASH, _NO_DASH):
        for match in islice(pattern.finditer(paragraph, start, start + _MAX_CHARS), 3):
            yield match.start(), match.end(), pattern is _DASH


def _read_head(head: str, known: frozenset[str], dashed: bool) -> Head | None:
    """Read the words before a dash; None where they are no dateline."""
    if (dated := _BRACKETED_DATE.search(head)) and _DATE.match(dated[1]):
        head = f"{head[: dated.start()]}, {dated[1]}"
    agency, words = _split_agency(head, known)
    day, place = _split_date(words, slashes=agency is not None)
    # "London – 3 May 2026 – …": between dashes only a whole date shows that it is none of a sentence.
    apart = place.endswith((",", ".")) or (day is not None and day.year is not None and place[-1:] in "-–—")
    if agency is not None and day is None:
        place = _DAY_ALONE.sub("", place)
    place = place.strip(" ,.-–—")
    trusted = agency is not None and _is_trusted(agency, place, known)
    if not (trusted or day) or not (dashed or (day and agency)):
        return None
    if not place:
        return Head(date=day, agency=agency) if trusted else None
    sure = trusted and day is not None
    if not _is_place(place, known, small=sure) or not (agency or apart or place.isupper()):
        return None
    return Head(city=city_name(place), date=day, agency=agency)


def _is_trusted(agency: str, place: str, known: frozenset[str]) -> bool:
    """Say whether what stands for the agency is one: by its name, by how it is written, or by its place."""
    if _is_agency(agency, known) or _BRAND.fullmatch(agency):
        return True
    if place.isupper() and agency.lower() in SHORT_AGENCIES:
        return True
    if _BETWEEN.split(place)[0].lower() not in CITIES_ALONE:
        return False
    code = _CODE.fullmatch(agency) is not None and agency not in COUNTRY_CODES
    return code or (place.isupper() and _TITLE.fullmatch(agency) is not None)


def _split_agency(head: str, known: frozenset[str]) -> tuple[str | None, str]:
    """Take the agency out of the words: in the last bracket, between slashes, or known and last of all."""
    found = list(_AGENCY.finditer(head))
    if not found:
        return _bare_agency(head.strip(" ,"), known)
    last = found[-1]
    name = (last[1] or last[2]).strip()
    if not name[:1].isalpha() or len(name.split()) > (_MAX_AGENCY if name[0].isupper() else 3):
        return None, head
    after = head[last.end() :]
    return name, f"{head[: last.start()]}, {after}" if after else head[: last.start()]


def _bare_agency(head: str, known: frozenset[str]) -> tuple[str | None, str]:
    """Find an agency without brackets: "ROME, March 13, Reuter", "CANBERRA, Jan 12 AAP"."""
    before, _, after = head.rpartition(",")
    name = after.strip()
    if name.lower() in known or (_CODE.fullmatch(name) and before.rstrip(" .")[-1:].isdigit()):
        return name, before + ","
    before, _, after = head.rpartition(" ")
    if after.lower() in known and (before.rstrip(" .")[-1:].isdigit() or _DATE.search(before)):
        return after, before
    return None, head


def _split_date(words: str, *, slashes: bool) -> tuple[OpeningDate | None, str]:
    """Take the date off the end of the words; what is left keeps its comma.

    Args:
        words: What stands before the dash, without the agency.
        slashes: Figures without a whole year ("12/01") may be day and month.
    """
    match = _DATE.search(words)
    if match is None:
        return None, words
    named = match["month"] or match["month2"]
    if named:
        month = MONTHS.get(named.lower(), 0)
    else:
        whole = match["year4"] or len(match["year3"] or "") == 4
        month = int(match["month3"] or match["month4"]) if slashes or whole else 0
    day = int(match["day"] or match["day2"] or match["day3"] or match["day4"])
    year = match["year"] or match["year2"] or match["year3"] or match["year4"]
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return None, words
    whole = None if year is None else int(year) if len(year) == 4 else 2000 + int(year)
    return OpeningDate(month=month, day=day, year=whole), words[: match.start()].rstrip()


def _is_agency(name: str, known: frozenset[str], *, words: bool = True) -> bool:
    """Say whether a name is an agency's; `words`: one that is called so is enough."""
    lower = name.lower()
    if lower in known or any(part.strip() in known for part in re.split("[/-]", lower)):
        return True
    return words and (lower.endswith("press") or not AGENCY_WORDS.isdisjoint(lower.split()))


def _is_place(place: str, known: frozenset[str], *, small: bool = False) -> bool:
    """Say whether words look like a city, perhaps with region and country, perhaps several cities.

    Args:
        place: The words.
        known: Names of agencies: no places.
        small: Words after the first may be written small: "Nations unies".
    """
    if len(place) > _MAX_PLACE or place.lower() in known:
        return False
    parts = _BETWEEN.split(_REGION.sub(r", \1", place))
    if (
        len(parts) > _MAX_PARTS
        or not _is_name(parts[0], small=small)
        or parts[0].split()[0].lower() in NEVER_FIRST
    ):
        return False
    # A country may have its article, "ARNHEM, the Netherlands", a region say what it is: "(province de X)".
    return all(_is_name(_KIND.sub("", part.removeprefix("the "), 1), small=small) for part in parts[1:])


def _is_name(part: str, *, small: bool = False) -> bool:
    """Say whether words look like one name: with capitals, if it has any, but for small words inside."""
    words = part.split()
    lower = [word.lower().strip(".") for word in words]
    if not 1 <= len(words) <= 4 or not NEVER_PLACE.isdisjoint(lower):
        return False
    lowered = [n for n, word in enumerate(words) if word[0].islower() and word[:2] not in ("d'", "l'")]
    return all(_PLACE_WORD.fullmatch(word) for word in words) and all(
        n > 0 and (small or (n < len(words) - 1 and lower[n] in PARTICLES)) for n in lowered
    )
