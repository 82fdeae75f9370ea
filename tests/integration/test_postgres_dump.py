"""PostgreSQL: backups by its own programs, restored in one transaction, made before the schema changes."""

import itertools
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from migrating import NEXT, next_release
from pipeline.errors import StoreError
from pipeline.ports.reading import Query
from pipeline.store import postgres_dump
from pipeline.store.migrate import migrate
from pipeline.store.migrations import HEAD
from pipeline.store.open import open_database, open_store
from pipeline.store.postgres_link import Link
from pipeline.store.store import SqlStore
from store_builders import NOON, document, save

if TYPE_CHECKING:
    from pipeline.store.postgres import PostgresDatabase
    from postgres_server import PostgresServer


@pytest.fixture
def url(postgres: "PostgresServer", monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of its own, as it is replaced; the programs are those of its server, where it has them."""
    monkeypatch.setenv("PATH", f"{postgres.programs}:{os.environ['PATH']}")
    if missing := [each for each in ("pg_dump", "pg_restore", "psql") if not shutil.which(each)]:
        pytest.skip(f"not on this machine: {', '.join(missing)}")
    return postgres.empty_url()


@pytest.fixture
def database(url: str, tmp_path: Path) -> Iterator["PostgresDatabase"]:
    """A database with one document."""
    with closing(open_store(url, tmp_path)) as store:
        save(store, document("ferry"))
        opened = store._database
        yield opened  # type: ignore[misc]
        opened.close()


@pytest.fixture(scope="module")
def other_release(postgres: "PostgresServer") -> Iterator["PostgresServer"]:
    """A server of another release than the tests' own, whose programs may be older."""
    from postgres_server import PostgresServer, releases

    own, *others = releases()
    older = [each for each in others if int(each) < int(own)]
    if not older:
        pytest.skip(f"there is no older PostgreSQL than {own} on this machine")
    server = PostgresServer(release=older[0])
    yield server
    server.remove()


def _guids(url: str, folder: Path) -> list[str | None]:
    with closing(open_store(url, folder)) as store:
        assert store.check() == []
        return sorted(each.document.guid or "" for each in store.search(Query(), now=NOON))


def test_a_backup_is_restored_twice_and_the_old_tables_kept(
    database: "PostgresDatabase", url: str, tmp_path: Path, postgres: "PostgresServer"
) -> None:
    copy = tmp_path / "copy.backup"
    database.backup(copy)
    assert copy.stat().st_mode & 0o077 == 0
    save(SqlStore(database), document("crane", text="A crane has fallen."))
    kept = database.restore(copy)
    assert kept
    assert "public_replaced_" in kept
    assert _guids(url, tmp_path) == ["ferry"]
    name = urlsplit(url).path[1:]
    schema = kept.rpartition(" ")[2]
    assert postgres.execute(f"SELECT count(*) FROM {schema}.document", name) == [(2,)]
    second = tmp_path / "second.backup"
    database.backup(second)
    postgres.execute(f"DROP SCHEMA {schema} CASCADE", name)
    assert database.restore(second)
    assert _guids(url, tmp_path) == ["ferry"]


def test_a_backup_is_restored_to_an_empty_database(
    database: "PostgresDatabase", postgres: "PostgresServer", tmp_path: Path
) -> None:
    database.backup(tmp_path / "copy.backup")
    elsewhere = postgres.empty_url()
    with closing(open_database(elsewhere, tmp_path)) as empty:
        assert empty.restore(tmp_path / "copy.backup") is None
    assert _guids(elsewhere, tmp_path) == ["ferry"]


@pytest.mark.parametrize("there", ["older", "newer"])
def test_a_backup_is_restored_to_another_release(
    there: str, url: str, database: "PostgresDatabase", other_release: "PostgresServer", tmp_path: Path
) -> None:
    elsewhere = other_release.empty_url()
    source, target = (url, elsewhere) if there == "newer" else (elsewhere, url)
    with closing(open_store(elsewhere, tmp_path)) as store:
        save(store, document("ferry"))
    with closing(open_database(source, tmp_path)) as opened:
        opened.backup(tmp_path / "copy.backup")
    database.close()
    with closing(open_database(target, tmp_path)) as opened:
        assert opened.restore(tmp_path / "copy.backup")
    assert _guids(target, tmp_path) == ["ferry"]


def test_settings_that_an_older_server_does_not_know_are_left_out(tmp_path: Path) -> None:
    script = tmp_path / "restore.sql"
    script.write_text("SET lock_timeout = 0;\nSET transaction_timeout = 0;\n\nCREATE TABLE a ();\n")
    postgres_dump._leave_out_unknown(script, frozenset({"lock_timeout"}))
    assert script.read_text().splitlines()[:2] == ["SET lock_timeout = 0;", "--T transaction_timeout = 0;"]


def test_s06_a_backup_under_load_is_one_moment(
    database: "PostgresDatabase", url: str, postgres: "PostgresServer", tmp_path: Path
) -> None:
    ended, batches = threading.Event(), itertools.count(1)
    stored = [0]

    def work() -> None:
        with closing(open_store(url, tmp_path)) as store:
            while not ended.is_set():
                number = next(batches)
                save(store, *(document(f"{number}-{n}", text=f"{number} {n} " * 50) for n in range(5)))
                stored[0] = number

    worker = threading.Thread(target=work)
    worker.start()
    try:
        while not stored[0]:
            time.sleep(0.01)
        least = stored[0]
        database.backup(tmp_path / "copy.backup")
        most = stored[0] + 1
        while stored[0] <= most:  # work goes on
            time.sleep(0.01)
    finally:
        ended.set()
        worker.join()
    elsewhere = postgres.empty_url()
    with closing(open_database(elsewhere, tmp_path)) as empty:
        empty.restore(tmp_path / "copy.backup")
    with closing(open_store(elsewhere, tmp_path)) as store:
        assert store.check() == []
        documents = store.snapshot(NOON).documents
    assert documents % 5 == 1  # whole batches, beside the first document
    assert least <= documents // 5 <= most


def test_nothing_is_restored_while_somebody_is_connected(
    database: "PostgresDatabase", url: str, tmp_path: Path
) -> None:
    database.backup(tmp_path / "copy.backup")
    with (
        closing(open_database(url, tmp_path)) as other,
        other.read(),
        pytest.raises(StoreError, match="in use by 1"),
    ):
        database.restore(tmp_path / "copy.backup")
    assert _guids(url, tmp_path) == ["ferry"]


@pytest.mark.parametrize("what", ["words", "cut off"])
def test_what_is_no_backup_is_refused_and_changes_nothing(
    database: "PostgresDatabase", url: str, tmp_path: Path, what: str
) -> None:
    file = tmp_path / "file"
    database.backup(file)
    whole = file.read_bytes()
    file.write_bytes(b"only words" if what == "words" else whole[: len(whole) - 2000])
    with pytest.raises(StoreError, match="file"):
        database.restore(file)
    assert _guids(url, tmp_path) == ["ferry"]


def test_the_schema_changes_after_a_backup(database: "PostgresDatabase", url: str, tmp_path: Path) -> None:
    history = next_release(tmp_path, HEAD)
    done = migrate(database, history)
    assert done.copy
    assert done.copy.startswith(str(tmp_path / "backups" / "newswire-"))
    with pytest.raises(StoreError, match=f"newer newswire .*{NEXT}"):
        migrate(database)
    database.restore(Path(done.copy))
    assert _guids(url, tmp_path) == ["ferry"]


def test_without_the_programs_the_schema_stays_and_it_is_said_what_to_do(
    database: "PostgresDatabase", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = next_release(tmp_path, HEAD)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match=r"pg_dump is not on this machine.*newswire db migrate --no-backup"):
        migrate(database, history)
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == HEAD
    assert migrate(database, history, backup=False).copy is None


def test_a_backup_holds_our_schema_alone(
    database: "PostgresDatabase", url: str, tmp_path: Path, postgres: "PostgresServer"
) -> None:
    postgres.execute("CREATE SCHEMA public_replaced_before", urlsplit(url).path[1:])
    database.backup(tmp_path / "copy")
    assert "public_replaced_before" not in postgres_dump._listed(tmp_path / "copy")


def test_a_backup_of_another_schema_is_refused(
    database: "PostgresDatabase", url: str, tmp_path: Path, postgres: "PostgresServer"
) -> None:
    name = urlsplit(url).path[1:]
    database.backup(tmp_path / "copy")
    postgres.execute("CREATE SCHEMA desk", name)
    with (
        closing(open_database(f"{url}&options=-csearch_path%3Ddesk", tmp_path)) as other,
        pytest.raises(StoreError, match="in another schema than desk"),
    ):
        other.restore(tmp_path / "copy")


def test_another_programs_tables_are_not_replaced(
    database: "PostgresDatabase", tmp_path: Path, postgres: "PostgresServer"
) -> None:
    database.backup(tmp_path / "copy")
    elsewhere = postgres.empty_url()
    name = urlsplit(elsewhere).path[1:]
    postgres.execute("CREATE TABLE song (id int)", name)
    with (
        closing(open_database(elsewhere, tmp_path)) as other,
        pytest.raises(StoreError, match="another program"),
    ):
        other.restore(tmp_path / "copy")
    assert postgres.execute("SELECT count(*) FROM song", name) == [(0,)]


def test_a_backup_of_a_newer_release_is_refused_before_anything_is_replaced(
    database: "PostgresDatabase", url: str, tmp_path: Path
) -> None:
    with database.write() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{NEXT}'")
    database.backup(tmp_path / "copy")
    with database.write() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{HEAD}'")
    save(SqlStore(database), document("crane", text="A crane has fallen."))
    with pytest.raises(StoreError, match=f"copy was written by a newer newswire .*{NEXT}"):
        database.restore(tmp_path / "copy")
    assert _guids(url, tmp_path) == ["crane", "ferry"]


def test_a_backup_to_where_nothing_is_says_where(database: "PostgresDatabase", tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"there is no folder {tmp_path}/missing"):
        database.backup(tmp_path / "missing" / "copy")


@pytest.fixture
def link() -> Link:
    return Link("postgresql://reporter:s3cret@127.0.0.1:1/wire?sslpassword=k3y", wait_s=1)


def test_no_password_is_on_a_command_line(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(postgres_dump, "_program", str)
    monkeypatch.setattr(
        postgres_dump,
        "_finished",
        lambda words, env: seen.append((words, env)) or subprocess.CompletedProcess(words, 0, "", ""),
    )
    postgres_dump._run(link, "pg_dump", "--format=custom")
    ((words, env),) = seen
    assert not any(secret in word for word in words for secret in ("s3cret", "k3y"))
    assert "--no-password" in words
    assert env == {"PGPASSWORD": "s3cret"}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ('FATAL:  password authentication failed for user "reporter"', "is not accepted"),
        ('FATAL:  role "reporter" is not permitted to log in', "not permitted to log in"),
    ],
)
def test_what_a_program_tells_names_no_user(
    link: Link, monkeypatch: pytest.MonkeyPatch, told: str, words: str
) -> None:
    told = f"pg_dump: error: connection to server failed: {told}"
    monkeypatch.setattr(postgres_dump, "_program", str)
    monkeypatch.setattr(
        postgres_dump, "_finished", lambda words, _env: subprocess.CompletedProcess(words, 1, "", told)
    )
    with pytest.raises(StoreError, match=words) as caught:
        postgres_dump._run(link, "pg_dump")
    assert "reporter" not in str(caught.value)
