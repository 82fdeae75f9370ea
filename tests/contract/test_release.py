"""What is in quarantine is read again as what it came as, over every store."""

import pytest

from pipeline.care import Released, release
from pipeline.errors import ParseError, Reason
from pipeline.formats import detect
from pipeline.model import Parsed, Problem
from pipeline.ports.store import Store
from store_builders import NOON, poll, take_in_polls

CUT_FEED = b"<rss><channel><item><title>Whole</title></item><item><title>Cut off</title><descr"


def read(body: bytes, name: str) -> Parsed:
    return detect.read(body, name=name)


def broken(store: Store, where: str, body: bytes) -> int:
    """Put bytes that are no entry into quarantine; returns their id there."""
    problem = Problem(reason=Reason.BAD_RECORD, detail="as it was", where=where, body=body)
    take_in_polls(store, poll(problems=(problem,)))
    return store.quarantine_list(1)[0].id


@pytest.mark.parametrize(
    ("where", "body", "cause"),
    [
        ("line 3", b"not json at all", "no valid JSON"),
        ("line 3", b"<rss><channel><item><title>x</title></item></channel></rss>", "no valid JSON"),
        ("line 3", b'{"id": "a"}', 'neither "text" nor "html"'),
        ("member 2, line 3", b"not json at all", "no valid JSON"),
        ("part 2, entry 2", CUT_FEED, "the document ends inside this item"),
        ("entry 2", b'"just words"', "as it was"),
        ("entry 2", b'{"id": "a", "text": "x", "title": {}}', "as it was"),
        ("entry 2", CUT_FEED, "the document ends inside this item"),
    ],
)
def test_what_is_still_broken_stays_with_its_cause(store: Store, where: str, body: bytes, cause: str) -> None:
    row = broken(store, where, body)
    released = release(store, [row], NOON, read=read)
    assert released.entries == 0
    ((id_, said),) = released.still_bad
    assert id_ == row
    assert cause in said
    assert [each.id for each in store.quarantine_list()] == [row]


def test_a_line_that_can_be_read_now_is_taken_in(store: Store) -> None:
    row = broken(store, "line 3", b'{"id": "a", "text": "The ferry is late."}')
    assert release(store, [row], NOON, read=read) == Released(entries=1)
    assert store.quarantine_list() == []


def test_a_feed_that_came_whole_is_taken_in(store: Store) -> None:
    row = broken(store, "entry 2", CUT_FEED + b"iption>x</description></item></channel></rss>")
    assert release(store, [row], NOON, read=read) == Released(entries=2)


def test_bytes_are_read_as_no_other_format_than_expected() -> None:
    with pytest.raises(ParseError, match="this reads as text; it came as rss"):
        detect.read(b"Plain words", name="f", expect="rss")
    assert detect.read(b"<rss><item><title>x</title></item></rss>", name="f", expect="rss").format == "rss"
