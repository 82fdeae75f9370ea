"""A power cut loses nothing that was acknowledged: neither what was taken in, nor a document seen stored."""

import os
import random
import shutil
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from fault_size import Size, preloaded
from running import Service, exported, processes_of, run, stored, wait_for, write_records


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The preloaded model of a disk that forgets what was not synced."""
    return preloaded("power_cut.c", tmp_path_factory.mktemp("shim"))


@pytest.mark.timeout(3 * 3600)
def test_a_power_cut_loses_nothing_that_was_acknowledged(
    shim: Path, tmp_path: Path, config: Path, size: Size
) -> None:
    dice = random.Random(11)
    count = 200 if size.full else 100
    for cut in range(size.cuts):
        place = tmp_path / f"cut-{cut}"
        data, shadow = place / "data", place / "shadow"
        data.mkdir(parents=True)
        shadow.mkdir()
        env = {"LD_PRELOAD": str(shim), "POWER_ROOT": str(data), "POWER_SHADOW": str(shadow)}
        records = write_records(place / "records.jsonl", count)
        with Service(data, config, env=env) as service:
            wait_for(lambda service=service: service.pids("worker"))
            taken = run("import", str(records), data=data, config=config, env=env)
            assert taken.returncode == 0, taken.stderr
            time.sleep(dice.uniform(0.0, 1.0))
            seen = {document["id"] for document in exported(data, config)}
            for pid in processes_of(data):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for partial in shadow.rglob("*.partial-*"):
            partial.unlink()
        _after_the_cut(shadow, config, count, seen)
        shutil.rmtree(place)


def _after_the_cut(shadow: Path, config: Path, count: int, seen: set[str]) -> None:
    with Service(shadow, config) as service:
        wait_for(
            lambda: service.pids("worker")
        )  # all may be stored already: it must not be stopped in its start
        wait_for(lambda: stored(shadow) == count, seconds=60, every=0.3)
        service.stop()
    documents = exported(shadow, config)
    assert seen <= {document["id"] for document in documents}
    assert max(Counter(document["guid"] for document in documents).values()) == 1
    check = run("db", "check", data=shadow, config=config)
    assert check.returncode == 0, check.stdout
