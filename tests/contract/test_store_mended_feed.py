"""Whoever mends a source does not wait for the end of its back-off."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipeline.model import Auth, Feed, SourceKind
from pipeline.ports import Poll

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
FEED = Feed(id="paid", kind=SourceKind.HTTP, url="https://wire.example/rss", provider="Wire")


def test_corrected_credentials_end_a_back_off(store) -> None:
    wrong = replace(FEED, auth=Auth(kind="bearer", secret="old"))
    store.sync_feeds([wrong], NOON)
    (state,) = store.claim_due(NOON, 1, "here", timedelta(minutes=1))
    tomorrow = NOON + timedelta(days=1)
    failed = replace(state, failures=9, next_poll_at=tomorrow)
    store.take_in([Poll(feed_id="paid", epoch=state.epoch, polled_at=NOON, duration_s=0, state=failed)], NOON)
    store.sync_feeds([wrong], NOON)
    assert store.next_due_at() == tomorrow
    store.sync_feeds([replace(FEED, auth=Auth(kind="bearer", secret="new"))], NOON)
    assert store.next_due_at() == NOON
