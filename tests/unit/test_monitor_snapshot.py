from dataclasses import replace
from datetime import timedelta

import pytest

from fakes_read import NOON, FakeQueueView, FakeReadStore, entry_queue, feed_report, stored, worker
from pipeline.codec import from_json, to_json
from pipeline.errors import Reason, StoreError
from pipeline.model import Learned, QueueName, SourceKind
from pipeline.monitor.snapshot import NO_QUEUE, take_snapshot
from pipeline.monitor.standing import FeedCondition, FeedStanding, stand
from pipeline.monitor.words import retag_words
from pipeline.ports.queue import QueueState
from pipeline.ports.reading import Heartbeat
from pipeline.ports.retag import Retagging


def standing(**state: object) -> FeedStanding:
    return stand(feed_report(**state), NOON)


def test_a_queue_is_entries_from_the_store_beside_jobs_from_redis() -> None:
    store = FakeReadStore(
        queues=[entry_queue(waiting=70, oldest_received_at=NOON - timedelta(seconds=90), in_flight=64)]
    )
    jobs = QueueState(
        queue=QueueName.WIRE, waiting=2, oldest_sent_at=NOON - timedelta(seconds=5), started=1, failed=3
    )

    (queue,) = take_snapshot(store, FakeQueueView(of_queues=[jobs]), NOON).queues

    assert (queue.waiting, queue.oldest_age_s, queue.in_flight) == (70, 90.0, 64)
    assert (queue.jobs_waiting, queue.oldest_job_age_s, queue.jobs_started, queue.failed) == (2, 5.0, 1, 3)


def test_a_redis_that_is_down_is_a_value() -> None:
    store = FakeReadStore(queues=[entry_queue(waiting=7)], documents=[stored("d" * 32)])

    snapshot = take_snapshot(store, FakeQueueView(broken="connection refused"), NOON)

    assert snapshot.queue_error == "connection refused"
    assert snapshot.documents == 1
    assert (snapshot.queues[0].waiting, snapshot.queues[0].failed) == (7, None)


def test_no_queue_at_all_is_a_value() -> None:
    assert take_snapshot(FakeReadStore(), None, NOON).queue_error == NO_QUEUE


def test_a_store_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(StoreError):
        take_snapshot(FakeReadStore(broken="no such table"), None, NOON)


def test_an_age_is_never_negative_when_clocks_differ() -> None:
    store = FakeReadStore(queues=[entry_queue(waiting=1, oldest_received_at=NOON + timedelta(seconds=3))])

    assert take_snapshot(store, None, NOON).queues[0].oldest_age_s == 0


def test_feeds_in_trouble_come_first() -> None:
    store = FakeReadStore(
        feeds=[
            feed_report("good", last_polled_at=NOON, last_status=200),
            feed_report("gone", active=False),
            feed_report("new"),
            feed_report("ill", failures=1, last_reason=Reason.DNS),
            feed_report("worse", failures=5, last_reason=Reason.DNS),
        ]
    )

    feeds = take_snapshot(store, None, NOON).feeds

    assert [feed.id for feed in feeds] == ["worse", "ill", "new", "good", "gone"]


def test_a_feed_that_backs_off_says_until_when_and_why() -> None:
    feed = standing(
        failures=2,
        last_reason=Reason.DNS,
        last_detail="the name harbour.example does not resolve",
        next_poll_at=NOON + timedelta(hours=6, minutes=20),
    )

    assert feed.condition is FeedCondition.BACKING_OFF
    assert feed.state == "backing off until 18:20 UTC: the name harbour.example does not resolve"


def test_f10_a_stopped_feed_says_why_and_how_it_goes_on() -> None:
    feed = standing(
        failures=2,
        last_reason=Reason.GONE,
        last_detail="the server said 410, the feed is gone for good",
        stopped_at=NOON,
    )
    assert (feed.condition, feed.next_poll_at) == (FeedCondition.STOPPED, None)
    assert feed.state == (
        "stopped since 12:00 UTC: the server said 410, the feed is gone for good"
        " (newswire feeds resume harbour)"
    )


def test_a_quiet_feed_says_for_how_long_and_what_is_usual() -> None:
    learned = Learned(gap=timedelta(minutes=40), newest_at=NOON - timedelta(days=3))
    feed = standing(last_polled_at=NOON, last_status=200, learned=learned)
    assert feed.state == "ok; quiet for 3 d, usually every 40 min"
    assert (feed.quiet_s, feed.usual_gap_s) == (3 * 86400, 2400)


@pytest.mark.parametrize(
    ("sent_s", "saved_s", "lag_s"),
    [(60, 59, 1), (60, None, 60), (60, 3600, 60), (300, None, 300)],
    ids=["arrived", "first-on-its-way", "on-its-way", "late"],
)
def test_the_heartbeats_lag_is_what_it_took_or_has_taken_so_far(
    sent_s: int, saved_s: int | None, lag_s: int
) -> None:
    saved_at = None if saved_s is None else NOON - timedelta(seconds=saved_s)
    beat = Heartbeat(sent_at=NOON - timedelta(seconds=sent_s), saved_at=saved_at)
    snapshot = take_snapshot(FakeReadStore(heartbeat=beat), None, NOON)
    assert snapshot.heartbeat_lag_s == lag_s
    assert any("heartbeat" in warning for warning in snapshot.warnings) == (lag_s > 120)


def test_a_back_off_into_another_day_says_the_day() -> None:
    feed = standing(failures=9, last_reason=Reason.GONE, next_poll_at=NOON + timedelta(days=1))

    assert feed.state == "backing off until 2026-05-02 12:00 UTC: the server says it is gone for good"


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words(reason: Reason) -> None:
    assert " " in (standing(failures=1, last_reason=reason).last_error or "")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        pytest.param({}, "never polled yet", id="new"),
        pytest.param({"last_polled_at": NOON, "last_status": 200}, "ok", id="polled"),
        pytest.param({"last_polled_at": NOON, "last_status": None}, "ok", id="directory"),
        pytest.param({"last_polled_at": NOON, "last_status": 304}, "not modified", id="304"),
        pytest.param({"active": False}, "not polled: disabled or no longer configured", id="removed"),
        pytest.param({"kind": SourceKind.IMPORT}, "imported by hand", id="import"),
    ],
)
def test_a_feed_says_in_words_how_it_stands(state: dict[str, object], words: str) -> None:
    assert standing(**state).state == words


def test_an_error_that_is_over_is_not_shown() -> None:
    assert standing(last_polled_at=NOON, failures=0, last_reason=Reason.DNS).last_error is None


def test_nobody_waits_for_the_poll_of_an_import() -> None:
    assert standing(kind=SourceKind.IMPORT).next_poll_at is None


def test_overdue_feeds_ask_after_the_fetcher() -> None:
    late = feed_report("late", last_polled_at=NOON, next_poll_at=NOON - timedelta(minutes=10))
    soon = feed_report("soon", last_polled_at=NOON, next_poll_at=NOON + timedelta(minutes=10))

    snapshot = take_snapshot(FakeReadStore(feeds=[late, soon]), FakeQueueView(), NOON)

    assert snapshot.warnings == ("1 feed overdue: is the fetcher running?",)


def test_feeds_in_trouble_are_counted() -> None:
    store = FakeReadStore(feeds=[feed_report(failures=1, last_reason=Reason.DNS), feed_report("b")])

    assert take_snapshot(store, FakeQueueView(), NOON).warnings == ("1 feed backing off, of 2",)


def test_feeds_that_nobody_polls_are_not_counted_beside_those_in_trouble() -> None:
    failing = feed_report(failures=1, last_reason=Reason.DNS)
    store = FakeReadStore(
        feeds=[failing, feed_report("gone", active=False), feed_report("import", kind=SourceKind.IMPORT)]
    )

    assert take_snapshot(store, FakeQueueView(), NOON).warnings == ("1 feed backing off, of 1",)


def test_entries_that_nobody_works_on_ask_after_the_workers() -> None:
    since = NOON - timedelta(minutes=1)
    backfill = entry_queue(QueueName.BACKFILL, waiting=2, oldest_received_at=since)
    enrich = entry_queue(QueueName.ENRICH, waiting=1, oldest_received_at=NOON - timedelta(seconds=20))
    store = FakeReadStore(queues=[entry_queue(waiting=4, oldest_received_at=since), backfill, enrich])

    snapshot = take_snapshot(store, FakeQueueView(of_workers=[worker(queue="wire")]), NOON)

    assert snapshot.warnings == ("2 waiting in the queue backfill and no worker is there",)


def test_all_is_well_without_warnings() -> None:
    snapshot = take_snapshot(FakeReadStore(queues=[entry_queue()]), FakeQueueView(), NOON)

    assert snapshot.warnings == ()


def test_failed_jobs_and_quarantine_name_the_command_that_shows_them() -> None:
    failed = QueueState(queue=QueueName.WIRE, waiting=0, oldest_sent_at=None, started=0, failed=2)
    store = FakeReadStore(queues=[entry_queue()], quarantined=3)

    snapshot = take_snapshot(store, FakeQueueView(of_queues=[failed]), NOON)

    assert snapshot.warnings == (
        "2 failed jobs in the queue wire: see `newswire failed list`",
        "3 in quarantine: see `newswire quarantine list`",
    )


def test_a_snapshot_survives_json() -> None:
    store = FakeReadStore(
        documents=[stored("d" * 32)],
        feeds=[feed_report(failures=1, last_reason=Reason.TLS)],
        queues=[entry_queue(waiting=1, oldest_received_at=NOON)],
        counters={("polls", "ok"): 5},
    )
    snapshot = take_snapshot(store, FakeQueueView(of_workers=[worker()]), NOON)

    assert from_json(to_json(snapshot), type(snapshot)) == snapshot


RETAGGING = Retagging(
    rules="r", position=5, last=10, done=5, changed=1, failed=0, started_at=NOON, moved_at=NOON
)


def test_a_retagging_is_shown_until_it_is_done() -> None:
    assert take_snapshot(FakeReadStore(retagging=RETAGGING), None, NOON).retagging == RETAGGING
    done = replace(RETAGGING, finished_at=NOON)
    assert take_snapshot(FakeReadStore(retagging=done), None, NOON).retagging is None


def test_workers_with_other_rules_are_said() -> None:
    stale = replace(RETAGGING, stale_at=NOON + timedelta(minutes=1))
    snapshot = take_snapshot(FakeReadStore(retagging=stale), None, NOON)
    assert any("started with other rules" in warning for warning in snapshot.warnings)
    stopped = take_snapshot(FakeReadStore(retagging=replace(stale, stopped_at=NOON)), None, NOON)
    assert not any("other rules" in warning for warning in stopped.warnings)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"stopped_at": NOON}, "50 % of all documents, 1 changed, stopped (newswire retag goes on)"),
        (
            {"failed": 2},
            "50 % of all documents, 1 changed, 2 left as they are: damaged, or tagging them crashed",
        ),
        ({"position": 10, "finished_at": NOON}, "100 % of all documents, 1 changed, done"),
        ({"position": 0, "last": 0}, "100 % of all documents, 1 changed"),
    ],
)
def test_how_far_a_retagging_is_in_words(more: dict[str, object], words: str) -> None:
    assert retag_words(replace(RETAGGING, **more), NOON).startswith(words)
