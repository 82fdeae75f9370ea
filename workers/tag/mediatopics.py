"""IPTC Media Topics: codes, parents and labels, as config/mediatopics.json has them.

The file holds the whole list; topics that IPTC has retired stay in it, for documents that still name them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILE_NAME = "mediatopics.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaTopic:
    """One topic of the list."""

    code: str
    #: the topic above it; None for the 17 at the top
    parent: str | None
    #: language → label; there is always an English one
    labels: Mapping[str, str]
    #: IPTC asks to use it no more
    retired: bool

    @property
    def name(self) -> str:
        """Give the English label."""
        return self.labels["en"]


def load_media_topics(path: Path) -> dict[str, MediaTopic]:
    """Read the list; code → topic."""
    listed = json.loads(path.read_bytes())["topics"]
    return {
        code: MediaTopic(code=code, parent=each["parent"], labels=each["labels"], retired="retired" in each)
        for code, each in listed.items()
    }


def lineage(code: str, topics: Mapping[str, MediaTopic]) -> tuple[str, ...]:
    """Name a topic and those above it, the topic itself first."""
    path: list[str] = []
    above: str | None = code
    while above is not None:
        path.append(above)
        above = topics[above].parent
    return tuple(path)
