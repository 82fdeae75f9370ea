"""The wire story the project starts from, and the shipped samples of one event in two languages."""

from pathlib import Path

import pytest

from gazetteering import read_regions

_ROOT = Path(__file__).parents[2]
_SEED = _ROOT.parent / "shared" / "seed"
_SAMPLES = _ROOT / "config" / "samples"


@pytest.mark.skipif(not _SEED.is_dir(), reason="the seed story is not beside this checkout")
def test_the_seed() -> None:
    (path,) = _SEED.glob("*.txt")
    document, reading = read_regions(path.read_text())
    assert reading.dateline_place is not None
    assert (reading.dateline_place.geonames, reading.dateline_place.country) == (1138958, "AF")
    assert [(tag.code, tag.roles) for tag in reading.regions] == [
        ("AF", ("dateline", "subject")),
        ("US", ("subject",)),
        ("QA", ("mention",)),
    ]
    assert {place.place.name for place in reading.places} == {"Kabul", "Doha"}
    assert not any("taliban" in place.mention.text.lower() for place in reading.places)
    for each in (each for tag in reading.regions for each in tag.evidence if each.field == "text"):
        assert document.body_text[each.start : each.end] == each.text


def test_an_event_has_the_same_countries_in_both_languages() -> None:
    french, english = (
        [
            (tag.code, tag.roles)
            for tag in read_regions((_SAMPLES / f"afghanistan-patrols-{language}.txt").read_text())[1].regions
        ]
        for language in ("fr", "en")
    )
    assert french == english
    assert french[0] == ("AF", ("dateline", "subject"))
