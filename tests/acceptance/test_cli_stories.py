"""The shipped samples through the installed command: each event comes out as one story."""

import json
import subprocess
from pathlib import Path

import pytest

from running import command, marked

SAMPLES = Path(__file__).parents[2] / "config" / "samples"


def _newswire(data: Path, *words: str) -> str:
    env = marked(data)
    whole = [*command(env), *words, "--data", str(data)]
    done = subprocess.run(whole, capture_output=True, text=True, check=True, timeout=240, env=env)
    return done.stdout


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the samples."""
    path = tmp_path_factory.mktemp("stories")
    _newswire(path, "import", "--wait", str(SAMPLES))
    return path


def _members(data: Path, *words: str) -> list[set[str]]:
    listed = [json.loads(line) for line in _newswire(data, "stories", "--json", *words).splitlines()]
    shown = [json.loads(_newswire(data, "show", "--story", each["id"], "--json")) for each in listed]
    return [{each["headline"] or each["lead"] for each in story["members"]} for story in shown]


def test_each_event_of_the_samples_is_one_story(data: Path) -> None:
    stories = _members(data)
    beginnings = {frozenset(each[:24] for each in story) for story in stories}
    assert beginnings == {
        frozenset({"Rail strike to halt a th"}),
        frozenset({"Ruritania's lake towns v", "Les villes du lac se pro"}),
        frozenset({"Afghan security forces h", "Les forces de sécurité a"}),
        frozenset({"إعادة فتح الميناء القديم", "El viejo puerto reabre t"}),
        frozenset({"Strong quake shakes Ande", "Strong earthquake shakes", "Un fuerte sismo sacude u"}),
        frozenset({"Leuchtturm von Sandhörn "}),
        frozenset({"Cheese fair dated in the"}),
    }


def test_stories_are_found_by_words_and_beat_and_documents_by_story(data: Path) -> None:
    (story,) = (json.loads(line) for line in _newswire(data, "stories", "--json", "sismo").splitlines())
    assert story["documents"] == 3
    assert set(story["languages"]) == {"en", "es"}
    found = _newswire(data, "search", "--json", f"story:{story['id']}").splitlines()
    assert {json.loads(line)["story_id"] for line in found} == {story["id"]}
    assert len(found) == 3
    assert _newswire(data, "stories", "--beat", "afghanistan-security").count("\n") == 1


def test_a_document_says_what_it_shares_with_others_of_its_story(data: Path) -> None:
    (line,) = _newswire(data, "search", "--json", "lang:fr", "Kandahar").splitlines()
    links = [each for each in json.loads(line)["relations"] if each["kind"] == "same-story"]
    assert {"name", "place"} <= {each["why"].split()[0] for link in links for each in link["evidence"]}
