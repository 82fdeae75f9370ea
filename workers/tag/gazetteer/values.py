"""What a name can stand for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from pipeline.model import Place


class Kind(IntEnum):
    """How a name stands for a country. The numbers are written in the compiled file."""

    #: holds a place's name and is none: "guinea pig", "North America"
    NOTHING = 0
    COUNTRY = 1
    DEMONYM = 2
    #: in capitals or with points only: "UK", "U.S."
    ABBREVIATION = 3
    #: first part of a compound: "Franco-German"
    PREFIX = 4
    SUBDIVISION = 5
    #: after a comma or in brackets only: "TROY, N.C.", "A. Runner (KEN)"
    CODE = 6
    INSTITUTION = 7
    CITY = 8


class Spoken(IntFlag):
    """Languages a name belongs to."""

    EN = 1
    FR = 2
    OTHER = 4
    ALL = 7


@dataclass(frozen=True, slots=True)
class Sense:
    """One thing a name can stand for."""

    kind: Kind
    #: ISO 3166-1 alpha-2 or XK; empty for NOTHING
    country: str
    spoken: Spoken = Spoken.ALL
    #: cities only, as are the fields below
    place: Place | None = None
    population: int = 0
    capital: bool = False
    #: the place's own name, not one of its alternate names
    own: bool = False
    #: GeoNames' code of the state or province: of a city, and of the state itself; may be empty
    part: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A name, or the beginning of one."""

    senses: tuple[Sense, ...]
    #: longer names begin so
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What must be known of words to tell whether a name is a place. All are plain words."""

    #: language → names that are ordinary words
    ordinary: Mapping[str, frozenset[str]]
    #: given names of people; titles and the like
    given: frozenset[str]
    titles: frozenset[str]
    #: words before a place, folded: "in", "à"; words of a place's name: "Greater"; currencies
    locative: frozenset[str]
    qualifiers: frozenset[str]
    money: frozenset[str]
    #: words before the name of a language
    speaking: frozenset[str]
    #: names of places that people bear too, and those of them that are given names
    personal: frozenset[str]
    forenames: frozenset[str]
    #: words that begin a name though written small, folded: French demonyms, "golfe du Mexique"
    small: frozenset[str]
