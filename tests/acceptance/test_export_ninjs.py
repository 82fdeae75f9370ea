"""The shipped samples, exported: as ninjs 3.1 that a validator of others accepts, and as a table."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.publish.csv import COLUMNS
from pipeline.publish.export import FORMS
from running import exported, run, write_config

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "tests/data/ninjs/ninjs-schema_3.1.json"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_config(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory, config: Path) -> Path:
    """A data directory with all samples in it."""
    data = tmp_path_factory.mktemp("data")
    result = run("import", str(ROOT / "config/samples"), "--wait", data=data, config=config)
    assert result.returncode == 0, result.stderr
    return data


def test_every_sample_is_one_line_of_valid_ninjs(samples: Path, config: Path, tmp_path: Path) -> None:
    result = run("export", "--format", "ninjs", data=samples, config=config)
    documents = exported(samples, config)
    files = []
    for number, line in enumerate(result.stdout.splitlines()):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(line)
    check = Path(sys.executable).with_name("check-jsonschema")
    verdict = subprocess.run(
        [check, "--schemafile", SCHEMA, *files], capture_output=True, text=True, timeout=60, check=False
    )

    assert (result.returncode, result.stderr) == (0, "")
    assert len(files) >= 14
    assert [json.loads(file.read_text())["uri"] for file in files] == [each["uri"] for each in documents]
    assert (verdict.returncode, verdict.stderr) == (0, ""), verdict.stdout


def test_an_export_as_ninjs_takes_a_query(samples: Path, config: Path) -> None:
    result = run("export", "--format", "ninjs", "--where", "lang:fr", data=samples, config=config)
    found = [json.loads(line) for line in result.stdout.splitlines()]

    assert found
    assert {each["language"][:2] for each in found} == {"fr"}


def test_the_table_has_a_row_for_every_document(samples: Path, config: Path, tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    result = run("export", "--format", "csv", "--out", str(out), data=samples, config=config)
    piped = run("export", "--format", "csv", data=samples, config=config)
    documents = exported(samples, config)
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert result.stderr == f"{len(documents)} documents written to {out}\n"
    assert [row["id"] for row in rows] == [each["id"] for each in documents]
    assert len(out.read_bytes().splitlines()) == len(documents) + 1
    assert piped.stdout.splitlines() == out.read_text(encoding="utf-8").splitlines()


def test_the_page_names_every_column_and_form() -> None:
    page = (ROOT / "docs/formats/ninjs-export.md").read_text()

    assert [name for name in COLUMNS if f"`{name}`" not in page] == []
    assert [name for name in FORMS if f"--format {name}" not in page] == []
