"""Follow the change log, in its order: each new document once, or everything that became of any."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.errors import ChangesGoneError
from pipeline.model import StoredDocument
from pipeline.ports.outside import Clock
from pipeline.ports.reading import Change, ReadStore

#: the kind of change that says a version is new
NEW = "new"
#: kinds of change after which a document may be shown
_SHOWN_SINCE = (NEW, "released")

_PAGE = 100
#: by so much the clocks of two hosts may differ without one of them being wrong
_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A change, and what there is to show of it."""

    change: Change
    #: the document that is new or may be shown again; None: another kind, or it may not be shown any more
    stored: StoredDocument | None


def follow(
    store: ReadStore,
    clock: Clock,
    *,
    after: int,
    beat: str | None = None,
    wait: Callable[[], bool] | None = None,
) -> Iterator[StoredDocument]:
    """Give new documents as they are stored.

    Args:
        store: Whose change log is read.
        clock: Says what may be shown now.
        after: Sequence number to start after; see `place_before`.
        beat: Id of a beat: only documents that belong to it.
        wait: Called when nothing is left to read; False ends the iteration. None: wait for more, for ever.
    """

    def new(after: int) -> Sequence[Change]:
        return store.changes(after, _PAGE, only_new=True)

    for change in _each(store, new, after, wait):
        stored = _shown(store, change, clock.now())
        if stored is not None and (beat is None or any(tag.code == beat for tag in stored.tagging.beats)):
            yield stored


def follow_changes(
    store: ReadStore, clock: Clock, *, after: int, wait: Callable[[], bool] | None = None
) -> Iterator[Told]:
    """Give every change as it happens, so that whoever keeps documents learns of kills and erasures too.

    Args:
        store: Whose change log is read.
        clock: Says what may be shown now.
        after: Number of the last change that is known; 0: begin with the oldest that is kept.
        wait: As for `follow`.

    Raises:
        ChangesGoneError: Not all changes after that one are kept; those that follow are not given.
    """
    for change in _each(store, lambda place: changes_after(store, place, _PAGE), after, wait):
        yield tell(store, change, clock.now())


def changes_after(store: ReadStore, after: int, limit: int) -> Sequence[Change]:
    """Read changes, and be sure that none is missing before them. Raises ChangesGoneError."""
    changes = store.changes(after, limit)
    # Asked afterwards: housekeeping may have removed some meanwhile.
    first = store.first_change() if after else 0
    if first > after + 1:
        raise ChangesGoneError(
            f"what happened after change {after} is no longer all there: the log begins with {first} "
            "(see retention.change_days)"
        )
    if after and not changes and after > (last := store.last_change()):
        raise ChangesGoneError(
            f"the log ends with change {last}, and has none with the number {after}: was a backup restored?"
        )
    return changes


def tell(store: ReadStore, change: Change, now: datetime) -> Told:
    """Add to a change the document that may be shown since."""
    stored = _shown(store, change, now) if change.kind in _SHOWN_SINCE else None
    return Told(change=change, stored=stored)


def place_before(store: ReadStore, lines: int) -> int:
    """Find where to start for `lines` new documents before now; 0 when there are fewer."""
    if not lines:
        return store.last_change()
    found = store.new_from_the_end(lines)
    return found - 1 if found else 0


def _each(
    store: ReadStore,
    read: Callable[[int], Sequence[Change]],
    after: int,
    wait: Callable[[], bool] | None,
) -> Iterator[Change]:
    """Give changes page by page, and wait for more."""
    while True:
        changes = read(after)
        yield from changes
        if changes:
            after = changes[-1].seq
        elif wait is None:
            store.wait_for_change()
        elif not wait():
            return


def _shown(store: ReadStore, change: Change, now: datetime) -> StoredDocument | None:
    # Whoever noted the end of an embargo may have a clock that is a little ahead of this one.
    now = max(now, min(change.at, now + _DIFFER))
    # Embargoed, killed or erased meanwhile: the store gives nothing.
    return store.document(change.document_id, now=now)
