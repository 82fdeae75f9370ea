"""Documents that can fail do not rot: commands, links and files they name are there."""

import re
import subprocess
from pathlib import Path

import pytest

from running import NEWSWIRE

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


def _help(*words: str) -> str:
    result = subprocess.run([NEWSWIRE, *words, "--help"], capture_output=True, text=True, check=True)
    return result.stdout


def _commands(text: str) -> list[str]:
    listed = text.partition("Commands:")[2]
    return re.findall(r"^  ([a-z-]+)", listed, re.MULTILINE)


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    commands = _commands(_help())
    assert "run" in commands
    for command in commands:
        assert re.search(rf"`{command}[ `]", readme), f"README.md does not mention `{command}`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_files_named_in_the_readme_exist() -> None:
    for name in re.findall(r"`((?:pipeline|workers|config|docs)/[\w/.]+)`", (ROOT / "README.md").read_text()):
        assert (ROOT / name).exists(), f"README.md names {name}"
