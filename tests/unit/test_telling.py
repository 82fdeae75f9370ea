"""The keeper tells documents, whatever one of them does to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pipeline.model import Document, StoryTraits, Tagging
from pipeline.ports.stories import Neighbours, StoryStore, Telling, Untold, Wanted
from pipeline.settings import shipped_config_dir
from workers.dedupe.story_rules import load_story_rules
from workers.dedupe.telling import Teller

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
RULES = load_story_rules(shipped_config_dir())


class Clock:
    def now(self) -> datetime:
        return NOON


@dataclass
class MemoryStories(StoryStore):
    """Stories in memory; no document has neighbours."""

    waiting: list[Untold]
    #: asking for the neighbours of this document fails
    poison: int = 0
    told: dict[int, StoryTraits] = field(default_factory=dict)
    unread: int = 0
    aside: list[int] = field(default_factory=list)

    def untold(self, limit: int, *, now: datetime, lease: timedelta) -> Sequence[Untold]:
        return [each for each in self.waiting if each.seq not in self.told][:limit]

    def untold_among(self, entry_ids: Sequence[int]) -> int:
        return len([each for each in self.waiting if each.seq not in self.told])

    def last_traits(self, limit: int) -> Iterator[StoryTraits]:
        return iter(list(self.told.values())[-limit:])

    def neighbours(self, wanted: Sequence[Wanted], *, window: timedelta, limit: int) -> Neighbours:
        if any(each.seq == self.poison for each in wanted):
            raise ValueError("an odd document")
        return Neighbours(stories={}, near={}, ties={})

    def tell(self, telling: Telling, now: datetime) -> bool:
        self.told |= {seq: traits for seq, (_, traits, _) in telling.members.items()}
        self.unread += telling.unread
        self.aside += telling.members if telling.set_aside else ()
        return True


def _untold(seq: int, text: str | None = "A strong quake struck Strelsau.") -> Untold:
    id_ = f"{seq:032}"
    document = Document(
        id=id_,
        uri=id_,
        content_hash=id_,
        provider="wire",
        format="text",
        lead=text or "",
        body_text=text or "",
        language="en",
    )
    return Untold(
        seq=seq,
        document_id=id_,
        item_id=seq,
        published_at=NOON,
        document=None if text is None else document,
        tagging=Tagging(),
    )


def test_all_that_waits_is_told() -> None:
    store = MemoryStories([_untold(n) for n in range(1, 120)])
    Teller(store, RULES, Clock()).round()
    assert len(store.told) == 119
    assert store.unread == 0


def test_a_document_that_cannot_be_read_is_counted_and_keeps_no_other_waiting() -> None:
    store = MemoryStories([_untold(1), _untold(2, None), _untold(3)])
    Teller(store, RULES, Clock()).round()
    assert store.told.keys() == {1, 2, 3}
    assert store.told[2] == StoryTraits(language="")
    assert store.told[3].words
    assert store.unread == 1


def test_a_document_that_makes_telling_fail_is_told_alone() -> None:
    store = MemoryStories([_untold(1), _untold(2), _untold(3)], poison=2)
    Teller(store, RULES, Clock()).round()
    assert store.told.keys() == {1, 2, 3}
    assert store.told[2] == StoryTraits(language="")
    assert store.told[1].words
    assert store.unread == 1


def test_a_document_that_nobody_came_back_from_is_set_aside_unread() -> None:
    poison = replace(_untold(1), attempts=4)
    store = MemoryStories([poison], poison=1)
    Teller(store, RULES, Clock(), max_attempts=3).round()
    assert store.aside == [1]
    assert store.told == {1: StoryTraits(language="")}


def test_a_document_that_is_tried_once_more_is_read() -> None:
    store = MemoryStories([replace(_untold(1), attempts=3)])
    Teller(store, RULES, Clock(), max_attempts=3).round()
    assert store.aside == []
    assert store.told[1].words
