"""The store as readers use it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.errors import DamagedError, Reason
from pipeline.model import FeedState, QueueName, Sighting, SourceKind, StoredDocument
from pipeline.ports.feeds import FetcherState
from pipeline.ports.retag import Retagging
from pipeline.ports.stories import StoryFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search, parsed. Terms are already as search_terms makes them."""

    #: each is a phrase of one or more terms; all must occur
    all_of: tuple[tuple[str, ...], ...] = ()
    none_of: tuple[tuple[str, ...], ...] = ()
    #: field → accepted values (`lang`, `provider`, `feed`, …); all fields must match
    fields: Mapping[str, tuple[str, ...]] | None = None
    #: field → refused values
    not_fields: Mapping[str, tuple[str, ...]] | None = None
    #: published at or after
    since: datetime | None = None
    #: published before
    until: datetime | None = None
    #: False: of what is found, a text that was found in an earlier copy, or whole in a longer one, is left
    #: out
    copies: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the change log."""

    seq: int
    #: new (may be shown from now on), released (may be shown again), tagged, linked (a copy was found later),
    #: story (it belongs to another one now), killed, withheld, erased, expired (past its time, and gone)
    kind: str
    document_id: str
    at: datetime
    #: of its item; None: nobody was told of the document, or its row is gone
    uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedVersion:
    """One version of an item, shown or not, and why."""

    id: str
    #: rank in the chain, from 1
    version: int
    #: usable, advisory, withheld, canceled (it is a kill), killed
    standing: str
    #: it is what a search finds now
    current: bool
    #: None: erased
    stored: StoredDocument | None
    #: id of the kill that took it back
    taken_back_by: str | None
    embargoed: datetime | None
    erased_at: datetime | None
    erase_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """Something that could not be processed, with its reason; one command releases it."""

    id: int
    reason: Reason
    detail: str
    #: "line 17" of a file; None for a whole entry or body
    where: str | None
    feed_id: str
    location: str
    entry_id: int | None
    guid: str | None
    attempts: int
    quarantined_at: datetime
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryQueueState:
    """One queue as the store has it: the truth."""

    queue: QueueName
    #: entries not yet claimed
    waiting: int
    #: received_at of the oldest waiting one
    oldest_received_at: datetime | None
    #: entries a worker holds
    in_flight: int
    quarantined: int
    #: entries processed within the last minute
    done_last_minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """One feed: wishes and state, for people."""

    id: str
    kind: SourceKind
    #: without secrets
    url: str
    provider: str | None
    active: bool
    state: FeedState
    documents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRecord:
    """What is remembered of one poll."""

    polled_at: datetime
    duration_s: float
    #: ok, not_modified or a Reason
    outcome: str
    status: int | None
    detail: str | None
    format: str | None
    #: entries in the document, and those never seen before
    found: int
    new: int
    problems: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """An entry of no meaning that takes the way of all entries."""

    sent_at: datetime
    #: when the last one that arrived was saved; None: none has yet
    saved_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSnapshot:
    """How the store stands, read in one transaction."""

    queues: tuple[EntryQueueState, ...]
    feeds: tuple[FeedReport, ...]
    documents: int
    items: int
    quarantined: int
    newest_stored_at: datetime | None
    #: (name, label) → count since the beginning, see store.tables.counter
    counters: Mapping[tuple[str, str], int]
    #: None: none was ever sent
    heartbeat: Heartbeat | None = None
    #: None: there never was one
    retagging: Retagging | None = None
    #: that run
    fetchers: tuple[FetcherState, ...] = ()


class ReadStore(Protocol):
    """What people and programs read. Every read of documents passes the predicate "may be shown"."""

    def fetchers(self, now: datetime) -> Sequence[FetcherState]:
        """Give the fetchers that run."""
        ...

    def search(
        self, query: Query, *, now: datetime, limit: int = 20, offset: int = 0, all_versions: bool = False
    ) -> Sequence[StoredDocument]:
        """Find documents that may be shown, newest published first; of each item only the newest version
        that may be, unless `all_versions`."""
        ...

    def stream(
        self, query: Query, *, now: datetime, passed_over: Callable[[DamagedError], None] | None = None
    ) -> Iterator[StoredDocument]:
        """Give every version that matches and may be shown, in the order it was stored, in bounded memory.

        Args:
            query: What to find.
            now: Aware UTC.
            passed_over: Is told of each number under which what is stored is damaged; all others are given.

        Raises:
            DamagedError: Something is damaged, and there is nobody to tell.
        """
        ...

    def document(self, document_id: str, *, now: datetime) -> StoredDocument | None:
        """Give one document that may be shown, by its id or an unambiguous beginning of it (8 or more)."""
        ...

    def versions(self, uri: str, *, now: datetime) -> Sequence[StoredDocument]:
        """Give the versions of one item that may be shown, oldest first."""
        ...

    def audit(self, document_id: str, *, now: datetime) -> Sequence[AuditedVersion]:
        """Give all versions of a document's item, shown or not, oldest first; empty: no such document.

        For those who look after the store: what is held or taken back is in it.
        """
        ...

    def sightings(self, document_id: str) -> Sequence[Sighting]:
        """Say where and when copies of a version were seen, oldest first."""
        ...

    def copies(self, document_id: str, *, now: datetime) -> Sequence[StoredDocument]:
        """Give the documents that are the same copy as this one and may be shown, first published first."""
        ...

    def story(self, story_id: str, *, now: datetime) -> StoryFound | None:
        """Find a story by the beginning of its id, or by that of one that has become part of it.

        None: there is none, or nothing of it may be shown.
        """
        ...

    def stories(
        self, query: Query, *, now: datetime, limit: int = 20, offset: int = 0, biggest: bool = False
    ) -> Sequence[StoryFound]:
        """Give the stories with a document that matches, newest first, or those with most documents first."""
        ...

    def changes(self, after: int, limit: int = 100, *, only_new: bool = False) -> Sequence[Change]:
        """Read the change log after a sequence number, in order.

        Args:
            after: Sequence number.
            limit: How many at most.
            only_new: Pass over all other kinds.
        """
        ...

    def new_from_the_end(self, count: int) -> int | None:
        """Give the number of the last new document but `count` - 1 in the change log; None: there is none."""
        ...

    def first_change(self) -> int:
        """Give the oldest sequence number that is kept; 0 when there is none."""
        ...

    def last_change(self) -> int:
        """Give the newest sequence number; 0 when there is none."""
        ...

    def wait_for_change(self) -> None:
        """Wait until the change log may have something new; for a few seconds at most."""
        ...

    def snapshot(self, now: datetime) -> StoreSnapshot:
        """Say how everything stands."""
        ...

    def report(self, feed_id: str) -> FeedReport | None:
        """Say how one feed stands; None: there never was one."""
        ...

    def polls(self, feed_id: str, limit: int = 30) -> Sequence[PollRecord]:
        """Give the last polls of a feed, newest first."""
        ...

    def probe(self, now: datetime) -> None:
        """Write and commit something of no meaning. Raises StoreError when the store takes no write."""
        ...
