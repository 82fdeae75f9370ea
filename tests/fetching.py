"""What the tests that fetch share: a fetcher with short limits, a feed on this machine, a fresh state."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.errors import FeedError
from pipeline.formats.detect import read
from pipeline.groups import GroupRules
from pipeline.ingest.poll import IngestEdge, ask_feed, keep, read_deliveries
from pipeline.model import Feed, FeedState, Parsed, Response, SourceKind
from pipeline.schedule import next_state
from pipeline.sources.http import HttpFetcher, user_agent

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BODY = b"<rss version='2.0'><channel><title>Kestrel Wire</title></channel></rss>"


def new_fetcher(**limits: Any) -> HttpFetcher:
    """Make a fetcher; the limits not given are those of a test that has other things in mind."""
    ordinary: dict[str, Any] = {
        "user_agent": user_agent("desk@kestrel.example"),
        "timeout_s": 5,
        "max_body_bytes": 1_000_000,
        "max_redirects": 5,
        "connections": 16,
        "groups": GroupRules(at_once=4),
    }
    return HttpFetcher(**ordinary | limits)


def feed_at(url: str, **more: Any) -> Feed:
    """Make a feed that may reach 127.0.0.1, unless it is said otherwise."""
    more = {"id": "kestrel", "kind": SourceKind.HTTP, "allow_private": ("127.0.0.1/32",)} | more
    return Feed(url=url, **more)


def fresh() -> FeedState:
    """Make the state of a feed that was never polled."""
    return FeedState(feed_id="kestrel", next_poll_at=NOW)


async def poll_once(feed: Feed, state: FeedState, edge: IngestEdge) -> FeedState | None:
    """Do one poll of a claimed source as the loop does it, but wait for all of it."""
    ask = ask_feed if feed.kind is SourceKind.HTTP else read_deliveries
    poll = await ask(feed, state, edge)
    return None if poll is None else await keep(feed, poll, edge)


async def simulate(
    fetcher: HttpFetcher, feed: Feed, *, days: float, state: FeedState | None = None
) -> tuple[list[datetime], FeedState]:
    """Poll a feed as the schedule says, by a clock that jumps from poll to poll; gives when, and the end."""
    state, at, polled = state or fresh(), NOW, []
    end = NOW + timedelta(days=days)
    while at < end and state.stopped_at is None:
        polled.append(at)
        parsed: Parsed | None = None
        outcome: Response | FeedError
        try:
            outcome = response = await fetcher.fetch(feed, state)
            if response.body is not None:
                parsed = read(response.body, name=feed.url)
        except FeedError as error:
            outcome = error
        state = next_state(feed, state, outcome, at, parsed)
        at = state.next_poll_at
    return polled, state
