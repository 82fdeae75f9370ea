"""What goes wrong with the queue costs time, never an article; who writes to it runs no code of his own."""

import json
import os
import shutil
import signal
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from fault_size import Size
from running import Service, exported, run, stored, wait_for, write_config, write_records

CREATED = "2026-01-01T00:00:00.000000Z"


class Wire:
    """One service for all tests of this file, and what it was given: each test adds records of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        # A heartbeat would be an entry that no test has sent.
        self.config = write_config(folder / "config", topics=False, fetch={"heartbeat_s": 0})
        self.service = Service(self.data, self.config)
        self.count = 0

    def records(self, count: int) -> Path:
        """Write records that are like none before."""
        path = write_records(self.folder / f"records-{self.count}.jsonl", count, start=self.count)
        self.count += count
        return path

    def take_in(self, count: int) -> None:
        taken = run("import", str(self.records(count)), data=self.data, config=self.config)
        assert taken.returncode == 0, taken.stderr

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.data / "valkey.sock"))

    def failures(self) -> int:
        """Count how often the queue's server would not start."""
        return sum(each["event"] == "queue_server_failed" for each in self.service.events())

    def all_stored(self, seconds: float = 60) -> None:
        """Wait until everything is stored, and see that it is there once."""
        wait_for(lambda: stored(self.data) >= self.count, seconds=seconds, every=0.2)
        guids = Counter(document["guid"] for document in exported(self.data, self.config))
        assert len(guids) == self.count
        assert max(guids.values()) == 1


@pytest.fixture(scope="module")
def _wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    wire = Wire(tmp_path_factory.mktemp("queue"))
    with wire.service as service:
        yield wire
        service.stop()


@pytest.fixture
def wire(_wire: Wire) -> Wire:
    """The service, with its workers there."""
    wait_for(lambda: _wire.service.pids("worker"))
    return _wire


def test_an_entry_sent_a_hundred_times_is_stored_once(wire: Wire) -> None:
    from pipeline.model import QueueName
    from pipeline.ports.queue import EntryRef
    from pipeline.queues import RedisQueue

    number = wire.count + 1  # of the entry that comes next: all before it came from tests
    queue = RedisQueue(f"unix://{wire.data / 'valkey.sock'}")
    for _ in range(50):
        queue.send([EntryRef(id=number, queue=QueueName.BACKFILL, alone=True)])
    wire.take_in(1)
    for _ in range(50):
        queue.send([EntryRef(id=number, queue=QueueName.WIRE, alone=True)])
    wire.all_stored()
    wait_for(lambda: not any(state.waiting for state in queue.states()))
    done = [each for each in wire.service.events() if each["event"] == "entry_processed"]
    assert number in {each["entry"] for each in done}
    wire.all_stored()


def test_a_queue_wiped_again_and_again_loses_nothing(wire: Wire, size: Size) -> None:
    wire.take_in(size.records)
    for _ in range(5):
        wire.client().flushall()
        time.sleep(0.3)
    wire.all_stored()


def test_a_queue_server_that_stands_still_is_waited_for(wire: Wire, size: Size) -> None:
    (valkey,) = wire.service.pids("valkey")
    os.kill(valkey, signal.SIGSTOP)
    wire.take_in(size.records)
    time.sleep(8)
    os.kill(valkey, signal.SIGCONT)
    wire.all_stored()


@pytest.mark.parametrize("lost", ["valkey/appendonlydir", "valkey"])
def test_a_queue_server_that_comes_back_empty_costs_nothing(lost: str, wire: Wire, size: Size) -> None:
    wire.take_in(size.records)
    assert wire.service.process
    os.kill(wire.service.process.pid, signal.SIGSTOP)  # it must not bring the server back too early
    (valkey,) = wire.service.pids("valkey")
    os.kill(valkey, signal.SIGKILL)
    shutil.rmtree(wire.data / lost)
    os.kill(wire.service.process.pid, signal.SIGCONT)
    wire.all_stored(seconds=40)


def test_a_damaged_append_only_file_does_not_keep_the_service_from_starting(wire: Wire, size: Size) -> None:
    wire.take_in(size.records)
    wait_for(lambda: stored(wire.data) > wire.count - size.records)
    wire.service.stop()
    failed_before = wire.failures()
    (file,) = (wire.data / "valkey" / "appendonlydir").glob("*.incr.aof")
    middle = file.stat().st_size // 2
    assert middle > 1000
    with file.open("r+b") as damaged:
        damaged.seek(middle)
        damaged.write(b"\xff" * 200)
    wire.service.start()
    wait_for(lambda: wire.service.pids("worker"))
    assert wire.failures() > failed_before
    wire.take_in(3)
    wire.all_stored()


def _call(function: str, *arguments: object) -> bytes:
    return zlib.compress(json.dumps([function, None, arguments, {}]).encode())


PLANTS = {
    "os.system": lambda marker: {"data": _call("os.system", f"touch {marker}")},
    "callbacks": lambda marker: {
        "data": _call("workers.jobs.process_batch", [1]),
        "success_callback_name": "os.system",
        "failure_callback_name": "os.system",
    },
    "broken data": lambda marker: {"data": b"no data at all"},
    "broken hash": lambda marker: {"data": zlib.compress(b"[]"), "created_at": "no date"},
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_job_planted_in_the_queue_is_not_run_and_harms_nobody(plant: str, wire: Wire) -> None:
    marker, client = wire.folder / f"PWNED-{plant.replace(' ', '-')}", wire.client()
    job = {"created_at": CREATED, "status": "queued", "origin": "backfill", "timeout": "60"}
    client.hset("rq:job:planted", mapping={**job, **PLANTS[plant](marker)})
    client.rpush("rq:queue:backfill", "planted")
    wait_for(lambda: client.llen("rq:queue:backfill") == 0)
    wire.take_in(3)
    wire.all_stored()
    assert not marker.exists()
