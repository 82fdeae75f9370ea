"""The store as an archive is made of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.model import Document, StoredDocument


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
