"""A fetcher among others: each says that it runs and by which list of sources, and none retires another's.

A source leaves the store only when all fetchers that run go by lists without it. Which sources a fetcher may
poll at all, the sources say (`hosts`). Of the others each rate-limit group is led by one fetcher, so that its
limits are those of all fetchers together; by whom follows from who runs, without a word between them.
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

#: how often a fetcher says that it runs, and looks who else does
ANNOUNCE_S = 10.0
#: another leads nothing any more that has said nothing from one look to the next, so often, and nothing yet
#: that was heard of once; it is gone after three minutes. Counted and not timed, as its clock and ours may
#: differ, and we may have stood still
_QUIET_LOOKS = 2
_SILENT_LOOKS = 18
_NEVER = float("-inf")


class Membership:
    """What one fetcher says of itself in the store.

    Args:
        store: Where fetchers know of each other.
        call: Calls a function where it keeps nobody waiting, as the store's thread does.
        clock: Says what time it is.
        owner: Name of this fetcher.
        host: Name of its machine.
        announce_s: How often it says that it runs.
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
        announce_s: float = ANNOUNCE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._call = call
        self._clock = clock
        self._owner = owner
        self._host = host
        self._announce_s = announce_s
        self._monotonic = monotonic
        #: how others stood at the last look, and at how many looks before it they stood so
        self._others: Mapping[str, tuple[FetcherState, int]] = {}
        #: who runs by the same list: owner and host, ourselves among them
        self.company: Sequence[tuple[str, str]] = ()
        #: as the configuration wishes them last, those of other hosts among them
        self.feeds: Sequence[Feed] = ()
        self._key = ""
        self._announced_at = _NEVER
        self._agreed = True

    def is_ours(self, feed: Feed) -> bool:
        """Say whether this machine may poll a source."""
        return not feed.hosts or self._host in feed.hosts

    def leads(self, feed: Feed, group: str) -> bool:
        """Say whether it is this fetcher that polls a source.

        While lists differ, so that others may not know it, or do not know yet who runs, several do: claims
        keep them apart.

        Args:
            feed: One of ours.
            group: Its rate-limit group.
        """
        able = [owner for owner, host in self.company if not feed.hosts or host in feed.hosts]
        if len(able) < 2:
            return True
        return max(able, key=lambda owner: digest("leads", group, owner)) == self._owner

    async def go_by(self, feeds: Sequence[Feed]) -> None:
        """Say by which list this fetcher goes now, before its feeds are there: others could retire them."""
        if self.feeds is not feeds:
            self.feeds, self._key = feeds, await self._call(feeds_key, feeds)
            self._announced_at = _NEVER
        if self._announced_at == _NEVER:
            await self._announce()

    async def stay(self) -> bool:
        """Say from time to time that this fetcher runs.

        Returns:
            False: others took it for gone, and what it goes by is to be taken over again.
        """
        if not self._key or self._monotonic() - self._announced_at <= self._announce_s:
            return True
        known = await self._announce(look=1)
        if known and not self._agreed:
            await self.retire()
        return known

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

    async def _announce(self, *, look: int = 0) -> bool:
        """Say that this fetcher runs, and take note of who else does; says whether it was known.

        Args:
            look: 0: this is no look by which silence is counted.
        """
        state = FetcherState(
            owner=self._owner,
            host=self._host,
            feeds_key=self._key,
            feeds=len(self.feeds),
            heard_at=self._clock.now(),
        )
        gone = [each for each, looks in self._others.values() if looks >= _SILENT_LOOKS]
        said: Announced = await self._call(partial(self._store.announce, state, gone=gone))
        self._announced_at = self._monotonic()
        self._others = {each.owner: (each, self._silent_looks(each, look)) for each in said.others}
        alike = (each for each, looks in self._others.values() if looks < _QUIET_LOOKS)
        company = {(each.owner, each.host) for each in alike if each.feeds_key == self._key}
        self.company = sorted({*company, (self._owner, self._host)})
        return said.known

    def _silent_looks(self, other: FetcherState, look: int) -> int:
        """Count the looks since another was heard of last; one that is new to us may have been killed."""
        before, looks = self._others.get(other.owner, (other, _QUIET_LOOKS - look))
        return looks + look if before.heard_at == other.heard_at else 0


def feeds_key(feeds: Sequence[Feed]) -> str:
    """Tell one list of sources from another, wherever it lies: without secrets and paths."""
    return digest("feeds", *sorted(repr(_anywhere(feed)) for feed in feeds))


def _anywhere(feed: Feed) -> Feed:
    url = "" if feed.kind is SourceKind.DIRECTORY else feed.url
    return replace(feed, url=url, auth=None, allow_private=(), ca_file=None, done=None, failed=None)
