"""The service as an operator meets it: starts, is asked, is stopped, is killed, is given a broken file."""

import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
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


def test_a_data_directory_with_a_150_character_path_works(tmp_path: Path, config: Path) -> None:
    data = tmp_path / ("d" * max(10, 150 - len(str(tmp_path)) - 1))
    assert len(str(data)) >= 150
    records = write_records(tmp_path / "records.jsonl", 3)
    result = run("import", str(records), "--wait", data=data, config=config)
    assert result.returncode == 0, result.stderr
    assert len(exported(data, config)) == 3


@pytest.fixture(scope="module")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that the tests below share: each asks for something else, and leaves it running."""
    folder = tmp_path_factory.mktemp("service")
    with Service(folder / "data", write_config(folder / "config", topics=False)) as service:
        yield service


@pytest.fixture
def service(_running: Service) -> Service:
    """The service that is shared, all of it there; where a test has ended it, it is started again."""
    if _running.process and _running.process.poll() is not None:
        _running.start()
    wait_for(lambda: all(map(_running.pids, ("fetch", "web", "worker"))))
    return _running


@pytest.fixture
def import_three(service: Service, tmp_path: Path) -> Callable[[], None]:
    """Take in three stories that are stored by nobody yet, and see that they are."""

    def take_in() -> None:
        before = stored(service.data)
        records = write_records(tmp_path / "records.jsonl", 3, start=10_000 + before)
        result = run("import", str(records), "--wait", data=service.data, config=service.config)
        assert result.returncode == 0, result.stderr
        assert stored(service.data) == before + 3

    return take_in


def test_a_second_run_on_the_same_data_says_who_is_there(service: Service) -> None:
    second = run("run", data=service.data, config=service.config)
    assert second.returncode == 1
    assert f"pid {service.process.pid}" in second.stderr


def test_status_and_import_work_while_run_holds_the_data_directory(
    service: Service, import_three: Callable[[], None]
) -> None:
    import_three()
    status = service.status()
    assert status["documents"] == stored(service.data)
    assert {worker["queue"] for worker in status["workers"]} == {"wire", "backfill"}


def test_a_feed_added_to_the_file_is_polled_and_a_broken_file_changes_nothing(
    service: Service, tmp_path: Path
) -> None:
    wire, feeds = tmp_path / "wire", service.config / "feeds.yaml"
    wire.mkdir()
    wait_for(lambda: any(event["event"] == "feeds_loaded" for event in service.events()))
    feeds.write_text(f"feeds:\n  - directory: {wire}\n    id: drop\n")
    wait_for(lambda: any(f["id"] == "drop" for f in service.status().get("feeds", [])))
    feeds.write_text("feeds:\n  - directry: nowhere\n")
    refused = wait_for(lambda: [e for e in service.events() if e["event"] == "feeds_refused"])
    assert "directory" in refused[0]["cause"]
    before, dropped = stored(service.data), wire / "story.txt"
    dropped.write_text(f"PORT EXAMPLE, Nov 2 (Invented Wire) - {story(1)}\n")
    os.utime(dropped, (time.time() - 5, time.time() - 5))
    wait_for(lambda: stored(service.data) == before + 1)
    feeds.write_text("feeds: []\n")


@pytest.mark.parametrize(
    "part", [pytest.param("valkey", marks=on_embedded_queue), "fetch", "work", "web", "worker"]
)
def test_a_part_that_dies_comes_back(part: str, service: Service, import_three: Callable[[], None]) -> None:
    before = service.pids(part)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: set(service.pids(part)) - set(before))
    import_three()


def test_sigkill_of_the_supervisor_leaves_no_process_after_2_seconds(service: Service) -> None:
    service.kill()
    wait_for(lambda: not processes_of(service.data), seconds=2, every=0.05)


def test_sigterm_drains_within_15_seconds_and_loses_nothing(service: Service, tmp_path: Path) -> None:
    before, said = stored(service.data), len(list(service.events()))
    records = write_records(tmp_path / "records.jsonl", 800)
    assert run("import", str(records), data=service.data, config=service.config).returncode == 0
    took = service.stop()
    assert took < 15
    assert [event for event in list(service.events())[said:] if event["event"] == "batch_failed"] == []
    assert wait_for(lambda: not processes_of(service.data), seconds=2)
    result = run("import", str(records), "--wait", data=service.data, config=service.config)
    assert result.returncode == 0, result.stderr
    assert len(exported(service.data, service.config)) == before + 800
