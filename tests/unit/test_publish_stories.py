"""What the documents of a story say together."""

from dataclasses import replace

from fakes_read import NOON, stored
from pipeline.model import Evidence, Tag, Tagging
from pipeline.ports import StoryFound
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
