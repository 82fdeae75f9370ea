"""A fetcher among others: each says that it runs and by which list of sources, and none retires another's.

A source leaves the store only when all fetchers that run go by lists without it. Which sources a fetcher may
poll at all, the sources say (`hosts`).
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from pipeline.errors import ServiceError
from pipeline.identity import digest
from pipeline.logs import get_logger
from pipeline.model import Feed, SourceKind
from pipeline.ports.feeds import Announced, FeedStore, FetcherState
from pipeline.ports.outside import Clock

log = get_logger(__name__)

#: how often a fetcher says that it runs
_ANNOUNCE_S = 30.0
#: another is gone that has said nothing from one look to the next, so often: with the first and the last,
#: three minutes. Counted and not timed, as its clock and ours may differ, and we may have stood still
_SILENT_LOOKS = 4
_NEVER = float("-inf")


class Membership:
    """What one fetcher says of itself in the store.

    Args:
        store: Where fetchers know of each other.
        call: Calls a function where it keeps nobody waiting, as the store's thread does.
        clock: Says what time it is.
        owner: Name of this fetcher.
        host: Name of its machine.
        monotonic: Seconds since some moment.
    """

    def __init__(
        self,
        store: FeedStore,
        call: Callable[..., Awaitable[Any]],
        clock: Clock,
        *,
        owner: str,
        host: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._call = call
        self._clock = clock
        self._owner = owner
        self._host = host
        self._monotonic = monotonic
        #: how others stood at the last look, and at how many looks before it they stood so
        self._others: Mapping[str, tuple[FetcherState, int]] = {}
        #: as the configuration wishes them last, those of other hosts among them
        self.feeds: Sequence[Feed] = ()
        self._key = ""
        self._announced_at = _NEVER
        self._agreed = True

    def is_ours(self, feed: Feed) -> bool:
        """Say whether this machine may poll a source."""
        return not feed.hosts or self._host in feed.hosts

    async def go_by(self, feeds: Sequence[Feed]) -> None:
        """Say by which list this fetcher goes now, before its feeds are there: others could retire them."""
        if self.feeds is not feeds:
            self.feeds, self._key = feeds, await self._call(feeds_key, feeds)
            self._announced_at = _NEVER
        if self._announced_at == _NEVER:
            await self._announce(())

    async def stay(self) -> bool:
        """Say from time to time that this fetcher runs.

        Returns:
            False: others took it for gone, and what it goes by is to be taken over again.
        """
        if not self._key or self._monotonic() - self._announced_at <= _ANNOUNCE_S:
            return True
        gone = [state for state, looks in self._others.values() if looks >= _SILENT_LOOKS]
        said = await self._announce(gone)
        self._others = {each.owner: (each, self._silent_looks(each)) for each in said.others}
        if said.known and not self._agreed:
            await self.retire()
        return said.known

    async def retire(self) -> None:
        """Retire what is no more in the list, where all fetchers go by the same."""
        ids, agreed_before = {feed.id for feed in self.feeds}, self._agreed
        self._agreed = await self._call(self._store.retire_agreed, ids, self._key)
        if agreed_before and not self._agreed:
            log.warning(
                "feeds_differ", cause="fetchers go by different feeds.yaml: none is retired until they agree"
            )

    async def leave(self) -> None:
        """Say that this fetcher ends; where that cannot be said it is forgotten in a few minutes."""
        if self._key:
            with suppress(ServiceError):
                await self._call(self._store.leave, self._owner)

    def _silent_looks(self, other: FetcherState) -> int:
        """Count the looks since another was heard of last."""
        before, looks = self._others.get(other.owner, (None, 0))
        return looks + 1 if before and before.heard_at == other.heard_at else 0

    async def _announce(self, gone: Sequence[FetcherState]) -> Announced:
        state = FetcherState(
            owner=self._owner,
            host=self._host,
            feeds_key=self._key,
            feeds=len(self.feeds),
            heard_at=self._clock.now(),
        )
        said: Announced = await self._call(partial(self._store.announce, state, gone=gone))
        self._announced_at = self._monotonic()
        return said


def feeds_key(feeds: Sequence[Feed]) -> str:
    """Tell one list of sources from another, wherever it lies: without secrets and paths."""
    return digest("feeds", *sorted(repr(_anywhere(feed)) for feed in feeds))


def _anywhere(feed: Feed) -> Feed:
    url = "" if feed.kind is SourceKind.DIRECTORY else feed.url
    return replace(feed, url=url, auth=None, allow_private=(), ca_file=None, done=None, failed=None)
