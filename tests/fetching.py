"""What the tests that fetch share: a fetcher with short limits, a feed on this machine, a fresh state."""

from datetime import UTC, datetime
from typing import Any

from pipeline.groups import GroupRules
from pipeline.model import Feed, FeedState, SourceKind
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
