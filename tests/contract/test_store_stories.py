"""Stories in the store: told once, merged for good, shown as their documents may be."""

from datetime import timedelta

from contract.store_builders import HOUR, NOON, document, save
from pipeline.model import PubStatus, Relation, StoryTraits
from pipeline.ports import Place, Query, Store, Telling, Untold, Wanted

WEEK = timedelta(days=7)
LATER = NOON + HOUR


def _tell(store: Store, untold: Untold, story: str, *keys: int, **fields: object) -> bool:
    place = Place(seq=untold.seq, document_id=untold.document.id, story_id=story)
    members = {untold.seq: (untold.published_at, StoryTraits(language="en"), keys)}
    return store.tell(Telling(told=[place], members=members, **fields), LATER)  # type: ignore[arg-type]


def _wanted(untold: Untold, *keys: int) -> Wanted:
    return Wanted(
        seq=untold.seq,
        document_id=untold.document.id,
        item_id=untold.item_id,
        published_at=untold.published_at,
        keys=keys,
    )


def _stored(store: Store, *names: str) -> list[Untold]:
    save(store, *(document(name, f"The {name} is back in the harbour.") for name in names))
    return list(store.untold(10))


def test_a_stored_document_waits_to_be_told_and_then_has_its_story(store: Store) -> None:
    (ferry,) = _stored(store, "ferry")
    assert _tell(store, ferry, "a" * 32)
    assert not store.untold(10)
    found = store.document(ferry.document.id, now=LATER)
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
    one, two = store.untold(10)
    near = store.neighbours([_wanted(two)], window=WEEK, limit=5)
    assert near.ties[two.seq] == {one.seq}


def test_a_merged_story_leads_to_its_successor(store: Store) -> None:
    ferry, train, boat = _stored(store, "ferry", "train", "boat")
    _tell(store, ferry, "a" * 32)
    _tell(store, train, "b" * 32)
    moved = Place(seq=train.seq, document_id=train.document.id, story_id="a" * 32)
    before = store.last_change()
    _tell(store, boat, "a" * 32, moved=[moved], merged={"b" * 32: "a" * 32})
    found = store.story("b" * 32, now=LATER)
    assert found is not None
    assert (found.id, found.count) == ("a" * 32, 3)
    assert len(store.search(Query(fields={"story": ("b" * 32,)}), now=LATER)) == 3
    assert [(each.kind, each.document_id) for each in store.changes(before)] == [("story", train.document.id)]


def test_links_are_stored_with_their_evidence(store: Store) -> None:
    ferry, train = _stored(store, "ferry", "train")
    _tell(store, ferry, "a" * 32)
    link = Relation(kind="same-story", id=ferry.document.id, score=0.9)
    place = Place(seq=train.seq, document_id=train.document.id, story_id="a" * 32, relations=(link,))
    members = {train.seq: (train.published_at, StoryTraits(language="en"), ())}
    store.tell(Telling(told=[place], members=members), LATER)
    found = store.document(ferry.document.id, now=LATER)
    assert found is not None
    assert [(each.kind, each.id) for each in found.relations] == [("same-story", train.document.id)]


def test_what_may_not_be_shown_is_not_in_its_story(store: Store) -> None:
    ferry, train = _stored(store, "ferry", "train")
    _tell(store, ferry, "a" * 32)
    _tell(store, train, "a" * 32)
    save(store, document("train", "Kill the train.", revision="2", pub_status=PubStatus.CANCELED))
    store.erase(ferry.document.id, reason="asked for", now=LATER)
    assert store.story("a" * 32, now=LATER) is None
    assert not store.stories(Query(), now=LATER)


def test_an_erased_document_leaves_nothing_to_be_found_by(store: Store) -> None:
    ferry, train = _stored(store, "ferry", "train")
    _tell(store, ferry, "a" * 32, 7)
    store.erase(ferry.document.id, reason="asked for", now=LATER)
    assert not store.neighbours([_wanted(train, 7)], window=WEEK, limit=5).near[train.seq]
    assert not list(store.last_traits(10))


def test_stories_are_listed_newest_or_biggest_first_and_by_query(store: Store) -> None:
    save(store, *(document(name, f"The {name} is back.") for name in ("ferry", "boat")))
    save(store, document("train", "The train is late.", published=NOON + HOUR))
    ferry, boat, train = store.untold(10)
    for each, story in ((ferry, "a" * 32), (boat, "a" * 32), (train, "b" * 32)):
        _tell(store, each, story)
    newest = store.stories(Query(), now=NOON + 2 * HOUR)
    biggest = store.stories(Query(), now=NOON + 2 * HOUR, biggest=True)
    assert [each.id[0] for each in newest] == ["b", "a"]
    assert [(each.id[0], each.count) for each in biggest] == [("a", 2), ("b", 1)]
    assert [each.id[0] for each in store.stories(Query(all_of=(("late",),)), now=LATER)] == ["b"]
