"""From a local HTTP server to stored, searchable documents: `make bench`.

Measures articles per CPU second of all processes together (the queue's server included) and per wall second,
beside a reference in the same run that calls the same stage functions in two plain processes with no queue;
each stage beside its floor; and the latency from the last byte of a response to its commit. How far it is
stands on standard error, the tables on standard output; it takes about four minutes.

Pretrained models (`ner`) are off: they run after documents are stored, on the queue `enrich`.
"""

import argparse
import json
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks.processes import cpu_of_tree
from benchmarks.stages import measure_stages
from pipeline.errors import QueueError
from pipeline.ports.reading import Query
from pipeline.queues import RedisQueue
from pipeline.service.embedded import queue_url
from pipeline.store.open import open_store

ENTRIES = 30
#: the first articles of the latency run are not counted: what starts is not warm
WARM = 10
#: for one round of the service or the reference, and for its start
ROUND_S, START_S = 300.0, 60.0


class Speed(NamedTuple):
    """Articles a second."""

    cpu: float
    wall: float


class Whole(NamedTuple):
    """How fast articles are stored and searchable, and how fast that and told in stories."""

    stored: Speed
    told: Speed


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--feeds", type=int, default=20, help="feeds of 30 entries each")
    options.add_argument("--rounds", type=int, default=2, help="interleaved rounds of service and reference")
    options.add_argument("--latency-seconds", type=int, default=60)
    chosen = options.parse_args()
    print(f"{chosen.feeds} feeds of {ENTRIES} entries, 400-word HTML, {os.cpu_count()} cores\n", flush=True)
    _compare(chosen.feeds, chosen.rounds)
    _latency(chosen.latency_seconds)
    _say("each stage beside its floor")
    measure_stages()


def _say(words: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {words}", file=sys.stderr, flush=True)


def _compare(feeds: int, rounds: int) -> None:
    measured: dict[str, list[Whole]] = {"service": [], "reference": []}
    with feed_server(feeds) as (_, port):
        for number in range(rounds):
            for name, measure in (("service", _service), ("reference", _reference)):
                _say(f"round {number + 1} of {rounds}: {name}")
                measured[name].append(measure(port, feeds))
    print("| whole | articles per CPU s | per wall s | with stories, per CPU s | per wall s |")
    print("|---|---|---|---|---|")
    for name, rows in measured.items():
        figures = [
            getattr(getattr(row, part), kind)
            for part in Whole._fields
            for kind in Speed._fields
            for row in rows
        ]
        medians = [statistics.median(figures[n : n + rounds]) for n in range(0, len(figures), rounds)]
        print(f"| {name} |" + "".join(f" {each:.0f} |" for each in medians))
    pairs = list(zip(measured["service"], measured["reference"], strict=True))
    for part, what in (("stored", "stored and searchable"), ("told", "and told in stories")):
        ratios = [getattr(ours, part).cpu / getattr(theirs, part).cpu for ours, theirs in pairs]
        print(
            f"\nper CPU second, service / reference, {what}: {statistics.median(ratios):.2f} "
            f"(min {min(ratios):.2f}, max {max(ratios):.2f}; mark: at least 0.5)"
        )
    print(flush=True)


def _service(port: int, feeds: int) -> Whole:
    """Run the service until all is stored, and until all is told. Starting is not measured."""
    wanted, spent = feeds * ENTRIES, []
    with tempfile.TemporaryDirectory() as folder, _running(Path(folder)) as process:
        before, began = cpu_of_tree(process.pid), time.monotonic()
        write_feeds(Path(folder) / "config", [f"http://127.0.0.1:{port}/feed/{n}" for n in range(feeds)])
        for count in (
            "SELECT count(*) FROM document",
            "SELECT count(*) FROM story_member WHERE waits = 0",
        ):
            _wait_for(Path(folder), count, wanted)
            spent.append(_speed(wanted, cpu_of_tree(process.pid) - before, time.monotonic() - began))
    return Whole(*spent)


def _reference(port: int, feeds: int) -> Whole:
    """Call the same stage functions in two plain processes, with the store between them and no queue."""
    with tempfile.TemporaryDirectory() as folder:

        def start(part: str) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "benchmarks.reference", part, folder, str(port), str(feeds)]
            return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

        processing = start("process")
        assert processing.stdout is not None
        processing.stdout.readline()  # it is ready
        ingest, process = (json.loads(end.communicate()[0]) for end in (start("ingest"), processing))
    began = ingest["began"]
    return Whole(
        *(
            _speed(feeds * ENTRIES, ingest["cpu_s"] + process[part]["cpu_s"], process[part]["ended"] - began)
            for part in Whole._fields
        )
    )


def _speed(articles: int, cpu_s: float, wall_s: float) -> Speed:
    return Speed(cpu=articles / cpu_s, wall=articles / wall_s)


def _latency(seconds: int) -> None:
    """One article a second through a warm service: from the response's last byte to the commit.

    Each second one feed more stands in feeds.yaml, and is polled as soon as it is found there.
    """
    _say(f"latency: {WARM} s to get warm, then {seconds} s")
    with feed_server(1) as (server, port), tempfile.TemporaryDirectory() as folder:
        with _running(Path(folder)), closing(open_store(None, Path(folder) / "data")) as store:
            urls = [f"http://127.0.0.1:{port}/fresh/{n}" for n in range(WARM + seconds)]
            seen, committed, began, asked = store.last_change(), {}, time.time(), 0
            while time.time() < began + len(urls) + 5:
                if asked < min(len(urls), time.time() - began):
                    asked += 1
                    write_feeds(Path(folder) / "config", urls[:asked])
                for change in store.changes(seen):
                    seen, committed[change.document_id] = change.seq, time.time()
                time.sleep(0.002)
            now = datetime.now(UTC)
            guids = {one.document.id: one.document.guid or "" for one in store.stream(Query(), now=now)}
        server.kill()
        assert server.stdout is not None
        sent = {name: float(at) for name, at in map(str.split, server.stdout.read().splitlines())}
    arrived = {guids[id_]: at for id_, at in committed.items()}
    warm = list(sent)[WARM:]
    waits = sorted(arrived[guid] - sent[guid] for guid in warm if guid in arrived)
    p50, p99 = waits[len(waits) // 2], waits[min(len(waits) - 1, int(len(waits) * 0.99))]
    print(
        f"latency of {len(waits)} of {len(warm)} articles, one a second, warm: p50 {p50 * 1000:.0f} ms, "
        f"p99 {p99 * 1000:.0f} ms, max {waits[-1] * 1000:.0f} ms (mark: p99 at most 1 s)\n",
        flush=True,
    )


@contextmanager
def feed_server(feeds: int) -> Iterator[tuple[subprocess.Popen[str], int]]:
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.feed_server", str(feeds)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        yield server, int(server.stdout.readline())
    finally:
        server.kill()
        server.wait()


@contextmanager
def _running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    (folder / "config").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"log": {"level": "warning"}, "web": {"port": port}, "ner": False}
    (folder / "config" / "newswire.yaml").write_text(json.dumps(settings))
    write_feeds(folder / "config", [])
    newswire = Path(sys.executable).with_name("newswire")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [newswire, "run", "--data", folder / "data", "--config", folder / "config"], stderr=log
        )
        try:
            _wait_until_ready(folder, process)
            yield process
        finally:
            process.terminate()
            process.wait()


def write_feeds(config: Path, urls: list[str]) -> None:
    feeds = [
        {"url": url, "provider": "bench", "interval": "24h", "allow_private": ["127.0.0.1/32"]}
        for url in urls
    ]
    partial = config / "feeds.partial"
    partial.write_text(json.dumps({"feeds": feeds}))
    partial.replace(config / "feeds.yaml")


def _wait_until_ready(folder: Path, process: subprocess.Popen[bytes]) -> None:
    queue = RedisQueue(queue_url(folder / "data"))
    deadline = time.monotonic() + START_S
    with closing(queue):
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if len(queue.workers()) >= 3:
                    time.sleep(2)  # the web part and the fetcher end their start
                    return
            except QueueError:
                pass
            time.sleep(0.1)
    raise SystemExit("the service did not start: " + (folder / "log").read_text()[-2000:])


def _wait_for(folder: Path, count: str, wanted: int) -> None:
    """Wait until a question to the database is answered by so many."""
    deadline, said_at, found = time.monotonic() + ROUND_S, time.monotonic(), 0
    with closing(sqlite3.connect(f"file:{folder / 'data' / 'newswire.db'}?mode=ro", uri=True)) as database:
        while (found := database.execute(count).fetchone()[0]) < wanted:
            if time.monotonic() > deadline:
                log = (folder / "log").read_text()[-2000:]
                raise SystemExit(f"{found} of {wanted} articles after {ROUND_S:.0f} s: {log}")
            if time.monotonic() - said_at > 5:
                said_at = time.monotonic()
                _say(f"  {found} of {wanted}")
            time.sleep(0.05)


if __name__ == "__main__":
    main()
