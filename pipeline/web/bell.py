"""The bell of the live page: it rings for all who listen when the change log has grown.

However many pages listen, one thread waits for changes, as `newswire tail` does; it sleeps while nobody does.
What is sent is the number of the newest change and nothing else: a page then asks for what it shows.
"""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from pipeline.errors import ServiceError
from pipeline.ports.reading import ReadStore
from pipeline.web.guard import HEADERS_ALONE

#: pages that listen at once; others are told to try again later, and ask again and again meanwhile
MOST_LISTENERS = 50
#: a listener is told no more often
_AT_MOST_EVERY_S = 1.0
#: after which one who was told nothing hears that we are there: proxies close lines that are silent
_ALIVE_S = 15.0
_TRY_AGAIN_S = 1.0
_LATER = "retry: 60000\n\n"


class Bell:
    """Who listens, and what they are told. All methods but `_watch` run on the event loop."""

    def __init__(self, store: ReadStore) -> None:
        self._store = store
        self._newest = -1
        self._rung = asyncio.Event()
        self._listeners = 0
        self._closed = False
        self._thread: threading.Thread | None = None
        self._wanted = threading.Event()

    async def listen(self) -> AsyncGenerator[str]:
        """Give server-sent events: the number of the newest change, at once and whenever there is another."""
        if self._closed or self._listeners >= MOST_LISTENERS:
            yield _LATER
            return
        self._listeners += 1
        try:
            self._begin_to_watch()
            seen = -1
            while not self._closed:
                if self._newest != seen:
                    seen = self._newest
                    yield f"data: {seen}\n\n"
                    await asyncio.sleep(_AT_MOST_EVERY_S)
                elif not await self._rings():
                    yield ": nothing new\n\n"
        finally:
            self._listeners -= 1
            if not self._listeners:
                self._wanted.clear()

    def close(self) -> None:
        """Let all go who listen: a server that ends would wait for them."""
        self._closed = True
        self._wanted.set()
        self._rung.set()

    async def _rings(self) -> bool:
        """Wait for the bell; False: it has not rung for long."""
        try:
            async with asyncio.timeout(_ALIVE_S):
                await self._rung.wait()
        except TimeoutError:
            return False
        return True

    def _ring(self, newest: int) -> None:
        self._newest = newest
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    def _begin_to_watch(self) -> None:
        self._wanted.set()
        if self._thread is None:
            loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._watch, args=(loop,), name="bell", daemon=True)
            self._thread.start()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._wanted.wait() and not self._closed:
            try:
                newest = self._store.last_change()
                if newest != self._newest:
                    loop.call_soon_threadsafe(self._ring, newest)
                self._store.wait_for_change()
            except ServiceError:  # a page that asks says so
                time.sleep(_TRY_AGAIN_S)


def listening(bell: Bell) -> APIRouter:
    """Build the route on which pages listen."""
    router = APIRouter(include_in_schema=False)

    @router.get("/events")
    async def events(request: Request) -> StreamingResponse:
        body = () if HEADERS_ALONE in request.scope else bell.listen()
        # The header is for proxies that would hold small pieces back.
        return StreamingResponse(body, media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    return router
