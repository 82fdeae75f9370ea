"""ANPA 1312: the telegraph format of North America, as AP, UPI and others sent it.

    SYN SYN SOH W2870 US _asian             service level and number, selector
    f l DC3 DC1 BC-Slug     11-13 1049      priority, category, version and slug, date, words
    STX ^BC-Slug, 1st Ld-Writethru,466<     keyword line
    ^Headline<  ^Eds: …<  ^By A. WRITER=    heading, each line between ^ and < or =
    <tab>CITY (Agency) _ Text …             a paragraph begins with a tab or spaces
    ETX AP-WF-11-13-13 1509GMT<             wire, date and time
    EOT

Source: ANPA Bulletin 1312, High-Speed Wire Service Transmission Guidelines (1979, 1989).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from pipeline.formats.source import Source
from pipeline.formats.telegraph import Message, lines_of, numbered, read_messages
from pipeline.model import Concept, Entry, Parsed

NAME = "anpa"

#: priority letter → urgency: flash, bulletin, urgent, regular, deferred; the others are sent ahead of time
URGENCY = {"f": 1, "b": 2, "u": 3, "r": 4, "d": 5, "a": 6, "h": 6, "q": 7, "w": 7, "s": 8, "x": 8}

_LEVEL = rb"[A-Za-z]\d{4}[\x1f \t]{0,3}[\w.-]{0,12}"
_SECOND = rb"[A-Za-z] ?[A-Za-z] ?[\x11-\x14 ]{0,4} ?[^\n]{0,80}?\d{1,2}-\d{1,2}(?: +\d{0,5})?"
_FRAMED = re.compile(rb"\x01 ?" + _LEVEL + rb"[ \t\x00\x11-\x1f]{0,9}[\r\n]{1,3}[A-Za-z] ?[A-Za-z](?![0-9])")
_BARE = re.compile(rb"[\x00\x16\s]{0,200}" + _LEVEL + rb"[ \t]*\r{0,2}\n" + _SECOND + rb"[ \t]*\r{0,2}\n")

_STORY = re.compile(
    r"(?P<priority>[A-Za-z]) ?(?P<category>[A-Za-z])\s*(?P<slug>\S.*?)\s+"
    r"(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:\s+(?P<words>\d{1,5}))?\s*"
)
_TRAILER = re.compile(
    r"(?P<agency>[A-Za-z]{2,8})-(?P<wire>[A-Za-z]{1,4})-"
    r"(?P<month>\d{1,2})-(?P<day>\d{1,2})-(?P<year>\d\d(?:\d\d)?)\s+"
    r"(?P<hour>\d\d):?(?P<minute>\d\d)\s*(?P<zone>[A-Za-z]{1,5})?"
)
#: UPI signs off in the text: "upi 11-12-89 09:15 pet"
_UPI = re.compile(
    r"(?P<agency>[A-Za-z]{2,8})\s+(?P<month>\d{1,2})-(?P<day>\d{1,2})-(?P<year>\d\d(?:\d\d)?)\s+"
    r"(?P<hour>\d{1,2}):?(?P<minute>\d\d)\s*(?P<half>[ap])?(?P<zone>[A-Za-z]{1,4})?\W*"
)
#: a zone with its half of the day before it ("pet" is pm Eastern time)
_US_ZONES = {"et": "EST", "ct": "CST", "mt": "MST", "pt": "PST"}

# What a keyword line says of the version, behind the slug.
_VERSION = re.compile(
    r"(?P<number>\d{1,2})(?:st|nd|rd|th)\s*-?\s*(?P<kind>lead|ld|add|insert|sub)s?\b|"
    r"(?P<thru>writethru)\b|(?<![\w-])(?P<word>correction|corrective|clarification|kill|withhold|elimination|advisory|urgent|"
    r"bulletin|flash|lead|optional|repeat|resending)\b|\b(?P<take>take \d{1,2}|\d{1,2} ?takes)\b",
    re.IGNORECASE,
)
_SIGNALS = {
    "writethru": "writethru",
    "correction": "correction",
    "corrective": "correction",
    "clarification": "correction",
    "kill": "kill",
    "elimination": "kill",
    "withhold": "advisory",
    "advisory": "advisory",
    "urgent": "alert",
    "bulletin": "alert",
    "flash": "alert",
    "repeat": "refile",
    "resending": "refile",
    "lead": "update",
    "ld": "update",
}
#: of several words the first of these is the version's
_RANKED = ("kill", "correction", "writethru", "refile", "update", "alert", "advisory")
_STATUS = {"kill": "canceled", "elimination": "canceled", "withhold": "withheld"}
#: parts of a story are items of their own: they do not replace it
_PARTS = frozenset({"add", "insert", "sub"})
_COUNT = re.compile(r",?\s*0?\d{1,5}\s*$")
#: level and number of the transmission: in the first line, and in the keyword lines of some
_NUMBER = re.compile(r"[A-Za-z]\d{4}(?![\w-])")

_NOTE = re.compile(
    r"(?:eds?\b|editors?\b|note to eds|(?:(?-i:[A-Z]{2,4})|with) (?:photo|video|graphic|wirephoto|laserphoto)"
    r"|adv\w* for|for release|hold for|(?:sub|add)s? |moved |with bc-|laserphoto|graphic\b)[^\n]*",
    re.IGNORECASE,
)
_BYLINE = re.compile(r"by\s+(?=[^\W\d_])", re.IGNORECASE)
_RULE = re.compile(r"[_\-*=\s]{3,}")
_END_MARK = re.compile(r"-(?:30|0)-|#{3}|\(?(?:ends?|end ?it|more)\)?", re.IGNORECASE)
_DASH = re.compile(r"(?<=[\s\"'])_(?=\s|$)|(?<!\S)_(?=\s)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heading:
    """What stands between STX and the story."""

    keyword: str | None = None
    headline: str | None = None
    byline: str | None = None
    summary: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    """What the keyword line says."""

    slug: str | None
    number: str | None = None
    signal: str | None = None
    status: str | None = None


def claims(source: Source) -> bool:
    """Say whether a message of two header lines begins the bytes, with or without its frame."""
    head = source.body[:4_096]
    return _FRAMED.search(head) is not None or _BARE.match(head) is not None


def read(source: Source) -> Parsed:
    """Read each message as one entry. Raises ParseError over the limit."""
    return read_messages(source, NAME, _entry)


def _entry(message: Message) -> Entry:
    header, lines = _header(message)
    heading, body = _split_heading(lines)
    body, signed = _without_end(body)
    version = _version(heading.keyword or (header["slug"] if header else None))
    sent = _TRAILER.search(message.trailer) or _UPI.search(message.trailer) or signed
    category = header["category"].lower() if header else None
    told = (*heading.notes, *heading.summary)  # of a kill or an advisory they are all there is
    return Entry(
        format=NAME,
        numbers=tuple(dict.fromkeys(_NUMBER.findall(f"{message.header} {heading.keyword or ''}"))),
        revision=version.number,
        provider=sent["agency"].upper() if sent else None,
        headline=heading.headline,
        slugline=version.slug,
        byline=heading.byline,
        concepts=(Concept(kind="category", scheme="anpa", code=category),) if category else (),
        urgency=URGENCY.get(header["priority"].lower()) if header else None,
        signal=numbered(version.signal, version.number),
        text=_paragraphs(body) or "\n\n".join(told) or None,
        summary_html=escape(" ".join(heading.summary), quote=False) or None,
        published=_date(sent) if sent else None,
        pub_status=version.status,
        ednote=" ".join(heading.notes) or None,
    )


def _header(message: Message) -> tuple[re.Match[str] | None, list[str]]:
    """Find the second line of the header; where the frame is lost it is the first of the text."""
    lines = message.text.split("\n")
    if message.keywords:
        return _STORY.match(message.keywords[0]), lines
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    found = _STORY.fullmatch(lines[first].strip())
    return found, lines[first + 1 :] if found else lines


def _split_heading(lines: Sequence[str]) -> tuple[_Heading, list[str]]:
    """Take the heading off: lines that begin with "^", or end in "<" or "=" before the first paragraph."""
    begun = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    end = begun
    for n, line in enumerate(lines[begun:], begun):
        if line.strip() and not _is_heading(line):
            break
        end = n + 1
    if end == begun:
        return _Heading(), list(lines)
    return _read_heading(lines[begun:end]), list(lines[end:])


def _is_heading(line: str) -> bool:
    bare = line.rstrip()
    return bare.startswith("^") or (bare.endswith(("<", "=")) and not bare.startswith(("\t", "   ")))


def _read_heading(lines: Sequence[str]) -> _Heading:
    keyword = headline = byline = None
    notes, summary = [], []
    for line in lines_of("\n".join(lines)):
        words = " ".join(_typed(line).split())
        if not words or _RULE.fullmatch(words):
            continue
        if keyword is None:
            keyword = words
        elif _BYLINE.match(words) and len(words) < 200:
            byline = byline or words
        elif _NOTE.match(words):
            notes.append(words)
        elif line.rstrip().endswith("="):  # "AP Sports Writer=", below a byline
            continue
        elif headline is None:
            headline = words
        else:
            summary.append(words)
    return _Heading(
        keyword=keyword, headline=headline, byline=byline, summary=tuple(summary), notes=tuple(notes)
    )


def _version(keyword: str | None) -> _Version:
    """Part a keyword line: "BC-US--Slug, 1st Ld-Writethru,466" is a slug, a version and a count of words."""
    if keyword is None:
        return _Version(slug=None)
    line = _COUNT.sub("", keyword).rstrip(" ,")
    found = list(_VERSION.finditer(line))
    words = [(each["word"] or each["thru"] or each["kind"] or "").lower() for each in found]
    signals = [_SIGNALS[word] for word in words if word in _SIGNALS]
    part = any(each["take"] or word in _PARTS for each, word in zip(found, words, strict=True))
    slug = line if part or not found else line[: found[0].start()].rstrip(" ,-")
    return _Version(
        slug=slug or line,
        number=next((each["number"] for each in found if each["number"]), None),
        signal=next((each for each in _RANKED if each in signals), None),
        status=next((_STATUS[word] for word in words if word in _STATUS), None),
    )


def _without_end(lines: Sequence[str]) -> tuple[list[str], re.Match[str] | None]:
    """Take off what closes the text: rules, end marks, a line of agency and time."""
    kept, signed = list(lines), None
    while kept:
        last = _typed(kept[-1]).strip()
        stamp = _TRAILER.match(last) or _UPI.fullmatch(last)
        if last and not stamp and not _RULE.fullmatch(last) and not _END_MARK.fullmatch(last):
            break
        signed = stamp or signed
        kept.pop()
    return kept, signed


def _paragraphs(lines: Sequence[str]) -> str | None:
    """Write the story: an indented line begins a paragraph, rules between them go."""
    found: list[list[str]] = []
    for line in lines:
        bare = _typed(line)
        words = bare.strip()
        if not words or _RULE.fullmatch(words):
            found.append([])
        elif not found or line.lstrip("^").startswith(("\t", "  ")) or line.startswith("^"):
            found.append([words])
        else:
            found[-1].append(words)
    return "\n\n".join("\n".join(each) for each in found if each) or None


def _typed(line: str) -> str:
    """Take typesetter's marks off a line: "^" before, "<" or "=" behind; quotes and dashes become ours."""
    bare = line.strip().strip("^").rstrip().rstrip("<=").rstrip()
    return _DASH.sub("—", bare.replace("``", '"').replace("''", '"').replace("`", "'"))


def _date(sent: re.Match[str]) -> str:
    """Write the date of a trailer so that it can be read: ISO 8601 with the zone's name."""
    parts = sent.groupdict()
    year = parts["year"] if len(parts["year"]) == 4 else _century(int(parts["year"]))
    hour, zone = int(parts["hour"]), (parts["zone"] or "").upper()
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
        zone = _US_ZONES.get(zone.lower(), zone)
    return (
        f"{year}-{int(parts['month']):02}-{int(parts['day']):02}T{hour:02}:{parts['minute']} {zone}".strip()
    )


def _century(year: int) -> str:
    return str(year + (1900 if year >= 79 else 2000))
