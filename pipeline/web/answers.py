"""What the API answers, for its description: the shape of `pipeline.publish.record`, held to it by a test."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.model import (
    Concept,
    Credit,
    Dateline,
    Entity,
    Evidence,
    PubStatus,
    Relation,
    Signal,
)
from pipeline.monitor.snapshot import QueueStanding
from pipeline.monitor.standing import FeedStanding
from pipeline.ports.queue import WorkerState


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why there is no answer, in words."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueList:
    """The queues and who works on them."""

    taken_at: datetime
    queues: tuple[QueueStanding, ...]
    workers: tuple[WorkerState, ...]
    #: why Redis could not be asked; None: it answered
    queue_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedList:
    """The feeds, those in trouble first."""

    taken_at: datetime
    feeds: tuple[FeedStanding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionRecord:
    """A country or territory a document is about or names."""

    code: str
    name: str
    score: float
    roles: list[str]
    evidence: list[Evidence]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRecord:
    """What a document is about."""

    code: str
    name: str
    score: float
    evidence: list[Evidence]


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatRecord:
    """A beat a document belongs to."""

    id: str
    name: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRecord:
    """A place where a document names it."""

    name: str
    geonames: int
    country: str
    lat: float
    lon: float
    score: float
    field: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRecord:
    """One version of one news item."""

    id: str
    uri: str
    version: int
    guid: str | None
    provider: str
    feed: str | None
    url: str | None
    canonical_url: str | None
    format: str
    headline: str | None
    lead: str
    body_text: str
    body_html: str | None
    slugline: str | None
    byline: str | None
    authors: list[str]
    keywords: list[str]
    urgency: int | None
    embargoed: datetime | None
    dateline: Dateline | None
    credit: Credit | None
    signal: Signal | None
    signal_number: int | None
    pub_status: PubStatus
    language: str | None
    language_score: float | None
    published: datetime | None
    version_created: datetime | None
    received: datetime | None
    stored: datetime | None
    date_note: str | None
    regions: list[RegionRecord]
    places: list[PlaceRecord]
    topics: list[TopicRecord]
    beats: list[BeatRecord]
    people: list[Entity]
    organisations: list[Entity]
    relations: list[Relation]
    story_id: str | None
    revision: str | None
    infosource: str | None
    content_hash: str
    notes: list[str]
    concepts: list[Concept]
    copyright: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRecord(DocumentRecord):
    """One version of an item in the list of all of them."""

    #: what it says that the version before did not, in one line; None: it is the first
    changed: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionList:
    """The versions of an item, oldest first."""

    documents: list[VersionRecord]
    #: always null: they are all there
    next_offset: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRecord:
    """Something that became of a document."""

    seq: int
    #: new, released, tagged, linked, story, killed, withheld, erased, expired; newer releases may know others
    kind: str
    id: str
    #: of its item; null: nobody was told of the document, or its row is gone
    uri: str | None
    at: datetime
    #: of new and released, where it may still be shown
    document: DocumentRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeList:
    """A piece of the change log."""

    changes: list[ChangeRecord]
    #: to ask after the next time, also when there are none
    next_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentList:
    """A page of documents."""

    documents: list[DocumentRecord]
    #: where the next page begins; None: this is the last
    next_offset: int | None
