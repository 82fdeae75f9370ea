"""Archive: everything stored, as one Parquet file for each month or day, beside those of earlier runs.

A file holds all that is stored of its span, so that writing it again replaces it and doubles nothing, and its
footer says of which state it was made: what has not changed is passed over, and a run that was cut off goes
on where it was. What may not be shown (killed, withheld, under embargo, erased) stands in a tree of its own,
whose name readers of such folders pass over.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import chain

from pipeline.archive.columns import VERSION, Row, row_of, table_blocks
from pipeline.archive.remembered import Remembered, Tables
from pipeline.archive.target import Target
from pipeline.errors import ServiceError
from pipeline.ports.archive import ArchivedVersion, ArchiveStore, SpanState
from pipeline.publish.record import whole_record

#: in front of the paths of what may not be shown
AUDIT = "_audit/"
FILE = "documents.parquet"

_DAY = timedelta(days=1)
_OURS = re.compile(
    rf"(?:{AUDIT})?year=(?P<year>\d+)/month=(?P<month>\d+)/(?:day=(?P<day>\d+)/)?{re.escape(FILE)}"
)


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
    tables = Tables(target, there)
    remembered = Remembered(store, target, tables)
    spans = _spans_of(store, partition, there)
    for span in filter(wanted, spans):
        state = store.span_state(span.since, span.until, now=now)
        if not again and _is_done(span, state, tables) and not _is_touched(span, state, remembered):
            yield Written(span=span)
            continue
        making = _Making(
            store=store,
            target=target,
            tables=tables,
            span=span,
            state=state,
            leaving=remembered.leaving(_path(span, shown=True)),
            now=now,
        )
        # Documents last: while an older file of them stands there, the span is not done.
        audit = making.write(shown=False)
        documents = making.write(shown=True)
        yield Written(span=span, documents=documents, audit=audit)
    if all(map(wanted, spans)):
        remembered.note()


def _spans_of(store: ArchiveStore, partition: Partition, there: Collection[str]) -> list[Span]:
    """Find the spans that something was published in, or that have a file, oldest first."""
    spans = {span_at(at, partition) for path in there if (at := _begins(path))}
    at = datetime(1, 1, 1, tzinfo=UTC)
    while (first := store.first_published(at)) is not None:
        spans.add(span := span_at(first, partition))
        at = span.until
    return sorted(spans, key=lambda span: span.since)


def _begins(path: str) -> datetime | None:
    """Say when the span of a file of ours begins; None: it is none."""
    match = _OURS.fullmatch(path)
    if match is None:
        return None
    with suppress(ValueError):  # a 13th month is no folder of ours
        return datetime(int(match["year"]), int(match["month"]), int(match["day"] or 1), tzinfo=UTC)
    return None


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
        Partition.DAY if match["day"] else Partition.MONTH
        for each in there
        if (match := _OURS.fullmatch(each))
    }
    if found - {partition}:
        (other,) = found - {partition}
        raise ServiceError(f"{target.url} is divided by {other}: give --partition {other}, or another target")


def _path(span: Span, *, shown: bool) -> str:
    return f"{'' if shown else AUDIT}{span.folder}{FILE}"


def _is_done(span: Span, state: SpanState, tables: Tables) -> bool:
    """Say whether the files of a span were made of its present state."""
    for shown, count in ((False, state.hidden), (True, state.shown)):
        path = _path(span, shown=shown)
        if path not in tables:
            if count:
                return False
        elif tables.about(path)[0].get("newswire.state") != state.fingerprint:
            return False
    return True


def _is_touched(span: Span, state: SpanState, remembered: Remembered) -> bool:
    return any(
        remembered.is_touched(_path(span, shown=shown), count, shown=shown)
        for shown, count in ((True, state.shown), (False, state.hidden))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Making:
    """The files of a span, being made."""

    store: ArchiveStore
    target: Target
    tables: Tables
    span: Span
    state: SpanState
    #: rows that the store let go and that may not be shown any more: id → how it stands
    leaving: Mapping[str, str]
    now: datetime

    def write(self, *, shown: bool) -> int:
        """Write one file, or remove it where nothing belongs there; returns how many rows it has."""
        path = _path(self.span, shown=shown)
        rows = _Counted(self._rows(path, shown=shown))
        first = next(rows, None)
        if first is None:
            if path in self.tables:
                self.target.remove(path)
            return 0
        about = {"newswire.state": self.state.fingerprint}
        self.target.write(path, table_blocks(chain([first], rows), about=about))
        return rows.count

    def _rows(self, old: str, *, shown: bool) -> Iterator[Row]:
        """Give what is stored, and what the files have that the store has let go since (retention)."""
        given: set[bytes] = set()  # what retention removes meanwhile is in neither answer of the store
        keeps = old in self.tables or (self.leaving and not shown)
        for version in self.store.archived(self.span.since, self.span.until, shown=shown, now=self.now):
            if keeps:
                given.add(bytes.fromhex(version.id))
            yield _row(version)
        for row in self._gone(old):
            if (number := bytes.fromhex(row["id"])) not in given and not (
                shown and row["id"] in self.leaving
            ):
                given.add(number)
                yield row
        if shown or not self.leaving:
            return
        for row in self._gone(_path(self.span, shown=True)):
            # A run that was cut off may have brought it there before.
            if row["id"] in self.leaving and bytes.fromhex(row["id"]) not in given:
                yield {**row, "standing": self.leaving[row["id"]]}

    def _gone(self, path: str) -> Iterator[Row]:
        """Give the rows of a file that the store has let go."""
        for rows in self.tables.rows(path):
            known = self.store.known([row["id"] for row in rows])
            yield from (row for row in rows if row["id"] not in known)


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
