"""Beats: what a desk follows, as combinations of regions, topics and terms. Pure.

A beat has one combination or more; any of them is enough, and of one combination everything must hold. Its
score is that of its weakest part, and a beat's that of its best combination.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.countries import COUNTRIES, no_country
from pipeline.config.source import Source
from pipeline.config.words import KeyPath
from pipeline.model import Evidence, Tag
from workers.tag.groups import load_groups
from workers.tag.matcher import Match, Phrase
from workers.tag.reading import Reading, Term, rules_path
from workers.tag.rules import LANGUAGES
from workers.tag.tokens import Tokens
from workers.tag.topics import TopicRules

ROLES = ("dateline", "subject", "mention")
LEAST_REGION = 0.3
LEAST_TOPIC = 0.35
LEAST_TERMS = 1

_BEAT_KEYS = {"id", "name", "any"}
_WHEN_KEYS = {"regions", "roles", "topics", "terms", "min_region", "min_topic", "min_terms"}
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_MOST_SPANS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """What must hold together; what is empty is not asked for."""

    #: countries, those of groups among them
    regions: frozenset[str] = frozenset()
    #: a region counts in one of these roles
    roles: frozenset[str] = frozenset({"subject"})
    topics: frozenset[str] = frozenset()
    phrases: frozenset[Phrase] = frozenset()
    min_region: float = LEAST_REGION
    min_topic: float = LEAST_TOPIC
    #: so many different places of the text must hold a term
    min_terms: int = LEAST_TERMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One beat."""

    id: str
    name: str
    combinations: tuple[Combination, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatRules:
    """The beats, compiled: made once, used for every document."""

    beats: tuple[Beat, ...]
    #: terms of all beats, to be looked for; the index is the term of a match
    phrases: tuple[Phrase, ...]


#: a part's score and why it holds; None: it does not
_Part = tuple[float, tuple[Evidence, ...]] | None


def load_beats(config_dir: Path, topics: TopicRules) -> BeatRules:
    """Read and compile beats.yaml and the groups of regions.yaml.

    Args:
        config_dir: What is not there is taken as it is shipped.
        topics: A beat may only ask for topics that these rules can find.

    Raises:
        ConfigError: With file, line, column, and what is wrong.
    """
    groups = load_groups(rules_path(config_dir, "regions.yaml"))
    known = {code for path in topics.lineages.values() for code in path}
    reading = _BeatReading(Source.read_rules(rules_path(config_dir, "beats.yaml")), groups, known)
    return compile_beats(reading.beats())


def compile_beats(beats: Sequence[Beat]) -> BeatRules:
    """Collect the terms of all beats."""
    phrases = tuple({phrase: None for beat in beats for each in beat.combinations for phrase in each.phrases})
    return BeatRules(beats=tuple(beats), phrases=phrases)


def beats_of(
    regions: Sequence[Tag],
    topics: Sequence[Tag],
    tokens: Tokens,
    terms: Sequence[Match],
    rules: BeatRules,
) -> tuple[Tag, ...]:
    """Say which beats a document belongs to, best first.

    Args:
        regions: Of the document; `roles` say what for.
        topics: Of the document, with their parents.
        tokens: Of its tagged text.
        terms: Where the rules' phrases stand in it.
        rules: Compiled.
    """
    matches = [(rules.phrases[match.term], match) for match in terms]
    found = []
    for beat in rules.beats:
        held = [
            part for each in beat.combinations if (part := _holds(each, regions, topics, tokens, matches))
        ]
        if held:
            score, evidence = max(held, key=lambda part: part[0])
            found.append(Tag(code=beat.id, name=beat.name, score=score, evidence=evidence))
    return tuple(sorted(found, key=lambda tag: (-tag.score, tag.code)))


def _holds(
    when: Combination,
    regions: Sequence[Tag],
    topics: Sequence[Tag],
    tokens: Tokens,
    matches: Sequence[tuple[Phrase, Match]],
) -> _Part:
    parts: list[_Part] = []
    if when.regions:
        there = (tag for tag in regions if when.roles.intersection(tag.roles))
        parts.append(_best_tag("regions", there, when.regions, when.min_region))
    if when.topics:
        parts.append(_best_tag("topics", topics, when.topics, when.min_topic))
    if when.phrases:
        parts.append(_terms(when, tokens, matches))
    held = [part for part in parts if part is not None]
    if len(held) < len(parts):
        return None
    return min(score for score, _ in held), tuple(each for _, evidence in held for each in evidence)


def _best_tag(field: str, tags: Iterable[Tag], codes: frozenset[str], least: float) -> _Part:
    fit = [tag for tag in tags if tag.code in codes and tag.score >= least]
    if not fit:
        return None
    best = max(fit, key=lambda tag: tag.score)
    return best.score, (Evidence(field=field, text=best.code, why=f"{best.name}, score {best.score:g}"),)


def _terms(when: Combination, tokens: Tokens, matches: Sequence[tuple[Phrase, Match]]) -> _Part:
    places = {match.first: match for phrase, match in reversed(matches) if phrase in when.phrases}
    if len(places) < when.min_terms:
        return None
    spans = [_span(places[first], tokens) for first in sorted(places)[:_MOST_SPANS]]
    return round(len(places) / (len(places) + 1), 3), tuple(spans)


def _span(match: Match, tokens: Tokens) -> Evidence:
    start, end = tokens.starts[match.first], tokens.ends[match.end - 1]
    return Evidence(field="text", text=tokens.text[start:end], start=start, end=end, why="term of the beat")


class _BeatReading(Reading):
    """beats.yaml while it is read."""

    def __init__(self, source: Source, groups: Mapping[str, frozenset[str]], topics: set[str]) -> None:
        super().__init__(source)
        self._groups = groups
        self._topics = topics

    def beats(self) -> list[Beat]:
        """Read all. Raises ConfigError with everything that is wrong."""
        whole = self.mapping(self.source.value, (), {"beats"})
        beats: list[Beat] = []
        for index, item in enumerate(self.items(whole.get("beats"), ("beats",))):
            beat = self._beat(item, ("beats", index))
            if beat.id in {each.id for each in beats}:
                self.complain(("beats", index, "id"), f'there is a beat "{beat.id}" already')
            beats.append(beat)
        self.source.refuse(self.wrong)
        return beats

    def _beat(self, item: object, place: KeyPath) -> Beat:
        value = self.mapping(item, place, _BEAT_KEYS)
        name = self.words(value.get("id"), (*place, "id"))
        if name and not _ID.fullmatch(name):
            self.complain((*place, "id"), "should be small letters, digits and dashes")
        combinations = tuple(
            self._combination(each, (*place, "any", index))
            for index, each in enumerate(self.items(value.get("any"), (*place, "any")))
        )
        if not combinations:
            self.complain((*place, "any"), "should list at least one combination")
        return Beat(id=name, name=self.words(value.get("name"), (*place, "name")), combinations=combinations)

    def _combination(self, item: object, place: KeyPath) -> Combination:
        value = self.mapping(item, place, _WHEN_KEYS)
        if not value.keys() & {"regions", "topics", "terms"}:
            self.complain(place, "should ask for regions, topics or terms")
        return Combination(
            regions=self._regions(value.get("regions"), (*place, "regions")),
            roles=self._roles(value.get("roles"), (*place, "roles")),
            topics=self._codes(value.get("topics"), (*place, "topics")),
            phrases=self._phrases(value.get("terms"), (*place, "terms")),
            min_region=self._least(value, place, "min_region", LEAST_REGION),
            min_topic=self._least(value, place, "min_topic", LEAST_TOPIC),
            min_terms=int(self._least(value, place, "min_terms", LEAST_TERMS, most=100)),
        )

    def _regions(self, value: object, place: KeyPath) -> frozenset[str]:
        countries: set[str] = set()
        for index, item in enumerate(self.items(value, place)):
            code = str(item)
            if code not in self._groups and code not in COUNTRIES:
                self.complain((*place, index), no_country(code, " and no group of regions.yaml"))
            countries |= self._groups.get(code, {code})
        return frozenset(countries)

    def _roles(self, value: object, place: KeyPath) -> frozenset[str]:
        roles = [str(item) for item in self.items(value, place)] or ["subject"]
        for index, role in enumerate(roles):
            if role not in ROLES:
                self.complain((*place, index), f'"{role}" is no role (known: {", ".join(ROLES)})')
        return frozenset(roles)

    def _codes(self, value: object, place: KeyPath) -> frozenset[str]:
        codes = [str(item) for item in self.items(value, place)]
        for index, code in enumerate(codes):
            if code not in self._topics:
                self.complain((*place, index), f'no rules find "{code}"')
        return frozenset(codes)

    def _phrases(self, value: object, place: KeyPath) -> frozenset[Phrase]:
        """Read terms as every language cuts them: they are names, and stand in texts of any language."""
        terms: list[Term] = []
        for language in LANGUAGES:
            before = len(self.wrong)
            terms += self.terms(value, place, language)
            if len(self.wrong) > before:
                break
        return frozenset(term.phrase for term in terms)

    def _least(
        self, value: Mapping[str, object], place: KeyPath, key: str, otherwise: float, *, most: float = 1.0
    ) -> float:
        return self.number(value[key], (*place, key), most) if key in value else otherwise
