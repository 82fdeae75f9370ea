"""The store as the workers use it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.errors import Reason
from pipeline.model import Document, Entry, QueueName, Relation, SourceKind, Tagging
from pipeline.ports.queue import EntryRef


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


#: forgiven deaths of the worker that held an entry, killed from outside, before it goes to quarantine
MAX_KILLS = 10
