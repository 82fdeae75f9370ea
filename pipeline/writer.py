"""The store as the event loop uses it: one thread, and polls that end together are committed together."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import ParamSpec, TypeVar

from pipeline.errors import StoreError
from pipeline.logs import get_logger
from pipeline.ports.feeds import FeedStore, Poll, TakenIn
from pipeline.ports.outside import Clock

log = get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

#: is told what came of a poll, or why nothing of it was written
Told = Callable[[Poll, TakenIn | BaseException], None]

#: polls in one transaction at most
_MOST = 200
#: where so many came together, others are on their way: they are waited for so long
_CROWD = 8
_GATHER_S = 0.02


class StoreWriter:
    """Runs the store's blocking calls on one thread.

    A lone poll is committed at once. What arrives while a commit runs (a disk's sync takes milliseconds) is
    committed together by the next one: the group grows with the load. Under load polls that brought nothing
    wait a moment for more of them: most of what a commit costs is the same for one and for a hundred.
    """

    def __init__(self, store: FeedStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._waiting: list[tuple[Poll, Told]] = []
        self._committing: asyncio.Task[None] | None = None
        self._last_size = 0
        self._closing = asyncio.Event()

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one of the store's methods on its thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: function(*args, **kwargs))

    async def take_in(self, poll: Poll) -> TakenIn:
        """Write a poll; returns when it is committed. Raises StoreError: nothing of it was written."""
        answer: asyncio.Future[TakenIn] = asyncio.get_running_loop().create_future()

        def settle(_: Poll, outcome: TakenIn | BaseException) -> None:
            if answer.done():  # its poll was cancelled meanwhile
                return
            if isinstance(outcome, BaseException):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)

        self.hand_in(poll, settle)
        return await answer

    def hand_in(self, poll: Poll, told: Told) -> None:
        """Write a poll that nobody waits for.

        Args:
            poll: Of a source.
            told: Called on the event loop with what came of it, or why nothing of it was written.
        """
        self._waiting.append((poll, told))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit())
            self._committing.add_done_callback(_say_what_failed)

    async def close(self) -> None:
        """Wait until all is written, and end the thread."""
        self._closing.set()
        if self._committing is not None:
            await asyncio.wait({self._committing})
        self._thread.shutdown()

    async def _commit(self) -> None:
        while self._waiting:
            if self._may_wait():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), _GATHER_S)
            group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            self._last_size = len(group)
            try:
                taken = await self.call(self._store.take_in, [poll for poll, _ in group], self._clock.now())
            except BaseException as error:
                # Whatever it was, nobody may wait for an answer for ever.
                _answer(group, [error] * len(group))
                if not isinstance(error, StoreError):
                    raise
            else:
                _answer(group, taken)

    def _may_wait(self) -> bool:
        """Say whether more polls will be here soon, and those that are here can wait for them."""
        crowded = self._last_size >= _CROWD and len(self._waiting) < _MOST
        return crowded and not any(poll.entries or poll.problems for poll, _ in self._waiting)


def _say_what_failed(commit: asyncio.Task[None]) -> None:
    if not commit.cancelled() and (error := commit.exception()) is not None:
        log.error("commit_failed", exc_info=error)


def _answer(group: Sequence[tuple[Poll, Told]], outcomes: Sequence[TakenIn | BaseException]) -> None:
    for (poll, told), outcome in zip(group, outcomes, strict=True):
        told(poll, outcome)
