"""SQLite: backups and what they are restored to."""

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from damaging import damage
from pipeline.errors import StoreError
from pipeline.ports.reading import Query
from pipeline.store.migrate import migrate
from pipeline.store.sqlite import SqliteDatabase, library
from pipeline.store.store import SqlStore
from store_builders import NOON, document, save


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of this release, with one document."""
    made = SqliteDatabase(tmp_path_factory.mktemp("filled") / "newswire.db")
    migrate(made)
    save(SqlStore(made), document("ferry"))
    made.close()
    return made.path


@pytest.fixture
def database(filled: Path, tmp_path: Path) -> Iterator[SqliteDatabase]:
    """A database with one document."""
    (tmp_path / "data").mkdir()
    opened = SqliteDatabase(Path(shutil.copy(filled, tmp_path / "data")))
    yield opened
    opened.close()


@pytest.fixture
def copy(database: SqliteDatabase, tmp_path: Path) -> Path:
    database.backup(tmp_path / "copy.backup")
    return tmp_path / "copy.backup"


def _guids(database: SqliteDatabase) -> list[str | None]:
    with closing(SqlStore(database)) as store:
        return sorted(each.document.guid or "" for each in store.search(Query(), now=NOON))


def _files(database: SqliteDatabase) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in database.path.parent.iterdir()}


def test_a_backup_is_one_private_file_that_anybody_may_open(copy: Path, tmp_path: Path) -> None:
    assert copy.stat().st_mode & 0o077 == 0
    with closing(library.connect(f"{copy.as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("SELECT count(*) FROM document").fetchone() == (1,)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.backup", "data"]


def test_a_backup_replaces_no_file(database: SqliteDatabase, copy: Path) -> None:
    before = copy.read_bytes()
    with pytest.raises(StoreError, match="is there already"):
        database.backup(copy)
    assert copy.read_bytes() == before


def test_a_backup_of_a_damaged_database_is_refused(database: SqliteDatabase, tmp_path: Path) -> None:
    save(SqlStore(database), *(document(str(n), text=f"Story {n} " * 200) for n in range(60)))
    database.close()
    damage(database.path)
    with pytest.raises(StoreError, match="damaged"):
        database.backup(tmp_path / "copy.backup")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_backup_under_load_is_one_moment(database: SqliteDatabase, tmp_path: Path) -> None:
    ended = threading.Event()
    stored = []

    def work() -> None:
        store = SqlStore(SqliteDatabase(database.path))
        while not ended.is_set():
            number = len(stored)
            save(store, *(document(f"{number}-{n}", text=f"{number} {n} " * 50) for n in range(5)))
            stored.append(number)
        store.close()

    worker = threading.Thread(target=work)
    worker.start()
    counts = []
    try:
        for number in range(3):
            target = tmp_path / f"{number}.backup"
            least = len(stored)
            database.backup(target)
            counts.append((least, _check_copy(target), len(stored) + 1))
    finally:
        ended.set()
        worker.join()
    assert all(least <= found <= most for least, found, most in counts)
    assert counts[0][1] < counts[-1][1]  # work went on


def _check_copy(path: Path) -> int:
    """Hold a copy against itself, and count its batches."""
    store = SqlStore(SqliteDatabase(path))
    with closing(store):
        assert store.check() == []
        documents = store.snapshot(NOON).documents
        assert documents % 5 == 1  # whole batches, beside the first document
    return documents // 5


def test_the_old_database_is_kept_whole(database: SqliteDatabase, copy: Path, tmp_path: Path) -> None:
    save(SqlStore(database), document("crane", text="A crane has fallen."))
    kept = database.restore(copy)
    assert _guids(database) == ["ferry"]
    assert kept
    assert _guids(SqliteDatabase(Path(kept))) == ["crane", "ferry"]
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


def test_a_backup_is_restored_to_where_nothing_is(copy: Path, tmp_path: Path) -> None:
    elsewhere = SqliteDatabase(tmp_path / "newswire.db")
    assert elsewhere.restore(copy) is None
    assert _guids(elsewhere) == ["ferry"]


def test_nothing_is_restored_while_another_process_has_the_database_open(
    database: SqliteDatabase, copy: Path
) -> None:
    database.close()
    ready, done = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        reader = library.connect(str(database.path))
        reader.execute("SELECT count(*) FROM document").fetchone()
        os.write(ready[1], b"1")
        os.read(done[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    with pytest.raises(StoreError, match="is in use"):
        database.restore(copy)
    os.write(done[1], b"1")
    os.waitpid(pid, 0)
    database.restore(copy)


def test_a_damaged_database_is_replaced_and_kept_with_its_log(database: SqliteDatabase, copy: Path) -> None:
    database.close()
    log = database.path.with_name("newswire.db-wal")
    database.path.write_bytes(b"rubbish " * 1000)
    log.write_bytes(b"rubbish")
    kept = database.restore(copy)
    assert kept
    assert Path(kept).read_bytes()[:7] == Path(f"{kept}-wal").read_bytes() == b"rubbish"
    assert _guids(database) == ["ferry"]


@pytest.mark.parametrize("what", ["nothing", "words", "another program's", "damaged", "in use", "newer"])
def test_what_is_no_backup_is_refused_and_changes_nothing(
    database: SqliteDatabase, tmp_path: Path, what: str
) -> None:
    file = tmp_path / "file"
    if what == "words":
        file.write_bytes(b"not a database, only words. " * 400)
    elif what == "another program's":
        with closing(library.connect(str(file))) as connection:
            connection.execute("CREATE TABLE song (id INTEGER)")
    elif what == "damaged":
        save(SqlStore(database), *(document(str(n), text=f"Story {n} " * 200) for n in range(60)))
        database.backup(file)
        damage(file)
    elif what == "in use":
        save(SqlStore(database), document("crane"))
        for suffix in ("", "-wal"):
            file.with_name(f"file{suffix}").write_bytes(Path(f"{database.path}{suffix}").read_bytes())
    elif what == "newer":
        database.backup(file)
        with closing(library.connect(str(file), isolation_level=None)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9001'")
    database.close()
    database.path.with_name("newswire.db.lock").touch()
    before = _files(database)
    with pytest.raises(StoreError, match=str(file)):
        database.restore(file)
    assert _files(database) == before


def test_a_backup_to_where_nothing_is_says_where(database: SqliteDatabase, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"there is no folder {tmp_path}/missing"):
        database.backup(tmp_path / "missing" / "copy")
    assert not (tmp_path / "missing").exists()


def test_a_place_that_cannot_be_written_to_is_named(
    database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(target))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StoreError, match=f"^{tmp_path}/copy: No space left on device"):
        database.backup(tmp_path / "copy")
