"""Whether the service can do its work now. Whether the process lives needs no answer but that it answers."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from pipeline.errors import ServiceError
from pipeline.monitor.snapshot import NO_QUEUE
from pipeline.ports.queue import QueueView
from pipeline.ports.reading import ReadStore

#: how long an answer holds
_LOOK_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether queue and storage take a write."""

    #: what is wrong, in words that give nothing away; empty: ready
    problems: tuple[str, ...]
    #: what storage and queue said: it may name hosts and paths
    causes: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.problems


def check_ready(store: ReadStore, queue: QueueView | None, now: datetime) -> Readiness:
    """Write to storage and queue: a full disk, a lock or a replica answers reads."""
    problems, causes = [], []
    try:
        store.probe(now)
    except ServiceError as error:
        problems.append("storage takes no write")
        causes.append(str(error))
    try:
        if queue is None:
            problems.append(NO_QUEUE)
        else:
            queue.probe()
    except ServiceError as error:
        problems.append("the queue takes no write")
        causes.append(str(error))
    return Readiness(problems=tuple(problems), causes=tuple(causes))


@dataclass(slots=True)
class ReadyProbe:
    """Looks once in a second at most, however often it is asked: anybody may ask, and each look writes.

    Args:
        look: Looks now.
        seconds: Gives the time, in seconds from anywhere.
    """

    look: Callable[[], Readiness]
    seconds: Callable[[], float] = time.monotonic
    _lock: Lock = field(default_factory=Lock)
    _seen: tuple[float, Readiness] | None = None

    def ask(self) -> Readiness:
        """Give what was seen last, or look again."""
        with self._lock:
            if self._seen is None or self.seconds() - self._seen[0] >= _LOOK_S:
                self._seen = self.seconds(), self.look()
            return self._seen[1]
