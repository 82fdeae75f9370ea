"""What the web interface reads."""

from dataclasses import dataclass

from pipeline.monitor.snapshot import Snapshot, take_snapshot
from pipeline.ports.outside import Clock
from pipeline.ports.queue import QueueView
from pipeline.ports.reading import ReadStore
from pipeline.store.search import Groups


@dataclass(frozen=True, slots=True, kw_only=True)
class WebEdge:
    """The ports behind pages and API."""

    store: ReadStore
    #: None: no queue is running
    queue: QueueView | None
    clock: Clock
    #: groups of countries that can be searched for; None: codes of regions are not looked at
    groups: Groups | None = None

    def snapshot(self) -> Snapshot:
        """Say how everything stands now. Raises StoreError."""
        return take_snapshot(self.store, self.queue, self.clock.now())
