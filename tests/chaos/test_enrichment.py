"""A document that does harm where people are looked for: it is left as it is, and the others are enriched."""

from pathlib import Path

import pytest

from running import FAULTS, Service, exported, run, wait_for, write_config, write_records

STORY = (
    "PORT ELLERY, May 3 (Harbour Press) - Mayor Ann Sample opened the bridge. Ann Sample smiled. Number {}."
)
#: the story that does harm → the harm
HARMS = {7: "HARM-RAISE", 16: "HARM-SEGFAULT"}
COUNT = 24


@pytest.mark.timeout(240)
def test_documents_that_crash_three_times_are_left_unenriched(tmp_path: Path) -> None:
    config, data = write_config(tmp_path / "config", ner=True), tmp_path / "data"

    def text(number: int) -> str:
        return STORY.format(number) + (f" LATER-{HARMS[number]}" if number in HARMS else "")

    records = write_records(tmp_path / "batch.jsonl", COUNT, text=text)
    with Service(data, config, command=("work",), env={"PYTHONPATH": str(FAULTS)}) as service:
        wait_for(lambda: service.pids("worker"))
        assert run("import", str(records), data=data, config=config).returncode == 0

        def given_up() -> bool:
            counts = {(each["name"], each["label"]): each["value"] for each in service.status()["counts"]}
            left = counts.get(("not_enriched", "crashed")) == len(HARMS)
            return left and counts.get(("enriched", "")) == COUNT - len(HARMS)

        wait_for(given_up, seconds=200, every=0.5)
        without = {each["guid"] for each in exported(data, config) if not each["people"]}
        assert without == {f"story-{number}" for number in HARMS}
        service.stop()
