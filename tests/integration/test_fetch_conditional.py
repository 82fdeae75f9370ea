"""Conditional GET: validators are opaque bytes, kept and sent back as they came."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from badserver import BadServer, answer, redirect
from fetching import BODY, NOW, feed_at, fresh, new_fetcher
from pipeline.errors import FetchError, FetchRetryable, Reason
from pipeline.model import Feed, FeedState, Response
from pipeline.schedule import next_state
from pipeline.sources.http import HttpFetcher

VALIDATORS = {
    "strong": b'"a"',
    "weak": b'W/"a,b"',
    "unquoted": b"abc",
    "empty-quotes": b'""',
    "two-kilobytes": b'"' + b"x" * 2048 + b'"',
    "utf-8": '"grüße-ニュース"'.encode(),
    "latin-1": b'"gr\xfc\xdfe"',
    "every-byte": bytes([b for b in range(0x21, 0x100) if b != 0x7F]),
    "surrogate-as-utf-8": b'"\xed\xb3\xbc"',
    "half-a-character": b'"\xe3\x83"',
    "inner-tab-and-spaces": b'"a\t b  c"',
    "gzip-suffix": b'"a-gzip"',
}


@pytest.fixture
async def server() -> AsyncIterator[BadServer]:
    async with BadServer() as running:
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    async with new_fetcher() as opened:
        yield opened


async def poll(fetcher: HttpFetcher, feed: Feed, state: FeedState) -> tuple[Response, FeedState]:
    response = await fetcher.fetch(feed, state)
    return response, next_state(feed, state, response, NOW)


@pytest.mark.parametrize("validator", VALIDATORS.values(), ids=VALIDATORS)
async def test_f01_validators_go_back_byte_for_byte(
    server: BadServer, fetcher: HttpFetcher, validator: bytes
) -> None:
    sent = {"ETag": validator, "Last-Modified": validator}
    feed = feed_at(server.on("/feed", answer(body=BODY, headers=sent), answer(304)))
    state = fresh()
    for _ in range(50):
        _, state = await poll(fetcher, feed, state)
    first, *others = server.journal
    assert (first.header("if-none-match"), first.header("if-modified-since")) == (None, None)
    assert {request.header("if-none-match") for request in others} == {validator}
    assert {request.header("if-modified-since") for request in others} == {validator}
    assert len(others) == 49


@pytest.mark.parametrize("date", ["Thu, 01 Jan 1970 00:00:00 GMT", "yesterday, or so", "2026-01-01", "0"])
async def test_f01_no_date_is_made_better(server: BadServer, fetcher: HttpFetcher, date: str) -> None:
    feed = feed_at(server.on("/feed", answer(body=BODY, headers={"Last-Modified": date})))
    _, state = await poll(fetcher, feed, fresh())
    await poll(fetcher, feed, state)
    assert server.journal[1].header("if-modified-since") == date.encode()
    assert server.journal[1].header("if-none-match") is None


async def test_f02_each_answer_brings_its_own_validators(server: BadServer, fetcher: HttpFetcher) -> None:
    def both(etag: str, date: str) -> dict[str, str]:
        return {"ETag": etag, "Last-Modified": date}

    feed = feed_at(
        server.on(
            "/feed",
            answer(body=BODY, headers=both('"1"', "A")),
            answer(body=BODY, headers=both('"2"', "A")),  # only one changed, the body did not
            answer(body=BODY, headers=both('"3"', "B")),  # both changed, the body did not
            answer(304),  # says nothing of them: they stay
            answer(304, headers={"ETag": '"4"'}),
            answer(304, headers={"Last-Modified": "C"}),
            answer(body=BODY, headers={"ETag": '"5"'}),  # has no date any more
            answer(body=BODY),
        )
    )
    state = fresh()
    for _ in range(9):
        _, state = await poll(fetcher, feed, state)
    asked = [(r.header("if-none-match"), r.header("if-modified-since")) for r in server.journal]
    assert asked == [
        (None, None),
        (b'"1"', b"A"),
        (b'"2"', b"A"),
        (b'"3"', b"B"),
        (b'"3"', b"B"),
        (b'"4"', b"B"),
        (b'"4"', b"C"),
        (b'"5"', None),
        (None, None),
    ]


async def test_not_modified_has_no_body_and_a_whole_answer_has_all_of_it(
    server: BadServer, fetcher: HttpFetcher
) -> None:
    headers = {"ETag": '"a"', "Content-Type": "application/rss+xml; charset=utf-8"}
    feed = feed_at(server.on("/feed", answer(body=BODY, headers=headers), answer(304)))
    whole, state = await poll(fetcher, feed, fresh())
    nothing, _ = await poll(fetcher, feed, state)
    assert (whole.status, whole.body, whole.media_type) == (200, BODY, "application/rss+xml; charset=utf-8")
    assert (nothing.status, nothing.body, nothing.etag) == (304, None, b'"a"')
    assert whole.url == whole.final_url == feed.url


async def test_f02_a_failure_does_not_touch_the_validators(server: BadServer, fetcher: HttpFetcher) -> None:
    feed = feed_at(
        server.on("/feed", answer(body=BODY, headers={"ETag": '"a"'}), answer(500, headers={"ETag": '"e"'}))
    )
    _, state = await poll(fetcher, feed, fresh())
    with pytest.raises(FetchRetryable) as caught:
        await fetcher.fetch(feed, state)
    assert next_state(feed, state, caught.value, NOW).etag == b'"a"'


@pytest.mark.parametrize("status", [400, 412, 431])
async def test_f02_a_condition_that_a_server_may_not_take_is_not_sent_again(
    server: BadServer, fetcher: HttpFetcher, status: int
) -> None:
    feed = feed_at(
        server.on("/feed", answer(body=BODY, headers={"ETag": '"a"'}), answer(status), answer(body=BODY))
    )
    _, state = await poll(fetcher, feed, fresh())
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(feed, state)
    await poll(fetcher, feed, next_state(feed, state, caught.value, NOW))
    assert [each.header("if-none-match") for each in server.journal] == [None, b'"a"', None]


async def test_f01_a_validator_too_long_for_a_request_is_not_sent_back(
    server: BadServer, fetcher: HttpFetcher
) -> None:
    feed = feed_at(server.on("/feed", answer(body=BODY, headers={"ETag": '"' + "a" * 20_000 + '"'})))
    response, _ = await poll(fetcher, feed, fresh())
    assert response.etag is None


async def test_f01_an_empty_validator_is_none(server: BadServer, fetcher: HttpFetcher) -> None:
    feed = feed_at(server.on("/feed", answer(body=BODY, headers={"ETag": "", "Last-Modified": " "})))
    response = await fetcher.fetch(feed, fresh())
    assert (response.etag, response.last_modified) == (None, None)


async def test_a_304_that_nothing_asked_for_is_no_success(server: BadServer, fetcher: HttpFetcher) -> None:
    with pytest.raises(FetchRetryable) as caught:
        await fetcher.fetch(feed_at(server.on("/feed", answer(304))), fresh())
    assert caught.value.reason is Reason.BAD_RESPONSE
    assert "nothing had been fetched before" in caught.value.detail


async def test_f02_validators_travel_with_a_redirect(server: BadServer, fetcher: HttpFetcher) -> None:
    server.on("/new", answer(body=BODY, headers={"ETag": b'"\xfc"'}), answer(304))
    feed = feed_at(server.on("/old", redirect("/new", 301)))
    response, state = await poll(fetcher, feed, fresh())
    again, _ = await poll(fetcher, feed, state)
    assert (response.url, response.final_url) == (server.url("/old"), server.url("/new"))
    assert again.body is None
    assert server.asked("/new")[1].header("if-none-match") == b'"\xfc"'


async def test_f16_who_we_are_is_said_and_nothing_else(server: BadServer, fetcher: HttpFetcher) -> None:
    cookie = {"Set-Cookie": "id=1; Path=/", "ETag": '"a"'}
    server.on("/new", answer(body=BODY, headers=cookie))
    feed = feed_at(server.on("/feed", redirect("/new", headers=cookie)))
    _, state = await poll(fetcher, feed, fresh())
    await poll(fetcher, feed, replace(state, last_modified=b"A"))
    assert len(server.journal) == 4
    for request in server.journal:
        agent = (request.header("user-agent") or b"").decode()
        assert agent.startswith("newswire/")
        assert agent.endswith(" (+desk@kestrel.example)")
        assert request.header("accept-encoding") == b"gzip, deflate, br"
        names = {name.lower() for name, _ in request.headers}
        ours = {b"host", b"user-agent", b"accept", b"accept-encoding", b"if-none-match", b"if-modified-since"}
        assert names <= ours
