"""Retention at work: goes through what is stored, a little at a time, and removes what is past its time."""

import time
from collections.abc import Iterator

from pipeline.errors import ServiceError
from pipeline.logs import get_logger
from pipeline.ports.care import CareStore
from pipeline.ports.outside import Clock
from pipeline.retention import FOREVER, Policy

log = get_logger(__name__)

#: items removed in one transaction: others wait for no longer than a batch of documents takes to store
STEP = 50
#: what one round of the keeper may take
_ROUND_S = 0.5
#: between the end of one walk through what is stored and the beginning of the next
_REST_S = 3600.0
_HOUSEKEEPING_S = 300.0


def sweep(store: CareStore, policy: Policy, clock: Clock) -> Iterator[int]:
    """Go through all that is stored once.

    Args:
        store: What is in it goes.
        policy: How long things are kept, with what feeds wish.
        clock: Says what is past.

    Yields:
        How many texts were removed in each step; 0 after a page without any.
    """
    after: int | None = 0
    while after is not None:
        page = store.past_items(policy, clock.now(), after=after)
        ids = [each.id for each in page.items]
        for start in range(0, len(ids), STEP):
            yield store.remove_past(ids[start : start + STEP], policy, clock.now())
        yield 0
        after = page.after


class Retiring:
    """What the keeper does about retention, and where it stands."""

    def __init__(self, store: CareStore, policy: Policy, clock: Clock) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._sweep: Iterator[int] | None = None
        self._removed = 0
        self._next_at = 0.0

    def policy(self) -> Policy:
        """Give what is wished now, by sources too."""
        return self._policy.for_feeds(self._store.kept_by_feeds())

    def round(self) -> None:
        """Do a bit of what is to be done. Raises StoreError: the next round begins again."""
        if self._sweep is None:
            if time.monotonic() < self._next_at:
                return
            self._sweep, self._removed = sweep(self._store, self.policy(), self._clock), 0
        until = time.monotonic() + _ROUND_S
        try:
            for removed in self._sweep:
                self._removed += removed
                if time.monotonic() > until:
                    return
        except ServiceError:
            self._sweep = None
            raise
        self._end()

    def _end(self) -> None:
        self._sweep = None
        self._next_at = time.monotonic() + _REST_S
        if self._removed:
            log.info("retention_done", documents=self._removed)


class Housekeeping:
    """What goes by its age alone, now and then: raw copies, changes, polls, keys of stories."""

    def __init__(
        self,
        store: CareStore,
        retiring: Retiring,
        clock: Clock,
        *,
        change_days: int,
        poll_count: int,
        quarantine_days: int = FOREVER,
        first_s: float = 10.0,
    ) -> None:
        self._store = store
        self._retiring = retiring
        self._clock = clock
        self._change_days = change_days
        self._poll_count = poll_count
        self._quarantine_days = quarantine_days
        self._next_at = time.monotonic() + first_s

    def round(self) -> None:
        """Do it, if it is time. Raises StoreError: it is tried again at its next time."""
        if time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + _HOUSEKEEPING_S
        policy = self._retiring.policy()
        removed = self._store.expire(
            self._clock.now(),
            raw_days=policy.raw_of(None),
            change_days=self._change_days,
            poll_count=self._poll_count,
            quarantine_days=self._quarantine_days,
            raw_days_of={each: policy.raw_of(each) for each in policy.feeds},
        )
        log.info("housekeeping_done", **removed)
