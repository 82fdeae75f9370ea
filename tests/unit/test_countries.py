"""The countries of the configuration are those of the gazetteer."""

from pipeline.config.countries import COUNTRIES
from workers.tag.gazetteer.sources import codes


def test_the_codes_are_those_of_iso_3166_and_kosovo() -> None:
    assert set(codes()) == COUNTRIES
