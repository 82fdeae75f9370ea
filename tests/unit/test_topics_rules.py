"""Rule files of topics: what is read, and what is said of those that are wrong."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from workers.tag.topics import TopicRules, load_topics

RIGHT = """
topics:
  - code: medtop:20000070
    name: coup d'etat
    examples:
      match:
        - en: Officers staged a coup.
        - fr: Un coup de force a échoué.
      not:
        - en: "A coup de grace: quick."
    en:
      terms: [coup, junta*: 2.5]
      not: [coup de grace]
    fr: {terms: [coup de force: 2]}
"""


def load(directory: Path, text: str) -> TopicRules:
    (directory / "topics").mkdir(exist_ok=True)
    (directory / "topics" / "own.yaml").write_text(text)
    return load_topics(directory)


def refusal(directory: Path, text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        load(directory, text)
    return str(refused.value)


def test_terms_weights_and_examples_are_read(tmp_path: Path) -> None:
    rule = load(tmp_path, RIGHT).rules["medtop:20000070"]
    assert [(term.text, term.weight) for term in rule.terms["en"]] == [
        ("coup", 1.0),
        ("junta*", 2.5),
        ("coup de grace", 0.0),
    ]
    assert [(each.language, each.matches) for each in rule.examples] == [
        ("en", True),
        ("fr", True),
        ("en", False),
    ]


def test_own_rules_stand_instead_of_the_shipped_ones(tmp_path: Path) -> None:
    assert list(load(tmp_path, RIGHT).rules) == ["medtop:20000070"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("medtop:20000070", "medtop:99", 'own.yaml:3:11: topics[0].code: "medtop:99" is no Media Topic'),
        ("medtop:20000070", "medtop:20000030", "retired"),
        ("coup d'etat", "riot", 'topics[0].name: should be "coup d\'etat"'),
        ("junta*: 2.5", "junta*: 9", "should be a number over 0, and at most 5"),
        ("junta*: 2.5", "junta*: strong", "should be a number"),
        ("[coup,", "[c*,", 'own.yaml:12:15: topics[0].en.terms[0]: "c*": a * needs at least 3 letters'),
        ("[coup,", "[junta*,", '"junta*" stands here twice'),
        ("not: [coup de grace]", "nots: [coup de grace]", 'unknown key (did you mean "not"?)'),
        ("not: [coup de grace]", "not: [coup: 2]", "should be a term"),
        ("{terms: [coup de force: 2]}", "coup de force", "should be a mapping"),
        ("[coup, junta*: 2.5]", "coup", "should be a list"),
        ("- en: Officers staged a coup.", "- de: Ein Putsch.", "unknown key"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in RIGHT
    assert words in refusal(tmp_path, RIGHT.replace(old, new, 1))


def test_a_topic_without_terms_is_refused(tmp_path: Path) -> None:
    text = "topics:\n  - {code: 'medtop:20000069', name: riot}\n"
    assert "has no terms" in refusal(tmp_path, text)


def test_a_topic_stands_in_one_place(tmp_path: Path) -> None:
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "first.yaml").write_text(RIGHT)
    assert "has rules already" in refusal(tmp_path, RIGHT)


def test_everything_wrong_in_all_files_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "first.yaml").write_text(RIGHT.replace("coup d'etat", "riot"))
    told = refusal(tmp_path, RIGHT.replace("medtop:20000070", "medtop:1").replace("2.5", "-1"))
    assert "first.yaml:4" in told
    assert "own.yaml:3" in told
    assert "own.yaml:12" in told
