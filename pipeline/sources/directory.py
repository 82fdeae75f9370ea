"""Wire files that others put into a directory: which of them are whole, and their bytes.

Only regular files directly inside the directory count. Nothing is followed or waited on: no symbolic link, no
FIFO, no device. Whether a file is whole is told by time: size and modification time must have stood still for
`settle_s`. Who writes under another name (.tmp, .part, a leading dot) and renames is safe without that.
"""

import asyncio
import os
import stat
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.errors import FetchError, FetchRefused, FetchRetryable, Reason
from pipeline.identity import digest
from pipeline.model import Feed, Response
from pipeline.ports import Clock

_PASSED_OVER = (".md", ".tmp", ".part")
#: files remembered as read, over all directories; a forgotten one is only read again
_REMEMBERED = 200_000
_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class DirectoryReader:
    """Reads each file of a directory once, and again when it has changed.

    Args:
        max_body_bytes: Larger files are refused.
        clock: Compared with modification times.
        settle_s: How long a file must have stood still.
        max_files: Files given by one scan; the next one goes on behind them.
    """

    def __init__(
        self, *, max_body_bytes: int, clock: Clock, settle_s: float = 1.0, max_files: int = 1_000
    ) -> None:
        self._max_body_bytes = max_body_bytes
        self._clock = clock
        self._settle = timedelta(seconds=settle_s)
        self._max_files = max_files
        self._read: OrderedDict[str, None] = OrderedDict()
        #: feed → name → what it was like, and since when we have seen it so
        self._unsettled: dict[str, dict[str, tuple[_Stamp, datetime]]] = {}

    async def scan(self, feed: Feed) -> AsyncIterator[Response | FetchError]:
        """Give what is new, sorted by name, one file in memory at a time.

        A file counts as read when the caller comes back for the next one: a caller that fails to store it,
        and therefore stops, gets it again at the next scan. What cannot be read (a link, too large, no
        permission) comes as an error that names it, once until it changes.

        Raises:
            FetchRefused: UNREADABLE: there is no such directory, or we may not look into it.
        """
        for stamp in await asyncio.to_thread(self._ready, feed):
            outcome = await asyncio.to_thread(self._file, feed, stamp)
            if outcome is not None:
                yield outcome
                self._remember(_key(feed, stamp))

    def _ready(self, feed: Feed) -> Sequence["_Stamp"]:
        """Choose the files to read now."""
        now = self._clock.now()
        before = self._unsettled.pop(feed.id, {})
        waiting: dict[str, tuple[_Stamp, datetime]] = {}
        ready = []
        for stamp in _listing(feed.url):
            if _key(feed, stamp) in self._read:
                continue
            seen, since = before.get(stamp.name, (stamp, now))
            if seen != stamp:
                since = now
            if _age(stamp, now) >= self._settle or now - since >= self._settle:
                ready.append(stamp)
            else:
                waiting[stamp.name] = (stamp, since)
        if waiting:
            self._unsettled[feed.id] = waiting
        return sorted(ready, key=lambda stamp: stamp.name)[: self._max_files]

    def _file(self, feed: Feed, stamp: "_Stamp") -> Response | FetchError | None:
        """Read one file; None: it is being written to or has gone, so the next scan looks at it again."""
        path = str(Path(feed.url, stamp.name))
        try:
            body = _bytes(path, stamp, self._max_body_bytes)
        except FileNotFoundError:
            return None
        except OSError as error:
            return FetchRetryable(Reason.UNREADABLE, f"{_shown(stamp.name)} cannot be read: {error.strerror}")
        except FetchRefused as error:
            return error
        if body is None:
            return None
        shown = _shown(path)
        return Response(url=shown, final_url=shown, body=body, received_at=self._clock.now())

    def _remember(self, key: str) -> None:
        self._read[key] = None
        if len(self._read) > _REMEMBERED:
            self._read.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Stamp:
    """A file as the directory has it now."""

    name: str
    mode: int
    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, name: str, found: os.stat_result) -> "_Stamp":
        return cls(name, found.st_mode, found.st_size, found.st_mtime_ns, found.st_ino)


def _listing(directory: str) -> Sequence[_Stamp]:
    stamps = []
    try:
        with os.scandir(directory) as found:
            for file in found:
                if file.name.startswith(".") or file.name.lower().endswith(_PASSED_OVER):
                    continue
                try:
                    stamp = _Stamp.of(file.name, file.stat(follow_symlinks=False))
                except FileNotFoundError:  # gone meanwhile
                    continue
                if not stat.S_ISDIR(stamp.mode):
                    stamps.append(stamp)
    except OSError as error:
        raise FetchRefused(
            Reason.UNREADABLE, f"the directory {_shown(directory)} cannot be read: {error.strerror}"
        ) from error
    return stamps


def _bytes(path: str, stamp: _Stamp, limit: int) -> bytes | None:
    """Read a file that is still what it was, and stays it; None where it is not."""
    name = _shown(stamp.name)
    for is_kind, kind in _KINDS:
        if is_kind(stamp.mode):
            raise FetchRefused(Reason.UNREADABLE, f"{name} is {kind}; only ordinary files are read")
    if stamp.size > limit:
        raise FetchRefused(
            Reason.TOO_LARGE,
            f"{name} has {stamp.size / 1_048_576:.3g} MiB, the limit is {limit / 1_048_576:.3g} MiB",
        )
    # A name may have been exchanged since it was listed: never follow a link, never wait for a FIFO's writer.
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(number, "rb") as file:
        if _Stamp.of(stamp.name, os.fstat(number)) != stamp:
            return None
        body = file.read(stamp.size + 1)
        same = _Stamp.of(stamp.name, os.fstat(number)) == stamp and len(body) == stamp.size
    return body if same else None


def _age(stamp: _Stamp, now: datetime) -> timedelta:
    return timedelta(seconds=now.timestamp() - stamp.mtime_ns / 1e9)


def _key(feed: Feed, stamp: _Stamp) -> str:
    marks = (stamp.mode, stamp.size, stamp.mtime_ns, stamp.inode)
    return digest(feed.id, feed.url, os.fsencode(stamp.name), *map(str, marks))


def _shown(path: str) -> str:
    """Write a file name as text that can be stored: bytes that are no UTF-8 become escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
