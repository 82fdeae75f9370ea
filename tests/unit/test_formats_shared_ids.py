"""Ids that a feed gives to several items name none of them."""

import pytest

from fakes import rss
from pipeline.formats.detect import read
from pipeline.formats.shared_ids import with_shared_ids
from pipeline.model import Entry


def entry(guid: str | None, headline: str | None = "A", url: str | None = None, text: str = "T") -> Entry:
    return Entry(format="rss", guid=guid, headline=headline, url=url, text=text)


def shared(*entries: Entry) -> list[tuple[str, ...]]:
    return [each.shared_ids for each in with_shared_ids(entries)]


A, B = "https://example.com/a", "https://example.com/b"


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param([entry("1"), entry("2")], [(), ()], id="each its own"),
        pytest.param([entry("1", url=A), entry("1", url=B)], [("guid",)] * 2, id="two addresses"),
        pytest.param([entry("1", "A", A), entry("1", "B", A)], [(), ()], id="versions at one address"),
        pytest.param([entry("1", "A"), entry("1", "B")], [("guid",)] * 2, id="two headlines, no address"),
        pytest.param([entry("1", "A  b"), entry("1", "a B")], [(), ()], id="one headline"),
        pytest.param([entry("1", None), entry("1", None, text="U")], [("guid",)] * 2, id="two texts"),
        pytest.param(
            [entry("1", "A", "https://example.com/"), entry("1", "B", "https://example.com/")],
            [("guid", "url")] * 2,
            id="the front page is nobody's address",
        ),
        pytest.param([entry(None, "A", A), entry(None, "B", A)], [("url",)] * 2, id="two headlines"),
        pytest.param([entry(None, "A", A), entry(None, "a", A)], [(), ()], id="the same headline"),
        pytest.param([entry("x", "A", A), entry("y", "B", A)], [(), ()], id="the guid tells"),
        pytest.param(
            [entry("0", "A", A), entry("0", "B", A), entry("0", "C", B)],
            [("guid", "url"), ("guid", "url"), ("guid",)],
            id="neither guid nor address",
        ),
    ],
)
def test_an_id_of_several_stories_is_noted(entries: list[Entry], expected: list[tuple[str, ...]]) -> None:
    assert shared(*entries) == expected


def test_a_feed_with_one_guid_for_all_is_read_so() -> None:
    body = rss("x").replace(b"</channel>", b"<item><guid>x</guid><title>Other</title></item></channel>")
    assert [each.shared_ids for each in read(body, name="f").entries] == [("guid",), ("guid",)]


def test_records_of_a_file_may_be_versions() -> None:
    lines = b'{"id": "1", "headline": "A", "text": "t"}\n{"id": "1", "headline": "B", "text": "u"}\n'
    assert [each.shared_ids for each in read(lines, name="f").entries] == [(), ()]
