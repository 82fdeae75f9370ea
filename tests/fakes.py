"""Stand-ins for what is outside: a clock that is set, a scripted fetcher, a queue in memory."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from pipeline.errors import FeedError, FetchError, QueueError
from pipeline.formats.detect import read
from pipeline.model import Feed, FeedState, Parsed, QueueName, Response
from pipeline.ports import EntryRef, QueueState

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


class FixedClock:
    """A ports.Clock that moves when it is told to."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, **span: float) -> None:
        self.at += timedelta(**span)


class FakeFetcher:
    """A ports.Fetcher that gives each feed its next scripted answer, and keeps giving the last one."""

    def __init__(self, answers: Mapping[str, Sequence[bytes | FeedError | None]]) -> None:
        self._answers = {feed: list(script) for feed, script in answers.items()}
        self.asked: list[tuple[str, FeedState]] = []

    async def fetch(self, feed: Feed, state: FeedState) -> Response:
        self.asked.append((feed.id, state))
        script = self._answers[feed.id]
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, FeedError):
            raise answer
        return Response(
            url=feed.url,
            final_url=feed.url,
            status=200 if answer is not None else 304,
            body=answer,
            etag=b'"1"',
            received_at=NOON,
        )


class InlineParser:
    """A ports.Parser that reads in this process."""

    async def parse(self, body: bytes, *, name: str, media_type: str | None) -> Parsed:
        return read(body, name=name, media_type=media_type)


class NoDirectories:
    """A source of directories that has none."""

    def __init__(self, files: Sequence[Response | FetchError] = ()) -> None:
        self._files = files
        self.given = 0

    async def scan(self, feed: Feed) -> AsyncIterator[Response | FetchError]:
        for file in self._files:
            self.given += 1
            yield file


class MemoryQueue:
    """A ports.Queue that keeps what was sent; `down` makes it fail."""

    def __init__(self) -> None:
        self.sent: list[EntryRef] = []
        self.down = False
        self.oldest_sent_at: datetime | None = None
        self.waiting = 0

    def send(self, refs: Sequence[EntryRef]) -> None:
        self._work()
        self.sent.extend(refs)

    def states(self) -> Sequence[QueueState]:
        self._work()
        return [
            QueueState(
                queue=name, waiting=self.waiting, oldest_sent_at=self.oldest_sent_at, started=0, failed=0
            )
            for name in QueueName
        ]

    def _work(self) -> None:
        if self.down:
            raise QueueError("the queue server does not work: it is down")


def rss(*guids: str, text: Callable[[str], str] = lambda guid: f"The text of {guid}.") -> bytes:
    """Write an RSS feed with these items."""
    items = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><title>{guid}</title>"
        f"<description>{text(guid)}</description></item>"
        for guid in guids
    )
    return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()
