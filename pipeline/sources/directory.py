"""Wire files that others put into a directory: which of them are whole, and their bytes.

Only regular files directly inside the directory count. Nothing is followed or waited on: no symbolic link, no
FIFO, no device. Whether a file is whole is told by time: size and modification time must have stood still for
as long as the source says. Who writes under another name (.tmp, .part, a leading dot) and renames is safe
without that.

Where the source says what becomes of its files (`done`, `failed`), a file is claimed before it is read: moved
into a hidden folder, in one step that only one reader can take, and from there to its end. What lies in that
folder after a crash is read again, and so is a file that is still written to after it was moved, as by an
upload that had stalled: it is looked after for a while. Without that the directory is only ever read.
"""

import asyncio
import errno
import os
import stat
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.errors import FetchError, FetchRefused, FetchRetryable, Reason
from pipeline.identity import digest
from pipeline.model import Feed, Response
from pipeline.ports.outside import Clock, Delivery
from pipeline.sources.encoding import mebibytes
from pipeline.sources.files import PASSED_OVER

#: where files are while they are read
CLAIMED = ".newswire-claimed"
#: files remembered as read, over all directories; a forgotten one is only read again
_REMEMBERED = 200_000
#: so long, and so many of each source, files are looked after when they were put away
_LOOK_AFTER = timedelta(minutes=10)
_LOOKED_AFTER = 1_000
_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class DirectoryReader:
    """Reads each file of a directory once, and again when it has changed. Implements ports.Deliveries.

    Args:
        max_body_bytes: Larger files are refused.
        clock: Compared with modification times.
        max_files: Files given by one scan; the next one goes on behind them.
    """

    def __init__(self, *, max_body_bytes: int, clock: Clock, max_files: int = 1_000) -> None:
        self._max_body_bytes = max_body_bytes
        self._clock = clock
        self._max_files = max_files
        self._read: OrderedDict[str, None] = OrderedDict()
        #: feed → name → what it was like, and since when we have seen it so
        self._unsettled: dict[str, dict[str, tuple[_Stamp, datetime]]] = {}
        #: what was given, and is not yet taken in
        self._given: dict[tuple[str, str], _Stamp] = {}
        #: feed → what was put away of late, and may be written to still
        self._put_away: dict[str, deque[_PutAway]] = {}

    async def scan(self, feed: Feed, position: bytes | None = None) -> AsyncGenerator[Delivery, None]:  # noqa: ARG002 - files have none
        """Give what is new, sorted by name, one file in memory at a time.

        What cannot be read (a link, too large, no permission) comes as an error that names it, once until it
        changes.

        Raises:
            FetchError: UNREADABLE: there is no such directory, or we may not look into it, or not move files.
        """
        for stamp in await asyncio.to_thread(self._ready, feed):
            content = await asyncio.to_thread(self._file, feed, stamp)
            if content is not None:
                key = _shown(stamp.name)
                self._given[feed.id, key] = stamp
                yield Delivery(key=key, content=content)

    async def taken(self, feed: Feed, delivery: Delivery, *, well: bool) -> None:
        """See ports.Deliveries.

        Raises:
            FetchRetryable: UNREADABLE: it cannot be moved; it comes again.
        """
        stamp = self._given.pop((feed.id, delivery.key))
        if folder := feed.done if well else feed.failed:
            try:
                name = await asyncio.to_thread(_put_away, feed.url, stamp, folder)
            except OSError as error:
                detail = f"{delivery.key} cannot be moved to {_shown(folder)}: {error.strerror}"
                raise FetchRetryable(Reason.UNREADABLE, detail) from error
            if name is None:
                return  # it was written to since it was read: it is read again where it lies
            kept = self._put_away.setdefault(feed.id, deque(maxlen=_LOOKED_AFTER))
            kept.append(_PutAway(folder, name, stamp, self._clock.now()))
        self._remember(_key(feed, stamp))

    def _ready(self, feed: Feed) -> Sequence["_Stamp"]:
        """Choose the files to read now."""
        now = self._clock.now()
        self._bring_back(feed, now)
        before = self._unsettled.pop(feed.id, {})
        waiting: dict[str, tuple[_Stamp, datetime]] = {}
        ready = []
        for stamp in _listing(feed):
            # What lies among the claimed was never put away, whatever we remember of it.
            if not stamp.claimed and _key(feed, stamp) in self._read:
                continue
            seen, since = before.get(stamp.name, (stamp, now))
            if seen != stamp:
                since = now
            if _age(stamp, now) >= feed.settle or now - since >= feed.settle:
                ready.append(stamp)
            else:
                waiting[stamp.name] = (stamp, since)
        if waiting:
            self._unsettled[feed.id] = waiting
        return sorted(ready, key=lambda stamp: (not stamp.claimed, stamp.name))[: self._max_files]

    def _bring_back(self, feed: Feed, now: datetime) -> None:
        """Claim what was written to after it was put away, to read it again when it stands still."""
        looked_after = self._put_away.pop(feed.id, deque())
        left = deque((each for each in looked_after if now - each.at < _LOOK_AFTER), _LOOKED_AFTER)
        if left:
            changed = _brought_back(feed.url, left)
            self._put_away[feed.id] = deque((each for each in left if each not in changed), _LOOKED_AFTER)

    def _file(self, feed: Feed, stamp: "_Stamp") -> Response | FetchError | None:
        """Read one file; None: it is being written to or has gone, so the next scan looks at it again."""
        shown = _shown(stamp.name)
        try:
            with _opened(feed.url) as root:
                if feed.done is None:
                    body = _bytes(root, stamp, self._max_body_bytes)
                else:
                    with _claims(root) as claims:
                        if not stamp.claimed and not _claim(root, claims, stamp.name):
                            return None
                        body = _bytes(claims, stamp, self._max_body_bytes)
        except FileNotFoundError:
            return None
        except _FolderError as error:
            raise _cannot_be_read(feed, error) from error
        except OSError as error:
            return FetchRetryable(Reason.UNREADABLE, f"{shown} cannot be read: {error.strerror}")
        except FetchRefused as error:
            return error
        if body is None:
            return None
        path = _shown(str(Path(feed.url, stamp.name)))
        return Response(url=path, final_url=path, body=body, received_at=self._clock.now())

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
    #: it lies among the files that were claimed
    claimed: bool = False

    @classmethod
    def of(cls, name: str, found: os.stat_result, *, claimed: bool = False) -> "_Stamp":
        return cls(name, found.st_mode, found.st_size, found.st_mtime_ns, found.st_ino, claimed)

    def is_still(self, found: os.stat_result) -> bool:
        """Say whether a file is the one it was, unchanged."""
        return self == _Stamp.of(self.name, found, claimed=self.claimed)


@dataclass(frozen=True, slots=True)
class _PutAway:
    """A file that was moved to its end."""

    folder: str
    name: str
    stamp: _Stamp
    at: datetime


@contextmanager
def _opened(folder: str | Path, inside: int | None = None) -> Iterator[int]:
    """Open a folder that is no link, so that all that follows happens in it, whatever its name becomes."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (os.O_NOFOLLOW if inside is not None else 0)
    number = os.open(folder, flags, dir_fd=inside)
    try:
        yield number
    finally:
        os.close(number)


class _FolderError(OSError):
    """A directory does not let its files be moved; none of them is to blame."""


@contextmanager
def _claims(root: int) -> Iterator[int]:
    """Open the folder of claimed files; made when missing. Raises _FolderError."""
    with suppress(FileExistsError), _moving():
        os.mkdir(CLAIMED, 0o700, dir_fd=root)
    with _opened(CLAIMED, root) as claims:
        yield claims


@contextmanager
def _moving() -> Iterator[None]:
    """Tell what a directory refuses from what is wrong with one file, as one of somebody else in /tmp."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT):
            raise _FolderError(error.errno, f"its files cannot be moved ({error.strerror})") from error
        raise


def _claim(root: int, claims: int, name: str) -> bool:
    """Take a file for us, in one step. False: another one of its name waits to be put away."""
    with suppress(FileNotFoundError):
        os.stat(name, dir_fd=claims, follow_symlinks=False)
        return False
    with _moving():
        os.rename(name, name, src_dir_fd=root, dst_dir_fd=claims)
    return True


def _put_away(directory: str, stamp: _Stamp, folder: str) -> str | None:
    """Move a claimed file to its end, beside others of its name; gives its name there.

    None: it is not what it was when it was read, and stays where it is.
    """
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    with (
        _opened(directory) as root,
        _claims(root) as claims,
        _opened(path.parent) as parent,
        _opened(path.name, parent) as target,
    ):
        name = stamp.name
        try:
            found = os.stat(name, dir_fd=claims, follow_symlinks=False)
        except FileNotFoundError:  # we could not claim it, or somebody took it away
            return name
        if not stamp.is_still(found):
            return None
        with suppress(FileNotFoundError):
            os.stat(name, dir_fd=target, follow_symlinks=False)
            name = f"{digest(str(stamp.inode), str(stamp.mtime_ns))[:12]}-{name}"
        os.rename(stamp.name, name, src_dir_fd=claims, dst_dir_fd=target)
    return name


def _brought_back(directory: str, files: Iterable[_PutAway]) -> set[_PutAway]:
    """Claim those of these files that have changed; gives those that need no more looking after."""
    done = set()
    with suppress(OSError), _opened(directory) as root, _claims(root) as claims:
        for each in files:
            path = Path(each.folder, each.name)
            try:
                if each.stamp.is_still(path.stat(follow_symlinks=False)):
                    continue
                if _claim_from(path, claims, each.stamp.name):
                    done.add(each)
            except FileNotFoundError:  # somebody took it away
                done.add(each)
    return done


def _claim_from(path: Path, claims: int, name: str) -> bool:
    """Take a file back among the claimed. False: another one of its name is there."""
    with suppress(FileNotFoundError):
        os.stat(name, dir_fd=claims, follow_symlinks=False)
        return False
    os.rename(path, name, dst_dir_fd=claims)
    return True


def _listing(feed: Feed) -> Sequence[_Stamp]:
    try:
        with _opened(feed.url) as root:
            stamps = list(_stamps(root))
            if feed.done is not None:
                with _claims(root) as claims:
                    stamps += _stamps(claims, claimed=True)
    except OSError as error:
        raise _cannot_be_read(feed, error) from error
    return stamps


def _cannot_be_read(feed: Feed, error: OSError) -> FetchRefused:
    words = f"the directory {_shown(feed.url)} cannot be read: {error.strerror}"
    return FetchRefused(Reason.UNREADABLE, words)


def _stamps(folder: int, *, claimed: bool = False) -> Iterator[_Stamp]:
    with os.scandir(folder) as found:
        for file in found:
            if file.name.startswith(".") or file.name.lower().endswith(PASSED_OVER):
                continue
            try:
                stamp = _Stamp.of(file.name, file.stat(follow_symlinks=False), claimed=claimed)
            except FileNotFoundError:  # gone meanwhile
                continue
            if not stat.S_ISDIR(stamp.mode):
                yield stamp


def _bytes(folder: int, stamp: _Stamp, limit: int) -> bytes | None:
    """Read a file that is still what it was, and stays it; None where it is not."""
    name = _shown(stamp.name)
    for is_kind, kind in _KINDS:
        if is_kind(stamp.mode):
            raise FetchRefused(Reason.UNREADABLE, f"{name} is {kind}; only ordinary files are read")
    if stamp.size > limit:
        raise FetchRefused(
            Reason.TOO_LARGE,
            f"{name} has {mebibytes(stamp.size)}, the limit is {mebibytes(limit)}",
        )
    # A name may have been exchanged since it was listed: never follow a link, never wait for a FIFO's writer.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    number = os.open(stamp.name, flags, dir_fd=folder)
    with os.fdopen(number, "rb") as file:
        if not stamp.is_still(os.fstat(number)):
            return None
        body = file.read(stamp.size + 1)
        same = stamp.is_still(os.fstat(number)) and len(body) == stamp.size
    return body if same else None


def _age(stamp: _Stamp, now: datetime) -> timedelta:
    return timedelta(seconds=now.timestamp() - stamp.mtime_ns / 1e9)


def _key(feed: Feed, stamp: _Stamp) -> str:
    marks = (stamp.mode, stamp.size, stamp.mtime_ns, stamp.inode)
    return digest(feed.id, feed.url, os.fsencode(stamp.name), *map(str, marks))


def _shown(path: str) -> str:
    """Write a file name as text that can be stored: bytes that are no UTF-8 become escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
