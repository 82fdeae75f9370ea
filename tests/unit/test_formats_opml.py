"""OPML lists: folders become tags, and nothing hostile is obeyed."""

import time
from pathlib import Path

import pytest

from pipeline.errors import ParseError
from pipeline.formats.opml import Outline, read_opml, write_opml

SHARED = Path(__file__).parents[3] / "shared" / "data" / "feeds" / "opml"

LIST = b"""<?xml version="1.0" encoding="ISO-8859-1"?>
<opml version="1.0"><head><title>Mine</title></head><body>
  <outline text="Top" xmlUrl="https://top.example/rss"/>
  <outline text="World">
    <outline title="Africa" text="ignored">
      <outline text="Caf\xe9 &amp; Co" type="rss" XMLURL=" https://cafe.example/rss?a=1&b=2 "/>
    </outline>
    <outline text="no feed, no folder"/>
    <outline text="World"><outline xmlUrl="https://again.example/"/></outline>
  </outline>
</body></opml>"""


def test_folders_become_tags() -> None:
    assert read_opml(LIST) == [
        Outline(url="https://top.example/rss", title="Top"),
        Outline(url="https://cafe.example/rss?a=1&b=2", title="Caf\xe9 & Co", tags=("World", "Africa")),
        Outline(url="https://again.example/", tags=("World",)),
    ]


def test_what_is_written_is_read_back() -> None:
    outlines = [
        Outline(url="https://a.example/?x=1&y=<2>", title='A "quoted" & <b>', tags=("World", "a/b, c")),
        Outline(url="https://b.example/", title="B", tags=("World",)),
        Outline(url="https://c.example/", title="C\x00\x1b\ud800"),
    ]
    back = {each.url: each for each in read_opml(write_opml(outlines, "T"))}
    assert back["https://a.example/?x=1&y=<2>"] == outlines[0]
    assert back["https://b.example/"] == outlines[1]
    assert back["https://c.example/"].title == "C\ufffd\ufffd\ufffd"


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("feed://a.example/rss", "http://a.example/rss"),
        ("FEED:https://a.example/rss", "https://a.example/rss"),
        ("feed:nothing", "feed:nothing"),
    ],
)
def test_a_feed_of_a_browser_is_one_of_the_web(url: str, meant: str) -> None:
    body = f"<OPML><HEAD/><BODY><OUTLINE XMLURL='{url}'/></BODY></OPML>".encode()
    assert [each.url for each in read_opml(body)] == [meant]


def test_a_list_that_is_no_xml_is_read_all_the_same() -> None:
    broken = LIST.replace(b'text="World"', b'text="The "old" World"').decode("latin-1").encode()
    assert [each.url for each in read_opml(broken)] == [each.url for each in read_opml(LIST)]
    assert read_opml(broken)[1].tags == ("The", "Africa")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<rss/>",
        b"<opml><body>",
        b'<!DOCTYPE opml [<!ENTITY a "b">' * 2 + b"<opml/>",
        b"<opml><body>" + b"<outline text='x'>" * 300 + b"</outline>" * 300 + b"</body></opml>",
        b"<opml><body>" + b"<outline xmlUrl='https://a.example/'/>" * 20_001 + b"</body></opml>",
    ],
    ids=["empty", "another format", "cut", "two DTDs", "too deep", "too many"],
)
def test_what_is_no_list_is_refused(body: bytes) -> None:
    began = time.process_time()
    with pytest.raises(ParseError):
        read_opml(body)
    assert time.process_time() - began < 2


def test_h3_no_entity_is_looked_at() -> None:
    item = b'<opml><body><outline text="%s" xmlUrl="https://a.example/"/></body></opml>'
    file = b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + item % b"&x;"
    bomb = b'<!DOCTYPE opml [<!ENTITY a "' + b"A" * 50_000 + b'">]>' + item % (b"&a;" * 20_000)
    lists = [file, bomb]
    for body in lists:
        try:
            found = read_opml(body)
        except ParseError:
            continue
        assert "root:" not in (found[0].title or "")
        assert len(found[0].title or "") < 200_000


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collected lists are not part of the repository")
def test_collected_lists_are_read() -> None:
    lists = sorted(SHARED.glob("*.opml"))
    assert lists
    for path in lists:
        assert read_opml(path.read_bytes()), path.name
