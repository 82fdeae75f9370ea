"""Redirects: so many, to http(s) only, and never with credentials to another origin."""

import base64
from collections.abc import AsyncIterator

import pytest

from badserver import BadServer, answer, head, later, raw, redirect
from fetching import BODY, feed_at, fresh, new_fetcher
from pipeline.errors import FetchError, FetchRefused, FetchRetryable, Reason
from pipeline.model import Auth
from pipeline.sources.http import HttpFetcher


@pytest.fixture
async def server() -> AsyncIterator[BadServer]:
    async with BadServer() as running:
        yield running


@pytest.fixture
async def other() -> AsyncIterator[BadServer]:
    """Run a server at another origin: another port."""
    async with BadServer() as running:
        running.on("/feed", answer(body=BODY))
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    async with new_fetcher(max_redirects=5) as opened:
        yield opened


async def error_of(fetcher: HttpFetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(feed_at(url), fresh())
    return caught.value


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["/feed", "feed", "?x=1"])
async def test_f09_a_redirect_is_followed(
    server: BadServer, fetcher: HttpFetcher, status: int, to: str
) -> None:
    server.on("/feed", answer(body=BODY))
    url = server.on("/old", redirect(to, status), answer(body=BODY))
    response = await fetcher.fetch(feed_at(url), fresh())
    assert (response.status, response.body, response.url) == (200, BODY, url)
    assert response.final_url == server.url("/old?x=1" if to == "?x=1" else "/feed")
    assert {request.method for request in server.journal} == {"GET"}


@pytest.mark.parametrize(("hops", "arrives"), [(5, True), (6, False)])
async def test_f09_so_many_redirects_and_no_more(
    server: BadServer, fetcher: HttpFetcher, hops: int, arrives: bool
) -> None:
    for hop in range(hops):
        server.on(f"/{hop}", redirect(f"/{hop + 1}"))
    server.on(f"/{hops}", answer(body=BODY))
    if arrives:
        assert (await fetcher.fetch(feed_at(server.url("/0")), fresh())).body == BODY
    else:
        error = await error_of(fetcher, server.url("/0"))
        assert (error.reason, error.detail) == (
            Reason.REDIRECTS,
            "the server redirects more than 5 times",
        )
        assert len(server.journal) == 6


async def test_f09_a_circle_is_seen_at_once(server: BadServer, fetcher: HttpFetcher) -> None:
    server.on("/b", redirect("/a"))
    error = await error_of(fetcher, server.on("/a", redirect("/b#again")))
    assert (type(error), error.detail) == (FetchRefused, "the server redirects in a circle")
    assert len(server.journal) == 2


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/", "ws://127.0.0.1/", "gopher:x"])
async def test_f09_only_http_is_followed(server: BadServer, fetcher: HttpFetcher, to: str) -> None:
    error = await error_of(fetcher, server.on("/feed", redirect(to)))
    assert (type(error), error.reason) == (FetchRefused, Reason.REDIRECTS)
    assert server.connections == 1


async def test_a_redirect_to_nowhere_is_a_refusal(server: BadServer, fetcher: HttpFetcher) -> None:
    error = await error_of(fetcher, server.on("/feed", raw(head(302, length=0))))
    assert error.detail == "the server said 302, a redirect that cannot be followed"


@pytest.mark.parametrize(
    "auth",
    [
        Auth(kind="basic", name="desk", secret="c4nary"),
        Auth(kind="bearer", secret="c4nary"),
        Auth(kind="header", name="X-Api-Key", secret="c4nary"),
        Auth(kind="query", name="key", secret="c4nary"),
    ],
    ids=lambda auth: auth.kind,
)
async def test_f09_credentials_reach_their_origin_and_no_other(
    server: BadServer, other: BadServer, fetcher: HttpFetcher, auth: Auth
) -> None:
    server.on(
        "/inside", redirect(other.url("/feed?key=c4nary") if auth.kind == "query" else other.url("/feed"))
    )
    url = server.on("/feed", redirect("/inside"))
    feed = feed_at(url, auth=auth, headers={"X-Desk": "c4nary"})
    response = await fetcher.fetch(feed, fresh())
    tell = [b"c4nary", base64.b64encode(b"desk:c4nary")]
    for request in server.journal:
        assert any(word in repr(request).encode() for word in tell)
        assert request.header("x-desk") == b"c4nary"
    (leaked,) = other.journal
    assert not any(word in repr(leaked).encode() for word in tell)
    assert leaked.target == "/feed"
    assert leaked.header("x-desk") is None
    assert response.final_url == other.url("/feed")


async def test_f09_credentials_do_not_come_back_with_a_redirect_home(
    server: BadServer, other: BadServer, fetcher: HttpFetcher
) -> None:
    server.on("/back", answer(401))
    other.on("/away", redirect(server.url("/back")))
    feed = feed_at(
        server.on("/feed", redirect(other.url("/away"))), auth=Auth(kind="bearer", secret="c4nary")
    )
    with pytest.raises(FetchRefused) as caught:
        await fetcher.fetch(feed, fresh())
    assert server.asked("/back")[0].header("authorization") is None
    assert caught.value.reason is Reason.UNAUTHORIZED
    assert "credentials were not sent on" in caught.value.detail


async def test_user_and_password_in_a_redirect_are_not_sent(
    server: BadServer, other: BadServer, fetcher: HttpFetcher
) -> None:
    to = other.url("/feed").replace("//", "//desk:pw@")
    response = await fetcher.fetch(feed_at(server.on("/feed", redirect(to))), fresh())
    assert other.journal[0].header("authorization") is None
    assert response.final_url == other.url("/feed")


async def test_the_time_limit_covers_all_redirects_together(server: BadServer) -> None:
    for hop in range(5):
        server.on(f"/{hop}", later(0.15, redirect(f"/{hop + 1}")))
    async with new_fetcher(timeout_s=0.4) as fetcher:
        with pytest.raises(FetchRetryable) as caught:
            await fetcher.fetch(feed_at(server.url("/0")), fresh())
    assert caught.value.reason is Reason.TIMEOUT
