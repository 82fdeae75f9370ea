"""The queues between the two sides: the home of rq and redis.

Redis carries ids of entries and numbers of documents, as JSON, and nothing else. Whoever can write to Redis
may make us process one again, and nothing more: WireJob runs only the functions named here. Whatever is lost
here is sent again from the store (workers.reconcile).
"""

import itertools
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import redis
from rq import Queue, SimpleWorker
from rq.exceptions import DeserializationError, InvalidJobOperation, NoSuchJobError
from rq.job import Job
from rq.registry import FailedJobRegistry, StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.worker_registration import get_keys

from pipeline.clock import SystemClock
from pipeline.logs import get_logger
from pipeline.model import PAYLOAD_VERSION, QueueName
from pipeline.ports.outside import Clock
from pipeline.ports.queue import GONE, EntryRef, QueueServer, QueueState, Retried, WorkerState
from pipeline.redis_server import connect, connect_patiently, redis_errors, server_of

#: what a job may call, by queue
FUNCTIONS: Mapping[QueueName, str] = {
    QueueName.WIRE: "workers.jobs.process_batch",
    QueueName.BACKFILL: "workers.jobs.process_batch",
    QueueName.ENRICH: "workers.jobs.enrich_batch",
}

#: on the queue `backfill` too: takes the next documents from the store, and carries no ids
RETAG = "workers.jobs.retag_batch"
_ALLOWED = frozenset({*FUNCTIONS.values(), RETAG})

#: documents in one job of the queue `enrich`: each takes as long as dozens of entries
ENRICH_BATCH = 8

#: failed jobs are kept to be looked at; their entries live in the store. RQ's default is a year.
FAILURE_TTL = timedelta(days=7)

#: how long those wait who only look, for one answer: a page must say soon that the server hangs
LOOK_S = 1.5

#: of the ids at the head of a queue, how many are asked for their age: urgent jobs jump the line
_HEAD = 64

#: fields of a job and of a worker: the payload version of the one and what the other can read; what it met
_PAYLOAD, _NEWER = "payload", "newer"

#: a worker that lives says so every 16 s at least
_HEARD = timedelta(seconds=20)

#: waits of a worker that gets nothing but jobs of a newer release
_PASS_S, _LONGEST_PASS_S = 0.1, 5.0

log = get_logger(__name__)

_SYSTEM = SystemClock()


class WireJob(Job):
    """A job that runs one of our functions, and no callback or webhook.

    RQ imports any dotted name that it finds in Redis, with the JSON serializer too.
    """

    def _deserialize_data(self) -> None:
        super()._deserialize_data()  # type: ignore[no-untyped-call]  # rq is partly untyped
        if self._func_name not in _ALLOWED or self._instance:
            raise DeserializationError(f"function {self._func_name!r} is not allowed")

    success_callback = failure_callback = stopped_callback = property(lambda _self: None)

    def send_webhooks(self, *_args: Any, **_kwargs: Any) -> None:
        """Send nothing: a planted webhook would be a request to an address of the planter's choice."""


class WireWorker(SimpleWorker):
    """RQ's worker in this process; workers.worker watches it from outside."""

    job_class = WireJob
    log_result_lifespan = False
    #: seconds between tries while the server is away; RQ's minute is a minute lost
    max_connection_wait_time = 5
    #: called whenever it moves while it has no job
    moved: Callable[[], None] = staticmethod(lambda: None)
    #: what others are told of it, beside what RQ tells
    told: Mapping[str, str] = MappingProxyType({})
    #: jobs of a newer release that it passed over, one after the other
    _passed_over = 0

    def serialize(self) -> dict[str, Any]:
        """Say who it is, and what it can read."""
        return {**super().serialize(), **self.told, _PAYLOAD: PAYLOAD_VERSION}

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Do a job, or leave it to a worker of the newer release that sent it."""
        wanted = job.meta.get(_PAYLOAD, 0) if isinstance(job.meta, dict) else 0
        if isinstance(wanted, int) and wanted > PAYLOAD_VERSION:
            self._pass_over(job, queue, wanted)
            return
        if self._passed_over:
            self._passed_over = 0
            self.connection.hdel(self.key, _NEWER)
        super().execute_job(job, queue)

    def _pass_over(self, job: Job, queue: Queue, wanted: int) -> None:
        """Put a job back behind the others, and wait a little: else nobody but us might get at it."""
        with self.connection.pipeline() as pipeline:
            pipeline.rpush(queue.key, job.id)
            pipeline.lrem(queue.intermediate_queue_key, 1, job.id)
            pipeline.hset(self.key, _NEWER, wanted)
            pipeline.execute()
        log.warning("newer_job_passed_over", job=job.id, payload=wanted, ours=PAYLOAD_VERSION)
        self.moved()
        time.sleep(min(_PASS_S * 2**self._passed_over, _LONGEST_PASS_S))
        self._passed_over = min(self._passed_over + 1, 16)

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Tell Redis, and whoever watches from outside, that this worker lives."""
        if pipeline is None:  # inside a job it comes with a pipeline: the job has its own watch
            self.moved()
        super().heartbeat(timeout, pipeline)

    def procline(self, message: str) -> None:
        """Keep the process title: the message would carry words out of Redis."""


class RedisQueue:
    """The ports.Queue over Redis or Valkey.

    Args:
        url: Where the server is, see pipeline.redis_address.
        batch_size: Most entries in one job.
        job_timeout_s: After how many seconds a job is interrupted.
        patience_s: How long one question may take, asked once; None: as long as suits who sends.
        clock: Whose time stands in the ids of jobs: the one by which the store notes what was sent.
    """

    def __init__(
        self,
        url: str,
        *,
        batch_size: int = 64,
        job_timeout_s: int = 10,
        patience_s: float | None = None,
        clock: Clock = _SYSTEM,
    ) -> None:
        self._client = connect(url, patience_s)
        self._batch_size = batch_size
        self._job_timeout_s = job_timeout_s
        self._clock = clock
        self._queues = {name: _queue(name, self._client) for name in QueueName}

    def send(self, refs: Sequence[EntryRef]) -> None:
        """See ports.Queue."""
        with redis_errors():
            pipeline = self._client.pipeline()
            for name, of_queue in itertools.groupby(sorted(refs, key=_by_queue), key=lambda ref: ref.queue):
                queue = self._queues[name]
                queue.enqueue_many(
                    [self._job(queue, name, batch) for batch in self._batches(name, of_queue)], pipeline
                )
            pipeline.execute()

    def send_retag(self, jobs: int) -> None:
        """See ports.Queue."""
        queue = self._queues[QueueName.BACKFILL]
        with redis_errors():
            queue.enqueue_many([self._prepared(queue, RETAG, [], "re-tagging") for _ in range(jobs)])

    def states(self) -> Sequence[QueueState]:
        """See ports.Queue."""
        with redis_errors():
            pipeline = self._client.pipeline(transaction=False)
            for queue in self._queues.values():
                pipeline.llen(queue.key)
                pipeline.lrange(queue.key, 0, _HEAD - 1)
                pipeline.zcard(_started(queue).key)
                pipeline.zcard(_failed(queue).key)
            answers = pipeline.execute()
        return [
            QueueState(
                queue=name,
                waiting=answers[at],
                oldest_sent_at=min(filter(None, map(_sent_at, answers[at + 1])), default=None),
                started=answers[at + 2],
                failed=answers[at + 3],
            )
            for name, at in zip(self._queues, range(0, len(answers), 4), strict=True)
        ]

    def workers(self) -> Sequence[WorkerState]:
        """Say which worker processes Redis knows. Raises QueueError."""
        with redis_errors():
            keys = sorted(get_keys(connection=self._client))
            pipeline = self._client.pipeline(transaction=False)
            for key in keys:
                pipeline.hgetall(key)
            found = zip(keys, pipeline.execute(), strict=True)
            known = [_worker_state(key, fields) for key, fields in found if fields and b"death" not in fields]
        now = self._clock.now()
        return [replace(each, state=GONE) if was_killed(each, now) else each for each in known]

    def failed_jobs(self, limit: int = 100) -> Sequence[Mapping[str, object]]:
        """List jobs of the failed registries: id, queue, entry ids, when, last line of the error."""
        with redis_errors():
            return [
                described
                for queue in self._queues.values()
                for job_id in _failed(queue).get_job_ids(0, limit - 1)
                if (described := _described(queue, job_id)) is not None
            ]

    def retry_failed(self, ids: Sequence[str] | None = None) -> Retried:
        """Put failed jobs back on their queues: those named, or all."""
        back = passed_over = 0
        with redis_errors():
            for queue in self._queues.values():
                registry = _failed(queue)
                for job_id in registry.get_job_ids():
                    if ids is None or job_id in ids:
                        try:
                            registry.requeue(job_id)
                        except (NoSuchJobError, InvalidJobOperation, DeserializationError):
                            passed_over += 1
                        else:
                            back += 1
        return Retried(back=back, passed_over=passed_over)

    def probe(self) -> None:
        """Write something of no meaning. A full disk or a replica refuses writes and answers PING."""
        with redis_errors():
            self._client.set("newswire:probe", b"1", ex=60)

    def server(self) -> QueueServer:
        """Say what the server is. Raises QueueError."""
        with redis_errors():
            return server_of(self._client.info())

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def _batches(self, name: QueueName, refs: Iterator[EntryRef]) -> Iterator[tuple[list[EntryRef], bool]]:
        """Group refs into jobs: (refs, at the front)."""
        ordinary: list[EntryRef] = []
        for ref in refs:
            if ref.urgent or ref.alone:
                yield [ref], ref.urgent
            else:
                ordinary.append(ref)
        size = min(self._batch_size, ENRICH_BATCH) if name is QueueName.ENRICH else self._batch_size
        for batch in _chunks(ordinary, size):
            yield batch, False

    def _job(self, queue: Queue, name: QueueName, batch: tuple[list[EntryRef], bool]) -> Any:
        refs, at_front = batch
        kind = "documents" if name is QueueName.ENRICH else "entries"
        ids = [ref.id for ref in refs]
        return self._prepared(queue, FUNCTIONS[name], ids, f"{len(refs)} {kind}", at_front=at_front)

    def _prepared(
        self, queue: Queue, function: str, ids: list[int], description: str, *, at_front: bool = False
    ) -> Any:
        return queue.prepare_data(
            function,
            args=(ids,),
            timeout=self._job_timeout_s,
            result_ttl=0,
            failure_ttl=int(FAILURE_TTL.total_seconds()),
            description=description,
            job_id=_new_job_id(self._clock.now()),
            meta={_PAYLOAD: PAYLOAD_VERSION},
            at_front=at_front,
        )


def run_worker(
    queue: QueueName, url: str, *, name: str, moved: Callable[[], None], told: Mapping[str, str]
) -> None:
    """Work on exactly one queue in this process until SIGTERM.

    A worker that listens on two loses jobs when it is killed: only a single queue is popped with BLMOVE.

    Args:
        queue: The queue.
        url: Where the server is.
        name: Of the worker, in Redis.
        moved: Called at least every 16 s while no job runs, also when the server is away.
        told: What others are told of it: `rules`, `release`.

    Raises:
        QueueError: The server is not usable; what was held is sent again.
    """
    with redis_errors():
        client = connect_patiently(url)
        worker = WireWorker(
            [_queue(queue, client)],
            connection=client,
            name=name,
            job_class=WireJob,
            serializer=JSONSerializer,
            # Short, so that a dead worker leaves the list soon and its jobs are found by maintenance.
            worker_ttl=30,
            maintenance_interval=30,
            job_monitoring_interval=10,
            log_job_description=False,
        )
        worker.moved, worker.told = moved, told
        worker.work(logging_level="WARNING")


def _queue(name: QueueName, client: redis.Redis) -> Queue:
    return Queue(name.value, connection=client, serializer=JSONSerializer, job_class=WireJob)


def _started(queue: Queue) -> StartedJobRegistry:
    return StartedJobRegistry(queue=queue)


def _failed(queue: Queue) -> FailedJobRegistry:
    return FailedJobRegistry(queue=queue)


def _by_queue(ref: EntryRef) -> str:
    return ref.queue.value


def _chunks(refs: list[EntryRef], size: int) -> Iterator[list[EntryRef]]:
    for start in range(0, len(refs), size):
        yield refs[start : start + size]


def _new_job_id(now: datetime) -> str:
    """Make a job id that begins with the time it was sent, so that ages need no look at the jobs."""
    return f"{int(now.timestamp() * 1000):012x}-{secrets.token_hex(6)}"


def _sent_at(job_id: bytes) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(job_id[:12], 16) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None  # not a job of ours


def _worker_state(key: str, fields: Mapping[bytes, bytes]) -> WorkerState:
    def text(key: bytes) -> str:
        return fields.get(key, b"").decode("utf-8", "replace")

    return WorkerState(
        name=key.rsplit(":", 1)[-1],
        queue=text(b"queues"),
        state=text(b"state") or "?",
        pid=_whole(text(b"pid")),
        hostname=text(b"hostname"),
        succeeded=_whole(text(b"successful_job_count")),
        failed=_whole(text(b"failed_job_count")),
        heartbeat_at=_heartbeat_at(text(b"last_heartbeat")),
        rules=text(b"rules"),
        release=text(b"release"),
        payload_version=_whole(text(_PAYLOAD.encode())),
        newer_payload=_whole(text(_NEWER.encode())),
    )


def was_killed(worker: WorkerState, now: datetime) -> bool:
    """Say whether a worker is of this host and its process is not there any more.

    Containers may share the host's name and not its processes: who was just heard of lives.
    """
    if worker.hostname != socket.gethostname() or not worker.pid:
        return False
    if worker.heartbeat_at and now - worker.heartbeat_at < _HEARD:
        return False
    try:
        os.kill(worker.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # somebody else's process is one, too
    return False


def _whole(text: str) -> int:
    """Read a number that anybody may have written."""
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _heartbeat_at(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _described(queue: Queue, job_id: str) -> Mapping[str, object] | None:
    try:
        job = WireJob.fetch(job_id, connection=queue.connection, serializer=JSONSerializer)
        entries = list(job.args[0]) if job.args else []
    except NoSuchJobError:
        return None
    except DeserializationError as error:
        return {"id": job_id, "queue": queue.name, "entries": [], "ended_at": None, "error": str(error)}
    result = job.latest_result()
    lines = ((result.exc_string if result else None) or "").strip().splitlines()
    return {
        "id": job_id,
        "queue": queue.name,
        "entries": entries,
        "ended_at": job.ended_at.isoformat() if job.ended_at else None,
        "error": lines[-1] if lines else "",
    }
