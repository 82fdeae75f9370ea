"""Words of a text: cut alike in every language, at places that give the word as written."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workers.tag.tokens import Case, Tokens, cut_word, fold, plain, split_name, tokenise

LANGUAGES = ("en", "fr", None)
SAMPLE = (
    "L’armée de Côte-d'Or, the U.S.-led force (Agency)-Le \"N'Djamena\" franco-afghan, Iran's 3-1 -- état\n\n"
    "St. Louis ; قوات في كابول 阿富汗 İstanbul"
)


def plains(text: str, language: str | None = "en") -> tuple[str, ...]:
    return tuple(tokenise(text, language).plains)


@pytest.mark.parametrize("language", LANGUAGES)
def test_offsets_cut_out_each_word_as_written(language: str | None) -> None:
    tokens = tokenise(SAMPLE, language)
    for word, start, end in zip(tokens.words, tokens.starts, tokens.ends, strict=True):
        assert fold(SAMPLE[start:end]) == word


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Saint-Denis", ("saint", "denis")),
        ("the franco-afghan talks", ("the", "franco", "afghan", "talks")),
        ("l'Iran et d’Irak", ("l", "iran", "et", "d", "irak")),
        ("Iran's", ("iran", "s")),
        ("N'Djamena", ("n", "djamena")),
        ("Xi'an and Côte d'Ivoire", ("xi", "an", "and", "cote", "d", "ivoire")),
        ("阿富汗", ("阿", "富", "汗")),
    ],
)
def test_a_word_is_cut_alike_in_every_language(language: str | None, written: str, words: tuple[str]) -> None:
    assert plains(written, language) == words


def test_a_dash_between_spaces_and_a_new_paragraph_are_words() -> None:
    assert plains("Kabul - Paris\n\nLima") == ("kabul", "-", "paris", "\n\n", "lima")


def test_quotes_around_a_word_do_not_stick_to_it() -> None:
    assert plains("the 'Iran' (Iraq) \"Oman\"") == (
        "the",
        "'",
        "iran",
        "'",
        "(",
        "iraq",
        ")",
        '"',
        "oman",
        '"',
    )


def test_cases_say_how_a_word_is_written() -> None:
    tokens = tokenise("Kabul US of, كابول 7", "en")
    assert list(tokens.cases) == [Case.TITLE, Case.UPPER, Case.LOWER, Case.NONE, Case.CASELESS, Case.NONE]


@settings(deadline=None)  # the first loads the tokenisers
@given(st.text(st.characters(categories=["L"]), min_size=1, max_size=12), st.sampled_from(LANGUAGES))
@example("cannot", "en")
@example("Saint-Denis", "fr")
@example("阿富汗", None)
def test_a_word_alone_is_cut_as_in_a_text(word: str, language: str | None) -> None:
    assert tuple(cut_word(word, language)) == tuple(tokenise(word, language).words)


def test_no_text_has_no_words() -> None:
    assert tokenise("", "fr") == Tokens(text="", words=(), plains=(), starts=(), ends=(), cases=())


def test_fold_keeps_diacritics_and_plain_does_not() -> None:
    assert (fold("ÉTAT"), plain("ÉTAT")) == ("état", "etat")
    assert (plain("أفغانستان"), plain("İzmir")) == ("افغانستان", "izmir")


@pytest.mark.parametrize(
    "name", ["Port-au-Prince", "St. John's", "Xi'an", "Nouvelle-Delhi", "Washington, D.C."]
)
def test_a_name_is_cut_as_in_a_text(name: str) -> None:
    assert split_name(name) == plains(name)


def test_a_tokeniser_that_knows_too_many_words_starts_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.tag.tokens.TOKENISED_WORDS", 2)
    assert [plains(f"word{n} of many {n}") for n in range(3)] == [
        (f"word{n}", "of", "many", str(n)) for n in range(3)
    ]
