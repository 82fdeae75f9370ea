"""How likely two documents tell of one event: a weighted sum of what they share, and what that is. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from pipeline.model import Evidence, StoryTraits

#: languages whose names cannot be told from other words
CASELESS = frozenset(("ar", "fa", "ur", "he", "ps", "zh", "ja", "ko", "th", "hi"))
#: days after which distance counts no more
FURTHEST_DAYS = 7.0
#: evidence shown of each kind
_SHOWN = 4
#: names compared where no capitals tell them: so many of the rarest are taken to be names
_CASELESS_NAMES = 10
_PRIOR = 3.0
_DAY_S = timedelta(days=1).total_seconds()
_YEAR_DIGITS = 4

#: Fitted by logistic regression (`python -m benchmarks.quality.fit_stories`); see docs/stories.md.
WEIGHTS: Mapping[str, float] = {
    "bias": -4.06,
    "same_language": -2.71,
    "words": 10.76,
    "names": 0.78,
    "overlap": 4.44,
    "numbers": -0.15,
    "number_overlap": 3.82,
    "kinds": 6.06,
    "places": 0.78,
    "same_day": 0.41,
    "other_day": -0.56,
    "other_year": -1.05,
    "distance": -0.72,
    "same_overlap": -0.67,
    "same_kinds": -5.81,
}


@dataclass(frozen=True, slots=True)
class Compared:
    """A document as it is compared."""

    document_id: str
    seq: int
    #: published, in seconds since 1970
    at: float
    #: the item whose version it is
    item_id: int
    traits: StoryTraits
    #: sums of the weights of its names, and of its numbers
    named: float
    numbered: float
    days: frozenset[str]
    years: frozenset[str]

    @classmethod
    def of(cls, document_id: str, seq: int, at: float, item_id: int, traits: StoryTraits) -> "Compared":
        """Prepare a document."""
        weights = sorted(traits.names.values(), reverse=True)
        named = sum(weights[:_CASELESS_NAMES] if traits.language in CASELESS else weights)
        days = frozenset(day for day in traits.days if len(day) > _YEAR_DIGITS)
        years = frozenset(traits.days) - days
        return cls(
            document_id, seq, at, item_id, traits, named, math.fsum(traits.numbers.values()), days, years
        )


def measures(one: Compared, other: Compared) -> dict[str, float]:
    """Measure what two documents share."""
    a, b = one.traits, other.traits
    same = float(a.language == b.language)
    # Where all words may be names, two texts of one language share more of them than either can have names.
    names = min(_shared(a.names, b.names), one.named, other.named)
    numbers = _shared(a.numbers, b.numbers)
    kinds = _product(a.kinds, b.kinds)
    overlap = names / (min(one.named, other.named) + _PRIOR)
    same_day = not one.days.isdisjoint(other.days)
    other_day = bool(one.days and other.days) and not same_day
    other_year = bool(one.years and other.years) and one.years.isdisjoint(other.years)
    return {
        "bias": 1.0,
        "same_language": same,
        "words": _product(a.words, b.words) if same else 0.0,
        "names": math.log1p(names),
        "overlap": overlap,
        "numbers": math.log1p(numbers),
        "number_overlap": numbers / (min(one.numbered, other.numbered) + _PRIOR),
        "kinds": kinds,
        "places": _product(a.places, b.places),
        "same_day": float(same_day),
        "other_day": float(other_day),
        "other_year": float(other_year),
        "distance": min(abs(one.at - other.at) / _DAY_S, FURTHEST_DAYS),
        "same_overlap": same * overlap,
        "same_kinds": same * kinds,
    }


def likeness(one: Compared, other: Compared) -> float:
    """Weigh what two documents share: over 0 more speaks for one event than against it."""
    return math.fsum([WEIGHTS[name] * value for name, value in measures(one, other).items() if value])


def evidence_of(one: Compared, other: Compared) -> tuple[Evidence, ...]:
    """Name what two documents share, the rarest of each kind first."""
    a, b = one.traits, other.traits
    written = {**b.written, **a.written}
    names = [_evidence(written.get(name, name), "name") for name in _rarest(a.names, b.names)]
    numbers = [_evidence(number, "number") for number in _rarest(a.numbers, b.numbers)]
    kinds = [_evidence(kind, "kind of event") for kind in _rarest(a.kinds, b.kinds)]
    places = [_evidence(written.get(place, place), "place") for place in _rarest(a.places, b.places)]
    days = [_evidence(day, "day") for day in sorted(one.days & other.days)[-_SHOWN:]]
    words = _rarest(a.words, b.words) if a.language == b.language else []
    return (*names, *numbers, *places, *kinds, *days, *(_evidence(word, "word") for word in words))


def _evidence(text: str, kind: str) -> Evidence:
    # Lists of links show only why: it names what is shared.
    return Evidence(field="text", text=text, why=f"{kind} {text}")


def _rarest(one: Mapping[str, float], other: Mapping[str, float]) -> list[str]:
    return sorted(one.keys() & other.keys(), key=lambda trait: (-one[trait], trait))[:_SHOWN]


def _product(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    # Sets have no order; fsum gives the same in any.
    return math.fsum([one[trait] * other[trait] for trait in one.keys() & other.keys()])


def _shared(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Sum the weights of what both have; of two weights the smaller."""
    return math.fsum([min(one[trait], other[trait]) for trait in one.keys() & other.keys()])
