"""What holds for every sample of every format: the same bytes give the same ids, and entries survive JSON."""

from pathlib import Path

import pytest

from pipeline.codec import from_json, to_json
from pipeline.errors import EntryError, ParseError
from pipeline.formats.detect import read
from pipeline.model import Document, Entry
from workers.normalise.document import Source, normalise

SAMPLES = sorted(
    path
    for path in (Path(__file__).parent.parent / "data" / "formats").iterdir()
    if not path.name.endswith(".expected.json")
)
SOURCE = Source(feed="samples", provider="Samples")


def _entries(path: Path) -> tuple[Entry, ...]:
    try:
        return read(path.read_bytes(), name=path.name).entries
    except ParseError:
        return ()


def _documents(path: Path) -> list[Document]:
    documents = []
    for entry in _entries(path):
        try:
            documents.append(normalise(entry, SOURCE, None))
        except EntryError:
            continue
    return documents


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_reading_the_same_bytes_twice_gives_the_same_documents(path: Path) -> None:
    first = _documents(path)
    assert first == _documents(path)
    assert len({each.id for each in first}) == len(
        {(each.uri, each.content_hash, each.revision) for each in first}
    )


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_entries_and_documents_survive_json(path: Path) -> None:
    entries = _entries(path)
    assert tuple(from_json(to_json(each), Entry) for each in entries) == entries
    documents = _documents(path)
    assert [from_json(to_json(each), Document) for each in documents] == documents


def test_there_are_samples_that_become_documents() -> None:
    assert sum(len(_documents(path)) for path in SAMPLES) > 50
