"""What `db check` finds: anything that one part of the store says and another does not."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import Reason, StoreError
from pipeline.model import Problem, Relation, Signal, Tag, Tagging
from pipeline.ports.copies import Link
from pipeline.ports.reading import Query
from pipeline.ports.work import Processed
from pipeline.store.migrate import migrate
from pipeline.store.sqlite import SqliteDatabase
from pipeline.store.store import SqlStore
from store_builders import HOUR, NOON, claim, document, entry, poll, save, take_in, take_in_polls

TAGGING = Tagging(rules="r", regions=(Tag(code="AF", name="Afghanistan", score=1.0),))
FIRST, SECOND = document(text="One.", revision="1"), document(text="Two.", revision="2")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a bit of everything."""
    database = SqliteDatabase(tmp_path_factory.mktemp("filled") / "newswire.db")
    migrate(database)
    store = SqlStore(database)
    save(store, FIRST, SECOND, document("later", embargoed=NOON + HOUR), document("gone"))
    save(store, document("quay", revision="1"), document("quay", text="", revision="2", signal=Signal.KILL))
    (id_,) = take_in(store, entry("tagged"))
    claim(store, [id_])
    processed = Processed(entry_id=id_, document=document("tagged"), tagging=TAGGING, signature=b"signature")
    store.save([processed], [], token="t", now=NOON)
    take_in(store, entry("open"))
    store.link(
        [Link(document_id=FIRST.id, relation=Relation(kind="same-copy", id=SECOND.id, score=1.0))],
        [],
        now=NOON,
    )
    store.erase(document("gone").id, reason="court order", now=NOON)
    assert store.check() == []
    store.close()
    return database.path


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Iterator[SqlStore]:
    shutil.copy(filled, tmp_path)
    opened = SqlStore(SqliteDatabase(tmp_path / filled.name))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("DELETE FROM document_data WHERE document_seq = 1", "documents without a text"),
        ("DELETE FROM document_terms WHERE rowid = 1", "documents not in the search index"),
        (
            "INSERT INTO document_terms (rowid, headline, body, about) VALUES (4, 'a', 'b', 'c')",
            "erased documents that are in the search index",
        ),
        (
            "INSERT INTO document_terms (rowid, headline, body, about) VALUES (99, 'a', 'b', 'c')",
            "index entries of documents that are not there",
        ),
        ("UPDATE document SET language = 'fr' WHERE seq = 1", "documents that are damaged"),
        ("UPDATE document SET published_at = published_at + 1 WHERE seq = 1", "documents that are damaged"),
        (
            "UPDATE document_data SET data = CAST(x'00' || data AS BLOB) WHERE document_seq = 1",
            "documents that are damaged",
        ),
        ("UPDATE document SET standing = 'killed' WHERE seq = 1", "chains of versions that do not follow"),
        ("UPDATE document SET standing = 'usabme' WHERE seq = 1", "items that cannot be read"),
        ("UPDATE document SET stored_at = 9e18 WHERE seq = 1", "documents that cannot be read"),
        ("UPDATE item SET current_seq = 1 WHERE current_seq = 2", "chains of versions that do not follow"),
        ("UPDATE item SET next_at = NULL WHERE next_at IS NOT NULL", "chains of versions that do not follow"),
        ("DELETE FROM item WHERE id = 1", "documents that belong to no item"),
        ("UPDATE document_tag SET value = 'ag' WHERE value = 'af'", "documents not found by their tags"),
        ("UPDATE tagging SET data = x'00'", "documents whose tags cannot be read"),
        ("UPDATE document SET seq = 999 WHERE seq = 1", "rows of sighting for documents that are not there"),
        ("UPDATE relation SET low = 'x'", "links from documents that are not there"),
        ("DELETE FROM entry_payload", "open entries without content"),
        ("DELETE FROM entry WHERE state = 'pending'", "the counts of entries do not agree"),
        ("UPDATE counter SET value = 99 WHERE name = 'erased'", "the counts of documents do not agree"),
    ],
)
def test_what_does_not_agree_is_found(store: SqlStore, damage: str, what: str) -> None:
    with store._database.write() as connection:
        connection.exec_driver_sql(damage)
    found = store.check()
    assert what in "\n".join(map(str, found))
    assert all(each.where and each.remedy for each in found)


def test_what_each_finding_asks_for_is_a_command(store: SqlStore) -> None:
    with store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM document_terms WHERE rowid = 1")
        connection.exec_driver_sql("DELETE FROM document_data WHERE document_seq = 2")
    remedies = {each.what: each.remedy for each in store.check()}
    assert "newswire db check --repair" in remedies["documents not in the search index"]
    assert "newswire erase ID" in remedies["documents without a text"]


def test_of_a_damaged_document_nothing_is_made(store: SqlStore) -> None:
    with store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM document_terms WHERE rowid = 1")
        connection.exec_driver_sql("UPDATE document SET language = 'fr' WHERE seq = 1")
    before = store.check()
    assert store.repair() == {}
    assert store.check() == before


def test_a_tagging_that_cannot_be_read_stays_as_it_is_and_the_rest_of_its_documents_is_mended(
    store: SqlStore,
) -> None:
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE tagging SET data = x'00'")
        connection.exec_driver_sql("DELETE FROM document_terms WHERE rowid = 1")
    assert store.repair() == {"documents not in the search index": 1}
    (left,) = store.check()
    assert left.what == "documents whose tags cannot be read"


@pytest.mark.parametrize("table", ["document_data", "tagging", "relation"])
def test_a_bit_that_was_turned_is_never_served(store: SqlStore, table: str) -> None:
    column = "evidence" if table == "relation" else "data"
    with store._database.write() as connection:
        (old,) = connection.exec_driver_sql(f"SELECT {column} FROM {table}").first()
        turned = bytes([*old[:-2], old[-2] ^ 1, old[-1]])
        connection.exec_driver_sql(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (turned, old))
    with pytest.raises(StoreError, match=r"document \w+ is damaged: see `newswire db check`"):
        store.search(Query(), now=NOON, all_versions=True)


def test_the_text_of_another_document_is_never_served(store: SqlStore) -> None:
    with store._database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE document_data SET data = (SELECT data FROM document_data WHERE document_seq = 1) "
            "WHERE document_seq = 2"
        )
    with pytest.raises(StoreError, match=f"document {SECOND.id} is damaged"):
        store.document(SECOND.id, now=NOON)


def test_whoever_looks_for_copies_passes_over_a_damaged_signature(store: SqlStore) -> None:
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE signature SET data = CAST(x'01' || data AS BLOB), linked = 0")
    assert store.unlinked(after=0, limit=10) == []
    assert store.signatures(received_since=NOON - HOUR, after=0, limit=10) == []


def test_damaged_raw_bytes_are_said_to_be_it(store: SqlStore) -> None:
    problem = Problem(reason=Reason.BAD_RECORD, detail="no JSON", where="line 1", body=b"{oops" * 9)
    take_in_polls(store, replace(poll(), problems=(problem,)))
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE quarantine SET body = CAST(x'78' || body AS BLOB)")
    with pytest.raises(StoreError, match="the bytes are damaged"):
        store.quarantine_show(store.quarantine_list()[0].id)
