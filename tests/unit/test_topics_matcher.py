"""Terms of rules, found in a text."""

import time

import pytest

from workers.tag.matcher import Matcher, read_phrase
from workers.tag.tokens import tokenise


def found(terms: list[str], text: str, language: str = "en") -> list[str]:
    tokens = tokenise(text, language)
    matcher = Matcher([read_phrase(term, language) for term in terms])
    return [text[tokens.starts[each.first] : tokens.ends[each.end - 1]] for each in matcher.find(tokens)]


def test_a_word_is_found_whatever_its_case() -> None:
    assert found(["truce"], "A TRUCE, the Truce, no truces") == ["TRUCE", "Truce"]


def test_a_star_stands_for_any_ending() -> None:
    assert found(["attack*"], "attack, attacked and attackers counterattack") == [
        "attack",
        "attacked",
        "attackers",
    ]


def test_a_star_may_stand_inside_a_phrase() -> None:
    assert found(["frappe* aérienne*"], "des frappes aériennes, une frappe aérienne", "fr") == [
        "frappes aériennes",
        "frappe aérienne",
    ]


def test_hyphens_and_elisions_are_cut_as_in_the_text() -> None:
    assert found(["cease-fire"], "a cease-fire and a cease fire") == ["cease-fire", "cease fire"]
    assert found(["coup d'état"], "le coup d’État, un coup d'état", "fr") == ["coup d’État", "coup d'état"]


def test_accents_count() -> None:
    assert found(["marché"], "il marche vers le marché", "fr") == ["marché"]


def test_capitals_may_leave_accents_out() -> None:
    assert found(["élection*", "état"], "ELECTIONS : l'Etat attend, il etat", "fr") == ["ELECTIONS", "Etat"]
    assert found(["réélection"], "LA REELECTION, la Reelection", "fr") == ["REELECTION"]


def test_a_capital_leaves_out_no_accents_behind_it() -> None:
    assert found(["maïs", "marché"], "Mais le prix du Maïs… Marche ou crève.", "fr") == ["Maïs"]


def test_all_terms_at_one_place_are_given_the_longest_first() -> None:
    assert found(["war", "war crime*", "war crimes trial"], "a war crimes trial") == [
        "war crimes trial",
        "war crimes",
        "war",
    ]


def test_of_two_terms_with_as_many_words_the_one_with_more_letters_is_first() -> None:
    text = "astronomical"
    tokens = tokenise(text, "en")
    matcher = Matcher([read_phrase("astronom*", "en"), read_phrase("astronomical", "en")])
    assert [each.term for each in matcher.find(tokens)] == [1, 0]


def test_a_phrase_does_not_reach_over_the_end_or_the_beginning() -> None:
    assert found(["peace talks", "the talks"], "talks of peace") == []


def test_what_was_seen_before_changes_nothing() -> None:
    matcher = Matcher([read_phrase("riot*", "en")])
    for text in ("riots", "RIOTS", "Riots and riots"):
        tokens = tokenise(text, "en")
        assert len(matcher.find(tokens)) == text.casefold().count("riots")


@pytest.mark.parametrize(
    ("term", "words"),
    [("", "empty"), ("at*", "3 letters"), ("a* war", "2 letters"), ("at*ck", "end of a word")],
)
def test_terms_that_cannot_be_meant_are_refused(term: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_phrase(term, "en")


def test_h15_an_expression_among_the_terms_is_words_and_costs_no_time() -> None:
    text = "a" * 100_000 + "! An (a+)+$ is a sign."
    tokens = tokenise(text, "en")
    matcher = Matcher([read_phrase("(a+)+$", "en"), read_phrase("sign", "en")])
    began = time.process_time()
    matches = matcher.find(tokens)
    assert time.process_time() - began < 0.05
    assert [text[tokens.starts[each.first] : tokens.ends[each.end - 1]] for each in matches][-1] == "sign"
