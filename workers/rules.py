"""All rule files of a configuration, read to see whether they are right, without gazetteer and models."""

from pathlib import Path

from workers.dedupe.story_rules import load_story_rules
from workers.tag.gazetteer.lists import Lists
from workers.tag.tagger import load_rules


def check_rules(config_dir: Path) -> None:
    """Read every rule file; what the configuration does not have is taken as it is shipped.

    Raises:
        ConfigError: One is wrong; with file, line, column, and what is wrong.
    """
    load_rules(config_dir)
    Lists(config_dir)
    load_story_rules(config_dir)
