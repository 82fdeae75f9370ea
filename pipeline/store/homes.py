"""Which chain a document belongs to where its own name does not tell. Pure.

A wire text without a sender's id is named by slug and day. Its later versions may be dated the day after, and
a kill of it may come under another slug. Where such a document belongs follows from the set of all that have
the slug, never from the order in which they came.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

#: days after a story within which a kill of it may come
_KILL_DAYS = 2


class Named(NamedTuple):
    """A document, by what it finds its chain."""

    seq: int
    #: the item that it names itself
    own: int
    #: that item's key
    key: str
    #: key of the item it would be, had it begun the day before; None: its sender's id names it
    before: str | None
    #: number of the day
    day: int
    later: bool
    kill: bool


def homes(family: Sequence[Named]) -> Mapping[int, int]:
    """Find the item of each document of one provider with one slug.

    A day whose texts all say that they are not the first of their story goes on with the day before, where
    there is one. A kill belongs to the item of its own name, else to the only one of the last days.
    """
    stories = [each for each in family if not each.kill]
    home = _home_of_items(stories)
    found = {each.seq: home[each.own] for each in stories}
    for kill in family:
        if kill.kill:
            found[kill.seq] = home[kill.own] if kill.own in home else _killed(kill, stories, home)
    return found


def _home_of_items(stories: Sequence[Named]) -> Mapping[int, int]:
    """Find where each item's chain begins."""
    by_key = {each.key: each.own for each in stories if each.before is not None}
    begun = {each.own for each in stories if each.before is None or not each.later}
    home: dict[int, int] = {}
    for each in sorted(stories, key=lambda each: each.day):
        earlier = by_key.get(each.before or "")
        goes_on = each.own not in begun and earlier is not None
        home[each.own] = home[earlier] if goes_on and earlier in home else each.own
    return home


def _killed(kill: Named, stories: Sequence[Named], home: Mapping[int, int]) -> int:
    """Give the one item that a kill can mean; its own where there is none, or several."""
    near = {home[each.own] for each in stories if 0 <= kill.day - each.day <= _KILL_DAYS}
    return near.pop() if len(near) == 1 else kill.own
