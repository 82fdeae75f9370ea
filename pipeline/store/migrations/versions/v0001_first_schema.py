"""Make the first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.BigInteger()


def upgrade() -> None:
    """Make the change."""
    _feeds()
    _entries()
    _quarantine()
    _documents()
    _findings()
    _log()
    if op.get_bind().dialect.name == "sqlite":
        # The tokeniser is `ascii` because our terms need no treatment any more: it cuts at ASCII characters
        # that are no letter or digit, and takes the rest as it is.
        op.execute(
            "CREATE VIRTUAL TABLE document_terms USING fts5"
            "(headline, body, about, content='', contentless_delete=1, tokenize='ascii')"
        )
        # Merging later costs searches a few microseconds and spares a quarter of what indexing costs.
        op.execute("INSERT INTO document_terms (document_terms, rank) VALUES ('automerge', 16)")
    if _is_server():
        for statement in _POSTGRESQL:
            op.execute(statement)


def _is_server() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")


_POSTGRESQL = (
    # Kept by month: see pipeline.store.postgres_months. A key over all months cannot be declared; that each
    # is there once follows from there being one writer at a time, who looks first.
    "CREATE INDEX raw_id ON raw (id)",
    "CREATE INDEX raw_key ON raw (key)",
    # Compressed already, or gone in a moment: nothing is gained by compressing.
    "ALTER TABLE raw ALTER body SET STORAGE EXTERNAL",
    "ALTER TABLE entry_payload ALTER data SET STORAGE EXTERNAL",
    "ALTER TABLE document_data ALTER data SET STORAGE EXTERNAL",
    "ALTER TABLE tagging ALTER data SET STORAGE EXTERNAL",
    "CREATE TABLE raw_rest PARTITION OF raw DEFAULT",
    "CREATE SEQUENCE raw_ids",  # entries go on naming the ids of raw copies that were dropped
    "CREATE INDEX change_after ON change (seq)",
    "CREATE TABLE change_rest PARTITION OF change DEFAULT",
    "CREATE SEQUENCE change_seq_seq OWNED BY change.seq",
    "ALTER TABLE change ALTER seq SET DEFAULT nextval('change_seq_seq')",
    "CREATE INDEX document_of_language ON document (language text_pattern_ops, published_at)",
    # The search index: see pipeline.store.postgres_terms. Compared by bytes, as nothing is sorted by it.
    # Texts of usual length stand in their rows as they are: looking into them is what it is for.
    """
    CREATE TABLE document_terms (document_seq BIGINT PRIMARY KEY, words TEXT COLLATE "C" NOT NULL)
    WITH (toast_tuple_target = 8160)
    """,
    # The index holds numbers, for sorting words took a third of the server's time. They are those that hash
    # indexes go by. A function of ours for its cost, too: the planner must prefer the index to cutting texts.
    """
    CREATE FUNCTION newswire_terms(words text) RETURNS integer[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 800 AS
    $$ BEGIN RETURN ARRAY(SELECT hashtext(unnest(string_to_array(words, ' ')))); END $$
    """,
    "CREATE INDEX document_terms_words ON document_terms USING gin (newswire_terms(words))",
    # Whoever follows the change log is rung for when what was written into it can be seen.
    """
    CREATE FUNCTION newswire_ring() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('newswire_change', ''); RETURN NULL; END $$
    """,
    "CREATE TRIGGER change_rings AFTER INSERT ON change FOR EACH STATEMENT EXECUTE FUNCTION newswire_ring()",
)


def _feeds() -> None:
    op.create_table(
        "feed",
        sa.Column(
            "id",
            sa.String(length=200).with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("url_key", sa.LargeBinary(16), nullable=False),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("trust_provider", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("default_region", sa.String(length=10), nullable=True),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("interval_s", sa.Float(), nullable=False),
        sa.Column("wishes", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("documents", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_poll_at", _TIME, nullable=False),
        sa.Column("etag", sa.LargeBinary(), nullable=True),
        sa.Column("last_modified", sa.LargeBinary(), nullable=True),
        sa.Column("body_hash", sa.String(length=64), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_polled_at", _TIME, nullable=True),
        sa.Column("last_success_at", _TIME, nullable=True),
        sa.Column("last_new_at", _TIME, nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_reason", sa.String(length=40), nullable=True),
        sa.Column("last_detail", sa.Text(), nullable=True),
        sa.Column("stopped_at", _TIME, nullable=True),
        sa.Column("learned", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "feed_due",
        "feed",
        ["next_poll_at"],
        sqlite_where=sa.text("active = 1"),
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "claim",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("claimed_at", _TIME, nullable=False),
        sa.Column("lease_until", _TIME, nullable=False),
        sa.Column("feeds", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "poll",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("feed_id", sa.String(length=200), nullable=False),
        sa.Column("polled_at", _TIME, nullable=False),
        sa.Column("duration_s", sa.Float(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("format", sa.String(length=40), nullable=True),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("problems", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("poll_of_feed", "poll", ["feed_id", "id"])
    op.create_table(
        "fetcher",
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("feeds_key", sa.String(length=32), nullable=False),
        sa.Column("feeds", sa.Integer(), nullable=False),
        sa.Column("heard_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("owner"),
    )


def _entries() -> None:
    op.create_table(
        "raw",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("received_at", _TIME, nullable=False),
        *(() if _is_server() else (sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("key"))),
        postgresql_partition_by="RANGE (received_at)",
    )
    op.create_index("raw_received", "raw", ["received_at"])
    op.create_table(
        "entry",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.Column("feed_id", sa.String(length=200), nullable=False),
        sa.Column("raw_id", _ROW_ID, nullable=True),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("queue", sa.String(length=16), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("kills", sa.Integer(), nullable=False),
        sa.Column("payload_version", sa.Integer(), nullable=False),
        sa.Column("sent_at", _TIME, nullable=True),
        sa.Column("lease_until", _TIME, nullable=True),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("last_cause", sa.Text(), nullable=True),
        sa.Column("document_seq", _ROW_ID, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("entry_of_raw", "entry", ["raw_id"])
    op.create_index(
        "entry_pending",
        "entry",
        ["queue", "sent_at", sa.literal_column("urgent DESC"), "id", "received_at"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "entry_working",
        "entry",
        ["token", "queue", "lease_until"],
        sqlite_where=sa.text("state = 'working'"),
        postgresql_where=sa.text("state = 'working'"),
    )
    op.create_table(
        "entry_payload",
        sa.Column("entry_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id"),
    )


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.Column("entry_id", _ROW_ID, nullable=True),
        sa.Column("raw_id", _ROW_ID, nullable=True),
        sa.Column("feed_id", sa.String(length=200), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("guid", sa.Text(), nullable=True),
        sa.Column("queue", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("quarantined_at", _TIME, nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("dropped_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("quarantine_of_entry", "quarantine", ["entry_id"])
    op.create_index("quarantine_of_raw", "quarantine", ["raw_id"])
    op.create_index(
        "quarantine_shown",
        "quarantine",
        ["queue"],
        sqlite_where=sa.text("dropped_at IS NULL"),
        postgresql_where=sa.text("dropped_at IS NULL"),
    )


def _documents() -> None:
    op.create_table(
        "item",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("current_seq", _ROW_ID, nullable=True),
        sa.Column("next_seq", _ROW_ID, nullable=True),
        sa.Column("next_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index(
        "item_next",
        "item",
        ["next_at"],
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "document",
        sa.Column("seq", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("item_id", _ROW_ID, nullable=False),
        sa.Column("feed_id", sa.String(length=200), nullable=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("published_at", _TIME, nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("stored_at", _TIME, nullable=False),
        sa.Column("standing", sa.String(length=12), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("embargoed", _TIME, nullable=True),
        sa.Column("erased_at", _TIME, nullable=True),
        sa.Column("erase_reason", sa.Text(), nullable=True),
        sa.Column("expired_at", _TIME, nullable=True),
        sa.Column("revision_rank", sa.BigInteger(), nullable=False),
        sa.Column("version_created", _TIME, nullable=True),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=32), nullable=False),
        sa.Column("seal", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("document_chain", "document", ["item_id", "revision_rank", "version_created"])
    op.create_index("document_newest", "document", ["published_at", "seq"])
    op.create_index("document_of_provider", "document", ["provider", "published_at"])
    op.create_index("document_of_feed", "document", ["feed_id", "published_at"])
    op.create_table(
        "slugged",
        sa.Column("document_seq", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("family", sa.LargeBinary(16), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("own_item_id", _ROW_ID, nullable=False),
        sa.Column("before", sa.LargeBinary(16), nullable=True),
        sa.Column("later", sa.Boolean(), nullable=False),
        sa.Column("kill", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("document_seq"),
    )
    op.create_index("slugged_family", "slugged", ["family", "day"])
    for name in ("alias", "sought"):
        op.create_table(
            name,
            sa.Column("document_seq", _ROW_ID, autoincrement=False, nullable=False),
            sa.Column("key", sa.LargeBinary(16), nullable=False),
            sa.PrimaryKeyConstraint("document_seq", "key"),
        )
        op.create_index(f"{name}_key", name, ["key"])
    op.create_table(
        "document_data",
        sa.Column("document_seq", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("document_seq"),
    )


def _findings() -> None:
    op.create_table(
        "sighting",
        sa.Column("entry_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("document_seq", _ROW_ID, nullable=False),
        sa.Column("feed_id", sa.String(length=200), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("entry_id"),
    )
    op.create_index("sighting_of_document", "sighting", ["document_seq"])
    op.create_table(
        "tagging",
        sa.Column("document_seq", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("rules", sa.String(length=200), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("tagged_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("document_seq", "rules"),
    )
    op.create_table(
        "enrichment",
        sa.Column("document_seq", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("queued_at", _TIME, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("kills", sa.Integer(), nullable=False),
        sa.Column("sent_at", _TIME, nullable=True),
        sa.Column("lease_until", _TIME, nullable=True),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("last_cause", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("document_seq"),
    )
    op.create_index(
        "enrichment_pending",
        "enrichment",
        ["sent_at", "document_seq", "queued_at"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "enrichment_working",
        "enrichment",
        ["token", "lease_until"],
        sqlite_where=sa.text("state = 'working'"),
        postgresql_where=sa.text("state = 'working'"),
    )
    op.create_table(
        "retag",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("rules", sa.String(length=200), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("moved_at", _TIME, nullable=False),
        sa.Column("stale_at", _TIME, nullable=True),
        sa.Column("stopped_at", _TIME, nullable=True),
        sa.Column("finished_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "retag_range",
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("lease_until", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("first"),
    )
    op.create_table(
        "document_tag",
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("document_seq", _ROW_ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("kind", "value", "document_seq"),
    )
    op.create_index("document_tag_of", "document_tag", ["document_seq"])
    op.create_table(
        "relation",
        sa.Column("low", sa.String(length=32), nullable=False),
        sa.Column("high", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.Column("part", sa.String(length=4), nullable=True),
        sa.PrimaryKeyConstraint("low", "high", "kind"),
    )
    op.create_index("relation_high", "relation", ["high"])
    op.create_table(
        "signature",
        sa.Column("document_seq", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("entry_id", _ROW_ID, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("linked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("document_seq"),
    )
    op.create_index(
        "signature_unlinked",
        "signature",
        ["document_seq"],
        sqlite_where=sa.text("linked = 0"),
        postgresql_where=sa.text("NOT linked"),
    )
    op.create_table(
        "near_index",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("run", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "story",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("merged_into", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "story_merged",
        "story",
        ["merged_into"],
        sqlite_where=sa.text("merged_into IS NOT NULL"),
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_table(
        "story_member",
        sa.Column("document_seq", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("story_id", sa.String(length=32), nullable=True),
        sa.Column("at", _TIME, nullable=True),
        sa.Column("traits", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("document_seq"),
    )
    op.create_index("story_member_of", "story_member", ["story_id", "at"])
    op.create_index(
        "story_untold",
        "story_member",
        ["document_seq"],
        sqlite_where=sa.text("waits = 1"),
        postgresql_where=sa.text("waits"),
    )
    op.create_table(
        "story_key",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("document_seq", _ROW_ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "at", "document_seq"),
    )
    op.create_index("story_key_of", "story_key", ["document_seq"])


def _log() -> None:
    op.create_table(
        "change",
        sa.Column("seq", _ROW_ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("document_id", sa.String(length=32), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        *(() if _is_server() else (sa.PrimaryKeyConstraint("seq"),)),
        sqlite_autoincrement=True,
        postgresql_partition_by="RANGE (at)",
    )
    is_new = sa.text("kind = 'new'")
    op.create_index("change_new", "change", ["seq"], sqlite_where=is_new, postgresql_where=is_new)
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "label"),
    )
    op.create_table(
        "pace",
        sa.Column("queue", sa.String(length=16), nullable=False),
        sa.Column("second", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("queue", "second"),
    )
    op.create_table(
        "mark",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
