"""What goes wrong with the queue costs time, never an article; who writes to it runs no code of his own."""

import json
import os
import shutil
import signal
import time
import zlib
from collections import Counter
from pathlib import Path

import pytest
import redis

from fault_size import Size
from running import Service, exported, run, stored, wait_for, write_records

CREATED = "2026-01-01T00:00:00.000000Z"


def _client(data: Path) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(data / "valkey.sock"))


def _all_stored(data: Path, config: Path, count: int, seconds: float = 60) -> None:
    wait_for(lambda: stored(data) >= count, seconds=seconds, every=0.5)
    guids = Counter(document["guid"] for document in exported(data, config))
    assert len(guids) == count
    assert max(guids.values()) == 1


def test_a_queue_wiped_again_and_again_loses_nothing(tmp_path: Path, config: Path, size: Size) -> None:
    data = tmp_path / "data"
    records = write_records(tmp_path / "records.jsonl", size.records)
    with Service(data, config) as service:
        wait_for(lambda: service.pids("worker"))
        assert run("import", str(records), data=data, config=config).returncode == 0
        for _ in range(5):
            _client(data).flushall()
            time.sleep(0.3)
        _all_stored(data, config, size.records)
        service.stop()


def test_a_queue_server_that_stands_still_is_waited_for(tmp_path: Path, config: Path, size: Size) -> None:
    data = tmp_path / "data"
    records = write_records(tmp_path / "records.jsonl", size.records)
    with Service(data, config) as service:
        wait_for(lambda: service.pids("worker"))
        (valkey,) = service.pids("valkey")
        os.kill(valkey, signal.SIGSTOP)
        taken = run("import", str(records), data=data, config=config)
        assert taken.returncode == 0, taken.stderr
        time.sleep(8)
        os.kill(valkey, signal.SIGCONT)
        _all_stored(data, config, size.records)
        service.stop()


@pytest.mark.parametrize("lost", ["valkey/appendonlydir", "valkey"])
def test_a_queue_server_that_comes_back_empty_costs_nothing(
    lost: str, tmp_path: Path, config: Path, size: Size
) -> None:
    data = tmp_path / "data"
    records = write_records(tmp_path / "records.jsonl", size.records)
    with Service(data, config) as service:
        wait_for(lambda: service.pids("worker"))
        assert run("import", str(records), data=data, config=config).returncode == 0
        assert service.process
        os.kill(service.process.pid, signal.SIGSTOP)  # it must not bring the server back too early
        (valkey,) = service.pids("valkey")
        os.kill(valkey, signal.SIGKILL)
        shutil.rmtree(data / lost)
        os.kill(service.process.pid, signal.SIGCONT)
        _all_stored(data, config, size.records, seconds=40)
        service.stop()


def test_a_damaged_append_only_file_does_not_keep_the_service_from_starting(
    tmp_path: Path, config: Path, size: Size
) -> None:
    data = tmp_path / "data"
    service = Service(data, config)
    first = write_records(tmp_path / "first.jsonl", size.records)
    with service:
        wait_for(lambda: service.pids("worker"))
        assert run("import", str(first), data=data, config=config).returncode == 0
        wait_for(lambda: exported(data, config))
        service.stop()
    (file,) = (data / "valkey" / "appendonlydir").glob("*.incr.aof")
    middle = file.stat().st_size // 2
    assert middle > 1000
    with file.open("r+b") as damaged:
        damaged.seek(middle)
        damaged.write(b"\xff" * 200)
    second = write_records(tmp_path / "second.jsonl", 3, start=size.records)
    with service:
        wait_for(lambda: service.pids("worker"))
        assert run("import", str(second), data=data, config=config).returncode == 0
        _all_stored(data, config, size.records + 3)
        service.stop()


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
def test_a_job_planted_in_the_queue_is_not_run_and_harms_nobody(
    plant: str, tmp_path: Path, config: Path
) -> None:
    data, marker = tmp_path / "data", tmp_path / "PWNED"
    job = {"created_at": CREATED, "status": "queued", "origin": "backfill", "timeout": "60"}
    with Service(data, config) as service:
        wait_for(lambda: service.pids("worker"))
        client = _client(data)
        client.hset("rq:job:planted", mapping={**job, **PLANTS[plant](marker)})
        client.rpush("rq:queue:backfill", "planted")
        wait_for(lambda: client.llen("rq:queue:backfill") == 0)
        records = write_records(tmp_path / "records.jsonl", 3)
        result = run("import", str(records), "--wait", data=data, config=config)
        assert result.returncode == 0, result.stderr
        _all_stored(data, config, 3)
        service.stop()
    assert not marker.exists()


def test_an_entry_sent_a_hundred_times_is_stored_once(tmp_path: Path, config: Path) -> None:
    data = tmp_path / "data"
    records = write_records(tmp_path / "records.jsonl", 1)
    with Service(data, config) as service:
        wait_for(lambda: service.pids("worker"))
        from pipeline.model import QueueName
        from pipeline.ports import EntryRef
        from pipeline.queues import RedisQueue

        queue = RedisQueue(f"unix://{data / 'valkey.sock'}")
        for _ in range(50):
            queue.send([EntryRef(id=1, queue=QueueName.BACKFILL, alone=True)])
        assert run("import", str(records), data=data, config=config).returncode == 0
        for _ in range(50):
            queue.send([EntryRef(id=1, queue=QueueName.WIRE, alone=True)])
        _all_stored(data, config, 1)
        service.stop()
