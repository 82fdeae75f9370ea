"""One poll of a source: ask, read the answer, write down what it leaves behind, send what is new.

The event loop only waits: network here, parsing in the pool's processes, storage on the writer's thread.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Protocol

from pipeline.errors import FeedError, FetchError, ParseError
from pipeline.formats.plaintext import refuse_bare_text
from pipeline.identity import digest
from pipeline.logs import get_logger
from pipeline.model import WHOLE_BODY, Feed, FeedState, Parsed, Problem, QueueName, Response, SourceKind
from pipeline.ports.feeds import FeedStore, Poll, RawCopy, TakenIn
from pipeline.ports.outside import Clock, Deliveries, Delivery, Fetcher, Parser
from pipeline.ports.queue import EntryRef
from pipeline.schedule import next_state
from pipeline.sender import Sender
from pipeline.sources.senders import refuse_strangers
from pipeline.urls import without_secrets
from pipeline.writer import StoreWriter

log = get_logger(__name__)

#: how long a poll may hold its claim; a fetcher that dies leaves its feeds to others after that
LEASE = timedelta(minutes=2)
#: how long an entry may wait for the page of its article
HOLD = timedelta(minutes=10)
#: of a state, what is no time of a poll
_LASTING = attrgetter(
    "etag", "last_modified", "body_hash", "failures", "last_status", "last_reason", "last_detail",
    "stopped_at", "learned",
)  # fmt: skip


class FullText(Protocol):
    """Gets the articles of entries that came as summaries."""

    async def take(self, feed: Feed, refs: Sequence[EntryRef], until: datetime) -> None:
        """Take entries over that nobody else sends before then; returns at once."""
        ...

    async def close(self) -> None:
        """Stop; what is not whole is sent as it came."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestEdge:
    """The ports of the ingest side."""

    fetcher: Fetcher
    #: of each kind of source that is no feed
    deliveries: Mapping[SourceKind, Deliveries]
    parser: Parser
    store: FeedStore
    writer: StoreWriter
    sender: Sender
    clock: Clock
    #: fetches the articles of feeds that wish it; None: nobody does
    full_text: FullText | None = None


async def ask_feed(feed: Feed, state: FeedState, edge: IngestEdge) -> Poll:
    """Ask a feed once and read its answer. A bad feed is a result; nothing is written yet."""
    began = time.monotonic()
    parsed: Parsed | None = None
    outcome: Response | FeedError
    try:
        outcome = response = await edge.fetcher.fetch(feed, state)
        if response.body is not None and digest(response.body) != state.body_hash:
            parsed = await edge.parser.parse(
                response.body, name=response.final_url, media_type=response.media_type
            )
            refuse_bare_text(parsed, feed)
    except ParseError as error:
        return _unreadable(feed, state, response, error, edge.clock.now(), began)
    except FetchError as error:
        outcome = error
    return _poll(feed, state, outcome, parsed, edge.clock.now(), began)


async def read_deliveries(
    feed: Feed, state: FeedState, edge: IngestEdge, *, lease: timedelta = LEASE
) -> Poll | None:
    """Read what is new in a directory or mailbox: each thing is taken in, and marked, by itself.

    The claim is prolonged with each, and how far the source was read and marked before is noted.

    Returns:
        What moves the state, not written yet; None: our claim had run out.
    """
    began = time.monotonic()
    outcome: Response | FetchError
    source, position = edge.deliveries[feed.kind], state.etag
    try:
        async with aclosing(source.scan(feed, position)) as scan:
            async for delivery in scan:
                poll = await _delivery(feed, state, delivery, edge)
                poll = replace(poll, position=position, lease_until=edge.clock.now() + lease)
                if not (await _take_in(feed, poll, edge)).accepted:
                    return None  # our claim ran out: the rest is somebody else's
                await source.taken(feed, delivery, well=_is_read(poll))
                position = delivery.position
    except FetchError as error:
        outcome = error
    else:
        outcome = Response(url=feed.url, final_url=feed.url, body=None, received_at=edge.clock.now())
    poll = _poll(feed, state, outcome, None, edge.clock.now(), began)
    assert poll.state is not None
    return replace(poll, state=replace(poll.state, etag=position))


async def _delivery(feed: Feed, state: FeedState, delivery: Delivery, edge: IngestEdge) -> Poll:
    """Turn one thing into what it leaves behind; its claim's epoch guards it, the feed's state stays."""
    began, file = time.monotonic(), delivery.content
    if isinstance(file, FetchError):
        # Without bytes to tell it from others, its place does.
        problem = Problem(reason=file.reason, detail=file.detail, where=f"the whole of {delivery.key}")
        return _blank(
            feed, state, edge.clock.now(), began, problems=(problem,), reason=file.reason, detail=file.detail
        )
    assert file.body is not None
    try:
        if feed.kind is SourceKind.MAILBOX:
            await asyncio.to_thread(refuse_strangers, file.body, feed)
        parsed = await edge.parser.parse(file.body, name=file.final_url, media_type=None)
    except ParseError as error:
        poll = _unreadable(feed, state, file, error, edge.clock.now(), began)
    else:
        poll = _poll(feed, state, file, parsed, edge.clock.now(), began)
    # The same file under another name is another delivery; the same name and bytes again is not. The same
    # mail is the same wherever it is kept: a mailbox that was restored gives all of them new numbers.
    return replace(poll, state=None, occurrence=file.final_url if feed.kind is SourceKind.DIRECTORY else "")


async def keep(feed: Feed, poll: Poll, edge: IngestEdge) -> FeedState | None:
    """Write down what a poll leaves behind; only ServiceError is raised.

    Returns:
        The feed's state from now on; None: our claim had run out, and nothing was written.
    """
    taken = await _take_in(feed, poll, edge)
    if taken.accepted and poll.state and poll.state.stopped_at == poll.polled_at:
        log.warning("feed_stopped", feed=poll.feed_id, cause=poll.detail, again="newswire feeds resume ID")
    return poll.state if taken.accepted else None


async def _take_in(feed: Feed, poll: Poll, edge: IngestEdge) -> TakenIn:
    """Commit a poll, send its new entries, and say so in one line."""
    if poll.entries:
        poll = replace(poll, sending=await edge.sender.ready(poll.queue))
        if feed.full_text and edge.full_text:
            poll = replace(poll, held_until=edge.clock.now() + HOLD)
    taken = await edge.writer.take_in(poll)
    if taken.new and edge.full_text and poll.held_until:
        await edge.full_text.take(feed, taken.new, poll.held_until)
    elif taken.new and poll.sending:
        await edge.sender.send(taken.new)
    say(poll, taken)
    return taken


def say(poll: Poll, taken: TakenIn) -> None:
    """Say what came of a poll in one line."""
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


def _logger_for(poll: Poll, taken: TakenIn) -> Callable[..., None]:
    """Choose how loud: a directory is looked at every few seconds and mostly says nothing."""
    if poll.reason is not None:
        return log.warning
    return log.info if taken.found or taken.problems else log.debug


def _blank(feed: Feed, state: FeedState, now: datetime, began: float, /, **said: Any) -> Poll:
    return Poll(
        feed_id=feed.id,
        epoch=state.epoch,
        polled_at=now,
        duration_s=time.monotonic() - began,
        queue=QueueName.BACKFILL if feed.priority < 0 else QueueName.WIRE,
        urgent=feed.priority > 0,
        **said,
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
    after = next_state(feed, state, outcome, now, parsed)
    said: dict[str, Any] = {}
    if isinstance(outcome, FeedError):
        status = outcome.status if isinstance(outcome, FetchError) else None
        said = {"reason": outcome.reason, "detail": outcome.detail, "status": status}
    elif parsed is None:
        said = {"status": outcome.status, "times_only": _LASTING(after) == _LASTING(state)}
    else:
        # From now on these bytes need no second look.
        after = replace(after, body_hash=digest(outcome.body))
        said = {
            "status": outcome.status,
            "raw": _raw(outcome, feed),
            "entries": parsed.entries,
            "problems": parsed.problems,
            "format": parsed.format,
        }
    return _blank(feed, state, now, began, state=after, **said)


def _unreadable(
    feed: Feed, state: FeedState, response: Response, error: ParseError, now: datetime, began: float
) -> Poll:
    """Keep bytes that no format can read: they go to quarantine whole, and the feed backs off."""
    poll = _poll(feed, state, error, None, now, began)
    problem = Problem(reason=error.reason, detail=error.detail, where=WHOLE_BODY)
    return replace(poll, status=response.status, raw=_raw(response, feed), problems=(problem,))


def _is_read(poll: Poll) -> bool:
    """Say whether anything of a delivery could be read, or nothing in it was to be."""
    return poll.format is not None and bool(poll.entries or not poll.problems)


def brings_nothing(poll: Poll) -> bool:
    """Say whether a poll went well and leaves nothing but its feed's state."""
    return poll.reason is None and poll.raw is None and not poll.problems


def _raw(response: Response, feed: Feed) -> RawCopy:
    assert response.body is not None
    hidden = (feed.auth.name,) if feed.auth and feed.auth.kind == "query" else ()
    location = without_secrets(response.final_url, hidden)
    return RawCopy(body=response.body, media_type=response.media_type, location=location)
