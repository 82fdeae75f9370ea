"""Files that an operator names: read once, a large JSON Lines file and all Parquet in pieces."""

import io
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pipeline.errors import FetchError, FetchRefused, Reason
from pipeline.formats import parquet
from pipeline.formats.json_values import WrongValueError, load

if TYPE_CHECKING:
    from pipeline.archive.target import Target

#: a JSON Lines file is cut at line ends into pieces of about this size, so that memory stays bounded
PIECE_BYTES = 2 * 1024 * 1024

#: lines that are looked at to tell JSON Lines from other JSON
_LOOK_AT = 20

#: how names of files end that are none of the wire, or not whole yet
PASSED_OVER = (".md", ".tmp", ".part")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePiece:
    """A file's bytes, or a piece of them."""

    #: the file's path as given, "-" for standard input
    name: str
    body: bytes
    #: number of the piece's first line, or row, in the file
    first_line: int = 1

    def place(self, where: str) -> str:
        """Say where something is in the whole file, given where it is in this piece: lines are counted on.

        >>> FilePiece(name="a", body=b"", first_line=101).place("line 17")
        'line 117'
        """
        match = re.fullmatch(r"(line|row) (\d+)", where)
        return f"{match[1]} {int(match[2]) + self.first_line - 1}" if match else where


def deliveries(paths: Sequence[str], *, max_bytes: int) -> Iterator[FilePiece | FetchError]:
    """Read files and folders (sorted, with their sub-folders) in the order given; "-" is standard input.

    Args:
        paths: Files, folders, "-".
        max_bytes: A file larger than that is refused, unless it is JSON Lines, or Parquet in a file.

    Returns:
        The files, and an error for each that cannot be read; the others go on.
    """
    for path in paths:
        if path == "-":
            yield from _pieces("-", sys.stdin.buffer, max_bytes)
            continue
        for file in _files(Path(path)):
            try:
                with file.open("rb") as stream:
                    yield from _pieces(str(file), stream, max_bytes)
            except OSError as error:
                yield FetchRefused(Reason.UNREADABLE, f"{file} cannot be read: {error.strerror}")


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if file.is_file() and not hidden and not file.name.lower().endswith(PASSED_OVER):
            yield file


def _pieces(name: str, stream: BinaryIO, max_bytes: int) -> Iterator[FilePiece | FetchError]:
    head = stream.read(PIECE_BYTES)
    if parquet.claims(head):
        yield from _table(name, head, stream, max_bytes)
    elif len(head) < PIECE_BYTES:
        yield FilePiece(name=name, body=head)
    elif _is_json_lines(head):
        yield from _lines(name, head, stream)
    else:
        body = head + stream.read(max_bytes - len(head) + 1)
        if len(body) > max_bytes:
            yield _too_large(name, max_bytes)
        else:
            yield FilePiece(name=name, body=body)


def _is_json_lines(head: bytes) -> bool:
    """Say whether the lines are objects, each whole: JSON that is spread over lines must not be cut.

    One among the first will do, as single lines may be broken; inside of other JSON lines are indented.
    """
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    lines = start.split(b"\n", _LOOK_AT)[:-1]
    return start.startswith(b"{") and any(line.startswith(b"{") and _is_object(line) for line in lines)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(load(line.decode("utf-8", "replace")), dict)
    except WrongValueError:
        return False


def _table(name: str, head: bytes, stream: BinaryIO, max_bytes: int) -> Iterator[FilePiece | FetchError]:
    """Cut a Parquet file; its footer is read first, so that a pipe is read whole before."""
    if not stream.seekable():
        stream = io.BytesIO(head + stream.read(max_bytes - len(head) + 1))
        if len(stream.getbuffer()) > max_bytes:
            yield _too_large(name, max_bytes)
            return
    yield from _cut_table(name, stream)


def remote_tables(target: "Target") -> Iterator[FilePiece | FetchError]:
    """Read the Parquet files of an archive that is no folder here, those of the audit first."""
    for path in target.paths():
        if not path or path.endswith(".parquet"):
            with target.opened(path) as stream:
                yield from _cut_table(f"{target.url}/{path}".rstrip("/"), stream)


def _cut_table(name: str, stream: BinaryIO) -> Iterator[FilePiece | FetchError]:
    """Cut a Parquet file that can be read anywhere into pieces."""
    from pipeline.archive.pieces import UnreadableTableError, pieces_of  # noqa: PLC0415 # heavy, seldom needed

    try:
        for first, body in pieces_of(stream):
            yield FilePiece(name=name, body=body, first_line=first)
    except UnreadableTableError as error:
        yield FetchRefused(Reason.UNREADABLE, f"{name}: {error}")


def _too_large(name: str, max_bytes: int) -> FetchRefused:
    return FetchRefused(Reason.TOO_LARGE, f"{name} is larger than {max_bytes:,} bytes (fetch.max_body_bytes)")


def _lines(name: str, head: bytes, stream: BinaryIO) -> Iterator[FilePiece]:
    line = 1
    piece = head
    while piece:
        piece += stream.readline()  # up to the end of a line
        yield FilePiece(name=name, body=piece, first_line=line)
        line += piece.count(b"\n")
        piece = stream.read(PIECE_BYTES)
