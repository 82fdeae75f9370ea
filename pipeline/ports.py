"""The doors to the outside: storage, queue, fetcher, parser, clock; and the values that pass them.

Deciding code sees these Protocols, never an adapter. One contract suite per port runs over every adapter.
"""

from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from pipeline.errors import FetchError, Reason
from pipeline.model import (
    PAYLOAD_VERSION,
    Document,
    Entry,
    Feed,
    FeedState,
    Parsed,
    Problem,
    QueueName,
    Relation,
    Response,
    Sighting,
    SourceKind,
    StoredDocument,
    StoryTraits,
    Tagging,
)
from pipeline.retention import FOREVER, Kept, Policy


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return aware UTC."""
        ...


class Fetcher(Protocol):
    """Gets the bytes of a feed."""

    async def fetch(self, feed: Feed, state: FeedState) -> Response:
        """Get one feed, conditionally.

        Raises:
            FetchRetryable: Timeout, DNS, 429, 5xx.
            FetchRefused: Anything that needs a change first.
        """
        ...


class Parser(Protocol):
    """Turns bytes into entries, in a process that can be killed."""

    async def parse(self, body: bytes, *, name: str, media_type: str | None) -> Parsed:
        """Detect the format from the bytes and read it.

        Raises:
            ParseError: No format we read, over a limit, or the parser process had to be killed.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One file or mail of a source that others put things into."""

    #: by which the source knows it: a file's name, a mail's UID
    key: str
    content: Response | FetchError
    #: up to where the source has been read once this is taken in; None: it keeps no such mark
    position: bytes | None = None


class Deliveries(Protocol):
    """Gives what others put into a directory or a mailbox, one thing in memory at a time."""

    def scan(self, feed: Feed, position: bytes | None) -> AsyncGenerator[Delivery, None]:
        """Give what is new, in order. What cannot be read comes as an error that names it.

        Args:
            feed: The source.
            position: The last delivery's that was taken in; None: none was.

        Raises:
            FetchError: The source itself cannot be read.
        """
        ...

    async def taken(self, feed: Feed, delivery: Delivery, *, well: bool) -> None:
        """Mark what is committed: only now may it be moved. What is never marked comes again.

        Args:
            feed: The source.
            delivery: As `scan` gave it.
            well: False: no part of it could be read.
        """
        ...


# --- the queue ----------------------------------------------------------------------------------------------


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


# --- the store, as the fetcher uses it ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCopy:
    """A response or file as received; kept once per content."""

    body: bytes
    media_type: str | None
    #: URL or file name, without secrets
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """All that one poll or delivery leaves behind; written in one transaction."""

    feed_id: str
    #: epoch of the claim; None for deliveries that were not claimed (import)
    epoch: int | None
    polled_at: datetime
    duration_s: float
    #: None: it went well (also: not modified)
    reason: Reason | None = None
    detail: str | None = None
    status: int | None = None
    #: None: not modified, same body as last time, or failed before any bytes came
    raw: RawCopy | None = None
    entries: tuple[Entry, ...] = ()
    #: go to quarantine with their bytes. A body that cannot be parsed at all is one Problem
    problems: tuple[Problem, ...] = ()
    format: str | None = None
    #: the feed's state from now on (its epoch is ignored); None for deliveries
    state: FeedState | None = None
    #: of a delivery amid others: how far its source was read before it, and until when the claim holds now;
    #: None: neither changes
    position: bytes | None = None
    lease_until: datetime | None = None
    #: which queue its entries go to
    queue: QueueName = QueueName.WIRE
    urgent: bool = False
    #: tells one delivery of a file from the next; empty where a feed lists entries again and again
    occurrence: str = ""
    #: True: the caller sends the new entries to the queue right after; False: the reconciler will
    sending: bool = True
    #: a release that knows no higher one leaves its entries to those that do
    payload_version: int = PAYLOAD_VERSION
    #: its new entries are not sent before, by whoever finds them unsent; None: they may be sent at once
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What came of one Poll."""

    feed_id: str
    #: False: the claim's epoch was stale, nothing was written
    accepted: bool
    found: int
    #: entries never seen before, in order
    new: tuple[EntryRef, ...] = ()
    problems: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FetcherState:
    """A fetcher that runs."""

    owner: str
    host: str
    #: of its feeds.yaml, see identity.feeds_key
    feeds_key: str
    #: how many are in it
    feeds: int
    heard_at: datetime


class FeedStore(Protocol):
    """Feeds: wishes in, state out."""

    def sync_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """Make the stored feeds the configured ones.

        New ones are due at once; changed wishes are taken over and keep their
        state, a changed URL forgets the validators; missing ones become inactive and keep their documents.
        """
        ...

    def change_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """Do as `sync_feeds` with some of the configured feeds; the others stay as they are."""
        ...

    def announce(self, state: FetcherState) -> bool:
        """Note that a fetcher runs, and by which feeds.yaml. Others not heard of for long are forgotten.

        False: it was not known, or was forgotten meanwhile.
        """
        ...

    def leave(self, owner: str) -> None:
        """Forget a fetcher that ends."""
        ...

    def retire_agreed(self, but: Collection[str], feeds_key: str) -> bool:
        """Make all feeds inactive but those with these ids, unless a fetcher goes by another feeds.yaml.

        False: one does, and nothing was changed, as its feeds are none of ours.
        """
        ...

    def claim_due(
        self,
        now: datetime,
        limit: int,
        owner: str,
        lease: timedelta,
        only: Sequence[str] | None = None,
    ) -> Sequence[FeedState]:
        """Claim feeds that are active and due, most overdue first, in one transaction.

        Not those that are stopped, or leased. Each gets the lease, a higher epoch and a provisional next poll
        after as long a wait as its last one (its interval at least, an hour at most, if that is longer), so
        that a fetcher that dies leaves an ordinary feed behind.

        Args:
            now: Aware UTC.
            limit: How many at most.
            owner: Who claims.
            lease: For how long.
            only: Ids to choose from; None: all. Those of them that are not returned are not due, or taken.
        """
        ...

    def due_at(
        self, only: Sequence[str] | None = None, *, before: datetime | None = None
    ) -> Mapping[str, datetime]:
        """Say when feeds that are polled may be claimed next: their next poll, or the end of their lease.

        Args:
            only: Of these; None: of all.
            before: Only those whose next poll is before then.
        """
        ...

    def put_off(self, until: Mapping[str, datetime]) -> None:
        """Set the next poll of feeds that nobody polls now."""
        ...

    def resume_feed(self, feed_id: str, now: datetime) -> bool:
        """Let a feed that was stopped, or backs off, be due now. False: no such feed, or it is not active."""
        ...

    def take_in(self, polls: Sequence[Poll], now: datetime) -> Sequence[TakenIn]:
        """Write polls in one transaction: raw copies, new entries, problems, feed states, counters.

        Returns one TakenIn for each, in order. An entry whose key is known is not new. Raises StoreError:
        then nothing of the group was written.
        """
        ...

    def unclaimed(self, ids: Sequence[int]) -> Mapping[int, Entry]:
        """Give entries that no worker has begun with."""
        ...

    def amend(self, entry_id: int, entry: Entry) -> bool:
        """Put more into an entry that no worker has begun with; it stays known as what it came as.

        False: a worker was faster.
        """
        ...

    def beat(self, now: datetime, *, sending: bool) -> EntryRef | None:
        """Send the heartbeat entry on its way; None: the last one has not arrived yet.

        Args:
            now: Aware UTC.
            sending: The caller puts it on the queue right after; else the reconciler will.
        """
        ...

    def next_due_at(self) -> datetime | None:
        """Say when the next active feed is due; None when there is no active feed."""
        ...

    def open_among(self, ids: Sequence[int]) -> int:
        """Count those of these entries that are not yet processed. `ids` may be long."""
        ...

    def fates(self, ids: Sequence[int]) -> Mapping[str, int]:
        """Count what became of these entries: new, known (a copy of a stored version), erased, quarantined,
        open. `ids` may be long."""
        ...

    def backlog(self, queue: QueueName | None = None) -> int:
        """Count entries that are not yet processed (pending or being worked on); may be a few seconds old."""
        ...


# --- the store, as the workers use it -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedEntry:
    """An entry that this worker may process, with what its source says of it."""

    id: int
    entry: Entry
    feed_id: str
    source_kind: SourceKind
    provider: str | None
    trust_provider: bool
    language: str | None
    default_region: str | None
    tags: tuple[str, ...]
    #: URL or file name it came by
    location: str
    received_at: datetime
    #: attempts including this one
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySearch:
    """What looking for a document's copies came to; what was found is its links."""

    #: named by the index
    candidates: int = 0
    #: of these, with signatures that are alike: their texts were compared
    compared: int = 0
    #: of these, alike in their words, and not in their numbers, dates and names
    refused: int = 0

    def __add__(self, other: "CopySearch") -> "CopySearch":
        return CopySearch(
            candidates=self.candidates + other.candidates,
            compared=self.compared + other.compared,
            refused=self.refused + other.refused,
        )


NO_SEARCH = CopySearch()


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """An entry that became a document."""

    entry_id: int
    document: Document
    tagging: Tagging = field(default_factory=Tagging)
    relations: tuple[Relation, ...] = ()
    #: its people and organisations are to be found later, on the queue `enrich`
    enrich: bool = False
    #: by which its copies are found; None: it has too little text
    signature: bytes | None = None
    #: False: not all that may be a copy of it could be looked at; a sweep does it later
    linked: bool = True
    #: the run of the index's server that it was entered in; where the store knows of another by now, the
    #: sweep links it, too. None: it was not entered
    entered_in: str | None = None
    #: is counted when it is saved
    search: CopySearch = NO_SEARCH
    #: of an export that came back: when it was received first; its source is the one that it names
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unenriched:
    """A stored document that this worker may enrich."""

    #: its number in the store
    seq: int
    document: Document
    #: as it is now
    tagging: Tagging


@dataclass(frozen=True, slots=True, kw_only=True)
class Enriched:
    """A stored document with what is said of it from now on."""

    seq: int
    tagging: Tagging


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An entry that can never be processed."""

    entry_id: int
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOutcome:
    """What one batch came to."""

    #: documents that are new
    stored: tuple[str, ...] = ()
    #: entries that were copies of known versions (sightings)
    repeated: int = 0
    refused: int = 0
    #: entries that had been given to somebody else meanwhile, or were done: nothing was written for them
    lost: int = 0


class WorkStore(Protocol):
    """Entries: claimed, saved, given back."""

    def claim(
        self, ids: Sequence[int], *, token: str, owner: str, now: datetime, lease: timedelta
    ) -> Sequence[ClaimedEntry]:
        """Take entries to work on: attempts + 1, lease, token and owner, committed before it returns.

        Only pending entries, and those whose lease ran out, are returned, in the order of `ids`.
        """
        ...

    def save(
        self, processed: Sequence[Processed], refusals: Sequence[Refusal], *, token: str, now: datetime
    ) -> BatchOutcome:
        """Write a batch in one transaction, for the entries that still hold the token.

        A document that is new is stored, indexed and noted in `change`; for each entry a sighting is added;
        its item's current version is computed; entries become done or quarantined; counters rise.

        Args:
            processed: Entries that became documents.
            refusals: Entries that never will.
            token: Of the claim.
            now: Aware UTC. What is embargoed until later is held back. No document is noted as stored before
                its entry was received.
        """
        ...

    def claim_unenriched(
        self, ids: Sequence[int], *, token: str, owner: str, now: datetime, lease: timedelta
    ) -> Sequence[Unenriched]:
        """Take documents to enrich, as `claim` does entries. `ids` are documents' numbers."""
        ...

    def save_enriched(self, enriched: Sequence[Enriched], *, token: str, now: datetime) -> int:
        """Replace the taggings of documents that still hold the token, and note each as `tagged` in `change`.

        Returns how many; the others were given to somebody else meanwhile, or erased.
        """
        ...

    def unenriched_among(self, ids: Sequence[int]) -> int:
        """Count those documents of these entries that are still to be enriched. `ids` may be long."""
        ...

    def fail(self, token: str, *, cause: str, counts: bool, now: datetime, max_attempts: int) -> int:
        """Give back the entries of a batch that raised: each is sent alone next time.

        One that has used up its attempts goes to quarantine with the cause; a document that was to be
        enriched stays as it is, counted as `not_enriched`. With `counts=False` (a service
        was not usable, which is no fault of the entries) the attempt is taken back and nothing goes to
        quarantine. Returns how many were given back.
        """
        ...

    def give_back(self, owner: str, *, cause: str, counts: bool, now: datetime, max_attempts: int) -> int:
        """Give back what a dead worker held. As `fail`; with `counts=False` the attempt is taken back.

        A worker that was killed from outside says nothing about the entries it held: up to MAX_KILLS such
        deaths of one entry are forgiven.
        """
        ...

    def give_back_expired(self, *, now: datetime, max_attempts: int) -> int:
        """Give back entries whose lease ran out, as `fail` does."""
        ...

    def release_due(self, now: datetime) -> int:
        """Note in `change` as new what an embargo held until now, unless a newer version or a kill came.

        Reads find it at that time without this. Each is noted once. Returns for how many items it was time.
        """
        ...

    def take_unsent(
        self, queue: QueueName, *, now: datetime, sent_before: datetime | None, limit: int
    ) -> Sequence[EntryRef]:
        """Choose pending entries, or documents to enrich, to send: never sent, or sent before `sent_before`
        and lost since.

        They are marked as sent now in the same transaction, so that two reconcilers never choose the same.
        """
        ...


# --- re-tagging ---------------------------------------------------------------------------------------------


#: nothing done for so long is a standstill: a batch takes tenths of a second
_STILL = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retagging:
    """How the re-tagging of all that is stored stands."""

    #: name the rules and gazetteer that documents are to be tagged by
    rules: str
    #: numbers of documents: given out up to this one, and to be given out up to this one
    position: int
    last: int
    #: documents tagged again; of them, those whose tags changed; and those that no worker could tag, or read
    done: int
    changed: int
    failed: int
    started_at: datetime
    #: when something was last done
    moved_at: datetime
    #: when a worker that has other rules was last asked, and none that has these since
    stale_at: datetime | None = None
    #: somebody stopped it; it can be begun again where it is
    stopped_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def is_running(self) -> bool:
        """Say whether something is still to be done, and may be."""
        return self.stopped_at is None and self.finished_at is None

    @property
    def waits_for_rules(self) -> bool:
        """Say whether the workers there are have other rules: one was asked long after something was done."""
        return self.is_running and self.stale_at is not None and self.stands_still(self.stale_at)

    def stands_still(self, now: datetime) -> bool:
        """Say whether nothing has been done for a while."""
        return now - self.moved_at > _STILL


@dataclass(frozen=True, slots=True, kw_only=True)
class ToRetag:
    """A stored document, as it was tagged."""

    seq: int
    document: Document
    tagging: Tagging
    #: None: it never was
    tagged_at: datetime | None
    #: of its source, ISO 3166-1 alpha-2
    default_region: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retagged:
    """A stored document with what is said of it from now on."""

    seq: int
    document_id: str
    tagging: Tagging
    #: as it was read: what somebody else tagged meanwhile is looked at once more
    tagged_at: datetime | None
    #: it says something else than before
    changed: bool


class RetagStore(Protocol):
    """All that is stored, tagged again: by ranges of numbers, from a position that the store keeps."""

    def begin_retag(self, rules: str, now: datetime) -> Retagging:
        """Begin to tag all that is stored by these rules; where that was stopped or runs, go on."""
        ...

    def stop_retag(self, now: datetime) -> bool:
        """Stop where it is; what workers hold they finish. False: nothing runs."""
        ...

    def retagging(self) -> Retagging | None:
        """Say how it stands; None: there never was one."""
        ...

    def to_retag(self, rules: str, *, after: int, limit: int) -> tuple[Sequence[ToRetag], int | None]:
        """Give documents that are not tagged by these rules, of the next `limit` behind a number.

        Returns:
            Them, without damaged ones, and the last number that was looked at; None: there are no more.
        """
        ...

    def claim_retag(
        self, rules: str, *, token: str, now: datetime, lease: timedelta, limit: int, max_attempts: int
    ) -> Sequence[ToRetag] | None:
        """Take the next documents to tag again: some that a worker died over, else those at the position.

        What a worker died over is divided, until the document is alone that does harm; after so many attempts
        it is left as it is. A damaged one is left at once.

        Returns:
            None: there is nothing to do, or not for a worker with these rules. Else they are to be saved,
            also where there are none.
        """
        ...

    def save_retagged(self, retagged: Sequence[Retagged], *, token: str, now: datetime) -> int:
        """Replace taggings, and note in `change` those that changed; 0 where the token holds nothing more."""
        ...

    def let_go_retag(self, token: str, *, counts: bool, now: datetime) -> None:
        """Give back what the token holds, to be taken at once; it was an attempt only where it counts."""
        ...


# --- near duplicates ----------------------------------------------------------------------------------------

#: of a place in the index of near duplicates: 17 bits of bucket in three, 16 bits of tag in two
SLOT_BYTES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A document as the index of near duplicates is told of it."""

    entry_id: int
    #: periods since 1970 at its publication; texts of neighbouring periods are compared
    period: int
    #: True: published long ago, so that its period's buckets must be kept longer than they would
    late: bool
    #: slots of SLOT_BYTES each: a text that shares one is found
    bands: bytes
    #: a text that shares two of these is found; one may be a stock phrase
    anchors: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the index has of some documents."""

    #: see Held
    whole_in: str | None
    #: for each mark: entries that share a band or two anchors with it, those that share most first
    entries: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the index says of itself."""

    #: names the server as it runs now: one that is started again, or takes another's place, has another
    run: str
    #: the run in which it last held all that is stored; None: it was lost, and is not whole again
    whole_in: str | None
    #: the number of a document: in that run it held all up to this one
    upto: int


class NearIndex(Protocol):
    """Finds documents that may be near duplicates. What is lost is rebuilt.

    Every method may raise QueueError.
    """

    def check_and_add(self, marks: Sequence[Mark]) -> Found:
        """Look up documents and enter them, one after the other and all in one step that nobody interrupts.

        Entering one again changes nothing, and no document finds itself.
        """
        ...

    def held(self) -> Held:
        """Say what the index holds, and on which server."""
        ...

    def note(self, held: Held, upto: int) -> bool:
        """Note that the server, as it runs now, holds all documents up to a number.

        False: it is another server, or no longer as it was `held`.
        """
        ...

    def begin_rebuild(self, *, force: bool = False) -> str | None:
        """Begin to enter all that is stored; the token of this rebuild, None: another is at it.

        With `force` the index counts as lost, and another's rebuild ends without effect.
        """
        ...

    def keep_rebuild(self, token: str) -> bool:
        """Say that a rebuild goes on; False: it counts no longer."""
        ...

    def finish_rebuild(self, token: str, upto: int) -> bool:
        """Declare that the index holds all documents up to a number.

        False: it was lost or came to another server meanwhile, or another rebuild has begun.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedText:
    """A stored document as it is compared with others."""

    #: the entry it came with first
    entry_id: int
    seq: int
    document_id: str
    uri: str
    published_at: datetime
    signature: bytes
    headline: str | None
    body_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A stored signature: what the index is rebuilt from."""

    seq: int
    entry_id: int
    published_at: datetime
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two stored documents that were found to be related."""

    document_id: str
    relation: Relation


class CopyStore(Protocol):
    """Signatures, and links found after their documents were stored."""

    def texts_of_entries(self, ids: Sequence[int]) -> tuple[Mapping[int, SignedText], frozenset[int]]:
        """Give the document of each entry, and those of the entries that have none yet but may get one.

        Entries that are neither (refused, erased, unknown) are left out.
        """
        ...

    def unlinked(self, *, after: int, limit: int) -> Sequence[SignedText]:
        """Give documents saved with `linked=False`, by their number, from the first behind `after`."""
        ...

    def link(
        self,
        links: Sequence[Link],
        linked: Sequence[int],
        *,
        now: datetime,
        search: CopySearch = NO_SEARCH,
        entered_in: str | None = None,
    ) -> None:
        """Store links, and note the numbers of the documents that are linked now.

        Both documents of a link that is new have a line `linked` in the change log.

        Args:
            links: Those that are there already are passed over.
            linked: Numbers of documents.
            now: Aware UTC.
            search: Is counted.
            entered_in: The run of the index's server that they were entered in; where the store knows of
                another by now, they are linked once more. None: whichever it was.
        """
        ...

    def entered_upto(self, run: str) -> int | None:
        """Say up to which number all documents were entered in an index that this run of a server holds.

        None: it was another run that the store knows of.
        """
        ...

    def move_index(self, run: str, *, after: int) -> int:
        """Note which run of a server holds the index, and that it may lack documents behind a number.

        Returns:
            How many are to be linked again by a sweep.
        """
        ...

    def signatures(self, *, received_since: datetime, after: int, limit: int) -> Sequence[Signed]:
        """Give signatures by document number, from the first behind `after`."""
        ...


# --- stories ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """A stored document that is still to be told."""

    seq: int
    document_id: str
    item_id: int
    published_at: datetime
    #: None: what is stored cannot be read
    document: Document | None
    tagging: Tagging
    #: times it was to be told, this one counted; more than one: whoever was at it has died, or takes long
    attempts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMember:
    """A document of a story, as others are compared with it."""

    seq: int
    document_id: str
    item_id: int
    published_at: datetime
    traits: StoryTraits


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """By what the stories that a document may belong to are looked for."""

    seq: int
    document_id: str
    item_id: int
    published_at: datetime
    #: hashes, at most MOST_STORY_KEYS
    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The stories that some documents may belong to."""

    #: id → its documents that were published last, oldest first
    stories: Mapping[str, Sequence[StoryMember]]
    #: document's number → ids of the stories it may belong to, likest first
    near: Mapping[int, Sequence[str]]
    #: document's number → numbers of its copies and other versions
    ties: Mapping[int, frozenset[int]]
    #: of the documents asked for, number of one that is told again → the story it has
    again: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A document's story."""

    seq: int
    document_id: str
    story_id: str
    #: same-story links to the likest of its documents
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is to be written about the stories of some documents."""

    #: those that were to be told; published at, traits and keys of each by its number
    told: Sequence[Place]
    members: Mapping[int, tuple[datetime, StoryTraits, tuple[int, ...]]]
    #: documents whose story has become another
    moved: Sequence[Place] = ()
    #: id of a story that is gone → id of the one that has most of it
    merged: Mapping[str, str] = field(default_factory=dict)
    #: of those told, how many could not be read: nothing but their copies and versions is known of them
    unread: int = 0
    #: why they were not read again: whoever tried died of it
    set_aside: Reason | None = None
    #: stories of which a part went to a new one
    split: int = 0
    #: that reading and comparing took
    spent: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFound:
    """A story in a list, with its documents that may be shown."""

    id: str
    #: of all its documents, newest versions only
    count: int
    first_at: datetime
    last_at: datetime
    #: published last, oldest first; at most STORY_DOCUMENTS
    documents: tuple[StoredDocument, ...]


#: traits by which a document looks for others, at most
MOST_STORY_KEYS = 28
#: days for which a document is found by its keys: what comes late looks for others as late again, a week each
STORY_DAYS = 15
#: documents of a story that are read, at most
STORY_DOCUMENTS = 200


class StoryStore(Protocol):
    """Stories: which documents tell of one event."""

    def untold(self, limit: int, *, now: datetime, lease: timedelta) -> Sequence[Untold]:
        """Take documents that are to be told, or told again: attempts + 1 and lease, committed first.

        Those that were never tried, in the order they were stored; when there is none, one whose lease is
        over, alone: what one document does to the process must not count against others.

        Args:
            limit: Of documents.
            now: Aware UTC.
            lease: For so long nobody else takes them.
        """
        ...

    def untold_among(self, entry_ids: Sequence[int]) -> int:
        """Count the documents of some entries that are still to be told."""
        ...

    def last_traits(self, limit: int) -> Iterator[StoryTraits]:
        """Give the traits of the documents told last, oldest first: what was seen lately."""
        ...

    def neighbours(self, wanted: Sequence[Wanted], *, window: timedelta, limit: int) -> Neighbours:
        """Find the stories that documents may belong to.

        Args:
            wanted: The documents.
            window: Between the publication of two documents of a story that follow each other.
            limit: Stories for each document, not counting those of its copies and versions.
        """
        ...

    def tell(self, telling: Telling, now: datetime) -> bool:
        """Write what was decided; False, and nothing is written, where another has told one of them first."""
        ...


# --- the store, as readers use it ---------------------------------------------------------------------------


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

    def stream(self, query: Query, *, now: datetime) -> Iterator[StoredDocument]:
        """Give every version that matches and may be shown, in the order it was stored, in bounded memory."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedVersion:
    """One version as an archive has it: also those that may not be shown, and what was erased."""

    id: str
    uri: str
    #: usable, advisory, withheld, canceled (it is a kill), killed
    standing: str
    provider: str
    published_at: datetime
    received_at: datetime
    stored_at: datetime
    #: None: erased
    stored: StoredDocument | None
    erased_at: datetime | None
    erase_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanState:
    """What is stored of a span of time; another fingerprint: something of it has changed."""

    fingerprint: str
    #: versions that may be shown, and the others
    shown: int
    hidden: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What is to be held against what an archive remembers alone."""

    #: where to go on the next time
    place: str
    #: items that a kill or a withdrawal is of, or seeks: `identity.item_key` of their uris
    items: frozenset[str]
    #: versions that were erased
    ids: frozenset[str]


class ArchiveStore(Protocol):
    """What an archive is made of: all versions, by when they were published (received, where not said)."""

    def first_published(self, since: datetime) -> datetime | None:
        """Say when the first version was published from then on."""
        ...

    def span_state(self, since: datetime, until: datetime, *, now: datetime) -> SpanState:
        """Say what is stored of a span: versions, how they stand, their tags, who has a story."""
        ...

    def archived(
        self, since: datetime, until: datetime, *, shown: bool, now: datetime
    ) -> Iterator[ArchivedVersion]:
        """Give the versions of a span that may be shown, or all others, in bounded memory.

        What retention took is among neither: an archive keeps what it has of it.
        By publication; but kills first, so that who reads them again never shows what they take back.
        """
        ...

    def known(self, ids: Sequence[str]) -> frozenset[str]:
        """Say which of these versions are stored, or were erased: an archive need not remember them."""
        ...

    def taken_back(self, since: str | None) -> TakenBack:
        """Say what kills, withdrawals and erasures were stored after a place; None: all that are stored."""
        ...

    def hidden_since(self, gone: Sequence[Document]) -> Mapping[str, str]:
        """Say which versions that an archive has and retention took may not be shown, by what is stored of
        their items.

        Args:
            gone: What tells their places in their chains is needed, and no text.

        Returns:
            How each stands, by id.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that is wrong with what is stored."""

    what: str
    where: str
    #: what to do about it
    remedy: str

    def __str__(self) -> str:
        """Say all of it in one line."""
        return f"{self.what}: {self.where}: {self.remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastItem:
    """An item that is past its time."""

    id: int
    #: by which its newest version came first
    feed_id: str | None
    #: versions that have a text
    documents: int
    newest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPage:
    """Some of the items that are past their time."""

    items: tuple[PastItem, ...]
    #: where the next page begins; None: this was the last
    after: int | None


class CareStore(Protocol):
    """Quarantine, erasing, housekeeping."""

    def quarantine_list(self, limit: int = 100, reason: Reason | None = None) -> Sequence[Quarantined]:
        """Give what is in quarantine, newest first."""
        ...

    def quarantine_show(self, quarantine_id: int) -> tuple[Quarantined, bytes] | None:
        """Give one with its raw bytes (an entry's own JSON where it has no bytes of its own)."""
        ...

    def quarantine_release(self, ids: Sequence[int], now: datetime) -> int:
        """Let entries try again with fresh attempts. Ids without an entry of their own are passed over."""
        ...

    def quarantine_drop(self, ids: Sequence[int], now: datetime) -> int:
        """Remove from quarantine for good; the entry stays known, so that it is not taken in again."""
        ...

    def erase(self, document_id: str, *, reason: str, now: datetime) -> bool:
        """Remove a text everywhere: document, search index, signature, raw copies, quarantine; keep a
        tombstone so that it is not taken in again. False: no such document."""
        ...

    def erase_elsewhere(self, document_id: str, *, reason: str, now: datetime) -> None:
        """Keep a tombstone of a text that is not here (retention took it, or it never came): archives take
        it out, whoever follows the change log is told, and it is not taken in."""
        ...

    def expire(
        self,
        now: datetime,
        *,
        raw_days: int,
        change_days: int,
        poll_count: int,
        story_days: int = STORY_DAYS,
        raw_days_of: Mapping[str, int] | None = None,
        quarantine_days: int = FOREVER,
    ) -> Mapping[str, int]:
        """Remove raw copies whose entries are all done and old, old changes and polls; counts by table.

        A database that keeps raw copies and changes by month removes them when all of their month is old.
        Also the keys by which stories find documents, of those stored and published so many days ago; they
        are counted by document.

        Args:
            now: Aware UTC.
            raw_days: For how long raw copies are kept.
            change_days: For how long changes are.
            poll_count: How many polls of each feed are.
            story_days: For how long a document is found by its keys.
            raw_days_of: Of these feeds, raw copies are kept so long instead; of several, as long as any says.
            quarantine_days: Bytes that could not be read are dropped after so long; entries never are.
        """
        ...

    def kept_by_feeds(self) -> Mapping[str, Kept]:
        """Give what feeds wish of retention, those that wish something."""
        ...

    def past_items(self, policy: Policy, now: datetime, *, after: int = 0) -> PastPage:
        """Find items that are past their time, a page of stored documents at a time.

        Args:
            policy: How long things are kept, with what feeds wish.
            now: Aware UTC.
            after: Where the last page ended.
        """
        ...

    def remove_past(self, ids: Sequence[int], policy: Policy, now: datetime) -> int:
        """Remove those of these items that are past their time, in one transaction; returns how many texts.

        Of a chain that a kill or an erasure is part of, the versions stay on record without their texts.
        Entries stay known: what a feed still lists does not come back.
        """
        ...

    def check(self, *, quick: bool = False) -> Sequence[Fault]:
        """Check the store's integrity; whoever reads or writes goes on meanwhile.

        Args:
            quick: Only the files, and only as long as a start may take.
        """
        ...

    def repair(self) -> Mapping[str, int]:
        """Make again what follows from the documents, where `check` finds it wrong: by what they are found.

        Returns:
            What was wrong, and how often.
        """
        ...


class Store(
    FeedStore,
    WorkStore,
    RetagStore,
    CopyStore,
    StoryStore,
    ReadStore,
    ArchiveStore,
    CareStore,
    Protocol,
):
    """The whole store."""

    def close(self) -> None:
        """Close connections; needed in a parent before a fork and at the end."""
        ...


#: jobs that wait on one queue at most; what is beyond them stays in the store until there is room
MOST_WAITING_JOBS = 150

#: forgiven deaths of the worker that held an entry, killed from outside, before it goes to quarantine
MAX_KILLS = 10
