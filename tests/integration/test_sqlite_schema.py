"""SQLite: the schema's history, and who may open the file."""

import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from pipeline.errors import ConfigError, StoreError
from pipeline.store.migrate import History, migrate
from pipeline.store.migrations import HEAD
from pipeline.store.open import database_exists, default_store_url, open_store
from pipeline.store.sqlite import SqliteDatabase, library
from pipeline.store.tables import metadata


def _schema(path: Path) -> dict[str, object]:
    """Read what a schema comes to, however it was made: a column that a step adds stands last."""
    with closing(library.connect(str(path))) as connection:
        rows = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        ).fetchall()
        own = ("document_terms", "alembic_version", "sqlite_")
        return {
            name: _table(connection, name, sql) if kind == "table" else " ".join(sql.split())
            for kind, name, sql in rows
            if not name.startswith(own)
        }


def _table(connection: Any, name: str, sql: str) -> object:
    columns = {tuple(row[1:]) for row in connection.execute(f"PRAGMA table_xinfo({name})")}
    keys = [row[1] for row in connection.execute(f"PRAGMA index_list({name})") if row[3] != "c"]
    unique = {tuple(row[2] for row in connection.execute(f"PRAGMA index_info({key})")) for key in keys}
    return columns, unique, "AUTOINCREMENT" in sql


def _script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(resources.files("pipeline.store") / "migrations"))
    return ScriptDirectory.from_config(config)


def _set_revision(path: Path, revision: str) -> None:
    connection = library.connect(str(path))
    connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.commit()
    connection.close()


def test_the_head_named_in_the_code_is_that_of_the_files() -> None:
    assert _script().get_current_head() == HEAD


@pytest.mark.parametrize("step", [each.revision for each in _script().walk_revisions()])
def test_a_schema_migrated_from_any_step_is_the_schema_of_the_tables(tmp_path: Path, step: str) -> None:
    database = SqliteDatabase(tmp_path / "migrated.db")
    migrate(database, History(head=step))
    migrate(database)
    database.close()
    fresh = create_engine(f"sqlite:///{tmp_path / 'fresh.db'}", module=library)
    metadata.create_all(fresh)
    fresh.dispose()
    assert _schema(tmp_path / "migrated.db") == _schema(tmp_path / "fresh.db")


def test_a_database_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    open_store(None, tmp_path).close()
    _set_revision(tmp_path / "newswire.db", "9999")
    with pytest.raises(StoreError, match=r"newer newswire .*9999"):
        open_store(None, tmp_path)


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "newswire.db")
    connection.execute("CREATE TABLE song (id INTEGER)")
    connection.close()
    with pytest.raises(StoreError, match="another program"):
        open_store(None, tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "newswire.db").write_bytes(b"not a database, only words. " * 400)
    with pytest.raises(StoreError, match="no database"):
        open_store(None, tmp_path)


def test_a_failed_first_start_leaves_nothing_half_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pipeline.store.migrations.versions.v0001_first_schema as first

    def fail() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(first, "_log", fail)
        with pytest.raises(KeyboardInterrupt):
            _run_first(first, tmp_path)
    assert _schema(tmp_path / "newswire.db") == {}
    open_store(None, tmp_path).close()


def _run_first(first, folder: Path) -> None:
    """Run the first step as migrate does: inside one transaction."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    database = SqliteDatabase(folder / "newswire.db")
    with database.write() as connection, Operations.context(MigrationContext.configure(connection)):
        first.upgrade()


@pytest.mark.parametrize(
    ("url", "file"),
    [
        (None, "data/newswire.db"),
        ("sqlite:///{folder}/else where/x#1.db", "else where/x#1.db"),
        ("sqlite+pysqlite:///{folder}/y.db", "y.db"),
    ],
    ids=["default", "odd path", "driver named"],
)
def test_the_database_lies_where_the_url_says(tmp_path: Path, url: str | None, file: str) -> None:
    url = url.format(folder=tmp_path).replace("#", "%23") if url else None
    assert not database_exists(url, tmp_path / "data")
    open_store(url, tmp_path / "data").close()
    assert (tmp_path / file).is_file()
    assert database_exists(url, tmp_path / "data")


def test_the_default_url_survives_odd_folders(tmp_path: Path) -> None:
    folder = tmp_path / "100% #1 ?"
    open_store(default_store_url(folder), folder).close()
    assert (folder / "newswire.db").is_file()


@pytest.mark.parametrize("url", ["sqlite://", "mysql://x/y", "nonsense"])
def test_a_url_of_another_database_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="not supported"):
        open_store(url, tmp_path)
