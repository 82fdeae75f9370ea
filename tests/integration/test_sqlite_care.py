"""SQLite: how it is set, what it says when it fails, and that its indexes are used."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import event

from fakes_read import NOON, stored
from filling import FEED, fill, poll
from pipeline.errors import Reason, StoreError
from pipeline.model import Entry, QueueName
from pipeline.ports.reading import Query
from pipeline.store import sqlite
from pipeline.store.database import Terms
from pipeline.store.migrate import migrate
from pipeline.store.sqlite import SqliteDatabase
from pipeline.store.store import SqlStore
from store_builders import sync_feeds


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    opened = SqliteDatabase(tmp_path / "newswire.db", wait_s=0.05)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def store(database: SqliteDatabase) -> SqlStore:
    filled = SqlStore(database)
    sync_feeds(filled, [FEED], NOON)
    return filled


def _pragma(database: SqliteDatabase, name: str):
    with database.read() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


def test_what_was_acknowledged_survives_a_power_cut(database: SqliteDatabase) -> None:
    assert _pragma(database, "journal_mode") == "wal"
    assert _pragma(database, "synchronous") == 2  # FULL


@pytest.mark.parametrize(
    ("version", "sound"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 0), True),
    ],
    ids=str,
)
def test_versions_that_may_lose_data_are_named(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], sound: bool
) -> None:
    named = SimpleNamespace(sqlite_version_info=version, sqlite_version=".".join(map(str, version)))
    monkeypatch.setattr(sqlite, "library", named)
    said = sqlite.outdated()
    assert (said is None) == sound
    assert sound or named.sqlite_version in said


def test_a_full_disk_is_said_in_words_and_costs_nothing_that_was_stored(
    database: SqliteDatabase, store: SqlStore
) -> None:
    store.take_in([poll([Entry(format="rss", guid="kept", text="x")], at=NOON)], NOON)
    with database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    big = [Entry(format="rss", guid=f"{n}", text=f"{n}" * 50_000) for n in range(10)]
    with pytest.raises(StoreError, match="disk is full"):
        store.take_in([poll(big, at=NOON)], NOON)
    assert store.backlog() == 1
    database.close()  # as if there were room again
    store.take_in([poll(big, at=NOON)], NOON)
    assert store.backlog() == 11


def test_a_writer_that_does_not_let_go_is_said_in_words(database: SqliteDatabase, tmp_path: Path) -> None:
    other = SqliteDatabase(tmp_path / "newswire.db")
    with other.write(), pytest.raises(StoreError, match="busy"):
        SqlStore(database).probe(NOON)
    other.close()
    SqlStore(database).probe(NOON)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_said_in_words(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o500)
    with pytest.raises(StoreError, match=r"may not|cannot be"):
        migrate(SqliteDatabase(folder / "newswire.db"))


def test_a_missing_folder_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        migrate(SqliteDatabase(tmp_path / "nowhere" / "newswire.db"))


def test_a_damaged_file_is_found(store: SqlStore, database: SqliteDatabase) -> None:
    entries = [Entry(format="rss", guid=f"{n}", text=f"{n}" * 2000) for n in range(200)]
    store.take_in([poll(entries, at=NOON)], NOON)
    database.close()
    content = bytearray(database.path.read_bytes())
    for place in range(len(content) // 4096 // 2 * 4096, len(content), 4096):  # the heads of pages
        content[place : place + 64] = os.urandom(64)
    database.path.write_bytes(content)
    try:
        assert store.check()
    except StoreError as error:
        assert "damaged" in str(error)  # noqa: PT017  # either answer will do


def test_a_damaged_entry_does_not_stop_the_others(store: SqlStore, database: SqliteDatabase) -> None:
    entries = [Entry(format="rss", guid=guid, text=guid) for guid in ("a", "b", "c")]
    (taken,) = store.take_in([poll(entries, at=NOON)], NOON)
    ids = [ref.id for ref in taken.new]
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE entry_payload SET data = x'7b' WHERE entry_id = ?", (ids[1],))
    claimed = store.claim(ids, token="t", owner="o", now=NOON, lease=FEED.interval)
    assert [each.id for each in claimed] == [ids[0], ids[2]]
    assert [row.reason for row in store.quarantine_list()] == [Reason.BAD_RECORD]


@pytest.fixture
def plans(database: SqliteDatabase) -> Iterator[list[str]]:
    """The plan of each SELECT and UPDATE that is executed."""
    seen: list[str] = []
    engine = database._reading
    tracing = False

    def trace(driver, *_: object) -> None:
        driver.set_trace_callback(lambda statement: explain(driver, statement))

    def explain(driver, statement: str) -> None:
        nonlocal tracing
        if not tracing and statement.startswith(("SELECT", "UPDATE", "DELETE")):
            tracing = True
            seen.extend(row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}"))
            tracing = False

    event.listen(engine, "checkout", trace)
    yield seen
    event.remove(engine, "checkout", trace)


def test_questions_about_open_entries_do_not_read_those_that_are_done(
    store: SqlStore, plans: list[str]
) -> None:
    (taken,) = store.take_in([poll([Entry(format="rss", guid="a", text="x")], at=NOON)], NOON)
    ids = [ref.id for ref in taken.new]
    store.backlog()
    store.snapshot(NOON)
    store.take_unsent(QueueName.WIRE, now=NOON, sent_before=NOON, limit=10)
    store.claim(ids, token="t", owner="o", now=NOON, lease=FEED.interval)
    store.save([], [], token="t", now=NOON)
    store.fail("t", cause="x", counts=True, now=NOON, max_attempts=3)
    store.give_back("o", cause="x", counts=True, now=NOON, max_attempts=3)
    store.give_back_expired(now=NOON, max_attempts=3)
    store.claim_due(NOON, 10, "o", FEED.interval)
    min(store.due_at().values(), default=None)
    whole = [plan for plan in plans if plan.startswith("SCAN") and "USING" not in plan]
    assert set(whole) <= {
        "SCAN json_each VIRTUAL TABLE INDEX 1:",
        "SCAN counter",
        "SCAN claim",  # as few as polls that run
        "SCAN feed",  # the snapshot lists them all
        "SCAN document",  # of its last row
    }
    assert "SCAN entry USING COVERING INDEX entry_pending" in plans


def test_questions_about_documents_to_be_linked_do_not_read_those_that_are(
    store: SqlStore, plans: list[str]
) -> None:
    store.move_index("run", after=0)
    plans.clear()
    store.unlinked(after=0, limit=10)
    store.entered_upto("run")
    assert [plan for plan in plans if "signature" in plan and "signature_unlinked" not in plan] == [
        "SEARCH signature"  # of its last row
    ]


def _scans(plans: list[str]) -> list[str]:
    """Give the plans that read the rows of all documents."""
    return [plan for plan in plans if plan.startswith("SCAN document") and "INDEX" not in plan]


def test_a_search_by_words_looks_at_the_newest_first_and_then_begins_with_the_words(
    store: SqlStore, plans: list[str]
) -> None:
    fill(store, [stored("a" * 32, body_text="The tram runs.", published=NOON).document], NOON)
    plans.clear()
    store.search(Query(all_of=(("ferry",),)), now=NOON)
    last = plans.index("SEARCH document USING INTEGER PRIMARY KEY (rowid=?)")
    assert any("COVERING INDEX document_newest" in plan for plan in plans[:last])
    assert any("document_terms VIRTUAL TABLE" in plan for plan in plans[last:])
    assert not _scans(plans)


def test_a_search_by_provider_begins_with_its_documents(store: SqlStore, plans: list[str]) -> None:
    fill(store, [stored("a" * 32, body_text="The tram runs.", published=NOON).document], NOON)
    plans.clear()
    store.search(Query(fields={"provider": ("nobody",)}), now=NOON)
    assert any("USING INDEX document_of_provider (provider=?" in plan for plan in plans)
    assert not _scans(plans)


def test_a_search_without_words_begins_with_the_newest(store: SqlStore, plans: list[str]) -> None:
    fill(store, [stored("a" * 32, body_text="The tram runs.", published=NOON).document], NOON)
    plans.clear()
    store.search(Query(), now=NOON)
    assert [plan for plan in plans if "USING INDEX document_newest" in plan]
    found = plans[: plans.index("SEARCH document_data USING INTEGER PRIMARY KEY (rowid=?)")]
    assert not [plan for plan in found if "TEMP B-TREE" in plan and "LAST" not in plan]


def test_an_index_that_cannot_be_merged_in_time_is_merged_the_next_time(
    store: SqlStore, database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_MERGE_PAGES", 1)
    assert store.check() == []
    for n in range(8):
        words = " ".join(f"word{n}x{m}" for m in range(3000))
        with database.write() as connection:
            database.index(connection, [Terms(document_seq=n + 1, headline="", body=words, about="")])
    with pytest.raises(StoreError, match="the next time"):
        database.scrub(limit_s=0.0)
    database.scrub(limit_s=60)


def test_erasing_while_a_backup_reads_keeps_no_writer_waiting_and_is_finished_later(
    store: SqlStore, database: SqliteDatabase
) -> None:
    secret = stored("a" * 32, body_text="The xylophonic ferry.").document
    fill(store, [secret], NOON)
    log = database.path.with_name("newswire.db-wal")
    with database.read() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM document").all()
        began = time.monotonic()
        assert store.erase(secret.id, reason="court order", now=NOON)
        assert time.monotonic() - began < sqlite.WAIT_S / 2
        assert b"xylophonic" in log.read_bytes()
    store.expire(NOON, raw_days=30, change_days=30, poll_count=5)
    assert b"xylophonic" not in log.read_bytes() + database.path.read_bytes()


def test_the_newest_documents_are_found_past_any_number_of_other_changes(
    store: SqlStore, plans: list[str]
) -> None:
    fill(store, [stored("a" * 32).document], NOON)
    del plans[:]
    assert store.new_from_the_end(20) is None
    assert len(store.changes(0, only_new=True)) == 1
    assert [plan for plan in plans if "change" in plan] == [
        "SCAN change USING COVERING INDEX change_new",
        "SEARCH change USING INDEX change_new (seq>?)",
    ]
