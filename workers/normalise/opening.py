"""How a text begins: lines of a header (series words, slug, headline, byline), dateline, then the story.

"URGENT", "AFGHANISTAN-BLAST/", "Blast hits market", "By Ann Example", "KABUL, July 25 (Agency) - At ..."
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.model import Signal
from workers.normalise.asides import Aside, read_note_above, split_note
from workers.normalise.byline import is_bare_byline, is_byline, is_title
from workers.normalise.dateline import Opening, Period, may_open, read_dateline, split_prefix, without_sent
from workers.normalise.series import Series, is_slug, read_series, read_tail
from workers.normalise.worded import read_words

#: a header has no more lines, and no longer ones
_MAX_LINES = 8
_MAX_CHARS = 200
#: nor a line that files a story
_MAX_LABEL = 60
#: nor is one above a place that stands alone
_MAX_ABOVE_CITY = 100
#: after a longer paragraph no dateline is looked for: the story has begun
_MAX_STANDFIRST = 400

_SENTENCE_END = (".", "!", "?", ":", ".”", '."', ".»")

# A code with figures; keywords with marks between; a slug.
# The header of a telegraph format, which lost its frame: "abc0123 4 pl 0188 FRA /ABC-KJ41".
_LABEL = re.compile(
    r"[A-Za-z]{1,6}\d{3,5}(?: \d)? [A-Za-z]{1,4}(?: [A-Za-z])? \d{2,5}\b[^.!?]{0,40}|"
    r"(?=[^A-ZÀ-Þ]*\d)[a-z\d][a-z\d/ :;.,-]+"
    r"|[\w'’.]+(?:\s?[/;|>]\s?[\w'’.]+){1,5}/?|[\w'’.]+/|[\w.]+(?:-[\w.]+){1,5}"
)
_NO_SERIES = Series(rest="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the lines above a story say."""

    series: Series = _NO_SERIES
    headline: str | None = None
    slugline: str | None = None
    byline: str | None = None
    notes: tuple[Aside, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A text with its beginning read and taken off."""

    header: Header = Header()
    dateline: Opening
    #: month or day that stood before the text
    period: Period | None = None
    body: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was sent beside a text, that may be repeated in it or change how it is read."""

    #: without its series words
    headline: str | None = None
    dateline: str | None = None
    #: a line above the dateline may be the headline, for none was sent beside the text
    headed: bool = False
    #: further names, lower case, that are known to be agencies
    agencies: frozenset[str] = frozenset()


def read_story(body: Sequence[str], sent: Sent) -> Story:
    """Read how a text begins.

    Args:
        body: Clean paragraphs.
        sent: What was sent beside them.
    """
    if not body:
        return Story(dateline=Opening(rest=""), body=())
    period, first = split_prefix(body[0])
    lines = [first, *body[1:]]
    for n, line in enumerate(lines[:_MAX_LINES]):
        if not may_open(line) and not sent.dateline:
            if len(line) > _MAX_STANDFIRST:
                break
            continue
        series, dateline = _open(line, sent)
        if dateline.text is None:
            continue
        above, after = lines[:n], lines[n + 1 :]
        header, kept = _read_header(above, sent, sure=dateline.agency is not None)
        if header is not None and not _is_in_brief(above, dateline):
            header = replace(header, series=header.series.then(series))
            return _story(header, dateline, period, kept, after)
        if dateline.agency is not None:
            return _story(Header(series=series), dateline, period, above, after)
        break
    return _without_dateline(lines, period, sent)


def _is_in_brief(above: Sequence[str], dateline: Opening) -> bool:
    """Say whether a place alone opens one of several stories: what stands above it is a story, no header."""
    weak = dateline.agency is None and dateline.date is None
    return weak and any(len(line) > _MAX_ABOVE_CITY for line in above)


def _open(line: str, sent: Sent) -> tuple[Series, Opening]:
    """Read series words and dateline at the beginning of a line."""
    series = read_series(line, in_text=True)
    dateline = read_dateline(series.rest, agencies=sent.agencies)
    if dateline.text is None and sent.dateline:
        rest = without_sent(series.rest, sent.dateline)
        if rest is not None:
            dateline = Opening(text=sent.dateline, rest=rest)
    return series, dateline


def _without_dateline(lines: list[str], period: Period | None, sent: Sent) -> Story:
    """Take what is no story off the beginning of a text that has no dateline."""
    header = Header()
    if sent.headed and len(lines) > 2 and is_slug(lines[0]):
        header, lines = _with_slug(header, lines[0]), lines[1:]
    if sent.headed and _heads(lines):
        series = read_series(lines[0])
        rest, aside = split_note(series.rest)
        series = header.series.then(series)
        header = replace(header, headline=rest, series=series, notes=(aside,) if aside else ())
        lines = lines[1:]
    elif _repeats_headline(lines):
        lines = lines[1:]
    while len(lines) > 1:
        series = read_series(lines[0], in_text=True)
        repeated = sent.headline is not None and lines[0].casefold() == sent.headline.casefold()
        if repeated or (series.signal is not None and series.rest in ("", sent.headline)):
            header = replace(header, series=header.series.then(series))
        elif header.byline is None and is_byline(lines[0]):
            header = replace(header, byline=lines[0])
        elif header.slugline is None and is_slug(lines[0]):
            header = _with_slug(header, lines[0])
        else:
            break
        lines = lines[1:]
    return Story(header=header, dateline=Opening(rest=lines[0]), period=period, body=tuple(lines))


def _repeats_headline(lines: Sequence[str]) -> bool:
    """Say whether a text begins with a headline in capitals above its byline, once more."""
    heading = lines[0]
    plain = len(heading) <= _MAX_CHARS and not heading.endswith(_SENTENCE_END) and not is_byline(heading)
    wordy = heading.isupper() and heading.count(" ") > 1
    return len(lines) > 2 and wordy and plain and is_byline(lines[1])


def _heads(lines: Sequence[str]) -> bool:
    """Say whether a text without dateline begins with its headline: series words or a byline show it."""
    if len(lines) < 2 or len(lines[0]) > _MAX_CHARS or lines[0].endswith(_SENTENCE_END):
        return False
    series = read_series(lines[0], in_text=True)
    if series.signal is not None:
        return bool(series.rest)
    return len(lines) > 2 and is_byline(lines[1]) and not is_byline(lines[0])


def _story(
    header: Header, dateline: Opening, period: Period | None, before: list[str], after: list[str]
) -> Story:
    rest, aside = split_note(dateline.rest)
    if aside is not None:
        header = replace(header, notes=(*header.notes, aside))
    body = [*before, *([rest] if rest else []), *after]
    if not dateline.rest and len(body) > 1 and header.byline is None and is_byline(body[0]):
        header, body = replace(header, byline=body[0]), body[1:]
    return Story(header=header, dateline=dateline, period=period, body=tuple(body))


def _read_header(lines: Sequence[str], sent: Sent, *, sure: bool) -> tuple[Header | None, list[str]]:
    """Read the lines above a dateline; no header where one of them is of the story.

    Args:
        lines: Above the dateline.
        sent: What was sent beside the text.
        sure: It is a dateline without doubt: what stands above may be a label, or a line of its own.

    Returns:
        The header, and the lines that are kept as text.
    """
    header, kept = Header(), []
    for line in lines:
        read = _read_line(header, line, sent) if len(line) <= _MAX_CHARS else None
        if read is None and header.byline is None and is_bare_byline(line):
            read = replace(header, byline=line)
        if read is not None:
            header = read
        elif not sure or len(line) > _MAX_CHARS or line.endswith(_SENTENCE_END):
            return None, []
        elif not is_label(line):
            kept.append(line)
    return header, kept


def is_label(line: str) -> bool:
    """Say whether a line above a dateline only files the story: a subject, a code, the time of sending.

    >>> [is_label(each) for each in ("SPORT", "Politics/Kenya", "bdt0123 3 pl 210", "Critics fear delays")]
    [True, True, True, False]
    """
    if len(line) > _MAX_LABEL:
        return False
    # Asked of the letters that there are: most scripts know no capitals.
    if line.isupper() or not any(map(str.isalpha, line)) or _LABEL.fullmatch(line):
        return True
    said = read_words(line) if any(map(str.isdigit, line)) else None
    return said is not None and said.day is not None and said.clock is not None


def _read_line(header: Header, line: str, sent: Sent) -> Header | None:
    """Read one line above a dateline; None where it is of the story."""
    series = read_series(line, in_text=not sent.headed)
    if series.signal is not None and not series.rest:
        return replace(header, series=header.series.then(series))
    if header.byline is None and is_byline(line):
        return replace(header, byline=line)
    if is_slug(line):
        return _with_slug(header, line)
    if aside := read_note_above(line):
        return replace(header, notes=(*header.notes, aside))
    return _read_headline(header, line, series, sent)


def _read_headline(header: Header, line: str, series: Series, sent: Sent) -> Header | None:
    """Read the headline above a dateline, as sent or the only one, or a title below a byline."""
    if (header.byline is not None and is_title(line)) or (sent.headed and _LABEL.fullmatch(line)):
        return header
    rest, aside = split_note(series.rest)
    unread = header.headline is None or (header.headline.isupper() and " " not in header.headline)
    said = series.signal is not None  # with its series words it is the headline, however it was sent
    repeated = sent.headline is not None and (said or rest.casefold() == sent.headline.casefold())
    if not repeated and not (sent.headed and unread):
        return None
    notes = (*header.notes, aside) if aside else header.notes
    headline = rest if sent.headed else None
    return replace(header, headline=headline, series=header.series.then(series), notes=notes)


def _with_slug(header: Header, line: str) -> Header:
    tail = read_tail(line)
    return replace(header, slugline=tail.rest, series=header.series.then(tail))


def signal_of(notes: Sequence[Aside]) -> Signal | None:
    """Say what the notes above a story make of it: the first that says something."""
    return next((note.signal for note in notes if note.signal), None)
