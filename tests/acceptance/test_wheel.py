"""The built wheel, beside nothing but the locked dependencies, is the whole product, samples included."""

import json
import os
import re
import subprocess
import sys
import venv
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from workers.tag.gazetteer.ready import ready_gazetteer

ROOT = Path(__file__).parents[2]
_LOCKED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[\w,-]*\])?==", re.MULTILINE)
_GAZETTEER = Path("share") / "newswire"


@pytest.fixture(scope="module")
def newswire(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it beside what the lock names, and nothing else that is installed here."""
    place = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", place, ROOT], check=True)
    (wheel,) = place.glob("newswire-*.whl")
    venv.create(place / "empty", symlinks=True)
    python = place / "empty" / "bin" / "python"
    there = [*pip, "--python", python]
    # `make setup` has installed them by their hashes: links to their files are the same once more.
    for name in _LOCKED.findall((ROOT / "requirements.lock").read_text()):
        with suppress(PackageNotFoundError):  # for another system or Python; `pip check` misses what is not
            _link(name, python)
    subprocess.run([*there, "install", "--no-deps", wheel], check=True)
    subprocess.run([*there, "check"], check=True)
    return python.with_name("newswire")


def _link(name: str, python: Path) -> None:
    found = distribution(name)
    for file in found.files or ():
        source = Path(str(found.locate_file(file))).resolve()
        target = python.parents[1] / source.relative_to(Path(sys.prefix).resolve())
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.exists() and not target.exists():
            os.link(source, target)


@pytest.mark.timeout(300)
def test_init_and_inspect_work_from_the_wheel(newswire: Path, tmp_path: Path) -> None:
    ready_gazetteer()
    lists = newswire.parents[1] / _GAZETTEER
    lists.mkdir(parents=True)
    compiled = {path.name for path in (Path(sys.prefix) / _GAZETTEER).iterdir()}
    for name in compiled:
        os.link(Path(sys.prefix) / _GAZETTEER / name, lists / name)
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
    # It holds all that a gazetteer is compiled from as it is here: else it would have compiled another.
    assert {path.name for path in lists.iterdir()} == compiled
