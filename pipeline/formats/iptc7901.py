"""IPTC 7901: the telegraph format of the agencies outside North America.

    SOH eca062 4 i 211 ccccb   dpa 061     service and number, priority, category, words, options
    Germany-politics/                      keyword line
    STX Headline =                         headline, perhaps series words, byline
    text
    ETX 131137 GMT Nov 13                  day and time, month, year
    EOT

Source: IPTC Recommendation 7901, revision 5 (1995), https://iptc.org/standards/iptc-7901/.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.formats.source import Source
from pipeline.formats.telegraph import Message, lines_of, numbered, read_messages
from pipeline.model import Concept, Entry, Parsed

NAME = "iptc7901"

_HEADER = re.compile(
    r"(?P<service>[A-Za-z]{1,6})[ -]?(?P<number>\d{1,6})\s+(?P<priority>[0-9])\s+"
    r"(?:(?P<category>[A-Za-z]{1,4}(?:/[A-Za-z]{1,4})*)\s+)?(?P<words>\d{1,5})(?:\s+(?P<options>\S.*))?"
)
#: the header of a message that has lost SOH
_BARE = re.compile(
    rb"[\x00\x16\x7f\s]{0,200}[A-Za-z]{2,6}\d{1,5} [1-9] [A-Za-z]{1,4} +\d{1,5}\b[^\n]{0,200}\n"
)
# Who sends, with a number of the day; with a date in it the number is for ever: "KNA 170123-89-00065#2".
_SENDER = re.compile(
    r"(?:^|\s)/?(?P<name>[A-Za-z]{2,12})[ /-]+(?P<id>[A-Z]{0,4}\d[\w-]*)(?:#(?P<revision>\d{1,3}))?$"
)
_DATED_ID = re.compile(r"\d{6,8}-[\w-]{3,}")
_END_OF_TAPE = re.compile(r"\bN{3,}\b")
_DATE = re.compile(
    r"(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)\s*(?P<zone>[A-Z]{1,5}|[+-]\d{4})?\s*"
    r"(?P<month>[^\W\d_]{3,9})\.?\s*(?P<year>\d\d(?:\d\d)?)(?!\d)"
)

#: lines of a heading; a headline that ends in no "=" has no more
_MAX_HEADING = 8
_BYLINE = re.compile(r"(?:By|Von|Par|Por|Di|Door|Av|Af|De notre)\s+(?=[^\W\d_])", re.IGNORECASE)
# What the message is in the life of its story: lines above the headline, or before it in brackets.
_SERIES = {
    "flash": "alert",
    "eilmeldung": "alert",
    "eil": "alert",
    "urgent": "alert",
    "alert": "alert",
    "alerte": "alert",
    "refile": "refile",
    "repeat": "refile",
    "wiederholung": "refile",
    "correction": "correction",
    "corrected": "correction",
    "korrektur": "correction",
    "berichtigung": "correction",
    "rectificatif": "correction",
    "update": "update",
    "lead": "update",
    "roundup": "update",
    "zusammenfassung": "update",
    "kill": "kill",
    "achtung": "advisory",
    "advisory": "advisory",
}
_SERIES_LINE = re.compile(
    rf"\(?(?:(?P<ordinal>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+)?(?P<word>{'|'.join(_SERIES)})\)?"
    r"(?:\s+(?P<number>\d{1,4}))?\s*[:.=-]?\s*",
    re.IGNORECASE,
)
#: what stands first says least: "REFILE" above "1ST LEAD" is a refile
_KILL = frozenset({"kill"})

# What follows the story and is not for print.
_NOTEBOOK = re.compile(
    r"^[ \t]{0,9}(?:#{1,3}[ \t]{0,9}(?:\w{2,6}[- ])?"
    r"(?:notebook|notizblock|service|block de notas|bloc de notas)\b"
    r"|\*(?: ?\*){2,40}[ \t]{0,9}$"
    r"|(?:the following information is not|die folgenden informationen sind nicht"
    r"|la siguiente información no|les informations suivantes ne)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_SIGNED = re.compile(r"^- (?P<role>[^:\n]{3,40}): (?P<names>.+(?:\n {2,9}\S.*){0,9})", re.MULTILINE)
_CREDITED = ("reporting by", "writing by", "editing by", "autor", "autoren", "redaktion", "redacción")
_TELEPHONE = re.compile(r",?\s*(?:<[^<>\s]*@[^<>\s]*>|\+?\d[\d ()/-]{6,})")
_TITLE = re.compile(r"^#{1,3}\s*", re.MULTILINE)
# Whoever worked on it: "dpa wsz jln npr", "dpa/lbn wie yydd n1".
_INITIALS = re.compile(r"(?:[a-z]{2,4}(?:[/-][a-z]{2,4})?)(?: [a-z]{1,4}\d?){1,8}")
_CLOSING = re.compile(r"\([A-Z]{2,6} - [\w-]{3,30}\)")
_SLASHED = re.compile(r"[a-z]{2,5}(?:[/-][a-z]{2,5}){1,5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heading:
    """What stands between STX and the story."""

    headline: str | None = None
    byline: str | None = None
    #: highest of the series words, and the number beside one
    signal: str | None = None
    number: str | None = None
    #: remarks in brackets
    notes: tuple[str, ...] = ()


def claims(source: Source) -> bool:
    """Say whether there is a message in its frame, or a header that has lost it."""
    return source.framed or _BARE.match(source.body) is not None


def read(source: Source) -> Parsed:
    """Read each message as one entry. Raises ParseError over the limit."""
    return read_messages(source, NAME, _entry)


def _entry(message: Message) -> Entry:
    header = _HEADER.match(message.header)
    said = header.groupdict() if header else {}
    sender = _SENDER.search(said.get("options") or "")
    keyword_lines, text = _keyword_lines(message)
    heading, story = _split_heading(text)
    body, ednote, credit = _split_notebook(story, sender["name"] if sender else None)
    keywords = _keywords(keyword_lines)
    dated = bool(sender and _DATED_ID.fullmatch(sender["id"]))
    return Entry(
        format=NAME,
        guid=sender["id"] if sender and dated else None,
        revision=sender["revision"] if sender and dated else heading.number,
        numbers=tuple(_numbers(header, sender, dated=dated)),
        provider=sender["name"] if sender else None,
        service=(said.get("service") or "").lower() or None,
        headline=heading.headline,
        slugline="/".join(keywords) or None,
        byline=heading.byline,
        keywords=keywords,
        concepts=tuple(_categories(said.get("category"))),
        urgency=int(said["priority"]) if said.get("priority", "0") in set("123456789") else None,
        signal=numbered(heading.signal, heading.number),
        text=f"{body}\n\n{credit}" if credit else body,
        published=_date(message.trailer),
        pub_status="canceled" if heading.signal in _KILL else None,
        ednote=" ".join(filter(None, (*heading.notes, ednote))) or None,
    )


def _numbers(header: re.Match[str] | None, sender: re.Match[str] | None, *, dated: bool) -> Iterator[str]:
    """Give the numbers of the day: the service's, "hpa0123", and the agency's, "hpa 061"."""
    if header is not None:
        yield f"{header['service']}{header['number']}"
    if sender is not None and not dated:
        yield f"{sender['name']} {sender['id']}"


def _keyword_lines(message: Message) -> tuple[Sequence[str], str]:
    """Find the keyword lines in the header; where the frame is lost they are the first lines of the text.

    Lines in brackets are remarks that belong to the heading: "(Zusammenfassung 1630)".
    """
    if message.keywords:
        remarks = "".join(f"{line}\n" for line in message.keywords if line.startswith("("))
        words = [line for line in message.keywords if not line.startswith("(")]
        return words, remarks + message.text.lstrip("\n")
    lines = message.text.lstrip("\n").split("\n")
    count = next((n for n, line in enumerate(lines) if not line.rstrip().endswith("/")), len(lines))
    return lines[:count], "\n".join(lines[count:])


def _keywords(lines: Sequence[str]) -> tuple[str, ...]:
    """Read the keyword lines: words between slashes."""
    return tuple(word.strip() for line in lines for word in line.split("/") if word.strip())


def _categories(sent: str | None) -> Iterator[Concept]:
    """Read the category: a letter is ANPA's, more letters are an agency's own."""
    for code in (sent or "").lower().split("/"):
        yield Concept(kind="category", scheme="anpa" if len(code) == 1 else "iptc7901", code=code)


def _split_heading(text: str) -> tuple[_Heading, str]:
    """Take the heading off: lines up to one that ends in "=", else one line with a blank one below."""
    lines = text.lstrip("\n").split("\n")
    for n, line in enumerate(lines[:_MAX_HEADING]):
        if line.rstrip().endswith("="):
            end = n + 1
            while end < _MAX_HEADING and lines[end : end + 1] and lines[end].rstrip().endswith("="):
                end += 1  # of some, each line of the heading ends so
            heading = [each.rstrip().rstrip("=") for each in lines[:end]]
            return _read_heading(heading), "\n".join(lines[end:])
    if len(lines) > 1 and lines[0].strip() and not lines[0].startswith((" ", "\t")) and not lines[1].strip():
        return _read_heading(lines[:1]), "\n".join(lines[1:])
    return _Heading(), text


def _read_heading(lines: Sequence[str]) -> _Heading:
    kept: list[str] = []
    notes: list[str] = []
    byline = signal = number = None
    for line in lines_of("\n".join(lines)):
        bare = line if kept else line.strip("()")
        series = _SERIES_LINE.fullmatch(bare)
        if series:
            signal = signal or _SERIES[series["word"].lower()]
            # "Zusammenfassung 1630" tells the time.
            number = series["ordinal"] or _short(series["number"]) or number
        elif line.startswith("(") and line.endswith(")"):
            notes.append(line)
        elif kept and _BYLINE.match(line):
            byline = line
        else:
            kept.append(line)
    return _Heading(
        headline=" ".join(kept) or None, byline=byline, signal=signal, number=number, notes=tuple(notes)
    )


def _short(number: str | None) -> str | None:
    return number if number and len(number) < 3 else None


def _split_notebook(text: str, sender: str | None) -> tuple[str, str | None, str | None]:
    """Part the story from what is not for print: the note of it, and who worked on it as a line of credit."""
    mark = _NOTEBOOK.search(text)
    story, notes = (text[: mark.start()], text[mark.start() :]) if mark else (text, "")
    signed = [each for each in _SIGNED.finditer(notes) if each["role"].lower() in _CREDITED]
    credit = "; ".join(
        f"{each['role']}: {' '.join(_TELEPHONE.sub('', each['names']).split()).strip(' ,')}"
        for each in signed
    )
    noted = " ".join(lines_of(_TITLE.sub("", notes)))
    return _without_initials(story, sender), noted or None, credit or None


def _without_initials(story: str, sender: str | None) -> str:
    """Take off a last line that only says who worked on it."""
    kept = story.rstrip()
    before, _, last = kept.rpartition("\n")
    if before and _CLOSING.fullmatch(last.strip()):
        return before.rstrip()
    is_sender = last.lower().startswith((sender or "\0").lower()) and _INITIALS.fullmatch(last.lower())
    return before if before and (is_sender or _SLASHED.fullmatch(last.strip())) else kept


def _date(trailer: str) -> str | None:
    """Read "131137 GMT Nov 13", as a date that can be read in words."""
    found = _DATE.search(trailer)
    if found is None:
        trailer = _END_OF_TAPE.sub("", trailer).strip()
        return trailer if any(each.isdigit() for each in trailer) else None
    year = found["year"] if len(found["year"]) == 4 else f"20{found['year']}"
    if len(found["year"]) == 2 and int(found["year"]) >= 79:  # the year the recommendation was made
        year = f"19{found['year']}"
    zone = f" {found['zone']}" if found["zone"] else ""
    return f"{found['day']} {found['month'].title()} {year} {found['hour']}:{found['minute']}{zone}"
