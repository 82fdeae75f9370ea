"""From a local HTTP server to stored, searchable documents: `make bench`.

Measures articles per CPU second of all processes together (the queue's server included) and per wall second,
beside a reference in the same run that calls the same stage functions in two plain processes with no queue;
each stage beside its floor; and the latency from the last byte of a response to its commit.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.processes import cpu_of_tree
from benchmarks.stages import measure_stages

ENTRIES = 30


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--feeds", type=int, default=100, help="feeds of 30 entries each")
    options.add_argument("--rounds", type=int, default=3, help="interleaved rounds of service and reference")
    options.add_argument("--latency-seconds", type=int, default=60)
    chosen = options.parse_args()
    print(f"{chosen.feeds} feeds of {ENTRIES} entries, 400-word HTML, {os.cpu_count()} cores\n")
    _compare(chosen.feeds, chosen.rounds)
    _latency(chosen.latency_seconds)
    measure_stages()


def _compare(feeds: int, rounds: int) -> None:
    results: dict[str, list[tuple[float, float]]] = {"service": [], "reference": []}
    with feed_server(feeds) as (_, port):
        for _ in range(rounds):
            for name, measure in (("service", _service), ("reference", _reference)):
                results[name].append(measure(port, feeds))
    print("| whole | articles per CPU s | per wall s |\n|---|---|---|")
    for name, figures in results.items():
        cpu, wall = (statistics.median(column) for column in zip(*figures, strict=True))
        print(f"| {name} | {cpu:.0f} | {wall:.0f} |")
    ratios = [a[0] / b[0] for a, b in zip(results["service"], results["reference"], strict=True)]
    print(
        f"\nper CPU second, service / reference: {statistics.median(ratios):.2f} "
        f"(min {min(ratios):.2f}, max {max(ratios):.2f}; mark: at least 0.5)\n"
    )


def _service(port: int, feeds: int) -> tuple[float, float]:
    """Run the service until all is stored: (articles per CPU s, per wall s). Starting is not measured."""
    with tempfile.TemporaryDirectory() as folder, _running(Path(folder), interval="24h") as process:
        config = Path(folder) / "config"
        before, began = cpu_of_tree(process.pid), time.monotonic()
        write_feeds(config, [f"http://127.0.0.1:{port}/feed/{n}" for n in range(feeds)])
        _wait_for_documents(Path(folder), feeds * ENTRIES)
        wall, cpu = time.monotonic() - began, cpu_of_tree(process.pid) - before
    return feeds * ENTRIES / cpu, feeds * ENTRIES / wall


def _reference(port: int, feeds: int) -> tuple[float, float]:
    """Call the same stage functions in two plain processes, with the store between them and no queue."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        ends = [
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.reference", part, folder, str(port), str(feeds)],
                stdout=subprocess.PIPE,
            )
            for part in ("ingest", "process")
        ]
        answers = [json.loads(end.communicate()[0]) for end in ends]
        del began
    cpu = sum(answer["cpu_s"] for answer in answers)
    wall = max(answer["ended"] for answer in answers) - min(answer["began"] for answer in answers)
    return feeds * ENTRIES / cpu, feeds * ENTRIES / wall


def _latency(seconds: int) -> None:
    """One article a second through a warm service: from the response's last byte to the commit."""
    from pipeline.store.open import open_store

    with (
        feed_server(1) as (server, port),
        tempfile.TemporaryDirectory() as folder,
        _running(Path(folder), interval="1m"),
    ):
        urls = [f"http://127.0.0.1:{port}/fresh/{n}" for n in range(60)]
        for count in range(0, 61, 5):  # feeds start one after the other, so that they stay spread
            write_feeds(Path(folder) / "config", urls[:count], interval="1m")
            time.sleep(5)
        store = open_store(None, Path(folder) / "data")
        seen, committed, until = store.last_change(), {}, time.time() + seconds
        while time.time() < until:
            for change in store.changes(seen):
                seen, committed[change.document_id] = change.seq, time.time()
            time.sleep(0.002)
        documents = {one.document.id: one.document.guid for one in _stored(store)}
    sent = dict(line.split() for line in server.stdout.read().splitlines())
    waits = sorted(
        at - float(sent[documents[id_]]) for id_, at in committed.items() if documents[id_] in sent
    )
    p50, p99 = waits[len(waits) // 2], waits[min(len(waits) - 1, int(len(waits) * 0.99))]
    print(
        f"latency of {len(waits)} articles, one a second, warm: p50 {p50 * 1000:.0f} ms, "
        f"p99 {p99 * 1000:.0f} ms, max {waits[-1] * 1000:.0f} ms (mark: p99 at most 1 s)\n"
    )


def _stored(store):
    from datetime import UTC, datetime

    from pipeline.ports import Query

    return store.stream(Query(), now=datetime.now(UTC))


@contextmanager
def feed_server(feeds: int) -> Iterator[tuple[subprocess.Popen, int]]:
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.feed_server", str(feeds)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield server, int(server.stdout.readline())
    finally:
        server.kill()


@contextmanager
def _running(folder: Path, *, interval: str) -> Iterator[subprocess.Popen]:
    config = folder / "config"
    config.mkdir()
    (config / "newswire.yaml").write_text("log: {level: warning}\nweb: {port: 18600}\n")
    write_feeds(config, [], interval=interval)
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [Path(sys.executable).with_name("newswire"), "run", "--data", folder / "data", "--config", config],
        stderr=log,
    )
    try:
        _wait_until_ready(folder)
        yield process
    finally:
        process.terminate()
        process.wait()
        log.close()


def write_feeds(config: Path, urls: list[str], interval: str = "24h") -> None:
    feeds = [
        {"url": url, "provider": "bench", "interval": interval, "allow_private": ["127.0.0.1/32"]}
        for url in urls
    ]
    partial = config / "feeds.partial"
    partial.write_text(json.dumps({"feeds": feeds}))
    partial.replace(config / "feeds.yaml")


def _wait_until_ready(folder: Path) -> None:
    from pipeline.errors import QueueError
    from pipeline.queues import RedisQueue

    queue = RedisQueue(f"unix://{folder / 'data' / 'valkey.sock'}")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if len(queue.workers()) >= 3:
                time.sleep(2)  # the web part and the fetcher end their start
                return
        except QueueError:
            pass
        time.sleep(0.1)
    raise SystemExit("the service did not start: " + (folder / "log").read_text()[-2000:])


def _wait_for_documents(folder: Path, count: int) -> None:
    import sqlite3

    database = sqlite3.connect(f"file:{folder / 'data' / 'newswire.db'}?mode=ro", uri=True)
    deadline = time.monotonic() + 600
    while database.execute("select count(*) from document").fetchone()[0] < count:
        if time.monotonic() > deadline:
            raise SystemExit("not all articles arrived: " + (folder / "log").read_text()[-2000:])
        time.sleep(0.05)


if __name__ == "__main__":
    main()
