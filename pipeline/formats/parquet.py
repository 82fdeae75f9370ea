"""Parquet: documents as `export --format parquet` and `archive` write them; see docs/archive.md."""

import io
from itertools import chain
from typing import Any

from pipeline.errors import ParseError, Reason
from pipeline.formats import exported
from pipeline.formats.finish import finish
from pipeline.formats.json_values import WrongValueError
from pipeline.model import Entry, Parsed, Problem

NAME = "parquet"
#: what every Parquet file begins and ends with
MAGIC = b"PAR1"


def claims(body: bytes) -> bool:
    """Say whether bytes are a Parquet file."""
    return body.startswith(MAGIC)


def read(body: bytes) -> Parsed:
    """Read each row as an export of ours; a bad one becomes a problem with its number.

    Raises:
        ParseError: Damaged, no documents of ours, or written by a newer newswire.
    """
    # The library takes half a second and 100 MB of addresses: only where there is something for it.
    from pipeline.archive.pieces import UnreadableTableError, rows_of  # noqa: PLC0415

    entries: list[Entry] = []
    problems: list[Problem] = []
    try:
        for number, row in enumerate(chain.from_iterable(rows_of(io.BytesIO(body))), 1):
            found = _read_row(row, number)
            if isinstance(found, Problem):
                problems.append(found)
            elif found is not None:
                entries.append(found)
    except UnreadableTableError as error:
        raise ParseError(Reason.PARSE_FAILED, str(error)) from error
    return Parsed(format=NAME, entries=tuple(entries), problems=tuple(problems))


def _read_row(row: dict[str, Any], number: int) -> Entry | Problem | None:
    """Read one row; None where its text was erased."""
    from pipeline.archive.columns import record_of  # noqa: PLC0415

    try:
        record = record_of(row)
        if record is None:
            return None
        if not exported.is_record(record):
            raise WrongValueError("its uri is none of ours")
        return finish(exported.record_entry(record))
    except (WrongValueError, ValueError, RecursionError) as error:
        return Problem(reason=Reason.BAD_RECORD, detail=str(error), where=f"row {number}")
