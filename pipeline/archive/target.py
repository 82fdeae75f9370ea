"""Where archives are: a folder, `s3://bucket/path`, or any URL that pyarrow or fsspec has a file system for.

A file appears under its name only when all of it is there. In a folder it is written beside and renamed;
elsewhere it is made on this machine and sent in one upload, which an object store shows when it is complete.
"""

import io
import os
import re
import secrets
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from pyarrow import ArrowException, fs

from pipeline.errors import ConfigError, ServiceError

#: ends the names of files that are being written: no reader of Parquet takes them for data
PART = ".part"
_ABANDONED_S = 86_400
#: what pyarrow, AWS's library in it and curl in that say → what we say; the first that fits
_WORDS = tuple(
    (re.compile(sign), words)
    for sign, words in (
        (r"Error NO_SUCH_BUCKET", "there is no such bucket: make it first"),
        (r"Error (?:ACCESS_DENIED|INVALID_ACCESS_KEY_ID|SIGNATURE_DOES_NOT_MATCH|EXPIRED_TOKEN)",
         "the key is not accepted, or may not do this: see archive.access_key and archive.secret_key"),
        (r"HTTP status 301|Error PERMANENT_REDIRECT", "the bucket is elsewhere: see archive.region"),
        (r"Error (?:SLOW_DOWN|THROTTLING|SERVICE_UNAVAILABLE)", "it is overloaded: try again later"),
        (r"curlCode: 6,", "there is no such host: see archive.endpoint"),
        (r"curlCode: 7,", "no object store answers there: see archive.endpoint"),
        (r"curlCode: 28,|Error REQUEST_TIMEOUT", "it does not answer in time"),
        (r"curlCode: (?:35|60),", "the encrypted connection was refused: see archive.endpoint"),
        (r"Path does not exist '[^/']*/?([^']*)'", r"there is no file \1"),
        # Of anything else, what the store itself says of it.
        (r"AWS Error .*?: (.+)", r"\1"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectStore:
    """How an S3 store is reached; None: as the environment and files of AWS's own tools say."""

    #: `https://s3.example.org:9000`
    endpoint: str | None = None
    region: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A place with files, by paths relative to it."""

    #: as it was named
    url: str
    _files: fs.FileSystem = field(repr=False)
    _root: str
    #: files can be renamed there
    _local: bool

    def paths(self) -> Sequence[str]:
        """List all files, sorted; "" where the target is a file itself. Raises ServiceError."""
        with _errors(self.url):
            if self._files.get_file_info(self._root).type == fs.FileType.File:
                return [""]
            found = self._files.get_file_info(
                fs.FileSelector(self._root, recursive=True, allow_not_found=True)
            )
        files = (each.path for each in found if each.type == fs.FileType.File)
        return sorted(path.removeprefix(self._root).lstrip("/") for path in files)

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        """Open a file to be read anywhere in it. Raises ServiceError, and so does reading it."""
        with _errors(self.url):
            file = self._files.open_input_file(self._at(path))
        with file:
            yield _Opened(self.url, file)

    def write(self, path: str, blocks: Iterable[bytes]) -> None:
        """Put a file there, in place of what has its name. Raises ServiceError."""
        if self._local:
            with _errors(self.url):
                self._write_beside(Path(self._at(path)), blocks)
            return
        with tempfile.TemporaryDirectory(prefix="newswire-") as directory:
            made = Path(directory) / "file"
            with made.open("wb") as file:
                file.writelines(blocks)
            with _errors(self.url):
                # Nothing of ours runs between the first and the last byte, that could end an upload half way
                # and have it taken for whole.
                fs.copy_files(str(made), self._at(path), destination_filesystem=self._files)

    def remove(self, path: str) -> None:
        """Remove a file. Raises ServiceError."""
        with _errors(self.url):
            self._files.delete_file(self._at(path))

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    def _write_beside(self, path: Path, blocks: Iterable[bytes]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear(path)
        part = path.with_name(f".{path.name}.{secrets.token_hex(6)}{PART}")
        try:
            with part.open("wb") as file:
                file.writelines(blocks)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _sync(path.parent)


def is_url(name: str) -> bool:
    """Say whether a name is a URL, and not a path.

    >>> is_url("s3://wire/archive"), is_url("/srv/archive")
    (True, False)
    """
    return "://" in name


def open_target(url: str, store: ObjectStore) -> Target:
    """Find where an archive is; nothing is asked of it yet.

    Args:
        url: A path, or a URL.
        store: How to reach it where it is `s3://`.

    Raises:
        ConfigError: Nothing here knows such URLs.
    """
    if not is_url(url):
        return _folder(url, Path(url))
    parts = urlsplit(url)
    if parts.scheme == "file":
        return _folder(url, Path(unquote(parts.path)))
    if parts.scheme == "s3":
        return _with(url, _s3(store), parts.netloc + parts.path)
    try:
        files, path = fs.FileSystem.from_uri(url)
    except (ArrowException, ValueError, OSError) as error:
        return _by_fsspec(url, error)
    return _with(url, files, path)


def _folder(url: str, path: Path) -> Target:
    return Target(url=url, _files=fs.LocalFileSystem(), _root=str(path.absolute()), _local=True)


def _with(url: str, files: Any, path: str) -> Target:
    return Target(url=url, _files=files, _root=path.rstrip("/"), _local=False)


def _s3(store: ObjectStore) -> Any:
    wishes: dict[str, Any] = {
        "access_key": store.access_key,
        "secret_key": store.secret_key,
        "region": store.region,
    }
    if store.endpoint:
        parts = urlsplit(store.endpoint)
        wishes |= {"endpoint_override": parts.netloc, "scheme": parts.scheme}
        # Stores of others need not know the checksums that AWS's library adds of late.
        os.environ.setdefault("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    return fs.S3FileSystem(**{name: value for name, value in wishes.items() if value})


def _by_fsspec(url: str, unknown: Exception) -> Target:
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415 # only where somebody has it

        files, path = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise ConfigError(
            f"{url}: no such kind of target is known here ({unknown or error}): a folder, file://, s3://, "
            "or what the Python package fsspec reaches, where it is installed"
        ) from error
    return _with(url, fs.PyFileSystem(fs.FSSpecHandler(files)), path)


class _Opened(io.BufferedIOBase, BinaryIO):
    """A file that tells when it cannot be read: its content may be sound all the same."""

    def __init__(self, url: str, file: Any) -> None:
        self._url = url
        self._file = file

    def read(self, size: int | None = -1) -> bytes:
        """See io.BufferedIOBase."""
        with _errors(self._url):
            found: bytes = self._file.read(None if size is None or size < 0 else size)
        return found

    def seek(self, offset: int, whence: int = 0) -> int:
        """See io.IOBase."""
        with _errors(self._url):
            return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        """See io.IOBase."""
        return int(self._file.tell())

    def readable(self) -> bool:
        """See io.IOBase."""
        return True

    def seekable(self) -> bool:
        """See io.IOBase."""
        return True


@contextmanager
def _errors(url: str) -> Iterator[None]:
    try:
        yield
    except (ArrowException, OSError) as error:
        words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ServiceError(f"{url} cannot be used: {_in_our_words(words)}") from error


def _in_our_words(said: str) -> str:
    for sign, words in _WORDS:
        if match := sign.search(said):
            return match.expand(words)
    return said


def _clear(path: Path) -> None:
    """Remove what killed writers left of a file; who writes it now has not been at it for a day."""
    for part in path.parent.glob(f".{path.name}.*{PART}"):
        if time.time() - part.stat().st_mtime > _ABANDONED_S:
            part.unlink(missing_ok=True)


def _sync(directory: Path) -> None:
    """Have a rename survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
