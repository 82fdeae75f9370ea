"""Failed jobs, and what doctor says of a queue server."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from rq.registry import FailedJobRegistry
from rq.results import Result
from rq.serializers import JSONSerializer

from pipeline.model import QueueName
from pipeline.ports.queue import EntryRef
from pipeline.queues import RedisQueue, WireJob
from running import run, write_config
from valkeys import valkey


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path / "config", topics=False)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The URL of a queue server that holds one failed job with two entries."""
    with valkey(tmp_path / "queue", {"appendonly": "yes"}) as server, server.client() as client:
        queue = RedisQueue(server.url)
        queue.send([EntryRef(id=1, queue=QueueName.WIRE), EntryRef(id=2, queue=QueueName.WIRE)])
        (job_id,) = client.lrange("rq:queue:wire", 0, -1)
        client.delete("rq:queue:wire")
        job = WireJob.fetch(job_id.decode(), connection=client, serializer=JSONSerializer)
        FailedJobRegistry("wire", connection=client, job_class=WireJob).add(job)
        Result.create_failure(job, 3600, "Traceback …\nMemoryError: \x1b[31mno room")
        queue.close()
        yield server.url


def test_failed_jobs_are_listed_and_put_back(tmp_path: Path, config: Path, url: str) -> None:
    data, env = tmp_path / "data", {"NEWSWIRE_QUEUE__URL": url}

    text = run("failed", "list", data=data, config=config, env=env)
    (job,) = map(
        json.loads, run("failed", "list", "--json", data=data, config=config, env=env).stdout.splitlines()
    )
    back = run("failed", "retry", job["id"], data=data, config=config, env=env)
    after = run("failed", "list", data=data, config=config, env=env)

    assert "2 entries" in text.stdout
    assert "MemoryError: \ufffd[31mno room" in text.stdout
    assert (job["queue"], job["entries"]) == ("wire", [1, 2])
    assert (back.returncode, back.stderr) == (0, "1 job back on the queue\n")
    assert (after.returncode, after.stdout, after.stderr) == (0, "", "no failed jobs\n")


def test_retry_wants_ids_or_all_and_knows_its_jobs(tmp_path: Path, config: Path, url: str) -> None:
    data, env = tmp_path / "data", {"NEWSWIRE_QUEUE__URL": url}

    assert run("failed", "retry", data=data, config=config, env=env).returncode == 2
    unknown = run("failed", "retry", "nothing", data=data, config=config, env=env)
    assert unknown.returncode == 1
    assert "newswire: no failed job has the id nothing" in unknown.stderr
    assert run("failed", "retry", "--all", data=data, config=config, env=env).returncode == 0


def test_doctor_looks_at_the_queue_server(tmp_path: Path, config: Path, url: str) -> None:
    data, env = tmp_path / "data", {"NEWSWIRE_QUEUE__URL": url}
    well = run("doctor", data=data, config=config, env=env)
    with redis.Redis.from_url(url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        client.config_set("appendonly", "no")
    careless = run("doctor", data=data, config=config, env=env)

    assert well.returncode == 0
    assert re.search("ok    queue: (Valkey|Redis) ", well.stdout)
    assert careless.returncode == 0
    assert "warn  queue: maxmemory-policy is allkeys-lru" in careless.stdout
    assert "warn  queue: it keeps no append-only file" in careless.stdout
