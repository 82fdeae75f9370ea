"""What a machine or container lacks, in words for `doctor`: places, limits, memory. None: nothing."""

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.settings import Workers

_NETWORKED = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "ceph",
        "glusterfs",
        "lustre",
        "afs",
        "9p",
        "fuse.sshfs",
        "fuse.s3fs",
    }
)
_FLEETING = frozenset({"tmpfs", "ramfs"})
_MIB = 1 << 20
#: sockets of the queue, the database, files that are read, and the page's callers, beside those for fetching
_OTHER_FILES = 256
#: of the supervisor, queue server, fetcher with its parser, page, the workers' parent and the keeper together
_BASE_BYTES = 400 * _MIB
_WORKER_BYTES = 90 * _MIB
_ENRICH_BYTES = 180 * _MIB


def strangers_files(data_dir: Path) -> str | None:
    """Look for files in the data directory that another user made: the service could not write to them."""
    names = (
        "newswire.db",
        "newswire.db-wal",
        "newswire.db-shm",
        "newswire.db.lock",
        "service.lock",
        "valkey",
    )
    closed = [
        name for name in names if (data_dir / name).exists() and not os.access(data_dir / name, os.W_OK)
    ]
    if not closed:
        return None
    owner = (data_dir / closed[0]).stat().st_uid
    return (
        f"{', '.join(closed)} in {data_dir} cannot be written by user {os.geteuid()}: made by user {owner}. "
        "Run every command as the service's user, or chown -R the directory"
    )


def unfit_file_system(data_dir: Path, mounts: str) -> str | None:
    """Say what is wrong with the kind of file system that the data is on.

    Args:
        data_dir: Absolute, without links.
        mounts: As /proc/self/mounts has them; empty where there is none.

    >>> unfit_file_system(Path("/wire/data"), "/dev/a / ext4 rw 0 0\\nsrv:/w /wire nfs4 rw 0 0\\n")
    '/wire is nfs4: SQLite and locks need a disk of this machine; set storage.url for several'
    >>> unfit_file_system(Path("/home/wire"), "/dev/a / ext4 rw 0 0\\nsrv:/w /home/w nfs4 rw 0 0\\n") is None
    True
    """
    around = [
        (point.replace("\\040", " "), kind)
        for _, point, kind, *_ in (line.split() for line in mounts.splitlines())
        if data_dir.is_relative_to(point.replace("\\040", " "))
    ]
    # Of mounts at the same place the last is the one that is seen.
    point, kind = max(reversed(around), key=lambda each: len(each[0]), default=("", ""))
    if kind in _NETWORKED:
        return f"{point} is {kind}: SQLite and locks need a disk of this machine; set storage.url for several"
    return f"{point} is {kind}: what is stored there is gone with the power" if kind in _FLEETING else None


def closed_places(places: Iterable[Path]) -> str | None:
    """Say which of the directories for passing files take none."""
    closed = [str(place) for place in places if not os.access(place, os.W_OK | os.X_OK)]
    return (
        f"{' and '.join(closed)} cannot be written to: mount a tmpfs there (64 MB will do)"
        if closed
        else None
    )


def passing_places() -> tuple[Path, ...]:
    """List where processes meet: temporary files, and the semaphores of the pool that reads feeds."""
    try:
        temporary = Path(tempfile.gettempdir())
    except FileNotFoundError:  # it has tried all usual places, and could write to none
        temporary = Path(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108  # named, not used
    memory = Path("/dev/shm")  # noqa: S108  # looked at, not used
    return (temporary, memory) if memory.parent.is_dir() and os.uname().sysname == "Linux" else (temporary,)


def few_files(limit: int, connections: int) -> str | None:
    """Say whether more files may have to be open at once than are allowed; -1: no limit.

    >>> few_files(256, 64)
    '256 open files are few: 320 are wanted for fetch.connections 64; raise ulimit -n (systemd: LimitNOFILE=)'
    """
    wanted = connections + _OTHER_FILES
    if limit < 0 or limit >= wanted:
        return None
    return (
        f"{limit} open files are few: {wanted} are wanted for fetch.connections {connections}; "
        "raise ulimit -n (systemd: LimitNOFILE=)"
    )


def little_memory(limit_bytes: int, wanted_bytes: int) -> str | None:
    """Say whether the processes that are configured want more memory than there is.

    >>> little_memory(512 << 20, 1200 << 20)
    '512 MB for what is configured to use 1200 MB: fewer workers, ner: off, or more memory'
    """
    if limit_bytes >= wanted_bytes:
        return None
    return (
        f"{limit_bytes // _MIB} MB for what is configured to use {wanted_bytes // _MIB} MB: "
        "fewer workers, ner: off, or more memory"
    )


def memory_limit() -> int | None:
    """Find how much memory this machine or its container has; None where it does not say."""
    found = []
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(path).read_text().strip()
        except OSError:
            continue
        found += [int(text)] if text.isdigit() else []
    with suppress(OSError, ValueError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return min(found, default=None)


def memory_wanted(workers: "Workers", *, ner: bool) -> int:
    """Estimate what all processes of `run` use in ordinary work, from what docs/deploy.md measured.

    Args:
        workers: How many there are.
        ner: Whether the pretrained models are used.
    """
    enrich = workers.enrich if ner else 0
    return _BASE_BYTES + _WORKER_BYTES * (workers.wire + workers.backfill) + _ENRICH_BYTES * enrich
