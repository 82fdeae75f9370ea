"""Limits of time for many tasks, with one timer for all of them.

asyncio.timeout makes a timer for each: of all that a poll with nothing new costs, that was a twentieth.
"""

import asyncio
from types import TracebackType
from typing import Any

#: between two looks: a limit is kept to so much
_TICK_S = 0.1


class TimeLimits:
    """Ends what takes too long. Of one event loop; a task is under one limit at a time."""

    def __init__(self) -> None:
        self._until: dict[asyncio.Task[Any], float] = {}
        self._over: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float) -> "_Limit":
        """Limit what is awaited inside a `with`; raises TimeoutError there."""
        return _Limit(self, seconds)

    def begin(self, task: asyncio.Task[Any], seconds: float) -> None:
        """Watch a task from now on."""
        loop = asyncio.get_running_loop()
        self._until[task] = loop.time() + seconds
        if self._timer is None:
            self._timer = loop.call_later(_TICK_S, self._look)

    def end(self, task: asyncio.Task[Any]) -> bool:
        """Watch a task no more; says whether its time was over."""
        del self._until[task]
        is_over = task in self._over
        self._over.discard(task)
        return is_over

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for task, until in self._until.items():
            if until <= now and task not in self._over:
                self._over.add(task)
                task.cancel()
        self._timer = loop.call_later(_TICK_S, self._look) if self._until else None


class _Limit:
    __slots__ = ("_cancelling", "_limits", "_seconds", "_task")

    def __init__(self, limits: TimeLimits, seconds: float) -> None:
        self._limits = limits
        self._seconds = seconds

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._limits.begin(task, self._seconds)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        # Who else has cancelled the task meanwhile must see it end so.
        if self._limits.end(self._task):
            ours = self._task.uncancel() <= self._cancelling
            if ours and kind is asyncio.CancelledError:
                raise TimeoutError from error
