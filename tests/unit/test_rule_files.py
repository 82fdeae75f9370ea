"""Every rule file of a configuration is checked, and a slip in it is refused with its place."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from workers.rules import check_rules


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("beats.yaml", "beats: 7\n", "beats.yaml:1:8: beats: should be a list"),
        ("entities.yaml", "organisations: [\n", "entities.yaml:2:1: not YAML"),
        ("entities.yaml", "entities:\n  - nmae: x\n", "entities.yaml:2:5: entities[0].name: is missing"),
        ("sendercodes.yaml", "regoins: {}\n", 'regoins: unknown key (did you mean "regions"?)'),
        ("sendercodes.yaml", "vocabularies: 7\n", "sendercodes.yaml:1:"),
        ("stories.yaml", "kindz: {}\n", "kindz: unknown key (known: kinds, countries"),
        ("stories.yaml", "numbers:\n  en: two three\n", "stories.yaml:2:"),
        ("topics/own.yaml", "topics: 5\n", "topics/own.yaml:1:"),
        ("regions/names.yaml", "nmaes: {}\n", 'names.yaml:1:1: nmaes: unknown key (did you mean "names"?)'),
        ("regions.yaml", "groupz: {}\n", 'regions.yaml:1:1: groupz: unknown key (did you mean "groups"?)'),
    ],
)
def test_a_slip_is_refused_with_its_place(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / "topics").mkdir()  # the shipped topics take a second to read
    (tmp_path / "beats.yaml").write_text("beats: []\n")
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        check_rules(tmp_path)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("beats:\n  - id: sea\n    colour: red\n", "    colour: red\n        ^"),
        ("beats:\n  - id: sea\n   name: [The sea\n", "name: [The sea\n"),
    ],
    ids=["an unknown key", "not YAML"],
)
def test_the_line_is_shown_whole_as_rules_hold_no_secrets(tmp_path: Path, text: str, shown: str) -> None:
    (tmp_path / "beats.yaml").write_text(text)
    (tmp_path / "topics").mkdir()
    with pytest.raises(ConfigError) as caught:
        check_rules(tmp_path)
    assert shown in str(caught.value)
    assert "^" in str(caught.value)
    assert "***" not in str(caught.value)
