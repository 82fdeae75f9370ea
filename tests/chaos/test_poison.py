"""One entry that does harm, among good ones: they are done, it is set aside with its cause."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from running import FAULTS, Service, exported, run, stored, story, wait_for, write_config, write_records

CAUSES = {
    "HARM-RAISE": "ZeroDivisionError",
    "HARM-SEGFAULT": "SIGSEGV",
    "HARM-LOOP": "hung",
    "HARM-MEMORY": "MemoryError",
    "HARM-EXIT": "SystemExit",
}

BATCH = 64
#: in its batch
WHERE = 31


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Workers in which some texts do harm."""
    folder = tmp_path_factory.mktemp("poison")
    config = write_config(folder / "config", topics=False, workers={"batch_timeout_s": 5})
    faults = {"PYTHONPATH": str(FAULTS)}
    with Service(folder / "data", config, command=("work",), env=faults) as running:
        wait_for(lambda: running.pids("worker"))
        yield running
        running.stop()


@pytest.fixture(scope="module")
def outcome(service: Service) -> dict[str, dict[str, object]]:
    """Import five batches of 64, each with one that does harm; gives what is set aside, by its guid."""
    data, config, folder = service.data, service.config, service.data.parent / "in"
    for n, harm in enumerate(CAUSES):
        first = n * BATCH
        write_records(folder / f"{harm}.jsonl", BATCH, start=first, text=_with(harm, first + WHERE))
    for file in sorted(folder.iterdir()):
        taken = run("import", str(file), data=data, config=config)
        assert taken.returncode == 0, taken.stderr
    wait_for(lambda: stored(data) == 63 * len(CAUSES), seconds=100, every=0.5)
    assert len(exported(data, config)) == 63 * len(CAUSES)

    def quarantined() -> list[dict[str, object]]:
        result = run("quarantine", "list", "--json", data=data, config=config)
        found = [json.loads(line) for line in result.stdout.splitlines()]
        return found if len(found) == len(CAUSES) else []

    return {str(each["guid"]): each for each in wait_for(quarantined, seconds=100, every=0.5)}


def _with(harm: str, where: int) -> Callable[[int], str]:
    return lambda n: story(n) + (f" {harm}" if n == where else "")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("harm", CAUSES)
def test_63_good_entries_are_stored_and_the_harmful_one_is_quarantined(
    harm: str, outcome: dict[str, dict[str, object]]
) -> None:
    poison = outcome[f"story-{list(CAUSES).index(harm) * BATCH + WHERE}"]
    assert poison["reason"] == "crashed"
    assert CAUSES[harm] in str(poison["detail"])
    assert poison["attempts"] == 3


@pytest.mark.timeout(240)
def test_a_document_that_kills_the_keeper_is_set_aside_and_all_others_are_told(
    service: Service, tmp_path: Path
) -> None:
    first = BATCH * len(CAUSES)
    records = write_records(
        tmp_path / "batch.jsonl",
        8,
        start=first,
        text=lambda n: story(n) + (" TOLD-HARM-SEGFAULT" if n == first + 3 else ""),
    )
    taken = run("import", str(records), data=service.data, config=service.config)
    assert taken.returncode == 0, taken.stderr
    ours = {f"story-{first + n}" for n in range(8)}

    def told() -> bool:
        found = [each for each in exported(service.data, service.config) if each["guid"] in ours]
        return len(found) == 8 and all(each["story_id"] for each in found)

    wait_for(told, seconds=120, every=0.5)
    (aside,) = (each for each in service.events() if each["event"] == "story_set_aside")
    assert aside["attempts"] == 4
