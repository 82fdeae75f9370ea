"""Waiting for work that other processes do."""

import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import FrameType

from pipeline.errors import QueueError
from pipeline.model import QueueName
from pipeline.queues import LOOK_S, RedisQueue

#: a worker that has not been heard of for so long has died
_SILENT = timedelta(seconds=60)
_TICK_S = 0.1


def workers_alive(url: str) -> bool:
    """Say whether some worker serves the queue that imports go to."""
    queue = RedisQueue(url, patience_s=LOOK_S)
    try:
        oldest = datetime.now(UTC) - _SILENT
        return any(
            worker.queue == QueueName.BACKFILL and worker.heartbeat_at and worker.heartbeat_at > oldest
            for worker in queue.workers()
        )
    except QueueError:
        return False
    finally:
        queue.close()


def wait_while(going: Callable[[], bool]) -> bool:
    """Wait while something holds; True when SIGINT or SIGTERM ended the wait."""
    stops: list[int] = []

    def on_stop(number: int, _frame: FrameType | None) -> None:
        stops.append(number)

    before = {number: signal.signal(number, on_stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        while not stops and going():
            time.sleep(_TICK_S)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return bool(stops)
