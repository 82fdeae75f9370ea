"""Workers that stand still: others do their work, and what they come back with changes nothing."""

import os
import signal
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from pipeline.clock import SystemClock
from pipeline.store.file_lock import FileLock
from pipeline.store.open import open_store
from running import (
    PATIENCE,
    Service,
    exported,
    importing,
    run,
    storage_url,
    stored,
    wait_for,
    write_config,
    write_records,
)

COUNT = 1000


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)


def _all_stored_once(data: Path, config: Path) -> None:
    wait_for(lambda: stored(data) >= COUNT, seconds=60, every=0.5)
    guids = Counter(document["guid"] for document in exported(data, config))
    assert len(guids) == COUNT
    assert max(guids.values()) == 1


def test_workers_that_stand_still_are_replaced(tmp_path: Path) -> None:
    data, config = (
        tmp_path / "data",
        write_config(tmp_path / "config", topics=False, workers={"batch_timeout_s": 2}),
    )
    records = write_records(tmp_path / "records.jsonl", COUNT)
    with Service(data, config, command=("work",)) as service:
        workers = wait_for(lambda: service.status().get("workers"))
        stopped = [worker["pid"] for worker in workers]  # all but the one that sends entries
        _signal(stopped, signal.SIGSTOP)
        assert run("import", str(records), data=data, config=config).returncode == 0
        _all_stored_once(data, config)
        # One that stood still within a batch is replaced soon, an idle one only after it was silent for long.
        wait_for(lambda: set(stopped).isdisjoint(service.pids("worker")), seconds=60)
        service.stop()


def test_what_frozen_workers_come_back_with_changes_nothing(tmp_path: Path) -> None:
    """As a machine that was suspended: parent and workers stop within a batch, longer than their lease."""
    data, config = (
        tmp_path / "data",
        write_config(tmp_path / "config", topics=False, workers={"batch_timeout_s": 2}),
    )
    records = write_records(tmp_path / "records.jsonl", COUNT)
    others = Service(data, config, command=("work",))
    others.log = config / "others.log"
    with Service(data, config, command=("work",)) as service:
        wait_for(lambda: len(service.status().get("workers", ())) >= 3)
        parent, workers = service.pids("work"), service.pids("worker")
        with importing(records, data=data, config=config) as taking:
            wait_for(lambda: _frozen_within_a_batch(data, [*parent, *workers]), every=0.005)
            assert taking.wait(30 * PATIENCE) == 0
        with others:
            _all_stored_once(data, config)
            assert not list(_in_vain(service))
            _signal(workers, signal.SIGCONT)  # before their parent, who would kill them for standing still
            wait_for(lambda: list(_in_vain(service)))
            _signal(parent, signal.SIGCONT)
            _all_stored_once(data, config)
        service.stop()
    assert run("quarantine", "list", "--json", data=data, config=config).stdout == ""


def _frozen_within_a_batch(data: Path, pids: Iterable[int]) -> bool:
    """Stop processes; let them go on when none held an entry, or one held the lock that all need."""
    with closing(open_store(storage_url(data), data)) as store:
        wait_for(lambda: _held(store), every=0.002)
        _signal(pids, signal.SIGSTOP)
        held = _held(store)
    lock = FileLock(data / "newswire.db.lock")
    try:
        with lock.held(0.2):
            frozen = held > 0
    except TimeoutError:
        frozen = False
    finally:
        lock.close()
    if not frozen:
        _signal(pids, signal.SIGCONT)
    return frozen


def _held(store: Any) -> int:
    return sum(queue.in_flight for queue in store.snapshot(SystemClock().now()).queues)


def _in_vain(service: Service) -> Iterable[dict[str, Any]]:
    """Find batches that ended in vain: their time was over, or somebody else had their entries."""
    for event in service.events():
        if event["event"] == "batch_failed" or event.get("lost"):
            yield event
