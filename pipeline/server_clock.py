"""The one clock of all hosts that share a queue: the queue server's, carried on by this host's monotonic one.

A host whose wall clock is ahead would take the entries of others for given up, and one that is behind would
have its own taken away. Leases are therefore counted by a clock that all of them read. What cannot be undone
is not done by it alone: it may be wrong too.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from pipeline.errors import QueueError
from pipeline.logs import get_logger
from pipeline.ports.outside import Clock
from pipeline.redis_server import connect, redis_errors

log = get_logger(__name__)

#: between two looks at the server, and after one that failed
_LOOK_S, _TRY_AGAIN_S = 60.0, 5.0
_PATIENCE_S = 2.0
#: by so much the wall clock may run apart from the monotonic one before it is taken for a jump, or a sleep
_JUMP_S = 2.0
#: a difference to the server that operators are told of
_DIFFERS_S = 5.0


class ServerClock:
    """The ports.Clock of the workers. While the server has not been asked, it is this host's.

    Args:
        url: Where the queue server is.
        wall: Seconds since 1970 as this host has them.
        monotonic: Seconds since some moment, that nobody sets.
    """

    def __init__(
        self,
        url: str,
        *,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = connect(url, _PATIENCE_S)
        self._wall = wall
        self._monotonic = monotonic
        self._look_at = monotonic()
        #: what is to be added to the monotonic clock, and to the wall clock, for the server's time
        self._from_monotonic = self._from_wall = 0.0
        self._asked = False
        self._told = False

    def now(self) -> datetime:
        """See ports.Clock."""
        if self._monotonic() >= self._look_at or self._jumped():
            self._look()
        moment = self._monotonic() + self._from_monotonic if self._asked else self._wall()
        return datetime.fromtimestamp(moment, UTC)

    def _jumped(self) -> bool:
        """Say whether the wall clock was set, or this host slept: the monotonic clock may have stood."""
        by_wall, by_monotonic = self._wall() + self._from_wall, self._monotonic() + self._from_monotonic
        return self._asked and abs(by_wall - by_monotonic) > _JUMP_S

    def _look(self) -> None:
        before = self._monotonic()
        try:
            with redis_errors():
                seconds, microseconds = self._client.time()
        except QueueError:
            self._look_at = self._monotonic() + _TRY_AGAIN_S
            self._from_wall = self._monotonic() + self._from_monotonic - self._wall()  # one look a jump
            return
        after = self._monotonic()
        server = seconds + microseconds / 1e6
        self._from_monotonic = server - (before + after) / 2
        self._from_wall = server - self._wall()
        self._look_at, self._asked = after + _LOOK_S, True
        self._tell(timedelta(seconds=-self._from_wall))

    def _tell(self, ahead: timedelta) -> None:
        differs = abs(ahead.total_seconds()) > _DIFFERS_S
        if differs and not self._told:
            log.warning("clock_differs", ahead_s=round(ahead.total_seconds(), 1))
        self._told = differs


class EarlierClock:
    """The ports.Clock for what cannot be undone, as deleting and the end of an embargo.

    Args:
        clocks: The one that is behind counts: none of them alone can hurry anything on.
    """

    def __init__(self, *clocks: Clock) -> None:
        self._clocks = clocks

    def now(self) -> datetime:
        """See ports.Clock."""
        return min(clock.now() for clock in self._clocks)
