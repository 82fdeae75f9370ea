"""The tables, for every database. What each is for stands in docs/storage.md.

Unique keys are hashes of fixed length: long ids break PostgreSQL's indexes. Foreign keys are not declared, as
checking them would cost each insert a look-up; `check` of the store looks for references that lead nowhere.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

from pipeline.store.packing import PACKED, checksum, pack, unpack

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

#: SQLite's row ids are 64 bits wide, but only under the name INTEGER
_ROW_ID = BigInteger().with_variant(Integer, "sqlite")
_HASH = String(32)


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time as whole microseconds since 1970: exact, cheap, and in order in any database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """See TypeDecorator."""
        return None if value is None else micros(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """See TypeDecorator."""
        return None if value is None else _EPOCH + timedelta(0, 0, value)


class FreeText(TypeDecorator[str]):
    """Words from outside: file names and messages may hold what no database takes as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """See TypeDecorator."""
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.replace("\0", "�").encode("utf-8", "backslashreplace").decode()


class Sealed(TypeDecorator[bytes]):
    """Bytes behind their checksum: where the disk turned a bit of them they are read as none at all.

    No value has no bytes: whoever reads it finds it damaged, and nobody is served what was never written.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """See TypeDecorator."""
        return None if value is None else checksum(value).to_bytes(4, "big") + value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """See TypeDecorator."""
        if value is None:
            return None
        content = bytes(value[4:])
        return content if checksum(content) == int.from_bytes(value[:4], "big") else b""


class Packed(Sealed):
    """The same, packed where the database would else pack them itself, in five times the time.

    What is read may be either: JSON never begins as packed bytes do.
    """

    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """See TypeDecorator."""
        if value is not None and dialect.name == "postgresql":
            value = pack(value)
        return super().process_bind_param(value, dialect)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> bytes | None:
        """See TypeDecorator."""
        content = super().process_result_value(value, dialect)
        return unpack(content) if content and content.startswith(PACKED) else content


class Key(TypeDecorator[str]):
    """A hash of 32 hexadecimal digits that is never shown, as its 16 bytes."""

    impl = LargeBinary(16)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """See TypeDecorator."""
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """See TypeDecorator."""
        return None if value is None else bytes(value).hex()


def micros(at: datetime) -> int:
    """Write an aware time as microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def seal_of(seq: int, feed_id: str | None, received_at: datetime, stored_at: datetime) -> int:
    """Make the checksum of what a document's row alone tells."""
    return checksum(f"{seq} {feed_id} {micros(received_at)} {micros(stored_at)}".encode())


metadata = MetaData()


# --- feeds ----------------------------------------------------------------------------------------

# One row a feed that ever was. Wishes come from the configuration, state is the store's.
feed = Table(
    "feed",
    metadata,
    # compared by code point in any database, as lists are given in its order
    Column("id", String(200).with_variant(Text(collation="C"), "postgresql"), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("url", FreeText, nullable=False),  # to show: without user and password
    Column("url_key", Key, nullable=False),  # of the whole URL: tells a changed one
    Column("provider", Text),
    Column("trust_provider", Boolean, nullable=False),
    Column("language", String(35)),
    Column("default_region", String(10)),
    Column("tags", Text, nullable=False),  # JSON
    Column("interval_s", Float, nullable=False),
    Column("wishes", Text, nullable=False),  # JSON of the other wishes, without secrets
    Column("active", Boolean, nullable=False),  # is in the configuration, and enabled there
    Column("documents", BigInteger, nullable=False, server_default=text("0")),  # that came by it first
    Column("next_poll_at", UtcTime, nullable=False),
    Column("etag", LargeBinary),
    Column("last_modified", LargeBinary),
    Column("body_hash", String(64)),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("last_polled_at", UtcTime),
    Column("last_success_at", UtcTime),
    Column("last_new_at", UtcTime),
    Column("last_status", Integer),
    Column("last_reason", String(40)),
    Column("last_detail", FreeText),
    Column("stopped_at", UtcTime),  # not polled since: gone for good
    Column("learned", Text),  # JSON of model.Learned; may be lost
)
Index(
    "feed_due",
    feed.c.next_poll_at,
    sqlite_where=text("active = 1"),
    postgresql_where=text("active"),
)

# One row for the feeds that a fetcher claimed together, until all of them are polled: see claims.py.
claim = Table(
    "claim",
    metadata,
    Column("id", _ROW_ID, primary_key=True),  # rises, and is given once
    Column("owner", String(200), nullable=False),
    Column("claimed_at", UtcTime, nullable=False),
    Column("lease_until", UtcTime, nullable=False),
    Column("feeds", Text, nullable=False),  # JSON: ids of those not yet polled
    sqlite_autoincrement=True,
)

# The last polls of each feed.
poll = Table(
    "poll",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("feed_id", String(200), nullable=False),
    Column("polled_at", UtcTime, nullable=False),
    Column("duration_s", Float, nullable=False),
    Column("outcome", String(40), nullable=False),  # ok, not_modified or a Reason
    Column("status", Integer),
    Column("detail", FreeText),
    Column("format", String(40)),
    Column("found", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("problems", Integer, nullable=False),
)
Index("poll_of_feed", poll.c.feed_id, poll.c.id)

# One row a fetcher that runs: which feeds.yaml it goes by.
fetcher = Table(
    "fetcher",
    metadata,
    Column("owner", String(200), primary_key=True),
    Column("host", String(200), nullable=False),
    Column("feeds_key", String(32), nullable=False),
    Column("feeds", Integer, nullable=False),
    Column("heard_at", UtcTime, nullable=False),
)


# --- what came in ---------------------------------------------------------------------------------

# A response or file as received, once per content; only where it brought something new.
raw = Table(
    "raw",
    metadata,
    Column("id", _ROW_ID, primary_key=True, autoincrement=False),
    Column("key", Key, nullable=False, unique=True),
    Column("body", LargeBinary),  # zlib; NULL: erased, and not to be stored again
    Column("size_bytes", Integer, nullable=False),  # before compression
    Column("media_type", FreeText),
    Column("received_at", UtcTime, nullable=False),
)
Index("raw_received", raw.c.received_at)

# One item of a raw copy, for ever: its key is what keeps it from being taken in twice.
entry = Table(
    "entry",
    metadata,
    Column("id", _ROW_ID, primary_key=True, autoincrement=False),
    Column("key", Key, nullable=False, unique=True),
    Column("feed_id", String(200), nullable=False),
    Column("raw_id", _ROW_ID),  # NULL: there was none, or it expired
    Column("location", FreeText, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("queue", String(16), nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("alone", Boolean, nullable=False),
    Column("state", String(12), nullable=False),  # see EntryState
    Column("attempts", Integer, nullable=False),
    Column("kills", Integer, nullable=False),  # deaths of its worker that were forgiven
    Column("payload_version", Integer, nullable=False),  # see model.PAYLOAD_VERSION
    Column("sent_at", UtcTime),  # NULL: is not on its queue
    Column("lease_until", UtcTime),
    Column("token", String(64)),
    Column("owner", String(200)),
    Column("last_cause", FreeText),
    Column("document_seq", _ROW_ID),
)
# However many entries are done, questions about the open ones stay cheap.
Index(
    "entry_pending",
    entry.c.queue,
    entry.c.sent_at,
    entry.c.urgent.desc(),
    entry.c.id,
    entry.c.received_at,
    sqlite_where=text("state = 'pending'"),
    postgresql_where=text("state = 'pending'"),
)
Index(
    "entry_working",
    entry.c.token,
    entry.c.queue,
    entry.c.lease_until,
    sqlite_where=text("state = 'working'"),
    postgresql_where=text("state = 'working'"),
)
Index("entry_of_raw", entry.c.raw_id)

# The JSON of an entry until it is done: apart, as each change of state would otherwise write it again.
entry_payload = Table(
    "entry_payload",
    metadata,
    Column("entry_id", _ROW_ID, primary_key=True, autoincrement=False),
    Column("data", Sealed, nullable=False),
)

# What cannot be processed: an entry, or a part of a body that never became one.
quarantine = Table(
    "quarantine",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("key", Key, nullable=False, unique=True),  # the same broken bytes of one feed are one row
    Column("entry_id", _ROW_ID),
    Column("raw_id", _ROW_ID),
    Column("feed_id", String(200), nullable=False),
    Column("location", FreeText, nullable=False),
    Column("place", FreeText),  # where in the body
    Column("guid", FreeText),
    Column("queue", String(16), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("detail", FreeText, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("quarantined_at", UtcTime, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("body", LargeBinary),  # zlib; NULL: see the entry, else the raw copy
    Column("dropped_at", UtcTime),  # out of sight, but the same bytes do not come back
)
Index("quarantine_of_entry", quarantine.c.entry_id)
Index("quarantine_of_raw", quarantine.c.raw_id)
Index(
    "quarantine_shown",
    quarantine.c.queue,
    sqlite_where=text("dropped_at IS NULL"),
    postgresql_where=text("dropped_at IS NULL"),
)


# --- what it became -------------------------------------------------------------------------------

# One URI: the state of its chain of versions.
item = Table(
    "item",
    metadata,
    Column("id", _ROW_ID, primary_key=True, autoincrement=False),
    Column("key", Key, nullable=False, unique=True),  # of the uri
    Column("uri", Text, nullable=False),
    Column("current_seq", _ROW_ID),  # newest version that may be shown
    Column("next_seq", _ROW_ID),  # newer one that is under embargo
    Column("next_at", UtcTime),  # when it becomes the current one
)
Index(
    "item_next",
    item.c.next_at,
    sqlite_where=text("next_at IS NOT NULL"),
    postgresql_where=text("next_at IS NOT NULL"),
)

# One version, without its text: narrow, for searching reads many rows and shows few.
document = Table(
    "document",
    metadata,
    Column("seq", _ROW_ID, primary_key=True, autoincrement=False),  # the order in which documents were stored
    Column("id", _HASH, nullable=False, unique=True),
    Column("item_id", _ROW_ID, nullable=False),
    Column("feed_id", String(200)),
    Column("provider", Text, nullable=False),  # as a scope: folded
    Column("language", String(35)),  # folded
    Column("published_at", UtcTime, nullable=False),  # received, where the sender gave no date
    Column("received_at", UtcTime, nullable=False),
    Column("stored_at", UtcTime, nullable=False),
    Column("standing", String(12), nullable=False),  # see chain.Standing
    Column("told", Boolean, nullable=False),  # the change log said that it is new
    Column("embargoed", UtcTime),
    Column("erased_at", UtcTime),
    Column("erase_reason", FreeText),
    Column("expired_at", UtcTime),  # retention took its text, and nobody erased it; erased_at is set, too
    # order in the chain: these four, then id
    Column("revision_rank", BigInteger, nullable=False),
    Column("version_created", UtcTime),
    Column("stage", Integer, nullable=False),
    Column("content_hash", _HASH, nullable=False),
    Column("seal", BigInteger, nullable=False),  # checksum of what its JSON does not tell: seal_of
)
Index("document_chain", document.c.item_id, document.c.revision_rank, document.c.version_created)
Index("document_newest", document.c.published_at, document.c.seq)
# One provider or feed of a thousand is found without reading the rows of all others.
Index("document_of_provider", document.c.provider, document.c.published_at)
Index("document_of_feed", document.c.feed_id, document.c.published_at)
# So is a language in which there is little. These operators find fr-CA by fr-, whatever the collation.
Index(
    "document_of_language",
    document.c.language,
    document.c.published_at,
    postgresql_ops={"language": "text_pattern_ops"},
).ddl_if(dialect="postgresql")

# By what a document finds its chain where its uri does not tell: see homes.py. Only those that have a slug.
slugged = Table(
    "slugged",
    metadata,
    Column("document_seq", _ROW_ID, primary_key=True, autoincrement=False),
    Column("family", Key, nullable=False),
    Column("day", Integer, nullable=False),
    Column("own_item_id", _ROW_ID, nullable=False),
    Column("before", Key),
    Column("later", Boolean, nullable=False),
    Column("kill", Boolean, nullable=False),
)
Index("slugged_family", slugged.c.family, slugged.c.day)

# What else an item is called than by its uri. Kills find it so: see names.py.
alias = Table(
    "alias",
    metadata,
    Column("document_seq", _ROW_ID, primary_key=True, autoincrement=False),
    Column("key", Key, primary_key=True),
)
Index("alias_key", alias.c.key)

# What kills take back, by any name: few rows, looked through for everything that comes.
sought = Table(
    "sought",
    metadata,
    Column("document_seq", _ROW_ID, primary_key=True, autoincrement=False),
    Column("key", Key, primary_key=True),
)
Index("sought_key", sought.c.key)

# The JSON of a document; no row: erased.
document_data = Table(
    "document_data",
    metadata,
    Column("document_seq", _ROW_ID, primary_key=True, autoincrement=False),
    Column("data", Packed, nullable=False),
)

# Where and when a copy of it was seen: one for each entry that is done.
sighting = Table(
    "sighting",
    metadata,
    Column("entry_id", _ROW_ID, primary_key=True, autoincrement=False),
    Column("document_seq", _ROW_ID, nullable=False),
    Column("feed_id", String(200), nullable=False),
    Column("location", FreeText, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
)
Index("sighting_of_document", sighting.c.document_seq)

# What one version of the rules says of a document.
tagging = Table(
    "tagging",
    metadata,
    Column("document_seq", _ROW_ID, primary_key=True, autoincrement=False),
    Column("rules", String(200), primary_key=True),
    Column("data", Packed, nullable=False),
    Column("tagged_at", UtcTime, nullable=False),
)

# A document whose people and organisations are still to be found; the row goes when they are.
enrichment = Table(
    "enrichment",
    metadata,
    Column("document_seq", _ROW_ID, primary_key=True, autoincrement=False),
    Column("queued_at", UtcTime, nullable=False),
    Column("state", String(12), nullable=False),  # pending, working, or given_up: out of attempts
    Column("alone", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("kills", Integer, nullable=False),
    Column("sent_at", UtcTime),
    Column("lease_until", UtcTime),
    Column("token", String(64)),
    Column("owner", String(200)),
    Column("last_cause", FreeText),
)
Index(
    "enrichment_pending",
    enrichment.c.sent_at,
    enrichment.c.document_seq,
    enrichment.c.queued_at,
    sqlite_where=text("state = 'pending'"),
    postgresql_where=text("state = 'pending'"),
)
Index(
    "enrichment_working",
    enrichment.c.token,
    enrichment.c.lease_until,
    sqlite_where=text("state = 'working'"),
    postgresql_where=text("state = 'working'"),
)

# The re-tagging of all documents that is under way, or was the last: one row, whatever is stored.
retag = Table(
    "retag",
    metadata,
    Column("id", _ROW_ID, primary_key=True),  # always 1
    Column("rules", String(200), nullable=False),
    Column("position", BigInteger, nullable=False),  # documents up to this number were given out
    Column("last", BigInteger, nullable=False),  # and up to this one are to be
    Column("done", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("moved_at", UtcTime, nullable=False),
    Column("stale_at", UtcTime),  # a worker with other rules was asked
    Column("stopped_at", UtcTime),
    Column("finished_at", UtcTime),
)

# Numbers of documents that a worker tags again just now, or that one died over: about a row for each worker.
retag_range = Table(
    "retag_range",
    metadata,
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("token", String(64)),
    Column("lease_until", UtcTime, nullable=False),
)

# By what a document is found, folded: codes and names of its tags, names of people and organisations.
document_tag = Table(
    "document_tag",
    metadata,
    Column("kind", String(12), primary_key=True),
    Column("value", String(200), primary_key=True),
    Column("document_seq", _ROW_ID, primary_key=True, autoincrement=False),
)
Index("document_tag_of", document_tag.c.document_seq)

# A link between two documents; `low` and `high` are their ids in order.
relation = Table(
    "relation",
    metadata,
    Column("low", _HASH, primary_key=True),
    Column("high", _HASH, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("score", Float, nullable=False),
    Column("evidence", Sealed, nullable=False),
    Column("part", String(4)),  # which of them is a part of the other, low or high; NULL: neither
)
Index("relation_high", relation.c.high)

# By what the copies of a document are found: the index in Redis is made from it.
signature = Table(
    "signature",
    metadata,
    Column("document_seq", _ROW_ID, primary_key=True, autoincrement=False),
    Column("entry_id", _ROW_ID, nullable=False),  # it came with first; names it in the index
    Column("data", Sealed, nullable=False),
    Column("linked", Boolean, nullable=False),  # false: what may be a copy of it is still to be looked at
)
Index(
    "signature_unlinked",
    signature.c.document_seq,
    sqlite_where=text("linked = 0"),
    postgresql_where=text("NOT linked"),
)

# Which run of the queue's server holds the index of copies: one row, once a keeper has looked.
near_index = Table(
    "near_index",
    metadata,
    Column("id", _ROW_ID, primary_key=True),  # always 1
    Column("run", String(64), nullable=False),
)

# One event; where two stories were found to be one, the younger points to the older.
story = Table(
    "story",
    metadata,
    Column("id", _HASH, primary_key=True),
    Column("created_at", UtcTime, nullable=False),
    Column("merged_into", _HASH),
)
Index(
    "story_merged",
    story.c.merged_into,
    sqlite_where=text("merged_into IS NOT NULL"),
    postgresql_where=text("merged_into IS NOT NULL"),
)

# Which document belongs to which story, and what it was compared by.
story_member = Table(
    "story_member",
    metadata,
    Column("document_seq", _ROW_ID, primary_key=True, autoincrement=False),
    Column("waits", Boolean, nullable=False),  # true: is still to be told, or once more
    Column("story_id", _HASH),  # NULL: was never told
    Column("at", UtcTime),  # published; NULL: was never told
    Column("traits", Sealed),  # JSON
    Column("attempts", Integer, nullable=False),  # since it was told last
    Column("lease_until", UtcTime),  # NULL: nobody is telling it
)
Index("story_member_of", story_member.c.story_id, story_member.c.at)
Index(
    "story_untold",
    story_member.c.document_seq,
    sqlite_where=text("waits = 1"),
    postgresql_where=text("waits"),
)

# By what a document finds others that may tell of the same event: hashes of its rarest traits.
story_key = Table(
    "story_key",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcTime, primary_key=True),
    Column("document_seq", _ROW_ID, primary_key=True, autoincrement=False),
)
Index("story_key_of", story_key.c.document_seq)


# --- what happened --------------------------------------------------------------------------------

# The only source of tail, live page, alerts and feeds out; numbers are never used again.
change = Table(
    "change",
    metadata,
    Column("seq", _ROW_ID, primary_key=True, autoincrement=True),
    Column("kind", String(12), nullable=False),
    Column("document_id", _HASH, nullable=False),
    Column("at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)
# Whoever follows new documents passes over a million that were tagged again without reading of them.
Index("change_new", change.c.seq, sqlite_where=text("kind = 'new'"), postgresql_where=text("kind = 'new'"))

# Counts since the beginning. Always: accepted = stored + repeated + dropped + in quarantine + open.
#   accepted, stored, repeated, dropped, items, erased: entries or documents, no label
#   expired, items_expired: documents and items that retention took, no label
#   refused, problems: by reason · polls: ok, not_modified or a reason
#   enriched: documents, no label · not_enriched: documents given up, by reason
counter = Table(
    "counter",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("label", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# Entries done in each of the last seconds.
pace = Table(
    "pace",
    metadata,
    Column("queue", String(16), primary_key=True),
    Column("second", BigInteger, primary_key=True, autoincrement=False),
    Column("done", Integer, nullable=False),
)

# Single facts about the store: when somebody last tried whether it takes a write.
mark = Table(
    "mark",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("at", UtcTime, nullable=False),
)
