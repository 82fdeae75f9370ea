"""The image itself, where a container engine is: `make test-image` builds it and runs these."""

import json
import os
import subprocess
import time
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from running import wait_for

ROOT = Path(__file__).parents[2]
#: the tag of an image that has been built
IMAGE = "NEWSWIRE_TEST_IMAGE"
#: as in docs/deploy.md; without a network, as nothing is to be downloaded
CONFINED = [
    "--init", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
    "--network", "none",
]  # fmt: skip
#: who a process is, what it may, what it could write to, and tools that only building needs
LOOK = """
grep -h -E '^(Uid|CapEff|CapBnd|NoNewPrivs)' /proc/self/status
for place in / /opt/newswire /etc /usr/local /home; do [ ! -w $place ] || echo "writable $place"; done
for name in gcc cc c++ make git; do ! command -v $name || echo "installed $name"; done
[ ! -e /opt/newswire/bin/pip ] || echo "installed pip"
"""
SIGNAL_PAGE = """
import os, pathlib, signal, sys
for each in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    if each.read_bytes().split(b"\\0")[2:5] == [b"-m", b"pipeline.cli", b"web"]:
        os.kill(int(each.parent.name), signal.Signals[sys.argv[1]])
"""

pytestmark = pytest.mark.timeout(240)  # the whole service with its models, and a machine that is busy


def _engine(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    name = os.environ.get("NEWSWIRE_TEST_ENGINE", "docker")
    return subprocess.run([name, *words], capture_output=True, text=True, check=check)


@pytest.fixture(scope="module")
def image() -> str:
    tag = os.environ.get(IMAGE)
    if not tag:
        pytest.skip(f"{IMAGE} names no image: `make test-image` builds one, where a container engine is")
    return tag


@pytest.fixture(scope="module")
def container(image: str) -> Iterator[str]:
    """The whole service in a container, until its first documents are found."""
    name = f"newswire-test-{uuid.uuid4().hex[:8]}"
    _engine("run", "--detach", "--name", name, "--volume", f"{name}:/data", *CONFINED, image)
    try:
        wait_for(lambda: "Afghan" in _newswire(name, "search", "kandahar"), seconds=120)
        yield name
    finally:
        _engine("rm", "--force", name, check=False)
        _engine("volume", "rm", name, check=False)


def _newswire(container: str, *words: str) -> str:
    return _engine("exec", container, "newswire", *words, check=False).stdout


def _inspected(name: str) -> dict[str, Any]:
    return dict(json.loads(_engine("inspect", name).stdout)[0])


def test_the_image_says_what_it_is(image: str) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    config = _inspected(image)["Config"]
    assert config["Labels"]["org.opencontainers.image.version"] == version
    assert config["User"] == "10001:10001"


def test_a_container_may_nothing_and_holds_no_tools(container: str) -> None:
    said = _engine("exec", container, "sh", "-c", LOOK, check=False).stdout.splitlines()
    assert said == [
        "Uid:\t10001\t10001\t10001\t10001",
        "CapEff:\t0000000000000000",
        "CapBnd:\t0000000000000000",
        "NoNewPrivs:\t1",
    ]


def test_models_and_gazetteer_are_in_it(container: str) -> None:
    lines = _newswire(container, "doctor").splitlines()
    assert [line for line in lines if not line.startswith("ok ")] == []
    assert any("gazetteer: /opt/newswire/" in line for line in lines)
    assert any("models: for en, fr" in line for line in lines)
    wait_for(
        lambda: any(json.loads(line)["people"] for line in _newswire(container, "export").splitlines()),
        seconds=60,
    )


def test_a_hung_page_is_unhealthy(container: str) -> None:
    check = _inspected(container)["Config"]["Healthcheck"]["Test"][1:]
    assert _engine("exec", container, *check, check=False).returncode == 0
    _engine("exec", container, "python", "-c", SIGNAL_PAGE, "SIGSTOP")
    assert _engine("exec", container, *check, check=False).returncode != 0
    _engine("exec", container, "python", "-c", SIGNAL_PAGE, "SIGCONT")
    wait_for(lambda: _engine("exec", container, *check, check=False).returncode == 0, seconds=20)


def test_it_stops_in_order_and_keeps_what_it_has(container: str) -> None:
    before = json.loads(_newswire(container, "status", "--json"))["documents"]
    began = time.monotonic()
    _engine("stop", "--time", "30", container)
    assert time.monotonic() - began < 20
    assert _inspected(container)["State"]["ExitCode"] == 0
    _engine("start", container)
    wait_for(lambda: '"documents"' in _newswire(container, "status", "--json"), seconds=60)
    assert json.loads(_newswire(container, "status", "--json"))["documents"] == before
