"""Topics of a document: terms of the rules, weighed by where they stand, with parents and evidence. Pure.

A term's weight counts more in the headline and the lead, less each time it comes again. What a topic's
narrower topics found counts for the topic too, the same words once. The sum, measured against the length of
the text, becomes a score from 0 to 1.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from pipeline.model import Document, Evidence, Tag
from workers.tag.matcher import Match, Matcher, Phrase
from workers.tag.mediatopics import FILE_NAME, MediaTopic, lineage, load_media_topics
from workers.tag.reading import rules_path
from workers.tag.rules import TopicRule, read_topic_files
from workers.tag.tokens import Tokens, tagged_text

HEADLINE_FACTOR = 2.5
LEAD_FACTOR = 1.5
#: where a text begins with a long paragraph, or has no others
LEAD_CHARS = 400
#: a sum of weights that gives a score of 0.5
HALF_WEIGHT = 4.0
#: longer texts need more for the same score
ORDINARY_WORDS = 300
#: a topic counts from this score on …
LEAST_SCORE = 0.32
#: … and from this share of the strongest one's weight
LEAST_SHARE = 0.15
_MOST_EVIDENCE = 8


@dataclass(frozen=True, slots=True)
class _Use:
    """What a term says of a topic."""

    code: str
    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class _Language:
    """The terms of one language, compiled."""

    matcher: Matcher
    #: by index of the term
    uses: Sequence[tuple[_Use, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRules:
    """The rules, compiled: made once, used for every document."""

    languages: Mapping[str, _Language]
    topics: Mapping[str, MediaTopic]
    #: a topic of the rules → itself and all above it
    lineages: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, TopicRule]


@dataclass(frozen=True, slots=True)
class _Hit:
    """A term that counts for a topic."""

    match: Match
    use: _Use
    factor: float


def load_topics(config_dir: Path) -> TopicRules:
    """Read and compile topics/*.yaml. Raises ConfigError with file, line, column, and what is wrong."""
    listed = load_media_topics(rules_path(config_dir, FILE_NAME))
    return compile_topics(read_topic_files(rules_path(config_dir, "topics"), listed), listed)


def compile_topics(rules: Iterable[TopicRule], listed: Mapping[str, MediaTopic]) -> TopicRules:
    """Make one matcher for each language."""
    by_code = {rule.code: rule for rule in rules}
    phrases: dict[str, dict[Phrase, list[_Use]]] = defaultdict(lambda: defaultdict(list))
    for rule in by_code.values():
        for language, terms in rule.terms.items():
            for term in terms:
                phrases[language][term.phrase].append(_Use(rule.code, term.text, term.weight))
    return TopicRules(
        languages={
            language: _Language(Matcher(tuple(found)), [tuple(uses) for uses in found.values()])
            for language, found in phrases.items()
        },
        topics=listed,
        lineages={code: lineage(code, listed) for code in by_code},
        rules=by_code,
    )


def topics_of(document: Document, tokens: Tokens, rules: TopicRules) -> tuple[Tag, ...]:
    """Say what a document is about, best first.

    Args:
        document: Normalised; its language chooses the rules.
        tokens: Of its tagged text.
        rules: Compiled.
    """
    language = rules.languages.get((document.language or "").split("-")[0].lower())
    if language is None:
        return ()
    own = _own_hits(language, tokens, _zones(document))
    weights = _weights(own, rules)
    if not weights:
        return ()
    most, long = max(weights.values()), sqrt(max(1.0, len(tokens.words) / ORDINARY_WORDS))
    scores = {
        code: score
        for code, weight in weights.items()
        if weight >= LEAST_SHARE * most and (score := _score(weight / long)) >= LEAST_SCORE
    }
    depth = {code: len(lineage(code, rules.topics)) for code in scores}
    ranked = sorted(scores, key=lambda code: (-scores[code], -depth[code], code))
    return tuple(
        Tag(
            code=code,
            name=rules.topics[code].name,
            score=scores[code],
            evidence=_evidence(code, own, scores, rules, tokens),
        )
        for code in ranked
    )


def _score(weight: float) -> float:
    return round(weight / (weight + HALF_WEIGHT), 3)


def _zones(document: Document) -> tuple[int, int]:
    """Say where in the tagged text the headline ends, and where the lead."""
    headline = len(tagged_text(document)) - len(document.body_text)
    lead = document.body_text.find("\n\n")
    return headline, headline + min(lead if lead > 0 else LEAD_CHARS, LEAD_CHARS)


def _own_hits(language: _Language, tokens: Tokens, zones: tuple[int, int]) -> dict[str, list[_Hit]]:
    """Find what counts for each topic by its own terms."""
    headline_end, lead_end = zones
    hits: dict[str, list[_Hit]] = defaultdict(list)
    for match in language.matcher.find(tokens):
        start = tokens.starts[match.first]
        factor = HEADLINE_FACTOR if start < headline_end else LEAD_FACTOR if start < lead_end else 1.0
        for use in language.uses[match.term]:
            hits[use.code].append(_Hit(match, use, factor))
    return {code: kept for code, found in hits.items() if (kept := _longest(found))}


def _longest(hits: Iterable[_Hit]) -> list[_Hit]:
    """Keep hits that do not overlap, from left to right the longest; those of weight 0 only take up room."""
    kept: list[_Hit] = []
    reach = 0
    for hit in hits:
        if hit.match.first >= reach:
            reach = hit.match.end
            if hit.use.weight:
                kept.append(hit)
    return kept


def _weights(own: Mapping[str, Sequence[_Hit]], rules: TopicRules) -> dict[str, float]:
    """Sum up what counts for each topic, that of its narrower topics included."""
    together: dict[str, list[_Hit]] = defaultdict(list)
    for code, hits in own.items():
        for above in rules.lineages[code]:
            together[above] += hits
    return {code: _sum(hits) for code, hits in together.items()}


def _sum(hits: list[_Hit]) -> float:
    ordered = sorted(hits, key=lambda hit: (hit.match.first, -hit.match.end, -hit.use.weight))
    seen: dict[int, int] = {}
    total = 0.0
    for hit in _longest(ordered):
        times = seen[hit.match.term] = seen.get(hit.match.term, 0) + 1
        total += hit.use.weight * hit.factor / times
    return total


def _evidence(
    code: str,
    own: Mapping[str, Sequence[_Hit]],
    scores: Mapping[str, float],
    rules: TopicRules,
    tokens: Tokens,
) -> tuple[Evidence, ...]:
    """Give the spans behind a tag; a narrower topic that is a tag itself stands for its own."""
    hits: list[_Hit] = list(own.get(code, ()))
    narrower: list[str] = []
    for below in own:
        path = rules.lineages[below]
        if below == code or code not in path:
            continue
        tagged = [each for each in path[: path.index(code)] if each in scores]
        if tagged:
            narrower += tagged[-1:]
        else:
            hits += own[below]
    strongest = sorted(hits, key=lambda hit: -hit.use.weight * hit.factor)[:_MOST_EVIDENCE]
    spans = sorted(strongest, key=lambda hit: (hit.match.first, hit.match.end))
    named = sorted(set(narrower), key=lambda each: (-scores[each], each))
    return (*(_child(each, rules) for each in named), *(_span(hit, tokens, rules) for hit in spans))


def _child(code: str, rules: TopicRules) -> Evidence:
    return Evidence(field="topics", text=code, why=f"narrower topic: {rules.topics[code].name}")


def _span(hit: _Hit, tokens: Tokens, rules: TopicRules) -> Evidence:
    start, end = tokens.starts[hit.match.first], tokens.ends[hit.match.end - 1]
    where = {HEADLINE_FACTOR: " × 2.5 in the headline", LEAD_FACTOR: " × 1.5 in the lead"}.get(hit.factor, "")
    name = rules.topics[hit.use.code].name
    return Evidence(
        field="text",
        text=tokens.text[start:end],
        start=start,
        end=end,
        why=f'term "{hit.use.text}" of {name}, weight {hit.use.weight:g}{where}',
    )
