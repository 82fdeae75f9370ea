"""Documents as a table: what `export --format parquet` and `archive` write, and `import` reads back.

The columns are a contract (docs/archive.md): they keep their names, types and meaning, and new ones are added
at the end. Types are those that every reader of Parquet has: text, numbers, lists of text, times in
microseconds UTC. What has no column of its own is JSON in `detail`, so that nothing is lost on the way back.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = dict[str, Any]
Record = Mapping[str, Any]

#: rises when a reader of before would misunderstand what is written; a new column is no reason
VERSION = 1
#: in one row group: what is written, and read, at a time
ROWS = 2_000

_TEXT, _TEXTS, _WHOLE, _NUMBER = pa.string(), pa.list_(pa.string()), pa.int32(), pa.float64()
_TIME = pa.timestamp("us", tz="UTC")

#: how the version came to be where it is in its chain and in this file; `schema_version` is VERSION
_PLACE = {
    "schema_version": _WHOLE,
    "id": _TEXT,
    "uri": _TEXT,
    "version": _WHOLE,
    "standing": _TEXT,
    "erased": _TIME,
    "erase_reason": _TEXT,
}
#: fields of the record that stand in a column as they are
_FIELDS = {
    "provider": _TEXT,
    "infosource": _TEXT,
    "feed": _TEXT,
    "guid": _TEXT,
    "url": _TEXT,
    "canonical_url": _TEXT,
    "format": _TEXT,
    "language": _TEXT,
    "language_score": _NUMBER,
    "published": _TIME,
    "version_created": _TIME,
    "received": _TIME,
    "stored": _TIME,
    "embargoed": _TIME,
    "date_note": _TEXT,
    "pub_status": _TEXT,
    "signal": _TEXT,
    "signal_number": _WHOLE,
    "urgency": _WHOLE,
    "slugline": _TEXT,
    "headline": _TEXT,
    "lead": _TEXT,
    "body_text": _TEXT,
    "body_html": _TEXT,
    "byline": _TEXT,
    "authors": _TEXTS,
    "keywords": _TEXTS,
    "notes": _TEXTS,
    "copyright": _TEXT,
    "revision": _TEXT,
    "content_hash": _TEXT,
    "story_id": _TEXT,
}
#: fields of the record that are whole in `detail`, and here in short: the first of these keys each has
_SHORT = {
    "dateline": _TEXT,
    "credit": _TEXT,
    "regions": _TEXTS,
    "topics": _TEXTS,
    "beats": _TEXTS,
    "people": _TEXTS,
    "organisations": _TEXTS,
}
_NAMES = ("code", "id", "name", "text")

SCHEMA = pa.schema([*_PLACE.items(), *_FIELDS.items(), *_SHORT.items(), ("detail", _TEXT)])
#: without these a table holds no documents of ours
_NEEDED = frozenset({"schema_version", "uri", "content_hash", "body_text", "detail"})
#: few different values: worth a dictionary; and what a search for rows may skip row groups by
_REPEATED = [
    "standing", "provider", "infosource", "feed", "format", "language", "pub_status", "signal",
    "regions.list.element", "topics.list.element", "beats.list.element",
]  # fmt: skip
_RANGED = ["schema_version", "id", "uri", "provider", "language", "published", "received", "stored"]
_TIMES = frozenset(name for name, kind in _FIELDS.items() if kind == _TIME)


def row_of(record: Record, standing: str) -> Row:
    """Make a row of a document's record.

    Args:
        record: As `publish.record.whole_record` writes it.
        standing: What may be done with the version: usable, advisory, withheld, canceled, killed.
    """
    row = {name: record[name] for name in ("id", "uri", "version", *_FIELDS)}
    for name in _TIMES:
        row[name] = datetime.fromisoformat(row[name]) if row[name] else None
    row |= {name: _short(record[name]) for name in _SHORT}
    rest = {name: value for name, value in record.items() if name not in row or name in _SHORT}
    detail = json.dumps(rest, ensure_ascii=False, separators=(",", ":"))
    return {"schema_version": VERSION, "standing": standing, **row, "detail": detail}


def record_of(row: Row) -> dict[str, Any] | None:
    """Make the record again that a row was made of; None where the text was erased.

    Raises:
        ValueError: `detail` is no JSON object.
    """
    if row["detail"] is None:
        return None
    record = json.loads(row["detail"])
    if not isinstance(record, dict):
        raise ValueError("its detail is no object")
    fields = {name: row[name] for name in ("id", "uri", "version", *_FIELDS) if name in row}
    times = {name: _written(fields[name]) for name in _TIMES & fields.keys()}
    return record | fields | times


def table_blocks(rows: Iterator[Row], *, about: Mapping[str, str] | None = None) -> Iterator[bytes]:
    """Write rows as a Parquet file, piece by piece, a row group in memory at a time.

    Args:
        rows: As `row_of` makes them; a column they leave out is null.
        about: Words on the whole file, kept in its footer.
    """
    sink = _Sink()
    schema = SCHEMA.with_metadata({"newswire.schema": str(VERSION), **(about or {})})
    writer = pq.ParquetWriter(
        sink, schema, compression="zstd", use_dictionary=_REPEATED, write_statistics=_RANGED
    )
    with writer:
        while group := list(islice(rows, ROWS)):
            writer.write_table(pa.Table.from_pylist(group, schema=SCHEMA))
            yield sink.taken()
    yield sink.taken()


def wrong_with(
    names: Collection[str], metadata: Mapping[bytes, bytes] | None, versions: Sequence[Any]
) -> str:
    """Say why a Parquet file cannot be read as documents of ours; nothing where it can.

    Args:
        names: Of its columns.
        metadata: Of its footer; lost where other programs wrote the file anew.
        versions: Values of its column `schema_version`.
    """
    if missing := sorted(_NEEDED - set(names)):
        return f"this Parquet file is no archive of newswire: it has no column {', '.join(missing)}"
    told = (metadata or {}).get(b"newswire.schema", b"").decode("ascii", "replace")
    newest = max([int(told) if told.isdecimal() else 0, *(each for each in versions if each is not None)])
    if newest > VERSION:
        return (
            f"this archive was written by a newer newswire (schema {newest}, this one reads {VERSION}): "
            "install a newer newswire first"
        )
    return ""


class _Sink:
    """A file that gives away what was written to it."""

    closed = False

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._at = 0

    def write(self, block: Any) -> int:
        data = bytes(block)
        self._blocks.append(data)
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        blocks, self._blocks = self._blocks, []
        return b"".join(blocks)


def _short(value: Any) -> Any:
    if isinstance(value, list):
        return list(dict.fromkeys(map(_short, value)))
    if isinstance(value, dict):
        return next((value[name] for name in _NAMES if name in value), None)
    return value


def _written(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
