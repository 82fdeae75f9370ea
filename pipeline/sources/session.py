"""aiohttp as a polite and careful fetcher needs it, and its errors in our words (its home, with http.py).

No cookies, no environment, no decoding; sockets guarded; names looked up on threads of their own; headers
of any bytes. A session serves one profile, that is the networks it may reach and the proxy it goes through:
a pooled connection that was opened for a feed that may reach 10.0.0.0/8 can then never serve one that may
not, and no request of a proxied feed can forget its proxy. (Certificates are part of aiohttp's pool key.)
"""

import asyncio
import os
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection

from pipeline.errors import FetchError, FetchRefused, FetchRetryable, Reason
from pipeline.sources import answer
from pipeline.sources.addresses import BlockedAddressError, Network, guarded_socket_factory
from pipeline.sources.names import look_up

#: how long an idle connection is kept: long enough for redirects and feeds of one host that are due together
_KEEPALIVE_S = 2.0
#: how long an answer of the name servers is used
_DNS_S = 60
#: names looked up at once
_LOOKUPS = 32
_SURROGATE = re.compile("[\ud800-\udfff]")


def open_session(
    allow: Sequence[Network], proxy: str | None, resolver: AbstractResolver
) -> aiohttp.ClientSession:
    """Open the session of one profile; call it inside the event loop."""
    connector = aiohttp.TCPConnector(
        limit=0,  # http.py's gate counts: waiting in aiohttp's pool would eat up a feed's time limit
        keepalive_timeout=_KEEPALIVE_S,
        ttl_dns_cache=_DNS_S,
        resolver=resolver,
        # The operator names the proxy, and all connections of this session go to it.
        socket_factory=None if proxy else guarded_socket_factory(allow),
    )
    return aiohttp.ClientSession(
        connector=connector,
        proxy=proxy,
        request_class=_Verbatim,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
    )


class DaemonResolver(AbstractResolver):
    """Looks names up on threads that nothing else waits for (see names.py)."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(_LOOKUPS)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """See aiohttp. Raises OSError."""
        async with self._room:
            found = await look_up(host, port, family)
        return [
            ResolveResult(
                hostname=host,
                host=target[0],
                port=target[1],
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, target in found
        ]

    async def close(self) -> None:
        """Leave lookups that hang to end by themselves."""


class _Verbatim(aiohttp.ClientRequest):
    """A request whose headers may hold any bytes, written in str as lone surrogates.

    Validators are opaque bytes, but aiohttp encodes headers as UTF-8 and drops surrogates. Such a value
    goes through it as a random word, which is exchanged for the bytes where the transport is written to.
    """

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """See aiohttp; headers leave within this call, as a GET has no body."""
        words: dict[bytes, bytes] = {}
        for name, value in tuple(self.headers.items()):
            if not value.isascii() and _SURROGATE.search(value):
                word = token_hex(16)
                words[word.encode()] = value.encode("utf-8", "surrogateescape")
                self.headers[name] = word
        protocol = conn.protocol
        if not words or protocol is None:
            return await super().send(conn)
        transport = protocol.transport
        protocol.transport = _Exchanging(transport, words)  # type: ignore[assignment]
        try:
            return await super().send(conn)
        finally:
            protocol.transport = transport


class _Exchanging:
    """A transport that writes other bytes for certain words."""

    def __init__(self, transport: asyncio.Transport | None, words: dict[bytes, bytes]) -> None:
        self._transport = transport
        self._words = words

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        for word, raw in self._words.items():
            data = bytes(data).replace(word, raw)
        assert self._transport is not None
        self._transport.write(data)


@contextmanager
def in_our_words(host: str, timeout_s: float) -> Iterator[None]:
    """Turn aiohttp's errors into ours.

    They are not chained: aiohttp's own words hold the whole URL, query secrets included, and a log of the
    traceback would show them.
    """
    try:
        yield
    except TimeoutError:
        raise FetchRetryable(
            Reason.TIMEOUT, f"{host} did not give a whole answer within {timeout_s:g} seconds"
        ) from None
    except (aiohttp.ClientError, ValueError) as error:
        raise _translated(error, host) from None


def _translated(error: Exception, host: str) -> FetchError:
    return next(words(error, host) for kind, words in _WORDS if isinstance(error, kind))


def _dns_error(error: aiohttp.ClientConnectorDNSError, _: str) -> FetchError:
    silent = error.os_error.errno == socket.EAI_AGAIN
    words = (
        f"no name server answered for {error.host}" if silent else f"the name {error.host} does not resolve"
    )
    return FetchRetryable(Reason.DNS, words)


def blocked_error(host: str, error: BlockedAddressError) -> FetchError:
    where = f"{host} is {error.address}, " if host.strip("[]") != error.address else f"{host} is "
    return FetchRefused(
        Reason.BLOCKED_ADDRESS,
        f"{where}{error.why}: refused (allow_private lets a source reach networks that you name)",
    )


def _connect_error(error: aiohttp.ClientConnectorError, host: str) -> FetchError:
    cause = error.os_error
    if isinstance(cause, BlockedAddressError):
        return blocked_error(host, cause)
    who = f"the proxy {error.host}" if isinstance(error, aiohttp.ClientProxyConnectionError) else error.host
    # What asyncio says instead of the system's words holds the address as Python writes it.
    why = (os.strerror(cause.errno).lower() if cause.errno else str(cause)) or "it was closed at once"
    return FetchRetryable(Reason.CONNECT, f"no connection to {who} (port {error.port}): {why}")


def _certificate_error(error: Any, host: str) -> FetchError:
    cause = error.certificate_error
    return FetchRefused(
        Reason.TLS, f"the certificate of {host} is not valid: {getattr(cause, 'verify_message', cause)}"
    )


def _tls_error(error: aiohttp.ClientConnectorSSLError, host: str) -> FetchError:
    cause = getattr(error.os_error, "reason", None) or error.os_error.strerror or "no common ground"
    return FetchRefused(Reason.TLS, f"no secure connection to {host}: {str(cause).replace('_', ' ').lower()}")


def _proxy_error(error: aiohttp.ClientHttpProxyError, _: str) -> FetchError:
    if error.status == 407:
        return answer.failure(407, None)
    return FetchRetryable(
        Reason.CONNECT, f"the proxy said {error.status} and made no connection", status=error.status
    )


def _saying(kind: type[FetchError], reason: Reason, words: str) -> Callable[[Any, str], FetchError]:
    return lambda _, host: kind(reason, words.format(host=host))


#: aiohttp's error → ours; the first that fits
_WORDS: Sequence[tuple[type[Exception], Callable[[Any, str], FetchError]]] = (
    (aiohttp.ClientConnectorDNSError, _dns_error),
    (aiohttp.ClientConnectorCertificateError, _certificate_error),
    (aiohttp.ClientConnectorSSLError, _tls_error),
    (aiohttp.ClientConnectorError, _connect_error),
    (aiohttp.ClientHttpProxyError, _proxy_error),
    (
        aiohttp.ClientResponseError,
        _saying(FetchRetryable, Reason.BAD_RESPONSE, "{host} sent headers that are broken or too long"),
    ),
    (
        aiohttp.ClientPayloadError,
        _saying(FetchRetryable, Reason.BAD_RESPONSE, "{host} broke off in the middle of its answer"),
    ),
    (
        aiohttp.ClientConnectionError,
        _saying(FetchRetryable, Reason.BAD_RESPONSE, "{host} closed the connection without an answer"),
    ),
    (
        aiohttp.ClientError,
        _saying(FetchRefused, Reason.CONNECT, "the address of {host} cannot be asked by HTTP"),
    ),
    (Exception, _saying(FetchRefused, Reason.CONNECT, "the address {host!r} cannot be asked by HTTP")),
)
