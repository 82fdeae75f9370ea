"""The copies of a document for people: which was first, what each is, in how many feeds."""

from dataclasses import replace
from datetime import timedelta

from fakes_read import NOON, stored
from pipeline.cli.show_text import console, document_view
from pipeline.model import Relation, StoredDocument
from pipeline.publish.copies import copies_of, feeds_of, is_original


def linked(
    name: str, *roles: tuple[str, str | None], hours: int = 0, feed: str = "harbour"
) -> StoredDocument:
    links = tuple(Relation(kind="same-copy", id=other * 32, score=0.9, role=role) for other, role in roles)
    document = stored(name * 32, published=NOON + timedelta(hours=hours), feed=feed)
    return replace(document, relations=links)


def test_the_first_published_is_the_original_whatever_is_asked() -> None:
    first, second, third = (linked(name, hours=hours) for name, hours in (("a", 0), ("b", 1), ("c", 2)))
    found = copies_of(linked("b", ("a", None), ("c", None), hours=1), [first, third])
    assert [(each.stored.document.id[0], each.is_original) for each in found] == [("a", True), ("c", False)]
    assert not is_original(found)
    found = copies_of(linked("a", ("b", None), ("c", None)), [second, third])
    assert is_original(found)
    assert not any(each.is_original for each in found)


def test_a_part_is_no_original_of_its_whole() -> None:
    (alert,) = copies_of(linked("b", ("a", "part"), hours=1), [linked("a")])
    assert (alert.role, alert.is_original) == ("part", False)
    assert not is_original([alert])


def test_without_copies_there_is_no_original() -> None:
    assert not is_original(copies_of(linked("a"), []))


def test_feeds_are_counted_once_and_without_its_own() -> None:
    document = linked("a", ("b", None), ("c", None), ("d", None))
    others = [linked("b", feed="drop"), linked("c", feed="drop"), linked("d")]
    assert feeds_of(document, copies_of(document, others)) == 1


def test_copies_are_shown_with_what_they_are() -> None:
    document = linked("b", ("a", None), ("c", "whole"), hours=1)
    copies = copies_of(document, [linked("a"), linked("c", hours=2)])
    shown = console()
    with shown.capture() as text:
        shown.print(document_view(document, [], [], copies))
    section = text.get().partition("Same copy")[2]
    assert "aaaaaaaaaaaa" in section
    assert "(original)" in section
    assert "(holds this text)" in section
