"""Parquet files cut into pieces: an archive of a month is larger than what is read at a time.

Each piece is a small Parquet file of its own, so that there is one way to read them (`formats.parquet`), in a
process with limits.
"""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.archive.columns import wrong_with

#: read, and taken in, at a time; of long texts fewer, so that they fit into a parser's memory
ROWS_READ = 500
_PIECE_BYTES = 4 * 2**20
#: what the library raises for files that are damaged, or lie about their sizes; what cannot be read for
#: another reason, such as a network's, is a ServiceError of whoever opened it (target.opened)
_DAMAGE = (pa.ArrowException, OSError, ValueError, OverflowError)


class UnreadableTableError(Exception):
    """A Parquet file that cannot be read; says why, in words for people."""


class DamagedTableError(UnreadableTableError):
    """It is damaged, whoever reads it."""


def pieces_of(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Cut a file of documents into small ones.

    Returns:
        The number of its first row, from 1, and the bytes of each.

    Raises:
        UnreadableTableError: Damaged, no documents of ours, or written by a newer newswire.
    """
    first = 1
    for batch in _batches(file):
        for piece in _halved(batch):
            yield first, _written(piece)
            first += piece.num_rows


def rows_of(file: BinaryIO, columns: Sequence[str] | None = None) -> Iterator[list[dict[str, Any]]]:
    """Read the rows of a file of documents, some at a time, or some columns of them.

    Raises:
        UnreadableTableError: See `pieces_of`.
    """
    for batch in _batches(file, columns):
        try:
            yield batch.to_pylist()
        except _DAMAGE as error:
            raise DamagedTableError(_damaged(error)) from error


def about_table(file: BinaryIO) -> tuple[dict[str, str], int]:
    """Read the words on a whole file that stand in its footer, and how many rows it has.

    Raises:
        UnreadableTableError: It is damaged.
    """
    try:
        footer = pq.read_metadata(file)
        found = footer.metadata or {}
    except _DAMAGE as error:
        raise DamagedTableError(_damaged(error)) from error
    about = {_word(key): _word(value) for key, value in found.items() if key.startswith(b"newswire.")}
    return about, footer.num_rows


def _word(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _batches(file: BinaryIO, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    try:
        table = pq.ParquetFile(file, pre_buffer=False)
        versions = _versions(table)
        if wrong := wrong_with(table.schema_arrow.names, table.schema_arrow.metadata, versions):
            raise UnreadableTableError(wrong)
        names = columns and [name for name in columns if name in table.schema_arrow.names]
        yield from table.iter_batches(ROWS_READ, columns=names, use_threads=False)
    except _DAMAGE as error:
        raise DamagedTableError(_damaged(error)) from error


def _versions(table: pq.ParquetFile) -> list[Any]:
    """Read the highest `schema_version` of each row group, from the footer where it stands there."""
    if "schema_version" not in table.schema_arrow.names:
        return []
    column = table.schema_arrow.names.index("schema_version")
    found: list[Any] = []
    for number in range(table.num_row_groups):
        statistics = table.metadata.row_group(number).column(column).statistics
        if statistics is not None and statistics.has_min_max:
            found.append(statistics.max)
        else:
            found += table.read_row_group(number, columns=["schema_version"]).column(0).unique().to_pylist()
    return [each for each in found if isinstance(each, int)]


def _halved(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut rows in half until they are few enough bytes."""
    if batch.nbytes <= _PIECE_BYTES or batch.num_rows < 2:
        yield batch
        return
    half = batch.num_rows // 2
    yield from _halved(batch.slice(0, half))
    yield from _halved(batch.slice(half))


def _written(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, batch.schema, compression="zstd") as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _damaged(error: Exception) -> str:
    return f"this Parquet file is damaged: {' '.join(str(error).split())[:200]}"
