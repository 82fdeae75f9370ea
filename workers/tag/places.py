"""What the names of places in a text mean.

A name that is also a word or a person's is weighed by what stands beside it; one that many towns bear, by the
countries the text speaks of, and by their people.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.model import Dateline, Place
from workers.tag.gazetteer.file import Gazetteer
from workers.tag.gazetteer.values import Kind, Sense
from workers.tag.names import GREAT_PEOPLE, Found, Text, find_names
from workers.tag.persons import find_persons
from workers.tag.tokens import Case, tokenise

#: how much a name of this kind says that its country is spoken of
STRENGTH: Mapping[Kind, float] = MappingProxyType(
    {
        Kind.COUNTRY: 1.0,
        Kind.DEMONYM: 0.9,
        Kind.ABBREVIATION: 0.9,
        Kind.PREFIX: 0.7,
        Kind.SUBDIVISION: 0.8,
        Kind.CODE: 0.8,
        Kind.INSTITUTION: 0.6,
        Kind.CITY: 0.8,
    }
)
#: a town of a country that is not spoken of
_ALONE = 0.6
#: a name that only tells one currency from another
_MONEY = 0.2
#: people of a town that nothing beside it needs to speak for, by its own name; by another: GREAT_PEOPLE
_LARGE_PEOPLE = 250_000
#: where a word says that it is a place
_PLACED_PEOPLE = 100_000
#: log10 of people that a town's own name, a capital, a country spoken of are worth
_OWN_BONUS = 1.0
_CAPITAL_BONUS = 1.0
_CONTEXT_BONUS = 2.0
#: a town stands out that is worth this much more than any elsewhere
_LEAD = 0.5
#: names that only somebody uses who speaks of the country itself
_LOCAL = frozenset((Kind.SUBDIVISION, Kind.CODE, Kind.CITY))
#: between the places of a dateline, or before the region of one
_DATELINE_JOINTS = frozenset(("/", "and", "et", "("))
_NOTHING: Mapping[str, Sense] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Named:
    """A name in a text, and what it means."""

    found: Found
    sense: Sense
    #: 0 to 1: how much it says that its country is spoken of
    strength: float


def read_names(
    text: Text,
    found: Sequence[Found],
    context: Mapping[str, float],
    settled: Mapping[str, Sense] = _NOTHING,
) -> list[Named]:
    """Say what each name means; names that are no place's go.

    Args:
        text: Where they stand.
        found: From `find_names`.
        context: Country → how much is known, from elsewhere, to speak for it.
        settled: Name of a town → which one it is, as known from elsewhere.
    """
    return _Reading(text, found, context, settled).named()


def dateline_text(dateline: Dateline, gazetteer: Gazetteer, language: str | None = None) -> Text:
    """Make a dateline a text to look for names in."""
    return Text(tokenise(dateline.text, language), gazetteer, language, capitals=True)


def resolve_dateline(
    dateline: Dateline,
    gazetteer: Gazetteer,
    *,
    language: str | None = None,
    context: Mapping[str, float] = MappingProxyType({}),
) -> Place | None:
    """Find the town that a dateline names first; None: there is none, or it is not known.

    Args:
        dateline: As normalised.
        gazetteer: Names to look for.
        language: BCP 47, of the text.
        context: Country → how much the story speaks of it, which decides between towns of one name.
    """
    named = read_dateline(dateline, dateline_text(dateline, gazetteer, language), context)
    return named[0].sense.place if named else None


def read_dateline(dateline: Dateline, text: Text, context: Mapping[str, float]) -> list[Named]:
    """Say what the places of a dateline are: "PARIS, Tex., May 3", "WASHINGTON/LONDON, May 3"."""
    begin, end = _around_agency(dateline)
    found = [each for each in find_names(text) if begin <= text.tokens.starts[each.start] < end]
    first = found[0].start if found and begin else 0
    named = []
    for n, each in enumerate(found):
        opens = each.start == first or text.tokens.plains[each.start - 1] in _DATELINE_JOINTS
        behind = found[n + 1] if n + 1 < len(found) and text.is_followed(each, found[n + 1]) else None
        if opens and (sense := _dateline_sense(each, behind, context)):
            named.append(Named(each, sense, 1.0))
    # "TROY, N.C.": where the town is not known, the state is.
    return named or [Named(each, each.senses[0], 1.0) for each in found if each.start and each.is_region]


def _around_agency(dateline: Dateline) -> tuple[int, int]:
    """Say where in a dateline its places stand: before its agency, or behind one that opens it."""
    text, agency = dateline.text, dateline.agency
    at = text.find(agency) if agency else -1
    if at < 0 or agency is None:
        return 0, len(text)
    opens = not text[:at].strip("([/ ")
    return (at + len(agency), len(text)) if opens else (0, at)


def _dateline_sense(found: Found, behind: Found | None, context: Mapping[str, float]) -> Sense | None:
    """Choose a town where the name may be one; it lies in the region behind it, if there is one."""
    inside = behind is not None and behind.is_region
    towns = _towns_in(found, behind) if behind is not None and inside else found.towns
    if towns:
        return max(towns, key=lambda sense: _rank(sense, context))
    return None if inside or not found.is_region else found.senses[0]


def _towns_in(found: Found, behind: Found) -> list[Sense]:
    """Give the towns of a name that lie in the country or state named behind it."""
    regions = [(sense.country, sense.part) for sense in behind.senses if sense.kind is not Kind.CITY]
    return [
        town
        for town in found.towns
        if any(town.country == code and part in ("", town.part) for code, part in regions)
    ]


def _rank(sense: Sense, context: Mapping[str, float]) -> float:
    """Weigh a town against others of its name."""
    return (
        math.log10(sense.population + 10)
        + _OWN_BONUS * sense.own
        + _CAPITAL_BONUS * sense.capital
        + _CONTEXT_BONUS * (context.get(sense.country, 0) > 0)
    )


class _Reading:
    """Decides what the names of one text mean; those that mean one country only speak for it first."""

    def __init__(
        self,
        text: Text,
        found: Sequence[Found],
        context: Mapping[str, float],
        settled: Mapping[str, Sense],
    ) -> None:
        self._text = text
        self._tokens = text.tokens
        self._found = [each for each in found if each.senses[0].kind is not Kind.NOTHING]
        self._persons = find_persons(text, self._found)
        self._context: dict[str, float] = defaultdict(float, context)
        self._local = Counter[str]()
        for each in self._found:
            self._count(each)
        #: some country is spoken of
        self._elsewhere = any(self._context.values())
        self._settled = dict(settled)
        #: name's number → the town that it is because of the region behind it
        self._inside: dict[int, Sense] = {}
        #: numbers of names with a region behind them in which no such town is known
        self._outside: set[int] = set()
        self._pair()

    def named(self) -> list[Named]:
        """Give the names that are places, with what they mean."""
        named = []
        for n, each in enumerate(self._found):
            sense, strength = self._read(n, each)
            if sense is not None:
                named.append(Named(each, sense, _MONEY if self._is_money(each) else strength))
        return named

    def _count(self, found: Found) -> None:
        """Let a name that means one country speak for it."""
        sense = found.senses[0]
        if self._tokens.plains[found.start] in self._persons.names:
            return
        if any(other.country != sense.country for other in found.senses[1:]):
            return
        if sense.kind is not Kind.CITY:
            self._context[sense.country] += STRENGTH[sense.kind]
        self._local[sense.country] += sense.kind in _LOCAL

    def _pair(self) -> None:
        """Look at regions behind towns. Named once so ("London, Ontario"), a town is the same throughout."""
        for n in range(len(self._found) - 1):
            town, region = self._found[n : n + 2]
            if not (town.towns and region.is_region and self._text.is_followed(town, region)):
                continue
            if towns := _towns_in(town, region):
                self._inside[n] = max(towns, key=lambda sense: _rank(sense, self._context))
                self._settled.setdefault(self._text.name(town), self._inside[n])
            else:
                self._outside.add(n)

    def _read(self, n: int, found: Found) -> tuple[Sense | None, float]:
        if n in self._inside:
            return self._inside[n], STRENGTH[Kind.CITY]
        if self._is_person(found):
            return None, 0
        if fixed := [sense for sense in found.senses if sense.kind is not Kind.CITY]:
            sense = self._choose(n, fixed)
            return sense, STRENGTH[sense.kind]
        if known := self._settled.get(self._text.name(found)):
            return known, STRENGTH[Kind.CITY]
        return self._town(found, outside=n in self._outside)

    def _is_person(self, found: Found) -> bool:
        """Say whether a name is a person's; a country's is its own where anything else speaks for it."""
        if found.start in self._persons.full:
            return True
        if found.end - found.start > 1 or self._tokens.plains[found.start] not in self._persons.names:
            return False
        return found.senses[0].kind is Kind.CITY or not self._context[found.senses[0].country]

    def _is_money(self, found: Found) -> bool:
        """Say whether a name only tells one currency from another: "U.S. dollars", "francs suisses"."""
        plains, money = self._tokens.plains, self._text.gazetteer.words.money
        if found.end < len(plains) and plains[found.end] in money:
            return True
        small = self._tokens.cases[found.start] is Case.LOWER
        return small and found.start > 0 and plains[found.start - 1] in money

    def _choose(self, n: int, senses: Sequence[Sense]) -> Sense:
        """Choose between a country and a part of another: "Georgia"."""
        if len({sense.country for sense in senses}) == 1:
            return senses[0]
        before = self._inside.get(n - 1)
        if before is not None and self._text.is_followed(self._found[n - 1], self._found[n]):
            return next((sense for sense in senses if sense.country == before.country), senses[0])
        return max(senses, key=self._support)

    def _support(self, sense: Sense) -> float:
        """Weigh a country by itself and its neighbours, a part of one by other names from there."""
        if sense.kind is not Kind.COUNTRY:
            return float(self._local[sense.country])
        around = self._text.gazetteer.neighbours.get(sense.country, ())
        return 0.5 + self._context[sense.country] + sum(self._context[each] for each in around)

    def _town(self, found: Found, *, outside: bool) -> tuple[Sense | None, float]:
        """Choose a town, if enough speaks for its being one."""
        towns = found.towns
        best = max(towns, key=lambda sense: _rank(sense, self._context))
        placed = self._text.is_placed(found)
        if outside and best.population < GREAT_PEOPLE:
            return None, 0
        if not placed and self._text.name(found) in self._text.ordinary():
            return None, 0
        known = self._context[best.country] > 0
        if _is_large(best) or (placed and (known or self._stands_out(best, towns))):
            return best, STRENGTH[Kind.CITY] if known else _ALONE
        return None, 0

    def _stands_out(self, best: Sense, towns: Sequence[Sense]) -> bool:
        """Say whether a town has people enough, no other comes near it, and nothing speaks of elsewhere."""
        if self._elsewhere:
            return False
        others = [_rank(sense, self._context) for sense in towns if sense.country != best.country]
        clear = not others or max(others) + _LEAD < _rank(best, self._context)
        return clear and best.own and best.population >= _PLACED_PEOPLE


def _is_large(sense: Sense) -> bool:
    return sense.capital or sense.population >= (_LARGE_PEOPLE if sense.own else GREAT_PEOPLE)
