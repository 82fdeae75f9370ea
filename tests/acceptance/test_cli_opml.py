"""feeds import-opml and export-opml, by the installed command."""

import os
import subprocess
from pathlib import Path

import pytest

from running import PATIENCE, command

SHARED = Path(__file__).parents[3] / "shared" / "data" / "feeds" / "opml"
FEEDS = """\
# The night desk's sources
feeds:
  - url: https://wire.example/rss   # the agency
    auth: {kind: bearer, token: opensesame}
  - url: https://paid.example/rss?api_key=sesame
    id: paid
  - directory: inbox
"""
LIST = """<opml version="2.0"><body>
<outline text="World"><outline text="Late desk">
<outline text="Harbour" xmlUrl="https://harbour.example/rss"/>
<outline text="Harbour again" xmlUrl="https://harbour.example/rss"/></outline></outline>
<outline text="Known" xmlUrl="https://wire.example/rss"/>
<outline text="Wrong" xmlUrl="feed:nothing"/>
<outline text="Secret" xmlUrl="https://me:opensesame@a.example/"/>
</body></opml>"""


def newswire(*words: str, config: Path, sent: str | None = None) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NEWSWIRE_")}
    return subprocess.run(
        [*command(), "feeds", *words, "--config", str(config)],
        env=clean,
        input=sent,
        capture_output=True,
        text=True,
        timeout=60 * PATIENCE,
        check=False,
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "feeds.yaml").write_text(FEEDS)
    return tmp_path


def test_a_list_is_added_and_every_line_kept(config: Path) -> None:
    done = newswire("import-opml", "-", config=config, sent=LIST)
    assert done.returncode == 1  # two of it are no feeds
    assert (config / "feeds.yaml").read_text() == (
        FEEDS + '  - url: https://harbour.example/rss\n    tags: [World, "Late desk"]\n'
    )
    assert done.stdout == f"added 1 to {config}/feeds.yaml; 2 known before\n"
    wrong, secret, last = done.stderr.splitlines()
    assert wrong.startswith("feed:nothing: should be a URL")
    assert "holds a user and password" in secret
    assert last == "newswire: 2 of the list were left out"
    assert "opensesame" not in done.stderr


def test_a_list_that_is_none_changes_nothing(config: Path) -> None:
    done = newswire("import-opml", "-", config=config, sent="<html></html>")
    assert (done.returncode, done.stderr) == (1, "newswire: this is no OPML\n")
    assert newswire("import-opml", str(config / "nowhere"), config=config).returncode == 1
    assert (config / "feeds.yaml").read_text() == FEEDS


def test_what_is_exported_is_imported_elsewhere_without_secrets(config: Path, tmp_path: Path) -> None:
    newswire("import-opml", "-", config=config, sent=LIST)
    out = tmp_path / "out.opml"
    done = newswire("export-opml", "--out", str(out), config=config)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "left out, as their URL holds a secret: paid\n"
    assert "sesame" not in out.read_text()
    other = tmp_path / "other"
    other.mkdir()
    (other / "feeds.yaml").write_text("")
    assert newswire("import-opml", str(out), config=other).returncode == 0
    text = (other / "feeds.yaml").read_text()
    assert "- url: https://wire.example/rss\n" in text
    assert '- url: https://harbour.example/rss\n    tags: [World, "Late desk"]\n' in text
    again = newswire("export-opml", config=other)
    assert newswire("import-opml", "-", config=other, sent=again.stdout).stdout.startswith("added 0 ")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collected lists are not part of the repository")
def test_collected_lists_are_imported_without_error(tmp_path: Path) -> None:
    for path in sorted(SHARED.glob("*.opml")):
        (tmp_path / "feeds.yaml").write_text("")
        done = newswire("import-opml", str(path), config=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), path.name
        assert not done.stdout.startswith("added 0 ")
