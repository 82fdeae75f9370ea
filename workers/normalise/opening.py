"""How a text begins: lines of a header (series words, slug, headline, byline), dateline, then the story.

"URGENT", "AFGHANISTAN-BLAST/", "Blast hits market", "By Ann Example", "KABUL, July 25 (Agency) - At ..."
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from workers.normalise.byline import is_byline
from workers.normalise.dateline import Opening, Period, may_open, read_dateline, split_prefix
from workers.normalise.series import Series, read_series

#: a header has no more lines, and no longer ones
_MAX_LINES = 4
_MAX_CHARS = 200
#: after a longer paragraph no dateline is looked for: the story has begun
_MAX_STANDFIRST = 400

_SLUG = re.compile(r"[A-Z0-9]{2,}(?:[-/][A-Z0-9]+)*(?:[-/][A-Z0-9]+|/)")


_NO_SERIES = Series(rest="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the lines above a story say."""

    series: Series = _NO_SERIES
    headline: str | None = None
    slugline: str | None = None
    byline: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A text with its beginning read and taken off."""

    header: Header = Header()
    dateline: Opening
    #: month or day that stood before the text
    period: Period | None = None
    body: tuple[str, ...]


def read_story(
    body: Sequence[str], *, headline: str | None, headed: bool, agencies: frozenset[str] = frozenset()
) -> Story:
    """Read how a text begins.

    Args:
        body: Clean paragraphs.
        headline: As sent beside the text; its repetition above the dateline is left out.
        headed: A line above the dateline may be the headline, for none was sent beside the text.
        agencies: Further names, lower case, that are known to be agencies.
    """
    if not body:
        return Story(dateline=Opening(rest=""), body=())
    period, first = split_prefix(body[0])
    lines = [first, *body[1:]]
    for n, line in enumerate(lines[:_MAX_LINES]):
        if not may_open(line):
            if len(line) > _MAX_STANDFIRST:
                break
            continue
        series = read_series(line, in_text=True)
        dateline = read_dateline(series.rest, agencies=agencies)
        if dateline.text is None:
            continue
        header = _read_header(lines[:n], headline=headline, headed=headed)
        if header is not None:
            header = replace(header, series=header.series.then(series))
            return _story(header, dateline, period, [], lines[n + 1 :])
        if dateline.agency is not None:
            return _story(Header(series=series), dateline, period, lines[:n], lines[n + 1 :])
        break
    return _without_dateline(lines, period)


def _without_dateline(lines: list[str], period: Period | None) -> Story:
    """Take series words and byline that stand alone off a text that has no dateline."""
    header = Header()
    while len(lines) > 1:
        series = read_series(lines[0], in_text=True)
        if series.signal is not None and not series.rest:
            header = replace(header, series=header.series.then(series))
        elif header.byline is None and is_byline(lines[0]):
            header = replace(header, byline=lines[0])
        else:
            break
        lines = lines[1:]
    return Story(header=header, dateline=Opening(rest=lines[0]), period=period, body=tuple(lines))


def _story(
    header: Header, dateline: Opening, period: Period | None, before: list[str], after: list[str]
) -> Story:
    body = (*before, *([dateline.rest] if dateline.rest else []), *after)
    return Story(header=header, dateline=dateline, period=period, body=body)


def _read_header(lines: Sequence[str], *, headline: str | None, headed: bool) -> Header | None:
    """Read the lines above a dateline; None where one of them is of the story."""
    header = Header()
    for line in lines:
        series = read_series(line, in_text=not headed)
        if len(line) > _MAX_CHARS:
            return None
        if series.signal is not None and not series.rest:
            header = replace(header, series=header.series.then(series))
        elif is_byline(line):
            header = replace(header, byline=line)
        elif _SLUG.fullmatch(line):
            header = replace(header, slugline=line)
        elif headed and header.headline is None:
            header = replace(header, headline=series.rest, series=header.series.then(series))
        elif series.rest != headline:
            return None
    return header
