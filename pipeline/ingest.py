"""The ingest side in one file: claim feeds that are due, poll each once, take in what came, send it on.

The event loop only waits: network here, parsing in the pool's processes, storage on the writer's thread.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.errors import FeedError, FetchError, ParseError, ServiceError
from pipeline.identity import digest
from pipeline.logs import get_logger
from pipeline.model import Feed, FeedState, Parsed, Problem, QueueName, Response, SourceKind
from pipeline.ports import Clock, FeedStore, Fetcher, Parser, Poll, RawCopy, TakenIn
from pipeline.schedule import next_state
from pipeline.sender import Sender
from pipeline.urls import without_secrets
from pipeline.writer import StoreWriter

log = get_logger(__name__)

#: how long a poll may hold its claim; a fetcher that dies leaves its feeds to others after that
LEASE = timedelta(minutes=2)
#: the loop looks for due feeds at least this often
_LOOK_S = 1.0
#: how long a stop waits for polls under way
_FINISH_S = 5.0
#: between two lines that say that feeds wait
_SAY_AGAIN_S = 30.0


class Directories(Protocol):
    """Gives the files of a directory that are ready to be read."""

    def scan(self, feed: Feed) -> AsyncIterator[Response | FetchError]:
        """Give files that are new here, by name; one counts as read when the next is asked for.

        Raises:
            FetchRefused: The directory cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestEdge:
    """The ports of the ingest side."""

    fetcher: Fetcher
    directories: Directories
    parser: Parser
    store: FeedStore
    writer: StoreWriter
    sender: Sender
    clock: Clock


async def poll_feed(feed: Feed, state: FeedState, edge: IngestEdge) -> None:
    """Poll one feed once. A bad feed is a result; only ServiceError is raised."""
    began = time.monotonic()
    parsed: Parsed | None = None
    outcome: Response | FeedError
    try:
        outcome = response = await edge.fetcher.fetch(feed, state)
        if response.body is not None and digest(response.body) != state.body_hash:
            parsed = await edge.parser.parse(
                response.body, name=response.final_url, media_type=response.media_type
            )
    except ParseError as error:
        await _take_in(_unreadable(feed, state, response, error, edge.clock.now(), began), edge)
        return
    except FetchError as error:
        outcome = error
    await _take_in(_poll(feed, state, outcome, parsed, edge.clock.now(), began), edge)


async def poll_directory(feed: Feed, state: FeedState, edge: IngestEdge) -> None:
    """Read what is new in a directory: each file is a delivery of its own, the last write moves the state."""
    began = time.monotonic()
    outcome: Response | FetchError
    try:
        async for file in edge.directories.scan(feed):
            taken = await _take_in(await _delivery(feed, state, file, edge), edge)
            if not taken.accepted:
                return  # our claim ran out: leaving here, the file is not taken for read
    except FetchError as error:
        outcome = error
    else:
        outcome = Response(url=feed.url, final_url=feed.url, body=None, received_at=edge.clock.now())
    await _take_in(_poll(feed, state, outcome, None, edge.clock.now(), began), edge)


async def _delivery(feed: Feed, state: FeedState, file: Response | FetchError, edge: IngestEdge) -> Poll:
    """Turn one file into what it leaves behind; its claim's epoch guards it, the feed's state stays."""
    began = time.monotonic()
    if isinstance(file, FetchError):
        problem = Problem(reason=file.reason, detail=file.detail, where="whole file")
        poll = _blank(feed, state, edge.clock.now(), began)
        return replace(poll, problems=(problem,), reason=file.reason, detail=file.detail)
    assert file.body is not None
    try:
        parsed = await edge.parser.parse(file.body, name=file.final_url, media_type=None)
    except ParseError as error:
        poll = _unreadable(feed, state, file, error, edge.clock.now(), began)
    else:
        poll = _poll(feed, state, file, parsed, edge.clock.now(), began)
    # The same file under another name is another delivery; the same name and bytes again is not.
    return replace(poll, state=None, occurrence=file.final_url)


async def _take_in(poll: Poll, edge: IngestEdge) -> TakenIn:
    """Commit a poll, send its new entries, and say so in one line."""
    if poll.entries:
        poll = replace(poll, sending=await edge.sender.ready(poll.queue))
    taken = await edge.writer.take_in(poll)
    if taken.new and poll.sending:
        await edge.sender.send(taken.new)
    _logger_for(poll, taken)(
        "feed_polled",
        feed=poll.feed_id,
        url=poll.raw.location if poll.raw else None,
        status=poll.status,
        outcome=poll.reason.value if poll.reason else "ok",
        detail=poll.detail,
        found=taken.found,
        new=len(taken.new),
        entries=[ref.id for ref in taken.new],
        problems=taken.problems,
        accepted=taken.accepted,
        duration_s=round(poll.duration_s, 3),
    )
    return taken


def _logger_for(poll: Poll, taken: TakenIn) -> Callable[..., None]:
    """Choose how loud: a directory is looked at every few seconds and mostly says nothing."""
    if poll.reason is not None:
        return log.warning
    return log.info if taken.found or taken.problems else log.debug


def _blank(feed: Feed, state: FeedState, now: datetime, began: float) -> Poll:
    return Poll(
        feed_id=feed.id,
        epoch=state.epoch,
        polled_at=now,
        duration_s=time.monotonic() - began,
        queue=QueueName.BACKFILL if feed.priority < 0 else QueueName.WIRE,
        urgent=feed.priority > 0,
    )


def _poll(
    feed: Feed,
    state: FeedState,
    outcome: Response | FeedError,
    parsed: Parsed | None,
    now: datetime,
    began: float,
) -> Poll:
    """Say what a poll leaves behind: pure, and the same for every kind of source."""
    poll = replace(_blank(feed, state, now, began), state=next_state(feed, state, outcome, now))
    if isinstance(outcome, FeedError):
        status = outcome.status if isinstance(outcome, FetchError) else None
        return replace(poll, reason=outcome.reason, detail=outcome.detail, status=status)
    poll = replace(poll, status=outcome.status)
    if parsed is None:
        return poll
    assert poll.state is not None
    return replace(
        poll,
        raw=_raw(outcome, feed),
        entries=parsed.entries,
        problems=parsed.problems,
        format=parsed.format,
        # From now on these bytes need no second look.
        state=replace(poll.state, body_hash=digest(outcome.body)),
    )


def _unreadable(
    feed: Feed, state: FeedState, response: Response, error: ParseError, now: datetime, began: float
) -> Poll:
    """Keep bytes that no format can read: they go to quarantine whole, and the feed backs off."""
    poll = _poll(feed, state, error, None, now, began)
    problem = Problem(reason=error.reason, detail=error.detail, where="whole body")
    return replace(poll, status=response.status, raw=_raw(response, feed), problems=(problem,))


def _raw(response: Response, feed: Feed) -> RawCopy:
    assert response.body is not None
    hidden = (feed.auth.name,) if feed.auth and feed.auth.kind == "query" else ()
    location = without_secrets(response.final_url, hidden)
    return RawCopy(body=response.body, media_type=response.media_type, location=location)


class IngestLoop:
    """Claims what is due and polls it, as long as the rest of the pipeline keeps up.

    Args:
        edge: The ports.
        owner: Name of this fetcher in claims.
        most_polls: Polls under way at once.
        high_water: Open entries above which feeds wait: they are their own buffer.
    """

    def __init__(self, edge: IngestEdge, *, owner: str, most_polls: int, high_water: int) -> None:
        self._edge = edge
        self._feeds: Mapping[str, Feed] = {}
        self._wished: Sequence[Feed] | None = None
        self._owner = owner
        self._most_polls = most_polls
        self._high_water = high_water
        self._polls: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._said_at = float("-inf")

    def change(self, feeds: Sequence[Feed]) -> None:
        """Take over what the configuration wishes; polls under way go on with what was wished before.

        Until the first wishes come nothing is polled.
        """
        self._wished = feeds

    def stop(self) -> None:
        """Claim nothing more; `run` returns when the polls under way have ended."""
        self._stopping.set()

    async def run(self) -> None:
        """Poll until stopped. A service that does not work is waited for."""
        while not self._stopping.is_set():
            more = False
            try:
                more = await self._round()
            except ServiceError as error:
                log.error("ingest_waits", cause=str(error))
            await self._pause(more=more)
        if self._polls:
            _, late = await asyncio.wait(self._polls, timeout=_FINISH_S)
            for task in late:
                task.cancel()  # nothing was stored of it: it is polled again
        await self._edge.writer.close()

    async def _round(self) -> bool:
        """Claim and start what is due; True when there may be more than there was room for."""
        if self._wished is not None:
            await self._sync(self._wished)
        if not self._feeds:
            return False
        room = self._most_polls - len(self._polls)
        writer, store = self._edge.writer, self._edge.store
        if room <= 0 or await self._flooded():
            return False
        now = self._edge.clock.now()
        claimed = await writer.call(store.claim_due, now, room, self._owner, LEASE)
        for state in claimed:
            if feed := self._feeds.get(state.feed_id):
                task = asyncio.create_task(self._poll(feed, state))
                self._polls.add(task)
                task.add_done_callback(self._ended)
        return len(claimed) == room

    async def _flooded(self) -> bool:
        """Say whether the workers are so far behind that feeds have to wait."""
        open_entries = await self._edge.writer.call(self._edge.store.backlog, QueueName.WIRE)
        flooded = open_entries > self._high_water
        if flooded and time.monotonic() - self._said_at > _SAY_AGAIN_S:
            self._said_at = time.monotonic()
            log.warning("feeds_wait", open_entries=open_entries, high_water=self._high_water)
        return flooded

    async def _sync(self, feeds: Sequence[Feed]) -> None:
        await self._edge.writer.call(self._edge.store.sync_feeds, feeds, self._edge.clock.now())
        self._feeds = {feed.id: feed for feed in feeds}
        if self._wished is feeds:  # it may have changed again meanwhile
            self._wished = None
        log.info("feeds_loaded", feeds=len(feeds), enabled=sum(feed.enabled for feed in feeds))

    async def _poll(self, feed: Feed, state: FeedState) -> None:
        poll = poll_directory if feed.kind is SourceKind.DIRECTORY else poll_feed
        try:
            await poll(feed, state, self._edge)
        except ServiceError as error:
            # Nothing of this poll was written: its claim runs out and the feed is polled again.
            log.error("poll_not_stored", feed=feed.id, cause=str(error))

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Let go of a poll; what nobody foresaw is logged, and its feed is polled again later."""
        self._polls.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("poll_failed", exc_info=error)

    async def _pause(self, *, more: bool) -> None:
        """Sleep until something may be due: look every second, or at the next poll's end where more waits."""
        stop = asyncio.ensure_future(self._stopping.wait())
        ends = self._polls if more else set()
        await asyncio.wait({stop, *ends}, timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
