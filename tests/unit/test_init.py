"""What `init` writes: the files that newswire comes with, never those that are in use."""

import subprocess
from pathlib import Path

import pytest

from pipeline.cli import config
from pipeline.cli.context import AppContext

ROOT = Path(__file__).parents[2]
NAMES = ("newswire.yaml", "feeds.yaml")


def test_the_feeds_in_use_are_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used = tmp_path / "used"
    (used / "samples").mkdir(parents=True)
    (used / "feeds.yaml").write_text(
        "feeds:\n  - {url: 'https://a.example/', auth: {kind: bearer, token: s3same}}\n"
    )
    monkeypatch.setattr(config, "shipped_config_dir", lambda: used)
    config.init_command(AppContext(env={}), tmp_path / "new")
    for name in NAMES:
        assert (tmp_path / "new" / name).read_bytes() == (ROOT / "pipeline" / "starting" / name).read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_checkout_begins_as_init_does(name: str) -> None:
    shipped = (ROOT / "config" / name).read_bytes()
    starting = (ROOT / "pipeline" / "starting" / name).read_bytes()
    committed = subprocess.run(
        ["git", "-C", ROOT, "show", f"HEAD:config/{name}"], capture_output=True, check=False
    )
    # The README has people add feeds to ./config: what is shipped is what was committed.
    assert (committed.stdout if committed.returncode == 0 else shipped) == starting
