"""Countries that a document is about or names, with the evidence for each.

Three roles: `dateline` (written there), `subject` (about it), `mention` (named in passing).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.model import Document, Evidence, Mention, Place, PlaceMention, Tag
from workers.tag.gazetteer.file import Gazetteer
from workers.tag.gazetteer.values import Kind
from workers.tag.names import Found, Text, find_names
from workers.tag.places import Named, dateline_text, read_dateline, read_names
from workers.tag.tokens import Case, Tokens

DATELINE, SUBJECT, MENTION = "dateline", "subject", "mention"
#: from this score on a document is about a country
SUBJECT_SCORE = 0.5
#: or from this one on, where there is no other
_ONLY_SCORE = 0.25
#: code points of the body in which it is said what a story is about: half of a short story, but a sentence
_LEAD = 400
_SHORT_LEAD = 160
#: what each kind of place says that a story is about a country, and what it takes to be about one at all
_DATELINE_WEIGHT = 2.2
_HEADLINE_WEIGHT = 2.0
_LEAD_WEIGHT = 1.5
_BODY_WEIGHT = 0.65
_BIAS = -2.0
#: evidence that a tag carries
_MOST_EVIDENCE = 12
#: what a source's default region is worth where a document names none
_DEFAULT_SCORE = 0.2

_WHY = {
    Kind.COUNTRY: "name of the country",
    Kind.DEMONYM: "demonym",
    Kind.ABBREVIATION: "abbreviation of the country",
    Kind.PREFIX: "demonym",
    Kind.SUBDIVISION: "part of the country",
    Kind.CODE: "code of the country or a part of it",
    Kind.INSTITUTION: "institution of the country",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionReading:
    """What a document says of where."""

    regions: tuple[Tag, ...] = ()
    places: tuple[PlaceMention, ...] = ()
    #: the town of the dateline
    dateline_place: Place | None = None


@dataclass(slots=True)
class _Country:
    """What was found of one country."""

    dateline: list[Named] = field(default_factory=list)
    head: list[Named] = field(default_factory=list)
    lead: list[Named] = field(default_factory=list)
    rest: list[Named] = field(default_factory=list)


def regions_of(
    document: Document,
    tokens: Tokens,
    gazetteer: Gazetteer,
    *,
    default_region: str | None = None,
    bodies: Iterable[Mention] = (),
) -> RegionReading:
    """Say which countries and places a document is about or names.

    Args:
        document: Normalised.
        tokens: The words of its tagged text.
        gazetteer: Names to look for.
        default_region: Of its source, ISO 3166-1 alpha-2: speaks for towns there, and stands in where nothing
            else is named.
        bodies: Where the text names organisations that are known: no towns.
    """
    text = Text(tokens, gazetteer, document.language, _head_words(document, tokens))
    context = {default_region: _DEFAULT_SCORE} if default_region else {}
    found = _without_bodies(find_names(text), tokens, [(each.start, each.end) for each in bodies])
    there, opening = _read_opening(document, text, found, context)
    settled = {there.name(each.found): each.sense for each in opening if there and each.sense.place}
    named = read_names(text, found, {**context, **{each.sense.country: 1.0 for each in opening}}, settled)
    tags = _tags(text, there, _by_country(text, named, opening))
    if not tags and default_region and default_region in gazetteer.countries:
        tags = [_default_tag(default_region, gazetteer)]
    return RegionReading(
        regions=tuple(tags),
        places=tuple(_place_mention(tokens, each) for each in named if each.sense.place),
        dateline_place=opening[0].sense.place if opening else None,
    )


def _without_bodies(found: list[Found], tokens: Tokens, spans: Sequence[tuple[int, int]]) -> list[Found]:
    """Leave out towns that are part of an organisation's name; a country in one still speaks for itself."""
    return [
        each
        for each in found
        if len(each.towns) < len(each.senses)
        or not any(
            start < tokens.ends[each.end - 1] and tokens.starts[each.start] < end for start, end in spans
        )
    ]


def _read_opening(
    document: Document, text: Text, found: Sequence[Found], context: Mapping[str, float]
) -> tuple[Text | None, list[Named]]:
    """Read the dateline; the countries that the story names tell which of two towns it is."""
    if document.dateline is None:
        return None, []
    there = dateline_text(document.dateline, text.gazetteer, document.language)
    spoken = Counter[str](context)
    for each in found:
        if each.is_region and each.senses[0].kind is not Kind.CODE:
            spoken[each.senses[0].country] += 1
    return there, read_dateline(document.dateline, there, spoken)


def _head_words(document: Document, tokens: Tokens) -> int:
    """Count the words of the headline."""
    if document.headline is None:
        return 0
    end = len(document.headline)
    return next((n for n, start in enumerate(tokens.starts) if start >= end), len(tokens.starts))


def _by_country(text: Text, named: Sequence[Named], opening: Sequence[Named]) -> dict[str, _Country]:
    countries: dict[str, _Country] = defaultdict(_Country)
    starts = text.tokens.starts
    body = starts[text.head] if text.head < len(starts) else 0
    lead = min(_LEAD, max(_SHORT_LEAD, (len(text.tokens.text) - body) // 2))
    for each in opening:
        countries[each.sense.country].dateline.append(each)
    for each in named:
        country = countries[each.sense.country]
        if each.found.start < text.head:
            country.head.append(each)
        elif starts[each.found.start] - body < lead:
            country.lead.append(each)
        else:
            country.rest.append(each)
    return countries


def _tags(text: Text, there: Text | None, countries: Mapping[str, _Country]) -> list[Tag]:
    """Make the tags, best first."""
    tags = []
    scores = {code: _score(country) for code, country in countries.items()}
    subjects = _subjects(text, countries, scores)
    for code, country in countries.items():
        evidence = [_evidence("dateline", there.tokens, each) for each in country.dateline if there]
        inside = (*country.head, *country.lead, *country.rest)
        evidence += [_evidence("text", text.tokens, each) for each in inside]
        tags.append(
            Tag(
                code=code,
                name=text.gazetteer.countries[code],
                score=round(scores[code], 3),
                roles=_roles(country, code in subjects),
                evidence=tuple(evidence[:_MOST_EVIDENCE]),
            )
        )
    # What is named first comes first among equals.
    return sorted(tags, key=lambda tag: -tag.score)


def _score(country: _Country) -> float:
    """Weigh headline, lead, dateline and how often a country is named, 0 to 1."""
    weight = (
        _BIAS
        + _DATELINE_WEIGHT * bool(country.dateline)
        + _HEADLINE_WEIGHT * _most(country.head)
        + _LEAD_WEIGHT * _often(country.lead)
        + _BODY_WEIGHT * _often(country.rest)
    )
    return 1 / (1 + math.exp(-weight))


def _most(named: Sequence[Named]) -> float:
    return max((each.strength for each in named), default=0)


def _often(named: Sequence[Named]) -> float:
    return math.log2(1 + sum(each.strength for each in named))


def _subjects(text: Text, countries: Mapping[str, _Country], scores: Mapping[str, float]) -> frozenset[str]:
    """Say which countries a document is about: prose that opens with one is about that one at least."""
    subjects = frozenset(code for code, score in scores.items() if score >= SUBJECT_SCORE)
    if subjects or not _is_prose(text.tokens.cases[text.head :]):
        return subjects
    opening = [code for code, country in countries.items() if country.head or country.lead]
    best = max((scores[code] for code in opening), default=0)
    return frozenset(code for code in opening if scores[code] == best >= _ONLY_SCORE)


def _is_prose(cases: Sequence[Case]) -> bool:
    """Tell sentences from tables and from lines in capitals."""
    counts = Counter(cases)
    small = counts[Case.LOWER] + counts[Case.CASELESS]
    return small > counts[Case.NONE] and small > 2 * counts[Case.UPPER]


def _roles(country: _Country, is_subject: bool) -> tuple[str, ...]:
    roles = (DATELINE,) if country.dateline else ()
    if is_subject:
        return (*roles, SUBJECT)
    return (*roles, MENTION) if country.head or country.lead or country.rest else roles


def _evidence(source: str, tokens: Tokens, named: Named) -> Evidence:
    start, end = tokens.starts[named.found.start], tokens.ends[named.found.end - 1]
    return Evidence(field=source, text=tokens.text[start:end], start=start, end=end, why=_why(named))


def _why(named: Named) -> str:
    place = named.sense.place
    if place is None:
        return _WHY[named.sense.kind]
    kind = "capital" if named.sense.capital else "town"
    return f"{kind} of the country: {place.name} (GeoNames {place.geonames})"


def _place_mention(tokens: Tokens, named: Named) -> PlaceMention:
    start, end = tokens.starts[named.found.start], tokens.ends[named.found.end - 1]
    assert named.sense.place is not None
    mention = Mention(field="text", text=tokens.text[start:end], start=start, end=end)
    return PlaceMention(place=named.sense.place, score=round(named.strength, 3), mention=mention)


def _default_tag(code: str, gazetteer: Gazetteer) -> Tag:
    why = Evidence(field="feed", text=code, why="default region of the source")
    return Tag(code=code, name=gazetteer.countries[code], score=_DEFAULT_SCORE, evidence=(why,))
