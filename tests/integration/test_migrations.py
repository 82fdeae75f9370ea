"""Migrations: whole or not at all, once, after a backup, and never backwards."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from migrating import NEXT, next_release
from pipeline.errors import StoreError
from pipeline.ports.reading import Query
from pipeline.store.migrate import History, migrate
from pipeline.store.migrations import HEAD
from pipeline.store.open import open_store
from pipeline.store.sqlite import SqliteDatabase, library
from pipeline.store.store import SqlStore
from store_builders import NOON, document, save

FULL = os.environ.get("NEWSWIRE_CHAOS") == "full"
TEXT = "The ferry is back at Port Example."


@pytest.fixture
def history(tmp_path: Path) -> History:
    return next_release(tmp_path, HEAD)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of this release, with one document."""
    made = SqliteDatabase(tmp_path_factory.mktemp("filled") / "newswire.db")
    migrate(made)
    save(SqlStore(made), document(text=TEXT))
    made.close()
    return made.path


@pytest.fixture
def database(filled: Path, tmp_path: Path) -> Iterator[SqliteDatabase]:
    """A database with one document."""
    opened = SqliteDatabase(Path(shutil.copy(filled, tmp_path)))
    yield opened
    opened.close()


def schema(path: Path) -> dict[str, str]:
    """Read the whole schema: name → SQL, and the step that it says it is at."""
    connection = library.connect(str(path))
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    step = connection.execute("SELECT version_num FROM alembic_version").fetchall() if rows else []
    connection.close()
    return {**{name: " ".join(sql.split()) for name, sql in rows}, "step": str(step)}


def test_a_database_that_holds_something_is_copied_before_it_is_changed(
    database: SqliteDatabase, history: History, tmp_path: Path
) -> None:
    before = schema(database.path)
    done = migrate(database, history)
    assert (done.found, done.head) == (HEAD, NEXT)
    assert done.copy == f"{database.path}.before-{NEXT}"
    assert schema(Path(done.copy)) == before
    assert schema(database.path) != before
    copy = tmp_path / "copy"
    copy.mkdir()
    Path(done.copy).rename(copy / "newswire.db")
    store = open_store(None, copy)
    assert [each.document.body_text for each in store.search(Query(), now=NOON)] == [TEXT]
    assert store.check() == []
    store.close()


def test_an_empty_database_needs_no_copy(tmp_path: Path, history: History) -> None:
    database = SqliteDatabase(tmp_path / "newswire.db")
    migrate(database)
    assert migrate(database, history).copy is None
    assert not list(tmp_path.glob("*.before-*"))
    assert migrate(database, history).found == NEXT
    database.close()


def test_who_has_made_a_backup_need_not_have_another(database: SqliteDatabase, history: History) -> None:
    assert migrate(database, history, backup=False).copy is None
    assert schema(database.path)["step"] == f"[('{NEXT}',)]"


def test_an_older_release_refuses_what_a_newer_one_made(database: SqliteDatabase, history: History) -> None:
    migrate(database, history)
    with pytest.raises(StoreError, match=rf"newer newswire .*{NEXT}.*{HEAD}.*use that release"):
        migrate(database)


def test_what_fails_leaves_the_database_and_its_copy(database: SqliteDatabase, history: History) -> None:
    before = schema(database.path)
    step = Path(history.place) / "versions" / f"v{NEXT}_next.py"
    step.write_text(step.read_text() + "    op.execute('SELECT nothing FROM nowhere')\n")
    with pytest.raises(StoreError):
        migrate(database, history)
    assert schema(database.path) == before == schema(Path(f"{database.path}.before-{NEXT}"))


def test_a_step_that_is_unknown_is_said_in_words(database: SqliteDatabase) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(StoreError, match="cannot be brought up to date"):
        migrate(database)


def test_a_backup_that_cannot_be_written_keeps_the_old_schema(
    database: SqliteDatabase, history: History
) -> None:
    before = schema(database.path)
    database.path.with_name(f"newswire.db.before-{NEXT}.partial").mkdir()
    with pytest.raises(StoreError):
        migrate(database, history)
    assert schema(database.path) == before


def test_processes_that_start_at_once_migrate_once(tmp_path: Path, database: SqliteDatabase) -> None:
    next_release(tmp_path, HEAD)
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2])\n"
        "from pipeline.store.migrate import History, migrate\n"
        "from pipeline.store.sqlite import SqliteDatabase\n"
        "sys.stdin.read()\n"
        "done = migrate(SqliteDatabase(Path(sys.argv[1])), History(place=sys.argv[3], head=sys.argv[4]))\n"
        "print(done.found)\n"
    )
    words = [sys.executable, "-c", program, database.path, Path(__file__).parents[1]]
    words += [tmp_path / "next-release", NEXT]
    started = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for each in started:
        assert each.stdin
        each.stdin.close()
        each.stdin = None
    said = sorted(each.communicate()[0].strip() for each in started)
    assert said == [HEAD, NEXT]
    assert schema(database.path)["step"] == f"[('{NEXT}',)]"


def test_threads_that_start_at_once_make_one_schema(tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def start() -> None:
        try:
            open_store(None, tmp_path).close()
        except StoreError as error:
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []


# --- killed in the middle ---


def _killed_at(path: Path, history: History, number: int) -> bool:
    """Migrate in a process that is killed before its n-th statement; False: it had no more than that."""
    pid = os.fork()
    if pid == 0:
        _die_at(path, history, number)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL)
    return code != 0


def _die_at(path: Path, history: History, number: int) -> None:
    database = SqliteDatabase(path)
    left = [number]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database._reading, "before_cursor_execute", count)
    event.listen(database._reading, "commit", count)
    try:
        migrate(database, history)
    finally:
        os._exit(0 if sys.exception() is None else 1)


def test_killed_at_any_statement_the_old_schema_stands_whole(
    tmp_path: Path, database: SqliteDatabase, history: History
) -> None:
    before = schema(database.path)
    database.close()
    number = 0
    while _killed_at(database.path, history, number):
        assert schema(database.path) == before
        number += 1 if FULL else 2
    assert number >= 15
    assert schema(database.path)["step"] == f"[('{NEXT}',)]"
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT desk FROM feed").scalars().all() == ["foreign"]
    assert database.faults() == []
    assert not list(tmp_path.glob("*.partial*"))


def test_killed_at_any_statement_of_the_first_start_nothing_is_half_made(tmp_path: Path) -> None:
    path = tmp_path / "newswire.db"
    number = 0
    while _killed_at(path, History(), number):
        assert schema(path) == {"step": "[]"}
        path.unlink()
        number += 1 if FULL else 9
    assert number >= 40
    open_store(None, tmp_path).close()
