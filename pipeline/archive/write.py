"""Archive: everything stored, as one Parquet file for each month or day, beside those of earlier runs.

A file holds all that is stored of its span, so that writing it again replaces it and doubles nothing, and its
footer says of which state it was made: what has not changed is passed over, and a run that was cut off goes
on where it was. What may not be shown (killed, withheld, under embargo, erased) stands in a tree of its own,
whose name readers of such folders pass over.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import chain

from pipeline.archive.columns import VERSION, Row, row_of, table_blocks
from pipeline.archive.pieces import DamagedTableError, UnreadableTableError, about_table, rows_of
from pipeline.archive.target import Target
from pipeline.errors import ServiceError
from pipeline.ports import ArchivedVersion, ArchiveStore, SpanState
from pipeline.publish.record import whole_record

#: in front of the paths of what may not be shown
AUDIT = "_audit/"
FILE = "documents.parquet"

#: what to do about a damaged file
_HOW = (
    "; put a copy of it there. One that is made anew (move this one away) lacks what retention has removed "
    "from the store"
)
_DAY = timedelta(days=1)
_OURS = re.compile(rf"(?:{AUDIT})?year=\d+/month=\d+/(day=\d+/)?{re.escape(FILE)}")


class Partition(StrEnum):
    """How much is in one file."""

    MONTH = "month"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A month or a day."""

    since: datetime
    until: datetime
    #: where its files are: `year=2026/month=5/`, numbers as readers take them for such
    folder: str
    #: 2026-05, or 2026-05-01
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of one span: how many versions its files hold; both None: nothing had changed."""

    span: Span
    documents: int | None = None
    audit: int | None = None


def archive(
    store: ArchiveStore,
    target: Target,
    partition: Partition,
    *,
    now: datetime,
    wanted: Callable[[Span], bool] = lambda _span: True,
    again: bool = False,
) -> Iterator[Written]:
    """Bring an archive up to date, span by span, oldest first.

    Args:
        store: What is archived.
        target: Where; only files of ours are touched there.
        partition: As it was when the archive was begun.
        now: Says what may be shown.
        wanted: Which spans.
        again: Those too of which nothing has changed.

    Raises:
        ServiceError: Target or store do not work now, a file there is damaged, was written by a newer
            newswire, or divides time otherwise. What was written is whole; the next run goes on.
    """
    there = frozenset(target.paths())
    _expect_same(there, partition, target)
    for span in filter(wanted, spans_of(store, partition)):
        state = store.span_state(span.since, span.until, now=now)
        if not again and _is_done(span, state, there, target):
            yield Written(span=span)
            continue
        # Documents last: while an older file of them stands there, the span is not done.
        audit = _write(store, target, span, state, there, shown=False, now=now)
        documents = _write(store, target, span, state, there, shown=True, now=now)
        yield Written(span=span, documents=documents, audit=audit)


def spans_of(store: ArchiveStore, partition: Partition) -> Iterator[Span]:
    """Find the spans that something was published in, oldest first."""
    at = datetime(1, 1, 1, tzinfo=UTC)
    while (first := store.first_published(at)) is not None:
        span = span_at(first, partition)
        yield span
        at = span.until


def span_at(at: datetime, partition: Partition) -> Span:
    """Find the span that a time belongs to.

    >>> span_at(datetime(2026, 5, 1, 12, tzinfo=UTC), Partition.MONTH).folder
    'year=2026/month=5/'
    """
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    name, folder = day.date().isoformat(), f"year={day.year}/month={day.month}/"
    if partition is Partition.DAY:
        return Span(since=day, until=day + _DAY, folder=f"{folder}day={day.day}/", name=name)
    since = day.replace(day=1)
    return Span(since=since, until=(since + 31 * _DAY).replace(day=1), folder=folder, name=name[:7])


def _expect_same(there: frozenset[str], partition: Partition, target: Target) -> None:
    found = {
        Partition.DAY if match[1] else Partition.MONTH for each in there if (match := _OURS.fullmatch(each))
    }
    if found - {partition}:
        (other,) = found - {partition}
        raise ServiceError(f"{target.url} is divided by {other}: give --partition {other}, or another target")


def _path(span: Span, *, shown: bool) -> str:
    return f"{'' if shown else AUDIT}{span.folder}{FILE}"


def _is_done(span: Span, state: SpanState, there: frozenset[str], target: Target) -> bool:
    """Say whether the files of a span were made of its present state."""
    for shown, count in ((False, state.hidden), (True, state.shown)):
        path = _path(span, shown=shown)
        if path not in there:
            if count:
                return False
        elif _about(target, path).get("newswire.state") != state.fingerprint:
            return False
    return True


def _about(target: Target, path: str) -> Mapping[str, str]:
    try:
        with target.opened(path) as file:
            return about_table(file)
    except UnreadableTableError as error:
        raise ServiceError(f"{target.url}/{path}: {_in_words(error)}") from error


def _in_words(error: UnreadableTableError) -> str:
    return f"{error}{_HOW if isinstance(error, DamagedTableError) else ''}"


def _write(
    store: ArchiveStore,
    target: Target,
    span: Span,
    state: SpanState,
    there: frozenset[str],
    *,
    shown: bool,
    now: datetime,
) -> int:
    """Write one file of a span, or remove it where nothing belongs there; returns how many rows it has."""
    path = _path(span, shown=shown)
    rows = _Counted(_rows(store, target, span, path if path in there else None, shown=shown, now=now))
    first = next(rows, None)
    if first is None:
        if path in there:
            target.remove(path)
        return 0
    about = {"newswire.state": state.fingerprint}
    target.write(path, table_blocks(chain([first], rows), about=about))
    return rows.count


def _rows(
    store: ArchiveStore, target: Target, span: Span, old: str | None, *, shown: bool, now: datetime
) -> Iterator[Row]:
    """Give what is stored of a span, and what its file has that the store has let go since (retention)."""
    given: set[bytes] = set()  # what retention removes meanwhile is in neither answer of the store
    for version in store.archived(span.since, span.until, shown=shown, now=now):
        if old is not None:
            given.add(bytes.fromhex(version.id))
        yield _row(version)
    if old is None:
        return
    try:
        with target.opened(old) as file:
            for rows in rows_of(file):
                known = store.known([row["id"] for row in rows], shown=shown)
                for row in rows:
                    if row["id"] not in known and bytes.fromhex(row["id"]) not in given:
                        yield row
    except UnreadableTableError as error:
        raise ServiceError(f"{target.url}/{old}: {_in_words(error)}") from error


def _row(version: ArchivedVersion) -> Row:
    if version.stored is not None:
        return row_of(whole_record(version.stored), version.standing)
    return {
        "schema_version": VERSION,
        "id": version.id,
        "uri": version.uri,
        "standing": version.standing,
        "provider": version.provider,
        "published": version.published_at,
        "received": version.received_at,
        "stored": version.stored_at,
        "erased": version.erased_at,
        "erase_reason": version.erase_reason,
    }


class _Counted(Iterator[Row]):
    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self.count = 0

    def __next__(self) -> Row:
        row = next(self._rows)
        self.count += 1
        return row
