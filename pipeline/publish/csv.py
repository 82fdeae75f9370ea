"""Documents as a flat table: RFC 4180, UTF-8, a header, then one line each. Pure.

Every cell is one line of text, whatever it held, so that programs that cut at line ends read it too. A text
that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection): it came over
the wire.
"""

import csv
import io
from collections.abc import Iterable
from typing import Any

from pipeline.model import StoredDocument
from pipeline.plain import safe_line
from pipeline.publish.record import document_record

#: fields of the record; a contract: they keep their order, new ones are added at the end
COLUMNS = (
    "id",
    "uri",
    "version",
    "published",
    "version_created",
    "received",
    "stored",
    "provider",
    "infosource",
    "feed",
    "guid",
    "url",
    "canonical_url",
    "format",
    "language",
    "pub_status",
    "signal",
    "signal_number",
    "urgency",
    "slugline",
    "headline",
    "byline",
    "authors",
    "keywords",
    "dateline",
    "credit",
    "regions",
    "places",
    "topics",
    "beats",
    "people",
    "organisations",
    "story_id",
    "body_text",
)
# What a spreadsheet reads as the start of a formula; the wide forms too, which some make narrow.
_FORMULA = tuple("=+-@＝＋－＠")
#: what stands for a record inside a record: the first of these that it has
_NAMES = ("code", "id", "name", "text")


def csv_header() -> bytes:
    """Write the names of the columns."""
    return _line(COLUMNS)


def csv_line(stored: StoredDocument) -> bytes:
    """Write a stored document as one line with its line end."""
    record = document_record(stored)
    return _line(_cell(record[name]) for name in COLUMNS)


def _line(cells: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()


def _cell(value: Any) -> str:
    text = _flat(value)
    line = safe_line(text, limit=len(text))
    return f"'{line}" if line.startswith(_FORMULA) else line


def _flat(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(dict.fromkeys(map(_flat, value)))
    if isinstance(value, dict):
        return next(str(value[name]) for name in _NAMES if name in value)
    return str(value)
