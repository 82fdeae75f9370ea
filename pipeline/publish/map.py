"""Where documents are about: how many name each country, and each place with its coordinates. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.model import Place, StoredDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryCount:
    """A country or territory, and how many documents are tagged with it."""

    code: str
    name: str
    documents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCount:
    """A place of the gazetteer, and how many documents name it."""

    name: str
    geonames: int
    country: str
    lat: float
    lon: float
    documents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """Countries and places of some documents, those with most first."""

    #: how many were looked at
    documents: int
    #: False: there are older ones that were not
    complete: bool
    countries: tuple[CountryCount, ...]
    places: tuple[PlaceCount, ...]


def mapped(documents: Iterable[StoredDocument], *, complete: bool = True) -> Mapped:
    """Count the documents of each country and place; one that names it twice counts once."""
    number = 0
    countries: Counter[str] = Counter()
    places: Counter[int] = Counter()
    names: dict[str, str] = {}
    known: dict[int, Place] = {}
    for number, stored in enumerate(documents, 1):  # noqa: B007 # how many there were
        names |= {tag.code: tag.name for tag in stored.tagging.regions}
        known |= {found.place.geonames: found.place for found in stored.tagging.places}
        countries.update({tag.code for tag in stored.tagging.regions})
        places.update({found.place.geonames for found in stored.tagging.places})
    by_country = sorted(countries.items(), key=lambda each: (-each[1], each[0]))
    by_place = sorted(places.items(), key=lambda each: (-each[1], known[each[0]].name, each[0]))
    return Mapped(
        documents=number,
        complete=complete,
        countries=tuple(
            CountryCount(code=code, name=names[code], documents=count) for code, count in by_country
        ),
        places=tuple(_counted(known[geonames], count) for geonames, count in by_place),
    )


def _counted(place: Place, documents: int) -> PlaceCount:
    return PlaceCount(
        name=place.name,
        geonames=place.geonames,
        country=place.country,
        lat=place.lat,
        lon=place.lon,
        documents=documents,
    )
