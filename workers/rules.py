"""All rule files of a configuration, read to see whether they are right, without gazetteer and models."""

from pathlib import Path

from workers.dedupe.story_rules import load_story_rules
from workers.tag.beats import load_beats
from workers.tag.known import load_known
from workers.tag.sendercodes import load_sender_codes
from workers.tag.topics import load_topics


def check_rules(config_dir: Path) -> None:
    """Read every rule file; what the configuration does not have is taken as it is shipped.

    Raises:
        ConfigError: One is wrong; with file, line, column, and what is wrong.
    """
    topics = load_topics(config_dir)
    load_beats(config_dir, topics)
    load_known(config_dir)
    load_sender_codes(config_dir, topics.topics)
    load_story_rules(config_dir)
