"""Stand-ins for what is outside: a clock that is set, a scripted fetcher, a queue in memory."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from pipeline.errors import FeedError, FetchError, QueueError
from pipeline.formats.detect import read
from pipeline.model import Feed, FeedState, Parsed, QueueName, Response
from pipeline.ports.copies import SLOT_BYTES, Candidates, Held, Mark
from pipeline.ports.outside import Delivery
from pipeline.ports.queue import EntryRef, QueueState

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


class FakeDeliveries:
    """A ports.Deliveries that gives these files."""

    def __init__(self, files: Sequence[Response | FetchError] = ()) -> None:
        self._files = files
        self.given = 0
        self.taken_well: list[tuple[str, bool]] = []

    async def scan(self, feed: Feed, position: bytes | None) -> AsyncGenerator[Delivery, None]:
        begin = int(position or b"0")
        for number, file in enumerate(self._files[begin:], begin + 1):
            self.given += 1
            yield Delivery(key=f"file {number}", content=file, position=str(number).encode())

    async def taken(self, feed: Feed, delivery: Delivery, *, well: bool) -> None:
        self.taken_well.append((delivery.key, well))


class MemoryQueue:
    """A ports.Queue that keeps what was sent; `down` makes it fail."""

    def __init__(self) -> None:
        self.sent: list[EntryRef] = []
        self.down = False
        self.oldest_sent_at: datetime | None = None
        self.waiting = 0
        #: queue → jobs waiting, where it is not `waiting`
        self.waits: dict[QueueName, int] = {}
        self.retag_jobs = 0

    def send(self, refs: Sequence[EntryRef]) -> None:
        self._work()
        self.sent.extend(refs)

    def send_retag(self, jobs: int) -> None:
        self._work()
        self.retag_jobs += jobs

    def states(self) -> Sequence[QueueState]:
        self._work()
        return [
            QueueState(
                queue=name,
                waiting=self.waits.get(name, self.waiting),
                oldest_sent_at=self.oldest_sent_at,
                started=0,
                failed=0,
            )
            for name in QueueName
        ]

    def _work(self) -> None:
        if self.down:
            raise QueueError("the queue server does not work: it is down")


class MemoryIndex:
    """A ports.NearIndex in a dictionary; `down` makes it fail, `lose` forgets everything.

    A copy of it with another `run` is the server that takes its place.
    """

    def __init__(self) -> None:
        self.down = False
        self.run = "first"
        self.lose()
        self.marker: tuple[str, int] | None = (self.run, 0)

    def lose(self) -> None:
        self._slots: dict[tuple[int, bool, bytes], list[int]] = {}
        self.marker = None
        self._token: str | None = None
        self._begun = 0

    def check_and_add(self, marks: Sequence[Mark]) -> Candidates:
        held = self.held()
        return Candidates(whole_in=held.whole_in if marks else None, entries=tuple(map(self._look_up, marks)))

    def held(self) -> Held:
        self._work()
        whole_in, upto = self.marker or (None, 0)
        return Held(run=self.run, whole_in=whole_in, upto=upto)

    def note(self, held: Held, upto: int) -> bool:
        if held.whole_in is None or held != self.held():
            return False
        self.marker = (self.run, upto)
        return True

    def begin_rebuild(self, *, force: bool = False) -> str | None:
        self._work()
        if self._token and self._begun_here(self._token) and not force:
            return None
        if force:
            self.marker = None
        self._begun += 1
        self._token = f"{self.run}:{self._begun}"
        return self._token

    def keep_rebuild(self, token: str) -> bool:
        self._work()
        return token == self._token and self._begun_here(token)

    def finish_rebuild(self, token: str, upto: int) -> bool:
        if not self.keep_rebuild(token):
            return False
        self.marker, self._token = (self.run, upto), None
        return True

    def _begun_here(self, token: str) -> bool:
        return token.startswith(f"{self.run}:")

    def _look_up(self, mark: Mark) -> tuple[int, ...]:
        shares: Counter[int] = Counter()
        for is_band, slots in ((True, mark.bands), (False, mark.anchors)):
            for at in range(0, len(slots), SLOT_BYTES):
                slot = slots[at : at + SLOT_BYTES]
                for period in (mark.period - 1, mark.period, mark.period + 1):
                    for entry in self._slots.get((period, is_band, slot), ()):
                        shares[entry] += 1 + is_band
                held = self._slots.setdefault((mark.period, is_band, slot), [])
                if mark.entry_id not in held:
                    held.append(mark.entry_id)
        found = sorted(
            (e for e in shares if shares[e] > 1 and e != mark.entry_id), key=lambda e: (-shares[e], e)
        )
        return tuple(found)

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
