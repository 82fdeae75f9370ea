"""Files that an operator names: what may be cut, and what must be read whole."""

import json
from pathlib import Path

import pytest

from pipeline.errors import FetchRefused
from pipeline.formats.detect import read
from pipeline.sources.files import PIECE_BYTES, FilePiece, deliveries

ITEMS = [
    {"id": str(number), "content_text": f"Story {number}. " + "word " * 400, "authors": [{"name": "A"}]}
    for number in range(1_300)
]
FEED = {"version": "https://jsonfeed.org/version/1.1", "title": "Wire", "items": ITEMS}


def given(path: Path, body: bytes, *, max_bytes: int = 10 * 2**20) -> list[FilePiece]:
    path.write_bytes(body)
    found = list(deliveries([str(path)], max_bytes=max_bytes))
    assert all(isinstance(each, FilePiece) for each in found)
    return [each for each in found if isinstance(each, FilePiece)]


@pytest.mark.parametrize("indent", [0, 1, None], ids=["line by line", "indented", "one line"])
def test_json_over_many_lines_is_read_whole(tmp_path: Path, indent: int | None) -> None:
    body = json.dumps(FEED, indent=indent).encode() + b"\n"
    assert len(body) > PIECE_BYTES
    (whole,) = given(tmp_path / "feed.json", body)
    parsed = read(whole.body, name=whole.name)
    assert (parsed.format, len(parsed.entries), parsed.problems) == ("jsonfeed", len(ITEMS), ())


def test_json_over_many_lines_that_is_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "feed.json").write_bytes(json.dumps(FEED, indent=1).encode())
    (refused,) = deliveries([str(tmp_path / "feed.json")], max_bytes=PIECE_BYTES + 1)
    assert isinstance(refused, FetchRefused)


@pytest.mark.parametrize(
    "first", [b"", b"\xef\xbb\xbf\n", b"{broken\n"], ids=["plain", "mark", "broken line"]
)
def test_json_lines_are_cut_at_line_ends(tmp_path: Path, first: bytes) -> None:
    lines = [json.dumps({"id": item["id"], "text": item["content_text"]}).encode() + b"\n" for item in ITEMS]
    pieces = given(tmp_path / "wire.jsonl", first + b"".join(lines), max_bytes=PIECE_BYTES)
    assert len(pieces) == 2
    assert b"".join(piece.body for piece in pieces) == first + b"".join(lines)
    assert all(piece.body.endswith(b"\n") for piece in pieces)
    assert pieces[1].first_line == pieces[0].body.count(b"\n") + 1
