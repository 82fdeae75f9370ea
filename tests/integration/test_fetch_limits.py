"""Slow and silent servers cost one place and a limited time, and the others nothing."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator

import pytest

from badserver import Answer, BadServer, answer, deaf_port, head, later, silence, trickle
from fetching import BODY, feed_at, fresh, new_fetcher
from pipeline.errors import FetchRetryable, Reason
from pipeline.groups import GroupRules

TIMEOUT_S = 0.4
SLOW: dict[str, Answer] = {
    "silence": silence(),
    "silence-after-headers": silence(head(length=1_000)),
    "silence-inside-the-body": silence(head(length=1_000) + BODY),
    "header-trickle": trickle(b"HTTP/1.1 200 X\r\nX-A: ", itertools.repeat(b"a"), 0.02),
    "body-trickle": trickle(head(length=10**6), itertools.repeat(b"a"), 0.02),
    "endless-chunks": trickle(
        head(headers={"Transfer-Encoding": "chunked"}), itertools.repeat(b"1\r\na\r\n"), 0.02
    ),
    "endless-informational": trickle(b"", itertools.repeat(b"HTTP/1.1 102 X\r\n\r\n"), 0.02),
}


@pytest.fixture
async def server() -> AsyncIterator[BadServer]:
    async with BadServer() as running:
        yield running


@pytest.mark.parametrize("name", SLOW)
async def test_f11_no_server_outlives_the_time_limit(server: BadServer, name: str) -> None:
    feed = feed_at(server.on("/feed", SLOW[name]))
    began = time.monotonic()
    async with new_fetcher(timeout_s=TIMEOUT_S) as fetcher:
        with pytest.raises(FetchRetryable) as caught:
            await fetcher.fetch(feed, fresh())
    assert caught.value.reason is Reason.TIMEOUT
    assert caught.value.detail == "127.0.0.1 did not give a whole answer within 0.4 seconds"
    assert TIMEOUT_S <= time.monotonic() - began < TIMEOUT_S + 0.5


async def test_f11_a_server_that_never_accepts_ends_too() -> None:
    with deaf_port() as port:
        async with new_fetcher(timeout_s=TIMEOUT_S) as fetcher:
            with pytest.raises(FetchRetryable) as caught:
                await fetcher.fetch(feed_at(f"http://127.0.0.1:{port}/"), fresh())
    assert caught.value.reason is Reason.TIMEOUT


async def test_f11_slow_feeds_do_not_delay_the_others(server: BadServer) -> None:
    async with (
        BadServer(host="127.0.0.2") as slow,
        new_fetcher(timeout_s=5, connections=16, groups=GroupRules(at_once=2)) as fetcher,
    ):
        open_to_both = {"allow_private": ("127.0.0.0/8",)}
        stuck = [feed_at(slow.on(f"/{n}", silence()), **open_to_both) for n in range(40)]
        good = [feed_at(server.on(f"/{n}", answer(body=BODY))) for n in range(200)]
        waiting = [asyncio.create_task(fetcher.fetch(feed, fresh())) for feed in stuck]
        while slow.busy < 2:
            await asyncio.sleep(0.01)
        began = time.monotonic()
        await asyncio.gather(*(fetcher.fetch(feed, fresh()) for feed in good))
        took_s = time.monotonic() - began
        assert (slow.busy, slow.most_busy) == (2, 2)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert took_s < 1.5


async def test_f08_one_host_sees_so_many_requests_at_once(server: BadServer) -> None:
    feeds = [feed_at(server.on(f"/{n}", later(0.01, answer(body=BODY)))) for n in range(30)]
    async with new_fetcher(groups=GroupRules(at_once=2)) as fetcher:
        await asyncio.gather(*(fetcher.fetch(feed, fresh()) for feed in feeds))
    assert server.most_busy == 2


async def test_all_hosts_together_see_so_many_requests_at_once(server: BadServer) -> None:
    server.on("/feed", later(0.05, answer(body=BODY)))
    feeds = [
        feed_at(
            server.url("/feed").replace("127.0.0.1", "localhost"), allow_private=("127.0.0.0/8", "::1/128")
        ),
        *(feed_at(server.url("/feed")) for _ in range(12)),
    ]
    async with new_fetcher(connections=3, groups=GroupRules(at_once=8)) as fetcher:
        await asyncio.gather(*(fetcher.fetch(feed, fresh()) for feed in feeds))
    assert server.most_busy == 3


async def test_waiting_for_a_place_does_not_count_against_the_time_limit(server: BadServer) -> None:
    feeds = [feed_at(server.on(f"/{n}", later(0.1, answer(body=BODY)))) for n in range(6)]
    async with new_fetcher(timeout_s=0.4, groups=GroupRules(at_once=1)) as fetcher:
        responses = await asyncio.gather(*(fetcher.fetch(feed, fresh()) for feed in feeds))
    assert len(responses) == 6


async def test_a_fetch_that_is_cancelled_gives_its_place_back(server: BadServer) -> None:
    server.on("/slow", silence())
    server.on("/feed", answer(body=BODY))
    async with new_fetcher(connections=1, groups=GroupRules(at_once=1)) as fetcher:
        task = asyncio.create_task(fetcher.fetch(feed_at(server.url("/slow")), fresh()))
        while not server.busy:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (await fetcher.fetch(feed_at(server.url("/feed")), fresh())).body == BODY
