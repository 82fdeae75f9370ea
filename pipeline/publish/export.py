"""Write many documents: as a stream, or as a file that is whole or not there."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.errors import ServiceError
from pipeline.model import StoredDocument
from pipeline.ports import Query, ReadStore
from pipeline.publish.csv import csv_header, csv_line
from pipeline.publish.ninjs import ninjs_object
from pipeline.publish.record import document_record, to_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How documents are written: one line each, after a head."""

    line: Callable[[StoredDocument], bytes]
    head: bytes = b""


#: name → what documents can be written as
FORMS: Mapping[str, Form] = {
    "jsonl": Form(line=lambda stored: to_line(document_record(stored))),
    "ninjs": Form(line=lambda stored: to_line(ninjs_object(stored))),
    "csv": Form(line=csv_line, head=csv_header()),
}


def export_lines(store: ReadStore, query: Query, now: datetime, form: Form) -> Iterator[bytes]:
    """Give every version that matches as one line, in the order stored, in bounded memory."""
    return (form.line(stored) for stored in store.stream(query, now=now))


def write_whole(path: Path, lines: Iterable[bytes], *, head: bytes = b"") -> int:
    """Write lines to a file that appears under its name only when all of it is on the disk.

    Args:
        path: Where the file appears.
        lines: One for each document.
        head: Written before them.

    Returns:
        How many lines, without the head.

    Raises:
        ServiceError: It cannot be written; what stood there before stands there still.
    """
    count = 0
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                file.write(head)
                for count, line in enumerate(lines, start=1):  # noqa: B007 # the count is the result
                    file.write(line)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).chmod(0o644 & ~_umask())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ServiceError(f"cannot write {path}: {error.strerror or error}") from error
    return count


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
