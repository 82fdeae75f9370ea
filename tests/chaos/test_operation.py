"""What operators do to a running service: a reload touches no process, a slip in feeds.yaml ends nothing."""

import os
import signal
from pathlib import Path

from running import Service, run, stored, story, wait_for, write_records

PARTS = ("valkey", "fetch", "parser", "work", "worker", "web")


def _count(service: Service, event: str) -> int:
    return sum(each["event"] == event for each in service.events())


def _pids(service: Service) -> dict[str, list[int]]:
    return {part: service.pids(part) for part in PARTS}


def _drop(directory: Path, name: str, number: int) -> None:
    write_records(directory / f"{name}.tmp", 1, start=number, text=story).rename(directory / name)


def test_a_reload_leaves_all_processes_alive_and_loads_the_feeds(tmp_path: Path, config: Path) -> None:
    data = tmp_path / "data"
    with Service(data, config) as service:
        wait_for(lambda: len(service.pids("worker")) == 4 and all(_pids(service).values()))
        wait_for(lambda: _count(service, "feeds_loaded") == 1 and _count(service, "web_listening"))
        before = _pids(service)
        assert service.process
        service.process.send_signal(signal.SIGHUP)
        wait_for(lambda: _count(service, "feeds_loaded") == 2)
        records = write_records(tmp_path / "records.jsonl", 3)
        result = run("import", str(records), "--wait", data=data, config=config)
        assert result.returncode == 0, result.stderr
        assert _pids(service) == before
        assert _count(service, "process_died") == _count(service, "worker_died") == 0
        service.stop()


def test_a_fetcher_killed_beside_a_broken_feeds_file_comes_back_and_takes_the_mended_one_up(
    tmp_path: Path, config: Path
) -> None:
    data, wire = tmp_path / "data", tmp_path / "wire"
    wire.mkdir()
    feeds = config / "feeds.yaml"
    feeds.write_text(f"feeds:\n  - directory: {wire}\n    id: drop\n    interval: 1s\n")
    with Service(data, config) as service:
        _drop(wire, "first.jsonl", 1)
        wait_for(lambda: stored(data) == 1)
        (fetcher,) = service.pids("fetch")
        mended = feeds.read_text()
        feeds.write_text("feeds:\n  - directry: nowhere\n")
        wait_for(lambda: _count(service, "feeds_refused"))
        os.kill(fetcher, signal.SIGKILL)
        wait_for(lambda: set(service.pids("fetch")) - {fetcher})
        wait_for(lambda: _count(service, "feeds_refused") >= 2)
        feeds.write_text(mended)
        _drop(wire, "second.jsonl", 2)
        wait_for(lambda: stored(data) == 2)
        service.stop()
