import io
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from fakes_read import NOON, FakeQueueView, FakeReadStore, entry_queue, feed_report, stored, worker
from pipeline.errors import Reason
from pipeline.model import QueueName, SourceKind
from pipeline.monitor.health import Readiness, ReadyProbe, check_ready
from pipeline.monitor.metrics import metrics_text
from pipeline.monitor.snapshot import Snapshot, take_snapshot
from pipeline.monitor.status import status_view
from pipeline.ports.queue import QueueState


def snapshot(queue: FakeQueueView | None = None, **store: object) -> Snapshot:
    return take_snapshot(FakeReadStore(**store), queue, NOON)  # type: ignore[arg-type]


def shown(view: Snapshot, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(status_view(view))
    return console.file.getvalue()  # type: ignore[attr-defined]


def metrics(view: Snapshot, **options: int) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = metrics_text(view, **options).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_status_text_shows_queues_workers_and_feeds() -> None:
    text = shown(
        snapshot(
            FakeQueueView(of_workers=[worker(state="busy")]),
            queues=[
                entry_queue(waiting=12, oldest_received_at=NOON - timedelta(minutes=4), done_last_minute=88)
            ],
            feeds=[
                feed_report(last_polled_at=NOON, last_status=304, last_success_at=NOON - timedelta(minutes=3))
            ],
            documents=[stored("d" * 32)],
        )
    )

    assert "1 document of 1 item, newest now" in text
    assert [line.split() for line in text.splitlines() if line.startswith("wire ")] == [
        ["wire", "12", "4", "min", "0", "?", "0", "88"]
    ]
    assert "busy" in text
    assert "harbour" in text
    assert "not modified" in text


def test_the_status_text_says_that_the_queue_is_not_running() -> None:
    assert "! the queue is not running" in shown(snapshot())


def test_the_status_text_of_an_empty_store_says_what_to_do() -> None:
    assert "newswire feeds add URL" in shown(snapshot())


def test_no_control_character_of_a_feed_or_worker_reaches_the_terminal() -> None:
    hostile = "\x1b]0;pwned\x07\x9b31m\u202e[red]"
    text = shown(
        snapshot(
            FakeQueueView(of_workers=[worker(name=hostile, queue=hostile, state=hostile, hostname=hostile)]),
            feeds=[feed_report(hostile, failures=1, last_reason=Reason.DNS, last_detail=hostile)],
        ),
        width=400,
    )

    assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e"}
    assert "[red]" in text


def test_the_status_text_fits_a_narrow_terminal() -> None:
    text = shown(
        snapshot(feeds=[feed_report(failures=1, last_reason=Reason.TLS, last_detail="x " * 90)]), width=70
    )

    assert max(map(len, text.splitlines())) <= 70


def test_metrics_tell_entries_from_the_store_and_jobs_from_redis() -> None:
    jobs = QueueState(
        queue=QueueName.WIRE, waiting=2, oldest_sent_at=NOON - timedelta(seconds=5), started=1, failed=3
    )
    view = snapshot(
        FakeQueueView(of_queues=[jobs], of_workers=[worker(), worker(name="wire-2")]),
        queues=[entry_queue(waiting=70, oldest_received_at=NOON - timedelta(seconds=90))],
    )

    found = metrics(view)

    assert found["newswire_entries", (("queue", "wire"), ("state", "waiting"))] == 70
    assert found["newswire_queue_oldest_entry_age_seconds", (("queue", "wire"),)] == 90
    assert found["rq_jobs", (("queue", "wire"), ("status", "queued"))] == 2
    assert found["rq_jobs", (("queue", "wire"), ("status", "failed"))] == 3
    assert found["rq_oldest_job_age_seconds", (("queue", "wire"),)] == 5
    assert found["rq_workers", (("queue", "wire"), ("state", "idle"))] == 2
    assert found["newswire_queue_up", ()] == 1


def test_metrics_say_nothing_of_jobs_when_redis_says_nothing() -> None:
    found = metrics(snapshot(FakeQueueView(broken="down"), queues=[entry_queue(waiting=1)]))

    assert found["newswire_queue_up", ()] == 0
    assert not [name for name, _ in found if name.startswith("rq_")]


def test_metrics_count_what_the_store_counted() -> None:
    found = metrics(snapshot(counters={("polls", "dns"): 4}))

    assert found["newswire_events_total", (("event", "polls"), ("outcome", "dns"))] == 4


def test_metrics_give_the_time_that_steps_took_in_seconds() -> None:
    found = metrics(snapshot(counters={("busy_ms", "stories"): 2_500}))
    assert found["newswire_busy_seconds_total", (("step", "stories"),)] == 2.5
    assert not any(name == "newswire_events_total" for name, _ in found)


def test_metrics_of_single_feeds_stop_at_the_bound() -> None:
    feeds = [feed_report(str(number), last_success_at=NOON) for number in range(3)]
    within = metrics(snapshot(feeds=feeds), max_feed_series=3)
    beyond = metrics(snapshot(feeds=feeds), max_feed_series=2)

    assert within["newswire_feed_last_success_timestamp_seconds", (("feed", "1"),)] == NOON.timestamp()
    assert not [name for name, _ in beyond if name.startswith("newswire_feed_")]
    assert beyond["newswire_feeds", (("condition", "never_polled"),)] == 3


def test_every_metric_has_a_help_text() -> None:
    view = snapshot(FakeQueueView(of_workers=[worker()]), queues=[entry_queue()], feeds=[feed_report()])

    families = list(text_string_to_metric_families(metrics_text(view).decode()))

    assert len(families) > 10
    assert all(family.documentation for family in families)


@pytest.mark.parametrize(
    ("store", "queue", "problem"),
    [
        pytest.param(
            FakeReadStore(broken="disk full"),
            FakeQueueView(),
            ("storage takes no write", "disk full"),
            id="store",
        ),
        pytest.param(
            FakeReadStore(),
            FakeQueueView(broken="replica"),
            ("the queue takes no write", "replica"),
            id="queue",
        ),
        pytest.param(FakeReadStore(), None, ("the queue is not running",), id="no-queue"),
    ],
)
def test_not_ready_says_why(
    store: FakeReadStore, queue: FakeQueueView | None, problem: tuple[str, ...]
) -> None:
    readiness = check_ready(store, queue, NOON)

    assert not readiness.ready
    assert (*readiness.problems, *readiness.causes) == problem


def test_ready_when_both_take_a_write() -> None:
    assert check_ready(FakeReadStore(), FakeQueueView(), NOON).ready


def test_however_often_it_is_asked_it_looks_once_a_second() -> None:
    looks, now = [], [0.0]

    def look() -> Readiness:
        looks.append(now[0])
        return Readiness(problems=())

    probe = ReadyProbe(look, seconds=lambda: now[0])
    for at in (0.0, 0.5, 0.9, 1.0, 1.5):
        now[0] = at
        probe.ask()
    assert looks == [0.0, 1.0]


def test_a_folder_without_provider_is_called_by_its_name() -> None:
    folder = replace(feed_report("x", kind=SourceKind.DIRECTORY), url="/srv/wire/incoming", provider=None)

    words = shown(snapshot(FakeQueueView(), feeds=[folder]))

    assert " incoming " in words
    assert "/srv" not in words
