"""The whole store."""

from typing import Protocol

from pipeline.ports.archive import ArchiveStore
from pipeline.ports.care import CareStore
from pipeline.ports.copies import CopyStore
from pipeline.ports.feeds import FeedStore
from pipeline.ports.reading import ReadStore
from pipeline.ports.retag import RetagStore
from pipeline.ports.stories import StoryStore
from pipeline.ports.work import WorkStore


class Store(
    FeedStore,
    WorkStore,
    RetagStore,
    CopyStore,
    StoryStore,
    ReadStore,
    ArchiveStore,
    CareStore,
    Protocol,
):
    """The whole store."""

    def close(self) -> None:
        """Close connections; needed in a parent before a fork and at the end."""
        ...
