"""Documents are found by region, topic and beat: by code and by name, folded."""

from datetime import timedelta

import pytest

from pipeline.model import Entry, Tag, Tagging
from pipeline.ports.feeds import Poll
from pipeline.ports.work import Processed
from pipeline.store.search import parse_query
from store_builders import NOON
from workers.normalise.document import Source, normalise

TAGGING = Tagging(
    rules="r1",
    regions=(Tag(code="CI", name="Côte d’Ivoire", score=0.9, roles=("subject",)),),
    topics=(
        Tag(code="medtop:20000056", name="armed conflict", score=0.8),
        Tag(code="medtop:16000000", name="conflict, war and peace", score=0.8),
    ),
    beats=(Tag(code="sahel-security", name="Sahel security", score=0.7),),
)


@pytest.fixture
def tagged(store) -> str:
    entries = (Entry(format="text", text="A tagged story."), Entry(format="text", text="Another story."))
    (taken,) = store.take_in(
        [Poll(feed_id="import", epoch=None, polled_at=NOON, duration_s=0, entries=entries)], NOON
    )
    ids = [ref.id for ref in taken.new]
    claimed = store.claim(ids, token="t", owner="o", now=NOON, lease=timedelta(minutes=1))
    first, second = (normalise(one.entry, Source(provider="wire"), NOON) for one in claimed)
    done = [
        Processed(entry_id=ids[0], document=first, tagging=TAGGING),
        Processed(entry_id=ids[1], document=second),
    ]
    store.save(done, [], token="t", now=NOON)
    return first.id


@pytest.mark.parametrize(
    "query",
    [
        "region:CI",
        "region:ci,US",
        'region:"Cote d\'Ivoire"',
        "topic:medtop:20000056",
        'topic:"armed conflict"',
        'topic:"Conflict, war and peace"',
        "beat:sahel-security story",
    ],
)
def test_a_tag_finds_its_document_and_no_other(query: str, tagged: str, store) -> None:
    found = store.search(parse_query(query, NOON), now=NOON)
    assert [one.document.id for one in found] == [tagged]
    assert found[0].tagging == TAGGING


def test_a_tag_can_be_excluded(tagged: str, store) -> None:
    found = store.search(parse_query("-region:CI", NOON), now=NOON)
    assert [one.document.body_text for one in found] == ["Another story."]


def test_an_erased_document_is_found_by_no_tag(tagged: str, store) -> None:
    store.erase(tagged, reason="a court said so", now=NOON)
    assert store.search(parse_query("region:CI", NOON), now=NOON) == []


@pytest.mark.parametrize(("query", "found"), [("region:x-west", 1), ("-region:x-west", 1), ("region:150", 0)])
def test_a_group_finds_the_documents_of_its_countries(query: str, found: int, tagged: str, store) -> None:
    groups = {"x-west": {"CI", "GH"}, "150": {"FR"}}
    given = store.search(parse_query(query, NOON, groups), now=NOON)
    assert [one.document.id == tagged for one in given] == [not query.startswith("-")] * found
