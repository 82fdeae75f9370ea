"""Telling the service manager how we stand (sd_notify): a datagram to the socket it names, where it does."""

import os
import socket
from contextlib import suppress

#: where systemd listens; of one process, and so not handed on to children
NOTIFY_SOCKET = "NOTIFY_SOCKET"


def tell_ready() -> None:
    """Say that the work has begun: `systemctl start` returns, and what waits for us starts."""
    _tell("READY=1")


def tell_stopping() -> None:
    """Say that an orderly end has begun."""
    _tell("STOPPING=1")


def _tell(state: str) -> None:
    """Send a state. Nobody there, or nobody listening any more, is no reason to stop working."""
    address = os.environ.get(NOTIFY_SOCKET)
    if not address:
        return
    # An address that begins with @ has no file: Linux's abstract namespace, written with a zero byte.
    address = "\0" + address[1:] if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaker:
        speaker.sendto(state.encode(), address)
