"""The process that listens: the home of uvicorn."""

import errno
import os
import signal
import socket
from ipaddress import ip_address
from types import FrameType

import uvicorn
from fastapi import FastAPI

from pipeline.errors import ServiceError
from pipeline.loading import end_loading
from pipeline.logs import get_logger
from pipeline.service.notify import tell_ready

log = get_logger(__name__)

#: how long a stop waits for answers under way
_GRACE_S = 5


def serve(app: FastAPI, host: str, port: int) -> None:
    """Answer requests until SIGTERM or SIGINT, in the main thread.

    Raises:
        ServiceError: The address is not ours, or another process listens there.
    """
    # uvicorn raises the signal again when it has stopped: an orderly stop must end with status 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stopped)
    # The supervisor passes "read the configuration again" to everybody.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with listen(host, port) as listener:
        log.info("web_listening", address=f"http://{_address(host)}:{listener.getsockname()[1]}")
        end_loading()
        tell_ready()
        make_server(app).run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that lets those go who listen for changes, before it waits for the answers under way."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn.Server."""
        self.config.app.state.bell.close()  # type: ignore[union-attr]  # ours, see make_server
        await super().shutdown(sockets)


def make_server(app: FastAPI) -> uvicorn.Server:
    """Build the server; it listens on the sockets it is given."""
    return _Server(
        uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            # Addresses may hold a token; our own log has one line per unit of work.
            access_log=False,
            log_config=None,
            server_header=False,
            # No proxy is trusted to say who asks or under which name.
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE_S,
            limit_concurrency=200,
        )
    )


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket; port 0 takes any free one. Raises ServiceError."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise ServiceError(f"cannot listen at {_address(host)}:{port}: {_why(error)}") from error


def _why(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another process uses the port"
    if error.errno is None or isinstance(error, socket.gaierror):  # whose number is none of the system's
        return error.strerror or str(error)
    return os.strerror(error.errno).lower()


def _address(host: str) -> str:
    return f"[{host}]" if ":" in host and ip_address(host).version == 6 else host


def _stopped(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the server has stopped already."""
