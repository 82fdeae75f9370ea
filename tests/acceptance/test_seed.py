"""`newswire inspect` on files: the seed, a story of its shape, the samples, bad input."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from running import PATIENCE, command

ROOT = Path(__file__).parents[2]
SHAPE = ROOT / "tests" / "data" / "normalise" / "seed-shape.txt"
SEED = ROOT.parent / "shared" / "seed"
SAMPLES = ROOT / "config" / "samples"


#: people and organisations are looked at in test_enriching.py: their models take seconds to load
ENV = {**os.environ, "NEWSWIRE_NER": "false"}


def inspect(*paths: object, stdin: bytes = b"") -> tuple[list[dict[str, Any]], list[str], int]:
    words = [*command(), "inspect", *map(str, paths)]
    done = subprocess.run(
        words, input=stdin, env=ENV, capture_output=True, timeout=60 * PATIENCE, check=False
    )
    assert b"Traceback" not in done.stderr
    lines = done.stdout.decode().splitlines()
    return [json.loads(line) for line in lines], done.stderr.decode().splitlines(), done.returncode


def test_a_story_of_the_seeds_shape() -> None:
    (document,), errors, status = inspect(SHAPE)
    assert (errors, status) == ([], 0)
    assert (document["language"], document["headline"]) == ("fr", None)
    assert document["dateline"] == {
        "text": "MELONVILLE, 25 juillet (Presse Hindou-Kouch) -",
        "city": "Melonville",
        "date": "2031-07-25",
        "agency": "Presse Hindou-Kouch",
        "place": None,
    }
    assert document["provider"] == "Presse Hindou-Kouch"
    assert document["body_text"].startswith("Les jardiniers continueront")
    assert document["body_text"].endswith("peuplés.")
    assert len(document["body_text"].split("\n\n")) == 8
    assert (document["credit"]["bureau"], document["credit"]["translator"]) == ("Melonville", "Jean Modèle")
    assert (document["version"], document["relations"], document["story_id"]) == (1, [], None)
    assert (document["received"], document["stored"]) == (None, None)


@pytest.mark.skipif(not SEED.is_dir(), reason="the seed story is not beside this repository")
def test_the_seed() -> None:
    (document,), errors, status = inspect(*sorted(SEED.glob("*.txt")))
    assert (errors, status) == ([], 0)
    assert (document["language"], document["headline"]) == ("fr", None)
    dateline = document["dateline"]
    assert (dateline["city"], dateline["date"], dateline["agency"]) == ("Kaboul", "2021-07-25", "Reuters")
    assert document["provider"] == "Reuters"
    assert document["body_text"].startswith("Les Etats-Unis continueront")
    assert document["body_text"].endswith("peuplés.")
    assert len(document["body_text"].split("\n\n")) == 8
    assert "KABOUL" not in document["body_text"]
    assert "Reportage" not in document["body_text"]
    assert "2021-07" not in document["body_text"]
    assert (document["credit"]["bureau"], document["credit"]["translator"]) == ("Kaboul", "Benjamin Mallet")


def test_a_copy_under_another_name_is_the_same_document(tmp_path: Path) -> None:
    copy = tmp_path / "another name.txt"
    copy.write_bytes(SHAPE.read_bytes())
    first, second = inspect(SHAPE, copy)[0]
    assert first == second


def test_the_samples_show_what_they_are_for() -> None:
    documents, errors, status = inspect(SAMPLES)
    assert (errors, status) == ([], 0)
    assert 10 <= len(documents) <= 14
    assert {document["language"] for document in documents} >= {"en", "fr", "es", "de", "ar"}
    assert {document["format"] for document in documents} >= {"text", "jsonl", "rss", "atom", "jsonfeed"}
    assert {document["signal"] for document in documents} >= {"update", "correction"}
    assert "unknown" not in {document["provider"] for document in documents}
    by_uri: dict[str, list[dict[str, Any]]] = {}
    for document in documents:
        by_uri.setdefault(document["uri"], []).append(document)
    assert sorted(len(versions) for versions in by_uri.values())[-2:] == [2, 2]
    assert any("future" in (document["date_note"] or "") for document in documents)
    assert not any("Invented" in document["body_text"] for document in documents), "ABOUT.md is no story"


def test_documents_come_in_the_order_of_the_input() -> None:
    lines = b"".join(b'{"id": "%d", "text": "Story %d"}\n' % (n, n) for n in range(20))
    documents, _, _ = inspect(SHAPE, "-", stdin=lines)
    assert [document["guid"] for document in documents] == [None, *map(str, range(20))]


def test_one_bad_line_never_stops_the_others(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(
        '{"id": "1", "text": "One."}\n{"id": "2"\n'
        '{"id": "3", "text": "\\u200b"}\n{"id": "4", "text": "Four."}\n'
    )
    documents, errors, status = inspect(file, tmp_path / "missing.txt", SHAPE)
    assert [document["guid"] for document in documents] == ["1", "4", None]
    assert status == 1
    assert any(f"{file}: line 2: " in line for line in errors)
    assert any(f"{file}: entry 2: neither text nor headline" in line for line in errors)
    assert any("missing.txt cannot be read" in line for line in errors)
    assert len(errors) == 3


def test_hostile_text_never_reaches_a_terminal_raw(tmp_path: Path) -> None:
    file = tmp_path / "bad\x1b[31m.jsonl"
    record = {"id": "g\x9b31m\u202e", "text": "One\x1b]0;x\x07 two\x9b31m", "headline": "\x1b[2Jh"}
    file.write_text(json.dumps(record, ensure_ascii=False) + "\n{bad\n")
    done = subprocess.run(
        [*command(), "inspect", file], env=ENV, capture_output=True, timeout=60 * PATIENCE, check=False
    )
    for text in (done.stdout.decode(), done.stderr.decode()):
        assert not any(
            ord(each) < 32 or 0x7F <= ord(each) < 0xA0 or each == "\u202e" for each in text.replace("\n", "")
        )
    assert json.loads(done.stdout)["body_text"]


def test_lines_are_counted_in_the_whole_of_a_large_file(tmp_path: Path) -> None:
    file = tmp_path / "large.jsonl"
    good = b'{"id": "1", "text": "%s"}\n' % (b"word " * 20_000)
    file.write_bytes(good * 45 + b'{"id": \n')
    documents, errors, status = inspect(file)
    assert (len(documents), status) == (45, 1)
    assert [line for line in errors if "line 46: " in line] == errors
