"""Who owns a data directory. The lock is a flock: it ends with its process, however that dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.codec import from_json, to_json
from pipeline.errors import NewswireError, StoreError
from pipeline.redis_address import without_credentials

_NAME = "service.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The process that owns a data directory, as it wrote itself into the lock file."""

    pid: int
    #: the command it was started as: run, work, fetch, import
    command: str
    #: where its queue is, without user and password: whoever is to join it has them by its settings
    queue_url: str


class DataDirectoryTakenError(NewswireError):
    """Another process owns the data directory."""

    def __init__(self, data_dir: Path, owner: Owner | None) -> None:
        who = f"`newswire {owner.command}` (pid {owner.pid})" if owner else "another process"
        super().__init__(f"{who} already runs on the data directory {data_dir}: stop it first, or use --data")
        self.owner = owner


@contextmanager
def own(data_dir: Path, *, command: str, queue_url: str, patience_s: float = 1.0) -> Iterator[None]:
    """Own a data directory for as long as the block runs.

    Args:
        data_dir: Is made where it is missing, for its owner only.
        command: Shown to those who find it taken.
        queue_url: Where others find the queue.
        patience_s: How long to wait for an owner that is just stopping.

    Raises:
        DataDirectoryTakenError: Somebody else owns it.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(data_dir / _NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + patience_s
        while not _lock(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise DataDirectoryTakenError(data_dir, _read(descriptor))
            time.sleep(0.05)
        shown = without_credentials(queue_url)
        note = to_json(Owner(pid=os.getpid(), command=command, queue_url=shown))
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, note, 0)
        yield
    finally:
        os.close(descriptor)


def owner_of(data_dir: Path) -> Owner | None:
    """Say who owns a data directory now; None when nobody does."""
    try:
        descriptor = os.open(data_dir / _NAME, os.O_RDONLY)
    except OSError:
        return None
    try:
        # Taking the lock, if only for a moment, is the one test that a killed owner cannot deceive.
        if _lock(descriptor, fcntl.LOCK_SH):
            return None
        for _ in range(20):
            if owner := _read(descriptor):
                return owner
            time.sleep(0.05)  # it has the lock and is about to write its name
        return None
    finally:
        os.close(descriptor)


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(descriptor: int) -> Owner | None:
    try:
        return from_json(os.pread(descriptor, 4096, 0), Owner)
    except StoreError:
        return None
