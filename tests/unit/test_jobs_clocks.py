"""Which clock a job goes by: leases by the one of all hosts, what cannot be undone by the earlier."""

from datetime import datetime, timedelta
from typing import Any

from fakes import NOON, FixedClock, MemoryIndex
from pipeline.ports.work import BatchOutcome, ClaimedEntry
from workers.dedupe.link import Linking
from workers.jobs import WorkerEdge, install, process_batch


class Recording:
    """A store that notes by which time it was asked."""

    def __init__(self) -> None:
        self.times: dict[str, datetime] = {}

    def claim(self, ids: Any, *, now: datetime, **_: Any) -> list[ClaimedEntry]:
        self.times["claim"] = now
        return []

    def save(self, processed: Any, refusals: Any, *, now: datetime, **_: Any) -> BatchOutcome:
        self.times["save"] = now
        return BatchOutcome()


class Quiet:
    def begin(self) -> None: ...
    def suspect(self) -> None: ...
    def trust(self) -> None: ...
    def end(self) -> None: ...
    def suspects(self) -> bool:
        return False


def test_embargoes_are_judged_by_the_earlier_clock_and_leases_by_the_servers() -> None:
    store: Any = Recording()
    unused: Any = None
    ahead = FixedClock(NOON + timedelta(hours=1))
    edge = WorkerEdge(
        store=store,
        tagger=unused,
        index=MemoryIndex(),
        linking=Linking(),
        clock=ahead,
        wall=FixedClock(NOON),
        beat=Quiet(),
        owner="w",
        lease=timedelta(minutes=1),
        max_attempts=3,
    )
    install(edge)
    process_batch([1])
    assert store.times == {"claim": ahead.now(), "save": NOON}
