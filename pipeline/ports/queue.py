"""The queue, and what passes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from pipeline.model import QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRef:
    """What is needed to send an entry or a document to a worker. Only its id crosses Redis."""

    #: of the entry; on the queue `enrich` the document's number
    id: int
    queue: QueueName
    #: in a job of its own at the front
    urgent: bool = False
    #: in a job of its own: it was in a batch that failed
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """One queue as Redis has it."""

    queue: QueueName
    #: jobs waiting
    waiting: int
    #: when the oldest waiting job was sent; None: nothing waits
    oldest_sent_at: datetime | None
    #: jobs a worker runs now
    started: int
    #: jobs in the failed registry
    failed: int


#: state of a worker that was killed: it says no more, and its process is not there
GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerState:
    """One worker process as Redis knows it."""

    name: str
    queue: str
    #: busy, idle, …, or GONE
    state: str
    pid: int
    hostname: str
    #: jobs done and failed since its start
    succeeded: int
    failed: int
    heartbeat_at: datetime | None
    #: names its rules and its gazetteer, as a tagging does; empty: it does not say
    rules: str = ""
    #: of newswire
    release: str = ""
    #: it can read jobs and entries up to this one
    payload_version: int = 0
    #: of the jobs that it passed over since it last did one; 0: it did not
    newer_payload: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueServer:
    """The server that carries the queues, as it says of itself."""

    #: Redis or Valkey
    name: str
    version: str
    #: the version of Redis whose commands it has
    like_redis: tuple[int, ...]
    #: it follows another server and takes no writes
    replica: bool
    #: it is a part of a Redis Cluster
    cluster: bool
    #: it keeps an append-only file
    appends: bool
    #: its last attempt to write to its disk went well
    saves: bool
    #: what it throws away when its memory is full; `noeviction`: nothing
    eviction: str
    #: 0: all there is
    memory_limit_bytes: int
    memory_bytes: int


class Queue(Protocol):
    """Carries ids to the workers. Whatever is in it can be sent again from the store."""

    def send(self, refs: Sequence[EntryRef]) -> None:
        """Put entries on their queues, in batches; urgent and lone ones in jobs of their own.

        Raises:
            QueueError: Redis is not usable now. Nothing is lost: the reconciler sends again.
        """
        ...

    def states(self) -> Sequence[QueueState]:
        """Say how each queue stands. Raises QueueError."""
        ...

    def send_retag(self, jobs: int) -> None:
        """Put so many jobs on the queue `backfill` that each tag some documents again. Raises QueueError."""
        ...


class Retried(NamedTuple):
    """What became of failed jobs that were to be put back."""

    back: int
    #: had gone meanwhile, put back by somebody else or expired, or cannot be read
    passed_over: int


class QueueView(Protocol):
    """The queue as those see it who watch and mend it. Every method may raise QueueError."""

    def states(self) -> Sequence[QueueState]:
        """Say how each queue stands."""
        ...

    def workers(self) -> Sequence[WorkerState]:
        """Say which worker processes there are."""
        ...

    def probe(self) -> None:
        """Write something of no meaning: an answer to PING says nothing of writes."""
        ...

    def server(self) -> QueueServer:
        """Say what the server is."""
        ...

    def failed_jobs(self, limit: int = 100) -> Sequence[Mapping[str, object]]:
        """List jobs of the failed registries: id, queue, entries, ended_at, error."""
        ...

    def retry_failed(self, ids: Sequence[str] | None = None) -> Retried:
        """Put failed jobs back on their queues: those named, or all."""
        ...


#: jobs that wait on one queue at most; what is beyond them stays in the store until there is room
MOST_WAITING_JOBS = 150
