"""The gazetteer for tests: that of the installation, compiled once for each state of its inputs."""

from datetime import UTC, datetime
from functools import cache

from pipeline.model import Document, Entry
from workers.normalise.document import Source, normalise
from workers.tag.gazetteer.file import Gazetteer
from workers.tag.gazetteer.ready import ready_gazetteer
from workers.tag.regions import RegionReading, regions_of
from workers.tag.tokens import tagged_text, tokenise


@cache
def gazetteer() -> Gazetteer:
    return ready_gazetteer()


def document_of(text: str, *, headline: str | None = None, language: str | None = None) -> Document:
    entry = Entry(format="text", text=text, headline=headline, language=language)
    return normalise(entry, Source(provider="example"), None, now=datetime(2026, 1, 1, tzinfo=UTC))


def read_regions(
    text: str, *, headline: str | None = None, language: str | None = None, default: str | None = None
) -> tuple[Document, RegionReading]:
    document = document_of(text, headline=headline, language=language)
    tokens = tokenise(tagged_text(document), document.language)
    return document, regions_of(document, tokens, gazetteer(), default_region=default)
