"""What a chain of versions comes to: their order, what may be used, which is current. Pure.

All of it follows from the set of versions, never from the order in which they came (docs/versions.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from pipeline.identity import is_text_uri
from pipeline.model import Document, PubStatus, Signal


class Standing(StrEnum):
    """What may be done with a version, but for its embargo."""

    USABLE = "usable"
    #: a kill that names nothing we know: people have to see it
    ADVISORY = "advisory"
    WITHHELD = "withheld"
    #: it is a kill
    CANCELED = "canceled"
    #: a kill took it back
    KILLED = "killed"


#: what may be shown
SHOWN = (Standing.USABLE, Standing.ADVISORY)

#: place in the chain where neither revision nor time tells
_STAGES: Mapping[Signal | None, int] = {
    Signal.ALERT: 0,
    None: 1,
    Signal.EMBARGO: 1,
    Signal.ADVISORY: 1,
    Signal.UPDATE: 2,
    Signal.WRITETHRU: 3,
    Signal.REFILE: 4,
    Signal.CORRECTION: 5,
    Signal.KILL: 5,
}
_WITHHELD = 6
#: versions of this stage, or a later one, may take others back
TAKES_BACK = _WITHHELD
#: a kill without a sender's id, with a text of its own
_NOTICE = 8
_KILL = 9

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Version(NamedTuple):
    """One version, as far as its chain is concerned."""

    seq: int
    id: str
    revision_rank: int
    version_created: datetime | None
    stage: int
    content_hash: str
    #: None: it may be used at once
    embargoed: datetime | None
    erased: bool


class Chain(NamedTuple):
    """What a chain comes to at a time."""

    standings: Mapping[int, Standing]
    #: newest version that may be shown now
    current: int | None
    #: newer one whose embargo ends first, and when
    following: int | None
    following_at: datetime | None


def stage_of(document: Document) -> int:
    """Say what a version is in the life of its story, as a number that orders a chain."""
    if document.pub_status is PubStatus.CANCELED:
        return _NOTICE if document.body_text and is_text_uri(document.uri) else _KILL
    if document.pub_status is PubStatus.WITHHELD and document.embargoed is None:
        return _WITHHELD
    return _STAGES[document.signal]


def in_order(versions: Iterable[Version]) -> list[Version]:
    """Order versions, oldest first: sender's revision, its time, stage, content; the id settles the rest."""
    return sorted(versions, key=_place)


def chain_of(
    versions: Iterable[Version], now: datetime, *, kills: Sequence[Version] = (), killing: bool = False
) -> Chain:
    """Say what may be done with each version, and which is current.

    A kill takes back all that is not newer than itself: whatever comes later takes nothing back from it, but
    may be used. What the newest version withholds is withheld as a whole. An erased version says no more what
    is current, and still takes back what it took back.

    Args:
        versions: All that there are of the item.
        now: Aware UTC.
        kills: Those of other items that take this one back, without their revisions.
        killing: One of its kills takes back another item.
    """
    ordered = in_order(versions)
    if not ordered:
        return Chain(standings={}, current=None, following=None, following_at=None)
    kills = [*(each for each in ordered if each.stage >= _NOTICE), *kills]
    alone = not killing and all(each.stage == _NOTICE for each in ordered)
    withheld = ordered[-1].stage == _WITHHELD
    standings = {each.seq: _standing(each, kills, alone=alone, withheld=withheld) for each in ordered}
    shown = [each for each in ordered if standings[each.seq] in SHOWN and not each.erased]
    open_ = [number for number, each in enumerate(shown) if each.embargoed is None or each.embargoed <= now]
    newest = open_[-1] if open_ else -1
    waiting = [each for each in shown[newest + 1 :] if each.embargoed]
    following = min(waiting, key=lambda each: (each.embargoed or now, _place(each)), default=None)
    return Chain(
        standings=standings,
        current=shown[newest].seq if open_ else None,
        following=following.seq if following else None,
        following_at=following.embargoed if following else None,
    )


def taken_back_by(one: Version, versions: Sequence[Version]) -> Version | None:
    """Find the kill that takes a version back: the first that it is not newer than."""
    kills = (each for each in in_order(versions) if each.stage >= _NOTICE)
    return next((kill for kill in kills if not _is_newer(one, kill)), None)


def _standing(one: Version, kills: Sequence[Version], *, alone: bool, withheld: bool) -> Standing:
    if one.stage >= _NOTICE:
        return Standing.ADVISORY if alone else Standing.CANCELED
    if any(not _is_newer(one, kill) for kill in kills):
        return Standing.KILLED
    return Standing.WITHHELD if withheld or one.stage == _WITHHELD else Standing.USABLE


def _is_newer(one: Version, kill: Version) -> bool:
    """Say whether a version surely came after a kill; in doubt it did not."""
    if one.revision_rank >= 0 and kill.revision_rank >= 0 and one.revision_rank != kill.revision_rank:
        return one.revision_rank > kill.revision_rank
    if one.version_created is not None and kill.version_created is not None:
        return one.version_created > kill.version_created
    return False


def _place(version: Version) -> tuple[int, datetime, int, str, str]:
    created = version.version_created or _LONG_AGO
    return (version.revision_rank, created, version.stage, version.content_hash, version.id)
