"""The gazetteer for tests: compiled once for each state of its inputs, then only mapped."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from pipeline.model import Document, Entry
from workers.normalise.document import Source, normalise
from workers.tag.gazetteer.compile import compile_gazetteer
from workers.tag.gazetteer.file import Gazetteer, load_gazetteer
from workers.tag.regions import RegionReading, regions_of
from workers.tag.tokens import tagged_text, tokenise

_PATH = Path(__file__).parents[1] / ".pytest_cache" / "gazetteer.bin"


@cache
def gazetteer() -> Gazetteer:
    return load_gazetteer(compile_gazetteer(_PATH))


def document_of(text: str, *, headline: str | None = None, language: str | None = None) -> Document:
    entry = Entry(format="text", text=text, headline=headline, language=language)
    return normalise(entry, Source(provider="example"), None, now=datetime(2026, 1, 1, tzinfo=UTC))


def read_regions(
    text: str, *, headline: str | None = None, language: str | None = None, default: str | None = None
) -> tuple[Document, RegionReading]:
    document = document_of(text, headline=headline, language=language)
    tokens = tokenise(tagged_text(document), document.language)
    return document, regions_of(document, tokens, gazetteer(), default_region=default)
