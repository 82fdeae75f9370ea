"""Write many documents: as a stream, or as a file that is whole or not there."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipeline.errors import ServiceError
from pipeline.model import PubStatus, StoredDocument
from pipeline.publish.csv import csv_header, csv_line
from pipeline.publish.ninjs import ninjs_object
from pipeline.publish.record import document_record, to_line, whole_record


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How documents are written: one line each, after a head."""

    line: Callable[[StoredDocument], bytes]
    head: bytes = b""


#: name → what documents can be written as, line by line
FORMS: Mapping[str, Form] = {
    "jsonl": Form(line=lambda stored: to_line(document_record(stored))),
    "ninjs": Form(line=lambda stored: to_line(ninjs_object(stored))),
    "csv": Form(line=csv_line, head=csv_header()),
}
#: and as a table, which has no lines
PARQUET = "parquet"

_LINES = 500


class Counted:
    """Documents that are counted as they go by."""

    def __init__(self, documents: Iterable[StoredDocument]) -> None:
        self._documents = documents
        self.count = 0

    def __iter__(self) -> Iterator[StoredDocument]:
        for each in self._documents:
            self.count += 1
            yield each


def export_blocks(documents: Iterable[StoredDocument], form: str) -> Iterator[bytes]:
    """Write documents that may be shown, in their order, in bounded memory.

    Args:
        documents: As `ReadStore.stream` gives them.
        form: A name of FORMS, or PARQUET.
    """
    return _table(documents) if form == PARQUET else _lines(documents, FORMS[form])


def _lines(documents: Iterable[StoredDocument], form: Form) -> Iterator[bytes]:
    lines = map(form.line, documents)
    yield form.head
    while block := b"".join(islice(lines, _LINES)):
        yield block


def _table(documents: Iterable[StoredDocument]) -> Iterator[bytes]:
    from pipeline.archive.columns import row_of, table_blocks  # noqa: PLC0415 # heavy: only for who asks

    return table_blocks(row_of(whole_record(each), _standing(each)) for each in documents)


def _standing(stored: StoredDocument) -> str:
    """Say how a document that may be shown stands: of kills, only those that take nothing back are."""
    return "advisory" if stored.document.pub_status is PubStatus.CANCELED else "usable"


def write_whole(path: Path, blocks: Iterable[bytes]) -> None:
    """Write a file that appears under its name only when all of it is on the disk.

    Raises:
        ServiceError: It cannot be written; what stood there before stands there still.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                for block in blocks:
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).chmod(0o644 & ~_umask())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ServiceError(f"cannot write {path}: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
