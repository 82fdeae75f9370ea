"""In-memory ports for the faces that read: what they hold is what they are given."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipeline.errors import DamagedError, QueueError, StoreError
from pipeline.model import Document, FeedState, QueueName, Sighting, SourceKind, StoredDocument
from pipeline.ports.queue import QueueServer, QueueState, Retried, WorkerState
from pipeline.ports.reading import (
    AuditedVersion,
    Change,
    EntryQueueState,
    FeedReport,
    Heartbeat,
    Query,
    StoreSnapshot,
)
from pipeline.ports.retag import Retagging
from pipeline.ports.stories import StoryFound

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FixedClock:
    """Tells one time."""

    moment: datetime = NOON

    def now(self) -> datetime:
        """See ports.Clock."""
        return self.moment


@dataclass(slots=True)
class FakeReadStore:
    """A ReadStore over a tuple of documents; matches a query's terms as plain words."""

    documents: Sequence[StoredDocument] = ()
    feeds: Sequence[FeedReport] = ()
    queues: Sequence[EntryQueueState] = ()
    counters: Mapping[tuple[str, str], int] = field(default_factory=dict)
    seen: Mapping[str, Sequence[Sighting]] = field(default_factory=dict)
    quarantined: int = 0
    heartbeat: Heartbeat | None = None
    retagging: Retagging | None = None
    #: what reads and writes raise
    broken: str | None = None

    def search(
        self, query: Query, *, now: datetime, limit: int = 20, offset: int = 0, all_versions: bool = False
    ) -> Sequence[StoredDocument]:
        """See ports.ReadStore."""
        return [stored for stored in self.documents if _matches(query, stored.document)][
            offset : offset + limit
        ]

    def stream(
        self, query: Query, *, now: datetime, passed_over: Callable[[DamagedError], None] | None = None
    ) -> Iterator[StoredDocument]:
        """See ports.ReadStore."""
        return (stored for stored in self.documents if _matches(query, stored.document))

    def document(self, document_id: str, *, now: datetime) -> StoredDocument | None:
        """See ports.ReadStore."""
        found = [stored for stored in self.documents if stored.document.id.startswith(document_id)]
        return found[0] if len(found) == 1 and len(document_id) >= 8 else None

    def versions(self, uri: str, *, now: datetime) -> Sequence[StoredDocument]:
        """See ports.ReadStore."""
        return [stored for stored in self.documents if stored.document.uri == uri]

    def audit(self, document_id: str, *, now: datetime) -> Sequence[AuditedVersion]:
        """See ports.ReadStore; all that it holds may be shown."""
        return ()

    def sightings(self, document_id: str) -> Sequence[Sighting]:
        """See ports.ReadStore."""
        return self.seen.get(document_id, ())

    def copies(self, document_id: str, *, now: datetime) -> Sequence[StoredDocument]:
        """See ports.ReadStore."""
        found = self.document(document_id, now=now)
        ids = {link.id for link in found.relations} if found else set()
        return [stored for stored in self.documents if stored.document.id in ids]

    def story(self, story_id: str, *, now: datetime) -> StoryFound | None:
        """See ports.ReadStore."""
        members = tuple(stored for stored in self.documents if stored.story_id == story_id)
        return _story(story_id, members) if members else None

    def stories(
        self, query: Query, *, now: datetime, limit: int = 20, offset: int = 0, biggest: bool = False
    ) -> Sequence[StoryFound]:
        """See ports.ReadStore."""
        found = self.search(query, now=now, limit=len(self.documents))
        ids = dict.fromkeys(stored.story_id for stored in found if stored.story_id)
        stories = [story for each in ids if (story := self.story(each, now=now))]
        return sorted(stories, key=lambda each: each.count if biggest else each.last_at, reverse=True)[
            offset : offset + limit
        ]

    def log(self) -> Sequence[Change]:
        """Give all that is kept of the change log."""
        return [
            Change(
                seq=seq,
                kind="new",
                document_id=stored.document.id,
                at=stored.stored_at,
                uri=stored.document.uri,
            )
            for seq, stored in enumerate(self.documents, start=1)
        ]

    def changes(self, after: int, limit: int = 100, *, only_new: bool = False) -> Sequence[Change]:
        """See ports.ReadStore."""
        later = (change for change in self.log() if change.seq > after)
        return [change for change in later if change.kind == "new" or not only_new][:limit]

    def new_from_the_end(self, count: int) -> int | None:
        """See ports.ReadStore."""
        new = [change.seq for change in self.log() if change.kind == "new"]
        return new[-count] if len(new) >= count else None

    def first_change(self) -> int:
        """See ports.ReadStore."""
        return min((change.seq for change in self.log()), default=0)

    def last_change(self) -> int:
        """See ports.ReadStore."""
        self._check()
        return max((change.seq for change in self.log()), default=0)

    def wait_for_change(self) -> None:
        """See ports.ReadStore."""
        time.sleep(0.02)

    def snapshot(self, now: datetime) -> StoreSnapshot:
        """See ports.ReadStore."""
        self._check()
        return StoreSnapshot(
            queues=tuple(self.queues),
            feeds=tuple(self.feeds),
            documents=len(self.documents),
            items=len({stored.document.uri for stored in self.documents}),
            quarantined=self.quarantined,
            newest_stored_at=max((stored.stored_at for stored in self.documents), default=None),
            counters=self.counters,
            heartbeat=self.heartbeat,
            retagging=self.retagging,
        )

    def probe(self, now: datetime) -> None:
        """See ports.ReadStore."""
        self._check()

    def _check(self) -> None:
        if self.broken:
            raise StoreError(self.broken)


def queue_server(**fields: object) -> QueueServer:
    """Make a queue server with which nothing is wrong."""
    return QueueServer(
        **{  # type: ignore[arg-type]
            "name": "Valkey",
            "version": "9.1.2",
            "like_redis": (7, 2, 4),
            "replica": False,
            "cluster": False,
            "appends": True,
            "saves": True,
            "eviction": "noeviction",
            "memory_limit_bytes": 0,
            "memory_bytes": 1 << 20,
            **fields,
        }
    )


@dataclass(slots=True)
class FakeQueueView:
    """A QueueView that says what it was given, or raises."""

    of_queues: Sequence[QueueState] = ()
    of_workers: Sequence[WorkerState] = ()
    of_server: QueueServer = field(default_factory=queue_server)
    failed: list[Mapping[str, object]] = field(default_factory=list)
    #: what every method raises
    broken: str | None = None

    def states(self) -> Sequence[QueueState]:
        """See ports.QueueView."""
        self._check()
        return self.of_queues

    def workers(self) -> Sequence[WorkerState]:
        """See ports.QueueView."""
        self._check()
        return self.of_workers

    def probe(self) -> None:
        """See ports.QueueView."""
        self._check()

    def server(self) -> QueueServer:
        """See ports.QueueView."""
        self._check()
        return self.of_server

    def failed_jobs(self, limit: int = 100) -> Sequence[Mapping[str, object]]:
        """See ports.QueueView."""
        self._check()
        return self.failed[:limit]

    def retry_failed(self, ids: Sequence[str] | None = None) -> Retried:
        """See ports.QueueView."""
        self._check()
        kept = [job for job in self.failed if ids is not None and job["id"] not in ids]
        count = len(self.failed) - len(kept)
        self.failed = kept
        return Retried(back=count, passed_over=0)

    def _check(self) -> None:
        if self.broken:
            raise QueueError(self.broken)


def feed_report(feed_id: str = "harbour", **state: object) -> FeedReport:
    """Make the report of one feed; keywords are fields of its state."""
    wishes = {"kind": SourceKind.HTTP, "active": True}
    wishes.update({name: state.pop(name) for name in ("kind", "active") if name in state})  # type: ignore[dict-item]
    return FeedReport(
        id=feed_id,
        url=f"https://{feed_id}.example/rss",
        provider="Harbour Press",
        documents=3,
        state=FeedState(**{"feed_id": feed_id, "next_poll_at": NOON, **state}),  # type: ignore[arg-type]
        **wishes,  # type: ignore[arg-type]
    )


def entry_queue(queue: QueueName = QueueName.WIRE, **fields: object) -> EntryQueueState:
    """Make the store's side of one queue."""
    return EntryQueueState(
        **{  # type: ignore[arg-type]
            "queue": queue,
            "waiting": 0,
            "oldest_received_at": None,
            "in_flight": 0,
            "quarantined": 0,
            "done_last_minute": 0,
            **fields,
        }
    )


def worker(**fields: object) -> WorkerState:
    """Make one worker."""
    return WorkerState(
        **{  # type: ignore[arg-type]
            "name": "wire-1",
            "queue": "wire",
            "state": "idle",
            "pid": 4711,
            "hostname": "desk",
            "succeeded": 9,
            "failed": 0,
            "heartbeat_at": NOON,
            **fields,
        }
    )


def stored(document_id: str, **fields: object) -> StoredDocument:
    """Make a stored document with an invented text."""
    document = Document(
        **{  # type: ignore[arg-type]
            "id": document_id,
            "uri": f"urn:newswire:harbour-press:{document_id}",
            "content_hash": document_id,
            "provider": "Harbour Press",
            "format": "rss",
            "headline": "Ferry returns to Port Ellery",
            "lead": "The ferry is back.",
            "body_text": "The ferry is back.\n\nIt carries bicycles.",
            "published": NOON,
            **fields,
        }
    )
    return StoredDocument(document=document, version=1, received_at=NOON, stored_at=NOON)


def _story(story_id: str, members: Sequence[StoredDocument]) -> StoryFound:
    times = [stored.document.published or stored.received_at for stored in members]
    return StoryFound(
        id=story_id, count=len(members), first_at=min(times), last_at=max(times), documents=tuple(members)
    )


def _matches(query: Query, document: Document) -> bool:
    text = f"{document.headline} {document.body_text}".casefold()
    return all(" ".join(phrase) in text for phrase in query.all_of)
