"""What is not on its way any more, by the age of the oldest job that waits."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import NOON, FixedClock, MemoryQueue
from pipeline.model import QueueName
from pipeline.ports.queue import MOST_WAITING_JOBS, EntryRef, QueueState
from pipeline.ports.retag import Retagging
from workers.reconcile import MARGIN, MOST_RETAG_JOBS, lost_before, reconcile


def _state(oldest_minutes_ago: float | None) -> QueueState:
    oldest = None if oldest_minutes_ago is None else NOON - timedelta(minutes=oldest_minutes_ago)
    return QueueState(queue=QueueName.WIRE, waiting=1, oldest_sent_at=oldest, started=0, failed=0)


@pytest.mark.parametrize(
    ("oldest_minutes_ago", "lost"),
    [
        pytest.param(None, NOON - MARGIN, id="an empty queue has lost whatever nobody claimed"),
        pytest.param(10, NOON - timedelta(minutes=10) - MARGIN, id="what came after the oldest still waits"),
        pytest.param(-10, NOON - MARGIN, id="a job from the future (another clock) says nothing"),
    ],
)
def test_lost_is_what_was_sent_before_the_oldest_job(oldest_minutes_ago, lost) -> None:
    assert lost_before(_state(oldest_minutes_ago), NOON) == lost


class Entries:
    """The part of a store that a round asks."""

    def __init__(self, run: Retagging | None = None) -> None:
        self.asked: list[tuple[QueueName, int]] = []
        self.run = run
        self.fresh = True

    def release_due(self, now) -> int:
        self.released_at = now
        return 1

    def give_back_expired(self, *, now, max_attempts) -> int:
        return 2

    def take_unsent(self, queue, *, now, sent_before, limit):
        self.asked.append((queue, limit))
        return [EntryRef(id=7, queue=queue)] if queue is QueueName.WIRE and self.fresh else []

    def retagging(self) -> Retagging | None:
        return self.run


def test_a_round_gives_back_and_sends_what_there_is_room_for() -> None:
    store, queue = Entries(), MemoryQueue()
    queue.waiting = MOST_WAITING_JOBS - 2
    done = reconcile(store, queue, FixedClock(), wall=FixedClock(), batch_size=64, max_attempts=3)
    assert done == {"released": 1, "given_back": 2, "wire": 1, "backfill": 0, "enrich": 0, "retag": 0}
    assert [ref.id for ref in queue.sent] == [7]
    assert store.asked[0] == (QueueName.WIRE, 2 * 64)


def test_a_queue_server_whose_clock_is_ahead_ends_no_embargo() -> None:
    store, ahead = Entries(), FixedClock(NOON + timedelta(days=3_000))
    reconcile(store, MemoryQueue(), ahead, wall=FixedClock(), batch_size=64, max_attempts=3)
    assert store.released_at == NOON


def test_a_full_queue_is_left_alone() -> None:
    store, queue = Entries(), MemoryQueue()
    queue.waiting = MOST_WAITING_JOBS
    reconcile(store, queue, FixedClock(), wall=FixedClock(), batch_size=64, max_attempts=3)
    assert store.asked == []


RUNNING = Retagging(
    rules="r", position=1, last=9, done=1, changed=0, failed=0, started_at=NOON, moved_at=NOON
)


@pytest.mark.parametrize(
    ("run", "waiting", "fresh", "sent"),
    [
        pytest.param(RUNNING, {}, False, MOST_RETAG_JOBS, id="nothing waits: jobs are sent"),
        pytest.param(RUNNING, {QueueName.WIRE: 1}, False, 0, id="fresh wire waits: none"),
        pytest.param(RUNNING, {}, True, 0, id="fresh wire is sent in this round: none"),
        pytest.param(RUNNING, {QueueName.BACKFILL: 5}, False, MOST_RETAG_JOBS - 5, id="filled up only"),
        pytest.param(RUNNING, {QueueName.BACKFILL: 99}, False, 0, id="an import goes first"),
        pytest.param(RUNNING, {QueueName.ENRICH: 99}, False, MOST_RETAG_JOBS, id="enriching is apart"),
        pytest.param(None, {}, False, 0, id="there never was a re-tagging"),
        pytest.param(replace(RUNNING, stopped_at=NOON), {}, False, 0, id="it is stopped"),
        pytest.param(replace(RUNNING, finished_at=NOON), {}, False, 0, id="it is done"),
        pytest.param(
            replace(RUNNING, moved_at=NOON - timedelta(minutes=1)),
            {},
            False,
            1,
            id="nothing has been done for a while: one asks",
        ),
    ],
)
def test_documents_are_tagged_again_only_where_nothing_fresh_waits(run, waiting, fresh, sent) -> None:
    store, queue = Entries(run), MemoryQueue()
    store.fresh, queue.waits = fresh, waiting
    done = reconcile(store, queue, FixedClock(), wall=FixedClock(), batch_size=64, max_attempts=3)
    assert (queue.retag_jobs, done["retag"]) == (sent, sent)
