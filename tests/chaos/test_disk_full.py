"""The disk is full at random and freed again: nothing accepted is lost, reads go on, writes come back."""

import json
import os
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from fault_size import Size
from pipeline.errors import StoreError
from pipeline.ports.reading import Query
from pipeline.store.open import open_store
from postgres_server import PostgresServer
from running import Service, exported, run, story, wait_for, write_config, write_records
from store_builders import NOON, document, save

_DISK_MB = 64
#: after there is room again, everything works within; a machine with other work gets more time
_BACK_S = 30.0
_PATIENCE_S = 90.0
#: a server's log is short, so that it soon needs room for more of it
_SERVER = {"max_wal_size": "8MB", "min_wal_size": "2MB", "autovacuum": "off"}


@contextmanager
def _small_disk() -> Iterator[Path]:
    """Mount a disk of its own where the user of a server finds it, and give a folder in it."""
    place = Path(tempfile.mkdtemp(prefix="newswire-disk-"))
    place.chmod(0o711)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m,mode=0711", "newswire-test", str(place)]
    try:
        made = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount command here: there is no small disk to fill")
    if made.returncode:
        pytest.skip(f"no small disk can be mounted here: {made.stderr.strip()}")
    try:
        (place / "files").mkdir(mode=0o700)
        yield place / "files"
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        place.rmdir()


@contextmanager
def _server_on(folder: Path, what: str) -> Iterator[PostgresServer]:
    """Run a server whose files, or whose write-ahead log alone, are on a disk."""
    server = PostgresServer(**{what: folder}, **_SERVER)  # type: ignore[arg-type]
    try:
        yield server
    finally:
        server.remove()


def test_s04_a_server_whose_disk_is_full_keeps_what_it_has_acknowledged(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    with (
        _small_disk() as folder,
        _server_on(folder, "data") as server,
        closing(open_store(server.empty_url(), tmp_path)) as store,
    ):

        def put(number: int) -> None:
            made = [document(f"{number}-{each}", text=story(number * 10 + each)) for each in range(10)]
            save(store, *made)
            acknowledged.extend(each.id for each in made)

        put(0)
        _fill(folder, 0.0)
        with pytest.raises(StoreError, match="the disk is full: make room, nothing that was acknowledged"):
            any(map(put, count(1)))
        read = [each.document.id for each in store.stream(Query(), now=NOON)]
        assert read[: len(acknowledged)] == acknowledged
        (folder / "filler").unlink()
        put(1000)
        assert set(acknowledged) <= {each.document.id for each in store.stream(Query(), now=NOON)}
        assert store.check() == []


@dataclass(frozen=True)
class Disk:
    """What is to be filled, where newswire stores, and a server that may have to be started again."""

    folder: Path
    data: Path
    url: str | None = None
    server: PostgresServer | None = None
    #: records of an import; a server writes over old pieces of its log, and notices late that it has no room
    much: int = 60

    def has_ended(self) -> bool:
        """Say whether a server has ended itself for want of room."""
        return self.server is not None and not self.server.is_running()

    def free(self) -> None:
        """Make room; a server that has ended itself is started, as by whoever looks after it."""
        (self.folder / "filler").unlink()
        if self.server and self.has_ended():
            self.server.stop()
            self.server.start()


@pytest.fixture(params=["sqlite", "data", "log"])
def disk(request: pytest.FixtureRequest, tmp_path: Path, size: Size) -> Iterator[Disk]:
    """A small disk, with the data directory on it, or a server's files, or its write-ahead log."""
    if not size.full:
        pytest.skip("in `make chaos` only: it takes a minute")
    with _small_disk() as folder:
        if request.param == "sqlite":
            yield Disk(folder, folder / "data")
            return
        with _server_on(folder, request.param) as server:
            much = 300 if request.param == "log" else 60
            yield Disk(folder, tmp_path / "data", server.empty_url(), server, much)


@pytest.mark.timeout(900)
def test_a_full_disk_costs_nothing_that_was_accepted(disk: Disk, tmp_path: Path) -> None:
    dice, data, wire = random.Random(5), disk.data, tmp_path / "wire"
    wire.mkdir()
    feeds = f"feeds: [{{id: drop, directory: {wire}, interval: 1s}}]\n"
    storage = {"storage": {"url": disk.url}} if disk.url else {}
    config = write_config(tmp_path / "config", feeds, topics=False, **storage)
    accepted: set[str] = set()
    back: list[float] = []
    felt = ended = 0
    with Service(data, config) as service:
        wait_for(lambda: _ready(service))
        for fault in range(10 if disk.server is None else 5):
            accepted |= _import(tmp_path, data, config, fault * 10_000, 60)
            accepted |= _drop(wire, 500_000 + fault * 10)
            _fill(disk.folder, dice.uniform(0.0, 1.0))
            before = len(_stored(disk))
            # What an import said it took in counts, full disk or not.
            for piece in range(1, 10):
                more = _import(tmp_path, data, config, fault * 10_000 + piece * 500, disk.much)
                accepted |= more
                if not more:
                    felt += 1
                    break
            accepted |= _drop(wire, 500_005 + fault * 10)
            time.sleep(dice.uniform(0.0, 4.0))
            # Reads go on; of a server, once it is up again, or it has ended itself.
            wait_for(lambda before=before: disk.has_ended() or len(_stored(disk)) >= before)
            ended += disk.has_ended()
            disk.free()
            freed = time.monotonic()
            _wait_for_all(disk, accepted)
            wait_for(lambda: _ready(service), seconds=_PATIENCE_S)
            back.append(time.monotonic() - freed)
        service.stop()
    guids = Counter(each["guid"] for each in exported(data, config))
    assert set(guids) >= accepted
    assert max(guids.values()) == 1
    with closing(open_store(disk.url, data)) as store:
        assert store.quarantine_list() == []
        assert store.check() == []
    print(f"\n{len(back)} times full, {len(accepted)} accepted, lost 0, twice 0;")
    print(f"{felt} times an import was refused, {ended} times the server ended itself;")
    print(f"all stored {max(back):.1f} s after there was room at the latest")
    assert max(back) <= _BACK_S
    assert felt


def _stored(disk: Disk) -> set[str]:
    """Read the guids of all that is stored; nothing while nobody answers."""
    try:
        with closing(open_store(disk.url, disk.data)) as store:
            return {each.document.guid or "" for each in store.stream(Query(), now=datetime.now(UTC))}
    except StoreError:
        return set()


def _wait_for_all(disk: Disk, accepted: set[str]) -> None:
    wait_for(lambda: accepted <= _stored(disk), seconds=_PATIENCE_S, every=0.5)


def _import(folder: Path, data: Path, config: Path, start: int, much: int) -> set[str]:
    """Import records; returns those that the command said it took in."""
    records = write_records(folder / f"{start}.jsonl", much, start=start)
    taken = run("import", str(records), data=data, config=config)
    return {f"story-{number}" for number in range(start, start + much)} if taken.returncode == 0 else set()


def _drop(wire: Path, number: int) -> set[str]:
    """Put a file where the service looks; it stays there, so it is accepted in the end."""
    write_records(wire / f"{number}.tmp", 1, start=number, text=story).rename(wire / f"{number}.jsonl")
    return {f"story-{number}"}


def _fill(disk: Path, after_s: float) -> None:
    """Fill the disk to the last byte."""
    time.sleep(after_s)
    with (disk / "filler").open("wb", buffering=0) as filler:
        while os.statvfs(disk).f_bavail:  # a server that tidies up makes room
            for piece in (1 << 20, 4096, 1):
                with suppress(OSError):
                    while filler.write(b"\0" * piece):
                        pass


def _ready(service: Service) -> bool:
    port = json.loads((service.config / "newswire.yaml").read_text())["web"]["port"]
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
