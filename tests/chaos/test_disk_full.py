"""The disk is full at random and freed again: nothing accepted is lost, reads go on, writes come back."""

import json
import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from fault_size import Size
from pipeline.ports.reading import Query
from pipeline.store.open import open_store
from running import Service, exported, run, story, wait_for, write_config, write_records

_DISK_MB = 64
#: after there is room again, everything works within; a machine with other work gets more time
_BACK_S = 30.0
_PATIENCE_S = 90.0


@pytest.fixture
def disk(tmp_path: Path, size: Size) -> Iterator[Path]:
    """A small disk of its own."""
    if not size.full:
        pytest.skip("in `make chaos` only: it takes a minute, and the right to mount a disk")
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m,mode=0700", "newswire-test", str(place)]
    try:
        made = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount command here: there is no small disk to fill")
    if made.returncode:
        pytest.skip(f"no small disk can be mounted here: {made.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.timeout(900)
def test_a_full_disk_costs_nothing_that_was_accepted(disk: Path, tmp_path: Path) -> None:
    dice, data, wire = random.Random(5), disk / "data", tmp_path / "wire"
    wire.mkdir()
    feeds = f"feeds: [{{id: drop, directory: {wire}, interval: 1s}}]\n"
    config = write_config(tmp_path / "config", feeds, topics=False)
    accepted: set[str] = set()
    back: list[float] = []
    with Service(data, config) as service:
        wait_for(lambda: _ready(service))
        for fault in range(10):
            accepted |= _import(tmp_path, data, config, fault * 1000, 60)
            accepted |= _drop(wire, 500_000 + fault * 10)
            _fill(disk, dice.uniform(0.0, 1.0))
            before = len(_stored(data))
            wait_for(lambda: not _ready(service))
            # What an import said it took in counts, full disk or not.
            accepted |= _import(tmp_path, data, config, fault * 1000 + 500, 60)
            accepted |= _drop(wire, 500_005 + fault * 10)
            time.sleep(dice.uniform(0.0, 4.0))
            assert len(exported(data, config)) >= before  # reads go on
            (disk / "filler").unlink()
            freed = time.monotonic()
            _wait_for_all(data, accepted)
            wait_for(lambda: _ready(service), seconds=_PATIENCE_S)
            back.append(time.monotonic() - freed)
        service.stop()
    guids = Counter(each["guid"] for each in exported(data, config))
    assert set(guids) >= accepted
    assert max(guids.values()) == 1
    with closing(open_store(None, data)) as store:
        assert store.quarantine_list() == []
        assert store.check() == []
    print(f"\n{len(back)} times full, {len(accepted)} accepted, lost 0, twice 0;")
    print(f"all stored {max(back):.1f} s after there was room at the latest")
    assert max(back) <= _BACK_S


def _stored(data: Path) -> set[str]:
    """Read the guids of all that is stored."""
    with closing(open_store(None, data)) as store:
        return {each.document.guid or "" for each in store.stream(Query(), now=datetime.now(UTC))}


def _wait_for_all(data: Path, accepted: set[str]) -> None:
    wait_for(lambda: accepted <= _stored(data), seconds=_PATIENCE_S, every=0.5)


def _import(folder: Path, data: Path, config: Path, start: int, count: int) -> set[str]:
    """Import records; returns those that the command said it took in."""
    records = write_records(folder / f"{start}.jsonl", count, start=start)
    taken = run("import", str(records), data=data, config=config)
    return {f"story-{number}" for number in range(start, start + count)} if taken.returncode == 0 else set()


def _drop(wire: Path, number: int) -> set[str]:
    """Put a file where the service looks; it stays there, so it is accepted in the end."""
    write_records(wire / f"{number}.tmp", 1, start=number, text=story).rename(wire / f"{number}.jsonl")
    return {f"story-{number}"}


def _fill(disk: Path, after_s: float) -> None:
    """Fill the disk to the last byte."""
    time.sleep(after_s)
    with (disk / "filler").open("wb", buffering=0) as filler:
        for piece in (1 << 20, 4096, 1):
            with suppress(OSError):
                while filler.write(b"\0" * piece):
                    pass
    assert not os.statvfs(disk).f_bavail


def _ready(service: Service) -> bool:
    port = json.loads((service.config / "newswire.yaml").read_text())["web"]["port"]
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
