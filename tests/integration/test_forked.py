"""A command in a forked process is the installed command: its words, its streams, its status, its end."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from forked import POSSIBLE, changes_python, run_client
from running import NEWSWIRE, wait_for

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="processes are waited for as Linux does it")

OPML = b'<opml version="2.0"><body><outline text="A" xmlUrl="https://a.example/"/></body></opml>'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "feeds.yaml").write_text("feeds:\n  - {url: 'https://${HOST}/', id: a}\n")
    return tmp_path


def _done(
    start: Sequence[str | Path], *words: str, place: Path, sent: bytes = b""
) -> tuple[int, bytes, bytes]:
    env = {**os.environ, "HOST": "wire.example"}
    done = subprocess.run(
        [*start, *words], cwd=place, env=env, input=sent, capture_output=True, timeout=60, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "words", [["feeds", "list"], ["feeds", "lst"], ["show", "nothing", "--data", "none"]], ids=" ".join
)
def test_it_says_and_ends_as_the_installed_one(place: Path, words: list[str]) -> None:
    forked = _done(run_client(), *words, place=place)
    assert forked == _done([NEWSWIRE], *words, place=place)
    assert forked[1] + forked[2]


def test_it_reads_standard_input_and_works_where_it_was_called(place: Path) -> None:
    (place / "config" / "feeds.yaml").write_text("feeds: []\n")
    status, _, error = _done(run_client(), "feeds", "import-opml", "-", place=place, sent=OPML)
    assert (status, b"Traceback" in error) == (0, False), error
    assert "https://a.example/" in (place / "config" / "feeds.yaml").read_text()


def test_it_ends_when_its_caller_is_killed(place: Path) -> None:
    (place / "config" / "feeds.yaml").unlink()
    os.mkfifo(place / "config" / "feeds.yaml")  # whoever reads it waits
    with subprocess.Popen([*run_client(), "feeds", "list", "--config", "config"], cwd=place) as process:
        writing = os.open(place / "config" / "feeds.yaml", os.O_WRONLY)  # opens when it is being read
        process.kill()

    def nobody_reads() -> bool:
        try:
            os.write(writing, b"\n")
        except BrokenPipeError:
            return True
        return False

    wait_for(nobody_reads, seconds=10, every=0.02)
    os.close(writing)


def test_what_changes_python_itself_is_started_truly() -> None:
    assert not changes_python({**os.environ, "NO_COLOR": "1"})
    assert changes_python({**os.environ, "PYTHONIOENCODING": "ascii"})
