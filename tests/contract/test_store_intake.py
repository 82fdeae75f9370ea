"""Contract of ports.FeedStore: taking in."""

import pytest

from pipeline.errors import Reason
from pipeline.model import Problem, QueueName
from pipeline.ports.feeds import RawCopy
from pipeline.ports.queue import EntryRef
from pipeline.ports.store import Store
from store_builders import HARBOUR, HOUR, NOON, entry, feed, poll, sync_feeds, take_in, take_in_polls


def test_new_entries_are_returned_in_order_with_their_queue(store: Store) -> None:
    fields = {"queue": QueueName.BACKFILL, "urgent": True}
    (taken,) = take_in_polls(store, poll(entry("a"), entry("b"), **fields))
    first, second = taken.new
    assert first.id < second.id
    assert first == EntryRef(id=first.id, queue=QueueName.BACKFILL, urgent=True)
    assert (taken.accepted, taken.found, store.backlog()) == (True, 2, 2)


def test_a_known_entry_is_not_new(store: Store) -> None:
    take_in(store, entry("a"))
    (taken,) = take_in_polls(store, poll(entry("a"), entry("b")))
    assert (taken.found, len(taken.new)) == (2, 1)


def test_a_changed_entry_is_new(store: Store) -> None:
    take_in(store, entry("a"))
    assert len(take_in(store, entry("a", text="Corrected copy."))) == 1


def test_an_entry_that_stands_twice_in_a_group_is_taken_once(store: Store) -> None:
    first, second = take_in_polls(store, poll(entry("a"), entry("a")), poll(entry("a")))
    assert (len(first.new), len(second.new)) == (1, 0)


def test_the_same_entry_of_another_feed_is_new(store: Store) -> None:
    sync_feeds(store, [HARBOUR, feed("other")], NOON)
    first, second = store.take_in([poll(entry("a")), poll(entry("a"), feed_id="other")], NOON)
    assert (len(first.new), len(second.new)) == (1, 1)


def test_each_delivery_of_a_file_is_new(store: Store) -> None:
    assert len(take_in(store, entry("a"), occurrence="monday")) == 1
    assert len(take_in(store, entry("a"), occurrence="tuesday")) == 1
    assert len(take_in(store, entry("a"), occurrence="monday")) == 0


def test_an_import_needs_no_configured_feed(store: Store) -> None:
    (taken,) = store.take_in([poll(entry("a"), feed_id="import")], NOON)
    (claimed,) = store.claim([taken.new[0].id], token="t", owner="o", now=NOON, lease=HOUR)
    assert (claimed.trust_provider, claimed.provider) == (True, None)


def test_a_poll_of_an_unknown_feed_is_refused_and_the_others_are_taken(store: Store) -> None:
    unknown, known = take_in_polls(store, poll(entry("a"), feed_id="nobody"), poll(entry("a")))
    assert (unknown.accepted, known.accepted) == (False, True)


def test_what_is_not_sent_by_the_caller_is_left_to_the_reconciler(store: Store) -> None:
    (sent,) = take_in(store, entry("a"))
    (unsent,) = take_in(store, entry("b"), sending=False)
    refs = store.take_unsent(QueueName.WIRE, now=NOON, sent_before=None, limit=10)
    assert [ref.id for ref in refs] == [unsent] != [sent]


def test_problems_go_to_quarantine_with_their_bytes(store: Store) -> None:
    own = Problem(reason=Reason.BAD_RECORD, detail="no text", where="line 2", body=b'{"id": 2}')
    whole = Problem(reason=Reason.NOT_A_FEED, detail="a web page", where="")
    raw = RawCopy(body=b"<html>", media_type="text/html", location="https://harbour.example/rss")
    (taken,) = take_in_polls(store, poll(entry("a"), problems=(own, whole), raw=raw))
    assert (taken.problems, len(taken.new)) == (2, 1)
    second, first = store.quarantine_list()
    assert (first.reason, first.detail, first.where) == (Reason.BAD_RECORD, "no text", "line 2")
    assert (first.entry_id, first.size_bytes, first.location) == (None, 9, raw.location)
    assert store.quarantine_show(first.id) == (first, b'{"id": 2}')
    assert store.quarantine_show(second.id) == (second, b"<html>")


def test_the_same_broken_bytes_are_one_row_however_often_they_come(store: Store) -> None:
    broken = Problem(reason=Reason.BAD_RECORD, detail="no text", where="line 2", body=b"{}")
    again = Problem(reason=Reason.BAD_RECORD, detail="no text", where="line 9", body=b"{}")
    take_in_polls(store, poll(problems=(broken,)))
    take_in_polls(store, poll(problems=(again,)))
    assert len(store.quarantine_list()) == 1
    assert store.snapshot(NOON).counters["problems", "bad_record"] == 1


def test_polls_are_counted_by_what_came_of_them(store: Store) -> None:
    take_in_polls(
        store,
        poll(entry("a")),
        poll(raw=None, status=304),
        poll(raw=None, reason=Reason.TIMEOUT),
        poll(raw=None, reason=Reason.TIMEOUT),
    )
    counters = store.snapshot(NOON).counters
    assert counters["polls", "ok"] == 1
    assert counters["polls", "not_modified"] == 1
    assert counters["polls", "timeout"] == 2
    assert counters["accepted", ""] == 1


def test_feeds_may_be_called_anything(store: Store) -> None:
    names = ['a"b', "back\\slash", "{a,b}", "NULL", "'", "喀布尔", "é, è"]
    sync_feeds(store, [feed(name) for name in names], NOON)
    taken = store.take_in([poll(entry("a"), feed_id=name) for name in names], NOON)
    assert [(each.feed_id, each.accepted, len(each.new)) for each in taken] == [
        (name, True, 1) for name in names
    ]


@pytest.mark.parametrize(
    "location", ["wire/caf\udce9.txt", "a\0b", "https://harbour.example/日本"], ids=["bytes", "nul", "wide"]
)
def test_any_file_name_is_stored(store: Store, location: str) -> None:
    raw = RawCopy(body=b"x", media_type=None, location=location)
    (id_,) = take_in(store, entry("a"), raw=raw)
    (claimed,) = store.claim([id_], token="t", owner="o", now=NOON, lease=HOUR)
    assert claimed.location.startswith(location[:1])


def test_no_polls_are_no_trouble(store: Store) -> None:
    assert store.take_in([], NOON) == []


def test_more_entries_than_a_statement_has_parameters_are_taken_in_together(store: Store) -> None:
    ids = take_in(store, *(entry(str(number)) for number in range(2_000)))
    assert (len(ids), store.backlog()) == (2_000, 2_000)
    assert store.open_among([*ids, 10**9]) == 2_000
