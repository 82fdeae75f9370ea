"""What is fuzzed: one format reads any bytes; what must hold of what it gives."""

import dataclasses
import random
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pipeline.codec import from_json, to_json
from pipeline.errors import ParseError
from pipeline.formats import archive, mail
from pipeline.formats.detect import FORMATS, Format, read
from pipeline.formats.source import open_source
from pipeline.model import Entry, Parsed

from .mutate import mailed, mutated, packed, swollen

PAIRS = Path(__file__).parents[1] / "data" / "formats"
NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\U0010f000-\U0010f0ff]")


#: reads bytes as one format; None where they are of another, or refused
Reading = Callable[[bytes], Parsed | None]

#: of the processor, for each 100 kB that were begun
_SLOWEST_S = 1.0
_PIECE = 100_000
#: of the inputs to a format that holds no others, so many are large
_LARGE_ONES = 0.02

#: formats that hold others: what puts files into them
_HOLDERS = {"archive": packed, "mail": mailed}


def formats() -> dict[str, Reading]:
    """Give what reads each format, by the names of their modules."""
    found: dict[str, Reading] = {
        getattr(known, "__name__", "").rpartition(".")[2]: partial(_read_as, known) for known in FORMATS
    }
    return found | {"archive": partial(_read_held, archive.claims), "mail": partial(_read_held, mail.claims)}


def samples() -> list[bytes]:
    """Give the sample files of all formats."""
    return [path.read_bytes() for path in sorted(PAIRS.iterdir()) if not path.name.endswith(".expected.json")]


def seeds(known: Reading) -> list[bytes]:
    """Give the sample files that a format reads."""
    return [body for body in samples() if known(body) is not None]


def inputs(name: str) -> Callable[[random.Random, list[bytes]], bytes]:
    """Give what makes an input out of samples: changed, now and then large, or put into what holds them.

    A changed archive is damaged nearly always; what is in it is read only where it was packed anew.
    """
    put = _HOLDERS.get(name)
    if put is None:
        return lambda chance, bodies: (swollen if chance.random() < _LARGE_ONES else mutated)(chance, bodies)
    inside = samples()

    def made(chance: random.Random, bodies: list[bytes]) -> bytes:
        if chance.random() < 0.5:
            return mutated(chance, bodies)
        count = chance.choice((1, 1, 2, 5))
        return put(chance, [mutated(chance, chance.sample(inside, 3)) for _ in range(count)])

    return made


def check(known: Reading, body: bytes, *, slowest_s: float = _SLOWEST_S) -> bool:
    """Read bytes and assert what must hold; say whether the format claimed them.

    Args:
        known: Reads the format.
        body: Any bytes.
        slowest_s: How much of the processor each 100 kB may take.

    Raises:
        AssertionError: What was read is not clean, not the same twice, or does not survive JSON; or it took
            too long.
        Exception: Whatever a parser lets out; only ParseError is allowed.
    """
    began = time.process_time()
    parsed = known(body)
    took_s = time.process_time() - began
    assert took_s <= slowest_s * (len(body) // _PIECE + 1), f"{len(body)} bytes took {took_s:.1f} s"
    if parsed is None:
        return False
    assert known(body) == parsed, "the same bytes read as something else the second time"
    assert from_json(to_json(parsed), Parsed) == parsed, "what was read does not survive JSON"
    for entry in parsed.entries:
        for text in texts_of(entry):
            assert text, "a text is empty"
            assert NO_TEXT.search(text) is None, "a text holds control characters"
        assert entry.url is None or entry.url.lower().startswith(("http://", "https://")), "no web address"
    return True


def _read_as(known: Format, body: bytes) -> Parsed | None:
    try:
        source = open_source(body, name="https://feeds.example/feed", media_type=None)
        return known.read(source) if known.claims(source) else None
    except ParseError:
        return None


def _read_held(claims: Callable[[bytes], bool], body: bytes) -> Parsed | None:
    """Read what is in an archive or a mail, through the door that all bytes come by."""
    try:
        return read(body, name="https://feeds.example/feed") if claims(body) else None
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
