"""The reconciler: what the store says is open and the queue does not carry is sent again.

Redis is only a doorbell: it may be wiped, and nothing is lost. One round is cheap and idempotent, so that
every host may run it.
"""

from datetime import datetime, timedelta

from pipeline.ports import MOST_WAITING_JOBS, Clock, Queue, QueueState, WorkStore

#: between an entry's commit and its arrival on the queue, and between a pop and its claim
MARGIN = timedelta(seconds=4)

#: entries sent at once at most: those that go alone are a job each
MOST_AT_ONCE = 2_000


def reconcile(
    store: WorkStore, queue: Queue, clock: Clock, *, batch_size: int, max_attempts: int
) -> dict[str, int]:
    """Do one round: let go what is due, give back what is held too long, send what is not on its way.

    Returns:
        For how many items an embargo ended, how many entries were given back and sent, by queue name.

    Raises:
        QueueError, StoreError: Not usable now; the next round does it.
    """
    done = {"released": store.release_due(clock.now())}
    done |= {"given_back": store.give_back_expired(now=clock.now(), max_attempts=max_attempts)}
    for state in queue.states():
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
    return done


def lost_before(state: QueueState, now: datetime) -> datetime:
    """Say before when an entry must have been sent to be lost, if nobody has claimed it.

    A queue is first in, first out: what was sent before its oldest waiting job is not in it any more.
    Whatever wiped, dropped or forgot it, it has to be sent again. (Urgent jobs jump the line and only make
    the oldest look younger among those seen; the price is a job sent twice, which is harmless.)
    """
    return min(state.oldest_sent_at or now, now) - MARGIN
