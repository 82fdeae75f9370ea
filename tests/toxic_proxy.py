"""A TCP proxy that does harm: it delays, throttles, resets, stands still and cuts off; it can speak TLS."""

import asyncio
import random
import socket
import ssl
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_PIECE = 16_384


@dataclass
class _Line:
    """One connection."""

    number: int
    #: bytes, in both directions
    passed: int = 0


@dataclass(kw_only=True)
class ToxicProxy:
    """Stands before a server; what it does to the bytes may be changed while it runs.

    Use it as an async context manager, or with `threaded.in_thread`.

    Args:
        target: Port of the server, or path of its Unix socket.
    """

    target: int | str
    tls: ssl.SSLContext | None = None
    #: before anything is passed on, in each direction
    latency_s: float = 0.0
    #: at most so much more, another each time
    jitter_s: float = 0.0
    #: in each direction of each connection; 0: no limit
    bytes_per_s: float = 0.0
    #: a connection is reset when so much has passed in both directions; 0: never
    reset_after_bytes: int = 0
    #: the other end hears so much later that one end has closed
    closes_after_s: float = 0.0
    #: connections stay, and nothing passes any more
    still: bool = False
    #: connections are reset, new ones as well
    cut: bool = False
    port: int = 0
    connections: int = 0
    resets: int = 0
    #: how often it did harm, of whatever kind
    harms: int = 0
    _stranded: int = 0
    _dice: random.Random = field(default_factory=lambda: random.Random(9))
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def harm(self, **toxics: float) -> None:
        """Set what it does to the bytes, by the names of the fields."""
        for name, value in toxics.items():
            assert hasattr(self, name)
            setattr(self, name, value)

    def strand(self) -> None:
        """Pass nothing more over the connections that are there, and close none; new ones work."""
        self._stranded = self.connections

    def heal(self) -> None:
        """Pass everything on from now on."""
        self.latency_s = self.jitter_s = self.bytes_per_s = self.closes_after_s = 0.0
        self.reset_after_bytes = self._stranded = 0
        self.still = self.cut = False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            if self.cut:
                self._reset(writer)
                return
            await self._both_ways(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _both_ways(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = (
            await asyncio.open_unix_connection(self.target)
            if isinstance(self.target, str)
            else await asyncio.open_connection("127.0.0.1", self.target)
        )
        line = _Line(self.connections)
        ways = [
            asyncio.create_task(self._pass(reader, there[1], line)),
            asyncio.create_task(self._pass(there[0], writer, line)),
            asyncio.create_task(self._watch()),
        ]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if ways[2] in done or any(way.result() for way in done):
                self._reset(writer)
            elif self.closes_after_s:
                self.harms += 1
                await asyncio.sleep(self.closes_after_s)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            there[1].transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: "_Line") -> bool:
        """Pass bytes on until one end closes; True when the connection is to be reset."""
        with suppress(OSError):
            while piece := await reader.read(_PIECE):
                wait_s, held = self._wait_s(len(piece)), self._holds(line)
                self.harms += wait_s > 0 or held
                await asyncio.sleep(wait_s)
                while self._holds(line):
                    await asyncio.sleep(0.05)
                line.passed += len(piece)
                if self.reset_after_bytes and line.passed > self.reset_after_bytes:
                    return True
                writer.write(piece)
                await writer.drain()
        return False

    def _holds(self, line: "_Line") -> bool:
        return self.still or line.number <= self._stranded

    async def _watch(self) -> None:
        while not self.cut:
            await asyncio.sleep(0.05)

    def _wait_s(self, size: int) -> float:
        slow_s = size / self.bytes_per_s if self.bytes_per_s else 0.0
        return self.latency_s + self._dice.uniform(0, self.jitter_s) + slow_s

    def _reset(self, writer: asyncio.StreamWriter) -> None:
        """Close without a farewell (RST): what was under way is lost."""
        self.resets += 1
        self.harms += 1
        own = writer.get_extra_info("socket")
        if own is not None:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
