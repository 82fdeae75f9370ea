"""A TCP proxy that does harm: it delays, throttles, resets, stands still and cuts off; it can speak TLS."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field

from small_server import SmallServer, reset

_PIECE = 16_384


@dataclass
class _Line:
    """One connection."""

    number: int
    #: bytes, in both directions
    passed: int = 0


@dataclass(kw_only=True)
class ToxicProxy(SmallServer):
    """Stands before a server; what it does to the bytes may be changed while it runs.

    Args:
        target: Port of the server, or path of its Unix socket.
    """

    target: int | str
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
    resets: int = 0
    #: how often it did harm, of whatever kind
    harms: int = 0
    _stranded: int = 0
    _dice: random.Random = field(default_factory=lambda: random.Random(9))

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

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        if self.cut:
            self._reset(writer)
        else:
            await self._both_ways(reader, writer, _Line(number))

    def leave(self, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async def _both_ways(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: _Line
    ) -> None:
        there = (
            await asyncio.open_unix_connection(self.target)
            if isinstance(self.target, str)
            else await asyncio.open_connection("127.0.0.1", self.target)
        )
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
        self.resets += 1
        self.harms += 1
        reset(writer)
