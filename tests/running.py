"""The installed command in subprocesses: what acceptance and chaos tests drive."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis

from forked import POSSIBLE, changes_python, run_client

NEWSWIRE = Path(sys.executable).with_name("newswire")
FAULTS = Path(__file__).parent / "faults"
#: set for whatever a test starts, and inherited by what that starts: the data directory it is for
MARK = "NEWSWIRE_TEST_DATA"
#: whether commands are started truly: see tests/forked.py
STARTS = "NEWSWIRE_TEST_STARTS"
#: where all tests that drive the command store: `postgresql`, else in their data directories
STORAGE = "NEWSWIRE_TEST_STORAGE"
#: how many times as long everything is waited for: `make chaos` asks whether, not how soon
PATIENCE = float(os.environ.get("NEWSWIRE_TEST_PATIENCE", "1"))
#: where they queue: `redis` is a server that no command of ours starts, else the embedded one
QUEUE = "NEWSWIRE_TEST_QUEUE"

on_sqlite = pytest.mark.skipif(os.environ.get(STORAGE) == "postgresql", reason="about SQLite's file alone")
on_embedded_queue = pytest.mark.skipif(
    os.environ.get(QUEUE) == "redis", reason="about the embedded queue server alone"
)

_WORDS = (
    "quay crane rope tide barge mast gull net hull buoy lamp chart pier dock gate wharf cargo crew "
    "deck anchor storm cable bridge market street school garden river forest winter summer letter "
    "copper silver window ladder kettle button candle basket mirror pencil saddle bottle blanket "
    "hammer needle orchard meadow valley"
)

#: what stands on the command line of a part's processes
_LINES = {"valkey": "valkey-server", "parser": "multiprocessing.spawn", "worker": "pipeline.cli work "}


def run(
    *words: str, data: Path, config: Path | None = None, env: Mapping[str, str] | None = None, **more: Any
):
    """Run the command to its end; output is captured as text."""
    where = ["--data", str(data)] + (["--config", str(config)] if config else [])
    whole = marked(data, env)
    return subprocess.run(
        [*command(whole), *words, *where],
        capture_output=True,
        text=True,
        timeout=more.pop("timeout", 60) * PATIENCE,
        env=whole,
        check=False,
        **more,
    )


def command(env: Mapping[str, str] | None = None) -> Sequence[str]:
    """Give the words that begin a command line: a process that has imported all, else the installed command.

    With NEWSWIRE_TEST_STARTS=true every start is a true one.
    """
    truly = os.environ.get(STARTS) == "true" or not POSSIBLE
    if truly or changes_python(env if env is not None else os.environ):
        return (str(NEWSWIRE),)
    return run_client()


def marked(data: Path, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the environment of a process for a data directory, by which `processes_of` finds it."""
    return {**os.environ, **servers_of(data), **(env or {}), MARK: str(data)}


def servers_of(data: Path) -> dict[str, str]:
    """Give the environment that names the servers of a data directory; empty where it has its own."""
    given = {}
    if url := storage_url(data):
        from postgres_server import the_server

        given["NEWSWIRE_STORAGE__URL"] = url
        given["PATH"] = f"{the_server().programs}:{os.environ['PATH']}"  # backups need those of its release
    if url := queue_url(data):
        given["NEWSWIRE_QUEUE__URL"] = url
    return given


def storage_url(data: Path) -> str | None:
    """Say where what belongs to a data directory is stored; None: in it.

    With NEWSWIRE_TEST_STORAGE=postgresql each directory has a database of its own.
    """
    if os.environ.get(STORAGE) != "postgresql":
        return None
    from postgres_server import database_for

    return database_for(str(data))


def queue_url(data: Path) -> str | None:
    """Say where what belongs to a data directory is queued; None: by the server embedded in it.

    With NEWSWIRE_TEST_QUEUE=redis each directory has a database of its own on a server of the tests.
    """
    if os.environ.get(QUEUE) != "redis":
        return None
    from valkeys import queue_for

    return queue_for(str(data))


def empty_queue(data: Path) -> None:
    """Lose all that is queued, while no server embedded in a data directory runs."""
    if url := queue_url(data):
        with redis.Redis.from_url(url) as client:
            client.flushdb()
    for file in (data / "valkey").glob("**/*.aof"):
        file.unlink()


def importing(
    *paths: Path, data: Path, config: Path, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start the command that takes in files, and do not wait for it."""
    words = [NEWSWIRE, "import", *paths, "--data", data, "--config", config]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(words, stdout=quiet, stderr=quiet, env=marked(data, env))


def wait_for(what: Callable[[], Any], *, seconds: float = 30, every: float = 0.1) -> Any:
    """Wait until something is true and return it; fail after so many seconds, times PATIENCE.

    A command that is asked takes a processor: as long as it took, it is not asked again.
    """
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        began = time.monotonic()
        if value := what():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {getattr(what, '__name__', what)}")
        time.sleep(max(every, min(1.0, time.monotonic() - began)))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def write_config(
    directory: Path, feeds: str = "feeds: []\n", *, topics: bool = True, **sections: object
) -> Path:
    """Write a small configuration; the web page gets a free port, and no models are loaded.

    Without topics and beats a worker is there a second earlier.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if not topics:
        (directory / "topics").mkdir()
        (directory / "beats.yaml").write_text("beats: []\n")
    settings = {"ner": False, "web": {"port": free_port()}, **sections}
    (directory / "newswire.yaml").write_text(json.dumps(settings))  # JSON is YAML
    (directory / "feeds.yaml").write_text(feeds)
    return directory


def write_records(
    path: Path, count: int, *, start: int = 0, text: Callable[[int], str] | None = None
) -> Path:
    """Write JSON Lines of invented stories that differ from each other."""
    text = text or story
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        for number in range(start, start + count):
            record = {"id": f"story-{number}", "provider": "Invented Wire", "headline": f"Story {number}"}
            file.write(json.dumps({**record, "text": text(number)}) + "\n")
    return path


def story(number: int) -> str:
    """Invent a story that is no near copy of the others: they would all be compared with each other."""
    words = " ".join(random.Random(number).choices(_WORDS.split(), k=60))
    return (
        f"The harbour council of Port Example met on Monday to vote on plan number {number}.\n\n"
        f"Members spoke for {number % 50 + 1} hours before the vote, and the mayor thanked them all.\n\n"
        f"The minutes list what was spoken of: {words}."
    )


def exported(data: Path, config: Path | None = None) -> list[dict[str, Any]]:
    """Read all stored documents through the command."""
    result = run("export", data=data, config=config)
    if "nothing is stored" in result.stderr:
        return []
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def stored(data: Path) -> int:
    """Count what is stored without a command: to wait for it, not to assert it."""
    from pipeline.store.open import database_exists, open_store

    url = storage_url(data)
    if not database_exists(url, data):
        return 0
    with closing(open_store(url, data)) as store:
        return store.snapshot(datetime.now(UTC)).documents


def processes_of(data: Path) -> dict[int, str]:
    """Find the processes that tests started for a data directory, and theirs: pid → command line."""
    mark = os.fsencode(f"{MARK}={data}")
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            is_ours = mark in (entry / "environ").read_bytes().split(b"\0")  # empty for a zombie
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if is_ours:
            found[int(entry.name)] = line
    return found


class Service:
    """`newswire run` (or another command that stays) on a data directory."""

    def __init__(
        self,
        data: Path,
        config: Path,
        *,
        command: Sequence[str] = ("run",),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.data = data
        self.config = config
        self._command = command
        self._env = marked(data, env)
        self.log = config / "service.log"
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Service":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        where = ["--data", str(self.data), "--config", str(self.config)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [NEWSWIRE, *self._command, *where], stdout=log, stderr=log, env=self._env
            )

    def stop(self, seconds: float = 15) -> float:
        """SIGTERM; returns how long it took to end, and fails when that is too long (times PATIENCE)."""
        assert self.process
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired as late:
            late.add_note(f"{processes_of(self.data)}\n{self.log.read_text()[-3000:]}")
            raise
        assert self.process.returncode == 0, self.log.read_text()[-3000:]
        return time.monotonic() - began

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def pids(self, part: str) -> list[int]:
        """Find processes by what they are: valkey, fetch, parser, work, web, or `worker` for forked ones."""
        found = processes_of(self.data)
        line_says = _LINES.get(part, f"pipeline.cli {part} ")
        of_part = {pid for pid, line in found.items() if line_says in line}
        if part in ("valkey", "parser"):
            return sorted(of_part)
        return sorted(pid for pid in of_part if (_parent(pid) in of_part) == (part == "worker"))

    def status(self) -> dict[str, Any]:
        result = run("status", "--json", data=self.data, config=self.config)
        return json.loads(result.stdout) if result.returncode == 0 else {}

    def events(self) -> Iterable[dict[str, Any]]:
        """Read the log lines (JSON, as there is no terminal)."""
        for line in self.log.read_text().splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                yield {"event": line}


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0
