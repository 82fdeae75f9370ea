"""What we export comes back as the document it was; and only as far as its source may speak of it."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes_read import NOON, stored
from pipeline.errors import EntryError, ParseError
from pipeline.formats.detect import read
from pipeline.model import Concept, Credit, Dateline, Document, PubStatus, Signal, StoredDocument
from pipeline.publish.export import FORMS
from workers.normalise.document import Source, normalise

PAIRS = Path(__file__).parents[1] / "data" / "formats"
TRUSTED = Source(feed="import", trust_provider=True)

FULL = Document(
    id="",
    uri="urn:newswire:harbour-press:text:1",
    content_hash="",
    revision="2",
    provider="Harbour Press",
    infosource="Other Wire",
    url="https://harbour.example/1",
    format="anpa",
    headline="Ferry returns",
    lead="",
    body_text="PORT ELLERY (Harbour) - It looks like a dateline.\n\n(Reporting by Nobody)",
    body_html="<p>It looks.</p>",
    slugline="BC-Ferry",
    byline="By Ada Quill",
    authors=("Ada Quill", "Bo"),
    keywords=("ferries", "ports"),
    concepts=(
        Concept(kind="subject", scheme="medtop", code="20000533", name="strike"),
        Concept(kind="subject", scheme="http://cv.iptc.org/newscodes/subjectcode/", code="11000000"),
        Concept(kind="category", scheme="anpa", code="f"),
        Concept(kind="subject", code="news:uk"),
        Concept(kind="subject", name="Ports"),
        Concept(kind="genre", scheme="a b:c", code="x y"),
        Concept(kind="place", scheme="iso3166-1a2", code="IE", name="Ireland"),
        Concept(kind="person", name="Bo Invented"),
        Concept(kind="organisation", code="HC", name="Harbour Council"),
        Concept(kind="event", name="Strike"),
        Concept(kind="object", name="Ferry Gull"),
    ),
    urgency=3,
    embargoed=NOON,
    dateline=Dateline(text="QUILLPORT, Feb 3 (H) -", city="Quillport", date="2026-02-03", agency="H"),
    credit=Credit(text="(Reporting by A; Editing by B)", reporting="A", editing="B", bureau="Kabul"),
    signal=Signal.UPDATE,
    signal_number=2,
    language="en",
    published=NOON,
    version_created=NOON,
    date_note="date only",
    notes=("Adds vote", "2 bytes repaired"),
)


def through(form: str, document: Document, source: Source = TRUSTED) -> Document:
    """Export a document, read the line, make a document of it."""
    at = datetime(2026, 2, 4, tzinfo=UTC)
    line = FORMS[form].line(StoredDocument(document=document, version=3, received_at=at, stored_at=at))
    (entry,) = read(line, name="export").entries
    return normalise(entry, source, at)


def made(document: Document) -> Document:
    """Give a document the hashes that its words have."""
    return through("jsonl", document)


@cache
def documents_of(path: Path) -> tuple[Document, ...]:
    """Read one of the samples."""
    try:
        entries = read(path.read_bytes(), name="https://feeds.example/dir/feed").entries
    except ParseError:
        return ()
    documents = []
    for entry in entries:
        # An export names the chain itself, not by what it was found.
        with suppress(EntryError):
            documents.append(replace(normalise(entry, TRUSTED, NOON), slugged=None, names=()))
    return tuple(documents)


def as_ninjs_has_it(document: Document) -> Document:
    """Leave out what ninjs has no place for, and bring lists to its order."""
    return replace(
        document,
        format="ninjs",
        language_score=None,
        byline=document.byline or ", ".join(document.authors) or None,
        concepts=tuple(sorted((replace(each, lat=None, lon=None) for each in document.concepts), key=repr)),
    )


def sorted_concepts(document: Document) -> Document:
    return replace(document, concepts=tuple(sorted(document.concepts, key=repr)))


SAMPLES = sorted(path for path in PAIRS.iterdir() if not path.name.endswith(".expected.json"))


def test_there_are_samples_of_every_format() -> None:
    formats = {each.format for path in SAMPLES for each in documents_of(path)}
    assert {"anpa", "iptc7901", "mail", "ninjs", "jsonl", "text", "rss"} <= formats


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_documents_come_back_from_json_lines_as_they_were(path: Path) -> None:
    for document in documents_of(path):
        assert through("jsonl", document) == document


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_documents_come_back_from_ninjs_as_far_as_ninjs_carries_them(path: Path) -> None:
    for document in documents_of(path):
        if document.pub_status is not PubStatus.CANCELED:  # its text is not exported
            assert sorted_concepts(through("ninjs", document)) == as_ninjs_has_it(document)


def test_all_fields_come_back() -> None:
    document = made(FULL)
    assert replace(document, id="", content_hash="", lead="", feed=None, canonical_url=None) == FULL
    assert sorted_concepts(through("ninjs", document)) == as_ninjs_has_it(document)


def test_a_text_that_looks_like_wire_copy_is_not_read_again() -> None:
    assert through("ninjs", made(FULL)).body_text == FULL.body_text


@given(st.text(max_size=60), st.text(max_size=200), st.text(max_size=40))
def test_what_comes_back_comes_back_again(headline: str, body: str, note: str) -> None:
    once = made(replace(FULL, headline=headline, body_text=body, body_html=body, notes=(note,)))
    assert through("jsonl", once) == once


@given(st.text(min_size=1, max_size=60).filter(lambda text: text.strip() != ""))
def test_an_id_that_no_uri_may_hold_comes_back_from_ninjs(guid: str) -> None:
    document = made(
        replace(FULL, uri=f"urn:newswire:harbour-press:{' '.join(guid.split())}x", body_html=None)
    )
    assert through("ninjs", document).uri == document.uri


def test_an_export_cannot_touch_items_of_another_provider() -> None:
    theirs = made(FULL)
    ours = through("jsonl", theirs, Source(feed="feed", provider="Somebody Else"))
    assert ours.provider == "Somebody Else"
    assert ours.uri.startswith("urn:newswire:somebody-else:")
    assert ours.id != theirs.id


def test_a_source_that_is_not_trusted_speaks_for_itself_alone() -> None:
    assert through("jsonl", made(FULL), Source(feed="feed")).uri.startswith("urn:newswire:feed:")


def test_what_an_export_claims_is_cleaned_and_hashed_anew() -> None:
    line = json.loads(FORMS["jsonl"].line(stored("a1" * 16)))
    line |= {
        "body_html": "<p onclick=x>a</p><script>b</script>",
        "body_text": "One\u200b  two\n\n\n\nThree",
        "urgency": 77,
        "url": "javascript:x",
        "content_hash": "forged",
        "id": "forged",
        "slugged": {"family": "0" * 32, "day": "2026-02-03", "kill": True},
    }
    (entry,) = read(json.dumps(line).encode(), name="export").entries
    document = normalise(entry, TRUSTED, NOON)
    assert document.body_html == "<p>a</p>"
    assert document.body_text == "One two\n\nThree"
    assert (document.urgency, document.url, document.slugged) == (None, None, None)
    assert "forged" not in (document.id, document.content_hash)


@pytest.mark.parametrize(
    "wrong",
    [
        {"published": "yesterday"},
        {"published": "2026-02-03T07:00:00"},
        {"published": "0001-01-01T00:00:00+14:00"},
        {"headline": 7},
        {"headline": "\ud800"},
        {"body_text": None},
    ],
)
def test_an_export_that_was_changed_by_hand_is_a_problem(wrong: dict[str, object]) -> None:
    line = json.dumps(json.loads(FORMS["jsonl"].line(stored("a1" * 16))) | wrong).encode()
    parsed = read(line, name="export")
    assert parsed.entries == ()
    assert "an export of ours that was changed" in parsed.problems[0].detail
