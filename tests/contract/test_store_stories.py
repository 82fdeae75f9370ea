"""Stories in the store: told once, merged for good, shown as their documents may be."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from pipeline.errors import QueryError, Reason
from pipeline.model import PubStatus, Relation, StoryTraits
from pipeline.ports.copies import Link
from pipeline.ports.reading import Query
from pipeline.ports.store import Store
from pipeline.ports.stories import StoryPlace, Telling, Untold, Wanted
from pipeline.retention import Policy
from store_builders import DAY, HOUR, NOON, document, save

WEEK = timedelta(days=7)
LATER = NOON + HOUR


def _tell(store: Store, untold: Untold, story: str, *keys: int, **fields: object) -> bool:
    place = StoryPlace(seq=untold.seq, document_id=untold.document_id, story_id=story)
    members = {untold.seq: (untold.published_at, StoryTraits(language="en"), keys)}
    return store.tell(Telling(told=[place], members=members, **fields), LATER)  # type: ignore[arg-type]


def _wanted(untold: Untold, *keys: int) -> Wanted:
    return Wanted(
        seq=untold.seq,
        document_id=untold.document_id,
        item_id=untold.item_id,
        published_at=untold.published_at,
        keys=keys,
    )


def _take(store: Store, now: datetime = LATER) -> Sequence[Untold]:
    return store.untold(10, now=now, lease=HOUR)


def _stored(store: Store, *names: str) -> list[Untold]:
    save(store, *(document(name, f"The {name} is back in the harbour.") for name in names))
    return list(_take(store))


def test_a_stored_document_waits_to_be_told_and_then_has_its_story(store: Store) -> None:
    (ferry,) = _stored(store, "ferry")
    assert _tell(store, ferry, "a" * 32)
    assert not _take(store)
    found = store.document(ferry.document_id, now=LATER)
    assert found is not None
    assert found.story_id == "a" * 32


def test_who_comes_second_writes_nothing(store: Store) -> None:
    (ferry,) = _stored(store, "ferry")
    assert _tell(store, ferry, "a" * 32)
    assert not _tell(store, ferry, "b" * 32)
    assert store.story("b" * 32, now=LATER) is None


def test_neighbours_share_a_key_within_the_window(store: Store) -> None:
    ferry, train = _stored(store, "ferry", "train")
    _tell(store, ferry, "a" * 32, 1, 2)
    near = store.neighbours([_wanted(train, 2, 3)], window=WEEK, limit=5)
    assert near.near[train.seq] == ["a" * 32]
    assert [each.seq for each in near.stories["a" * 32]] == [ferry.seq]
    assert store.neighbours([_wanted(train, 3)], window=WEEK, limit=5).near[train.seq] == []


def test_versions_and_copies_are_bound(store: Store) -> None:
    first = document("ferry", "The ferry is back.")
    second = document("ferry", "The ferry is back, the port says.", revision="2")
    save(store, first)
    save(store, second)
    one, two = _take(store)
    near = store.neighbours([_wanted(two)], window=WEEK, limit=5)
    assert near.ties[two.seq] == {one.seq}


def test_a_merged_story_leads_to_its_successor(store: Store) -> None:
    ferry, train, boat = _stored(store, "ferry", "train", "boat")
    _tell(store, ferry, "a" * 32)
    _tell(store, train, "b" * 32)
    moved = StoryPlace(seq=train.seq, document_id=train.document_id, story_id="a" * 32)
    before = store.last_change()
    _tell(store, boat, "a" * 32, moved=[moved], merged={"b" * 32: "a" * 32})
    found = store.story("b" * 32, now=LATER)
    assert found is not None
    assert (found.id, found.count) == ("a" * 32, 3)
    assert len(store.search(Query(fields={"story": ("b" * 32,)}), now=LATER)) == 3
    assert [(each.kind, each.document_id) for each in store.changes(before)] == [("story", train.document_id)]


def test_links_are_stored_with_their_evidence(store: Store) -> None:
    ferry, train = _stored(store, "ferry", "train")
    _tell(store, ferry, "a" * 32)
    link = Relation(kind="same-story", id=ferry.document_id, score=0.9)
    place = StoryPlace(seq=train.seq, document_id=train.document_id, story_id="a" * 32, relations=(link,))
    members = {train.seq: (train.published_at, StoryTraits(language="en"), ())}
    store.tell(Telling(told=[place], members=members), LATER)
    found = store.document(ferry.document_id, now=LATER)
    assert found is not None
    assert [(each.kind, each.id) for each in found.relations] == [("same-story", train.document_id)]


def test_a_document_that_goes_while_others_are_told_is_linked_to_nothing(store: Store) -> None:
    ferry, train, boat = _stored(store, "ferry", "train", "boat")
    _tell(store, ferry, "a" * 32)
    links = tuple(Relation(kind="same-story", id=each.document_id, score=0.9) for each in (ferry, boat))
    place = StoryPlace(seq=train.seq, document_id=train.document_id, story_id="a" * 32, relations=links)
    members = {train.seq: (train.published_at, StoryTraits(language="en"), ())}
    assert store.remove_past([ferry.item_id], Policy(document_days=1), NOON + 2 * DAY) == 1
    assert store.tell(Telling(told=[place], members=members), LATER)
    assert store.check() == []
    found = store.document(train.document_id, now=LATER)
    assert found is not None
    assert [each.id for each in found.relations] == [boat.document_id]


def test_what_may_not_be_shown_is_not_in_its_story(store: Store) -> None:
    ferry, train = _stored(store, "ferry", "train")
    _tell(store, ferry, "a" * 32)
    _tell(store, train, "a" * 32)
    save(store, document("train", "Kill the train.", revision="2", pub_status=PubStatus.CANCELED))
    store.erase(ferry.document_id, reason="asked for", now=LATER)
    assert store.story("a" * 32, now=LATER) is None
    assert not store.stories(Query(), now=LATER)


def test_a_story_shows_only_what_is_not_under_embargo(store: Store) -> None:
    save(store, document("ferry"), document("train", embargoed=NOON + DAY))
    for each in _take(store):
        _tell(store, each, "a" * 32)
    found = store.story("a" * 32, now=LATER)
    assert found is not None
    assert (found.count, [each.document.guid for each in found.documents]) == (1, ["ferry"])


def test_an_erased_document_leaves_nothing_to_be_found_by(store: Store) -> None:
    ferry, train = _stored(store, "ferry", "train")
    _tell(store, ferry, "a" * 32, 7)
    store.erase(ferry.document_id, reason="asked for", now=LATER)
    assert not store.neighbours([_wanted(train, 7)], window=WEEK, limit=5).near[train.seq]
    assert not list(store.last_traits(10))


def test_stories_are_listed_newest_or_biggest_first_and_by_query(store: Store) -> None:
    save(store, *(document(name, f"The {name} is back.") for name in ("ferry", "boat")))
    save(store, document("train", "The train is late.", published=NOON + HOUR))
    ferry, boat, train = _take(store)
    for each, story in ((ferry, "a" * 32), (boat, "a" * 32), (train, "b" * 32)):
        _tell(store, each, story)
    newest = store.stories(Query(), now=NOON + 2 * HOUR)
    biggest = store.stories(Query(), now=NOON + 2 * HOUR, biggest=True)
    assert [each.id[0] for each in newest] == ["b", "a"]
    assert [(each.id[0], each.count) for each in biggest] == [("a", 2), ("b", 1)]
    assert [each.id[0] for each in store.stories(Query(all_of=(("late",),)), now=LATER)] == ["b"]


def test_neighbours_that_share_what_few_have_come_first(store: Store) -> None:
    ferry, train, boat, tram = _stored(store, "ferry", "train", "boat", "tram")
    _tell(store, ferry, "a" * 32, 1, 2)
    _tell(store, train, "b" * 32, 3)
    _tell(store, boat, "c" * 32, 1, 2)
    near = store.neighbours([_wanted(tram, 1, 3)], window=WEEK, limit=2).near[tram.seq]
    assert near[0] == "b" * 32
    assert len(near) == 2


def test_a_copy_that_is_linked_later_is_told_again_where_the_stories_differ(store: Store) -> None:
    ferry, train, boat = _stored(store, "ferry", "train", "boat")
    _tell(store, ferry, "a" * 32, 1)
    _tell(store, train, "b" * 32, 2)
    _tell(store, boat, "a" * 32, 1)
    copy = Relation(kind="same-copy", id=ferry.document_id, score=0.9)
    store.link([Link(document_id=boat.document_id, relation=copy)], [], now=LATER)
    assert not _take(store)
    store.link([Link(document_id=train.document_id, relation=copy)], [], now=LATER)
    (again,) = _take(store)
    assert again.seq == train.seq
    found = store.document(train.document_id, now=LATER)
    assert found is not None
    assert found.story_id == "b" * 32
    near = store.neighbours([_wanted(again, 2)], window=WEEK, limit=5)
    assert near.again == {train.seq: "b" * 32}
    assert set(near.near[train.seq]) == {"a" * 32, "b" * 32}


def test_a_document_told_again_is_found_by_its_new_story(store: Store) -> None:
    ferry, train = _stored(store, "ferry", "train")
    _tell(store, ferry, "a" * 32, 1)
    _tell(store, train, "b" * 32, 2)
    copy = Relation(kind="same-copy", id=ferry.document_id, score=0.9)
    store.link([Link(document_id=train.document_id, relation=copy)], [], now=LATER)
    before = store.last_change()
    moved = StoryPlace(seq=train.seq, document_id=train.document_id, story_id="a" * 32)
    assert _tell(store, train, "a" * 32, 2, moved=[moved], merged={"b" * 32: "a" * 32})
    assert not _take(store)
    found = store.story("b" * 32, now=LATER)
    assert found is not None
    assert (found.id, found.count) == ("a" * 32, 2)
    assert [(each.kind, each.document_id) for each in store.changes(before)] == [("story", train.document_id)]


def test_keys_that_find_nothing_any_more_go(store: Store) -> None:
    save(store, document("ferry"), document("old", published=NOON - 300 * DAY))
    ferry, old = _take(store)
    _tell(store, ferry, "a" * 32, 1)
    _tell(store, old, "b" * 32, 1)
    keep = {"raw_days": 30, "change_days": 30, "poll_count": 10, "story_days": 15}
    # What came today may find more of its own time that comes today, however old it is.
    assert store.expire(NOON + 14 * DAY, **keep)["story_key"] == 0
    assert store.neighbours([_wanted(ferry, 1)], window=WEEK, limit=5).near[ferry.seq] == ["a" * 32]
    assert store.expire(NOON + 16 * DAY, **keep)["story_key"] == 2
    assert store.expire(NOON + 16 * DAY, **keep)["story_key"] == 0
    (train,) = _stored(store, "train")
    assert store.neighbours([_wanted(train, 1)], window=WEEK, limit=5).near[train.seq] == []
    found = store.story("a" * 32, now=NOON + 16 * DAY)
    assert found is not None
    assert found.count == 1


def test_keys_of_what_is_dated_later_stay(store: Store) -> None:
    save(store, document("ferry", published=NOON + 10 * DAY))
    (ferry,) = _take(store)
    _tell(store, ferry, "a" * 32, 1)
    keep = {"raw_days": 30, "change_days": 30, "poll_count": 10, "story_days": 15}
    assert store.expire(NOON + 16 * DAY, **keep)["story_key"] == 0
    assert store.expire(NOON + 26 * DAY, **keep)["story_key"] == 1


def test_documents_that_could_not_be_read_are_counted(store: Store) -> None:
    (ferry,) = _stored(store, "ferry")
    _tell(store, ferry, "a" * 32, unread=1)
    assert store.snapshot(LATER).counters[("stories_unread", "")] == 1


def test_what_somebody_is_telling_is_left_to_him_until_his_lease_ends(store: Store) -> None:
    _stored(store, "ferry")
    assert not _take(store)
    (again,) = _take(store, LATER + HOUR)
    assert again.attempts == 2


def test_what_was_tried_before_comes_alone_and_after_what_was_not(store: Store) -> None:
    ferry, train = _stored(store, "ferry", "train")
    (boat,) = _stored(store, "boat")
    later = LATER + 2 * HOUR
    save(store, document("tram", "The tram is late."))
    assert [each.attempts for each in _take(store, later)] == [1]
    alone = [_take(store, later) for _ in range(3)]
    assert [[each.seq for each in some] for some in alone] == [[ferry.seq], [train.seq], [boat.seq]]
    assert not _take(store, later)


def test_attempts_are_forgotten_once_it_is_told_and_kept_where_it_is_set_aside(store: Store) -> None:
    ferry, train = _stored(store, "ferry", "train")
    _tell(store, ferry, "a" * 32)
    _tell(store, train, "b" * 32, set_aside=Reason.CRASHED)
    copy = Relation(kind="same-copy", id=ferry.document_id, score=0.9)
    store.link([Link(document_id=train.document_id, relation=copy)], [], now=LATER)
    (again,) = _take(store, LATER + HOUR)
    assert (again.seq, again.attempts) == (train.seq, 2)
    assert store.snapshot(LATER).counters["stories_set_aside", "crashed"] == 1


def test_what_became_of_stories_is_counted(store: Store) -> None:
    ferry, train = _stored(store, "ferry", "train")
    _tell(store, ferry, "a" * 32, spent=timedelta(milliseconds=7))
    moved = StoryPlace(seq=ferry.seq, document_id=ferry.document_id, story_id="b" * 32)
    _tell(store, train, "b" * 32, moved=[moved], merged={"a" * 32: "b" * 32}, split=1)
    counters = store.snapshot(LATER).counters
    assert {label: counters["stories", label] for label in ("told", "moved", "merged", "split")} == {
        "told": 2,
        "moved": 1,
        "merged": 1,
        "split": 1,
    }
    assert counters["busy_ms", "stories"] == 7


def test_a_story_shows_a_version_from_the_end_of_its_embargo_on_though_nobody_kept_house(
    store: Store,
) -> None:
    save(store, document("ferry", "First.", revision="1"))
    save(store, document("ferry", "Held.", revision="2", embargoed=NOON + DAY))
    for each in _take(store):
        _tell(store, each, "a" * 32)
    for now, text in ((NOON, "First."), (NOON + DAY, "Held.")):
        found = store.story("a" * 32, now=now)
        assert found is not None
        assert [each.document.body_text for each in found.documents] == [text]
        assert store.stories(Query(all_of=((text.strip(".").lower(),),)), now=now) == [found]


def test_documents_are_found_by_the_beginning_of_their_story(store: Store) -> None:
    ferry, train = _stored(store, "ferry", "train")
    _tell(store, ferry, "ab" * 16)
    _tell(store, train, "abababab" + "c" * 24)

    def found(beginning: str) -> list[str]:
        query = Query(fields={"story": (beginning,)})
        return [each.document.id for each in store.search(query, now=LATER)]

    assert found("ababababa") == [ferry.document_id]
    assert found("abababad") == []
    excluded = Query(not_fields={"story": ("ababababc",)})
    assert [each.document.id for each in store.stream(excluded, now=LATER)] == [ferry.document_id]
    for read in (store.search, store.stories, lambda *a, **b: list(store.stream(*a, **b))):
        with pytest.raises(QueryError, match="begins several stories"):
            read(Query(fields={"story": ("abababab",)}), now=LATER)
