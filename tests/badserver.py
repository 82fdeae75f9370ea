"""A scripted HTTP server on raw sockets of 127.0.0.1, with a journal of every request.

It says exactly the bytes a test tells it to, also those no real server library would let through.

    async with BadServer() as server:
        server.on("/feed", answer(body=b"<rss/>", headers={"ETag": '"a"'}), answer(304))
        ...  # fetch server.url("/feed")
        assert server.journal[1].header("if-none-match") == b'"a"'

A path's answers are given in turn and the last one for ever; a path without any gets 404. An answer is any
coroutine function that takes the request and the connection's writer, and returns whether the connection may
be used again. Tests without an event loop of their own use `threaded.in_thread`.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

import small_server
from small_server import SmallServer

Headers = Mapping[str, str | bytes] | Sequence[tuple[str, str | bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it came."""

    method: str
    #: as sent: path and query, or a whole URL where a proxy is asked
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    #: monotonic seconds
    at_s: float
    #: number of the connection it came by
    connection: int

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def header(self, name: str) -> bytes | None:
        """Give a header's value byte for byte; None when it was not sent."""
        return next((value for key, value in self.headers if key.lower() == name.lower().encode()), None)


Answer = Callable[[Asked, asyncio.StreamWriter], Awaitable[bool]]


@dataclass(kw_only=True)
class BadServer(SmallServer):
    """The server; `host` and `port` say where."""

    journal: list[Asked] = field(default_factory=list)
    #: requests being answered now, and the most there ever were
    busy: int = 0
    most_busy: int = 0
    _scripts: dict[str, list[Answer]] = field(default_factory=dict)

    def on(self, path: str, *answers: Answer) -> str:
        """Script the answers of a path, and give its URL."""
        self._scripts[path] = list(answers)
        return self.url(path)

    def url(self, path: str = "/") -> str:
        """Give a path's URL."""
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}{path}"

    def asked(self, path: str) -> list[Asked]:
        """Give the requests for one path."""
        return [request for request in self.journal if request.path == path]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while (request := await self._read(reader, number)) and await self._say(request, writer):
            pass

    async def _say(self, request: Asked, writer: asyncio.StreamWriter) -> bool:
        self.journal.append(request)
        script = self._scripts.get(request.path, [answer(404)])
        say = script.pop(0) if len(script) > 1 else script[0]
        self.busy += 1
        self.most_busy = max(self.busy, self.most_busy)
        try:
            return await say(request, writer)
        finally:
            self.busy -= 1

    @staticmethod
    async def _read(reader: asyncio.StreamReader, number: int) -> Asked | None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        first, *lines = head[:-4].split(b"\r\n")
        method, target, _ = first.decode("latin-1").split(" ", 2)
        pairs = (line.partition(b":") for line in lines)
        headers = tuple((name, value.removeprefix(b" ")) for name, _, value in pairs)
        return Asked(method=method, target=target, headers=headers, at_s=time.monotonic(), connection=number)


def head(status: int = 200, headers: Headers = (), *, length: int | None = None) -> bytes:
    """Write a status line and headers, with the empty line that ends them."""
    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    if length is not None:
        pairs.append(("Content-Length", str(length)))
    lines = [f"HTTP/1.1 {status} X".encode()]
    lines += [name.encode() + b": " + (v if isinstance(v, bytes) else v.encode()) for name, v in pairs]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def answer(status: int = 200, body: bytes = b"", headers: Headers = ()) -> Answer:
    """Answer properly, and keep the connection."""
    length = None if status in (204, 304) else len(body)
    return raw(head(status, headers, length=length) + body, keep=True)


def redirect(to: str, status: int = 302, headers: Headers = ()) -> Answer:
    """Redirect, to a URL or to a path of the same server."""
    return answer(
        status, headers=[("Location", to), *(headers.items() if isinstance(headers, Mapping) else headers)]
    )


def conditional(body: bytes, headers: Mapping[str, str] = MappingProxyType({})) -> Answer:
    """Answer 304, without these headers, to who knows this body."""
    etag = '"1"'

    async def say(request: Asked, writer: asyncio.StreamWriter) -> bool:
        known = request.header("if-none-match") == etag.encode()
        reply = answer(304) if known else answer(body=body, headers={**headers, "ETag": etag})
        return await reply(request, writer)

    return say


def raw(data: bytes, *, keep: bool = False) -> Answer:
    """Say these bytes, then close the connection (or keep it)."""

    async def say(_: Asked, writer: asyncio.StreamWriter) -> bool:
        writer.write(data)
        await writer.drain()
        return keep

    return say


def reset(data: bytes = b"") -> Answer:
    """Say these bytes, then reset the connection instead of closing it."""

    async def say(_: Asked, writer: asyncio.StreamWriter) -> bool:
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(0.02)  # a reset overtakes what the client has not read yet
        small_server.reset(writer)
        return False

    return say


def trickle(first: bytes, then: Iterable[bytes], every_s: float) -> Answer:
    """Say some bytes, then piece by piece what follows; `itertools.repeat` never ends."""

    async def say(_: Asked, writer: asyncio.StreamWriter) -> bool:
        writer.write(first)
        for piece in then:
            await writer.drain()
            await asyncio.sleep(every_s)
            writer.write(piece)
        return False

    return say


def silence(first: bytes = b"") -> Answer:
    """Say these bytes and then nothing, for ever."""

    async def say(_: Asked, writer: asyncio.StreamWriter) -> bool:
        writer.write(first)
        await asyncio.Event().wait()
        return False

    return say


def later(wait_s: float, say: Answer) -> Answer:
    """Give an answer after a while."""

    async def wait(request: Asked, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(wait_s)
        return await say(request, writer)

    return wait


@contextmanager
def deaf_port() -> Iterator[int]:
    """Give a port that completes connections in the kernel but never accepts them."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield int(listener.getsockname()[1])


@contextmanager
def closed_port() -> Iterator[int]:
    """Give a port that refuses connections, and that nobody else gets meanwhile."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])
