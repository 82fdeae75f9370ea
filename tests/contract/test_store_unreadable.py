"""Bodies that no format reads: one row a feed, whatever its server answers, and not for ever."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.errors import Reason
from pipeline.model import WHOLE_BODY, FeedState, Problem
from pipeline.ports.feeds import Poll, RawCopy
from pipeline.ports.store import Store
from store_builders import DAY, HARBOUR, HOUR, NOON, entry, feed, poll, sync_feeds, take_in, take_in_polls

KEEP = {"raw_days": 30, "change_days": 1000, "poll_count": 1000}


def unreadable(body: bytes, *, reason: Reason = Reason.NOT_A_FEED, **fields: Any) -> Poll:
    """Make what a poll leaves behind that brought something unreadable."""
    problem = Problem(reason=reason, detail=f"this is {body.decode()}", where=WHOLE_BODY)
    raw = RawCopy(body=body, media_type=None, location="https://harbour.example/rss")
    state = FeedState(feed_id=HARBOUR.id, failures=1, next_poll_at=NOON)
    return replace(poll(problems=(problem,), raw=raw), **{"state": state, **fields})


def test_a_page_that_differs_at_each_poll_is_one_row_with_the_newest_bytes(store: Store) -> None:
    for number in range(5):
        take_in_polls(store, unreadable(b"page %d" % number), now=NOON + number * HOUR)
    (row,) = store.quarantine_list()
    assert (row.attempts, row.detail, row.size_bytes) == (5, "this is page 4", 6)
    assert row.quarantined_at == NOON + 4 * HOUR
    shown = store.quarantine_show(row.id)
    assert shown is not None
    assert shown[1] == b"page 4"
    assert store.expire(NOON + 70 * DAY, **KEEP)["raw"] == 4
    assert store.check() == []


def test_two_pages_in_one_transaction_are_one_row(store: Store) -> None:
    take_in_polls(store, unreadable(b"page 1"), unreadable(b"page 2"))
    (row,) = store.quarantine_list()
    assert (row.attempts, row.detail) == (2, "this is page 2")


def test_each_feed_and_each_file_has_a_row_of_its_own(store: Store) -> None:
    sync_feeds(store, [HARBOUR, feed("other")], NOON)
    store.take_in([unreadable(b"a"), unreadable(b"a", feed_id="other")], NOON)
    files = [unreadable(b"file 1", state=None), unreadable(b"file 2", state=None)]
    store.take_in(files, NOON)
    assert len(store.quarantine_list()) == 4


def test_what_was_dropped_stays_out_of_sight_until_the_reason_is_another(store: Store) -> None:
    take_in_polls(store, unreadable(b"page 1"))
    store.quarantine_drop([store.quarantine_list()[0].id], NOON)
    take_in_polls(store, unreadable(b"page 2"))
    assert store.quarantine_list() == []
    take_in_polls(store, unreadable(b"binary", reason=Reason.UNKNOWN_FORMAT))
    (row,) = store.quarantine_list()
    assert (row.reason, row.attempts) == (Reason.UNKNOWN_FORMAT, 3)


@pytest.mark.parametrize("days", [30, 365])
def test_unreadable_bytes_go_when_they_are_old_and_entries_never_do(store: Store, days: int) -> None:
    from test_store_care import _refuse

    take_in(store, entry("ferry"))
    take_in_polls(store, unreadable(b"page"), unreadable(b"file", state=None))
    _refuse(store, "kill")
    late = NOON + days * DAY + HOUR
    assert store.expire(late - DAY, quarantine_days=days, **KEEP)["quarantine"] == 0
    assert store.expire(late, quarantine_days=days, **KEEP)["quarantine"] == 2
    (left,) = store.quarantine_list()
    assert left.entry_id is not None
    take_in_polls(store, unreadable(b"file", state=None))
    assert len(store.quarantine_list()) == 1
    assert store.check() == []
