"""The files of a SQLite database as wholes: copied while they are in use, and replaced when they are not."""

import fcntl
import os
import shutil
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from pipeline.errors import StoreError
from pipeline.store.migrations import HEAD, newer
from pipeline.store.private_files import check_target, partial_of, put_in_place, sync

#: pages copied in one step, 1 MB
_STEP = 256
#: where SQLite keeps a lock for as long as a connection has the file open: os_unix.c, SHARED_FIRST
_OPEN_AT = 0x40000000 + 2
_OPEN_BYTES = 510


def backup(library: Any, source: Path, target: Path, *, replace: bool = True) -> None:
    """Copy a database as it is at one moment, checked and synced; others read and write meanwhile.

    After each step it pauses for as long as the step took, so that those who work have half of the disk at
    least. The copy is one file, without a log beside it.

    Args:
        library: The DB-API module.
        source: The database.
        target: Appears when it is whole.
        replace: What stands there already is replaced.
    """
    check_target(target, replace=replace)
    with partial_of(target) as partial:
        with (
            closing(library.connect(_uri(source, "mode=rw"), uri=True, isolation_level=None)) as whole,
            closing(library.connect(str(partial), isolation_level=None)) as copy,
        ):
            whole.execute("BEGIN")
            whole.execute("SELECT count(*) FROM sqlite_master").fetchone()  # one state from here on
            whole.backup(copy, pages=_STEP, progress=_Pauses().after_step)
            copy.execute("PRAGMA journal_mode=DELETE")
        if wrong := faults(library, partial):
            raise StoreError(f"{source}: damaged, and so would be its backup: {wrong[0]}")
        put_in_place(partial, target)


def faults(library: Any, path: Path) -> list[str]:
    """Check a file that nobody uses; its indexes are not compared with their tables."""
    with closing(library.connect(_uri(path, "immutable=1"), uri=True)) as connection:
        try:
            return [line for (line,) in connection.execute("PRAGMA quick_check") if line != "ok"]
        except library.DatabaseError as error:
            return [str(error)]


def restore(library: Any, source: Path, target: Path) -> Path | None:
    """Put a copy of a backup in the place of a database, which is kept aside.

    Killed at any moment it leaves the old database or the new one, whole.

    Returns:
        Where the old one is; None: there was none.
    """
    _check_backup(library, source)
    with partial_of(target) as partial:
        shutil.copyfile(source, partial)
        if wrong := faults(library, partial):
            raise StoreError(f"{source}: damaged, it is of no use: {wrong[0]}")
        with closing(library.connect(str(partial), isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        sync(partial)  # before anything is done to the old one
        aside = _keep(library, target) if target.exists() else None
        put_in_place(partial, target)
    return aside


def _check_backup(library: Any, source: Path) -> None:
    if not source.is_file():
        raise StoreError(f"{source}: there is no such file")
    try:
        with closing(library.connect(_uri(source, "immutable=1"), uri=True)) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            connection.execute("SELECT seq FROM document LIMIT 1").fetchone()
    except library.Error as error:
        raise StoreError(f"{source}: no backup of newswire ({error})") from error
    if found and str(found[0]) > HEAD:
        raise StoreError(f"{newer(str(source), str(found[0]))}: use that release")
    if source.with_name(f"{source.name}-wal").exists():
        raise StoreError(f"{source}: a database in use, no backup: `newswire db backup` makes one")


def _keep(library: Any, database: Path) -> Path:
    """Give a database a second name, with all that was committed in it, when nobody has it open."""
    if _is_open(database):
        raise StoreError(f"{database} is in use: stop all that works with it first")
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    aside = database.with_name(f"{database.name}.replaced-{stamp}")
    log, log_aside = (path.with_name(path.name + "-wal") for path in (database, aside))
    os.link(database, aside)
    if log.exists():
        os.link(log, log_aside)  # SQLite removes the log of a file that it cannot read
    try:
        with closing(library.connect(str(database), isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except library.Error:
        log.unlink(missing_ok=True)  # beside another database it would be read as that one's
    else:
        log_aside.unlink(missing_ok=True)  # all of it is in the file now
    database.with_name(database.name + "-shm").unlink(missing_ok=True)
    return aside


def _is_open(database: Path) -> bool:
    """Say whether another process has a database open, also a damaged one."""
    with database.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _OPEN_BYTES, _OPEN_AT)
        except OSError:
            return True
    return False


class _Pauses:
    """Rests after each step of a copy for as long as the step took."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def after_step(self, _status: int, _remaining: int, _total: int) -> None:
        time.sleep(min(time.monotonic() - self._began, 1.0))
        self._began = time.monotonic()


def _uri(path: Path, options: str) -> str:
    """Name a file that is there; SQLite would make one that is not."""
    return f"{path.absolute().as_uri()}?{options}"
