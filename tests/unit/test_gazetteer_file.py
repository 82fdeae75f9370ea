"""The compiled gazetteer: what is packed is found again, and nothing else is taken for one."""

from pathlib import Path

import pytest

from pipeline.errors import ServiceError
from workers.tag.gazetteer.file import (
    CITY,
    NO_CITY,
    SECTIONS,
    SENSE,
    WORD_LISTS,
    key_of,
    load_gazetteer,
    pack,
)
from workers.tag.gazetteer.forms import english_forms, french_forms
from workers.tag.gazetteer.values import Kind, Spoken

WORDS = {"ordinary": {"en": ["nice"], "fr": []}, "small": []} | {name: [] for name in WORD_LISTS}
HEADER = {
    "version": "0" * 12,
    "countries": {"AF": "Afghanistan", "QA": "Qatar"},
    "alpha3": {"AFG": "AF"},
    "neighbours": {"AF": ["PK"]},
    "words": WORDS,
}


def packed() -> bytes:
    """Pack two names of two words each: one country, one city, and the word they begin with."""
    senses = {
        "nova": b"",
        "nova doha": SENSE.pack(Kind.CITY, Spoken.ALL, True, 1, 0, b""),
        "nova kabul": SENSE.pack(Kind.COUNTRY, Spoken.FR, False, 0, NO_CITY, b""),
    }
    keys = sorted(senses, key=key_of)
    first, rows = [0], b""
    for key in keys:
        rows += senses[key]
        first.append(len(rows) // SENSE.size)
    sections = {
        "keys": b"".join(key_of(key).to_bytes(8, "little") for key in keys),
        "first": b"".join(number.to_bytes(4, "little") for number in first),
        "more": bytes(key == "nova" for key in keys),
        "senses": rows,
        "cities": CITY.pack(290030, 344939, 25.5, 51.25, 1, True, 9, 0, b"01"),
        "names": b"Nova Doha",
    }
    assert set(sections) == set(SECTIONS)
    return pack(HEADER, sections)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "gazetteer.bin"
    path.write_bytes(packed())
    return path


def test_a_city_is_found_with_all_that_is_known_of_it(path: Path) -> None:
    node = load_gazetteer(path).find("nova doha")
    assert node is not None
    (sense,) = node.senses
    assert (sense.kind, sense.country, sense.population, sense.capital, sense.own, sense.part) == (
        Kind.CITY,
        "QA",
        344939,
        True,
        True,
        "01",
    )
    assert sense.place is not None
    assert (sense.place.name, sense.place.geonames, sense.place.lat, sense.place.lon) == (
        "Nova Doha",
        290030,
        25.5,
        51.25,
    )


def test_the_beginning_of_a_name_says_that_it_goes_on(path: Path) -> None:
    gazetteer = load_gazetteer(path)
    node = gazetteer.find("nova")
    assert node is not None
    assert (node.senses, node.more) == ((), True)
    assert gazetteer.find("kabul") is None


def test_a_country_has_no_place_and_keeps_its_languages(path: Path) -> None:
    node = load_gazetteer(path).find("nova kabul")
    assert node is not None
    assert [(each.kind, each.country, each.spoken, each.place) for each in node.senses] == [
        (Kind.COUNTRY, "AF", Spoken.FR, None)
    ]


def test_what_was_looked_up_is_forgotten_when_it_is_too_much(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.tag.gazetteer.file.GAZETTEER_NAMES", 2)
    gazetteer = load_gazetteer(path)
    gazetteer.nodes(["a", "b", "c"])
    assert set(gazetteer.nodes(["nova"])) == {"nova"}


@pytest.mark.parametrize(
    "data",
    [b"", b"text", packed()[:-8], b"OTHER\x00\x00\x00" + packed()[8:]],
    ids=["empty", "text", "cut", "other"],
)
def test_what_is_no_gazetteer_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "gazetteer.bin"
    path.write_bytes(data)
    with pytest.raises(ServiceError):
        load_gazetteer(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match=r"none\.bin"):
        load_gazetteer(tmp_path / "none.bin")


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("Afghan", ["Afghan", "Afghans"]),
        ("German", ["German", "Germans"]),
        ("Irishman", ["Irishman", "Irishmen"]),
        ("Chinese", ["Chinese"]),
        ("Poles=", ["Poles"]),
    ],
)
def test_english_plurals(word: str, forms: list[str]) -> None:
    assert list(english_forms(word)) == forms


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("afghan", "afghan afghane afghans afghanes"),
        ("français", "français française françaises"),
        ("italien", "italien italienne italiens italiennes"),
        ("coréen", "coréen coréenne coréens coréennes"),
        ("libyen", "libyen libyenne libyens libyennes"),
        ("russe", "russe russes"),
        ("espagnol", "espagnol espagnole espagnols espagnoles"),
        ("saoudien", "saoudien saoudienne saoudiens saoudiennes"),
        ("turc/turque", "turc turque turcs turques"),
        ("qatari", "qatari qatarie qataris qataries"),
    ],
)
def test_french_feminines_and_plurals(word: str, forms: str) -> None:
    assert list(french_forms(word)) == forms.split()
