"""What operators do to a running service: a reload touches no process, a slip in feeds.yaml ends nothing."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from running import Service, run, stored, story, wait_for, write_config, write_records

PARTS = ("valkey", "fetch", "parser", "work", "worker", "web")


def _count(service: Service, event: str) -> int:
    return sum(each["event"] == event for each in service.events())


def _pids(service: Service) -> dict[str, list[int]]:
    return {part: service.pids(part) for part in PARTS}


def _drop(directory: Path, name: str, number: int) -> None:
    write_records(directory / f"{name}.tmp", 1, start=number, text=story).rename(directory / name)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service for the tests of this file, one after the other."""
    folder = tmp_path_factory.mktemp("operation")
    with Service(folder / "data", write_config(folder / "config", topics=False)) as running:
        yield running
        running.stop()


def test_a_reload_leaves_all_processes_alive_and_loads_the_feeds(service: Service, tmp_path: Path) -> None:
    wait_for(lambda: len(service.pids("worker")) == 4 and all(_pids(service).values()))
    wait_for(lambda: _count(service, "feeds_loaded") == 1 and _count(service, "web_listening"))
    before = _pids(service)
    assert service.process
    service.process.send_signal(signal.SIGHUP)
    wait_for(lambda: _count(service, "feeds_loaded") == 2)
    records = write_records(tmp_path / "records.jsonl", 3)
    result = run("import", str(records), "--wait", data=service.data, config=service.config)
    assert result.returncode == 0, result.stderr
    assert _pids(service) == before
    assert _count(service, "process_died") == _count(service, "worker_died") == 0


def test_a_fetcher_killed_beside_a_broken_feeds_file_comes_back_and_takes_the_mended_one_up(
    service: Service, tmp_path: Path
) -> None:
    wire, feeds, before = tmp_path / "wire", service.config / "feeds.yaml", stored(service.data)
    wire.mkdir()
    feeds.write_text(f"feeds:\n  - directory: {wire}\n    id: drop\n    interval: 1s\n")
    _drop(wire, "first.jsonl", 1_001)
    wait_for(lambda: stored(service.data) == before + 1)
    (fetcher,) = service.pids("fetch")
    mended = feeds.read_text()
    feeds.write_text("feeds:\n  - directry: nowhere\n")
    wait_for(lambda: _count(service, "feeds_refused"))
    os.kill(fetcher, signal.SIGKILL)
    wait_for(lambda: set(service.pids("fetch")) - {fetcher})
    wait_for(lambda: _count(service, "feeds_refused") >= 2)
    feeds.write_text(mended)
    _drop(wire, "second.jsonl", 1_002)
    wait_for(lambda: stored(service.data) == before + 2)
