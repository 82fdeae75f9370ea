"""What is fuzzed: one format reads any bytes; what must hold of what it gives."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.codec import from_json, to_json
from pipeline.errors import ParseError
from pipeline.formats.detect import FORMATS, Format
from pipeline.formats.source import open_source
from pipeline.model import Entry, Parsed

PAIRS = Path(__file__).parents[1] / "data" / "formats"
NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\U0010f000-\U0010f0ff]")


def formats() -> dict[str, Format]:
    """Give the formats by the names of their modules."""
    return {getattr(known, "__name__", "").rpartition(".")[2]: known for known in FORMATS}


def seeds(known: Format) -> list[bytes]:
    """Give the sample files that a format claims."""
    bodies = [path.read_bytes() for path in sorted(PAIRS.iterdir()) if not path.name.endswith(".json")]
    bodies += [path.read_bytes() for path in sorted(PAIRS.glob("*.json")) if ".expected." not in path.name]
    return [body for body in bodies if _read(known, body) is not None]


def check(known: Format, body: bytes) -> bool:
    """Read bytes and assert what must hold; say whether the format claimed them.

    Raises:
        AssertionError: What was read is not clean, not the same twice, or does not survive JSON.
        Exception: Whatever a parser lets out; only ParseError is allowed.
    """
    parsed = _read(known, body)
    if parsed is None:
        return False
    assert _read(known, body) == parsed, "the same bytes read as something else the second time"
    assert from_json(to_json(parsed), Parsed) == parsed, "what was read does not survive JSON"
    for entry in parsed.entries:
        for text in texts_of(entry):
            assert text, "a text is empty"
            assert NO_TEXT.search(text) is None, "a text holds control characters"
        assert entry.url is None or entry.url.lower().startswith(("http://", "https://")), "no web address"
    return True


def _read(known: Format, body: bytes) -> Parsed | None:
    try:
        source = open_source(body, name="https://feeds.example/feed", media_type=None)
        return known.read(source) if known.claims(source) else None
    except ParseError:
        return None


def texts_of(entry: Entry) -> Iterator[str]:
    """Give each text of an entry, those of its concepts too."""
    for field in dataclasses.fields(entry):
        value = getattr(entry, field.name)
        values = value if isinstance(value, tuple) else (value,)
        yield from (each for each in values if isinstance(each, str))
    for concept in entry.concepts:
        yield from filter(None, (concept.scheme, concept.code, concept.name))
