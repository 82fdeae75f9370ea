"""The store as stories are told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.errors import Reason
from pipeline.model import Document, Relation, StoredDocument, StoryTraits, Tagging


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
class StoryPlace:
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
    told: Sequence[StoryPlace]
    members: Mapping[int, tuple[datetime, StoryTraits, tuple[int, ...]]]
    #: documents whose story has become another
    moved: Sequence[StoryPlace] = ()
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
