"""Who owns a data directory, also when the owner is killed."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.service.lock import DataDirectoryTakenError, own, owner_of

HOLD = """
import sys, time
from pathlib import Path
from pipeline.service.lock import own
with own(Path(sys.argv[1]), command="run", queue_url="unix:///q"):
    print("mine", flush=True)
    time.sleep(60)
"""


def _holder(data: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(data)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "mine\n"
    return process


def test_nobody_owns_what_is_not_there(tmp_path: Path) -> None:
    assert owner_of(tmp_path / "none") is None


def test_the_owner_is_found_and_a_second_one_refused(tmp_path: Path) -> None:
    with _holder(tmp_path) as process:
        owner = owner_of(tmp_path)
        assert (owner.pid, owner.command, owner.queue_url) == (process.pid, "run", "unix:///q")
        with (
            pytest.raises(DataDirectoryTakenError, match=f"newswire run.*{process.pid}"),
            own(tmp_path, command="work", queue_url="unix:///q", patience_s=0.1),
        ):
            pass
        process.kill()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://desk:s%40same@h:1/2?db=3", "redis://h:1/2?db=3"),
        ("rediss://:sesame@h", "rediss://h"),
        ("unix:///q?password=sesame&username=desk", "unix:///q"),
        ("redis+sentinel://u:sesame@a,b/wire?sentinel_password=sesame", "redis+sentinel://a,b/wire"),
        ("rediss://h/0?ssl_password=sesame&ssl_ca_certs=%2Fa", "rediss://h/0?ssl_ca_certs=%2Fa"),
    ],
)
def test_the_lock_tells_nobody_s_password(tmp_path: Path, url: str, shown: str) -> None:
    with own(tmp_path, command="run", queue_url=url):
        assert (found := owner_of(tmp_path)) is not None
        assert found.queue_url == shown
        assert "same" not in (tmp_path / "service.lock").read_text()


def test_a_killed_owner_owns_nothing(tmp_path: Path) -> None:
    with _holder(tmp_path) as process:
        process.kill()
        process.wait()
        assert owner_of(tmp_path) is None
        with own(tmp_path, command="run", queue_url="unix:///q"):
            pass


def test_looking_does_not_keep_a_new_owner_out(tmp_path: Path) -> None:
    with own(tmp_path, command="run", queue_url="unix:///q"):
        pass
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline:
        assert owner_of(tmp_path) is None
    with own(tmp_path, command="run", queue_url="unix:///q"):
        pass
