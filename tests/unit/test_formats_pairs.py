"""Each file of tests/data/formats reads as the JSON beside it says. A new oddity is a new pair."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.codec import from_json, to_json
from pipeline.errors import ParseError
from pipeline.formats.detect import read
from pipeline.model import Parsed

PAIRS = Path(__file__).parents[1] / "data" / "formats"
INPUTS = sorted(path for path in PAIRS.iterdir() if not path.name.endswith(".expected.json"))


def outcome(body: bytes) -> dict[str, Any]:
    """Say what reading gives, without what is empty."""
    try:
        parsed = read(body, name="https://feeds.example/dir/feed")
    except ParseError as error:
        return {"error": error.reason, "detail": error.detail}
    told: dict[str, Any] = json.loads(to_json(parsed))
    del told["published"], told["pace"]  # see test_formats_pace
    for listed in ("entries", "problems"):
        told[listed] = [{key: value for key, value in part.items() if value} for part in told[listed]]
    return told


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_reads_as_expected(path: Path) -> None:
    expected = path.with_suffix(".expected.json").read_text(encoding="utf-8")
    assert outcome(path.read_bytes()) == json.loads(expected)


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_what_is_read_survives_json(path: Path) -> None:
    try:
        parsed = read(path.read_bytes(), name=str(path))
    except ParseError:
        return
    assert from_json(to_json(parsed), Parsed) == parsed
