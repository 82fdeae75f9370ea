"""What went wrong, and again: things in quarantine get another chance."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import ParseError
from pipeline.formats import detect, jsonlines
from pipeline.model import Parsed
from pipeline.ports.feeds import Poll, RawCopy
from pipeline.ports.reading import Quarantined
from pipeline.ports.store import Store

#: reads bytes as `pipeline.formats.detect.read` does, (body, name) → Parsed; raises ParseError
Reader = Callable[[bytes, str], Parsed]

# How the formats name the place of a problem: lines are JSON Lines', entries a feed's; the member of an
# archive or the part of a mail that holds them stands before, and is no more when they are read again.
_LINE = re.compile(r"(?:.+, )?line \d+")
_ENTRY = re.compile(r"(?:.+, )?(entry \d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What came of a release."""

    #: entries that try again, and entries found in bytes that can be read now
    entries: int = 0
    #: those that cannot be read still, with the cause in words
    still_bad: tuple[tuple[int, str], ...] = ()
    #: there is nothing of that id in quarantine
    unknown: tuple[int, ...] = ()


def release(store: Store, ids: Sequence[int], now: datetime, *, read: Reader) -> Released:
    """Let what is in quarantine try again.

    Entries go back to their queue with fresh attempts. A line or body that was never an entry is read once
    more, as by a newer release that knows its format, and what is in it is taken in under the same feed.

    Args:
        store: Holds the quarantine.
        ids: Which ones.
        now: Aware UTC.
        read: Reads bytes; not trusted to return, so give one that is limited in time.
    """
    entries = 0
    still_bad = []
    unknown = []
    of_entries = []
    for each in ids:
        found = store.quarantine_show(each)
        if found is None:
            unknown.append(each)
        elif found[0].entry_id is not None:
            of_entries.append(each)
        else:
            taken = _read_again(store, *found, now=now, read=read)
            entries += taken if isinstance(taken, int) else 0
            still_bad += [(each, taken)] if isinstance(taken, str) else []
    if of_entries:
        entries += store.quarantine_release(of_entries, now)
    return Released(entries=entries, still_bad=tuple(still_bad), unknown=tuple(unknown))


def _read_again(store: Store, row: Quarantined, body: bytes, *, now: datetime, read: Reader) -> int | str:
    """Return how many entries were taken in, or why none can be."""
    try:
        parsed = _read_as_it_came(row, body, read)
    except ParseError as error:
        return error.detail
    if entry := _ENTRY.fullmatch(row.where or ""):
        cause = _still_wrong(row, entry[1], parsed)
        if cause is not None:
            return cause
    if not parsed.entries:
        return "; ".join(problem.detail for problem in parsed.problems) or "there is no entry in it"
    poll = Poll(
        feed_id=row.feed_id,
        epoch=None,
        polled_at=now,
        duration_s=0,
        raw=RawCopy(body=body, media_type=None, location=row.location),
        entries=parsed.entries,
        problems=parsed.problems,
        format=parsed.format,
        sending=False,
    )
    (taken,) = store.take_in([poll], now)
    store.quarantine_drop([row.id], now)
    return taken.found


def _read_as_it_came(row: Quarantined, body: bytes, read: Reader) -> Parsed:
    """Read a line as what it is a part of: alone, a broken one looks like a plain-text story.

    Lines need no limit of time: they are read in time linear in their length.
    """
    if _LINE.fullmatch(row.where or ""):
        return detect.read(body, name=row.location, expect=jsonlines.NAME)
    return read(body, row.location)


def _still_wrong(row: Quarantined, where: str, parsed: Parsed) -> str | None:
    """Say why an item of a feed cannot be taken in; its bytes are the item alone, or the whole feed."""
    if parsed.format in {jsonlines.NAME, "text"}:
        return row.detail
    return next((problem.detail for problem in parsed.problems if problem.where == where), None)
