"""Contract of chains: versions, kills, embargoes and slugs come to one state, in any order of arrival."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count, pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from new_database import new_store
from pipeline.identity import digest, document_id, item_key
from pipeline.model import Document, PubStatus, Signal
from pipeline.ports.reading import Query
from pipeline.ports.store import Store
from pipeline.publish.tail import NEW
from pipeline.retention import Policy
from pipeline.store.search import parse_query
from store_builders import DAY, HOUR, MINUTE, NOON, document, save
from workers.normalise.identify import Said, identify

KILL = PubStatus.CANCELED
_numbers = count()


def _kill(**fields) -> Document:
    return document(text=fields.pop("text", ""), pub_status=KILL, signal=Signal.KILL, **fields)


def _wire(
    slug: str | None,
    text: str,
    day: str = "2026-05-01",
    *,
    provider: str = "Harbour Press",
    signal: Signal | None = None,
    created: datetime | None = None,
    canceled: bool = False,
    headline: str | None = None,
) -> Document:
    """Make a document as a telegraph format gives it: without a sender's id."""
    status = KILL if canceled else PubStatus.USABLE
    said = Said(
        service=None,
        day=day,
        slugline=slug,
        headline=headline,
        body_text=text,
        signal=signal,
        canceled=canceled,
    )
    named = identify(provider, None, said)
    made = document(
        f"{slug} {day}", text, provider=provider, signal=signal, version_created=created, pub_status=status
    )
    return _renamed(
        replace(made, guid=None, slugline=slug, headline=headline, slugged=named.slugged), named.uri
    )


def _renamed(made: Document, uri: str) -> Document:
    return replace(made, uri=uri, id=document_id(uri, made.content_hash, made.revision))


def _texts(store: Store, query: str = "", *, now: datetime = NOON, **options) -> list[str]:
    found = store.search(parse_query(query, NOON), now=now, **options)
    return sorted(each.document.body_text for each in found)


def _notes(store: Store, kind: str = NEW) -> list[str]:
    return [each.document_id for each in store.changes(0, 1_000) if each.kind == kind]


def _standings(store: Store, of: Document, now: datetime = NOON) -> list[str]:
    return [each.standing for each in store.audit(of.id, now=now)]


# --- kills ---


def test_a_kill_is_told_of_in_the_change_log_and_kept_for_audit(store: Store) -> None:
    first, second = document(text="One.", revision="1"), document(text="Two.", revision="2")
    kill = _kill(revision="3", text="Kill it.")
    save(store, first, second)
    save(store, kill)
    assert sorted(_notes(store, "killed")) == sorted([first.id, second.id])
    assert _notes(store) == [first.id, second.id]
    audited = store.audit(first.id, now=NOON)
    assert [each.standing for each in audited] == ["killed", "killed", "canceled"]
    assert [each.taken_back_by for each in audited] == [kill.id, kill.id, None]
    assert audited[0].stored is not None
    assert audited[0].stored.document == first


def test_a_kill_without_text_that_comes_first_keeps_the_item_from_being_shown(store: Store) -> None:
    kill, late = _kill(revision="2"), document(text="Late.", revision="1")
    save(store, kill)
    save(store, late)
    assert (_texts(store), _notes(store)) == ([], [])
    # Who follows may have the item from before retention took it here.
    assert [(each.kind, each.document_id, each.uri) for each in store.changes(0)] == [
        ("killed", kill.id, kill.uri)
    ]
    assert store.document(late.id, now=NOON) is None
    assert _standings(store, late) == ["killed", "canceled"]


def test_a_kill_that_says_neither_revision_nor_time_takes_everything_back(store: Store) -> None:
    save(store, document(text="One.", revision="7", version_created=NOON), _kill())
    assert _texts(store, all_versions=True) == []


def test_a_newer_usable_version_may_be_used_again_but_not_what_was_killed(store: Store) -> None:
    first, again = document(text="Wrong.", revision="1"), document(text="Right.", revision="3")
    save(store, first)
    save(store, _kill(revision="2"))
    save(store, again)
    assert _texts(store, all_versions=True) == ["Right."]
    assert _standings(store, first) == ["killed", "canceled", "usable"]
    assert _notes(store) == [first.id, again.id]


def test_a_kill_that_comes_after_the_version_that_follows_it_takes_back_only_what_is_older(
    store: Store,
) -> None:
    save(store, document(text="Wrong.", revision="1"), document(text="Right.", revision="3"))
    save(store, _kill(revision="2"))
    assert _texts(store, all_versions=True) == ["Right."]


def test_an_erased_kill_still_takes_back(store: Store) -> None:
    kill = _kill(revision="2", text="Kill it.")
    save(store, document(text="Wrong.", revision="1"), kill)
    store.erase(kill.id, reason="court order", now=NOON)
    assert _texts(store, all_versions=True) == []
    assert store.audit(kill.id, now=NOON)[1].erase_reason == "court order"


def test_a_kill_of_another_provider_touches_nothing(store: Store) -> None:
    save(store, document(text="Ours."))
    save(store, _kill(provider="Somebody Else", revision="9"))
    assert _texts(store) == ["Ours."]


def test_a_kill_among_the_versions_of_one_batch_is_told_of_by_nothing(store: Store) -> None:
    save(store, document(text="One.", revision="1"), _kill(revision="2"))
    assert (_notes(store), _texts(store)) == ([], [])


# --- withheld and embargoed ---


def test_what_is_withheld_takes_the_item_back_until_a_usable_version_comes(store: Store) -> None:
    first = document(text="One.", revision="1")
    save(store, first)
    save(store, document(text="Wait.", revision="2", pub_status=PubStatus.WITHHELD))
    assert (_texts(store), _notes(store, "withheld")) == ([], [first.id])
    save(store, document(text="Three.", revision="3"))
    assert _texts(store) == ["Three."]
    assert _notes(store, "released") == [first.id]


def test_an_embargo_is_noted_as_new_when_it_ends_and_once(store: Store) -> None:
    held = document(embargoed=NOON + HOUR)
    save(store, held)
    assert (_notes(store), store.release_due(NOON + HOUR - MINUTE)) == ([], 0)
    assert store.release_due(NOON + HOUR) == 1
    assert store.release_due(NOON + HOUR) == 0
    assert store.release_due(NOON + 2 * HOUR) == 0
    (change,) = store.changes(0)
    assert (change.kind, change.document_id, change.at) == (NEW, held.id, NOON + HOUR)


def test_a_version_under_embargo_does_not_take_back_the_one_before_it(store: Store) -> None:
    save(store, document(text="Old.", revision="1"))
    save(store, document(text="New.", revision="2", embargoed=NOON + HOUR))
    for release in (False, True):
        if release:
            store.release_due(NOON + HOUR)
        assert _texts(store, now=NOON) == (["Old."] if not release else [])
        assert _texts(store, now=NOON + HOUR) == ["New."]


def test_a_withheld_version_with_a_time_is_under_embargo_until_then(store: Store) -> None:
    save(store, document(text="Wait.", pub_status=PubStatus.WITHHELD, embargoed=NOON + HOUR))
    assert (_texts(store), _texts(store, now=NOON + HOUR)) == ([], ["Wait."])
    assert store.release_due(NOON + HOUR) == 1
    assert len(_notes(store)) == 1


def test_a_kill_or_a_newer_version_during_an_embargo_is_respected(store: Store) -> None:
    killed = document("killed", "Secret.", revision="1", embargoed=NOON + HOUR)
    passed = document("passed", "Draft.", revision="1", embargoed=NOON + HOUR)
    save(store, killed, passed)
    save(store, _kill(guid="killed", revision="2"), document("passed", "Final.", revision="2"))
    assert store.release_due(NOON + HOUR) == 0
    assert _texts(store, now=NOON + HOUR) == ["Final."]
    assert _notes(store) == [document("passed", "Final.", revision="2").id]
    assert _notes(store, "killed") == []


def test_embargoes_of_one_item_end_one_after_the_other(store: Store) -> None:
    two = document(text="Two.", revision="2", embargoed=NOON + HOUR)
    three = document(text="Three.", revision="3", embargoed=NOON + 2 * HOUR)
    save(store, document(text="One.", revision="1"), two, three)
    assert [_texts(store, now=NOON + n * HOUR) for n in range(2)] == [["One."], ["Two."]]
    store.release_due(NOON + HOUR)
    assert [_texts(store, now=NOON + n * HOUR) for n in (1, 2)] == [["Two."], ["Three."]]
    store.release_due(NOON + 2 * HOUR)
    assert _notes(store)[1:] == [two.id, three.id]


def test_an_embargo_that_ended_before_the_keeper_looked_is_noted_by_the_next_write(store: Store) -> None:
    held = document(text="Held.", revision="2", embargoed=NOON + HOUR)
    save(store, held)
    save(store, document(text="Old.", revision="1"), now=NOON + 2 * HOUR)
    assert sorted(_notes(store)) == sorted([held.id, document(text="Old.", revision="1").id])
    assert store.release_due(NOON + 3 * HOUR) == 0
    assert len(_notes(store)) == 2


# --- without a sender's id ---


def test_leads_of_a_slug_are_versions_though_dated_the_day_after(store: Store) -> None:
    first = _wire("PORT-FIRE", "A fire burns.", created=NOON)
    lead = _wire("PORT-FIRE 1st Ld-Writethru", "Fire is out.", signal=Signal.WRITETHRU, created=NOON + HOUR)
    next_day = _wire(
        "PORT-FIRE, 2nd Ld",
        "Fire out, two held.",
        "2026-05-02",
        signal=Signal.UPDATE,
        created=NOON + 14 * HOUR,
    )
    for version in (next_day, lead, first):
        save(store, version)
    assert _texts(store) == ["Fire out, two held."]
    chain = store.versions(first.uri, now=NOON)
    assert [each.document.body_text for each in chain] == [
        "A fire burns.",
        "Fire is out.",
        "Fire out, two held.",
    ]
    assert {each.document.uri for each in chain} == {first.uri}
    assert [each.id for each in chain[1].relations if each.kind == "version-of"] == [
        chain[0].document.id,
        chain[2].document.id,
    ]


def test_the_same_slug_is_another_story_when_a_day_begins_anew(store: Store) -> None:
    save(store, _wire("STOCKS", "Up.", "2026-05-02", signal=Signal.UPDATE))
    save(store, _wire("STOCKS", "Down.", "2026-05-01"))
    assert _texts(store) == ["Up."]
    save(store, _wire("STOCKS", "Open.", "2026-05-02"))
    assert _texts(store) == ["Down.", "Up."]


def test_a_kill_finds_the_one_story_of_its_slug(store: Store) -> None:
    story = _wire("PORT-FIRE", "A fire burns.")
    notice = _wire(
        "BULLETIN KILL", "Kill the story slugged PORT-FIRE, sent at 1430.", "2026-05-02", canceled=True
    )
    save(store, notice)
    assert _texts(store) == [notice.body_text], "nobody knows the story yet: people must see the notice"
    assert _standings(store, notice) == ["advisory"]
    save(store, story)
    assert _texts(store) == []
    assert _standings(store, story) == ["killed", "canceled"]
    assert _standings(store, notice) == ["killed", "canceled"]


def test_a_kill_that_may_mean_two_stories_is_shown_and_takes_back_neither(store: Store) -> None:
    save(store, _wire("PORT-FIRE", "A fire burns."), _wire("PORT-FIRE", "Fire again.", "2026-05-02"))
    notice = _wire("KILL", "Kill slug PORT-FIRE.", "2026-05-02", canceled=True)
    save(store, notice)
    assert _texts(store) == ["A fire burns.", "Fire again.", notice.body_text]


def test_a_kill_by_slug_finds_an_item_that_has_a_senders_id(store: Store) -> None:
    said = Said(
        service=None,
        day="2026-05-01",
        slugline="PORT-FIRE",
        headline=None,
        body_text="x",
        signal=None,
        canceled=False,
    )
    named = identify("Harbour Press", "id-7", said)
    save(store, replace(document("id-7", "A fire burns."), slugged=named.slugged))
    save(store, _wire("PORT-FIRE", "Kill this story.", canceled=True))
    assert _texts(store) == []


# --- by other names ---


def _named(made: Document, *names: str) -> Document:
    return replace(made, names=tuple(digest("name", each) for each in names))


def test_a_kill_finds_an_item_by_another_name(store: Store) -> None:
    story = _named(document("a", "Wrong."), "hpa0123")
    kill = _named(_wire(None, "Kill hpa0123.", canceled=True), "hpa0123")
    save(store, story)
    save(store, kill)
    assert (_texts(store), _notes(store, "killed")) == ([], [story.id])
    assert _standings(store, story) == ["killed", "canceled"]
    audited = store.audit(story.id, now=NOON)
    assert [(each.id, each.taken_back_by) for each in audited] == [(story.id, kill.id), (kill.id, None)]
    assert _standings(store, kill) == ["canceled"]


def test_a_kill_by_another_name_may_come_first_and_is_shown_until_then(store: Store) -> None:
    kill = _named(_wire(None, "Kill hpa0123.", canceled=True), "hpa0123")
    save(store, kill)
    assert _texts(store) == [kill.body_text]
    story = _named(document("a", "Wrong."), "hpa0123")
    save(store, story)
    assert (_texts(store), _notes(store)) == ([], [kill.id])
    assert _notes(store, "killed") == [kill.id]


def test_the_revision_of_a_kill_of_another_item_says_nothing_but_its_time_does(store: Store) -> None:
    before = _named(document("a", "Wrong.", revision="7", version_created=NOON), "n")
    after = _named(document("a", "Right.", revision="8", version_created=NOON + 2 * HOUR), "n")
    kill = _named(_kill(guid="k", revision="1", version_created=NOON + HOUR), "n")
    save(store, kill, after, before)
    assert _texts(store, all_versions=True) == ["Right."]
    assert _standings(store, before) == ["killed", "usable", "canceled"]


def test_a_kill_of_the_whole_takes_back_all_its_parts(store: Store) -> None:
    whole = _kill(guid="whole")
    parts = [replace(document(f"whole#{n}", f"Part {n}."), names=(item_key(whole.uri),)) for n in range(5)]
    kill = replace(whole, names=(item_key(whole.uri),))
    save(store, *parts[:3])
    save(store, kill)
    save(store, *parts[3:])
    assert _texts(store) == []


def test_a_name_that_many_items_have_is_none_of_theirs(store: Store) -> None:
    items = [_named(document(f"{n}", f"Text {n}."), "https://example.com/news") for n in range(4)]
    kill = _named(_wire(None, "Kill it.", canceled=True), "https://example.com/news")
    save(store, kill, *items[:3])
    assert _texts(store) == []
    save(store, items[3])
    assert len(_texts(store)) == 5, "people must see the kill"
    assert len(_notes(store, "released")) == 0, "nobody was told of them before"


def test_a_version_that_comes_again_by_another_way_is_known_by_its_names_of_both(store: Store) -> None:
    story = document("a", "Wrong.")
    save(store, _named(story, "hpa0123"))
    kill = _named(_wire(None, "Kill hpa0200.", canceled=True), "hpa0200")
    save(store, kill)
    assert len(_texts(store)) == 2
    save(store, _named(story, "hpa0123", "hpa0200"))
    assert (_texts(store), _notes(store, "killed")) == ([], [story.id, kill.id])
    assert store.check() == []


def test_retention_leaves_names_behind_that_say_the_same_of_the_rest(store: Store) -> None:
    items = [_named(document(f"{n}", f"Text {n}.", published=NOON), "n") for n in range(3)]
    save(store, *items, now=NOON)
    save(store, _named(document("3", "Text 3."), "n"), now=NOON + 30 * DAY)
    save(store, _named(_wire(None, "Kill it.", canceled=True), "n"), now=NOON + 30 * DAY)
    later = NOON + 40 * DAY
    assert len(_texts(store, now=later)) == 5
    policy = Policy(document_days=30)
    page = store.past_items(policy, later)
    store.remove_past([each.id for each in page.items], policy, later)
    assert _texts(store, now=later) == []
    assert store.check() == []


# --- any order ---

_TIMES = (None, NOON, NOON + HOUR)


def _chains(random: Random) -> list[Document]:
    """Make versions of a few items: updates, corrections, kills, embargoes, by id, slug and other names.

    Not drawn one by one: Hypothesis likes small examples, in which hardly ever two versions meet.
    """
    provider = f"provider {next(_numbers)}"
    statuses = [PubStatus.USABLE] * 6 + [KILL, PubStatus.WITHHELD]
    made = [
        document(
            random.choice("ab"),
            f"Text {number}.",
            provider=provider,
            revision=random.choice([None, "1", "2"]),
            version_created=random.choice(_TIMES),
            embargoed=random.choice([None, None, *_TIMES]),
            pub_status=random.choice(statuses),
            signal=random.choice([None, Signal.UPDATE, Signal.CORRECTION]),
        )
        for number in range(random.randint(1, 7))
    ]
    made += [
        _wire(
            random.choice(["FIRE", "FIRE 2nd Ld", "STOCKS", "KILL"]),
            f"Wire {number}." + random.choice(["", " Kill slug FIRE.", " Kill slug STOCKS."]),
            f"2026-05-0{random.randint(1, 4)}",
            provider=provider,
            signal=random.choice([None, Signal.UPDATE, Signal.WRITETHRU]),
            created=random.choice(_TIMES),
            canceled=random.random() < 0.2,
        )
        for number in range(random.randint(2, 9))
    ]
    return [_with_names(random, each) for each in made]


def _with_names(random: Random, made: Document) -> Document:
    return _named(made, *random.sample(["n1", "n2", "n3"], random.choice([0, 0, 1, 2])))


def _deliver(store: Store, documents: Sequence[Document], cuts: Sequence[int], erase: str | None) -> None:
    edges = sorted({0, *(cut % (len(documents) + 1) for cut in cuts), len(documents)})
    for start, end in pairwise(edges):
        save(store, *documents[start:end])
    if erase is not None:
        store.erase(erase, reason="court order", now=NOON)


def _state(store: Store, documents: Sequence[Document]) -> object:
    """Read all that people and programs see of these documents, at several times."""
    scope = documents[0].provider
    query = Query(fields={"provider": (scope.replace(" ", "-"),)})
    seen: list[object] = []
    for now in (NOON, NOON + HOUR, NOON + 5 * HOUR):
        found = store.search(query, now=now, limit=100)
        every = store.search(query, now=now, limit=100, all_versions=True)
        streamed = {each.document.id for each in store.stream(query, now=now)}
        assert streamed == {each.document.id for each in every}
        seen.append(sorted(each.document.id for each in found))
        seen.append(sorted((each.document.id, each.version, repr(each.relations)) for each in every))
        assert len({each.document.uri for each in found}) == len(found), "one version of each item"
    audited = {
        each.id: [
            (one.id, one.version, one.standing, one.taken_back_by) for one in store.audit(each.id, now=NOON)
        ]
        for each in documents
    }
    uris = sorted({each.document.uri for each in store.stream(query, now=NOON + 5 * HOUR)})
    return (seen, audited, uris)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_any_order_and_repetition_of_deliveries_ends_in_the_same_state(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    random = Random(seed)
    documents = _chains(random)
    erased = documents[0].id if random.random() < 0.3 else None
    # Once more, and by other ways: with other names.
    again = [_with_names(random, each) for each in random.choices(documents, k=random.randint(0, 5))]
    states = []
    for _ in range(2):
        store = new_store(tmp_path_factory.mktemp("chains"))
        delivered = [*documents, *again]
        random.shuffle(delivered)
        _deliver(store, delivered, [random.randrange(20) for _ in range(random.randrange(8))], erased)
        states.append(_state(store, documents))
        store.release_due(NOON)
        assert _state(store, documents) == states[-1]
        assert store.check() == []
        assert len(_notes(store)) == len(set(_notes(store))), "each is new once"
        store.close()
    assert states[0] == states[1]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_whoever_follows_the_change_log_learns_of_every_version_that_a_search_finds(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    random = Random(seed)
    store = new_store(tmp_path_factory.mktemp("told"))
    now = NOON - HOUR
    for each in _chains(random):
        now += random.randint(0, 4) * 15 * MINUTE
        store.release_due(now)
        save(store, each, now=now)
        store.release_due(now)
        current = {one.document.id for one in store.search(Query(), now=now, limit=100)}
        assert current <= {*_notes(store), *_notes(store, "released")}
    store.close()
