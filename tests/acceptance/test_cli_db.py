"""newswire db: schema, backup, restore, check, as operators use them."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from damaging import damage
from pipeline.clock import SystemClock
from pipeline.service.lock import own
from pipeline.store.open import open_store
from pipeline.store.sqlite import library
from running import on_sqlite, queue_url, run, storage_url, write_config
from store_builders import document, save


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path / "config", topics=False)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data directory with two documents."""
    with closing(open_store(storage_url(tmp_path / "data"), tmp_path / "data")) as store:
        save(store, document("ferry"), document("quay", text="The quay is closed."))
    return tmp_path / "data"


def _guids(data: Path, config: Path) -> list[str]:
    found = run("export", "--format", "csv", data=data, config=config)
    assert found.returncode == 0, found.stderr
    return sorted(guid for guid in ("ferry", "quay", "crane") if guid in found.stdout)


def _execute(data: Path, sql: str) -> None:
    """Do to a database what no command does."""
    url = storage_url(data)
    with closing(psycopg.connect(url) if url else library.connect(str(data / "newswire.db"))) as connection:
        connection.execute(sql)
        connection.commit()


def _more(data: Path) -> None:
    with closing(open_store(storage_url(data), data)) as store:
        save(store, document("crane", text="A crane has fallen."))


def _kept(data: Path, said: str) -> int:
    """Count the documents of the database that a restore has replaced."""
    if url := storage_url(data):
        schema = re.findall(r"^the old database: .*, schema (\w+)$", said, re.MULTILINE)[0]
        with psycopg.connect(url) as connection:
            return int(connection.execute(f"SELECT count(*) FROM {schema}.document").fetchone()[0])
    (kept,) = data.glob("newswire.db.replaced-*")
    assert str(kept) in said
    with closing(library.connect(str(kept))) as connection:
        return int(connection.execute("SELECT count(*) FROM document").fetchone()[0])


def test_a_backup_is_restored_and_the_old_database_kept(data: Path, config: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.backup"
    made = run("db", "backup", str(copy), data=data, config=config)
    assert (made.returncode, made.stdout) == (0, f"{copy}\n"), made.stderr
    assert copy.stat().st_mode & 0o077 == 0
    _more(data)
    if embedded := queue_url(data) is None:
        (data / "valkey").mkdir()
    restored = run("db", "restore", str(copy), data=data, config=config)
    assert restored.returncode == 0, restored.stderr
    assert len(list(data.glob("valkey.replaced-*"))) == embedded
    assert _guids(data, config) == ["ferry", "quay"]
    assert _kept(data, restored.stderr) == 3
    with closing(open_store(storage_url(data), data)) as store:
        assert store.check() == []


def test_a_backup_lies_in_the_data_directory_and_is_not_restored_while_something_runs(
    data: Path, config: Path
) -> None:
    made = run("db", "backup", data=data, config=config)
    assert made.returncode == 0, made.stderr
    (copy,) = (data / "backups").iterdir()
    assert made.stdout == f"{copy}\n"
    with own(data, command="run", queue_url="unix:///q"):
        refused = run("db", "restore", str(copy), data=data, config=config)
    assert refused.returncode == 1
    assert "`newswire run`" in refused.stderr
    assert "stop it first" in refused.stderr
    assert not list(data.glob("newswire.db.replaced-*"))


def test_what_follows_from_the_documents_is_made_again_by_command(data: Path, config: Path) -> None:
    with closing(open_store(storage_url(data), data)) as store, store._database.write() as connection:
        store._database.unindex(connection, 1)
    repaired = run("db", "check", "--repair", data=data, config=config)
    assert repaired.returncode == 0, repaired.stderr
    assert repaired.stderr.splitlines()[-2:] == [
        "documents not in the search index: 1, made again",
        "the database is whole",
    ]


@pytest.mark.parametrize("command", ["run", "web"])
def test_a_newer_schema_is_refused_before_anything_starts(data: Path, config: Path, command: str) -> None:
    _execute(data, "UPDATE alembic_version SET version_num = '9999'")
    refused = run(command, data=data, config=config)
    assert refused.returncode == 1
    (line,) = [line for line in refused.stderr.splitlines() if line.startswith("newswire: ")]
    assert "was written by a newer newswire" in line
    assert "process_started" not in refused.stderr


@on_sqlite
def test_a_damaged_file_is_found_at_the_start(data: Path, config: Path) -> None:
    with closing(open_store(storage_url(data), data)) as store:
        save(store, *(document(str(n), text=f"Story {n} " * 200) for n in range(60)))
    damage(data / "newswire.db")
    refused = run("run", data=data, config=config)
    assert refused.returncode == 1
    assert "newswire db restore" in refused.stderr
    assert "process_started" not in refused.stderr


def test_what_is_wrong_is_said_with_where_and_what_to_do(data: Path, config: Path) -> None:
    _execute(data, "DELETE FROM document_data WHERE document_seq = 2")
    checked = run("db", "check", data=data, config=config)
    assert checked.returncode == 1
    lost = document("quay", text="The quay is closed.").id
    assert f"documents without a text: {lost}: " in checked.stdout
    assert "newswire db restore" in checked.stdout


def test_an_export_leaves_out_what_is_damaged_and_says_so(data: Path, config: Path, tmp_path: Path) -> None:
    _more(data)
    _execute(data, "UPDATE document_data SET data = substr(data, 2) WHERE document_seq = 2")
    out = tmp_path / "saved.jsonl"
    saved = run("export", "--out", str(out), data=data, config=config)
    assert saved.returncode == 1
    assert [json.loads(line)["guid"] for line in out.read_text().splitlines()] == ["ferry", "crane"]
    lost = document("quay", text="The quay is closed.").id
    assert f"1 document left out: what is stored of document {lost} is damaged" in saved.stderr


def test_what_is_past_its_time_is_shown_before_it_goes(data: Path, config: Path) -> None:
    (config / "feeds.yaml").write_text(
        "feeds: [{url: 'https://harbour.example/rss', id: harbour, document_days: 30}]\n"
    )
    with closing(open_store(storage_url(data), data)) as store:
        save(store, document("new", text="Today's ferry."), now=SystemClock().now())
    shown = run("db", "retention", "--dry-run", data=data, config=config)
    assert shown.stdout.splitlines() == [
        "harbour: 2 documents of 2 items would go, the newest of 2026-05-01; kept 30 days",
        "2 documents would go",
    ]
    gone = run("db", "retention", data=data, config=config)
    assert (gone.returncode, gone.stderr) == (0, "2 documents removed\n")
    with closing(open_store(storage_url(data), data)) as store:
        assert store.snapshot(SystemClock().now()).documents == 1
        assert store.check() == []
