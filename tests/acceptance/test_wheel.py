"""The built wheel, installed into an empty environment, is the whole product, samples included."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def newswire(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it, with the locked dependencies, where nothing is installed."""
    place = tmp_path_factory.mktemp("wheel")
    quiet = ["-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, *quiet, "wheel", "--no-deps", "--no-build-isolation", "-w", place, ROOT], check=True
    )
    (wheel,) = place.glob("newswire-*.whl")
    venv.create(place / "empty", with_pip=True)
    python = place / "empty" / "bin" / "python"
    subprocess.run(
        [python, *quiet, "install", "--require-hashes", "-r", ROOT / "requirements.lock"], check=True
    )
    subprocess.run([python, *quiet, "install", "--no-deps", wheel], check=True)
    return python.with_name("newswire")


@pytest.mark.timeout(300)
def test_init_and_inspect_work_from_the_wheel(newswire: Path, tmp_path: Path) -> None:
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": os.environ.get("LANG", "C.UTF-8")}
    made = subprocess.run(
        [newswire, "init", "wire"], cwd=tmp_path, env=clean, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "wire" / "feeds.yaml").is_file()
    shown = subprocess.run(
        [newswire, "inspect", "wire/samples"],
        cwd=tmp_path,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    documents = [json.loads(line) for line in shown.stdout.splitlines()]
    assert {"en", "fr"} <= {document["language"] for document in documents}
