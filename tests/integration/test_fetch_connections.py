"""Connections are used again, and one that its server has let go of meanwhile costs nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from badserver import Answer, Asked, BadServer, answer, head, raw, reset
from fetching import BODY, feed_at, fresh, new_fetcher
from pipeline.errors import FetchRetryable, Reason
from pipeline.sources.http import HttpFetcher


@pytest.fixture
async def server() -> AsyncIterator[BadServer]:
    async with BadServer() as running:
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    async with new_fetcher() as opened:
        yield opened


async def test_feeds_of_one_server_come_by_one_connection(server: BadServer, fetcher: HttpFetcher) -> None:
    for number in range(5):
        await fetcher.fetch(feed_at(server.on(f"/{number}", answer(body=BODY))), fresh())
    assert (len(server.journal), server.connections) == (5, 1)


@pytest.mark.parametrize("ending", [raw(b""), reset(), raw(b"HTTP/1.1 2")], ids=["closed", "reset", "begun"])
async def test_a_connection_that_ends_when_it_is_used_again_is_no_failure(
    server: BadServer, fetcher: HttpFetcher, ending: Answer
) -> None:
    here = asyncio.Barrier(3)

    async def together(request: Asked, writer: asyncio.StreamWriter) -> bool:
        await here.wait()
        return await answer(body=BODY)(request, writer)

    urls = [server.on(f"/{number}", together) for number in range(3)]
    await asyncio.gather(*(fetcher.fetch(feed_at(url), fresh()) for url in urls))
    assert server.connections == 3
    # Each of the three connections that are kept ends at its next request; a new one does not.
    last = server.on("/last", ending, ending, ending, answer(body=BODY))
    response = await fetcher.fetch(feed_at(last), fresh())
    assert response.body == BODY
    assert [asked.connection for asked in server.asked("/last")][-1] == 4
    assert len(server.asked("/last")) == 4


async def test_a_new_connection_that_ends_is_asked_once(server: BadServer, fetcher: HttpFetcher) -> None:
    with pytest.raises(FetchRetryable) as caught:
        await fetcher.fetch(feed_at(server.on("/feed", raw(b""))), fresh())
    assert (caught.value.reason, len(server.journal)) == (Reason.BAD_RESPONSE, 1)


async def test_what_nobody_asked_for_is_not_taken_for_an_answer(
    server: BadServer, fetcher: HttpFetcher
) -> None:
    async def say_too_much(_: Asked, writer: asyncio.StreamWriter) -> bool:
        writer.write(head(length=len(BODY)) + BODY)
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(head(408, length=0))
        return True

    await fetcher.fetch(feed_at(server.on("/first", say_too_much)), fresh())
    await asyncio.sleep(0.2)
    response = await fetcher.fetch(feed_at(server.on("/second", answer(body=BODY))), fresh())
    assert (response.status, server.connections) == (200, 2)


async def test_the_rest_of_an_answer_that_was_given_up_is_not_the_next_ones(server: BadServer) -> None:
    async with new_fetcher(max_body_bytes=1_000) as fetcher:
        with pytest.raises(Exception, match="larger than"):
            await fetcher.fetch(feed_at(server.on("/big", answer(body=b"a" * 300_000))), fresh())
        response = await fetcher.fetch(feed_at(server.on("/feed", answer(body=BODY))), fresh())
        assert (response.body, server.connections) == (BODY, 2)
