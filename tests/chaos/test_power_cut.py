"""A power cut loses nothing that was acknowledged: neither what was taken in, nor a document seen stored."""

import os
import random
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from fault_size import Size, preloaded
from running import Service, exported, processes_of, run, stored, wait_for, write_records


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The preloaded model of a disk that forgets what was not synced."""
    return preloaded("power_cut.c", tmp_path_factory.mktemp("shim"))


#: records of one import, and cuts of one data directory in a row
_RECORDS, _ROW = 100, 20


@pytest.mark.timeout(3600)
def test_a_power_cut_loses_nothing_that_was_acknowledged(
    shim: Path, tmp_path: Path, config: Path, size: Size
) -> None:
    dice = random.Random(11)
    for row in range(0, size.cuts, _ROW):
        _cut_in_a_row(tmp_path / f"row-{row}", config, shim, min(_ROW, size.cuts - row), dice)
    print(f"\n{size.cuts} power cuts, each soon after {_RECORDS} entries were accepted: lost 0, twice 0")


def _cut_in_a_row(place: Path, config: Path, shim: Path, cuts: int, dice: random.Random) -> None:
    """Import and cut the power, again and again: what a cut leaves is what the next service starts on."""
    data, seen = place / "0", set[str]()
    data.mkdir(parents=True)
    for cut in range(cuts + 1):
        shadow = place / f"{cut}-synced"
        shutil.copytree(data, shadow)
        env = {"LD_PRELOAD": str(shim), "POWER_ROOT": str(data), "POWER_SHADOW": str(shadow)}
        with Service(data, config, env=env) as service:
            wait_for(lambda service=service: service.pids("worker"))
            _all_there(data, config, cut * _RECORDS, seen)
            if cut == cuts:
                break
            records = write_records(place / "records.jsonl", _RECORDS, start=cut * _RECORDS)
            taken = run("import", str(records), data=data, config=config, env=env)
            assert taken.returncode == 0, taken.stderr
            time.sleep(dice.uniform(0.0, 1.0))
            seen |= {document["id"] for document in exported(data, config)}
            for pid in processes_of(data):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for partial in shadow.rglob("*.partial-*"):
            partial.unlink()
        shutil.rmtree(data)
        data = shadow
    shutil.rmtree(place)


def _all_there(data: Path, config: Path, count: int, seen: set[str]) -> None:
    wait_for(lambda: stored(data) == count, seconds=60, every=0.3)
    documents = exported(data, config)
    assert seen <= {document["id"] for document in documents}
    assert len({document["guid"] for document in documents}) == len(documents) == count
    if count:
        check = run("db", "check", data=data, config=config)
        assert check.returncode == 0, check.stdout
