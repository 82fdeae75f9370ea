"""`newswire tags test`, by the installed command."""

from pathlib import Path

from running import run

RULES = """
topics:
  - code: medtop:20000069
    name: riot
    examples:
      match:
        - en: Rioters threw stones.
        - fr: Des pillards ont saccagé la rue.
      not:
        - en: A riot of colour in the riot garden.
    en: {terms: [riot*: 2]}
    fr: {terms: [émeute*: 2]}
"""


def test_the_shipped_rules_pass_their_examples(tmp_path: Path) -> None:
    done = run("tags", "test", data=tmp_path)
    assert done.returncode == 0, done.stdout
    assert " 0 failed" in done.stdout


def test_one_topic_can_be_tested_alone(tmp_path: Path) -> None:
    done = run("tags", "test", "--topic", "medtop:20000056", data=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("1 topics, 6 examples, 0 failed")


def test_failures_are_shown_with_text_and_reason_and_end_with_1(tmp_path: Path) -> None:
    config = tmp_path / "config"
    (config / "topics").mkdir(parents=True)
    (config / "topics" / "own.yaml").write_text(RULES)
    (config / "beats.yaml").write_text("beats: []\n")
    done = run("tags", "test", data=tmp_path, config=config)
    assert done.returncode == 1
    assert "fr: Des pillards ont saccagé la rue." in done.stdout
    assert "should match, and does not; found: nothing" in done.stdout
    assert "en: A riot of colour in the riot garden." in done.stdout
    assert "should not match, and does with 0." in done.stdout
    assert 'term "riot*" of riot' in done.stdout
    assert "3 examples, 2 failed" in done.stdout


def test_rules_that_are_wrong_end_with_2(tmp_path: Path) -> None:
    config = tmp_path / "config"
    (config / "topics").mkdir(parents=True)
    (config / "topics" / "own.yaml").write_text(RULES.replace("name: riot", "name: row"))
    done = run("tags", "test", data=tmp_path, config=config)
    assert done.returncode == 2
    assert 'own.yaml:4:11: topics[0].name: should be "riot"' in done.stderr


def test_a_topic_without_rules_is_told(tmp_path: Path) -> None:
    done = run("tags", "test", "--topic", "medtop:20000030", data=tmp_path)
    assert done.returncode == 1
    assert "has no rules" in done.stderr
