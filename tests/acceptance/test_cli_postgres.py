"""The command on PostgreSQL: it says so, and nothing is lost or doubled when things die."""

import os
import signal
import time
from pathlib import Path

import pytest

from postgres_server import PostgresServer
from running import Service, exported, importing, run, storage_url, wait_for, write_config, write_records


@pytest.fixture
def place(tmp_path: Path, postgres: PostgresServer) -> tuple[Path, Path]:
    """A data directory, and a configuration that stores in a database of its own."""
    data = tmp_path / "data"
    url = storage_url(data) or postgres.empty_url()
    return data, write_config(tmp_path / "config", storage={"url": url})


def test_status_and_doctor_say_where_it_is_stored(place: tuple[Path, Path]) -> None:
    data, config = place
    empty = run("status", data=data, config=config)
    assert (empty.returncode, empty.stdout) == (1, "")
    assert "nothing is stored in postgresql:///" in empty.stderr
    told = run("doctor", data=data, config=config)
    assert (told.returncode, told.stderr) == (0, "")
    assert "ok    postgresql: PostgreSQL 1" in told.stdout
    assert "warn  postgresql: fsync is off: " in told.stdout  # so it is on the tests' own server
    assert "data_checksums" not in told.stdout


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
        os.kill(wait_for(lambda: service.pids("worker"), seconds=60)[0], signal.SIGKILL)
        postgres.stop(signal.SIGQUIT)
        time.sleep(0.3)
        postgres.start()
        if taking_in.returncode:  # the crash met it: what it took in is known, and the rest is not
            assert run("import", str(records), data=data, config=config).returncode == 0
        ids = wait_for(lambda: _all_stored(data, config, 150), seconds=100)
        assert len(set(ids)) == 150
        service.stop()
    assert run("doctor", data=data, config=config).returncode == 0
    looked_at = run("db", "check", data=data, config=config)
    assert (looked_at.returncode, looked_at.stdout) == (0, "")
    assert looked_at.stderr.startswith("data_checksums is on: ")
    assert looked_at.stderr.endswith("the database is whole\n")


def _all_stored(data: Path, config: Path, count: int) -> list[str] | None:
    ids = [row["guid"] for row in exported(data, config)]
    assert len(ids) <= count
    return ids if len(ids) == count else None


def test_a_wrong_password_is_said_and_not_shown(tmp_path: Path, postgres: PostgresServer) -> None:
    postgres.execute("DROP ROLE IF EXISTS locked")
    postgres.execute("CREATE ROLE locked LOGIN PASSWORD 'opensesame'")
    url = postgres.url("postgres", user="locked:s3cret-word")
    env = {"NEWSWIRE_STORAGE__URL": url}
    result = run("doctor", data=tmp_path / "data", config=write_config(tmp_path / "config"), env=env)
    assert result.returncode == 1
    assert "user or the password is not accepted" in result.stdout + result.stderr
    assert "s3cret" not in result.stdout + result.stderr
