"""The command on PostgreSQL: the same documents as on SQLite, and none lost or doubled when things die."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from postgres_server import PostgresServer
from running import Service, exported, importing, run, wait_for, write_config, write_records

SAMPLES = Path(__file__).parents[2] / "config" / "samples"


@pytest.fixture
def place(tmp_path: Path, postgres: PostgresServer) -> Iterator[tuple[Path, Path]]:
    """A data directory, and a configuration that stores in a database of its own."""
    url = postgres.empty_url()
    yield tmp_path / "data", write_config(tmp_path / "config", storage={"url": url})
    postgres.drop(url)


def test_s09_the_same_input_gives_the_same_rows_as_on_sqlite(
    place: tuple[Path, Path], tmp_path: Path
) -> None:
    data, config = place
    records = write_records(tmp_path / "records.jsonl", 40)
    plain = write_config(tmp_path / "plain")
    rows = []
    for where, by in ((data, config), (tmp_path / "other", plain)):
        env = {"NEWSWIRE_TEST_STORAGE": ""}
        result = run("import", str(SAMPLES), str(records), "--wait", data=where, config=by, env=env)
        assert result.returncode == 0, result.stderr
        rows.append([_without_times(each) for each in exported(where, by)])
    assert len(rows[0]) > 40
    assert rows[0] == rows[1]
    found = run("search", '"plan number 7"', "--json", data=data, config=config)
    assert [json.loads(line)["headline"] for line in found.stdout.splitlines()] == ["Story 7"]
    told = run("status", data=data, config=config).stdout
    assert "stored in PostgreSQL 1" in told
    assert "ok" in run("doctor", data=data, config=config).stdout


def _without_times(row: dict[str, Any]) -> dict[str, Any]:
    """Take out when it came in, which is also when it was published where its sender does not say."""
    dated = row["published"] != row["received"]
    return {**row, "received": None, "stored": None, "published": row["published"] if dated else None}


def test_s07_nothing_is_lost_or_doubled_when_workers_and_the_server_die_amid_an_import(
    place: tuple[Path, Path], postgres: PostgresServer, tmp_path: Path
) -> None:
    data, config = place
    records = write_records(tmp_path / "records.jsonl", 150)
    with Service(data, config) as service:
        wait_for(lambda: service.pids("worker"), seconds=60)
        with importing(records, data=data, config=config) as taking_in:
            time.sleep(0.5)
            postgres.stop(signal.SIGQUIT)
            postgres.start()
            taking_in.wait(60)
        os.kill(service.pids("worker")[0], signal.SIGKILL)
        postgres.stop(signal.SIGQUIT)
        time.sleep(0.3)
        postgres.start()
        if taking_in.returncode:  # the crash met it: what it took in is known, and the rest is not
            assert run("import", str(records), data=data, config=config).returncode == 0
        ids = wait_for(lambda: _all_stored(data, config, 150), seconds=100)
        assert len(set(ids)) == 150
        service.stop()
    assert run("doctor", data=data, config=config).returncode == 0


def _all_stored(data: Path, config: Path, count: int) -> list[str] | None:
    ids = [row["guid"] for row in exported(data, config)]
    assert len(ids) <= count
    return ids if len(ids) == count else None


def test_a_wrong_password_is_said_and_not_shown(tmp_path: Path, postgres: PostgresServer) -> None:
    postgres.execute("DROP ROLE IF EXISTS locked")
    postgres.execute("CREATE ROLE locked LOGIN PASSWORD 'opensesame'")
    url = postgres.url("postgres", user="locked:s3cret-word")
    data, config = tmp_path / "data", write_config(tmp_path / "config", storage={"url": url})
    result = run("doctor", data=data, config=config)
    assert result.returncode == 1
    assert "user or the password is not accepted" in result.stdout + result.stderr
    assert "s3cret" not in result.stdout + result.stderr
