"""The service as an operator meets it: starts, is asked, is stopped, is killed, is given a broken file."""

import json
import os
import signal
import time
import urllib.request
from pathlib import Path

import pytest

from running import (
    Service,
    exported,
    on_embedded_queue,
    processes_of,
    run,
    stored,
    story,
    wait_for,
    write_config,
    write_records,
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path / "config", topics=False)


def test_the_shipped_configuration_shows_its_samples_within_a_minute(tmp_path: Path) -> None:
    """No internet is needed: the sample directory brings documents, feeds say why they cannot be reached."""
    data = tmp_path / "data"
    shipped = tmp_path / "config"
    assert run("init", str(shipped), data=data).returncode == 0
    port = write_config(tmp_path / "port")  # its free port, so that tests do not meet on 8600
    web = json.loads((port / "newswire.yaml").read_text())["web"]["port"]
    with Service(data, shipped, env={"NEWSWIRE_WEB__PORT": str(web)}) as service:
        wait_for(lambda: stored(data) >= 10, seconds=60)
        status = wait_for(
            lambda: (
                (s := service.status()) and all(f["state"] != "never polled yet" for f in s["feeds"]) and s
            ),
            seconds=60,
        )
        assert any(feed["id"] == "samples" for feed in status["feeds"])
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/readyz") as answer:
            assert answer.status == 200
        service.stop()


def test_sigterm_drains_within_15_seconds_and_loses_nothing(tmp_path: Path, config: Path) -> None:
    data = tmp_path / "data"
    records = write_records(tmp_path / "records.jsonl", 800)
    with Service(data, config) as service:
        wait_for(lambda: service.pids("worker"))
        assert run("import", str(records), data=data, config=config).returncode == 0
        took = service.stop()
        assert took < 15
        failed = [event for event in service.events() if event["event"] == "batch_failed"]
        assert failed == []
        assert wait_for(lambda: not processes_of(data), seconds=2)
    result = run("import", str(records), "--wait", data=data, config=config)
    assert result.returncode == 0, result.stderr
    assert len(exported(data, config)) == 800


def test_sigkill_of_the_supervisor_leaves_no_process_after_2_seconds(tmp_path: Path, config: Path) -> None:
    data = tmp_path / "data"
    with Service(data, config) as service:
        wait_for(lambda: service.pids("worker") and service.pids("fetch") and service.pids("web"))
        service.kill()
        wait_for(lambda: not processes_of(data), seconds=2, every=0.05)


def test_a_data_directory_with_a_150_character_path_works(tmp_path: Path, config: Path) -> None:
    data = tmp_path / ("d" * max(10, 150 - len(str(tmp_path)) - 1))
    assert len(str(data)) >= 150
    records = write_records(tmp_path / "records.jsonl", 3)
    result = run("import", str(records), "--wait", data=data, config=config)
    assert result.returncode == 0, result.stderr
    assert len(exported(data, config)) == 3


def test_a_second_run_on_the_same_data_says_who_is_there(tmp_path: Path, config: Path) -> None:
    data = tmp_path / "data"
    with Service(data, config) as service:
        wait_for(lambda: service.pids("worker"))
        second = run("run", data=data, config=config)
        assert second.returncode == 1
        assert f"pid {service.process.pid}" in second.stderr
        service.stop()


@pytest.mark.parametrize(
    "part", [pytest.param("valkey", marks=on_embedded_queue), "fetch", "work", "web", "worker"]
)
def test_a_part_that_dies_comes_back(part: str, tmp_path: Path, config: Path) -> None:
    data = tmp_path / "data"
    with Service(data, config) as service:
        before = wait_for(lambda: service.pids(part))
        wait_for(lambda: service.pids("worker"))
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: set(service.pids(part)) - set(before))
        records = write_records(tmp_path / "records.jsonl", 3)
        result = run("import", str(records), "--wait", data=data, config=config)
        assert result.returncode == 0, result.stderr
        service.stop()


def test_a_feed_added_to_the_file_is_polled_and_a_broken_file_changes_nothing(
    tmp_path: Path, config: Path
) -> None:
    data, wire = tmp_path / "data", tmp_path / "wire"
    wire.mkdir()
    with Service(data, config) as service:
        wait_for(lambda: any(event["event"] == "feeds_loaded" for event in service.events()))
        (config / "feeds.yaml").write_text(f"feeds:\n  - directory: {wire}\n    id: drop\n")
        wait_for(lambda: any(f["id"] == "drop" for f in service.status().get("feeds", [])))
        (config / "feeds.yaml").write_text("feeds:\n  - directry: nowhere\n")
        refused = wait_for(lambda: [e for e in service.events() if e["event"] == "feeds_refused"])
        assert "directory" in refused[0]["cause"]
        dropped = wire / "story.txt"
        dropped.write_text(f"PORT EXAMPLE, Nov 2 (Invented Wire) - {story(1)}\n")
        os.utime(dropped, (time.time() - 5, time.time() - 5))
        wait_for(lambda: stored(data) == 1)
        service.stop()


def test_status_and_import_work_while_run_holds_the_data_directory(tmp_path: Path, config: Path) -> None:
    data = tmp_path / "data"
    records = write_records(tmp_path / "records.jsonl", 10)
    with Service(data, config) as service:
        wait_for(lambda: service.pids("worker"))
        result = run("import", str(records), "--wait", data=data, config=config)
        assert result.returncode == 0, result.stderr
        status = service.status()
        assert status["documents"] == 10
        assert {worker["queue"] for worker in status["workers"]} == {"wire", "backfill"}
        service.stop()
