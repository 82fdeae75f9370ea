"""Several hosts on this machine: each has a data directory and a way to the queue server of its own."""

import os
import re
import signal
import struct
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression
from typing import Any

from pipeline.clock import SystemClock
from pipeline.monitor.snapshot import Snapshot, take_snapshot
from pipeline.ports.reading import Query
from pipeline.queues import RedisQueue
from pipeline.store.store import SqlStore
from running import Service, processes_of, story, wait_for, write_config, write_records
from threaded import in_thread
from toxic_proxy import ToxicProxy

RELEASES = Path(__file__).parent.parent / "releases"
#: of the test's configuration; a lease is 10 s longer
BATCH_TIMEOUT_S = 5
LEASE_S = BATCH_TIMEOUT_S + 10


@dataclass
class Host:
    """One host: a worker for the queue `wire`, and a fetcher."""

    name: str
    folder: Path
    config: Path
    proxy: ToxicProxy
    #: None: the storage is a file
    storage_proxy: ToxicProxy | None
    env: Mapping[str, str]
    running: dict[str, Service] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self, part: str, *, next_release: bool = False, config: Path | None = None) -> None:
        """Start `work` or `fetch`, if it does not run."""
        if part in self.running:
            return
        command = ("work", "--wire", "1", "--backfill", "0") if part == "work" else (part,)
        env = dict(self.env)
        if part == "fetch":
            env.pop("LD_PRELOAD", None)
        if next_release:
            env["PYTHONPATH"] = str(RELEASES)
        service = Service(self.data, config or self.config, command=command, env=env)
        service.log = self.folder / f"{part}.log"
        service.start()
        self.running[part] = service

    def stop(self, part: str) -> None:
        """Have a part finish what it does, and end well."""
        if part in self.running:
            self.running.pop(part).stop()

    def kill(self, part: str) -> None:
        """Kill a part as it is."""
        self.running.pop(part).kill()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to every process of the host."""
        for pid in processes_of(self.data):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def set_clock(self, ahead_s: float) -> None:
        """Set the wall clock of this host's workers wrong."""
        (self.folder / "clock").write_bytes(struct.pack("d", ahead_s))

    def events(self, name: str, part: str = "work") -> list[dict[str, Any]]:
        """Read what a part logged."""
        service = Service(self.data, self.config)
        service.log = self.folder / f"{part}.log"
        return [event for event in service.events() if event["event"] == name]

    def cpu_s(self) -> float:
        """Say how much CPU the worker processes have used, dead ones too."""
        process = self.running["work"].process
        assert process
        ticks = 0
        for pid in processes_of(self.data):
            with suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                ours = pid == process.pid or int(fields[1]) == process.pid
                ticks += sum(map(int, fields[11:15] if pid == process.pid else fields[11:13])) if ours else 0
        return ticks / os.sysconf("SC_CLK_TCK")


class Cluster:
    """Hosts that share storage and queue, and a folder into which stories are delivered."""

    def __init__(self, folder: Path, store: SqlStore, storage_url: str, queue_url: str) -> None:
        self.folder = folder
        self.store = store
        self.wire = folder / "wire"
        self.wire.mkdir()
        feeds = f"feeds:\n  - {{id: drop, directory: {self.wire}, interval: 1s}}\n"
        limits = {"batch_timeout_s": BATCH_TIMEOUT_S, "batch_size": 8, "enrich": 0}
        self.config = write_config(folder / "config", feeds, topics=False, workers=limits)
        self.queue = RedisQueue(queue_url)
        self.delivered = 0
        self._files = 0
        self._storage_url = storage_url

    @contextmanager
    def host(self, name: str, target: int, *, shim: Path | None = None, url: str = "") -> Iterator[Host]:
        """Make a host whose way to the queue server leads through a proxy of its own, or over a URL."""
        folder = self.folder / name
        folder.mkdir()
        with ExitStack() as stack:
            proxy = stack.enter_context(in_thread(ToxicProxy(target=target)))
            storage, at = None, self._storage_url
            if socket := _socket_of(at):
                storage = stack.enter_context(in_thread(ToxicProxy(target=socket)))
                at = at.partition("?")[0].replace("@/", f"@127.0.0.1:{storage.port}/")
            env = {
                "NEWSWIRE_STORAGE__URL": at,
                "NEWSWIRE_QUEUE__URL": url or f"redis://127.0.0.1:{proxy.port}/0",
            }
            if shim:
                env |= {"LD_PRELOAD": str(shim), "CLOCK_OFFSET": str(folder / "clock")}
            host = Host(name, folder, self.config, proxy, storage, env)
            host.set_clock(0.0)
            try:
                yield host
            finally:
                host.signal(signal.SIGCONT)
                for part in list(host.running):
                    host.kill(part)
                wait_for(lambda: not processes_of(host.data), seconds=20)

    def deliver(self, count: int, text: Callable[[int], str] | None = None) -> None:
        """Put a file with so many stories into the folder."""
        path = write_records(self.wire / f"{self._files}.tmp", count, start=self.delivered, text=text)
        path.rename(self.wire / f"{self._files}.jsonl")
        self._files += 1
        self.delivered += count

    def snapshot(self) -> Snapshot:
        return take_snapshot(self.store, self.queue, SystemClock().now())

    def all_stored(self) -> bool:
        return self.snapshot().documents >= self.delivered and not self.store.backlog()

    def wait_until_stored(self, seconds: float = 180) -> None:
        wait_for(self.all_stored, seconds=seconds, every=0.2)

    def check(self) -> None:
        """Everything that was delivered is stored, once; nothing was done twice, nothing given up."""
        found = self.store.stream(Query(), now=SystemClock().now())
        guids = Counter(stored.document.guid for stored in found)
        assert guids == Counter(f"story-{number}" for number in range(self.delivered))
        snapshot = self.snapshot()
        counts = {(count.name, count.label): count.value for count in snapshot.counts}
        assert counts["accepted", ""] == counts["stored", ""] == self.delivered
        assert counts.get(("repeated", ""), 0) == 0
        assert snapshot.quarantined == 0


def unheard_of(number: int) -> str:
    """Invent a story with many words that nobody has seen: caches of words are soon as large as they get."""
    letters = str.maketrans("0123456789", "bdfgklmnpr")
    words = " ".join(f"{number * 40 + n:08}".translate(letters) for n in range(40))
    return f"{story(number)}\n\nThe clerk read out {words}."


def _socket_of(storage_url: str) -> str | None:
    """Find the Unix socket of a PostgreSQL server; None: it is a file."""
    folder = storage_url.partition("?host=")[2]
    return f"{folder}/.s.PGSQL.5432" if folder else None


class Growth:
    """What processes hold, looked at again and again; the first third is left out: they warm up."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._names: dict[int, str] = {}
        self._seen: dict[int, list[tuple[float, float, int]]] = defaultdict(list)

    def look(self, lines: Mapping[int, str]) -> None:
        """Note memory (MiB of its own) and open files of processes, given by pid and command line."""
        for pid, line in lines.items():
            with suppress(OSError):
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                own_kb = sum(map(int, re.findall(r"^Private_\w+:\s+(\d+) kB", rollup, re.MULTILINE)))
                descriptors = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
                self._names[pid] = "fetch" if " fetch " in line else "work" if " work " in line else "other"
                self._seen[pid].append((time.monotonic() - self._began, own_kb / 1024, descriptors))

    def most_descriptors(self) -> int:
        """Say by how many open files one process has come to have more, at most."""
        return max(last[2] - first[2] for first, *_, last in self._steady().values())

    def in_words(self) -> str:
        return "\n".join(
            f"  {self._names[pid]:5} {looks[-1][1]:6.1f} MiB, {_mib_an_hour(looks):+8.2f} MiB/h, "
            f"{looks[0][2]} to {looks[-1][2]} descriptors"
            for pid, looks in self._steady().items()
        )

    def _steady(self) -> dict[int, list[tuple[float, float, int]]]:
        """Give what was seen of those that lived to the end."""
        end = max(looks[-1][0] for looks in self._seen.values())
        late = {
            pid: [look for look in looks if look[0] > end / 3]
            for pid, looks in self._seen.items()
            if looks[-1][0] > end - 2
        }
        return {pid: looks for pid, looks in late.items() if len(looks) > 2}


def _mib_an_hour(looks: Sequence[tuple[float, float, int]]) -> float:
    times, sizes = [look[0] for look in looks], [look[1] for look in looks]
    return linear_regression(times, sizes).slope * 3600


def until(condition: Callable[[], object], seconds: float = 180) -> object:
    """Wait for something that takes the while that processes take on a busy machine."""
    return wait_for(condition, seconds=seconds, every=0.1)
