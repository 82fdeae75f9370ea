"""PostgreSQL: pages that its disk has damaged are refused and named, and all else goes on."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from damaging import turn_bit
from pipeline.errors import DamagedError, StoreError
from pipeline.model import Tag, Tagging
from pipeline.ports.reading import Query
from pipeline.ports.work import Processed
from pipeline.store.open import open_store, server_checks
from pipeline.store.store import SqlStore
from postgres_server import PostgresServer
from running import story
from store_builders import NOON, claim, document, entry, take_in

COUNT = 60
TAGGING = Tagging(rules="r", regions=(Tag(code="AF", name="Afghanistan", score=1.0),))
TAGGED = Query(fields={"region": ("af",)})


@pytest.fixture
def url(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database of its own, with documents; the programs are those of its server, where it has them."""
    monkeypatch.setenv("PATH", f"{postgres.programs}:{os.environ['PATH']}")
    url = postgres.empty_url()
    with closing(open_store(url, Path("unused"))) as store:
        _fill(store)
    yield url
    postgres.drop(url)


def _fill(store: SqlStore) -> None:
    guids = [str(number) for number in range(COUNT)]
    ids = take_in(store, *map(entry, guids))
    claim(store, ids)
    processed = [
        Processed(entry_id=id_, document=document(guid, text=story(int(guid))), tagging=TAGGING)
        for id_, guid in zip(ids, guids, strict=True)
    ]
    store.save(processed, [], token="t", now=NOON)


@contextmanager
def _damaged(postgres: PostgresServer, url: str, *relations: str) -> Iterator[SqlStore]:
    """Turn a bit in the first page of tables or indexes, while the server does not run."""
    name = urlsplit(url).path[1:]
    files = [postgres.file_of(each, name) for each in relations]
    postgres.stop()
    for file in files:
        turn_bit(file, 5000 * 8)
    postgres.start()
    with closing(open_store(url, Path("unused"))) as store:
        yield store


def test_s08_a_damaged_page_of_a_table_is_named_and_all_around_it_is_given(
    postgres: PostgresServer, url: str, tmp_path: Path
) -> None:
    if not shutil.which("pg_dump"):
        pytest.skip("pg_dump is not on this machine")
    backup = tmp_path / "copy"
    with closing(open_store(url, tmp_path)) as store:
        store._database.backup(backup)
    with _damaged(postgres, url, "document_data") as store:
        (found,) = store.check()
        assert found.where.endswith("the table document_data is damaged")
        assert "newswire db restore FILE" in found.remedy
        with pytest.raises(DamagedError, match="the table document_data is damaged: restore a backup"):
            store.search(TAGGED, now=NOON, limit=COUNT)
        told: list[DamagedError] = []
        given = [each.document.guid for each in store.stream(Query(), now=NOON, passed_over=told.append)]
        assert len(told) == COUNT - len(given)
        assert COUNT / 2 < len(given) < COUNT
        with pytest.raises(DamagedError):
            list(store.stream(Query(), now=NOON))
        assert store.repair() == {}
        with pytest.raises(StoreError):
            store._database.backup(tmp_path / "of what is damaged")
        # What comes in is stored all the same.
        (id_,) = take_in(store, entry("new"))
        claim(store, [id_])
        store.save([Processed(entry_id=id_, document=document("new"))], [], token="t", now=NOON)
        assert store.document(document("new").id, now=NOON)
        store._database.restore(backup)
        assert store.check() == []
        assert len(store.search(TAGGED, now=NOON, limit=COUNT)) == COUNT


@pytest.mark.parametrize("looked_at", [True, False], ids=["amcheck", "only readers"])
def test_s08_a_damaged_index_is_named_and_made_again(
    postgres: PostgresServer, url: str, looked_at: bool
) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        if looked_at:
            try:
                connection.execute("CREATE EXTENSION amcheck")
            except psycopg.errors.FeatureNotSupported:
                pytest.skip("this server has no amcheck")
        toast = "SELECT reltoastrelid::regclass FROM pg_class WHERE oid = 'document_data'::regclass"
        ((table,),) = connection.execute(toast).fetchall()
    assert ("amcheck looks" in " ".join(server_checks(url))) is looked_at
    with _damaged(postgres, url, "document_tag_of", *([f"{table}_index"] if looked_at else [])) as store:
        with pytest.raises(DamagedError, match="REINDEX INDEX document_tag_of, makes it again"):
            store.search(TAGGED, now=NOON, limit=COUNT)
        found = store.check()
        if looked_at:
            assert {each.what for each in found} == {"an index is damaged"}
            assert [each.where.split()[-3] for each in found] == ["document_tag_of", f"{table}_index"]
        made = ["document_tag_of", f"{table}_index"] if looked_at else ["document_tag_of"]
        assert store.repair() == {f"index {name}": 1 for name in made}
        assert store.check() == []
        assert len(store.search(TAGGED, now=NOON, limit=COUNT)) == COUNT


def test_what_a_reindexing_that_broke_off_has_left_is_removed(postgres: PostgresServer, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE INDEX item_next_ccnew ON item (id)")
        connection.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'item_next_ccnew'::regclass"
        )
    with closing(open_store(url, Path("unused"))) as store:
        assert [each.what for each in store.check()] == ["an index is damaged"]
        assert store.check(quick=True) == []  # nothing that a start should be refused for
        store.repair()
        assert store.check() == []
