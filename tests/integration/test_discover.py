"""The feed of a web page: what it names, and the usual places only where it names none."""

from collections.abc import AsyncIterator

import pytest

from badserver import BadServer, answer
from fetching import BODY, feed_at, new_fetcher
from pipeline.errors import FeedError, Reason
from pipeline.model import Auth
from pipeline.sources.discover import FoundFeed, find_feed

HTML = {"Content-Type": "text/html"}


def page(*links: str) -> bytes:
    named = "".join(f'<link rel="alternate" type="application/rss+xml" href="{link}">' for link in links)
    return f"<!DOCTYPE html><html><head>{named}</head><body>Hello</body></html>".encode()


@pytest.fixture
async def server() -> AsyncIterator[BadServer]:
    async with BadServer() as running:
        yield running


async def find(url: str, **wishes: object) -> FoundFeed:
    async with new_fetcher() as fetcher:
        return await find_feed(feed_at(url, **wishes), fetcher)


async def test_a_feed_is_itself(server: BadServer) -> None:
    found = await find(server.on("/feed", answer(body=BODY)))
    assert (found.page, found.parsed.title, len(server.journal)) == (None, "Kestrel Wire", 1)


async def test_a_page_leads_to_the_feed_it_names_and_nothing_else_is_asked(server: BadServer) -> None:
    server.on("/rss", answer(body=BODY))
    found = await find(server.on("/", answer(body=page("/rss", "/other"), headers=HTML)))
    assert (found.feed.url, found.page) == (server.url("/rss"), server.url("/"))
    assert found.others == (server.url("/other"),)
    assert [asked.path for asked in server.journal] == ["/", "/rss"]


async def test_a_page_that_names_none_may_have_one_at_a_usual_place(server: BadServer) -> None:
    server.on("/feed.xml", answer(body=BODY))
    found = await find(server.on("/", answer(body=page(), headers=HTML)))
    assert found.feed.url == server.url("/feed.xml")
    assert [asked.path for asked in server.journal] == ["/", "/feed", "/rss.xml", "/feed.xml"]


async def test_a_page_without_any_feed_is_said(server: BadServer) -> None:
    with pytest.raises(FeedError, match="it names none, and none is at the usual places") as caught:
        await find(server.on("/", answer(body=page(), headers=HTML)))
    assert caught.value.reason is Reason.NOT_A_FEED
    assert len(server.journal) <= 8


async def test_where_the_named_feed_does_not_work_that_is_said(server: BadServer) -> None:
    with pytest.raises(FeedError) as caught:
        await find(server.on("/", answer(body=page("/gone"), headers=HTML)))
    assert caught.value.reason is Reason.NOT_FOUND
    assert len(server.journal) == 2


async def test_h12_a_page_cannot_send_us_or_our_credentials_elsewhere(server: BadServer) -> None:
    async with BadServer() as other:
        other.on("/rss", answer(body=BODY))
        address = server.on("/", answer(body=page(other.url("/rss")), headers=HTML))
        with pytest.raises(FeedError) as caught:
            await find(address, auth=Auth(kind="bearer", secret="opensesame"))
    assert caught.value.reason is Reason.BLOCKED_ADDRESS
    assert other.connections == 0


async def test_bare_text_is_no_feed_and_leads_nowhere(server: BadServer) -> None:
    url = server.on("/feed", answer(body=b"Error establishing a database connection"))
    with pytest.raises(FeedError, match='plain text, not a feed: "Error establishing') as caught:
        await find(url)
    assert (caught.value.reason, len(server.journal)) == (Reason.NOT_A_FEED, 1)
