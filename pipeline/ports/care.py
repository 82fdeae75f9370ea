"""The store as it is cared for: quarantine, erasing, retention, checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.errors import Reason
from pipeline.ports.reading import Quarantined
from pipeline.ports.stories import STORY_DAYS
from pipeline.retention import FOREVER, Kept, Policy


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
