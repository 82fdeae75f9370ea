"""The frozen values that travel: Feed → Response → Entry → Document, and what is said of them.

A step takes a value and returns a new one; nothing is filled in later. Times are aware UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.errors import Reason
from pipeline.retention import Kept

#: of what the fetching side hands to the workers: an entry's JSON and a job's arguments. It rises when the
#: release before could not read them: that one leaves them to workers that can, so that both may run at once.
PAYLOAD_VERSION = 1


class SourceKind(StrEnum):
    """Where the bytes of a feed come from."""

    HTTP = "http"
    DIRECTORY = "directory"
    MAILBOX = "imap"
    IMPORT = "import"


class QueueName(StrEnum):
    """The queues; each worker process listens on one, for a second loses jobs when it is killed."""

    WIRE = "wire"
    BACKFILL = "backfill"
    ENRICH = "enrich"


class PubStatus(StrEnum):
    """IPTC publishing status: may the item be used."""

    USABLE = "usable"
    WITHHELD = "withheld"
    CANCELED = "canceled"


class Signal(StrEnum):
    """What a version is in the life of its story."""

    ALERT = "alert"
    UPDATE = "update"
    CORRECTION = "correction"
    WRITETHRU = "writethru"
    REFILE = "refile"
    KILL = "kill"
    EMBARGO = "embargo"
    ADVISORY = "advisory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """Credentials of one source. Never logged, exported or shown; `repr` hides the secrets."""

    #: basic, bearer, header or query
    kind: str
    #: user of basic, header's name, query parameter's name
    name: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One subscription as the configuration wishes it. What has become of it is FeedState."""

    id: str
    kind: SourceKind
    #: http(s) URL, the directory's absolute path, or an imaps URL
    url: str
    #: scope of the identity of its items; None: taken from the item, where `trust_provider` says so
    provider: str | None = None
    #: True: a provider named inside an item is the scope of its identity
    trust_provider: bool = False
    #: between polls; where `fastest` and `slowest` leave room, only until the feed's rhythm is known
    interval: timedelta = timedelta(minutes=5)
    #: bounds of what is learned; None: `interval`, so that with neither it is fixed
    fastest: timedelta | None = None
    slowest: timedelta | None = None
    #: BCP 47; a hint where the text is too short to tell
    language: str | None = None
    #: ISO 3166-1 alpha-2
    default_region: str | None = None
    #: -1 low (queue `backfill`), 0 ordinary, 1 urgent (jobs of their own at the front)
    priority: int = 0
    tags: tuple[str, ...] = ()
    enabled: bool = True
    auth: Auth | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: str | None = field(default=None, repr=False)
    #: PEM file with the certificate authority of this source
    ca_file: str | None = None
    #: networks (CIDR) this source may reach although they are private
    allow_private: tuple[str, ...] = ()
    #: sources with the same one share its limits; None: those with the same host
    rate_group: str | None = None
    #: fetchers that may poll it, by the names of their hosts; empty: all
    hosts: tuple[str, ...] = ()
    #: of a mailbox: whose mails are taken in, addresses and domains; empty: everybody's
    senders: tuple[str, ...] = ()
    #: the server that must have found that a mail is from who it says (its authserv-id); None: nobody need
    authenticated_by: str | None = None
    #: how long a file of a directory must have stood still
    settle: timedelta = timedelta(seconds=5)
    #: where what was taken in, and what could not be, is moved: a folder's absolute path, or a mailbox
    done: str | None = None
    failed: str | None = None
    #: the feed carries summaries only: the articles' pages are fetched
    full_text: bool = False
    #: what comes by HTTP may be bare text: without that it is no copy but the words of a server in trouble
    plain_text: bool = False
    #: how long its documents and raw copies are kept
    kept: Kept = field(default_factory=Kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a document itself says it may be asked for."""

    #: RSS ttl, sy:updatePeriod and sy:updateFrequency: the longest of them
    every: timedelta | None = None
    #: hours of the day (UTC) and days of the week (Monday is 0) in which nobody need ask
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where permanent redirects lead, and since when they have said so."""

    to: str
    since: datetime
    #: polls that were sent there and found a feed
    seen: int = 1
    #: it is asked directly from now on
    in_use: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What polling has taught us of a feed. All of it may be lost: it is learned again."""

    pace: Pace = Pace()
    #: what the last answer said of caching, less its age; None: nothing
    fresh_for: timedelta | None = None
    #: the server does not want to be asked before
    not_before: datetime | None = None
    #: first answer ever, and the last one that brought a whole body
    began_at: datetime | None = None
    whole_at: datetime | None = None
    #: first 410 since the last success
    gone_at: datetime | None = None
    move: Move | None = None
    #: usual time between two entries, and the longest there was of late; None: not known yet
    gap: timedelta | None = None
    longest_gap: timedelta | None = None
    #: newest entry, by its own date or by when it came
    newest_at: datetime | None = None
    #: when something new last came, of the polls that `gap` has been told of
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What has become of a feed: owned by the store, guarded by its claim."""

    feed_id: str
    #: number of the claim, higher than all before; what was polled under one that has ended is refused
    epoch: int = 0
    #: validators exactly as sent, opaque bytes; of a mailbox, up to where it was read
    etag: bytes | None = None
    last_modified: bytes | None = None
    #: content hash of the last body that was parsed without error
    body_hash: str | None = None
    #: failed polls in a row; 0 after a success
    failures: int = 0
    next_poll_at: datetime
    last_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    #: when it last brought an entry that was new
    last_new_at: datetime | None = None
    last_status: int | None = None
    last_reason: Reason | None = None
    last_detail: str | None = None
    #: since then it is not polled any more, until somebody says so; the reason is `last_detail`
    stopped_at: datetime | None = None
    learned: Learned = Learned()


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What fetching a feed or reading a file gave."""

    url: str
    #: after redirects; the file's path for files
    final_url: str
    #: None where there is no HTTP
    status: int | None = None
    #: None: not modified (304)
    body: bytes | None
    #: Content-Type as sent
    media_type: str | None = None
    etag: bytes | None = None
    last_modified: bytes | None = None
    #: what the server asked to wait (Retry-After)
    retry_after: timedelta | None = None
    #: how long the answer stays fresh (Cache-Control, Expires, less its Age); None: not said
    fresh_for: timedelta | None = None
    #: where the first redirects led, as far as they were permanent ones
    moved_to: str | None = None
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """What a sender's metadata says an item is about, as sent (NewsML-G2: subject, located, assert)."""

    #: subject, category, genre, place, person, organisation or event
    kind: str
    #: vocabulary of the code: `medtop`, `subj`, `anpa`, `iso3166-1a2`, a catalog's URI, …; None: not said
    scheme: str | None = None
    code: str | None = None
    name: str | None = None
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item as its format gave it; survives JSON. Dates are text as sent: normalise reads them."""

    #: `rss`, `atom`, `rdf`, `jsonfeed`, `jsonl`, `text`, …
    format: str
    #: the sender's id, unchanged
    guid: str | None = None
    #: those of `guid` and `url` that its feed gave to other items too: they name no item
    shared_ids: tuple[str, ...] = ()
    #: further ids of its item: alternative ones, that of the whole of which it is a part
    ids: tuple[str, ...] = ()
    #: numbers under which it was transmitted; they begin anew each day
    numbers: tuple[str, ...] = ()
    #: the sender's revision or version number, as sent
    revision: str | None = None
    #: provider claimed inside the item
    provider: str | None = None
    #: who the text is from, where that is said beside the provider
    infosource: str | None = None
    #: the provider's service or category of the wire, where a telegraph format gives one
    service: str | None = None
    url: str | None = None
    headline: str | None = None
    slugline: str | None = None
    byline: str | None = None
    authors: tuple[str, ...] = ()
    #: the dateline, where the format has a field for it; else it opens the text
    dateline: str | None = None
    #: place of writing, where the format has a field for it
    located: str | None = None
    keywords: tuple[str, ...] = ()
    #: subjects, places, people and organisations that the sender names
    concepts: tuple[Concept, ...] = ()
    #: 1 highest to 9 lowest
    urgency: int | None = None
    #: what this version is, where the format says so, as sent: `sig:correction`, `Alert`, `Update`
    signal: str | None = None
    #: unsanitised HTML as sent
    summary_html: str | None = None
    #: unsanitised HTML as sent; `text` is read where this is None
    html: str | None = None
    #: plain text, perhaps wire copy with dateline, series words and credit line
    text: str | None = None
    language: str | None = None
    #: publication date as sent
    published: str | None = None
    #: date of this version as sent
    updated: str | None = None
    embargoed: str | None = None
    pub_status: str | None = None
    ednote: str | None = None
    #: whose rights it is under, in the sender's words
    copyright: str | None = None
    #: what reading the bytes found odd (repaired bytes, cut text), in words
    notes: tuple[str, ...] = ()
    #: the document itself, where the item is an export of ours: there is nothing to be read in it
    exported: "Document | None" = None
    #: when that document was first received, where the export says it
    received: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One item of a file or response that could not be read; the others go on."""

    reason: Reason
    #: what is wrong and what to do
    detail: str
    #: "line 17", "entry 3"
    where: str
    #: the item's own bytes, where they can be told apart
    body: bytes | None = None


#: where a problem is when no part of a body could be read
WHOLE_BODY = "whole body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What one response or file held."""

    format: str
    title: str | None = None
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    pace: Pace = Pace()
    #: publication dates of its newest entries, as far as they can be read at a glance
    published: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place of the gazetteer."""

    name: str
    #: GeoNames id
    geonames: int
    #: ISO 3166-1 alpha-2
    country: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dateline:
    """The words that open the body: "KABUL, July 25 (Agency) -"."""

    text: str
    city: str | None = None
    #: ISO 8601 date, or None when the words do not give a whole one
    date: str | None = None
    agency: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """The line that signs the body off: who reported, wrote, edited and translated it."""

    text: str
    reporting: str | None = None
    writing: str | None = None
    editing: str | None = None
    bureau: str | None = None
    translator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slugged:
    """By what a document finds its chain where its id alone does not tell; see docs/versions.md."""

    #: names all the items of the provider that have this slug
    family: str
    #: ISO 8601 date
    day: str
    #: uri that the item would have if it had begun the day before; None: its sender's id names it
    before: str | None = None
    #: its series words say that it is not the first of its story
    later: bool = False
    #: it takes back what has this slug
    kill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One version of one news item, normalised. Never changes once stored."""

    id: str
    uri: str
    #: hash of what the version says; see pipeline.identity
    content_hash: str
    #: the sender's revision: as sent, from inside its id, or the number of "UPDATE 2"
    revision: str | None = None
    guid: str | None = None
    slugged: Slugged | None = None
    #: hashes of what else its item is called; of a kill, of what it takes back. See pipeline.identity
    names: tuple[str, ...] = ()
    #: scope of the identity
    provider: str
    #: agency named in the text or by the sender: data, never scope
    infosource: str | None = None
    #: id of the source
    feed: str | None = None
    url: str | None = None
    canonical_url: str | None = None
    format: str
    headline: str | None = None
    lead: str
    #: Unicode NFC, paragraphs joined by exactly a blank line
    body_text: str
    body_html: str | None = None
    slugline: str | None = None
    byline: str | None = None
    authors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    #: subjects, places, people and organisations that the sender named, as sent
    concepts: tuple[Concept, ...] = ()
    urgency: int | None = None
    embargoed: datetime | None = None
    dateline: Dateline | None = None
    credit: Credit | None = None
    signal: Signal | None = None
    signal_number: int | None = None
    pub_status: PubStatus = PubStatus.USABLE
    language: str | None = None
    #: 0 to 1
    language_score: float | None = None
    published: datetime | None = None
    version_created: datetime | None = None
    date_note: str | None = None
    #: whose rights it is under, in the sender's words
    copyright: str | None = None
    #: editorial notes and what was odd about the input, in words
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why a tag or link was given. Offsets count code points in `field`; None where there is no text."""

    field: str
    text: str
    start: int | None = None
    end: int | None = None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A region, topic or beat with its score (0 to 1) and evidence."""

    code: str
    name: str
    score: float
    roles: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Where a text names somebody or something."""

    field: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A person or organisation with its mentions."""

    name: str
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceMention:
    """A place of the gazetteer where a text names it."""

    place: Place
    score: float
    mention: Mention


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging:
    """What one version of the rules says of one document. Replaced by re-tagging."""

    #: names rules and gazetteer; empty before any rules ran
    rules: str = ""
    regions: tuple[Tag, ...] = ()
    places: tuple[PlaceMention, ...] = ()
    topics: tuple[Tag, ...] = ()
    beats: tuple[Tag, ...] = ()
    people: tuple[Entity, ...] = ()
    organisations: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A link to another document: version-of, same-copy or same-story."""

    kind: str
    id: str
    score: float
    evidence: tuple[Evidence, ...] = ()
    #: what the other document is to this one where one is a part of the other: `whole` or `part`
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Where and when a copy of a known version was seen."""

    feed: str
    #: URL or file name
    location: str
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A document as the store gives it back."""

    document: Document
    #: rank in its chain by (revision, version_created, content hash); rises when an older one comes late
    version: int
    received_at: datetime
    stored_at: datetime
    tagging: Tagging = Tagging()
    relations: tuple[Relation, ...] = ()
    story_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryTraits:
    """What a document is about, as documents of any language are compared. Weights are fixed once read."""

    language: str
    #: beginnings of words, within the language; of length 1, as are kinds and places
    words: Mapping[str, float] = field(default_factory=dict)
    #: skeletons of names
    names: Mapping[str, float] = field(default_factory=dict)
    #: name, place or country → as written
    written: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    #: kinds of events
    kinds: Mapping[str, float] = field(default_factory=dict)
    #: GeoNames ids and ISO 3166-1 alpha-2 codes
    places: Mapping[str, float] = field(default_factory=dict)
    #: ISO days and years it speaks of
    days: tuple[str, ...] = ()
