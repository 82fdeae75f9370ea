"""Our own lists of names and words: the folder `regions` of a configuration, read and checked.

Each file has sections; a section is a list of words, names by a code, names by state and country, or numbers
by name. What a section is made of stands in one table here.
"""

import re
from collections.abc import Mapping
from enum import Enum, auto
from pathlib import Path
from typing import Any

from pipeline.config.source import Source
from pipeline.config.words import KeyPath
from workers.tag.gazetteer.file import WORD_LISTS
from workers.tag.gazetteer.version import list_paths
from workers.tag.reading import Reading


class _Shape(Enum):
    """What a section is made of."""

    #: a list, or a text with spaces between the words
    WORDS = auto()
    #: language → the same
    WORDS_BY_LANGUAGE = auto()
    #: country → list of names
    NAMES = auto()
    #: country → code of a state → list of names
    STATES = auto()
    #: name → GeoNames id
    TOWNS = auto()


_SHAPES: Mapping[str, Mapping[str, _Shape]] = {
    "names": {
        **dict.fromkeys(("names", "abbreviations", "prefixes", "institutions"), _Shape.NAMES),
        "nothing": _Shape.WORDS,
    },
    "subdivisions": {"subdivisions": _Shape.NAMES, "states": _Shape.STATES},
    "words": {"ordinary": _Shape.WORDS_BY_LANGUAGE, **dict.fromkeys(WORD_LISTS, _Shape.WORDS)},
    "places": {"aliases": _Shape.TOWNS, "never": _Shape.WORDS},
}
#: the one file without sections: country → language → names with commas between
_DEMONYMS = "demonyms"
_DEMONYM_LANGUAGES = frozenset(("en", "fr"))
_COUNTRY = re.compile("[A-Z]{2}")


class Lists:
    """Our own lists, read once."""

    def __init__(self, config_dir: Path | None = None) -> None:
        """Read and check them.

        Args:
            config_dir: A list that it does not have is taken as it is shipped; None: all are.

        Raises:
            ConfigError: One is wrong; with file, line, column, and what is wrong.
        """
        self._readings = {
            name: _ListReading(Source.read_rules(path)) for name, path in list_paths(config_dir).items()
        }
        self._values = {name: reading.checked(name) for name, reading in self._readings.items()}

    def section(self, file: str, name: str) -> Mapping[str, Any]:
        """Give a part of a list: code or language → names."""
        return self._values[file].get(name) or {}

    def words(self, file: str, name: str) -> list[str]:
        """Give a list, or a text of words."""
        return words_of(self._values[file].get(name))

    @property
    def demonyms(self) -> Mapping[str, Mapping[str, str]]:
        """Give code → language → demonyms with commas between."""
        return self._values[_DEMONYMS]

    def refuse_unknown(self, countries: Mapping[str, str], towns: Mapping[int, object]) -> None:
        """Raise ConfigError where a list speaks of a country or a town that there is none of.

        Args:
            countries: Known, by ISO 3166-1 alpha-2 code.
            towns: Known, by GeoNames id.
        """
        for name, reading in self._readings.items():
            reading.refuse_unknown(name, self._values[name], countries, towns)


def words_of(value: object) -> list[str]:
    """Read a list, or a text of words."""
    return list(value) if isinstance(value, list) else str(value or "").split()


class _ListReading(Reading):
    """One list while it is read."""

    def checked(self, name: str) -> dict[str, Any]:
        """Give its value. Raises ConfigError with everything that is wrong."""
        value = self.source.value
        if name == _DEMONYMS:
            whole = self._by_country(value, ())
            for code, languages in whole.items():
                for language, names in self.mapping(languages, (code,), _DEMONYM_LANGUAGES).items():
                    self.words(names, (code, language))
        else:
            whole = self.mapping(value, (), _SHAPES[name])
            for section, inner in whole.items():
                if section in _SHAPES[name]:
                    self._section(inner, (section,), _SHAPES[name][section])
        self.source.refuse(self.wrong)
        return whole

    def refuse_unknown(
        self,
        name: str,
        value: Mapping[str, Any],
        countries: Mapping[str, str],
        towns: Mapping[int, object],
    ) -> None:
        by_country: list[tuple[KeyPath, Mapping[str, Any]]] = [((), value)] if name == _DEMONYMS else []
        for section, shape in _SHAPES.get(name, {}).items():
            if shape in (_Shape.NAMES, _Shape.STATES):
                by_country.append(((section,), value.get(section) or {}))
            elif shape is _Shape.TOWNS:
                for town, number in (value.get(section) or {}).items():
                    if int(number) not in towns:
                        self.complain((section, town), "no town of that GeoNames id is known")
        for place, codes in by_country:
            for code in codes.keys() - countries.keys():
                self.complain((*place, code), "there is no such country", at_key=True)
        self.source.refuse(self.wrong)

    def _section(self, value: object, place: KeyPath, shape: _Shape) -> None:
        {
            _Shape.WORDS: self._words,
            _Shape.WORDS_BY_LANGUAGE: self._words_by_language,
            _Shape.NAMES: self._names_by_country,
            _Shape.STATES: self._states,
            _Shape.TOWNS: self._towns,
        }[shape](value, place)

    def _words_by_language(self, value: object, place: KeyPath) -> None:
        for language, inner in self._by(value, place).items():
            self._words(inner, (*place, language))

    def _names_by_country(self, value: object, place: KeyPath) -> None:
        for code, names in self._by_country(value, place).items():
            self._names(names, (*place, code))

    def _states(self, value: object, place: KeyPath) -> None:
        for code, states in self._by_country(value, place).items():
            for state, names in self._by(states, (*place, code)).items():
                self._names(names, (*place, code, state))

    def _towns(self, value: object, place: KeyPath) -> None:
        for town, number in self._by(value, place).items():
            if not str(number).isdecimal():
                self.complain((*place, town), "should be a GeoNames id, a whole number")

    def _by(self, value: object, place: KeyPath) -> dict[str, object]:
        return self.mapping(value, place, value.keys() if isinstance(value, dict) else ())

    def _by_country(self, value: object, place: KeyPath) -> dict[str, object]:
        whole = self._by(value, place)
        for code in whole:
            if not _COUNTRY.fullmatch(code):
                self.complain((*place, code), "should be a country code such as FR", at_key=True)
        return whole

    def _names(self, value: object, place: KeyPath) -> None:
        for index, name in enumerate(self.items(value, place)):
            self.words(name, (*place, index))

    def _words(self, value: object, place: KeyPath) -> None:
        if not isinstance(value, str):
            self._names(value, place)
