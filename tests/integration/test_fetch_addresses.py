"""No spelling, redirect, resolver or pooled connection leads a feed to an address it may not reach."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from badserver import BadServer, answer, redirect
from fetching import BODY, feed_at, fresh, new_fetcher
from pipeline.errors import FetchError, FetchRefused, Reason
from pipeline.sources.http import HttpFetcher


class ScriptedResolver(AbstractResolver):
    """Gives a name's addresses in turn, the last one for ever: rebinding is a script of two."""

    def __init__(self, **script: list[list[str]]) -> None:
        self.script = script

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        turns = self.script[host.partition(".")[0]]
        addresses = turns.pop(0) if len(turns) > 1 else turns[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


@pytest.fixture
async def canary() -> AsyncIterator[BadServer]:
    """Listen on all loopback addresses, at a port that nobody may reach."""
    async with BadServer(host="0.0.0.0") as running:
        running.on("/", answer(body=BODY))
        yield running


@pytest.fixture
async def canary6() -> AsyncIterator[BadServer]:
    try:
        async with BadServer(host="::1") as running:
            yield running
    except OSError:
        pytest.skip("this machine has no IPv6")


@pytest.fixture
async def door() -> AsyncIterator[BadServer]:
    """Listen where feeds of these tests are allowed to go, to redirect them elsewhere."""
    async with BadServer(host="127.0.0.9") as running:
        yield running


NAMES = {
    "loop": [["127.0.0.1"]],
    "mapped": [["::ffff:127.0.0.1"]],
    "nat": [["64:ff9b::7f00:1"]],
    "both": [["::1", "127.0.0.1"]],
    "many": [["127.0.0.1", "127.0.0.2", "10.0.0.1", "::1"]],
    "rebind": [["127.0.0.9"], ["127.0.0.1"]],
    "zero": [["0.0.0.0"]],
    "link": [["169.254.169.254"]],
    "ten": [["10.0.0.1"]],
}

HOSTS = """
    127.0.0.1 127.0.0.2 127.255.255.254 0.0.0.0 0 127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0x7f.0.0.0x1
    0177.0.0.1 017700000001 127.0.0.1. 127.000.000.001 １２７.0.0.1 127。0。0。1 ①②⑦.0.0.1
    localhost localhost. LOCALHOST localhost.localdomain
    [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [0:0:0:0:0:0:0:1] [64:ff9b::7f00:1]
    [64:ff9b:1::7f00:1] [2002:7f00:1::] [2001:0:7f00:1::] [fe80::1] [fe80::1%25lo] [::1%25lo] [fc00::1]
    [fec0::1] [ff02::1] 10.0.0.1 172.16.0.1 192.168.0.1 169.254.169.254 100.64.0.1 198.18.0.1 192.0.0.8
    240.0.0.1 255.255.255.255 224.0.0.1
    loop.example mapped.example nat.example both.example many.example zero.example link.example ten.example
    user@127.0.0.1 user:pass@127.0.0.1 public.example@127.0.0.1 127.0.0.1%00.public.example
""".split()  # noqa: SIM905


async def error_of(fetcher: HttpFetcher, url: str, *allow: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(feed_at(url, allow_private=allow), fresh())
    return caught.value


def resolver() -> ScriptedResolver:
    system = {name: [["127.0.0.1"]] for name in ("localhost", "LOCALHOST", "0x7f", "0177", "0", "127")}
    numbers = {n: [["127.0.0.1"]] for n in ("2130706433", "0x7f000001", "017700000001", "127%00", "127\x00")}
    return ScriptedResolver(**{n: list(turns) for n, turns in (NAMES | system | numbers).items()})


@pytest.mark.parametrize("host", HOSTS, ids=ascii)
async def test_h12_no_spelling_of_a_private_address_is_reached(canary: BadServer, host: str) -> None:
    async with new_fetcher(timeout_s=2, resolver=resolver()) as fetcher:
        error = await error_of(fetcher, f"http://{host}:{canary.port}/")
    assert canary.connections == 0
    assert isinstance(error, FetchRefused)


@pytest.mark.parametrize("host", HOSTS, ids=ascii)
async def test_h12_no_redirect_leads_to_a_private_address(
    canary: BadServer, door: BadServer, host: str
) -> None:
    url = door.on("/feed", redirect(f"http://{host}:{canary.port}/"))
    async with new_fetcher(timeout_s=2, resolver=resolver()) as fetcher:
        error = await error_of(fetcher, url, "127.0.0.9/32")
    assert len(door.journal) == 1
    assert canary.connections == 0
    assert isinstance(error, FetchRefused)


async def test_h12_ipv6_loopback_is_refused_where_somebody_listens(canary6: BadServer) -> None:
    async with new_fetcher() as fetcher:
        error = await error_of(fetcher, f"http://[::1]:{canary6.port}/", "127.0.0.0/8")
    assert (error.reason, canary6.connections) == (Reason.BLOCKED_ADDRESS, 0)
    assert error.detail.startswith("::1 is this machine: refused")


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("127.0.0.1", "127.0.0.1 is this machine: refused"),
        ("loop.example", "loop.example is 127.0.0.1, this machine: refused"),
        ("both.example", "both.example is ::1, this machine: refused"),
        ("ten.example", "ten.example is 10.0.0.1, a private network: refused"),
        ("link.example", "link.example is 169.254.169.254, a link-local network: refused"),
    ],
)
async def test_what_is_refused_and_how_to_allow_it_is_said(host: str, words: str) -> None:
    async with new_fetcher(resolver=resolver()) as fetcher:
        error = await error_of(fetcher, f"http://{host}/")
    assert error.reason is Reason.BLOCKED_ADDRESS
    assert error.detail.startswith(words)
    assert "allow_private" in error.detail


async def test_h12_a_name_that_moves_to_a_private_address_is_refused_when_it_does(
    canary: BadServer,
) -> None:
    async with (
        BadServer(host="127.0.0.9", port=canary.port + 1 if canary.port < 65_535 else 0) as door,
        new_fetcher(resolver=resolver()) as fetcher,
    ):
        door.on("/feed", redirect(f"http://rebind.example:{canary.port}/"), answer(body=BODY))
        url = f"http://rebind.example:{door.port}/feed"
        error = await error_of(fetcher, url, "127.0.0.9/32")
    assert (error.reason, canary.connections) == (Reason.BLOCKED_ADDRESS, 0)


async def test_h12_an_allowed_network_is_reached_and_its_neighbour_is_not(canary: BadServer) -> None:
    async with new_fetcher() as fetcher:
        feed = feed_at(f"http://127.0.0.1:{canary.port}/", allow_private=("127.0.0.1/32",))
        assert (await fetcher.fetch(feed, fresh())).body == BODY
        await error_of(fetcher, f"http://127.0.0.2:{canary.port}/", "127.0.0.1/32")
    assert canary.connections == 1


async def test_a_connection_opened_for_one_feed_never_serves_another_that_may_not(
    canary: BadServer,
) -> None:
    url = f"http://127.0.0.1:{canary.port}/"
    async with new_fetcher() as fetcher:
        for _ in range(3):  # the connection stays open between these
            await fetcher.fetch(feed_at(url), fresh())
        assert canary.connections == 1
        outcomes = await asyncio.gather(*(error_of(fetcher, url, *allow) for allow in ((), ("10.0.0.0/8",))))
        await fetcher.fetch(feed_at(url), fresh())
    assert {error.reason for error in outcomes} == {Reason.BLOCKED_ADDRESS}
    assert (canary.connections, len(canary.journal)) == (1, 4)
