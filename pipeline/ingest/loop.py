"""The ingest loop: claim feeds that are due, poll each, put it back into the schedule.

One poll is in poll.py. The event loop only waits.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from pipeline.errors import Reason, ServiceError
from pipeline.groups import GroupRules
from pipeline.ingest.lines import Claimed, Lines
from pipeline.ingest.poll import LEASE, IngestEdge, ask_feed, brings_nothing, keep, read_deliveries, say
from pipeline.logs import get_logger
from pipeline.membership import ANNOUNCE_S, Membership
from pipeline.model import Feed, FeedState, QueueName, SourceKind
from pipeline.ports.feeds import Poll, TakenIn
from pipeline.schedule import farthest_poll
from pipeline.turns import Turns

log = get_logger(__name__)

T = TypeVar("T")

#: polls under way for each connection: while some wait for the disk, others use the line
POLLS_PER_CONNECTION = 4
#: the loop looks for due feeds at least this often
_LOOK_S = 1.0
#: what falls due within so long is claimed in one transaction, unless so many have been asked meanwhile
_TOGETHER_S = 0.02
_MANY = 64
#: how often the schedule is compared with the store: commands and other fetchers change feeds too
_COMPARE_S = 20.0
#: a feed whose claim was lost is looked at again
_SOON = timedelta(seconds=1)
#: what is more overdue than this at the start fell due while nobody polled; so many of it are polled a second
_LATE = timedelta(minutes=1)
_CAUGHT_UP_PER_S = 20
#: feeds that are taken over or looked up in one step, so that polls need not wait for 100,000 of them
_PIECE = 500
_USUAL = GroupRules()
#: how long a stop waits for polls under way
_FINISH_S = 5.0
#: between two lines that say that feeds wait
_SAY_AGAIN_S = 30.0


def _pieces(whole: Sequence[T]) -> Iterator[Sequence[T]]:
    return (whole[start : start + _PIECE] for start in range(0, len(whole), _PIECE))


class IngestLoop:
    """Claims what is due and polls it, as long as the rest of the pipeline keeps up.

    What is due when stands in memory (pipeline.turns), as a cache of what the store says: no feed has a task
    while it waits, and only the store's claim decides who polls.

    Args:
        edge: The ports.
        owner: Name of this fetcher in claims.
        most_polls: Polls under way at once.
        high_water: Open entries above which feeds wait, but for urgent ones: they are their own buffer.
        groups: Which feeds share limits, and which.
        lease: How long a poll may hold its claim.
        heartbeat_s: Between two heartbeat items; 0: none.
        host: Name of this machine; sources that name others are left to them.
    """

    def __init__(
        self,
        edge: IngestEdge,
        *,
        owner: str,
        most_polls: int,
        high_water: int,
        groups: GroupRules = _USUAL,
        lease: timedelta = LEASE,
        heartbeat_s: float = 0,
        host: str = "",
    ) -> None:
        self._edge = edge
        self._feeds: dict[str, Feed] = {}
        self._wished: Sequence[Feed] | None = None
        #: of the wishes that are being taken over, those that are not yet
        self._left: Iterator[Sequence[Feed]] = iter(())
        self._is_first = True
        self._owner = owner
        self._most_polls = most_polls
        self._high_water = high_water
        self._groups = groups
        self._lease = lease
        self._turns = Turns(
            groups,
            lambda feed_id: groups.of_feed(self._feeds[feed_id]),
            lambda feed_id: self._feeds[feed_id].priority > 0,
        )
        self._polls: set[asyncio.Task[None]] = set()
        self._lines = Lines(groups.at_once)
        #: directories of which a poll could not be written, each with the epoch of its claim
        self._unwritten: dict[str, int] = {}
        #: how many were asked since the last look at what is due
        self._asked = 0
        self._stopping = False
        self._wake, self._hurry = asyncio.Event(), asyncio.Event()
        self._said_at = self._looked_at = self._compared_at = float("-inf")
        #: the clock that feeds are polled by, less the one that only ever goes on
        self._apart_s = float("-inf")
        self._is_flooded = self._is_stale = self._is_chatty = False
        self._heartbeat_s = heartbeat_s
        self._beat_at = float("-inf")
        announce_s = ANNOUNCE_S * (lease / LEASE)
        self._membership = Membership(
            edge.store, edge.writer.call, edge.clock, owner=owner, host=host, announce_s=announce_s
        )
        #: who shared the feeds when the schedule was taken from the store
        self._company: Sequence[tuple[str, str]] = ()

    def change(self, feeds: Sequence[Feed]) -> None:
        """Take over what the configuration wishes; polls under way go on with what was wished before.

        Until the first wishes come nothing is polled.
        """
        self._wished = feeds
        self._left = _pieces(feeds)
        self._wake.set()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when the polls under way have ended."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Poll until stopped. A service that does not work is waited for."""
        while not self._stopping:
            self._wake.clear()
            self._hurry.clear()
            self._asked = 0
            pause_s = _LOOK_S
            try:
                await self._round()
                pause_s = self._pause_s()
            except ServiceError as error:
                log.error("ingest_waits", cause=str(error))
                self._is_stale = True  # what was taken from the schedule for this claim is due still
            await self._pause(pause_s)
        if self._polls:
            _, late = await asyncio.wait(self._polls, timeout=_FINISH_S)
            self._lines.leave()
            for task in late:
                task.cancel()  # nothing was stored of it: it is polled again
        if self._edge.full_text:
            await self._edge.full_text.close()
        await self._membership.leave()
        await self._edge.writer.close()

    async def _round(self) -> None:
        """Claim and start what is due, as far as there is room."""
        self._is_chatty = log.is_enabled_for(logging.DEBUG)
        if self._wished is not None:
            await self._take_over(self._wished)
        elif not await self._membership.stay():
            self.change(self._membership.feeds)
        await self._let_go()
        if self._is_stale or self._company != self._membership.company:
            await self._load()
        elif time.monotonic() - self._compared_at > _COMPARE_S:
            await self._compare()
        if self._heartbeat_s and time.monotonic() - self._beat_at >= self._heartbeat_s:
            await self._beat()
        room = self._room()
        if room <= 0:
            return
        # Kills and alerts are worth most when much is waiting, and go before it.
        urgent_only = await self._flooded()
        now = self._edge.clock.now()
        if turn := self._turns.take(now.timestamp(), room, urgent_only=urgent_only):
            await self._claim(turn, now)

    async def _claim(self, turn: Sequence[str], now: datetime) -> None:
        """Poll those of these feeds that are ours to poll; when the others are due, the store knows."""
        writer, store = self._edge.writer, self._edge.store
        try:
            claimed = await writer.call(store.claim_due, now, len(turn), self._owner, self._lease, turn)
        except ServiceError:
            self._give_up(turn, now)
            raise
        for state in claimed:
            feed = self._feeds[state.feed_id]
            group = self._groups.of_feed(feed)
            self._lines.add(group, (feed, state, now + self._lease))
            self._go_on(group)
        lost = set(turn) - {state.feed_id for state in claimed}
        self._give_up(lost, now)
        if lost:
            due = await writer.call(store.due_at, tuple(lost))
            for feed_id, at in due.items():
                # Where both clocks and claims race, once a second is soon enough.
                self._turns.put(feed_id, max(at, now + _SOON).timestamp())

    def _give_up(self, turn: Iterable[str], now: datetime) -> None:
        for feed_id in turn:
            self._turns.ended(self._groups.of_feed(self._feeds[feed_id]), now.timestamp())

    async def _beat(self) -> None:
        """Send the heartbeat item on the way of all items."""
        self._beat_at = time.monotonic()
        edge, now = self._edge, self._edge.clock.now()
        sending = await edge.sender.ready(QueueName.WIRE)
        ref = await edge.writer.call(edge.store.beat, now, sending=sending)
        if ref is not None and sending:
            await edge.sender.send([ref])

    async def _flooded(self) -> bool:
        """Say whether the workers are so far behind that feeds have to wait; as of a second ago."""
        if time.monotonic() - self._looked_at < _LOOK_S:
            return self._is_flooded
        open_entries = await self._edge.writer.call(self._edge.store.backlog, QueueName.WIRE)
        self._looked_at = time.monotonic()
        self._is_flooded = open_entries > self._high_water
        if self._is_flooded and time.monotonic() - self._said_at > _SAY_AGAIN_S:
            self._said_at = time.monotonic()
            log.warning("feeds_wait", open_entries=open_entries, high_water=self._high_water)
        return self._is_flooded

    async def _take_over(self, feeds: Sequence[Feed]) -> None:
        """Take over a piece of what is wished, so that polls go on; all of it at first, as there are none."""
        writer, store = self._edge.writer, self._edge.store
        await self._membership.go_by(feeds)
        while self._wished is feeds and (whole := next(self._left, None)) is not None:
            piece = [feed for feed in whole if self._membership.is_ours(feed)]
            try:
                await writer.call(store.change_feeds, piece, self._edge.clock.now())
            except ServiceError:
                self._left = _pieces(feeds)
                raise
            self._feeds.update((feed.id, feed) for feed in piece)
            if not self._is_first:
                return
        if self._wished is not feeds:  # it has changed again meanwhile
            return
        await self._membership.retire()
        if self._wished is feeds:
            self._wished = None
        self._feeds = {feed.id: feed for feed in feeds if self._membership.is_ours(feed)}
        log.info(
            "feeds_loaded",
            feeds=len(feeds),
            enabled=sum(feed.enabled for feed in feeds),
            elsewhere=len(feeds) - len(self._feeds),
        )
        if self._is_first:
            self._is_first = False
            await self._catch_up()
        await self._load()

    async def _catch_up(self) -> None:
        """Spread what fell due while nobody polled, so that a restart is no burst.

        So is what a clock that was ahead has put off for longer than any feed waits: it would be silent.
        """
        now = self._edge.clock.now()
        self._apart_s = now.timestamp() - time.monotonic()
        due = await self._edge.writer.call(self._edge.store.due_at)
        late = sorted(
            (at, feed_id)
            for feed_id, at in due.items()
            if (feed := self._feeds.get(feed_id)) and not -_LATE <= at - now <= farthest_poll(feed)
        )
        if late:
            step = timedelta(seconds=1 / _CAUGHT_UP_PER_S)
            spread = {feed_id: now + step * place for place, (_, feed_id) in enumerate(late)}
            await self._edge.writer.call(self._edge.store.put_off, spread)
            log.info("feeds_overdue", feeds=len(late), spread_over_s=round(len(late) / _CAUGHT_UP_PER_S))

    async def _load(self) -> None:
        """Take the schedule of the feeds that this fetcher leads from the store."""
        due: dict[str, datetime] = {}
        membership, group_of = self._membership, self._groups.of_feed
        self._company = membership.company
        for piece in _pieces(tuple(self._feeds.values())):
            led = [feed.id for feed in piece if membership.leads(feed, group_of(feed))]
            due.update(await self._edge.writer.call(self._edge.store.due_at, led))
        self._turns.load({feed_id: at.timestamp() for feed_id, at in due.items()})
        self._is_stale = False

    async def _compare(self) -> None:
        """Take over what is due soon by the store and was not known here."""
        now = self._edge.clock.now()
        if now.timestamp() - time.monotonic() < self._apart_s - _LATE.total_seconds():
            # The clock was ahead, and was put right.
            self._turns.set_back()
            await self._catch_up()
            self._is_stale = True
        soon = now + timedelta(seconds=_COMPARE_S)
        due = await self._edge.writer.call(self._edge.store.due_at, before=soon)
        for feed_id, at in due.items():
            self._turns.sooner(feed_id, at.timestamp())
        self._turns.tidy(now.timestamp())
        self._compared_at = time.monotonic()

    def _go_on(self, group: str) -> None:
        """Begin with the next one in line."""
        if (claimed := self._next(group)) is not None:
            task = asyncio.create_task(self._poll_line(group, claimed))
            self._polls.add(task)
            task.add_done_callback(partial(self._ended, group))

    def _next(self, group: str) -> Claimed | None:
        """Take the next one out of the line, if its server may be asked now."""
        while (claimed := self._lines.next(group)) is not None:
            feed, _, until = claimed
            if self._edge.clock.now() < until:
                return claimed
            # It waited so long that others may poll it now.
            self._has_asked(group)
            self._put_back(feed.id, None)
        return None

    async def _poll_line(self, group: str, claimed: Claimed | None) -> None:
        """Poll a source, and after it what is in line: a task for each would cost as much as a claim."""
        while claimed is not None:
            feed, state, _ = claimed
            claimed = await self._poll(group, feed, state)

    async def _poll(self, group: str, feed: Feed, state: FeedState) -> Claimed | None:
        """Poll a source once; what brought nothing is written in company, and nobody waits for it.

        Returns:
            What is to be polled next, unless others do that.
        """
        ask = ask_feed if feed.kind is SourceKind.HTTP else partial(read_deliveries, lease=self._lease)
        after: FeedState | None = None
        is_handed_in = False
        try:
            try:
                poll = await ask(feed, state, self._edge)
            finally:
                self._has_asked(group)
            if poll is not None and brings_nothing(poll):
                self._edge.writer.hand_in(poll, self._noted)
                is_handed_in = True
                return self._next(group)
            # Its server may be asked for the next feed while this one is written.
            self._go_on(group)
            if poll is not None:
                self._heed(poll, group)
                after = await keep(feed, poll, self._edge)
        except ServiceError as error:
            self._not_written(feed.id, state.epoch, error)
        finally:
            if not is_handed_in:
                self._put_back(feed.id, after)
        return None

    def _has_asked(self, group: str) -> None:
        """Note that a server has answered, or has failed to."""
        self._turns.ended(group, self._edge.clock.now().timestamp())
        self._lines.asked(group)
        self._asked += 1
        self._wake.set()
        if self._asked == _MANY:
            self._hurry.set()

    def _noted(self, poll: Poll, outcome: TakenIn | BaseException) -> None:
        """Take note of what came of a poll that nobody waited for."""
        if isinstance(outcome, BaseException):
            self._put_back(poll.feed_id, None)
            self._not_written(poll.feed_id, poll.epoch, outcome)
            return
        if self._is_chatty:
            say(poll, outcome)
        self._put_back(poll.feed_id, poll.state if outcome.accepted else None)

    def _not_written(self, feed_id: str, epoch: int | None, error: BaseException) -> None:
        """Say so; a server is not asked again before its claim has run out, but a directory minds nothing."""
        log.error("poll_not_stored", feed=feed_id, cause=str(error))
        feed = self._feeds.get(feed_id)
        if feed is not None and feed.kind is SourceKind.DIRECTORY and epoch is not None:
            self._unwritten[feed_id] = epoch

    async def _let_go(self) -> None:
        """Let go of what could not be written, as soon as anything can be, and look at it again."""
        if not self._unwritten:
            return
        at = self._edge.clock.now() + _SOON
        await self._edge.writer.call(self._edge.store.let_go, claimed := dict(self._unwritten), at)
        for feed_id in claimed:
            del self._unwritten[feed_id]
            self._turns.sooner(feed_id, at.timestamp())

    def _put_back(self, feed_id: str, after: FeedState | None) -> None:
        """Put a feed back into the schedule; where nothing was written its claim runs out first."""
        if after is not None and after.stopped_at is None:
            due = after.next_poll_at
        else:
            due = self._edge.clock.now() + self._lease
        self._turns.put(feed_id, due.timestamp())

    def _heed(self, poll: Poll, group: str) -> None:
        """Let a whole group wait when several of its feeds were told to come less often."""
        if poll.state is None or poll.reason is not Reason.RATE_LIMITED:
            return
        now = self._edge.clock.now()
        wait = (poll.state.learned.not_before or now) - now
        if self._turns.limited(poll.feed_id, group, now.timestamp(), wait.total_seconds()):
            log.warning("group_waits", group=group, wait_s=round(wait.total_seconds()))

    def _ended(self, group: str, task: asyncio.Task[None]) -> None:
        """Let go of a poll; what nobody foresaw is logged, and its feed is polled again later."""
        self._polls.discard(task)
        self._wake.set()
        self._go_on(group)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("poll_failed", exc_info=error)

    def _room(self) -> int:
        """Say how many polls may begin: those that wait to be asked count, and those that are written."""
        return self._most_polls - max(self._lines.begun, len(self._polls))

    def _pause_s(self) -> float:
        """Say how long nothing can be due, if no poll ends meanwhile."""
        if self._wished is not None:
            return 0.0
        next_at = self._turns.next_at()
        if next_at is None or self._room() <= 0 or self._is_flooded:
            return _LOOK_S
        return min(max(next_at - self._edge.clock.now().timestamp(), 0.0), _LOOK_S)

    async def _pause(self, most_s: float) -> None:
        """Sleep until something may be due; a moment always: what is due together is claimed together."""
        began = time.monotonic()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), most_s)
        left_s = _TOGETHER_S - (time.monotonic() - began)
        if left_s > 0 and not self._stopping:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), left_s)
