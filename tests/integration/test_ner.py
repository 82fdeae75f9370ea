"""The pretrained models: what they find, and that they keep nothing of what they read."""

import pytest

from workers.tag.ner import Models, Span


@pytest.fixture(scope="module")
def models() -> Models:
    return Models(frozenset({"en"}))


def test_names_stand_where_they_were_found(models: Models) -> None:
    text = "PARIS, Nov 2 - Emmanuel Macron met the director of the World Bank on Monday."
    found = {text[each.start : each.end] for each in models.spans(text, "en")}
    assert "Emmanuel Macron" in found
    assert any("World Bank" in each for each in found)
    assert list(models.spans(text, "ru")) == []


def test_words_that_were_never_seen_are_not_kept(models: Models) -> None:
    first: list[Span] = list(models.spans("Mr Aravelo went to Brennastad.", "en"))
    strings = models._pipelines["en"].vocab.strings
    known = len(strings)
    for number in range(20):
        list(models.spans(f"Mr Nobody{number} of Nowhere{number} met Anybody{number}.", "en"))
    assert len(strings) == known
    assert list(models.spans("Mr Aravelo went to Brennastad.", "en")) == first
