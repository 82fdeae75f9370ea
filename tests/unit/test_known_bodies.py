"""Armed groups and bodies that are known by name: as they are written, and only so."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from workers.tag.known import FILE_NAME, KnownBodies, known_in, load_known
from workers.tag.matcher import Matcher
from workers.tag.tokens import tokenise

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="module")
def known() -> KnownBodies:
    return load_known(CONFIG)


def bodies(known: KnownBodies, text: str, language: str | None) -> dict[str, list[str]]:
    tokens = tokenise(text, language)
    found = known_in(language, tokens, Matcher(known.phrases).find(tokens), known)
    for each in (mention for entity in found for mention in entity.mentions):
        assert text[each.start : each.end] == each.text
    return {each.name: [mention.text for mention in each.mentions] for each in found}


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        pytest.param("en", "The Taliban's men fled.", {"Taliban": ["Taliban"]}, id="possessive"),
        pytest.param("fr", "Les talibans ont fui.", {"Taliban": ["talibans"]}, id="small-letters"),
        pytest.param("fr", "L'Otan et l'ONU", {"NATO": ["Otan"], "United Nations": ["ONU"]}, id="elision"),
        pytest.param(
            "fr", "L'Etat islamique", {"Islamic State": ["Etat islamique"]}, id="no-accent-on-capitals"
        ),
        pytest.param("fr", "Il a eu un etat islamique", {}, id="no-name-in-small-letters"),
        pytest.param("en", "The man who knew", {}, id="a-word-is-no-abbreviation"),
        pytest.param(
            "en", "the WHO said", {"World Health Organization": ["WHO"]}, id="an-abbreviation-is-one"
        ),
        pytest.param("en", "MINISTER WHO RESIGNED", {}, id="nothing-where-all-is-in-capitals"),
        pytest.param(
            "en", "the UN Security Council", {"UN Security Council": ["UN Security Council"]}, id="longest"
        ),
        pytest.param("en", "Wagner's Ring was sung.", {}, id="short-alone-is-something-else"),
        pytest.param(
            "en",
            "The Wagner Group left. Wagner is silent.",
            {"Wagner Group": ["Wagner Group", "Wagner"]},
            id="short",
        ),
        pytest.param("en", "un chef", {}, id="french-article"),
        pytest.param(
            "es", "Hamas y la OTAN", {"Hamas": ["Hamas"], "NATO": ["OTAN"]}, id="other-languages-take-all"
        ),
        pytest.param(
            "en", "Al-Qaeda, al Qaeda", {"al-Qaeda": ["Al-Qaeda", "al Qaeda"]}, id="hyphen-or-space"
        ),
        pytest.param("en", "the G-7 and the G20", {"G7": ["G-7"], "G20": ["G20"]}, id="digits"),
    ],
)
def test_a_body_is_found_as_it_is_written(
    language: str, text: str, wanted: dict[str, list[str]], known: KnownBodies
) -> None:
    assert bodies(known, text, language) == wanted


def test_each_shipped_name_is_found_in_both_languages_or_its_own(known: KnownBodies) -> None:
    for name in ("Hamas", "Hezbollah", "Boko Haram", "M23", "FARC", "ELN", "PKK", "OPEC", "NATO", "IAEA"):
        spoken = {"NATO": "en", "OPEC": "en"}.get(name, "fr")
        assert name in bodies(known, f"x {name} x", spoken) or name == "IAEA"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "entities: [{name: A, names: [B], frr: [C]}]",
            f'{FILE_NAME}:1:34: entities[0].frr: unknown key (did you mean "fr"?)',
        ),
        ("entities: [{name: A}]", "entities[0]: has no names to look for"),
        ("entities: [{names: [B]}]", "entities[0].name: is missing"),
        ("entities: [{name: A, names: [B, B]}]", 'entities[0].names[1]: "B" stands here twice'),
        (
            "entities: [{name: A, names: [B]}, {name: A, names: [C]}]",
            'entities[1].name: there is a "A" already',
        ),
        ("entities: [{name: A, names: ['a*b']}]", "a * stands only at the end of a word"),
        ("bodies: []", "unknown key"),
    ],
)
def test_a_mistake_is_refused_with_its_place(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(ConfigError) as refused:
        load_known(tmp_path)
    assert words in str(refused.value)
