"""Upkeep of the links: what could not be linked at once is swept up, and a lost index is rebuilt.

The keeper of each host runs a round every now and then; all of it is idempotent, and two hosts do not hinder
each other. A round is short: what else the keeper does must not wait for a large index.
"""

import time
from collections.abc import Iterator
from datetime import datetime

from pipeline.errors import ServiceError
from pipeline.logs import get_logger
from pipeline.ports.copies import CopyStore, Held, Link, Mark, NearIndex, Signed
from pipeline.ports.outside import Clock
from pipeline.ports.work import NO_SEARCH
from workers.dedupe.link import Linking, look_up, mark_of

log = get_logger(__name__)

#: documents linked in one round
_SWEPT = 200
#: signatures entered in one step
_PAGE = 500
#: a round of rebuilding takes no longer
_ROUND_S = 1.0


class Upkeep:
    """What the keeper does for the links, and where it stands."""

    def __init__(self, store: CopyStore, index: NearIndex, clock: Clock, linking: Linking) -> None:
        self._store = store
        self._index = index
        self._clock = clock
        self._linking = linking
        self._rebuilding: Iterator[int] | None = None
        self._swept = 0

    def round(self) -> None:
        """Do a bit of what is to be done.

        Raises:
            ServiceError: Index or store is not usable now; the next round does it.
        """
        held = self._index.held()
        if self._rebuilding is None and held.whole_in is None:
            token = self._index.begin_rebuild()
            if token is not None:
                self._rebuilding = rebuild(self._store, self._index, token, self._linking, self._clock.now())
        if self._rebuilding is not None:
            self._rebuild()
        else:
            keep_up(self._store, self._index, held)
            self._sweep()

    def _rebuild(self) -> None:
        assert self._rebuilding is not None
        until = time.monotonic() + _ROUND_S
        try:
            for entered in self._rebuilding:
                if time.monotonic() > until:
                    log.info("near_index_rebuilding", entered=entered)
                    return
        except ServiceError:
            self._rebuilding = None
            raise
        self._rebuilding = None

    def _sweep(self) -> None:
        self._swept = sweep(self._store, self._index, self._linking, self._clock.now(), after=self._swept)


def keep_up(store: CopyStore, index: NearIndex, held: Held) -> None:
    """Note up to which document the index holds all; where its server was replaced, link again behind it.

    What was entered reaches a replica, or the disk, a moment later, and in its order. So whoever takes the
    server's place holds what was entered before the note that it holds; what came behind is looked at again.
    """
    if held.whole_in is None:
        return
    upto = store.entered_upto(held.run)
    if upto is None or held.whole_in != held.run:
        again = store.move_index(held.run, after=held.upto)
        log.info("near_index_moved", after=held.upto, linked_again=again)
        upto = held.upto
    if (held.whole_in, held.upto) != (held.run, upto):
        index.note(held, upto)


def rebuild(store: CopyStore, index: NearIndex, token: str, linking: Linking, now: datetime) -> Iterator[int]:
    """Enter all stored signatures that the index would still hold, a page at each step.

    It ends without effect where the index is lost once more meanwhile: whoever looks next begins again.

    Args:
        store: Holds the signatures.
        index: Is told of them.
        token: Of this rebuild, from `begin_rebuild`.
        linking: What is linked.
        now: Aware UTC.

    Yields:
        How many were entered so far.
    """
    entered, last = 0, 0
    while page := store.signatures(received_since=now - linking.life, after=last, limit=_PAGE):
        if not index.keep_rebuild(token):
            log.warning("near_index_rebuild_ended", entered=entered)
            return
        index.check_and_add([_mark(each, linking, now) for each in page])
        entered, last = entered + len(page), page[-1].seq
        yield entered
    if index.finish_rebuild(token, last):
        log.info("near_index_rebuilt", documents=entered)


def sweep(store: CopyStore, index: NearIndex, linking: Linking, now: datetime, *, after: int = 0) -> int:
    """Link documents that could not be linked when they were stored.

    Returns:
        The number of the last document looked at, where the next sweep goes on; 0: that was all.
    """
    texts = store.unlinked(after=after, limit=_SWEPT)
    if not texts:
        return 0
    found = look_up(texts, index=index, store=store, linking=linking, now=now)
    links = [
        Link(document_id=each.document_id, relation=relation)
        for each in texts
        for relation in found[each.entry_id].relations
    ]
    linked = [each.seq for each in texts if found[each.entry_id].complete]
    if links or linked:
        search = sum((found[each.entry_id].search for each in texts), NO_SEARCH)
        # One question entered them all: in one run of the server.
        store.link(links, linked, now=now, search=search, entered_in=found[texts[0].entry_id].entered_in)
        log.info("linked_later", documents=len(linked), links=len(links))
    return texts[-1].seq


def _mark(signed: Signed, linking: Linking, now: datetime) -> Mark:
    return mark_of(signed.entry_id, signed.published_at, signed.signature, linking, now)
