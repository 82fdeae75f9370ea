"""One entry that does harm, among good ones: they are done, it is set aside with its cause."""

import json
import os
from pathlib import Path

import pytest

from running import FAULTS, Service, exported, run, story, wait_for, write_records

CAUSES = {
    "HARM-RAISE": "ZeroDivisionError",
    "HARM-SEGFAULT": "SIGSEGV",
    "HARM-LOOP": "hung",
    "HARM-MEMORY": "MemoryError",
    "HARM-EXIT": "SystemExit",
}


@pytest.mark.parametrize("harm", CAUSES)
def test_63_good_entries_are_stored_and_the_harmful_one_is_quarantined(
    harm: str, tmp_path: Path, config: Path
) -> None:
    records = write_records(
        tmp_path / "batch.jsonl", 64, text=lambda n: story(n) + (f" {harm}" if n == 31 else "")
    )
    data = tmp_path / "data"
    env = {"PYTHONPATH": str(FAULTS)}
    with Service(data, config, env=env) as service:
        wait_for(lambda: service.pids("worker"))
        taken = run("import", str(records), data=data, config=config, env=dict(os.environ))
        assert taken.returncode == 0, taken.stderr

        def good_ones_stored() -> bool:
            return len(exported(data, config)) == 63

        wait_for(good_ones_stored, seconds=60, every=0.5)

        def quarantined() -> list[dict[str, object]]:
            result = run("quarantine", "list", "--json", data=data, config=config)
            return [json.loads(line) for line in result.stdout.splitlines()]

        (poison,) = wait_for(quarantined, seconds=60, every=0.5)
        assert poison["reason"] == "crashed"
        assert CAUSES[harm] in str(poison["detail"])
        assert poison["attempts"] == 3
        assert poison["guid"] == "story-31"
        service.stop()


def test_a_document_that_kills_the_keeper_is_set_aside_and_all_others_are_told(
    tmp_path: Path, config: Path
) -> None:
    records = write_records(
        tmp_path / "batch.jsonl", 8, text=lambda n: story(n) + (" TOLD-HARM-SEGFAULT" if n == 3 else "")
    )
    data = tmp_path / "data"
    with Service(data, config, env={"PYTHONPATH": str(FAULTS)}) as service:
        wait_for(lambda: service.pids("worker"))
        taken = run("import", str(records), data=data, config=config, env=dict(os.environ))
        assert taken.returncode == 0, taken.stderr

        def told() -> bool:
            found = exported(data, config)
            return len(found) == 8 and all(each["story_id"] for each in found)

        wait_for(told, seconds=120, every=1)
        (aside,) = (each for each in service.events() if each["event"] == "story_set_aside")
        assert aside["attempts"] == 4
        service.stop()
