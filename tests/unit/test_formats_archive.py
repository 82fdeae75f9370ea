"""Archives: limits that no claim of theirs gets around, and what is in them."""

import contextlib
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable

import pytest

from pipeline.errors import ParseError, Reason
from pipeline.formats import archive
from pipeline.formats.detect import read

STORY = b"QUILLPORT, Feb 3 (Harbour) - Ferry crews went back to work on Tuesday.\n"
FEED = b"<rss version='2.0'><channel><item><title>Ferries</title></item></channel></rss>"


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in members:
            file.writestr(name, body)
    return buffer.getvalue()


def test_a_zip_may_hold_many_formats() -> None:
    parsed = read(zipped(("a.txt", STORY), ("b.xml", FEED), ("c.gz.txt", STORY)), name="wire.zip")
    assert [each.format for each in parsed.entries] == ["text", "rss", "text"]
    assert parsed.problems == ()


def test_what_gzip_holds_is_read_as_what_it_is() -> None:
    assert read(gzip.compress(FEED), name="feed.gz") == read(FEED, name="feed.gz")


def test_zeros_behind_gzip_are_padding() -> None:
    assert read(gzip.compress(STORY) + bytes(512), name="a.gz").entries[0].text == STORY.decode()


@pytest.mark.parametrize(
    "pack", [lambda: gzip.compress(bytes(400_000_000), 9), lambda: gzip.compress(b" ") * 2_001]
)
def test_a_gzip_bomb_is_stopped(pack: Callable[[], bytes]) -> None:
    with pytest.raises(ParseError) as caught:
        read(pack(), name="bomb.gz")
    assert caught.value.reason is Reason.PARSE_LIMIT


def test_a_member_that_grows_too_much_is_a_problem_and_the_others_go_on() -> None:
    parsed = read(zipped(("bomb", bytes(archive.MAX_MEMBER_BYTES + 1)), ("a.txt", STORY)), name="a.zip")
    assert [each.reason for each in parsed.problems] == [Reason.PARSE_LIMIT]
    assert len(parsed.entries) == 1


def test_a_member_cannot_lie_about_its_size() -> None:
    body = bytearray(zipped(("bomb", bytes(3_000_000))))
    size = (3_000_000).to_bytes(4, "little")
    while (at := body.find(size)) >= 0:
        body[at : at + 4] = (100).to_bytes(4, "little")
    (problem,) = read(bytes(body), name="a.zip").problems
    assert problem.reason in {Reason.PARSE_LIMIT, Reason.PARSE_FAILED}


def test_all_members_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 2 * len(STORY))
    parsed = read(zipped(*((f"{n}.txt", STORY) for n in range(4))), name="a.zip")
    assert len(parsed.entries) == 2
    assert len(parsed.problems) == 2


def test_too_many_members_are_refused() -> None:
    body = zipped(*((f"{n}", b"") for n in range(archive.MAX_MEMBERS + 1)))
    with pytest.raises(ParseError, match="more than 2,000 files"):
        read(body, name="a.zip")


def test_names_are_shown_and_never_obeyed() -> None:
    parsed = read(zipped(("../../etc/passwd\x1b[31m", b""), ("/b.txt", STORY)), name="a.zip")
    assert parsed.problems[0].detail.startswith(
        "../../etc/passwd\N{REPLACEMENT CHARACTER}[31m: this is empty"
    )
    assert len(parsed.entries) == 1


def test_an_archive_inside_an_archive_is_not_opened() -> None:
    inner = zipped(("a.txt", STORY))
    with pytest.raises(ParseError, match="zip archive"):
        read(gzip.compress(inner), name="a.gz")
    parsed = read(zipped(("inner.zip", inner), ("inner.gz", gzip.compress(STORY))), name="a.zip")
    assert parsed.entries == ()
    assert [each.reason for each in parsed.problems] == [Reason.UNKNOWN_FORMAT] * 2


@pytest.mark.parametrize("cut", range(1, 200, 7))
def test_a_damaged_archive_is_refused_or_read_in_part(cut: int) -> None:
    whole = zipped(("a.txt", STORY), ("b.xml", FEED))
    for body in (
        whole[:-cut],
        whole[:cut] + b"\xff" + whole[cut + 1 :],
        gzip.compress(STORY)[:-1] + bytes([cut]),
    ):
        with contextlib.suppress(ParseError):
            read(body, name="a.zip")


def test_gzip_inside_deflate_of_another_kind_is_damaged() -> None:
    with pytest.raises(ParseError, match="damaged"):
        read(b"\x1f\x8b\x08\x00" + bytes(6) + zlib.compress(STORY), name="a.gz")


def nameless(body: bytes) -> bytes:
    """Take the name, one letter, out of a zip with one member."""
    listed, end = body.find(b"PK\x01\x02"), body.find(b"PK\x05\x06")
    member = body[:26] + bytes(2) + body[28:30] + body[31:listed]
    entry = body[listed : listed + 28] + bytes(2) + body[listed + 30 : listed + 46] + body[listed + 47 : end]
    sizes = len(entry).to_bytes(4, "little") + len(member).to_bytes(4, "little")
    return member + entry + body[end : end + 12] + sizes + body[end + 20 :]


def test_a_member_without_a_name_is_read_as_any_other() -> None:
    assert len(read(nameless(zipped(("x", STORY))), name="a.zip").entries) == 1
