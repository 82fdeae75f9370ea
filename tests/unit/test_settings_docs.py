"""Every setting and every key of a source is explained, with its default where it is a number."""

from pathlib import Path

import pytest

from pipeline.config.feeds import Listed
from pipeline.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
SECTIONS = ("storage", "queue", "fetch", "workers", "dedupe", "web", "retention", "log")
SETTINGS = [
    (f"{section}.{key}", value)
    for section in SECTIONS
    for key, value in getattr(Settings(config_dir=Path(), data_dir=Path()), section)
]


@pytest.mark.parametrize(("name", "default"), SETTINGS, ids=[name for name, _ in SETTINGS])
def test_a_setting_is_explained(name: str, default: object) -> None:
    [row] = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    if isinstance(default, int | float) and not name.endswith(("_s", "_bytes")):
        assert row.endswith(f"| {default} |")


@pytest.mark.parametrize("key", Listed.model_fields)
def test_a_key_of_a_source_is_explained(key: str) -> None:
    assert f"\n| `{key}` |" in PAGE
