"""What arrives while things are killed: pieces to import, files in a directory, feeds that grow."""

import asyncio
import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

from badserver import Asked, BadServer, answer
from running import PATIENCE, importing, run, story, write_records

FEEDS = 3
_HEAD = "<rss version='2.0'><channel><title>Invented Wire</title><link>http://wire.example/</link>"
#: between two revisions of feeds.yaml: each has its feeds polled at once, whoever held them
_REVISION_S = 3.0


@dataclass
class GrowingFeed:
    """A feed that is asked over HTTP, answers slowly, and has more items each time."""

    name: str
    first: int
    items: int = 0
    #: requests under way, and when the last answer was sent (monotonic s)
    busy: int = 0
    answered_at: float = float("-inf")

    def guids(self) -> Iterator[str]:
        return (f"{self.name}-{number}" for number in range(self.items))

    async def say(self, request: Asked, writer: asyncio.StreamWriter) -> bool:
        self.busy += 1
        try:
            await asyncio.sleep(0.2)
            return await answer(body=self._body(), headers={"Content-Type": "application/rss+xml"})(
                request, writer
            )
        finally:
            self.busy -= 1
            self.answered_at = time.monotonic()

    def _body(self) -> bytes:
        date = formatdate(1_793_000_000)
        items = (
            f"<item><guid isPermaLink='false'>{guid}</guid><title>Story {guid}</title>"
            f"<pubDate>{date}</pubDate><description>{story(self.first + number)}</description></item>"
            for number, guid in enumerate(self.guids())
        )
        return f"{_HEAD}{''.join(items)}</channel></rss>".encode()


@dataclass
class Arrivals:
    """Everything that arrives, spread over a time; `step` is called again and again.

    A revision of feeds.yaml gives each source another address under its old id: it is due at once then, also
    when a fetcher that was killed still holds it.
    """

    data: Path
    config: Path
    records: int
    seconds: float
    server: BadServer
    dice: random.Random
    feeds: list[GrowingFeed] = field(default_factory=list)
    command: "subprocess.Popen[bytes] | None" = None
    dropped: int = 0
    _left: list[Path] = field(default_factory=list)
    _under_way: Path | None = None
    _revision: int = 0
    _revised_at: float = float("-inf")
    _began: float = 0.0

    PIECES = 20

    def prepare(self) -> None:
        """Write the pieces, and a first feeds.yaml."""
        (self.data.parent / "wire").mkdir()
        each = self.records // self.PIECES
        for number in range(self.PIECES):
            path = self.data.parent / f"piece-{number}.jsonl"
            self._left.append(write_records(path, each, start=number * each))
        for number in range(FEEDS):
            feed = GrowingFeed(name=f"rss{number}", first=(number + 1) * 1_000_000)
            self.server.on(f"/{feed.name}", feed.say)
            self.feeds.append(feed)
        self._revise()
        self._began = time.monotonic()

    def expected(self) -> set[str]:
        """Name all guids that arrived, or will have by the end."""
        records = {f"story-{number}" for number in range(self.records)}
        dropped = {f"story-{9_000_000 + number}" for number in range(self.dropped)}
        return records.union(dropped, *(feed.guids() for feed in self.feeds))

    def step(self) -> None:
        """Let arrive what is due now."""
        share = min((time.monotonic() - self._began) / self.seconds, 1.0)
        self._import(share)
        while self.dropped < share * self.records / 20:
            self._drop()
        if time.monotonic() - self._revised_at > _REVISION_S:
            for feed in self.feeds:
                feed.items += self.dice.randint(3, 12)
            self._revise()

    def finish(self) -> None:
        """Let arrive what has not yet, now that nothing is killed any more."""
        if self.command is not None:
            self.command.wait(60 * PATIENCE)
            self._import(0.0)
        left: Sequence[str] = [str(path) for path in self._left]
        if left:
            result = run("import", *left, data=self.data, config=self.config)
            assert result.returncode == 0, result.stderr
        self._revise()

    def polling(self) -> bool:
        """Say whether a feed is being fetched."""
        return any(feed.busy for feed in self.feeds)

    def parsing(self) -> bool:
        """Say whether something is probably being parsed: a feed was just answered, or files are read."""
        now = time.monotonic()
        return self.command is not None or any(now - feed.answered_at < 0.1 for feed in self.feeds)

    def _import(self, share: float) -> None:
        """Import piece after piece; one whose command was killed is imported again."""
        if self.command is not None and self.command.poll() is not None:
            if self.command.returncode == 0:
                assert self._under_way
                self._left.remove(self._under_way)
            self.command = None
        if self.command is None and self.PIECES - len(self._left) < share * self.PIECES:
            self._under_way = self._left[0]
            self.command = importing(self._under_way, data=self.data, config=self.config)

    def _drop(self) -> None:
        wire = self.data.parent / "wire"
        number = 9_000_000 + self.dropped
        path = write_records(wire / f"{number}.tmp", 1, start=number)
        path.rename(wire / f"{number}.jsonl")
        self.dropped += 1

    def _revise(self) -> None:
        self._revision += 1
        self._revised_at = time.monotonic()
        alias = self.data.parent / f"wire-{self._revision}"
        alias.symlink_to(self.data.parent / "wire")
        lines = ["feeds:", f"  - {{id: drop, directory: {alias}, interval: 1s}}"]
        for feed in self.feeds:
            url = self.server.url(f"/{feed.name}?revision={self._revision}")
            lines.append(f'  - {{id: {feed.name}, url: "{url}", interval: 60s, allow_private: true}}')
        changed = self.config / "feeds.new"
        changed.write_text("\n".join(lines) + "\n")
        changed.replace(self.config / "feeds.yaml")
