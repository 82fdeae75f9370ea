"""Series words: what stands around a headline and says what this version is ("UPDATE 2-")."""

import re
from dataclasses import dataclass, replace

from pipeline.model import Signal
from workers.normalise.lexicon.series import (
    ANY_CASE,
    ATTENTION_WORDS,
    COMPOUNDED,
    KILL_PHRASES,
    KINDS,
    LOUD,
    SENT_SIGNALS,
    SERIES_WORDS,
    SHORT_WORDS,
    TAIL_WORDS,
    TAKES,
)
from workers.normalise.lexicon.words import one_of

_NAMES = one_of([*SERIES_WORDS, *TAKES])
# The word may be said twice: "KILL KILL KILL".
_NUMBERED = (
    rf"(?:(?:{'|'.join(ATTENTION_WORDS)})[\s:,!-]+(?=(?:{_NAMES})\b))?(?:(?P<ord>\d{{1,2}})(?:st|nd|rd|th|ère|er|e|ª|º|\.)\s+)?(?P<word>{_NAMES})(?:[\s,-]+(?P=word))*"
    r"(?:[\s#(-]*(?:N[°oº]\.?\s*|NR\.?\s*)?(?P<num>\d{1,3})(?:\)|/\d)?(?![\d.,]\d))?"
)
# "UPDATE 2-Text", "CORRECTED: Text", "CORRECTED-(OFFICIAL)-Text"; the word alone on its line too.
_WORD = re.compile(
    rf"{_NUMBERED}(?:\s*-?\(OFFICIAL\))?(?P<end>\s*[-–—:./*+=|>»!¤]+\s*|\s*$|\s+(?=(?-i:[A-ZÀ-Þ]['’]?[a-zà-ÿ]|(?:{_NAMES})\b)))",
    re.IGNORECASE,
)
# "(2nd LEAD) Text", "[UPDATE] Text"
_BRACKETED = re.compile(rf"[(\[]\s*{_NUMBERED}\s*[)\]](?P<end>\s*[-–—:]*\s*)", re.IGNORECASE)
# "(Act) Text", "(Amp.2) Text"
_SHORT = re.compile(
    rf"\((?P<word>{'|'.join(SHORT_WORDS)})\b\.?\s?(?P<num>\d{{1,2}})?\)(?P<end>\s*[-–—:]*\s*)(?=(?-i:[\"'“«¿¡]?[A-ZÀ-Þ\d]))",
    re.IGNORECASE,
)
# "BRIEF-Text", but "INTERVIEW - Text" and "FACTBOX: Text" are as their readers have them
_KIND = re.compile(rf"(?:{'|'.join(KINDS)})-(?=[A-ZÀ-Þ\"'“«‘][^A-ZÀ-Þ])")
# "/// RPT Text", "*** URGENT ***", "+++ EIL +++": marks before the word stand for those after it
_MARKED = re.compile(
    rf"(?P<marks>[/*+=#]{{2,4}}|[*=](?=[^*=]{{3,20}}[*=]))\s*{_NUMBERED}(?P<end>\s*[-–—:./*+=#]*\s*)",
    re.IGNORECASE,
)
# A line is looked at only if its first word begins one of these, or is no word.
_FIRST = frozenset(word.split()[0] for word in (*SERIES_WORDS, *TAKES, *ATTENTION_WORDS))
_OPENING = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)?")
_KILLS = re.compile(KILL_PHRASES, re.IGNORECASE)
_FLASH = re.compile(r"\+\+\s*([^+].*?)\s*\+\+")
_TAILS = one_of(TAIL_WORDS)
# "AM-Melons, 2nd Ld-Writethru,0345", "Melons burn (UPDATE 2)"
_TAIL = re.compile(
    rf"\s*,\s*(?:(?P<ord>\d{{1,2}})(?:st|nd|rd|th)\s+)?(?P<tail>{_TAILS})(?:\s?,\s?[a-z]?\d{{2,4}}){{0,2}}$"
    rf"|\s+[(\[](?:(?P<ord2>\d{{1,2}})(?:st|nd|rd|th|er|e|ª|º|\.)?\s+)?(?P<word>{_NAMES}|{_TAILS})"
    r"(?:\s*(?P<num>\d{1,3}))?(?:\s?,[^()\[\]]{2,40})?[)\]]$",
    re.IGNORECASE,
)
_SLUGGED = re.compile(r"(?:AM|PM|BC)-", re.IGNORECASE)
# "AFGHANISTAN-BLAST/", "BC-Melons, 1st Ld", "EP-Melons-Fire, a0455", "1 COURTS Melons"
_SLUG = re.compile(
    r"[A-Z0-9]{2,}(?:[-/][A-Z0-9]+)*(?:[-/][A-Z0-9]+|/)(?: \([^()]{3,30}\))?"
    r"|(?:AM|PM|BC|bc|am|pm)-(?:[\w'’.&]+[ -]+){0,5}[\w'’.&]+(?:\s?,[\w ,-]{2,40})?"
    r"|[A-Z]{2,4}(?:-[\w'’.&]+){1,5}\s?,[\w ,-]*\d[\w ,-]*"
    r"|\d{1,2} [A-Z]{4,}(?: [A-Z][\w'’-]+){1,3}"
)
_SPACED = (" - ", " – ", " — ")
_TAIL_MARKS = (")", "]")
_MAX_WORDS = 4
#: figures of the number of a version
_MAX_NUMBER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What the series words say, and what is left without them."""

    signal: Signal | None = None
    number: int | None = None
    rest: str

    def then(self, later: "Series") -> "Series":
        """Add what another place of the same item says: the first word counts, and a kill always."""
        kill = Signal.KILL in (self.signal, later.signal)
        return Series(
            signal=Signal.KILL if kill else self.signal or later.signal,
            number=self.number if self.number is not None else later.number,
            rest=later.rest,
        )


def read_series(line: str, *, in_text: bool = False) -> Series:
    """Take series words off a headline, or off the beginning of a text (there in capitals only).

    >>> read_series("CORRECTED-UPDATE 2-Blast hits market")
    Series(signal=<Signal.CORRECTION: 'correction'>, number=2, rest='Blast hits market')
    """
    read = Series(rest=line)
    for _ in range(_MAX_WORDS):
        match = _first_word(read.rest, in_text)
        if match is None:
            break
        number = match["num"] or match["ord"]
        rest = read.rest[match.end() :]
        if "marks" in match.groupdict():
            rest = rest.rstrip(f" {match['marks'][0]}")
        word = match["word"].upper()
        signal = _signal_of(word, rest)
        if signal is Signal.CORRECTION and read.signal is Signal.REFILE:
            read = replace(read, signal=signal)  # "RPT CORRETTA": what it mends counts for more
        said = int(number) if number and word not in TAKES else None
        read = read.then(Series(signal=signal, number=said, rest=rest))
    if in_text:
        return read
    read = _without_kind(read)
    if line[-1:] not in _TAIL_MARKS and "," not in line and not line.startswith("++"):
        return read
    if flash := _FLASH.fullmatch(read.rest):
        read = read.then(Series(signal=Signal.ALERT, rest=flash[1]))
    return read.then(read_tail(read.rest))


def _without_kind(read: Series) -> Series:
    """Take off what says of which kind a text is, and short series words in brackets."""
    if (short := _SHORT.match(read.rest)) is not None:
        said = Series(
            signal=SHORT_WORDS[short["word"].upper()],
            number=int(short["num"]) if short["num"] else None,
            rest=read.rest[short.end() :],
        )
        read = read.then(said)
    kind = _KIND.match(read.rest)
    return replace(read, rest=read.rest[kind.end() :]) if kind else read


def _signal_of(word: str, rest: str) -> Signal | None:
    """Say what a series word means before the rest of its line: an advisory may take a text back."""
    signal = SERIES_WORDS.get(word)
    return Signal.KILL if signal is Signal.ADVISORY and _KILLS.search(rest) else signal


def read_tail(line: str) -> Series:
    """Take series words off the end of a headline or slug.

    >>> read_tail("BC-Melons, 2nd Ld-Writethru,0345")
    Series(signal=<Signal.WRITETHRU: 'writethru'>, number=2, rest='BC-Melons')
    """
    match = _TAIL.search(line) if line.endswith(_TAIL_MARKS) or "," in line else None
    if match is None or not match.start():
        return Series(rest=line)
    if match["tail"] and not match["ord"] and not (_SLUGGED.match(line) or "write" in match["tail"].lower()):
        return Series(rest=line)  # "Pipes made of tin, lead"
    word = (match["tail"] or match["word"]).lower()
    number = match["num"] or match["ord"] or match["ord2"]
    return Series(
        signal=TAIL_WORDS.get(word) or SERIES_WORDS.get(word.upper()),
        number=int(number) if number else None,
        rest=line[: match.start()],
    )


def is_slug(line: str) -> bool:
    """Say whether a line is a slug and nothing else.

    >>> [is_slug(each) for each in ("AFGHANISTAN-BLAST/", "BC-Melons, 1st Ld", "Melons burn")]
    [True, True, False]
    """
    return _SLUG.fullmatch(line) is not None


def read_signal(sent: str | None) -> Series:
    """Read what a sender's own field says of a version: "sig:correction", "update 2".

    >>> read_signal("sig:Correction").signal
    <Signal.CORRECTION: 'correction'>
    """
    if not sent:
        return Series(rest="")
    words = re.split(r"[\s;,|]+", sent.lower())
    known = (SENT_SIGNALS.get(word.rpartition(":")[2].rpartition("/")[2]) for word in words)
    signal = next(filter(None, known), None)
    numbers = [int(word) for word in words if word.isdecimal() and len(word) <= _MAX_NUMBER]
    return Series(signal=signal, number=numbers[0] if signal and numbers else None, rest="")


def _first_word(line: str, in_text: bool) -> re.Match[str] | None:
    """Find a series word that opens a line and is meant as one."""
    first = line[:1]
    if not first or (first.isalpha() and not _begins(line)):
        return None
    if first in "([":
        match = _BRACKETED.match(line)
        return match if match and _counts(match, line) else None
    if first in "/*+=#":
        return _MARKED.match(line)
    match = _WORD.match(line)
    return match if match and _is_meant(match, line, in_text) else None


def _begins(line: str) -> bool:
    """Say at little cost whether the first word of a line might begin a series word."""
    match = _OPENING.match(line)
    word = match[0].upper() if match else ""
    return word in _FIRST or word.partition("-")[0] in _FIRST


def _is_meant(match: re.Match[str], line: str, in_text: bool) -> bool:
    """Tell a series word from a headline that begins with the same word ("Lead-free petrol")."""
    word, rest = match["word"], line[match.end() :]
    numbered = bool(match["num"] or match["ord"])
    if word.upper() in TAKES:
        return word.isupper() and numbered and bool(rest and match["end"].strip())
    known = word.upper() in ANY_CASE
    if not word.isupper():
        if in_text or not rest:
            return known and not rest
        apart = ":" in match["end"] or (match["end"] in _SPACED and rest[0].isupper())
        return bool(match["end"].strip()) and ((known and apart) or numbered) and _counts(match, line)
    if rest and not match["end"].strip():  # nothing between: "SPOED Minister"
        return not in_text and word in LOUD
    if word in COMPOUNDED and match["end"] == "-" and rest[:2].isupper() and not numbered:
        return False
    return _counts(match, line)


def _counts(match: re.Match[str], line: str) -> bool:
    """Say whether a word orders what it says: one word that kills must stand out from its headline."""
    word, rest = match["word"], line[match.end() :]
    if SERIES_WORDS.get(word.upper()) is not Signal.KILL or " " in word or not rest:
        return True
    return word.isupper() and (word == "KILL" or not rest.isupper())
