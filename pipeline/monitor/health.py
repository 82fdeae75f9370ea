"""Whether the service can do its work now. Whether the process lives needs no answer but that it answers."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import ServiceError
from pipeline.monitor.snapshot import NO_QUEUE
from pipeline.ports import QueueView, ReadStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether queue and storage take a write."""

    #: what is wrong, in words; empty: ready
    problems: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.problems


def check_ready(store: ReadStore, queue: QueueView | None, now: datetime) -> Readiness:
    """Write to storage and queue: a full disk, a lock or a replica answers reads."""
    problems = []
    try:
        store.probe(now)
    except ServiceError as error:
        problems.append(f"storage takes no write: {error}")
    try:
        if queue is None:
            problems.append(NO_QUEUE)
        else:
            queue.probe()
    except ServiceError as error:
        problems.append(f"the queue takes no write: {error}")
    return Readiness(problems=tuple(problems))
