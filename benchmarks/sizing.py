"""What the service needs on a machine: `python -m benchmarks.sizing`. The figures of docs/deploy.md.

The shipped settings and models. Articles come over HTTP from a local server, 30 to a feed, 400 words of HTML
each. Memory is told as the kernel's PSS (what is shared is counted in parts) and as what is a process's own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.end_to_end import ENTRIES, feed_server, write_feeds
from benchmarks.processes import cpu_of_tree, family_of

NEWSWIRE = Path(sys.executable).with_name("newswire")
_PORT = 18601
_MIB = 1 << 20


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--feeds", type=int, default=34, help="feeds of 30 entries each")
    feeds = options.parse_args().feeds
    with tempfile.TemporaryDirectory() as folder, feed_server(feeds) as (_, port):
        _measure(Path(folder), feeds, port)


def _measure(folder: Path, feeds: int, port: int) -> None:
    config, data = folder / "config", folder / "data"
    config.mkdir()
    (config / "newswire.yaml").write_text(f"log: {{level: warning}}\nweb: {{port: {_PORT}}}\n")
    write_feeds(config, [])
    where: list[str | Path] = ["--data", data, "--config", config]
    began = time.monotonic()
    with (folder / "log").open("wb") as log:
        service = subprocess.Popen([NEWSWIRE, "run", *where], stderr=log)
    try:
        _until(_is_ready)
        page_s = time.monotonic() - began
        _until(lambda: len(_status(where)["workers"]) == 4)
        print(
            f"start: page after {page_s:.1f} s, all workers after {time.monotonic() - began:.1f} s, ", end=""
        )
        print(f"{cpu_of_tree(service.pid):.1f} CPU s")
        time.sleep(15)  # the models are loaded after the worker has said that it is there
        started, cpu = _memory(service.pid, where), cpu_of_tree(service.pid)
        began = time.monotonic()
        count = feeds * ENTRIES
        write_feeds(config, [f"http://127.0.0.1:{port}/feed/{number}" for number in range(feeds)])
        _until(lambda: _status(where)["documents"] == count)
        stored_s, stored_cpu = time.monotonic() - began, cpu_of_tree(service.pid) - cpu
        _until(lambda: not _open(_status(where)))
        time.sleep(10)  # the keeper's last round of stories
        enriched_cpu = cpu_of_tree(service.pid) - cpu
        ended = _memory(service.pid, where)
    finally:
        service.terminate()
        service.wait()
    scale = 1000 / count
    stored_cpu, stored_s, enriched_cpu = (scale * each for each in (stored_cpu, stored_s, enriched_cpu))
    print(f"per 1,000 articles: {stored_cpu:.1f} CPU s, {stored_s:.0f} s, until stored and tagged")
    print(f"per 1,000 articles: {enriched_cpu:.1f} CPU s with people, organisations and stories")
    for name in ("newswire.db", "valkey"):
        print(f"disk per 1,000 articles, {name}: {_size(data / name) * scale / _MIB:.1f} MiB")
    print("\n| process | PSS after start | own | PSS after the articles | own |\n|---|---|---|---|---|")
    for name in sorted(started.keys() | ended.keys()):
        cells = [f"{value / _MIB:.0f}" for found in (started, ended) for value in found.get(name, (0, 0))]
        print(f"| {name} | {' | '.join(cells)} |")
    totals = [sum(value[0] for value in found.values()) / _MIB for found in (started, ended)]
    print(f"| all | {totals[0]:.0f} | | {totals[1]:.0f} | |")


def _memory(root: int, where: list[str | Path]) -> dict[str, tuple[int, int]]:
    """Give PSS and private bytes of each process, by what it is."""
    queues = {worker["pid"]: worker["queue"] for worker in _status(where)["workers"]}
    found = {}
    for pid, parent in family_of(root).items():
        line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        sizes = {name: int(value.split()[0]) * 1024 for name, value in (each.split(":") for each in lines)}
        name = (
            f"worker {queues[pid]}"
            if pid in queues
            else _part(line, is_child=parent == root, is_root=pid == root)
        )
        while name in found:
            name += "+"
        found[name] = sizes["Pss"], sizes["Private_Clean"] + sizes["Private_Dirty"]
    return found


def _part(line: str, *, is_child: bool, is_root: bool) -> str:
    """Say what a process is by its command line."""
    if is_root:
        return "run"
    if "valkey-server" in line:
        return "valkey"
    part = line.partition("pipeline.cli ")[2].partition(" ")[0]
    return (part if is_child else "keeper") if part else "parser"


def _status(where: list[str | Path]) -> dict[str, Any]:
    result = subprocess.run([NEWSWIRE, "status", "--json", *where], capture_output=True, check=True)
    return dict(json.loads(result.stdout))


def _open(status: dict[str, Any]) -> int:
    return sum(queue["waiting"] + queue["in_flight"] for queue in status["queues"])


def _is_ready() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{_PORT}/readyz") as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _size(path: Path) -> int:
    files = [path] if path.is_file() else path.rglob("*")
    return sum(each.stat().st_size for each in files if each.is_file())


def _until(what: Callable[[], bool], seconds: float = 900) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise SystemExit("not in time")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
