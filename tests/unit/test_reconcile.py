"""What is not on its way any more, by the age of the oldest job that waits."""

from datetime import timedelta

import pytest

from fakes import NOON, FixedClock, MemoryQueue
from pipeline.model import QueueName
from pipeline.ports import MOST_WAITING_JOBS, EntryRef, QueueState
from workers.reconcile import MARGIN, lost_before, reconcile


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

    def __init__(self) -> None:
        self.asked: list[tuple[QueueName, int]] = []

    def release_due(self, now) -> int:
        return 1

    def give_back_expired(self, *, now, max_attempts) -> int:
        return 2

    def take_unsent(self, queue, *, now, sent_before, limit):
        self.asked.append((queue, limit))
        return [EntryRef(id=7, queue=queue)] if queue is QueueName.WIRE else []


def test_a_round_gives_back_and_sends_what_there_is_room_for() -> None:
    store, queue = Entries(), MemoryQueue()
    queue.waiting = MOST_WAITING_JOBS - 2
    done = reconcile(store, queue, FixedClock(), batch_size=64, max_attempts=3)
    assert done == {"released": 1, "given_back": 2, "wire": 1, "backfill": 0, "enrich": 0}
    assert [ref.id for ref in queue.sent] == [7]
    assert store.asked[0] == (QueueName.WIRE, 2 * 64)


def test_a_full_queue_is_left_alone() -> None:
    store, queue = Entries(), MemoryQueue()
    queue.waiting = MOST_WAITING_JOBS
    reconcile(store, queue, FixedClock(), batch_size=64, max_attempts=3)
    assert store.asked == []
