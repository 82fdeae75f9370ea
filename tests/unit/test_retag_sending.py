"""A stored document tagged again: what rules say is new, what a model found stays."""

from dataclasses import dataclass, replace

from fakes_read import NOON, stored
from pipeline.model import Document, Entity, Mention, Tag, Tagging
from pipeline.ports.retag import ToRetag
from workers.tag.retag import retagged

PAKISTAN = Tag(code="PK", name="Pakistan", score=0.9)
AFGHANISTAN = Tag(code="AF", name="Afghanistan", score=0.9)


def body(name: str, start: int, text: str = "x" * 5) -> Entity:
    return Entity(name=name, mentions=(Mention(field="text", text=text, start=start, end=start + 5),))


@dataclass
class Rules:
    """A tagger that says one thing."""

    says: Tagging

    def tag(self, document: Document, *, default_region: str | None = None) -> tuple[Document, Tagging]:
        return document, self.says


def again(old: Tagging, new: Tagging):
    one = ToRetag(
        seq=7, document=stored("a1" * 16).document, tagging=old, tagged_at=NOON, default_region=None
    )
    return retagged(one, Rules(new))


def test_the_rules_alone_are_no_change() -> None:
    result = again(Tagging(rules="old", regions=(PAKISTAN,)), Tagging(rules="new", regions=(PAKISTAN,)))
    assert (result.changed, result.tagging.rules) == (False, "new")


def test_another_tag_is_a_change() -> None:
    result = again(Tagging(rules="old", regions=(AFGHANISTAN,)), Tagging(rules="new", regions=(PAKISTAN,)))
    assert (result.changed, result.tagging.regions) == (True, (PAKISTAN,))


def test_people_and_bodies_that_a_model_found_stay_beside_those_that_are_known_now() -> None:
    old = Tagging(rules="old+en", people=(body("Anna Berg", 0),), organisations=(body("Quay Board", 50),))
    result = again(old, Tagging(rules="new", organisations=(body("NATO", 80), body("UN", 20))))
    assert result.tagging.rules == "new+en"
    assert result.tagging.people == old.people
    assert [each.name for each in result.tagging.organisations] == ["UN", "Quay Board", "NATO"]


def test_a_body_that_is_known_by_name_now_is_no_other() -> None:
    old = Tagging(rules="old+en", organisations=(body("Nato Alliance", 80), body("UN", 10)))
    result = again(old, Tagging(rules="new", organisations=(body("UN", 20), body("NATO", 82))))
    assert [each.name for each in result.tagging.organisations] == ["UN", "NATO"]


def test_without_a_model_bodies_are_those_of_the_rules_of_now() -> None:
    old = Tagging(rules="old", organisations=(body("Quay Board", 50),))
    assert again(old, replace(old, rules="new", organisations=())).tagging.organisations == ()
