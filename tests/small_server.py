"""What servers of tests have in common: they open, count who comes, and let go of all at the end."""

import asyncio
import socket
import ssl
import struct
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(kw_only=True)
class SmallServer:
    """Use it as an async context manager, or with `threaded.in_thread`."""

    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    #: 0: any, and then the one that it is
    port: int = 0
    #: connections that were accepted, also those that never said anything
    connections: int = 0
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self.host, self.port, ssl=self.tls)
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

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        """Serve one connection, by its number."""
        raise NotImplementedError

    def leave(self, writer: asyncio.StreamWriter) -> None:
        """End a connection that was served."""
        writer.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self.talk(reader, writer, self.connections)
        except (OSError, asyncio.CancelledError):
            pass  # the client went away, or the test is over
        finally:
            self._tasks.discard(task)
            self.leave(writer)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection without a farewell (RST): what was under way is lost."""
    own = writer.get_extra_info("socket")
    if own is not None:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
