"""The queue against a real server: what is sent, what is seen, and what happens when it is not there."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from pipeline.errors import QueueError
from pipeline.model import QueueName
from pipeline.ports.queue import EntryRef, Retried
from pipeline.queues import RedisQueue
from pipeline.service.embedded import queue_url, valkey_command, wait_until_ready


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """An embedded server of its own; gives its URL."""
    process = subprocess.Popen(valkey_command(tmp_path).argv, stdout=subprocess.DEVNULL)
    url = queue_url(tmp_path)
    try:
        wait_until_ready(url, given_up=lambda: False)
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def queue(server: str) -> Iterator[RedisQueue]:
    opened = RedisQueue(server, batch_size=10)
    yield opened
    opened.close()


def _states(queue: RedisQueue) -> dict[QueueName, int]:
    return {state.queue: state.waiting for state in queue.states()}


def test_entries_go_in_batches_and_lone_and_urgent_ones_in_jobs_of_their_own(queue: RedisQueue) -> None:
    queue.send([EntryRef(id=n, queue=QueueName.WIRE) for n in range(25)])
    queue.send([EntryRef(id=n, queue=QueueName.BACKFILL, alone=True) for n in range(3)])
    assert _states(queue) == {QueueName.WIRE: 3, QueueName.BACKFILL: 3, QueueName.ENRICH: 0}
    queue.send([EntryRef(id=99, queue=QueueName.WIRE, urgent=True)])
    first = queue._queues[QueueName.WIRE].jobs[0]
    assert first.args == [[99]]


def test_the_age_of_the_oldest_job_is_told_by_its_id(queue: RedisQueue) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    queue.send([EntryRef(id=1, queue=QueueName.WIRE)])
    (state,) = (state for state in queue.states() if state.queue is QueueName.WIRE)
    assert before <= state.oldest_sent_at <= datetime.now(UTC)


def test_only_ids_cross_the_server(queue: RedisQueue) -> None:
    queue.send([EntryRef(id=7, queue=QueueName.WIRE)])
    (job,) = queue._queues[QueueName.WIRE].jobs
    assert (job.func_name, job.args, job.kwargs) == ("workers.jobs.process_batch", [[7]], {})


def test_a_server_that_is_away_is_one_kind_of_error(tmp_path: Path) -> None:
    away = RedisQueue(f"unix://{tmp_path / 'nobody.sock'}")
    calls = (away.states, away.workers, away.probe, away.failed_jobs, away.server)
    for call in calls:
        with pytest.raises(QueueError, match="queue server"):
            call()
    with pytest.raises(QueueError):
        away.send([EntryRef(id=1, queue=QueueName.WIRE)])


def test_who_only_looks_does_not_wait_long_for_a_server_that_hangs(server: str) -> None:
    looking = RedisQueue(server, patience_s=0.2)
    looking.states()
    os.kill(looking._client.info("server")["process_id"], signal.SIGSTOP)
    began = time.monotonic()
    for call in (looking.states, looking.probe):
        with pytest.raises(QueueError):
            call()
    looking.close()
    assert time.monotonic() - began < 2


def test_a_url_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(QueueError, match="queue URL"):
        RedisQueue("http://example.com")


def test_the_socket_of_a_long_directory_is_in_a_short_private_place(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    valkey_command(deep)
    socket = Path(queue_url(deep).removeprefix("unix://"))
    assert len(os.fsencode(socket)) <= 100
    assert socket.parent.stat().st_mode & 0o777 == 0o700


def test_failed_jobs_that_went_meanwhile_are_passed_over(queue: RedisQueue, server: str) -> None:
    with redis.Redis.from_url(server) as client:
        client.zadd("rq:failed:wire", {"went-meanwhile": time.time() + 1000})
    assert queue.retry_failed() == Retried(back=0, passed_over=1)
    assert queue.retry_failed(["another"]) == Retried(back=0, passed_over=0)
