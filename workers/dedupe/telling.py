"""Stories are told in a second step, after documents are stored: read, decide, write. The wire does not wait.

The keeper of each host does a round every now and then. Two hosts do not hinder each other: whoever comes
second with a document writes nothing and looks again. What a crash interrupts is done in the next round.
"""

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import product

from pipeline.errors import Reason
from pipeline.identity import digest
from pipeline.logs import get_logger
from pipeline.model import Relation, StoryTraits
from pipeline.ports.outside import Clock
from pipeline.ports.stories import (
    MOST_STORY_KEYS,
    Neighbours,
    StoryMember,
    StoryPlace,
    StoryStore,
    Telling,
    Untold,
    Wanted,
)
from workers.dedupe.likeness import Compared, evidence_of
from workers.dedupe.stories import WINDOW, Board
from workers.dedupe.story_rules import StoryRules
from workers.dedupe.traits import REMEMBERED, Seen, read_traits, weigh

log = get_logger(__name__)

#: stories a document is compared with, besides those of its copies and versions
STORIES = 6
#: documents told at once, and in one round
_BATCH = 50
_ROUND_S = 1.0
#: a keeper that says nothing for so long has died; one that is only slow loses what it does
_LEASE = timedelta(seconds=10)
#: what a fault of ours raises on an odd text; services that are away are another thing
_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
#: same-story links of a document, to the likest
_LINKS = 3
#: traits of each kind by which documents are found, in all MOST_STORY_KEYS: each kind of event goes with each
#: place and day
_NAMES, _NUMBERS, _WORDS, _KINDS, _PLACES, _DAYS = 8, 3, 5, 4, 2, 1


class Teller:
    """What the keeper does for stories, and what it remembers of what was seen.

    Args:
        store: Holds documents and stories.
        rules: What words mean.
        clock: Says what time it is.
        max_attempts: Of which nobody came back: a document is then told without being read.
    """

    def __init__(self, store: StoryStore, rules: StoryRules, clock: Clock, *, max_attempts: int = 3) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock
        self._max_attempts = max_attempts
        self._seen: Seen | None = None

    def round(self) -> int:
        """Tell documents for about a second, or all there are.

        Returns:
            How many were taken to be told.

        Raises:
            ServiceError: The store is not usable now; the next round does it.
        """
        taken = 0
        until = time.monotonic() + _ROUND_S
        while time.monotonic() < until and (untold := self._take()):
            began = time.monotonic()
            if self._tell_each(untold):
                log.info("stories_told", documents=len(untold), duration_s=round(time.monotonic() - began, 4))
            taken += len(untold)
        return taken

    def _take(self) -> Sequence[Untold]:
        return self._store.untold(_BATCH, now=self._clock.now(), lease=_LEASE)

    def _tell_each(self, untold: Sequence[Untold]) -> bool:
        """Tell documents; one that fails is told alone, as a story of its own, and keeps no other waiting."""
        first = untold[0]
        if first.attempts > self._max_attempts:  # such a one comes alone
            log.error("story_set_aside", document_id=first.document_id, attempts=first.attempts)
            return self._store.tell(replace(told_alone(first), set_aside=Reason.CRASHED), self._clock.now())
        try:
            return self._tell(untold)
        except _FAULTS as error:
            if len(untold) > 1:
                each_told = [self._tell_each([each]) for each in untold]
                return all(each_told)
            log.exception("story_not_told", document_id=untold[0].document_id, cause=repr(error))
            return self._store.tell(told_alone(untold[0]), self._clock.now())

    def _member(self, untold: Untold, seen: Seen) -> StoryMember | None:
        """Read a document; None, and it is said, where it cannot be read."""
        try:
            return member_of(untold, self._rules, seen)
        except _FAULTS as error:
            log.exception("story_unread", document_id=untold.document_id, cause=repr(error))
            return None

    def _tell(self, untold: Sequence[Untold]) -> bool:
        began = time.monotonic()
        if self._seen is None:
            self._seen = remember(self._store.last_traits(REMEMBERED))
        seen = self._seen
        read = [(each, self._member(each, seen)) for each in untold]
        fresh = [member or unread(each) for each, member in read]
        wanted = [
            Wanted(
                seq=each.seq,
                document_id=each.document_id,
                item_id=each.item_id,
                published_at=each.published_at,
                keys=keys_of(each.traits, each.published_at),
            )
            for each in fresh
        ]
        found = self._store.neighbours(wanted, window=WINDOW, limit=STORIES)
        keys = {each.seq: each.keys for each in wanted}
        unread_count = sum(member is None for _, member in read)
        spent = timedelta(seconds=time.monotonic() - began)
        telling = replace(decide(fresh, keys, found), unread=unread_count, spent=spent)
        return self._store.tell(telling, self._clock.now())


def remember(traits: Iterable[StoryTraits]) -> Seen:
    """Count what was seen in documents that were told before."""
    seen = Seen()
    for each in traits:
        seen.add(each.language, channels_of(each))
    return seen


def channels_of(traits: StoryTraits) -> Mapping[str, Mapping[str, float]]:
    """Give the traits of a document by their kinds, as `Seen` counts them."""
    return {
        "words": traits.words,
        "names": traits.names,
        "numbers": traits.numbers,
        "kinds": traits.kinds,
        "places": traits.places,
    }


def member_of(untold: Untold, rules: StoryRules, seen: Seen) -> StoryMember:
    """Read and weigh what a document is about. Raises ValueError where its text is not readable."""
    if untold.document is None:
        raise ValueError("what is stored of it cannot be read")
    return StoryMember(
        seq=untold.seq,
        document_id=untold.document_id,
        item_id=untold.item_id,
        published_at=untold.published_at,
        traits=weigh(read_traits(untold.document, untold.tagging, rules, untold.published_at), seen),
    )


def unread(untold: Untold) -> StoryMember:
    """Make what others may know of a document that cannot be read: it has its copies and versions."""
    return StoryMember(
        seq=untold.seq,
        document_id=untold.document_id,
        item_id=untold.item_id,
        published_at=untold.published_at,
        traits=StoryTraits(language=""),
    )


def told_alone(untold: Untold) -> Telling:
    """Give a document a story of its own, whatever others say."""
    member = unread(untold)
    story = digest("story", untold.document_id)
    place = StoryPlace(seq=untold.seq, document_id=untold.document_id, story_id=story)
    return Telling(told=[place], members={untold.seq: (untold.published_at, member.traits, ())}, unread=1)


def keys_of(traits: StoryTraits, published_at: datetime) -> tuple[int, ...]:
    """Hash the traits by which documents of the same event are found: the rarest, kinds with places and days.

    Places alone do not do: what the gazetteer takes a small town for differs with the language.
    """
    kinds, places = _rarest(traits.kinds, _KINDS), _rarest(traits.places, _PLACES)
    today = published_at.date().isoformat()
    days = sorted((day for day in traits.days if len(day) == len(today) and day <= today), reverse=True)[
        :_DAYS
    ]
    keys = (
        *(f"name {name}" for name in _rarest(traits.names, _NAMES)),
        *(f"number {number}" for number in _rarest(traits.numbers, _NUMBERS) if len(number) > 1),
        *(f"word {traits.language} {word}" for word in _rarest(traits.words, _WORDS)),
        *(f"kind {kind} {other}" for kind, other in product(kinds, (*places, *days))),
    )
    return tuple(map(_hash, keys[:MOST_STORY_KEYS]))


def decide(fresh: Sequence[StoryMember], keys: Mapping[int, tuple[int, ...]], found: Neighbours) -> Telling:
    """Decide which stories new documents belong to, and what becomes of the stories they touch. Pure.

    Args:
        fresh: Documents without a story.
        keys: Document's number → by what it is found.
        found: The stories they may belong to.
    """
    stories = {
        story: [_compared(each) for each in members if each.seq not in found.again]
        for story, members in found.stories.items()
    }
    board = Board(stories={story: members for story, members in stories.items() if members}, ties=found.ties)
    before = {each.seq: story for story, members in stories.items() for each in members}
    before.update(found.again)
    begun: defaultdict[int, set[int]] = defaultdict(set)
    for each in sorted(fresh, key=lambda one: (one.published_at, one.document_id)):
        beside = {other for key in keys[each.seq] for other in begun[key]}
        board.tell(_compared(each), [*found.near.get(each.seq, ()), *board.stories_of(beside)])
        for key in keys[each.seq]:
            begun[key].add(each.seq)
    after = {each.seq: (each, story) for story, members in board.stories.items() for each in members}
    members = {each.seq: (each.published_at, each.traits, keys[each.seq]) for each in fresh}
    moved = {seq for seq, (_, story) in after.items() if before.get(seq, story) != story}
    places = {seq: _place(board, *after[seq]) for seq in after if seq in members or seq in moved}
    return Telling(
        told=[places[each.seq] for each in fresh],
        members=members,
        moved=[place for seq, place in places.items() if seq in moved],
        merged=_merged(before, {seq: story for seq, (_, story) in after.items()}),
        split=_split(before, {seq: story for seq, (_, story) in after.items()}),
    )


def _merged(before: Mapping[int, str], after: Mapping[int, str]) -> dict[str, str]:
    """Find the stories that are gone, and where most of each went."""
    merged = {}
    for gone in sorted(set(before.values()) - set(after.values())):
        into = [after[seq] for seq, story in before.items() if story == gone]
        merged[gone] = max(sorted(set(into)), key=into.count)
    return merged


def _split(before: Mapping[int, str], after: Mapping[int, str]) -> int:
    """Count the stories that are told on beside a new one that has some of their documents."""
    old, kept = set(before.values()), set(after.values())
    return len({story for seq, story in before.items() if story in kept and after[seq] not in old | {story}})


def _place(board: Board, document: Compared, story: str) -> StoryPlace:
    links = tuple(
        Relation(
            kind="same-story",
            id=other.document_id,
            score=round(1 / (1 + math.exp(-value)), 3),
            evidence=evidence_of(document, other),
        )
        for value, other in board.likest(document, story, _LINKS)
    )
    return StoryPlace(seq=document.seq, document_id=document.document_id, story_id=story, relations=links)


def _compared(member: StoryMember) -> Compared:
    return Compared.of(
        member.document_id, member.seq, member.published_at.timestamp(), member.item_id, member.traits
    )


def _rarest(traits: Mapping[str, float], count: int) -> list[str]:
    return sorted(traits, key=lambda trait: (-traits[trait], trait))[:count]


def _hash(key: str) -> int:
    """Hash to 63 bits: what a signed column of a database holds."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) >> 1
