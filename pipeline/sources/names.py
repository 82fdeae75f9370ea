"""Names to addresses, on daemon threads.

The event loop's own thread pool has six threads on a small machine: a dead name server would stop everything
else that needs them, and the end of the process would wait for it.
"""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread

from pipeline.sources.addresses import AddrInfo


async def look_up(host: str, port: int, family: int) -> Sequence[AddrInfo]:
    """Ask the system for a host's addresses.

    Raises:
        OSError: There are none, or no name server answered.
        ValueError: This can be no host's name.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Sequence[AddrInfo]] = loop.create_future()

    def settle(found: Sequence[AddrInfo], error: Exception | None) -> None:
        if future.done():  # nobody waits any more
            return
        if error is None:
            future.set_result(found)
        else:
            future.set_exception(error)

    def ask() -> None:
        found: Sequence[AddrInfo] = ()
        problem: Exception | None = None
        try:
            flags = socket.AI_ADDRCONFIG
            found = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=flags)
        except (OSError, ValueError) as error:
            problem = error
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, found, problem)

    Thread(target=ask, name="name look-up", daemon=True).start()
    return await future
