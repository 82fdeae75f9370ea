"""The reconciler: what the store says is open and the queue does not carry is sent again.

Redis is only a doorbell: it may be wiped, and nothing is lost. One round is cheap and idempotent, so that
every host may run it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.model import QueueName
from pipeline.ports.outside import Clock
from pipeline.ports.queue import MOST_WAITING_JOBS, Queue, QueueState
from pipeline.ports.retag import RetagStore
from pipeline.ports.work import WorkStore

#: between an entry's commit and its arrival on the queue, and between a pop and its claim
MARGIN = timedelta(seconds=4)

#: jobs of the re-tagging that wait at most: an import that comes waits behind no more than these
MOST_RETAG_JOBS = 8

#: entries sent at once at most: those that go alone are a job each
MOST_AT_ONCE = 2_000


class ReconcileStore(WorkStore, RetagStore, Protocol):
    """What a round asks."""


def reconcile(
    store: ReconcileStore, queue: Queue, clock: Clock, *, wall: Clock, batch_size: int, max_attempts: int
) -> dict[str, int]:
    """Do one round: let go what is due, give back what is held too long, send what is not on its way.

    Args:
        store: Says what is open.
        queue: Carries it.
        clock: By which leases are counted.
        wall: By which embargoes end.
        batch_size: Entries in one job.
        max_attempts: What was given back so often goes to quarantine.

    Returns:
        For how many items an embargo ended, how many entries were given back and sent, by queue name, and how
        many jobs of the re-tagging.

    Raises:
        QueueError, StoreError: Not usable now; the next round does it.
    """
    done = {"released": store.release_due(wall.now())}
    done |= {"given_back": store.give_back_expired(now=clock.now(), max_attempts=max_attempts)}
    states = queue.states()
    for state in states:
        room = MOST_WAITING_JOBS - state.waiting
        if room > 0:
            now = clock.now()
            refs = store.take_unsent(
                state.queue,
                now=now,
                sent_before=lost_before(state, now),
                limit=min(room * batch_size, MOST_AT_ONCE),
            )
            if refs:
                queue.send(refs)
            done[state.queue.value] = len(refs)
    waiting = {state.queue: state.waiting + done.get(state.queue.value, 0) for state in states}
    return done | {"retag": _retag(store, queue, waiting, clock.now())}


def _retag(store: RetagStore, queue: Queue, waiting: Mapping[QueueName, int], now: datetime) -> int:
    """Have documents tagged again, where nothing fresh waits; returns how many jobs were sent.

    They need not be looked for: a job takes what is next, and one that finds nothing does nothing.
    """
    room = MOST_RETAG_JOBS - waiting[QueueName.BACKFILL]
    if waiting[QueueName.WIRE] or room <= 0:
        return 0
    run = store.retagging()
    if run is None or not run.is_running:
        return 0
    # Workers with other rules do nothing, and others may fail each time: one job asks whether it goes now.
    jobs = 1 if run.stands_still(now) else room
    queue.send_retag(jobs)
    return jobs


def lost_before(state: QueueState, now: datetime) -> datetime:
    """Say before when an entry must have been sent to be lost, if nobody has claimed it.

    A queue is first in, first out: what was sent before its oldest waiting job is not in it any more.
    Whatever wiped, dropped or forgot it, it has to be sent again. (Urgent jobs jump the line and only make
    the oldest look younger among those seen; the price is a job sent twice, which is harmless.)
    """
    return min(state.oldest_sent_at or now, now) - MARGIN
