"""Follow the change log: each new document once, in the order it was stored."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from pipeline.model import StoredDocument
from pipeline.ports import Change, Clock, ReadStore

#: the kind of change that says a version is new
NEW = "new"

_PAGE = 100
#: by so much the clocks of two hosts may differ without one of them being wrong
_DIFFER = timedelta(minutes=1)


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
    while True:
        changes = store.changes(after, _PAGE)
        for change in changes:
            after = change.seq
            stored = _shown(store, change, clock.now())
            if stored is not None and (beat is None or any(tag.code == beat for tag in stored.tagging.beats)):
                yield stored
        if changes:
            continue
        if wait is None:
            store.wait_for_change()
        elif not wait():
            return


def place_before(store: ReadStore, lines: int) -> int:
    """Find where to start for `lines` new documents before now; 0 when there are fewer."""
    last = store.last_change()
    span = lines
    while lines:
        start = max(0, last - span)
        seqs = [change.seq for change in _read(store, start, last) if change.kind == NEW]
        if len(seqs) >= lines:
            return seqs[-lines] - 1
        if start == 0:
            return 0
        # Other kinds of change stand between: look further back.
        span *= 4
    return last


def _shown(store: ReadStore, change: Change, now: datetime) -> StoredDocument | None:
    if change.kind != NEW:
        return None
    # Whoever noted the end of an embargo may have a clock that is a little ahead of this one.
    now = max(now, min(change.at, now + _DIFFER))
    # Embargoed, killed or erased meanwhile: the store gives nothing.
    return store.document(change.document_id, now=now)


def _read(store: ReadStore, after: int, last: int) -> Iterator[Change]:
    while after < last:
        changes = [change for change in store.changes(after, _PAGE) if change.seq <= last]
        if not changes:
            return
        yield from changes
        after = changes[-1].seq
