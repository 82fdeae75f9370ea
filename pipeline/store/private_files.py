"""Files that hold what is stored: nobody else may read them, and they appear when they are whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import StoreError

#: what SQLite leaves beside a file
_BESIDE = ("", "-journal", "-wal", "-shm")


def check_target(target: Path, *, replace: bool = False) -> None:
    """Raise StoreError where a file cannot be made, or is there already and not to be replaced."""
    if not replace and target.exists():
        raise StoreError(f"{target} is there already: give another name")
    if not target.parent.is_dir():
        raise StoreError(f"{target}: there is no folder {target.parent}")


@contextmanager
def partial_of(target: Path) -> Iterator[Path]:
    """Make a file beside a target for its owner only, and remove what is left of it at the end."""
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield partial
    finally:
        for suffix in _BESIDE:
            partial.with_name(partial.name + suffix).unlink(missing_ok=True)


def put_in_place(partial: Path, target: Path) -> None:
    """Give a file that is whole its name, both on the disk."""
    sync(partial)
    partial.replace(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of files, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
