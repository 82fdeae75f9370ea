"""What the documents of a story say together."""

from dataclasses import replace

import pytest

from fakes_read import NOON, stored
from pipeline.model import Evidence, Tag, Tagging
from pipeline.ports.stories import StoryFound
from pipeline.publish.stories import digest_of


def test_the_topics_of_a_story_are_the_narrowest_of_its_documents() -> None:
    below = Tag(code="quake", name="quake", score=0.8)
    above = Tag(
        code="disaster",
        name="disaster",
        score=0.8,
        evidence=(Evidence(field="topics", text="quake", why="narrower topic: quake"),),
    )
    one = replace(stored("a1" * 16), tagging=Tagging(topics=(above, below)))

    digest = digest_of(StoryFound(id="s", count=1, first_at=NOON, last_at=NOON, documents=(one,)))

    assert [each.code for each in digest.topics] == ["quake"]


@pytest.mark.parametrize(
    ("lead", "headline"),
    [
        ("A short one.", "A short one."),
        ("The harbour " * 20, "The harbour " * 8 + "The…"),
        ("港" * 200, "港" * 100 + "…"),
    ],
    ids=["short", "words", "no spaces"],
)
def test_where_no_document_has_a_headline_a_story_is_headed_by_the_beginning_of_a_lead(
    lead: str, headline: str
) -> None:
    document = replace(stored("a1" * 16).document, headline=None, lead=lead)
    one = replace(stored("a1" * 16), document=document)
    found = StoryFound(id="s", count=1, first_at=NOON, last_at=NOON, documents=(one,))
    assert digest_of(found).headline == headline
