"""An open store belongs to one process."""

import os

from pipeline.errors import StoreError


class OneProcess:
    """Refuses a process that was forked from the one which uses the connections: they do not survive it."""

    def __init__(self) -> None:
        self._pid: int | None = None

    def check(self) -> None:
        """Take the first process that asks for the owner. Raises StoreError: another one asks."""
        if self._pid is None:
            self._pid = os.getpid()
        if self._pid != os.getpid():
            raise StoreError("the store was open when this process was forked: close it in the parent first")

    def forget(self) -> None:
        """Let the next process that asks be the owner."""
        self._pid = None
