"""HTTP as a polite and careful fetcher needs it, on aiohttp's connections, and its errors in our words.

aiohttp opens, keeps and secures connections, and takes answers apart; what is asked, and what goes along from
one request to the next, is ours alone: no cookies, no environment, no headers but those we write, byte for
byte, no decoding. Its ClientSession, which has all that and more, takes half the time of a
bare request. Sockets are guarded; names are looked up on threads of their own.

A session serves one profile, that is the networks it may reach and the proxy it goes through: a pooled
connection that was opened for a feed that may reach 10.0.0.0/8 can then never serve one that may not, and no
request of a proxied feed can forget its proxy. (Certificates are part of aiohttp's pool key.)
"""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any
from weakref import WeakSet

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from pipeline.cache_sizes import PEERS
from pipeline.errors import FetchError, FetchRefused, FetchRetryable, Reason
from pipeline.sources import answer
from pipeline.sources.addresses import BlockedAddressError, Network, guarded_socket_factory
from pipeline.sources.names import look_up
from pipeline.sources.request import Request

#: how long an idle connection is kept: long enough for redirects and feeds of one host that are due together
_KEEPALIVE_S = 2.0
#: how long an answer of the name servers is used
_DNS_S = 60
#: names looked up at once
_LOOKUPS = 32
#: bytes of a body that are read ahead
_AHEAD_BYTES = 1 << 16
#: that a server may say before its answer: that it goes on, and what its page will need
_MOST_BEFORE = 100
#: of one header; policies of content are the longest that honest servers send
_HEADER_BYTES = 32_768
#: what asking may raise
ERRORS = (TimeoutError, aiohttp.ClientError, HttpProcessingError, ValueError)
#: http.py's own limit covers all of a fetch
_NO_LIMIT = aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None)


class _Peer(aiohttp.ClientRequest):
    """A server, as aiohttp's connector wants it named: by a request. It stands for all that it is asked."""

    @cached_property
    def connection_key(self) -> ConnectionKey:
        """See aiohttp, which makes it anew each time."""
        return super().connection_key


class Session:
    """Asks servers by connections of one profile; make and use it inside the event loop."""

    def __init__(self, allow: Sequence[Network], proxy: str | None, resolver: AbstractResolver) -> None:
        self._connector = aiohttp.TCPConnector(
            limit=0,  # http.py's gate counts: waiting in aiohttp's pool would eat up a feed's time limit
            keepalive_timeout=_KEEPALIVE_S,
            ttl_dns_cache=_DNS_S,
            resolver=resolver,
            # The operator names the proxy, and all connections of this session go to it.
            socket_factory=None if proxy else guarded_socket_factory(allow),
        )
        self._proxy = URL(proxy) if proxy else None
        self._peer = lru_cache(PEERS)(self._new_peer)
        #: connections that have answered before
        self._used: WeakSet[Any] = WeakSet()

    async def close(self) -> None:
        """Close all connections."""
        await self._connector.close()

    async def ask(self, request: Request, trust: ssl.SSLContext | bool) -> "Reply":
        """Ask once; returns when the headers of the answer are there. The caller lets go of the reply.

        A server may close a connection at the moment at which it is used again (RFC 9112 §9.3.1): that is no
        answer of this request, and the next connection is asked.

        Raises:
            One of ERRORS.
        """
        url = request.url
        peer = self._peer(url.scheme, url.host_port_subcomponent, trust)
        while True:
            connection = await self._connector.connect(peer, traces=[], timeout=_NO_LIMIT)
            protocol = connection.protocol
            was_used = protocol in self._used
            if was_used and protocol is not None and protocol.should_close:
                connection.close()  # it has said something since that nobody asked for
                continue
            try:
                reply = await _exchange(connection, request, peer)
                if not was_used:
                    self._used.add(protocol)
                return reply
            except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
                connection.close()
                if not was_used:
                    raise
            except BaseException:
                connection.close()
                raise

    def _new_peer(self, scheme: str, authority: str, trust: ssl.SSLContext | bool) -> _Peer:
        origin = URL.build(scheme=scheme, authority=authority, encoded=True)
        loop = asyncio.get_running_loop()
        return _Peer("GET", origin, loop=loop, ssl=trust, proxy=self._proxy)


async def _exchange(connection: Connection, request: Request, peer: _Peer) -> "Reply":
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None:
        raise aiohttp.ServerDisconnectedError
    protocol.set_response_params(
        read_until_eof=True,
        auto_decompress=False,
        read_bufsize=_AHEAD_BYTES,
        max_line_size=_HEADER_BYTES,
        max_field_size=_HEADER_BYTES,
    )
    whole_url = peer.proxy is not None and not peer.is_ssl()
    # What the proxy is to be told stands with the peer once a connection was made.
    secret = peer.headers.get("Proxy-Authorization") if whole_url else None
    transport.write(request.head(whole_url=whole_url, proxy_authorization=secret))
    for _ in range(_MOST_BEFORE):
        message, payload = await protocol.read()
        # RFC 9110 §15.2: others of 100 to 199 come before the answer.
        if not 100 <= message.code < 200 or message.code == 101:
            return Reply(message.code, message.raw_headers, connection, payload)
    raise HttpProcessingError(message="it never comes to its answer")


class Reply:
    """An answer, of which the body is still to be read; let go of it in any case."""

    __slots__ = ("_connection", "_payload", "raw_headers", "status")

    def __init__(
        self,
        status: int,
        raw_headers: Sequence[tuple[bytes, bytes]],
        connection: Connection,
        payload: aiohttp.StreamReader,
    ) -> None:
        self.status = status
        self.raw_headers = raw_headers
        self._connection = connection
        self._payload = payload

    def pieces(self) -> AsyncIterator[bytes]:
        """Give the body as it comes."""
        return self._payload.iter_any()

    def let_go(self) -> None:
        """Keep the connection for others; one that is in the middle of an answer is closed."""
        self._connection.release()


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


def in_our_words(error: Exception, host: str, timeout_s: float) -> FetchError:
    """Turn one of ERRORS into ours; raise it `from None`.

    aiohttp's own words hold the whole URL, query secrets included, and a traceback would show them.
    """
    if isinstance(error, TimeoutError):
        return FetchRetryable(
            Reason.TIMEOUT, f"{host} did not give a whole answer within {timeout_s:g} seconds"
        )
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
    if isinstance(cause, socket.gaierror):
        return FetchRetryable(Reason.DNS, f"the name {error.host} does not resolve")
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
        HttpProcessingError,
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
