"""How long documents and raw copies are kept: what is wished, and what follows for an item. Pure.

The unit is the item: all versions of a story go together, when the newest of them is past its time.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

#: days that never end
FOREVER = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What one source wishes; None: as everybody."""

    document_days: int | None = None
    raw_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How many days things are kept after they were stored."""

    document_days: int = FOREVER
    #: of raw copies, after all their entries are done; none outlives the documents of its source
    raw_days: int = 30
    #: id of a beat → its documents are kept so long at least
    beats: Mapping[str, int] = field(default_factory=dict)
    #: id of a source → what it wishes
    feeds: Mapping[str, Kept] = field(default_factory=dict)

    def for_feeds(self, feeds: Mapping[str, Kept]) -> "Policy":
        """Take over what sources wish."""
        return replace(self, feeds=feeds)

    def documents_of(self, feed_id: str | None) -> int:
        """Say for how many days the documents of a source are kept."""
        own = self.feeds.get(feed_id or "", _AS_ALL).document_days
        return self.document_days if own is None else own

    def raw_of(self, feed_id: str | None) -> int:
        """Say for how many days the raw copies of a source are kept."""
        own = self.feeds.get(feed_id or "", _AS_ALL).raw_days
        return min(self.raw_days if own is None else own, self.documents_of(feed_id))

    @property
    def shortest_days(self) -> int:
        """Say after how many days the first documents may go."""
        return min(self.document_days, *(self.documents_of(each) for each in self.feeds), FOREVER)


_AS_ALL = Kept()


class Age(NamedTuple):
    """A version, as far as its time is concerned."""

    stored_at: datetime
    embargoed: datetime | None
    #: sources by which it and its copies came
    feeds: Collection[str]
    #: ids of its beats
    beats: Collection[str]


def kept_until(versions: Iterable[Age], policy: Policy) -> datetime | None:
    """Say when an item is past its time: so long after its newest version as any version is to be kept.

    Returns:
        None: never.
    """
    known = list(versions)
    days = max(_days(each, policy) for each in known)
    if days >= FOREVER:
        return None
    held = (each.embargoed for each in known if each.embargoed)
    newest = max(each.stored_at for each in known)
    return max(newest + timedelta(days=days), *held, newest)


def _days(version: Age, policy: Policy) -> int:
    by_feed = (policy.documents_of(each) for each in version.feeds)
    by_beat = (policy.beats.get(each, 0) for each in version.beats)
    return max((*by_feed, *by_beat), default=policy.document_days)
