"""A document that does harm where people are looked for: it is left as it is, and the others are enriched."""

from pathlib import Path

import pytest

from running import FAULTS, Service, exported, run, wait_for, write_config, write_records

STORY = (
    "PORT ELLERY, May 3 (Harbour Press) - Mayor Ann Sample opened the bridge. Ann Sample smiled. Number {}."
)


@pytest.mark.parametrize("harm", ["HARM-RAISE", "HARM-SEGFAULT"])
def test_one_document_that_crashes_three_times_is_left_unenriched(harm: str, tmp_path: Path) -> None:
    config = write_config(tmp_path / "config", ner=True)
    records = write_records(
        tmp_path / "batch.jsonl", 12, text=lambda n: STORY.format(n) + (f" LATER-{harm}" if n == 7 else "")
    )
    data = tmp_path / "data"
    with Service(data, config, env={"PYTHONPATH": str(FAULTS)}) as service:
        wait_for(lambda: service.pids("worker"))
        assert run("import", str(records), data=data, config=config).returncode == 0

        def given_up() -> bool:
            counts = {(each["name"], each["label"]): each["value"] for each in service.status()["counts"]}
            return counts.get(("not_enriched", "crashed")) == 1 and counts.get(("enriched", "")) == 11

        wait_for(given_up, seconds=110, every=1)
        without = [each["guid"] for each in exported(data, config) if not each["people"]]
        assert without == ["story-7"]
        service.stop()
