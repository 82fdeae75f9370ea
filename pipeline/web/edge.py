"""What the web interface reads."""

from dataclasses import dataclass

from pipeline.monitor.snapshot import Snapshot, take_snapshot
from pipeline.ports import Clock, QueueView, ReadStore


@dataclass(frozen=True, slots=True, kw_only=True)
class WebEdge:
    """The ports behind pages and API."""

    store: ReadStore
    #: None: no queue is running
    queue: QueueView | None
    clock: Clock

    def snapshot(self) -> Snapshot:
        """Say how everything stands now. Raises StoreError."""
        return take_snapshot(self.store, self.queue, self.clock.now())
