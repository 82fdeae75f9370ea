"""The newest documents that match, however many do.

What matches often is found among the newest documents, and need not be found everywhere to be put in order;
what matches seldom is found everywhere at once, by its words and tags. Which of the two it is shows when the
newest thousand are looked at.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, func, select, type_coerce

from pipeline.ports.reading import Query
from pipeline.store.tables import document

#: documents that are looked at first
_FIRST = 1_000
#: that are looked at in one further step at most; where more would be needed, matches are seldom
_MOST = 50_000
#: a next step looks at so much more than should be needed
_SPARE = 1.5

_AT = type_coerce(document.c.published_at, BigInteger)


class _Window(NamedTuple):
    """Documents of a time, and the least range of numbers that holds theirs."""

    since: datetime
    seqs: range
    size: int


def newest(
    connection: Connection, query: Query, found: Callable[[range | None], Select[int]], wanted: int
) -> Sequence[int]:
    """Give the numbers of the newest documents that match, the newest first.

    Args:
        connection: In a transaction that reads.
        query: What to find.
        found: Selects what matches; of numbers outside a range, where one is given, nothing is said.
        wanted: How many at most.
    """
    picks = query.all_of or query.none_of or query.fields or query.not_fields
    numbers: list[int] = []
    until, looked, size = query.until, 0, _FIRST if picks else int(wanted * _SPARE) + 1
    while size <= _MOST:
        window = _window(connection, query.since, until, size)
        if window is None:
            return numbers
        of_time = found(window.seqs).where(*_between(window.since, until))
        numbers += connection.execute(_ordered(of_time, _AT.desc(), wanted - len(numbers))).scalars()
        looked += window.size
        until = window.since
        if len(numbers) >= wanted:
            return numbers
        if not numbers:
            break
        size = max(_FIRST, int((wanted - len(numbers)) * looked / len(numbers) * _SPARE))
    # Words and tags find the rows, and an index of dates must not lead.
    at = _AT + 0 if picks else _AT
    return connection.execute(_ordered(found(None), at.desc(), wanted)).scalars().all()


def _window(
    connection: Connection, since: datetime | None, until: datetime | None, size: int
) -> _Window | None:
    """Find the newest documents of a time span; None: there are none."""
    some = (
        select(document.c.published_at.label("at"))
        .where(*_between(since, until))
        .order_by(_AT.desc())
        .limit(size)
        .subquery()
    )
    first: datetime | None = connection.execute(select(func.min(some.c.at))).scalar_one()
    if first is None:
        return None
    seqs = select(func.min(document.c.seq), func.max(document.c.seq), func.count())
    low, high, held = connection.execute(seqs.where(*_between(first, until))).one()
    return _Window(since=first, seqs=range(low, high + 1), size=held)


def _between(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    at = document.c.published_at
    return [
        *([at >= since] if since is not None else []),
        *([at < until] if until is not None else []),
    ]


def _ordered(found: Select[int], at: ColumnElement[int], most: int) -> Select[int]:
    return found.order_by(at, document.c.seq.desc()).limit(most)
