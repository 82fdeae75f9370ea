"""The feed of a web page: what the page names, else a few usual places, each asked for politely, once."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.errors import FeedError, ParseError, Reason
from pipeline.formats.charset import decode
from pipeline.formats.detect import read
from pipeline.formats.pages import feeds_of_page, usual_places
from pipeline.formats.plaintext import refuse_bare_text
from pipeline.groups import GroupRules
from pipeline.model import Feed, FeedState, Parsed, Response
from pipeline.ports.outside import Fetcher
from pipeline.settings import Fetch
from pipeline.sources.http import HttpFetcher, user_agent
from pipeline.urls import at_address

#: feeds named by a page that are tried
_TRIED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed that was read."""

    #: as it is asked for: with the URL of the feed where a page was given
    feed: Feed
    response: Response
    parsed: Parsed
    #: the page that led there; None: the address was the feed's
    page: str | None = None
    #: further feeds that the page names
    others: tuple[str, ...] = ()


@asynccontextmanager
async def careful_fetcher(limits: Fetch) -> AsyncGenerator[HttpFetcher, None]:
    """Open a fetcher for somebody who waits, with the limits of the configuration."""
    async with HttpFetcher(
        user_agent=user_agent(limits.contact),
        timeout_s=limits.timeout_s,
        max_body_bytes=limits.max_body_bytes,
        max_redirects=limits.max_redirects,
        connections=1,
        groups=GroupRules(at_once=1),
    ) as fetcher:
        yield fetcher


async def find_feed(feed: Feed, fetcher: Fetcher) -> FoundFeed:
    """Fetch a feed once, unconditionally, and read it; where it is a web page, the feed of that page.

    Raises:
        FeedError: It cannot be had or read; the page has no feed.
    """
    response = await fetcher.fetch(feed, _fresh(feed))
    try:
        parsed = _read(response)
    except ParseError as error:
        if error.reason is not Reason.NOT_A_FEED:
            raise
        return await _of_page(feed, response, error, fetcher)
    refuse_bare_text(parsed, feed)
    return FoundFeed(feed=feed, response=response, parsed=parsed)


async def _of_page(feed: Feed, page: Response, refusal: ParseError, fetcher: Fetcher) -> FoundFeed:
    named = feeds_of_page(decode(page.body or b"", page.media_type).text, page.final_url)
    first: FeedError | None = None
    for url in named[:_TRIED] or usual_places(page.final_url):
        asked = at_address(feed, url)
        try:
            response = await fetcher.fetch(asked, _fresh(asked))
            parsed = _read(response)
            refuse_bare_text(parsed, asked)
            others = tuple(other for other in named if other != url)
            return FoundFeed(feed=asked, response=response, parsed=parsed, page=page.final_url, others=others)
        except FeedError as error:
            first = first or error
    if named and first:
        raise first
    raise ParseError(Reason.NOT_A_FEED, f"{refusal.detail}; it names none, and none is at the usual places")


def _read(response: Response) -> Parsed:
    return read(response.body or b"", name=response.final_url, media_type=response.media_type)


def _fresh(feed: Feed) -> FeedState:
    return FeedState(feed_id=feed.id, next_poll_at=datetime.now(UTC))
