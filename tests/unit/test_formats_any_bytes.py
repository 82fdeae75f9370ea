"""Whatever the bytes: reading gives clean entries or a ParseError, never anything else."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.target import NO_TEXT, texts_of
from pipeline.codec import from_json, to_json
from pipeline.errors import ParseError
from pipeline.formats.charset import decode
from pipeline.formats.controls import without_controls
from pipeline.formats.detect import read
from pipeline.model import Parsed

PAIRS = Path(__file__).parents[1] / "data" / "formats"
SEEDS = [path.read_bytes() for path in sorted(PAIRS.iterdir()) if not path.name.endswith(".expected.json")]
FRAGMENTS = [
    *(
        b"<",
        b">",
        b"&",
        b"]]>",
        b"<![CDATA[",
        b"<!--",
        b"-->",
        b"<item>",
        b"</item>",
        b"<author>a@b",
        b"<!DOCTYPE [",
    ),
    *(
        b"&#0;",
        b"&#xD800;",
        b"&#99999999;",
        b"&nbsp;",
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xe9",
        b"\x1b",
    ),
    *(
        b'xml:base="//["',
        b"<link/>",
        b'<link href="http://[">',
        b"<guid>",
        b"<title>",
        b"<content>",
        b"\n{",
        b"}",
    ),
    *(
        b"\x01",
        b"\x02",
        b"\x03",
        b"\x16\x16\x01a0001\x1f",
        b"^",
        b"=\n",
        b"<\n",
        b"\r\r\n",
        b"\t   ",
        b" =\n",
    ),
    *(
        b"From: a\n",
        b"Content-Type: multipart/mixed; boundary=x\n",
        b"--x\n",
        b"=?utf-8?q?=ff",
        b"=\n",
        b"-- \n",
    ),
    *(b'"uri":', b'"bodies":[', b"[[", b"1e999", b"PK\x03\x04", b"\x1f\x8b\x08", b'{"name":', b"null,"),
    *(
        b'encoding="utf-7"',
        b'<enclosure url="x"/>',
        b"<license/>",
        b"<image>",
        b"<source>",
        b"<textInput>",
        b'"',
    ),
]
RELAXED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Take a good file and splice fragments of others and of mark-up into it."""
    body = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 40)))
        body = body[:start] + draw(st.sampled_from(FRAGMENTS) | st.binary(max_size=6)) + body[end:]
    return body


def check(body: bytes) -> None:
    try:
        parsed = read(body, name="https://feeds.example/feed")
    except ParseError:
        return
    assert from_json(to_json(parsed), Parsed) == parsed
    for entry in parsed.entries:
        assert [text for text in texts_of(entry) if not text or NO_TEXT.search(text)] == []
        assert entry.url is None or entry.url.lower().startswith(("http://", "https://"))


@RELAXED
@given(damaged())
def test_h07_damaged_files_give_clean_entries_or_a_parse_error(body: bytes) -> None:
    check(body)


@RELAXED
@given(st.binary(max_size=300))
def test_h07_any_bytes_give_clean_entries_or_a_parse_error(body: bytes) -> None:
    check(body)


@RELAXED
@given(st.text(max_size=200))
def test_utf8_is_read_as_it_is(text: str) -> None:
    body = text.encode("utf-8", "ignore")
    if b"\x00" not in body and not text.startswith("\ufeff"):
        assert decode(body).text == body.decode()


@RELAXED
@given(st.text(max_size=200))
def test_taking_out_controls_twice_changes_nothing(text: str) -> None:
    once = without_controls(text)
    assert without_controls(once) == once
