"""Child processes that never outlive their parent, and that come back when they die."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.service.notify import NOTIFY_SOCKET

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

#: a child that lived this long may come back at once
_STEADY_S = 10.0
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 10.0


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, however that dies.

    Call it in the child, before anything else. The kernel's signal goes with the *thread* that forked: start
    children from the main thread only.
    """
    if _libc is None:  # only Linux can; elsewhere a killed supervisor leaves children that must be stopped
        return
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def _handed_on() -> dict[str, str]:
    """Give the environment of a child: the service manager is spoken to by its supervisor alone."""
    return {name: value for name, value in os.environ.items() if name != NOTIFY_SOCKET}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A child process as it is to be started."""

    name: str
    argv: Sequence[str]
    #: set on top of our own environment
    env: Mapping[str, str] = field(default_factory=dict, repr=False)


class Child:
    """One child process: started, watched, started again with growing waits."""

    def __init__(self, command: Command) -> None:
        self.command = command
        #: how often it was started
        self.starts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._wait_s = 0.0
        self._not_before = 0.0

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start it in a session of its own: a Ctrl-C is for the supervisor, which stops us in order."""
        parent = os.getpid()
        self.starts += 1
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603  # our own commands
            self.command.argv,
            env={**_handed_on(), **self.command.env},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            # The supervisor has one thread, so the code between fork and exec is safe.
            preexec_fn=lambda: die_with(parent),  # noqa: PLW1509
        )

    def died(self) -> int | None:
        """Return the exit status once when it has died since the last look; negative: the signal."""
        if self._process is None:
            return None
        status = self._process.poll()
        if status is not None:
            self._process = None
            steady = time.monotonic() - self._started_at > _STEADY_S
            self._wait_s = (
                _FIRST_WAIT_S if steady else min(max(self._wait_s * 2, _FIRST_WAIT_S), _LONGEST_WAIT_S)
            )
            self._not_before = time.monotonic() + self._wait_s
        return status

    def revive(self) -> bool:
        """Start it again when it is dead and its wait is over; True when it did."""
        if self._process is not None or time.monotonic() < self._not_before:
            return False
        self.start()
        return True

    def signal(self, number: signal.Signals) -> None:
        """Send a signal if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def wait(self, deadline: float) -> bool:
        """Wait until it has ended; False when it has not by the deadline (monotonic seconds)."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End it now."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
