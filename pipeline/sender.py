"""The queue as the event loop uses it: never in the way, never full."""

import asyncio
import time
from collections.abc import Sequence

from pipeline.errors import QueueError
from pipeline.logs import get_logger
from pipeline.model import QueueName
from pipeline.ports.queue import MOST_WAITING_JOBS, EntryRef, Queue

log = get_logger(__name__)

_LOOK_S = 1.0


class Sender:
    """Sends entries to the queue while it works and has room; what it does not send, the reconciler does."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._room: dict[QueueName, bool] = {}
        self._looked_at = float("-inf")

    async def ready(self, queue: QueueName) -> bool:
        """Say whether entries for a queue should be sent now."""
        if time.monotonic() - self._looked_at > _LOOK_S:
            self._looked_at = time.monotonic()
            await self._look()
        return self._room.get(queue, False)

    async def send(self, refs: Sequence[EntryRef]) -> None:
        """Send entries; a queue that does not work is logged, for the store knows what is open."""
        try:
            await asyncio.to_thread(self._queue.send, refs)
        except QueueError as error:
            self._room = {}
            log.warning("send_failed", entries=len(refs), cause=str(error))

    async def _look(self) -> None:
        try:
            states = await asyncio.to_thread(self._queue.states)
        except QueueError as error:
            self._room = {}
            log.warning("queue_unreachable", cause=str(error))
        else:
            self._room = {state.queue: state.waiting < MOST_WAITING_JOBS for state in states}
