"""Lines before servers: what is claimed and waits to be asked, a line for each rate-limit group."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.model import Feed, FeedState

#: what may be asked, with the end of its lease
Claimed = tuple[Feed, FeedState, datetime]


@dataclass(slots=True)
class _Line:
    asking: int = 0
    waiting: deque[Claimed] = field(default_factory=deque)


class Lines:
    """Lets so many of each line be asked at once.

    Args:
        at_once: Feeds of a group that may be asked at once.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._lines: dict[str, _Line] = {}
        #: how many are claimed, and not yet asked
        self.begun = 0

    def add(self, group: str, claimed: Claimed) -> None:
        """Put a feed at the end of its line."""
        self._lines.setdefault(group, _Line()).waiting.append(claimed)
        self.begun += 1

    def next(self, group: str) -> Claimed | None:
        """Take the first one out of a line, if its server may be asked now; it is told by `asked`."""
        line = self._lines.get(group)
        if line is None or not line.waiting or line.asking >= self._at_once:
            return None
        line.asking += 1
        return line.waiting.popleft()

    def asked(self, group: str) -> None:
        """Note that one that was taken out has been asked, or will not be."""
        self.begun -= 1
        if (line := self._lines.get(group)) is not None:
            line.asking -= 1
            if not line.asking and not line.waiting:
                del self._lines[group]

    def leave(self) -> None:
        """Forget all that wait."""
        self._lines.clear()
