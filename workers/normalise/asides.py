"""Lines beside the story: notes to editors and embargoes. Kept as such, never as text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.model import Signal
from workers.normalise.lexicon.notes import BARE_NOTES, CORRECTING, EMBARGO_WORDS, MENDING, NOTE_WORDS
from workers.normalise.lexicon.series import ANY_CASE, KILL_PHRASES
from workers.normalise.worded import has_clock, read_words

#: words in capitals and brackets that say nothing to editors
_LABEL_WORDS = 2
#: no note is longer
_MAX_NOTE = 400
#: no embargo line is longer
_MAX_EMBARGO = 160
#: a note without brackets stands above a dateline only, and is no longer
_MAX_BARE = 150

#: nor is a sentence that says what a version mends
_MAX_CORRECTING = 200
#: paragraphs of a header, and of what follows the story
_TOP = 4
_BOTTOM = 3

_WORDS = tuple(each for listed in NOTE_WORDS.values() for each in listed)
_OPENINGS = "|".join(rf"(?P<n{n}>{each.pattern})" for n, each in enumerate(_WORDS))
_NOTE = re.compile(rf"(?:{_OPENINGS})(?=\W|$)", re.IGNORECASE)
_BARE_NOTE = re.compile(rf"(?:{BARE_NOTES})\s?(?::|--|[–—]|-\s)\s*(?=\S)", re.IGNORECASE)
_CORRECTING = re.compile(CORRECTING, re.IGNORECASE)
# What names a note ends soon, and with a mark.
_NAMED = re.compile(r"[^:–—-]{2,45}[:–—-]")
_EMBARGO = re.compile(rf"(?:{EMBARGO_WORDS})(?=[\s:,.–—-]|$)", re.IGNORECASE)
_BULLETS = ("* ", "• ")
_FRAME = " \t*/+=#[]()-–—<>!."
_COLON_SOON = re.compile(r"[^:.]{2,30}:\s")
_AFTER_EMBARGO = re.compile(r"\s[-–—]+\s|:\s+|\s?[|/]+\s|(?<=[)\]])\s+")
_BRACKETED = re.compile(r"\([^()]{3,300}\)|\[[^\[\]]{3,300}\]")
_STARRED = re.compile(r"\*{2,4} ?[^*]{3,200}\*{2,4}")
_KILLS = re.compile(KILL_PHRASES, re.IGNORECASE)
_MENDS = re.compile(rf"\b(?:{MENDING})", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\([^()]*\)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """A line beside the story."""

    #: what it says, without its brackets; None: only what the other fields say
    note: str | None = None
    #: what it makes of the version
    signal: Signal | None = None
    #: the words that say until when the story may not be used; "" where it only says that it may not
    embargo: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asides:
    """All lines beside a story."""

    notes: tuple[str, ...] = ()
    signal: Signal | None = None
    embargo: str | None = None

    def and_one(self, aside: Aside) -> "Asides":
        """Add one more."""
        return Asides(
            notes=(*self.notes, aside.note) if aside.note else self.notes,
            signal=self.signal or aside.signal,
            embargo=self.embargo or aside.embargo,
        )


NO_ASIDES = Asides()


def split_asides(body: Sequence[str]) -> tuple[list[str], Asides]:
    """Take the lines beside the story out of a body."""
    kept: list[str] = []
    found = NO_ASIDES
    last = len(body) - _BOTTOM
    for n, paragraph in enumerate(body):
        # Between the header and the end only brackets set a note apart.
        aside = read_aside(paragraph) if n < _TOP or n >= last or paragraph[0] in "([" else None
        # Alone, the word "EMBARGO" is a heading anywhere but at the top.
        if aside is None or (aside.embargo == "" and n >= _TOP):
            kept.append(paragraph)
        elif aside.signal is Signal.KILL:  # the order is what there is to read
            kept.append(paragraph)
            found = found.and_one(replace(aside, note=None))
        else:
            found = found.and_one(aside)
    return kept, found


def read_aside(line: str) -> Aside | None:
    """Read a paragraph that is nothing but a note in brackets, a note by its name, or an embargo.

    >>> read_aside("(Corrects spelling of mayor's name)").signal
    <Signal.CORRECTION: 'correction'>
    """
    length = len(line)
    if length > _MAX_NOTE:
        return None
    if line[:1] in "([" and line.rstrip(" .")[-1:] in ")]":
        inside = line.strip(" .")[1:-1].strip()
        return _embargo(inside) or _named(inside) or _note(inside) or _mending(inside)
    # Nearly every paragraph is longer than most of these may be: their length is asked first.
    if length <= _MAX_CORRECTING and (mending := _mending(line.rstrip(" /*"))):
        return mending
    return _named(line) or (_embargo(line) if length <= _MAX_EMBARGO else None)


def read_note_above(line: str) -> Aside | None:
    """Read a note above a dateline: there brackets are enough, or a note's first words, or a bullet.

    >>> read_note_above("(Im zweiten Absatz wurde die Laufzeit korrigiert)").signal
    <Signal.CORRECTION: 'correction'>
    """
    if _BRACKETED.fullmatch(line):
        if line.isupper() and line.count(" ") < _LABEL_WORDS and _note(line[1:-1]) is None:
            return Aside()  # "(UPI FEATURE)" files the story
        mends = _MENDS.search(line) is not None
        return Aside(note=line[1:-1].strip(), signal=Signal.CORRECTION if mends else None)
    if _STARRED.fullmatch(line):
        return Aside(note=line.strip("* "))
    if len(line) > _MAX_BARE or line.endswith((".", "!", "?")):
        return _note(line) if _COLON_SOON.match(line) else None
    if line.startswith((*_BULLETS, "- ", "– ")):
        return Aside(note=line)
    return _note(line)


def split_embargo(line: str) -> tuple[str, Aside | None]:
    """Take an embargo off the beginning of a headline: its words with a time, then a mark and the headline.

    >>> split_embargo("EMBARGOED UNTIL 2300 GMT - Melons burn")[0]
    'Melons burn'
    """
    if _EMBARGO.match(line) is None:
        return line, None
    for mark in _AFTER_EMBARGO.finditer(line):
        aside = _embargo(line[: mark.start()])
        if aside is not None and aside.embargo:
            return line[mark.end() :].strip(), aside
    aside = _embargo(line)
    whole = aside is not None and aside.embargo and aside.note is None  # a time that was read
    return ("", aside) if whole else (line, None)


def split_note(line: str) -> tuple[str, Aside | None]:
    """Take a note in brackets off the beginning or end of a line that says more.

    >>> split_note("(Zusammenfassung - Neu: Details) Melonen brennen")[0]
    'Melonen brennen'
    """
    if line[:1] == "(" and 0 < (end := line.find(")")) < len(line) - 1:
        aside = _note(line[1:end].strip())
        return (line[end + 1 :].strip(" -–—"), aside) if aside else (line, None)
    if line[-1:] == ")" and (start := line.rfind(" (")) > 0:
        aside = _note(line[start + 2 : -1].strip())
        return (line[:start].rstrip(), aside) if aside else (line, None)
    return line, None


def _named(line: str) -> Aside | None:
    """Read a note that is called one: "Eds: …", "Note aux rédactions : …"."""
    name = _BARE_NOTE.match(line) if _NAMED.match(line) else None
    if name is None:
        return None
    rest = line[name.end() :]
    if (embargo := _embargo(rest)) is not None and embargo.embargo:
        return Aside(note=line.strip(" /*"), signal=embargo.signal, embargo=embargo.embargo)
    if _KILLS.search(rest):
        return Aside(note=line, signal=Signal.KILL)
    said = _note(rest)
    return Aside(note=line.strip(" /*"), signal=said.signal if said else None)


def _mending(line: str) -> Aside | None:
    """Read a sentence that says what the version mends: "This story has been corrected to ..."."""
    match = _CORRECTING.match(line)
    if match is None:
        return None
    mends = _MENDS.search(match[0]) is not None
    return Aside(note=line, signal=Signal.CORRECTION if mends else None)


def _note(inside: str) -> Aside | None:
    match = _NOTE.match(inside)
    if match is None or match.lastgroup is None:
        return None
    words = _WORDS[int(match.lastgroup[1:])]
    if match.end() == len(inside) and inside.upper() not in ANY_CASE:
        return None  # one verb says nothing: "(Changes)"
    if words.signal is None and inside[match.end() : match.end() + 1] not in ":-–—":
        return None
    return Aside(note=inside.rstrip(" /*"), signal=words.signal)


def _embargo(line: str) -> Aside | None:
    """Read an embargo line: its words, then nothing or a time and nothing else.

    Where the time cannot be read, only a colon or a time of day tells the line from a sentence.
    """
    bare = line.strip(_FRAME)
    match = _EMBARGO.match(bare) if len(bare) <= _MAX_EMBARGO else None
    if match is None:
        return None
    after = bare[match.end() :]
    for until in (after.strip(" :,.–—-*"), _IN_BRACKETS.sub("", after).strip(" :,.–—-*")):
        said = read_words(until)
        if not until or (said and (said.clock or said.day)):
            return Aside(signal=Signal.EMBARGO, embargo=until)
    if not (after.startswith(":") or has_clock(after)):
        return None
    return Aside(note=bare, signal=Signal.EMBARGO, embargo=after.strip(" :,.–—-*"))
