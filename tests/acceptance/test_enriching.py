"""Regions, topics, beats, people and organisations of one event: by `inspect`, and through the service."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.model import QueueName
from running import Service, command, empty_queue, exported, run, wait_for, write_config

ROOT = Path(__file__).parents[2]
SEED = ROOT.parent / "shared" / "seed"
SHAPE = {language: ROOT / "tests" / "data" / "tag" / f"shape-{language}.txt" for language in ("fr", "en")}
SCHEMA = ROOT / "tests" / "data" / "ninjs" / "ninjs-schema_3.1.json"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_config(tmp_path_factory.mktemp("config"), ner=True)


@pytest.fixture(scope="module")
def enriched(tmp_path_factory: pytest.TempPathFactory, config: Path) -> Path:
    """A data directory with both stories of the seed's shape, enriched."""
    data = tmp_path_factory.mktemp("data")
    result = run("import", *map(str, SHAPE.values()), "--wait", data=data, config=config, timeout=110)
    assert (result.returncode, "to be enriched" in result.stderr) == (0, False), result.stderr
    return data


def inspect(*paths: object, config: Path) -> list[dict[str, Any]]:
    words = [*command(), "inspect", *map(str, paths), "--config", str(config)]
    done = subprocess.run(words, capture_output=True, timeout=110, check=True)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def text_of(document: dict[str, Any]) -> str:
    return "\n\n".join(part for part in (document["headline"], document["body_text"]) if part is not None)


def check_offsets(document: dict[str, Any]) -> None:
    """Check that evidence and mentions cut out exactly their text."""
    fields = {"text": text_of(document), "dateline": document["dateline"]["text"]}
    spans = [span for kind in ("regions", "topics") for tag in document[kind] for span in tag["evidence"]]
    spans += [
        each for kind in ("people", "organisations") for tag in document[kind] for each in tag["mentions"]
    ]
    spans += document["places"]
    located = [span for span in spans if span["start"] is not None]
    assert located
    for span in located:
        assert fields[span["field"]][span["start"] : span["end"]] == span["text"]


def shape(document: dict[str, Any]) -> dict[str, Any]:
    """Give what must be the same in every language."""
    return {
        "place": document["dateline"]["place"]["geonames"],
        "regions": [(region["code"], region["roles"]) for region in document["regions"]],
        "best topics": {topic["code"] for topic in document["topics"][:2]},
        "beats": [beat["id"] for beat in document["beats"]],
        "organisations": [each["name"] for each in document["organisations"]],
    }


AFGHANISTAN = {
    "place": 1138958,
    "regions": [("AF", ["dateline", "subject"]), ("US", ["subject"]), ("QA", ["mention"])],
    "best topics": {"medtop:20000056", "medtop:16000000"},
    "beats": ["afghanistan-security"],
    "organisations": ["Taliban"],
}


@pytest.fixture(scope="module")
def inspected(config: Path) -> list[dict[str, Any]]:
    """Both stories of the seed's shape, and the seed where it is there, looked at once: models load long."""
    return inspect(*SHAPE.values(), *SEED.glob("*.txt"), config=config)


@pytest.mark.skipif(not SEED.is_dir(), reason="the seed story is not beside this repository")
def test_the_seed(inspected: list[dict[str, Any]]) -> None:
    _, _, document = inspected

    assert shape(document) == AFGHANISTAN
    assert document["dateline"]["place"]["country"] == "AF"
    people = {each["name"]: [mention["text"] for mention in each["mentions"]] for each in document["people"]}
    assert people == {"Joe Biden": ["Joe Biden"], "Kenneth McKenzie": ["Kenneth McKenzie"] * 3}
    assert not any("taliban" in place["text"].lower() for place in document["places"])
    check_offsets(document)


def test_stories_of_the_seeds_shape_get_the_same_in_both_languages(inspected: list[dict[str, Any]]) -> None:
    french, english, *_ = inspected

    assert (french["language"], english["language"]) == ("fr", "en")
    for document in (french, english):
        assert shape(document) == AFGHANISTAN
        mentions = {each["name"]: [one["text"] for one in each["mentions"]] for each in document["people"]}
        assert mentions == {
            "Walter Exemple": ["Walter Exemple", "Exemple"],
            "Norman Modelski": ["Norman Modelski", "Norman Modelski", "Modelski"],
        }
        check_offsets(document)


def test_without_models_the_known_bodies_are_there(tmp_path: Path) -> None:
    off = write_config(tmp_path / "off", ner=False)
    french, english = inspect(*SHAPE.values(), config=off)

    for document in (french, english):
        assert shape(document) == AFGHANISTAN
        assert document["people"] == []


def test_stored_documents_get_their_people_and_stay_the_same_version(enriched: Path, config: Path) -> None:
    documents = exported(enriched, config)

    assert [document["version"] for document in documents] == [1, 1]
    for document in documents:
        assert [each["name"] for each in document["people"]] == ["Walter Exemple", "Norman Modelski"]


@pytest.mark.parametrize("query", ["person:modelski", 'person:"NORMAN MODELSKI"', "org:taliban"])
def test_people_and_organisations_are_searched_for(query: str, enriched: Path, config: Path) -> None:
    found = run("search", query, data=enriched, config=config)
    others = run("search", f"-{query}", data=enriched, config=config)

    assert len(found.stdout.splitlines()) == 2
    assert others.stdout == ""


def test_explain_says_why(enriched: Path, config: Path) -> None:
    document = exported(enriched, config)[0]
    words = run("explain", document["id"][:10], data=enriched, config=config)
    told = json.loads(run("explain", document["id"], "--json", data=enriched, config=config).stdout)

    assert words.returncode == 0, words.stderr
    for part in (
        "region AF Afghanistan",
        "(dateline, subject)",
        "beat afghanistan-security",
        "[Norman Modelski]",
    ):
        assert part in words.stdout
    assert [region["code"] for region in told["regions"]] == ["AF", "US", "QA"]
    assert told["topics"][0]["evidence"]
    assert {each["field"] for each in told["beats"][0]["evidence"]} == {"regions", "topics"}
    mention = told["people"][0]["evidence"][0]
    assert mention["text"] == "Walter Exemple"
    assert "[Walter Exemple]" in mention["context"]
    # The fixture holds the story in two languages.
    assert [each["kind"] for each in told["relations"]] == ["same-story"]


def test_explain_of_nothing_says_so(enriched: Path, config: Path) -> None:
    result = run("explain", "0123456789", data=enriched, config=config)

    assert (result.returncode, result.stdout) == (1, "")
    assert "no document" in result.stderr


def test_the_ninjs_of_a_document_with_people_is_valid(enriched: Path, config: Path, tmp_path: Path) -> None:
    line, *_ = run("export", "--format", "ninjs", data=enriched, config=config).stdout.splitlines()
    (tmp_path / "one.json").write_text(line)
    check = Path(sys.executable).with_name("check-jsonschema")
    verdict = subprocess.run(
        [check, "--schemafile", SCHEMA, tmp_path / "one.json"], capture_output=True, text=True, check=False
    )

    assert verdict.returncode == 0, verdict.stdout
    names = {kind: [each["name"] for each in json.loads(line)[kind]] for kind in ("people", "organisations")}
    assert names == {"people": ["Walter Exemple", "Norman Modelski"], "organisations": ["Taliban"]}


def test_what_a_service_without_workers_left_is_enriched_by_the_next(tmp_path: Path) -> None:
    """The queue is gone with the first service; what is to be enriched stands in the store."""
    data = tmp_path / "data"
    nobody = write_config(tmp_path / "nobody", ner=True, workers={"enrich": 0})
    assert run("import", str(SHAPE["en"]), "--wait", data=data, config=nobody).returncode == 0
    assert exported(data, nobody)[0]["people"] == []
    empty_queue(data)
    with Service(data, write_config(tmp_path / "somebody", ner=True)) as service:
        wait_for(lambda: exported(data, nobody)[0]["people"], seconds=100, every=1)
        queues = {queue["queue"]: queue for queue in service.status()["queues"]}
        assert queues[QueueName.ENRICH]["waiting"] == 0
        service.stop()
