"""The supervisor: starts the processes of one machine, brings back what dies, stops them in order.

It has one thread and holds no connection, so that nothing can hang it.
"""

import signal
import time
from collections.abc import Callable, Sequence
from types import FrameType

from pipeline.errors import CONFIG_WRONG, ConfigError, QueueError
from pipeline.loading import end_loading
from pipeline.logs import get_logger
from pipeline.service.children import Child, Command
from pipeline.service.embedded import wait_until_ready
from pipeline.service.notify import tell_ready, tell_stopping

_TICK_S = 0.1

log = get_logger(__name__)


class Supervisor:
    """Runs children until it is told to stop.

    Args:
        server: The embedded queue server, started first and stopped last; None where the queue is elsewhere.
        children: The others.
        queue_url: Where the queue is.
        drain_s: How long the children may take to finish what they hold.
        until: Asked on every tick; True ends the run.
        set_aside: Moves the queue server's files away and says where to.
        prepare: Makes what the queue server needs to start, where it is missing.
    """

    def __init__(
        self,
        *,
        server: Command | None,
        children: Sequence[Command],
        queue_url: str,
        drain_s: float,
        until: Callable[[], bool] = lambda: False,
        set_aside: Callable[[], str] | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        self._server = Child(server) if server else None
        self._children = [Child(command) for command in children]
        self._queue_url = queue_url
        self._drain_s = drain_s
        self._until = until
        self._set_aside = set_aside
        self._prepare = prepare
        self._stops = 0
        self._reload = False

    def run(self) -> bool:
        """Run until SIGTERM, SIGINT or `until`. SIGHUP is passed on. A second stop signal ends at once.

        Returns:
            True when a signal ended it.

        Raises:
            QueueError: The queue server does not start.
            ConfigError: A child refuses the configuration at its first start; it has said why. Later, while
                others still run with what they read before, it is started again until it takes it.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_reload)
        try:
            self._start()
            end_loading()
            tell_ready()
            while not self._stops and not self._until():
                self._tick()
                time.sleep(_TICK_S)
            return bool(self._stops)
        finally:
            self._stop()

    def _start(self) -> None:
        if self._server:
            self._start_server(self._server)
        for child in self._children:
            child.start()
            log.info("process_started", process=child.command.name, pid=child.pid)

    def _start_server(self, server: Child) -> None:
        """Start the queue server; where its files keep it from starting, set them aside: they may be lost."""
        for again in (False, True):
            server.start()
            if wait_until_ready(self._queue_url, given_up=lambda: bool(self._stops) or server.pid is None):
                return
            if self._stops:
                return
            server.died()
            aside = self._set_aside() if self._set_aside and not again else None
            log.error("queue_server_failed", files_set_aside=aside)
        raise QueueError("the queue server does not start: see valkey/valkey.log in the data directory")

    def _tick(self) -> None:
        if self._reload:
            self._reload = False
            for child in self._children:
                child.signal(signal.SIGHUP)
        for child in self._all():
            status = child.died()
            if status == CONFIG_WRONG and child.starts == 1:
                shown = "`newswire config check` shows what is wrong"
                raise ConfigError(f"{child.command.name} does not start with it: {shown}")
            if status is not None:
                log.error("process_died", process=child.command.name, status=_in_words(status))
            if child is self._server and self._prepare:
                self._prepare()  # its directory may have gone with its files
            if child.revive():
                log.info("process_started", process=child.command.name, pid=child.pid)

    def _stop(self) -> None:
        """Let everybody finish, then end the queue server: in its order nothing has to be done twice."""
        tell_stopping()
        log.info("stopping", processes=[child.command.name for child in self._all()])
        deadline = time.monotonic() + self._drain_s
        for child in self._children:
            child.signal(signal.SIGTERM)
        stops = self._stops
        while not all(child.wait(time.monotonic() + 0.05) for child in self._children):
            if time.monotonic() > deadline or self._stops > stops:
                break
        for child in self._children:
            child.kill()
        if self._server:
            self._server.signal(signal.SIGTERM)
            self._server.wait(time.monotonic() + 2)
            self._server.kill()
        log.info("stopped")

    def _all(self) -> list[Child]:
        return ([self._server] if self._server else []) + self._children

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stops += 1

    def _on_reload(self, _number: int, _frame: FrameType | None) -> None:
        self._reload = True


def _in_words(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit {status}"
