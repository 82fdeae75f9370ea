"""What a sender's codes say of topics and countries, put together with what was found in the text. Pure.

A code that a person or program of the sender gave counts for more than words, and less than certainty: both
together are never less than either (the chance that neither is right).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.model import Concept, Document, Evidence, Tag
from workers.tag.gazetteer.file import Gazetteer
from workers.tag.gazetteer.values import Kind, Sense
from workers.tag.mediatopics import lineage
from workers.tag.regions import SUBJECT, RegionReading
from workers.tag.sendercodes import SenderCodes
from workers.tag.tokens import plain, split_name

#: what is said by a code, by a name alone, by the wire's category
CODE_SCORE = 0.9
NAME_SCORE = 0.8
CATEGORY_SCORE = 0.6
#: a town says its country; one of several of its name less
TOWN_SCORE = 0.6

_TOPICAL = frozenset({"subject", "category"})
_PLACES = frozenset({"place", "subject"})
#: names that are a country's, whole or abbreviated
_COUNTRY = frozenset({Kind.COUNTRY, Kind.ABBREVIATION})


@dataclass(frozen=True, slots=True)
class _Said:
    """A topic or country that a concept names."""

    code: str
    score: float
    evidence: Evidence


def with_sent_topics(found: Sequence[Tag], document: Document, codes: SenderCodes) -> tuple[Tag, ...]:
    """Add to the topics of the text those the sender named, and what is above them.

    Args:
        found: What the rules found, best first.
        document: Its concepts are read.
        codes: What codes mean.
    """
    said = list(_said_topics(document.concepts, codes))
    if not said:
        return tuple(found)
    tags = {tag.code: tag for tag in found}
    own = {code: _together([each for each in said if each.code == code]) for code in _codes(said)}
    for code, (score, evidence) in own.items():
        tags[code] = _added(tags.get(code), code, codes.listed[code].name, score, evidence)
    for code in own:
        path = lineage(code, codes.listed)
        for below, above in pairwise(path):
            child = Evidence(field="topics", text=below, why=f"narrower topic: {codes.listed[below].name}")
            held = tags.get(above)
            if held is None or child not in held.evidence:
                score = max(own[code][0], held.score if held else 0)
                held = held or Tag(code=above, name=codes.listed[above].name, score=score)
                tags[above] = replace(held, score=score, evidence=(*held.evidence, child))
    depth = {code: len(lineage(code, codes.listed)) for code in tags}
    return tuple(sorted(tags.values(), key=lambda tag: (-tag.score, -depth[tag.code], tag.code)))


def with_sent_regions(
    reading: RegionReading, document: Document, codes: SenderCodes, gazetteer: Gazetteer
) -> RegionReading:
    """Add to the countries of the text those the sender named: it is about them."""
    said = list(_said_regions(document.concepts, codes, gazetteer))
    if not said:
        return reading
    # A default of the source stands only where nothing else is known.
    tags = {tag.code: tag for tag in reading.regions if any(each.field != "feed" for each in tag.evidence)}
    for code in _codes(said):
        score, evidence = _together([each for each in said if each.code == code])
        added = _added(tags.get(code), code, gazetteer.countries[code], score, evidence)
        roles = [role for role in added.roles if role != "mention"]
        tags[code] = replace(added, roles=tuple(dict.fromkeys((*roles, SUBJECT))))
    return replace(reading, regions=tuple(sorted(tags.values(), key=lambda tag: -tag.score)))


def _said_topics(concepts: Sequence[Concept], codes: SenderCodes) -> Iterator[_Said]:
    for concept in concepts:
        if concept.kind not in _TOPICAL:
            continue
        if topic := codes.topic_of_code(concept):
            is_category = concept.kind == "category" or len(concept.code or "") == 1
            yield _Said(topic, CATEGORY_SCORE if is_category else CODE_SCORE, _evidence(concept))
        elif topic := codes.topic_of_name(concept):
            yield _Said(topic, NAME_SCORE, _evidence(concept))


def _said_regions(concepts: Sequence[Concept], codes: SenderCodes, gazetteer: Gazetteer) -> Iterator[_Said]:
    for concept in concepts:
        if concept.kind not in _PLACES:
            continue
        if (country := _country_of_code(concept, codes, gazetteer)) is not None:
            yield _Said(country, CODE_SCORE, _evidence(concept))
        elif (named := _named(concept, gazetteer)) is not None:
            country, score = named
            if concept.kind == "place" or score == NAME_SCORE:
                yield _Said(country, score, _evidence(concept))


def _country_of_code(concept: Concept, codes: SenderCodes, gazetteer: Gazetteer) -> str | None:
    """Read an ISO code, alpha-2 or alpha-3, or one of the table; a subject's only where it says it is one."""
    vocabulary, code = codes.parted(concept)
    upper = code.upper()
    if vocabulary == "country" or (vocabulary == "n2" and len(code) == 2):
        first = upper.partition("-")[0]  # ISO 3166-2: the country's code stands first
        found = gazetteer.alpha3.get(first, first)
        return found if found in gazetteer.countries else None
    if vocabulary or concept.kind != "place":
        return None
    if len(upper) == 3 and upper in gazetteer.alpha3:
        return gazetteer.alpha3[upper]
    if len(upper) == 2 and upper in gazetteer.countries and not concept.name:
        return upper
    return codes.regions.get(code)


def _named(concept: Concept, gazetteer: Gazetteer) -> tuple[str, float] | None:
    """Find the country of a name, its own or its town's: "Sverige", "Rome", "Grosseto, Italy"."""
    for name in _parts(concept.name or ""):
        node = gazetteer.find(" ".join(plain(word) for word in split_name(name)))
        senses = [each for each in node.senses if each.country] if node else []
        if any(each.kind in _COUNTRY for each in senses):
            return next(each.country for each in senses if each.kind in _COUNTRY), NAME_SCORE
        if not senses or concept.kind != "place":
            continue
        if any(each.kind is Kind.SUBDIVISION for each in senses):
            return next(each.country for each in senses if each.kind is Kind.SUBDIVISION), NAME_SCORE
        towns = [each for each in senses if each.place]
        if towns:
            return _nearest(concept, towns).country, TOWN_SCORE
    return None


def _parts(name: str) -> Iterator[str]:
    """Give a name, and what stands behind its commas, last first: the country stands there."""
    yield name
    yield from (each for each in reversed(name.split(",")) if each.strip() and "," in name)


def _nearest(concept: Concept, towns: Sequence[Sense]) -> Sense:
    """Choose between towns of one name: where the sender says it is, else the largest."""
    lat, lon = concept.lat, concept.lon
    if lat is None or lon is None:
        return max(towns, key=lambda each: (each.capital, each.population))

    def distance(each: Sense) -> float:
        assert each.place is not None
        return abs(each.place.lat - lat) + abs(each.place.lon - lon)

    return min(towns, key=distance)


def _evidence(concept: Concept) -> Evidence:
    scheme, code = concept.scheme, concept.code
    if scheme and code:
        code = scheme + code if scheme.endswith(("/", "#")) else f"{scheme}:{code}"
    named = f" ({concept.name})" if code and concept.name else ""
    return Evidence(
        field="concepts",
        text=concept.code or concept.name or "",
        why=f"sent by the provider as {concept.kind} {code or concept.name}{named}",
    )


def _together(said: Sequence[_Said]) -> tuple[float, tuple[Evidence, ...]]:
    """Take the best of what several codes say of the same: they say it for one reason."""
    evidence = tuple(dict.fromkeys(each.evidence for each in said))
    return max(each.score for each in said), evidence


def _added(held: Tag | None, code: str, name: str, score: float, evidence: tuple[Evidence, ...]) -> Tag:
    """Put together what the sender says and what the text says."""
    if held is None:
        return Tag(code=code, name=name, score=score, evidence=evidence)
    both = round(1 - (1 - held.score) * (1 - score), 3)
    return replace(held, score=both, evidence=(*evidence, *held.evidence))


def _codes(said: Sequence[_Said]) -> Mapping[str, None]:
    return dict.fromkeys(each.code for each in said)
