"""Beats: regions, topics and terms together."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.model import Tag
from workers.tag.beats import BeatRules, beats_of, load_beats
from workers.tag.groups import load_groups
from workers.tag.matcher import Matcher
from workers.tag.tokens import tokenise
from workers.tag.topics import TopicRules, load_topics

ROOT = Path(__file__).parents[2]

OWN = """
beats:
  - id: north-war
    name: War in the north
    any:
      - regions: [x-north]
        topics: [medtop:16000000]
        min_region: 0.5
      - topics: [medtop:16000000]
        terms: [red lake, lac rouge]
        min_terms: 2
  - id: north-datelines
    name: Written in the north
    any:
      - regions: ['NO']
        roles: [dateline, mention]
"""
GROUPS = """
groups:
  x-north: {name: {en: North}, countries: ['NO', SE], groups: [x-isles]}
  x-isles: {name: {en: Isles}, countries: [IS], groups: [x-north]}
"""


@pytest.fixture(scope="module")
def topics() -> TopicRules:
    return load_topics(ROOT / "config")


def load(directory: Path, topics: TopicRules, text: str = OWN) -> BeatRules:
    (directory / "beats.yaml").write_text(text)
    (directory / "regions.yaml").write_text(GROUPS)
    return load_beats(directory, topics)


def region(code: str, score: float = 0.9, role: str = "subject") -> Tag:
    return Tag(code=code, name=code, score=score, roles=(role,))


def topic(code: str = "medtop:16000000", score: float = 0.8) -> Tag:
    return Tag(code=code, name="a topic", score=score)


def found(rules: BeatRules, *tags: Tag, text: str = "") -> dict[str, Tag]:
    regions = [tag for tag in tags if tag.roles]
    subjects = [tag for tag in tags if not tag.roles]
    tokens = tokenise(text, "en")
    terms = Matcher(rules.phrases).find(tokens)
    return {tag.code: tag for tag in beats_of(regions, subjects, tokens, terms, rules)}


def test_the_weakest_part_gives_the_score_and_both_are_evidence(tmp_path: Path, topics: TopicRules) -> None:
    beat = found(load(tmp_path, topics), region("SE"), topic())["north-war"]
    assert (beat.name, beat.score) == ("War in the north", 0.8)
    assert [(each.field, each.text) for each in beat.evidence] == [
        ("regions", "SE"),
        ("topics", "medtop:16000000"),
    ]


def test_all_of_a_combination_must_hold(tmp_path: Path, topics: TopicRules) -> None:
    rules = load(tmp_path, topics)
    assert found(rules, region("SE")) == {}
    assert found(rules, topic()) == {}
    assert found(rules, region("FR"), topic()) == {}
    assert found(rules, region("SE"), topic("medtop:15000000")) == {}


def test_groups_inside_groups_count(tmp_path: Path, topics: TopicRules) -> None:
    assert "north-war" in found(load(tmp_path, topics), region("IS"), topic())


def test_scores_have_their_least(tmp_path: Path, topics: TopicRules) -> None:
    rules = load(tmp_path, topics)
    assert found(rules, region("SE", 0.49), topic()) == {}
    assert found(rules, region("SE"), topic(score=0.34)) == {}


def test_a_region_counts_in_the_role_asked_for(tmp_path: Path, topics: TopicRules) -> None:
    rules = load(tmp_path, topics)
    assert found(rules, region("NO", role="mention"), topic()).keys() == {"north-datelines"}
    assert found(rules, region("NO", role="subject"), topic()).keys() == {"north-war"}


def test_terms_are_found_in_any_language_and_counted(tmp_path: Path, topics: TopicRules) -> None:
    rules = load(tmp_path, topics)
    text = "From Red Lake to the shores of Lac Rouge"
    beat = found(rules, topic(), text=text)["north-war"]
    assert [text[each.start : each.end] for each in beat.evidence if each.field == "text"] == [
        "Red Lake",
        "Lac Rouge",
    ]
    assert found(rules, topic(), text="Only Red Lake") == {}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[x-north]", "[UK]", '"UK" is no country code and no group of regions.yaml (did you mean GB?)'),
        ("[x-north]", "[ZZ]", '"ZZ" is no country code and no group of regions.yaml'),
        ("[x-north]", "[x-nort]", 'beats[0].any[0].regions[0]: "x-nort" is no country code and no group'),
        ("[medtop:16000000]", "[medtop:1]", 'no rules find "medtop:1"'),
        ("id: north-war", "id: North War", "should be small letters, digits and dashes"),
        ("id: north-datelines", "id: north-war", 'there is a beat "north-war" already'),
        ("[dateline, mention]", "[subjekt]", '"subjekt" is no role'),
        ("min_region: 0.5", "min_region: 5", "should be a number over 0, and at most 1"),
        ("min_region: 0.5", "min_regoin: 0.5", 'did you mean "min_region"?'),
        ("terms: [red lake, lac rouge]", "terms: [r*]", "a * needs at least 3 letters"),
        ("- regions: ['NO']\n        roles: [dateline, mention]", "- roles: [mention]", "should ask for"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, topics: TopicRules, old: str, new: str, words: str
) -> None:
    assert old in OWN
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, topics, OWN.replace(old, new, 1))
    assert words in str(refused.value)
    assert str(refused.value).count("\n") <= 2, "one complaint, with its line and a caret"


def test_a_group_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "regions.yaml"
    path.write_text("groups:\n  x-a: {groups: [x-b]}\n")
    with pytest.raises(ConfigError, match='there is no group "x-b"'):
        load_groups(path)


def test_the_shipped_beats_are_read_and_afghanistan_security_holds(topics: TopicRules) -> None:
    rules = load_beats(ROOT / "config", topics)
    assert len(rules.beats) >= 11
    beats = found(rules, region("AF"), region("US", 0.6), topic())
    assert next(iter(beats)) == "afghanistan-security"
