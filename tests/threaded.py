"""Servers of tests that have no event loop of their own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TypeVar

Server = TypeVar("Server")


@contextmanager
def in_thread(server: AbstractAsyncContextManager[Server]) -> Iterator[Server]:
    """Run a server on a thread with a loop of its own, until the block ends."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    started: list[Server] = []
    is_started = threading.Event()

    async def run() -> None:
        async with server as running:
            started.append(running)
            is_started.set()
            await stop.wait()
        await asyncio.sleep(0.05)  # what was aborted is closed by the loop's next rounds

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    assert is_started.wait(10)
    try:
        yield started[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
