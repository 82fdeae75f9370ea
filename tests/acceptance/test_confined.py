"""V7: the whole service as in the container: not root, a root that cannot be written to, no capabilities."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import confined
from running import story, write_config

ROOT = Path(__file__).parents[2]
SHAPE = ROOT / "tests" / "data" / "tag" / "shape-en.txt"

pytestmark = pytest.mark.timeout(240)  # the whole service with its models, and a machine that is busy


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a day of the service tells (tests/confined_day.py): run, import, poll, search, export, stop."""
    if reason := confined.why_not():
        pytest.skip(reason)
    place = tmp_path_factory.mktemp("confined")
    wire = place / "config" / "wire"
    config = write_config(
        place / "config",
        "feeds:\n  - {directory: wire, provider: Invented Wire, interval: 1s}\n",
        ner=True,
        workers={"wire": 1},
    )
    wire.mkdir()
    (wire / "polled.txt").write_text(f"PORT EXAMPLE, Nov 2 (Invented Wire) - {story(1000)}\n")
    (place / "data").mkdir()
    check = json.dumps(_health_check((ROOT / "Dockerfile").read_text(), config))
    words = ["python", str(ROOT / "tests" / "confined_day.py"), check, str(SHAPE)]
    done = confined.confined(words, data=place / "data", config=config)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return dict(json.loads(done.stdout))


def _health_check(dockerfile: str, config: Path) -> list[str]:
    """Read the image's own health check, and have it ask at the port of the test."""
    port = json.loads((config / "newswire.yaml").read_text())["web"]["port"]
    found = re.search(r"^HEALTHCHECK .*\\\n +CMD (\[.*\])$", dockerfile, re.MULTILINE)
    assert found
    return ["env", f"NEWSWIRE_WEB__PORT={port}", *json.loads(found[1])]


def test_v7_what_is_imported_and_polled_is_stored_and_found(told: dict[str, Any]) -> None:
    assert told["import"]["code"] == 0, told["import"]["error"]
    texts = [document["body_text"] for document in told["documents"]]
    assert len(texts) == 22
    assert any("plan number 1000." in text for text in texts)
    assert len(told["search"]["out"].splitlines()) == 21


def test_v7_the_models_find_people_with_nothing_downloaded(told: dict[str, Any]) -> None:
    assert any(document["people"] for document in told["documents"])
    assert "ner_unavailable" not in told["log"]


def test_v7_no_process_is_root_or_could_become_it(told: dict[str, Any]) -> None:
    ours = [each for each in told["processes"].values() if "pipeline.cli" in each["command"]]
    assert len(ours) >= 6
    for each in told["processes"].values():
        assert set(each["Uid"].split()) == {str(confined.UID)}, each
        assert {each["CapPrm"], each["CapEff"]} == {"0" * 16}, each
        assert each["NoNewPrivs"] == "1", each


def test_v7_nothing_but_the_data_directory_and_a_tmpfs_can_be_written(told: dict[str, Any]) -> None:
    assert told["written"] == []


def test_v7_it_stops_in_order_and_leaves_no_process(told: dict[str, Any]) -> None:
    assert told["exit"] == 0, told["log"]
    assert told["stopped_s"] < 15
    assert told["left"] == []


def test_v7_all_that_was_done_needed_no_memory_to_write_and_execute(told: dict[str, Any]) -> None:
    """The units ask for MemoryDenyWriteExecute; the kernel refused such memory to the whole day."""
    if not told["no_executable_memory"]:
        pytest.skip("this kernel cannot refuse executable memory (6.3 can)")
    assert told["exit"] == 0
