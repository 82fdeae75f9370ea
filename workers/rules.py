"""All rule files of a configuration, read to see whether they are right, without gazetteer and models."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.config.words import suggest
from pipeline.errors import ConfigError
from workers.dedupe.story_rules import load_story_rules
from workers.tag.gazetteer.lists import Lists
from workers.tag.tagger import load_rules


def check_rules(config_dir: Path, beats: Iterable[str] = ()) -> None:
    """Read every rule file; what the configuration does not have is taken as it is shipped.

    Args:
        config_dir: Holds the files.
        beats: Ids of beats that the settings name.

    Raises:
        ConfigError: One is wrong; with file, line, column, and what is wrong.
    """
    rules = load_rules(config_dir)
    Lists(config_dir)
    load_story_rules(config_dir)
    known = [each.id for each in rules.beats.beats]
    for each in beats:
        if each not in known:
            meant = suggest(each, known)
            hint = f' (did you mean "{meant}"?)' if meant else ""
            raise ConfigError(f"retention.beat_days: there is no beat {each!r}{hint}")
