"""Whose turn it is: the schedule of all feeds in memory, fair between rate-limit groups. Pure: time comes in.

A cache of what the store says is due, for which no feed needs a task: one number in a heap each. A feed that
is due joins the line of its group; a group gives one feed at a time, no more at once than its limit, spaced;
and groups take turns. So a server that is slow, or has a thousand feeds, keeps no other one waiting.
"""

from array import array
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from math import ceil

from pipeline.groups import GroupRules

#: so many feeds of a group that were told to come less often within so long hold the whole group
HOLD_FEEDS = 3
HOLD_WITHIN_S = 600.0

#: a heap's number is due time and feed in one: milliseconds above, place below
_PLACES = 1 << 24
_NEVER = -1


@dataclass(slots=True)
class _Group:
    """What is remembered of a group while it matters."""

    waiting: deque[int] = field(default_factory=deque)
    #: those of them that go first
    urgent: list[int] = field(default_factory=list)
    running: int = 0
    #: when it may be asked again
    free_at: float = 0.0
    #: is in the heap of groups
    listed: bool = False
    #: feeds that were limited of late, and when
    limited: dict[str, float] = field(default_factory=dict)

    def has_next(self) -> bool:
        """Say whether a feed is in line."""
        return bool(self.waiting or self.urgent)

    def next(self) -> int:
        """Take the first feed out of the line."""
        return self.urgent.pop(0) if self.urgent else self.waiting.popleft()


class Turns:
    """The schedule. Times are seconds, of any clock that is always the same one.

    Args:
        rules: Limits of a group.
        group_of: Names the group of a feed by its id. Asked when it is due: a name kept for each of 100,000
            feeds would double what the schedule takes.
        is_urgent: Says which feeds go first in their group.
    """

    def __init__(
        self,
        rules: GroupRules,
        group_of: Callable[[str], str],
        is_urgent: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._rules = rules
        self._group_of = group_of
        self._is_urgent = is_urgent
        self._ids: Sequence[str] = ()
        self._places: dict[str, int] = {}
        #: in milliseconds; _NEVER: it is not waited for
        self._due = array("q")
        self._heap: list[int] = []
        self._groups: dict[str, _Group] = {}
        self._ready: list[tuple[float, str]] = []
        #: groups with urgent feeds in line
        self._pressing: set[str] = set()

    def load(self, due: Mapping[str, float]) -> None:
        """Take over when each feed is due; those not named are waited for no more. Running ones go on."""
        self._ids = tuple(due)
        self._places = {name: place for place, name in enumerate(self._ids)}
        self._due = array("q", map(_millis, due.values()))
        self._heap = [at * _PLACES + place for place, at in enumerate(self._due)]
        heapify(self._heap)
        for group in self._groups.values():
            group.waiting.clear()
            group.urgent.clear()

    def set_back(self) -> None:
        """Take over that the clock was set back: what was noted of groups by it holds nobody up any more."""
        for group in self._groups.values():
            group.free_at = 0.0
            group.limited.clear()
        self._ready = sorted((0.0, name) for _, name in self._ready)

    def put(self, feed_id: str, due: float) -> None:
        """Say when a feed is due next."""
        place = self._places.get(feed_id)
        if place is not None:
            self._due[place] = _millis(due)
            heappush(self._heap, self._due[place] * _PLACES + place)

    def sooner(self, feed_id: str, due: float) -> None:
        """Say that a feed may be due sooner than was known. One that is in line or running stays as it is."""
        place = self._places.get(feed_id)
        if place is not None and self._due[place] > _millis(due):
            self.put(feed_id, due)

    def take(self, now: float, room: int, *, urgent_only: bool = False) -> list[str]:
        """Give the feeds whose turn it is; each counts as running until `ended`, and is due no more.

        Args:
            now: The time.
            room: How many at most.
            urgent_only: The others stay in line.
        """
        self._line_up(now)
        if urgent_only:
            return self._take_urgent(now, room)
        taken: list[str] = []
        while self._ready and len(taken) < room and self._ready[0][0] <= now:
            _, name = heappop(self._ready)
            group = self._groups[name]
            group.listed = False
            if group.has_next() and self._may_begin(name, group, now):
                taken.append(self._begin(name, group, now))
            self._list(name, group)
        return taken

    def _take_urgent(self, now: float, room: int) -> list[str]:
        """Look at the groups that have urgent feeds in line alone: all others may be ready, and many."""
        taken: list[str] = []
        for name in tuple(self._pressing):
            group = self._groups.get(name)
            while group and group.urgent and len(taken) < room and self._may_begin(name, group, now):
                taken.append(self._begin(name, group, now))
            if not group or not group.urgent:
                self._pressing.discard(name)
        return taken

    def _may_begin(self, name: str, group: _Group, now: float) -> bool:
        return group.running < self._rules.begun_of(name) and group.free_at <= now

    def _begin(self, name: str, group: _Group, now: float) -> str:
        group.running += 1
        group.free_at = now + self._rules.spacing_of(name)
        return self._ids[group.next()]

    def ended(self, group_name: str, now: float) -> None:
        """Note that a poll of a group has ended."""
        group = self._groups.get(group_name)
        if group is None:
            return
        group.running = max(0, group.running - 1)
        if group.has_next():
            self._list(group_name, group)
        elif not (group.running or group.listed or group.limited) and group.free_at <= now:
            del self._groups[group_name]

    def limited(self, feed_id: str, group_name: str, now: float, wait_s: float) -> bool:
        """Note that a feed was told to come less often; says whether its whole group now waits."""
        group = self._groups.setdefault(group_name, _Group())
        group.limited[feed_id] = now
        group.limited = {one: at for one, at in group.limited.items() if now - at <= HOLD_WITHIN_S}
        if len(group.limited) < HOLD_FEEDS:
            return False
        group.free_at = max(group.free_at, now + wait_s)
        return True

    def next_at(self) -> float | None:
        """Say when there is something to take at the earliest; None: nothing is waited for."""
        due = self._heap[0] // _PLACES / 1000 if self._heap else None
        ready = self._ready[0][0] if self._ready else None
        return min((at for at in (due, ready) if at is not None), default=None)

    def tidy(self, now: float) -> None:
        """Forget groups that have nothing to remember any more."""
        for name in [name for name, group in self._groups.items() if _is_idle(group, now)]:
            del self._groups[name]

    def _line_up(self, now: float) -> None:
        """Put what is due into the lines of its groups."""
        limit = (int(now * 1000 + 0.0005) + 1) * _PLACES
        touched: set[str] = set()
        while self._heap and self._heap[0] < limit:
            due, place = divmod(heappop(self._heap), _PLACES)
            if self._due[place] != due:
                continue  # it has been put anew since
            self._due[place] = _NEVER
            feed_id = self._ids[place]
            name = self._group_of(feed_id)
            group = self._groups.setdefault(name, _Group())
            if self._is_urgent(feed_id):
                group.urgent.append(place)
                self._pressing.add(name)
            else:
                group.waiting.append(place)
            touched.add(name)
        for name in touched:
            self._list(name, self._groups[name])

    def _list(self, name: str, group: _Group) -> None:
        """Let a group take part when it may give the next feed."""
        if group.has_next() and not group.listed and group.running < self._rules.begun_of(name):
            group.listed = True
            heappush(self._ready, (group.free_at, name))


def _millis(at: float) -> int:
    """Round up: what is asked for before it is due is not given, and then is late."""
    return ceil(at * 1000 - 0.0005)


def _is_idle(group: _Group, now: float) -> bool:
    recent = any(now - at <= HOLD_WITHIN_S for at in group.limited.values())
    return not (group.has_next() or group.running or group.listed or recent) and group.free_at <= now
