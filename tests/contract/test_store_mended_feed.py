"""Whoever mends a source does not wait for the end of its back-off."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.errors import FetchRefused, Reason
from pipeline.model import Auth, Feed, FeedState, Learned, SourceKind
from pipeline.ports.feeds import Poll
from pipeline.schedule import next_state
from store_builders import sync_feeds

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FEED = Feed(id="paid", kind=SourceKind.HTTP, url="https://wire.example/rss", provider="Wire")


def test_corrected_credentials_end_a_back_off(store) -> None:
    wrong = replace(FEED, auth=Auth(kind="bearer", secret="old"))
    sync_feeds(store, [wrong], NOON)
    (state,) = store.claim_due(NOON, 1, "here", timedelta(minutes=1))
    tomorrow = NOON + timedelta(days=1)
    failed = replace(state, failures=9, next_poll_at=tomorrow)
    store.take_in([Poll(feed_id="paid", epoch=state.epoch, polled_at=NOON, duration_s=0, state=failed)], NOON)
    sync_feeds(store, [wrong], NOON)
    assert min(store.due_at().values(), default=None) == tomorrow
    sync_feeds(store, [replace(FEED, auth=Auth(kind="bearer", secret="new"))], NOON)
    assert min(store.due_at().values(), default=None) == NOON


@pytest.mark.parametrize(
    "change",
    [
        {"interval": timedelta(minutes=7)},
        {"interval": timedelta(hours=7)},
        {"provider": "Other Wire"},
        {"language": "fr"},
        {"tags": ("desk",)},
        {"headers": {"X-Desk": "night"}},
        {"plain_text": True},
        {"slowest": timedelta(days=1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_change_of_its_entry_ends_a_back_off_and_a_stop(store, change) -> None:
    sync_feeds(store, [FEED], NOON)
    (state,) = store.claim_due(NOON, 1, "here", timedelta(minutes=1))
    _keep(store, replace(state, failures=9, stopped_at=NOON, learned=Learned(gone_at=NOON)))
    sync_feeds(store, [FEED], NOON)
    assert min(store.due_at().values(), default=None) is None
    sync_feeds(store, [replace(FEED, **change)], NOON + DAY)
    state = store.report("paid").state
    assert (state.failures, state.stopped_at, state.next_poll_at) == (0, None, NOON + DAY)
    assert state.learned.gone_at is None


def test_a_feed_that_is_resumed_takes_two_answers_to_be_gone_again(store) -> None:
    sync_feeds(store, [FEED], NOON)
    (state,) = store.claim_due(NOON, 1, "here", timedelta(minutes=1))
    learned = Learned(gone_at=NOON - DAY, began_at=NOON - 9 * DAY)
    _keep(store, replace(state, failures=2, stopped_at=NOON, learned=learned))
    assert store.resume_feed("paid", NOON + DAY)
    (state,) = store.claim_due(NOON + DAY, 1, "here", timedelta(minutes=1))
    assert state.learned == replace(learned, gone_at=None)
    gone = FetchRefused(Reason.GONE, "gone for good", status=410)
    after = next_state(FEED, state, gone, NOON + DAY)
    assert after.stopped_at is None
    assert next_state(FEED, after, gone, NOON + 2 * DAY + timedelta(hours=3)).stopped_at is not None
    assert not store.resume_feed("no such feed", NOON)


def _keep(store, state: FeedState) -> None:
    store.take_in([Poll(feed_id="paid", epoch=state.epoch, polled_at=NOON, duration_s=0, state=state)], NOON)
