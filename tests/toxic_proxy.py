"""A TCP proxy that does harm: it delays, throttles, resets, stands still and cuts off; it can speak TLS."""

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

_PIECE = 16_384


@dataclass(kw_only=True)
class ToxicProxy:
    """Stands before a server; what it does to the bytes may be changed while it runs.

    Args:
        target: Port of the server, or path of its Unix socket.
    """

    target: int | str
    tls: ssl.SSLContext | None = None
    #: before anything is passed on, in each direction
    latency_s: float = 0.0
    #: in each direction of each connection; 0: no limit
    bytes_per_s: float = 0.0
    #: a connection is reset when so much has passed in both directions; 0: never
    reset_after_bytes: int = 0
    #: connections stay, and nothing passes any more
    still: bool = False
    #: connections are reset, new ones as well
    cut: bool = False
    port: int = 0
    connections: int = 0
    resets: int = 0
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    @contextmanager
    def in_thread(self) -> Iterator[Self]:
        """Run it on a thread with a loop of its own."""
        started, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

        async def run() -> None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
            self.port = server.sockets[0].getsockname()[1]
            started.set()
            await stop.wait()
            server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.sleep(0.05)  # what was aborted is closed by the loop's next rounds

        thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
        thread.start()
        assert started.wait(10)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)
            loop.close()

    def heal(self) -> None:
        """Pass everything on from now on."""
        self.latency_s, self.bytes_per_s, self.reset_after_bytes = 0.0, 0.0, 0
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
        passed = [0]
        ways = [
            asyncio.create_task(self._pass(reader, there[1], passed)),
            asyncio.create_task(self._pass(there[0], writer, passed)),
            asyncio.create_task(self._watch()),
        ]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if ways[2] in done or any(way.result() for way in done):
                self._reset(writer)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            there[1].transport.abort()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passed: list[int]
    ) -> bool:
        """Pass bytes on until one end closes; True when the connection is to be reset."""
        with suppress(OSError):
            while piece := await reader.read(_PIECE):
                await asyncio.sleep(self.latency_s + self._slow_s(len(piece)))
                while self.still:
                    await asyncio.sleep(0.05)
                passed[0] += len(piece)
                if self.reset_after_bytes and passed[0] > self.reset_after_bytes:
                    return True
                writer.write(piece)
                await writer.drain()
        return False

    async def _watch(self) -> None:
        while not self.cut:
            await asyncio.sleep(0.05)

    def _slow_s(self, size: int) -> float:
        return size / self.bytes_per_s if self.bytes_per_s else 0.0

    def _reset(self, writer: asyncio.StreamWriter) -> None:
        """Close without a farewell (RST): what was under way is lost."""
        self.resets += 1
        own = writer.get_extra_info("socket")
        if own is not None:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
