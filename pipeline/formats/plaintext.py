"""Bare wire copy: the whole file is one entry, as it came. What it says is the normaliser's to read."""

from pipeline.formats.finish import finish
from pipeline.formats.json_values import is_json
from pipeline.formats.source import Source
from pipeline.model import Entry, Parsed


def claims(source: Source) -> bool:
    """Say whether this is text and no mark-up. Copy may well begin with a bracket: "[Delayed] KABUL…"."""
    if source.root is not None or source.text.lstrip().startswith(("<?", "<!")):
        return False
    return not is_json(source.text)


def read(source: Source) -> Parsed:
    """Take the text as one entry."""
    entry = finish(Entry(format="text", text=source.text), repaired=source.repaired, note=source.note)
    return Parsed(format="text", entries=(entry,))
