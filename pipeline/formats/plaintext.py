"""Bare wire copy: the whole file is one entry, as it came. What it says is the normaliser's to read."""

from pipeline.errors import ParseError, Reason
from pipeline.formats.finish import finish
from pipeline.formats.json_values import is_json
from pipeline.formats.source import Source
from pipeline.model import Entry, Feed, Parsed, SourceKind

_NAME = "text"
_SHOWN = 60


def claims(source: Source) -> bool:
    """Say whether this is text and no mark-up. Copy may well begin with a bracket: "[Delayed] KABUL…"."""
    if source.root is not None or source.text.lstrip().startswith(("<?", "<!")):
        return False
    return not is_json(source.text)


def read(source: Source) -> Parsed:
    """Take the text as one entry."""
    entry = finish(Entry(format=_NAME, text=source.text), repaired=source.repaired, note=source.note)
    return Parsed(format=_NAME, entries=(entry,))


def refuse_bare_text(parsed: Parsed, feed: Feed) -> None:
    """Refuse text from a web server, which says by it what went wrong, unless the source wishes it.

    Raises:
        ParseError: NOT_A_FEED.
    """
    if parsed.format != _NAME or feed.plain_text or feed.kind is not SourceKind.HTTP:
        return
    words = " ".join((parsed.entries[0].text or "").split())
    start = words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
    raise ParseError(
        Reason.NOT_A_FEED, f'this is plain text, not a feed: "{start}" (plain_text: true takes it as copy)'
    )
