"""What goes wrong is said in words, in the right class, with what the server asked for, without secrets."""

import asyncio
import base64
import logging
import socket
import threading
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from badserver import Answer, BadServer, answer, closed_port, raw, redirect, silence
from fetching import BODY, NOW, feed_at, fresh, new_fetcher
from pipeline.errors import FetchError, FetchRefused, FetchRetryable, Reason
from pipeline.model import Auth
from pipeline.schedule import next_state
from pipeline.sources import names
from pipeline.sources.http import HttpFetcher


@pytest.fixture
async def server() -> AsyncIterator[BadServer]:
    async with BadServer() as running:
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    async with new_fetcher() as opened:
        yield opened


async def error_of(fetcher: HttpFetcher, url: str, **more: object) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(feed_at(url, **more), fresh())
    return caught.value


@pytest.mark.parametrize("status", [429, 503, 500, 404])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(minutes=2)),
        ("Thu, 01 Jan 1970 00:10:00 GMT", timedelta(minutes=10)),  # a server whose clock stands still
        ("-120", None),
        ("1000000000000", timedelta(hours=24)),
        ("a while", None),
    ],
)
async def test_f05_what_a_server_asks_to_wait_is_waited(
    server: BadServer, fetcher: HttpFetcher, status: int, value: str, expected: timedelta | None
) -> None:
    headers = {"Retry-After": value, "Date": "Thu, 01 Jan 1970 00:00:00 GMT"}
    feed = feed_at(server.on("/feed", answer(status, b"no", headers)), interval=timedelta(seconds=30))
    error = await error_of(fetcher, feed.url)
    assert (error.status, error.retry_after) == (status, expected)
    due = next_state(feed, fresh(), error, NOW).next_poll_at
    assert NOW + (expected or timedelta()) <= due <= NOW + timedelta(hours=24)


async def test_f05_a_whole_answer_may_ask_to_wait(server: BadServer, fetcher: HttpFetcher) -> None:
    url = server.on("/feed", answer(body=BODY, headers={"Retry-After": "3600"}))
    assert (await fetcher.fetch(feed_at(url), fresh())).retry_after == timedelta(hours=1)


async def test_f05_so_may_each_redirect_on_the_way(server: BadServer, fetcher: HttpFetcher) -> None:
    server.on("/feed", answer(body=BODY, headers={"Retry-After": "60"}))
    server.on("/moved", redirect("/feed", 302, {"Retry-After": "120"}))
    url = server.on("/old", redirect("/moved", 301, {"Retry-After": "3600"}))
    response = await fetcher.fetch(feed_at(url), fresh())
    assert (response.retry_after, response.moved_to) == (timedelta(hours=1), server.url("/moved"))


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (404, FetchRefused, Reason.NOT_FOUND),
        (410, FetchRefused, Reason.GONE),
        (401, FetchRefused, Reason.UNAUTHORIZED),
        (429, FetchRetryable, Reason.RATE_LIMITED),
        (502, FetchRetryable, Reason.HTTP_SERVER_ERROR),
    ],
)
async def test_f10_a_status_has_its_class(
    server: BadServer, fetcher: HttpFetcher, status: int, kind: type, reason: Reason
) -> None:
    error = await error_of(fetcher, server.on("/feed", answer(status, b"<html>")))
    assert (type(error), error.reason, error.status) == (kind, reason, status)


async def test_a_closed_port_is_said(fetcher: HttpFetcher) -> None:
    with closed_port() as port:
        error = await error_of(fetcher, f"http://127.0.0.1:{port}/")
    assert (type(error), error.reason) == (FetchRetryable, Reason.CONNECT)
    assert error.detail == f"no connection to 127.0.0.1 (port {port}): connection refused"


class FailingResolver(AbstractResolver):
    def __init__(self, number: int) -> None:
        self.number = number

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        raise socket.gaierror(self.number, "as the system says it")

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (socket.EAI_NONAME, "the name news.example does not resolve"),
        (socket.EAI_AGAIN, "no name server answered for news.example"),
        (socket.EAI_FAIL, "the name news.example does not resolve"),
    ],
)
async def test_f14_a_name_that_does_not_resolve_is_said(number: int, words: str) -> None:
    async with new_fetcher(resolver=FailingResolver(number)) as fetcher:
        error = await error_of(fetcher, "http://news.example/")
    assert (type(error), error.reason, error.detail) == (FetchRetryable, Reason.DNS, words)


@pytest.mark.parametrize(
    "host", ["a" * 64 + ".invalid", "..", "a..b", "-.invalid", "exa mple.invalid", "\x00", "%"]
)
async def test_a_host_that_can_be_none_is_an_error_of_the_feed(fetcher: HttpFetcher, host: str) -> None:
    error = await error_of(fetcher, f"http://{host}/")
    assert error.reason in (Reason.DNS, Reason.CONNECT)


async def test_an_address_of_a_network_card_that_is_not_there_is_said(fetcher: HttpFetcher) -> None:
    error = await error_of(fetcher, "http://[fe80::1%25nowhere]/", allow_private=("fe80::/10",))
    assert (type(error), error.reason) == (FetchRetryable, Reason.DNS)


async def test_f14_a_name_server_that_hangs_costs_the_feed_its_time_and_nobody_else_anything(
    server: BadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    real = socket.getaddrinfo

    def hangs(host: str, *more: object, **named: object) -> object:
        if host.endswith(".invalid"):
            go_on.wait(10)
            raise socket.gaierror(socket.EAI_AGAIN, "")
        return real(host, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(names.socket, "getaddrinfo", hangs)
    good = feed_at(server.on("/feed", answer(body=BODY)))
    async with new_fetcher(timeout_s=0.5) as fetcher:
        stuck = [asyncio.create_task(error_of(fetcher, f"http://h{n}.invalid/")) for n in range(12)]
        await asyncio.sleep(0.05)
        began = time.monotonic()
        await asyncio.to_thread(time.monotonic)  # the loop's own threads are free
        await fetcher.fetch(good, fresh())
        assert time.monotonic() - began < 0.3
        assert {error.reason for error in await asyncio.gather(*stuck)} == {Reason.TIMEOUT}
    go_on.set()


# --- proxies -----------------------------------------------------------------------------------


async def test_a_proxy_gets_the_request_and_its_own_password(server: BadServer, fetcher: HttpFetcher) -> None:
    server.on("http://wire.invalid/feed", answer(body=BODY))
    proxy = server.url("").replace("//", "//desk:c4nary@")
    feed = feed_at("http://wire.invalid/feed", proxy=proxy, allow_private=())
    for _ in range(2):  # the second time on the same connection
        assert (await fetcher.fetch(feed, fresh())).body == BODY
    for asked in server.journal:
        assert asked.header("host") == b"wire.invalid"
        assert asked.header("proxy-authorization") == b"Basic " + base64.b64encode(b"desk:c4nary")
        assert asked.header("authorization") is None


async def test_what_a_proxied_feed_redirects_to_goes_through_the_proxy_too(
    server: BadServer, fetcher: HttpFetcher
) -> None:
    async with BadServer() as canary:
        server.on("http://wire.invalid/feed", redirect("http://other.invalid/"), redirect(canary.url()))
        server.on("http://other.invalid/", answer(body=BODY))
        feed = feed_at("http://wire.invalid/feed", proxy=server.url(""), allow_private=())
        assert (await fetcher.fetch(feed, fresh())).body == BODY
        with pytest.raises(FetchRefused) as caught:
            await fetcher.fetch(feed, fresh())
        assert caught.value.reason is Reason.BLOCKED_ADDRESS
        assert canary.connections == 0


@pytest.mark.parametrize(
    ("says", "kind", "reason", "words"),
    [
        (answer(407), FetchRefused, Reason.UNAUTHORIZED, "the proxy wants other credentials"),
        (answer(502), FetchRetryable, Reason.CONNECT, "the proxy said 502 and made no connection"),
    ],
    ids=["407", "502"],
)
async def test_a_proxy_that_makes_no_tunnel_is_said(
    server: BadServer, fetcher: HttpFetcher, says: Answer, kind: type, reason: Reason, words: str
) -> None:
    server.on("wire.invalid:443", says)
    proxy = server.url("").replace("//", "//desk:c4nary@")
    error = await error_of(fetcher, "https://wire.invalid/feed", proxy=proxy)
    assert (type(error), error.reason) == (kind, reason)
    assert words in error.detail
    assert server.journal[0].method == "CONNECT"


async def test_a_proxy_that_is_not_there_is_said(fetcher: HttpFetcher) -> None:
    with closed_port() as port:
        proxy = f"http://desk:c4nary@127.0.0.1:{port}"
        error = await error_of(fetcher, "http://wire.invalid/feed", proxy=proxy)
    assert error.detail.startswith(f"no connection to the proxy 127.0.0.1 (port {port}): ")


async def test_the_environments_proxy_is_not_used(
    server: BadServer, fetcher: HttpFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with BadServer() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))
        await fetcher.fetch(feed_at(server.on("/feed", answer(body=BODY))), fresh())
        assert proxy.connections == 0


# --- secrets -----------------------------------------------------------------------------------

CANARY = "c4nary-s3cret"
TELLING = (CANARY, base64.b64encode(f"desk:{CANARY}".encode()).decode())


@pytest.mark.parametrize("kind", ["basic", "bearer", "header", "query", "url", "proxy"])
@pytest.mark.parametrize(
    "says",
    [
        answer(401),
        answer(503, headers={"Retry-After": "120"}),
        raw(b"nonsense\r\n\r\n"),
        raw(b""),
        silence(),
        redirect("http://127.0.0.1:1/?key=" + CANARY),
        redirect("file:///" + CANARY),
        redirect("http://h:99999/" + CANARY),
        answer(body=BODY, headers={"Content-Encoding": "zstd"}),
        answer(body=BODY, headers={"Set-Cookie": "a=b; Expires=never; \x7f"}),
    ],
    ids="401 503 nonsense closed silence moved moved-file moved-nowhere zstd cookie".split(),  # noqa: SIM905
)
async def test_no_secret_is_in_an_error_a_traceback_a_value_or_a_log(
    server: BadServer, caplog: pytest.LogCaptureFixture, kind: str, says: Answer
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="asyncio")
    name = {"header": "X-Key", "query": "key"}.get(kind, "desk")
    more: dict[str, object] = {"headers": {"X-Desk": CANARY}}
    url = server.on("/feed", says)
    if kind == "url":
        url = url.replace("//", f"//desk:{CANARY}@")
    elif kind == "proxy":
        more["proxy"] = server.url("").replace("//", f"//desk:{CANARY}@")
        server.on(url, says)
    else:
        more["auth"] = Auth(kind=kind, name=name, secret=CANARY)
    feed = feed_at(url, **more)
    texts = []
    async with new_fetcher(timeout_s=0.2) as fetcher:
        try:
            texts.append(repr(await fetcher.fetch(feed, fresh())))
        except FetchError as error:
            texts += [str(error), error.detail, repr(error), *traceback.format_exception(error)]
    texts += [caplog.text, repr(feed) if kind != "url" else "", repr(fetcher)]
    assert server.journal
    assert not [text for text in texts for word in TELLING if word in text]


class TwoAddresses(AbstractResolver):
    """Names both families, the newer one first, as name servers do."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = ((socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1"))
        return [
            ResolveResult(
                hostname=host, host=at, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST
            )
            for kind, at in found
        ]

    async def close(self) -> None:
        pass


@contextmanager
def black_hole(port: int) -> Iterator[None]:
    """Take a port of ::1 and answer no connection: its queue is full, so the kernel drops what comes."""
    with ExitStack() as held:
        listener = held.enter_context(socket.socket(socket.AF_INET6))
        listener.bind(("::1", port))
        listener.listen(0)
        for _ in range(3):
            filler = held.enter_context(socket.socket(socket.AF_INET6))
            filler.setblocking(False)
            filler.connect_ex(("::1", port))
        yield


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
async def test_f14_an_ipv6_address_that_answers_nothing_costs_less_than_a_second(server: BadServer) -> None:
    server.on("/feed", answer(body=BODY))
    feed = feed_at(f"http://news.example:{server.port}/feed", allow_private=("127.0.0.1/32", "::1/128"))
    async with new_fetcher(resolver=TwoAddresses()) as fetcher:
        with black_hole(server.port):
            began = time.monotonic()
            response = await fetcher.fetch(feed, fresh())
            assert (response.status, time.monotonic() - began < 1.0) == (200, True)
