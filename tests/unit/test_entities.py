"""People and organisations from what a model marked, which is made up here: trimmed, sorted out, merged."""

import re
from collections.abc import Mapping

import pytest

from gazetteering import document_of, gazetteer
from pipeline.model import Entity, Mention, Tagging
from pipeline.settings import shipped_config_dir
from workers.tag.entities import entities_of
from workers.tag.known import load_known
from workers.tag.ner import Kind, Span, stop_words
from workers.tag.regions import regions_of
from workers.tag.tokens import tagged_text, tokenise

P, O, L = Kind.PERSON, Kind.ORGANISATION, Kind.PLACE  # noqa: E741 - as the models' labels begin
KNOWN = load_known(shipped_config_dir())


def read(
    text: str, marked: Mapping[str, Kind], *, language: str = "en", headline: str | None = None, bodies=()
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Give people and organisations by name, with the texts of their mentions.

    Args:
        text: The body.
        marked: What the model marks wherever it stands.
        language: Of the text.
        headline: Of the document.
        bodies: Names of bodies that are known.
    """
    document = document_of(text, headline=headline, language=language)
    whole = tagged_text(document)
    tokens = tokenise(whole, language)
    where = regions_of(document, tokens, gazetteer())
    spans = [
        Span(kind, found.start(), found.end())
        for words, kind in marked.items()
        for found in re.finditer(re.escape(words), whole)
    ]
    known = tuple(Entity(name=each, mentions=tuple(mentions(whole, each))) for each in bodies)
    tagging = Tagging(rules="r", regions=where.regions, places=where.places, organisations=known)
    found = entities_of(
        document,
        tokens,
        sorted(spans, key=lambda span: span.start),
        tagging,
        gazetteer=gazetteer(),
        words=KNOWN.words,
        stop_words=stop_words(),
    )
    for each in (mention for entities in found for entity in entities for mention in entity.mentions):
        assert whole[each.start : each.end] == each.text
    people, organisations = (
        {each.name: [mention.text for mention in each.mentions] for each in entities} for entities in found
    )
    return people, organisations


def mentions(text: str, words: str) -> list[Mention]:
    return [
        Mention(field="text", text=words, start=found.start(), end=found.end())
        for found in re.finditer(re.escape(words), text)
    ]


@pytest.mark.parametrize(
    ("text", "marked", "language", "wanted"),
    [
        pytest.param(
            "President Tom Okafor left. Okafor's aide and Mr. Okafor stayed.",
            {"President Tom Okafor": P},
            "en",
            {"Tom Okafor": ["Tom Okafor", "Okafor", "Okafor"]},
            id="surname-possessive-and-title-join-the-full-name",
        ),
        pytest.param(
            "L'avocat d'Anne Modèle est parti. Selon Mme Modèle, qu'Anne Modèle cite, non.",
            {"d'Anne Modèle": P, "Mme Modèle": P},
            "fr",
            {"Anne Modèle": ["Anne Modèle", "Modèle", "Anne Modèle"]},
            id="french-elisions-are-no-part",
        ),
        pytest.param(
            "Joris van der Meer spoke. Later van der Meer left.",
            {"Joris van der Meer": P, "van der Meer": P},
            "en",
            {"Joris van der Meer": ["Joris van der Meer", "van der Meer"]},
            id="particles-belong-to-the-surname",
        ),
        pytest.param(
            "K. Modelski met Karl F. Modelski, that is Karl Modelski.",
            {"K. Modelski": P, "Karl F. Modelski": P, "Karl Modelski": P},
            "en",
            {"Karl F. Modelski": ["K. Modelski", "Karl F. Modelski", "Karl Modelski"]},
            id="initials-and-middle-names-are-one-person",
        ),
        pytest.param(
            "Ann Modelski met Karl Modelski. Modelski smiled.",
            {"Ann Modelski": P, "Karl Modelski": P},
            "en",
            {"Ann Modelski": ["Ann Modelski"], "Karl Modelski": ["Karl Modelski", "Modelski"]},
            id="a-bare-surname-is-the-last-bearers",
        ),
        pytest.param(
            "Ursula Brand-Kurz spoke. Brand-Kurz left.",
            {"Ursula Brand-Kurz": P, "Brand-Kurz": P},
            "en",
            {"Ursula Brand-Kurz": ["Ursula Brand-Kurz", "Brand-Kurz"]},
            id="a-surname-with-a-hyphen-is-one-word",
        ),
        pytest.param(
            "Maarten van der Linden spoke. Van der Linden left.",
            {"Maarten": P, "Linden": P},
            "en",
            {"Maarten van der Linden": ["Maarten van der Linden", "Van der Linden"]},
            id="a-name-cut-off-at-its-particles",
        ),
        pytest.param(
            "Denzel Modelski spoke.",
            {"Denzel Modelski": O},
            "en",
            {"Denzel Modelski": ["Denzel Modelski"]},
            id="taken-for-a-body",
        ),
        pytest.param(
            "Karl Modelski left. Hunter Modelski and the Modelski Foundation did not.",
            {"Karl Modelski": P},
            "en",
            {"Karl Modelski": ["Karl Modelski"]},
            id="part-of-another-name-is-no-mention",
        ),
        pytest.param(
            "Yesterday Modelski left.", {"Modelski": P}, "en", {}, id="one-bare-surname-is-too-little"
        ),
        pytest.param(
            "Yesterday Mr Modelski left.",
            {"Modelski": P},
            "en",
            {"Modelski": ["Modelski"]},
            id="a-title-is-enough",
        ),
        pytest.param(
            "On Monday the Afghan army left.", {"Monday": P, "Afghan": P}, "en", {}, id="dates-and-demonyms"
        ),
        pytest.param("He left for Kabul, Kabul said.", {"Kabul": P}, "en", {}, id="places"),
        pytest.param("Alors que les autres, Alors", {"Alors que": P, "Alors": P}, "fr", {}, id="stop-words"),
        pytest.param("X and Y, and X.", {"X": P, "Y": P}, "en", {}, id="single-letters"),
    ],
)
def test_people(text: str, marked: Mapping[str, Kind], language: str, wanted: dict[str, list[str]]) -> None:
    assert read(text, marked, language=language)[0] == wanted


def test_a_headline_in_capitals_names_who_the_text_names() -> None:
    people, _ = read(
        "Senate leader Dan Burke resigned.",
        {"Dan Burke": P, "LEADER BURKE": P},
        headline="SENATE LEADER BURKE QUITS",
    )
    assert people == {"Dan Burke": ["BURKE", "Dan Burke"]}


def test_a_name_in_capitals_all_through_gets_small_letters() -> None:
    people, _ = read("DAN BURKE RESIGNED.", {"DAN BURKE": P})
    assert list(people) == ["Dan Burke"]


@pytest.mark.parametrize(
    ("text", "marked", "wanted"),
    [
        pytest.param(
            "The Harbour Bank rose. Harbour Bank's chief left.",
            {"The Harbour Bank": O},
            {"Harbour Bank": ["Harbour Bank", "Harbour Bank"]},
            id="article-and-possessive-are-no-part",
        ),
        pytest.param(
            "The International Melon Organization (IMO) met. IMO said no.",
            {"The International Melon Organization (IMO": O, "IMO": O},
            {"International Melon Organization": ["International Melon Organization", "IMO", "IMO"]},
            id="abbreviation-in-brackets",
        ),
        pytest.param(
            "Carrow Foods Plc rose. Carrow Foods said so.",
            {"Carrow Foods Plc": O, "Carrow Foods": O},
            {"Carrow Foods Plc": ["Carrow Foods Plc", "Carrow Foods"]},
            id="a-companys-form-is-left-out-as-often-as-not",
        ),
        pytest.param(
            "Castell Securities rose.",
            {"Castell Securities": P},
            {"Castell Securities": ["Castell Securities"]},
            id="taken-for-a-person",
        ),
        pytest.param("Finance Minister Ann Sample", {"Finance": O}, {}, id="what-a-minister-is-minister-of"),
        pytest.param(
            "the U.S. Melon Control Board met",
            {"the U.S. Melon Control Board": O},
            {"Melon Control Board": ["Melon Control Board"]},
            id="country-before-it",
        ),
        pytest.param("a man told Reuters in Kabul", {"Reuters": O, "Kabul": O}, {}, id="agencies-and-places"),
        pytest.param("on Friday the Dutch left", {"Friday": O, "Dutch": O}, {}, id="days-and-demonyms"),
    ],
)
def test_organisations(text: str, marked: Mapping[str, Kind], wanted: dict[str, list[str]]) -> None:
    assert read(text, marked)[1] == wanted


def test_small_words_end_the_name_of_a_body_whose_kind_opens_it() -> None:
    text = "L'Institut ivoirien du sport a dit non."
    organisations = read(text, {"Institut ivoirien du sport": O}, language="fr")[1]
    assert organisations == {"Institut ivoirien du sport": ["Institut ivoirien du sport"]}


def test_an_abbreviation_in_brackets_needs_no_model() -> None:
    organisations = read("The Harbour Melon Board (HMB) met. HMB left.", {"Harbour Melon Board": O})[1]
    assert organisations == {"Harbour Melon Board": ["Harbour Melon Board", "HMB", "HMB"]}


def test_the_form_of_a_company_belongs_to_its_name() -> None:
    organisations = read("Delta Hedge LLC rose. Delta Hedge fell.", {"Delta Hedge": O})[1]
    assert organisations == {"Delta Hedge LLC": ["Delta Hedge LLC", "Delta Hedge"]}


def test_a_known_body_is_nothing_else() -> None:
    people, organisations = read(
        "Hamas men left. Hamas said so.", {"Hamas men": P, "Hamas": L}, bodies=["Hamas"]
    )
    assert people == {}
    assert organisations == {"Hamas": ["Hamas", "Hamas"]}


def test_a_foundation_is_not_the_person_it_is_named_after() -> None:
    people, organisations = read(
        "Ann Lindqvist spoke. The Lindqvist Foundation paid.", {"Ann Lindqvist": P, "Lindqvist Foundation": O}
    )
    assert people == {"Ann Lindqvist": ["Ann Lindqvist"]}
    assert organisations == {"Lindqvist Foundation": ["Lindqvist Foundation"]}


def test_what_a_model_calls_a_place_is_nothing_by_itself() -> None:
    assert read("Norenergie rose.", {"Norenergie": L}) == ({}, {})
