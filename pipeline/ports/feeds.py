"""The store as the fetcher uses it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.errors import Reason
from pipeline.model import PAYLOAD_VERSION, Entry, Feed, FeedState, Problem, QueueName
from pipeline.ports.queue import EntryRef


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
    #: True: only its times are new, all else in it is as it was claimed
    times_only: bool = False
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
    #: False: the claim had ended, nothing was written
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What a fetcher learns when it says that it runs."""

    #: False: it was not known, or others took it for gone
    known: bool
    others: tuple[FetcherState, ...]


class FeedStore(Protocol):
    """Feeds: wishes in, state out."""

    def change_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """Take over what is wished of some feeds; the others stay as they are.

        New ones are due at once; changed wishes keep a feed's state, a changed URL forgets the validators.
        """
        ...

    def announce(self, state: FetcherState, *, gone: Sequence[FetcherState] = ()) -> Announced:
        """Note that a fetcher runs, and by which feeds.yaml.

        Args:
            state: What it says of itself.
            gone: Others that are to be forgotten, unless they have been heard of since.
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

        Not those that are stopped, or claimed. A claim ends for each feed with its poll, or with the lease.
        One of which nothing was written then is due after as long a wait as its last one (its interval at
        least, an hour at most, if that is longer): a fetcher that dies leaves an ordinary feed behind.

        Args:
            now: Aware UTC.
            limit: How many at most.
            owner: Who claims.
            lease: For how long.
            only: Ids to choose from; None: all. Those of them that are not returned are not due, or taken.
        """
        ...

    def let_go(self, claimed: Mapping[str, int], at: datetime) -> None:
        """Let go of feeds whose poll could not be written: those that stand in their claim are due then.

        Args:
            claimed: Feed → the epoch of its claim.
            at: When.
        """
        ...

    def due_at(
        self, only: Sequence[str] | None = None, *, before: datetime | None = None
    ) -> Mapping[str, datetime]:
        """Say when feeds that are polled may be claimed next, if nothing is heard of those claimed now.

        Args:
            only: Of these; None: of all.
            before: Only those that may be claimed before then.
        """
        ...

    def put_off(self, until: Mapping[str, datetime]) -> None:
        """Set the next poll of feeds that nobody polls now."""
        ...

    def resume_feed(self, feed_id: str, now: datetime) -> bool:
        """Let a feed that was stopped, or backs off, be due now; a poll under way is refused.

        Returns:
            False: no such feed, or it is not active.
        """
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
