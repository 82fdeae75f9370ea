"""Rule files of topics: YAML that a desk editor writes. See docs/topics.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.source import Source
from pipeline.config.words import KeyPath
from pipeline.errors import ConfigError
from workers.tag.mediatopics import MediaTopic
from workers.tag.reading import Reading, Term

#: languages that rules may be written in
LANGUAGES = ("en", "fr")

_TERM_KEYS = {"terms", "not"}
_TOPIC_KEYS = {"code", "name", "examples", *LANGUAGES}
_LIST_KEYS = {"match", "not"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text that a topic must match, or must not."""

    language: str
    text: str
    matches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRule:
    """What the rule files say of one topic."""

    code: str
    #: language → terms, those of weight 0 among them
    terms: Mapping[str, tuple[Term, ...]]
    examples: tuple[Example, ...]


def read_topic_files(directory: Path, listed: Mapping[str, MediaTopic]) -> tuple[TopicRule, ...]:
    """Read all rule files of a directory.

    Args:
        directory: Its `*.yaml` files are read.
        listed: The topics there are.

    Raises:
        ConfigError: With everything that is wrong, of all files.
    """
    rules: list[TopicRule] = []
    wrong: list[str] = []
    for path in sorted(directory.glob("*.yaml")):
        try:
            rules += _read_topics(path, listed, {rule.code for rule in rules})
        except ConfigError as error:
            wrong.append(str(error))
    if wrong:
        raise ConfigError("\n".join(wrong))
    return tuple(rules)


def _read_topics(path: Path, listed: Mapping[str, MediaTopic], elsewhere: set[str]) -> list[TopicRule]:
    reading = Reading(Source.read_rules(path))
    whole = reading.mapping(reading.source.value, (), {"topics"})
    rules: list[TopicRule] = []
    for index, item in enumerate(reading.items(whole.get("topics"), ("topics",))):
        rule = _topic(reading, item, ("topics", index), listed)
        if rule.code in elsewhere | {each.code for each in rules}:
            reading.complain(("topics", index, "code"), "has rules already; a topic stands in one place")
        rules.append(rule)
    reading.source.refuse(reading.wrong)
    return rules


def _topic(reading: Reading, item: object, place: KeyPath, listed: Mapping[str, MediaTopic]) -> TopicRule:
    value = reading.mapping(item, place, _TOPIC_KEYS)
    code = reading.words(value.get("code"), (*place, "code"))
    topic = listed.get(code)
    if topic is None or topic.retired:
        known = "is a topic that IPTC has retired" if topic else "is no Media Topic"
        reading.complain((*place, "code"), f'"{code}" {known}')
    elif value.get("name") != topic.name:
        reading.complain((*place, "name"), f'should be "{topic.name}", as {code} is called')
    terms = _terms(reading, value, place)
    if not terms:
        reading.complain(place, "has no terms")
    return TopicRule(code=code, terms=terms, examples=_examples(reading, value, place))


def _examples(reading: Reading, topic: Mapping[str, object], place: KeyPath) -> tuple[Example, ...]:
    where = (*place, "examples")
    lists = reading.mapping(topic.get("examples"), where, _LIST_KEYS)
    return tuple(
        Example(language=language, text=reading.words(text, (*where, key, index)), matches=key == "match")
        for key in ("match", "not")
        for index, item in enumerate(reading.items(lists.get(key), (*where, key)))
        for language, text in reading.mapping(item, (*where, key, index), LANGUAGES).items()
    )


def _terms(reading: Reading, topic: Mapping[str, object], place: KeyPath) -> dict[str, tuple[Term, ...]]:
    """Read `en: {terms: […], not: […]}` for each language."""
    found: dict[str, tuple[Term, ...]] = {}
    for language in LANGUAGES:
        where = (*place, language)
        lists = reading.mapping(topic.get(language), where, _TERM_KEYS)
        terms = reading.terms(lists.get("terms"), (*where, "terms"), language)
        nots = reading.terms(lists.get("not"), (*where, "not"), language, weight=0.0)
        if terms:
            found[language] = (*terms, *nots)
    return found
