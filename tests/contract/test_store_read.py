"""Contract of ports.ReadStore."""

from datetime import timedelta
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import QueryError
from pipeline.model import Document, Evidence, PubStatus, Relation, Tag, Tagging
from pipeline.ports.reading import Query
from pipeline.ports.store import Store
from pipeline.ports.work import Processed
from pipeline.store.search import parse_query
from pipeline.store.terms import search_terms
from store_builders import HOUR, NOON, claim, document, entry, feed, save, sync_feeds, take_in

DAY = timedelta(days=1)

FERRY = document(
    "ferry", "The ferry sails to Port Ellery again.\n\nIt carries bicycles.", headline="Ferry returns"
)
STRIKE = document(
    "strike",
    "Les dockers de Port-Ellery cessent le travail, a déclaré l'armée du port.",
    provider="Agence du Quai",
    language="fr-CA",
    published=NOON - DAY,
    slugline="PORT-STRIKE",
    byline="Par Zoé Lemoine",
    keywords=("grève",),
)
FISH = document("fish", "阿富汗渔民 catch 10,000 fish", language="zh", published=NOON - 2 * DAY)
ALL = (FERRY, STRIKE, FISH)


def _found(store: Store, text: str, **options) -> list[str | None]:
    query = parse_query(text, NOON)
    found = store.search(query, now=NOON, **options)
    # stream() must find the same, in the order of storing.
    streamed = {each.document.guid for each in store.stream(query, now=NOON)}
    assert options or {each.document.guid for each in found} == streamed
    return [each.document.guid for each in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["ferry", "strike", "fish"]),
        ("ferry", ["ferry"]),
        ("FERRY bicycles", ["ferry"]),
        ("ferry dockers", []),
        ("port ellery", ["ferry", "strike"]),
        ('"port ellery"', ["ferry", "strike"]),
        ('"ellery port"', []),
        ("port -bicycles", ["strike"]),
        ('port -"ellery again"', ["strike"]),
        ("-ferry", ["strike", "fish"]),
        ("-ferry -dockers", ["fish"]),
        ("armee", ["strike"]),
        ("l’armée", ["strike"]),
        ("greve", ["strike"]),
        ("port-strike", ["strike"]),
        ("lemoine", ["strike"]),
        ("returns", ["ferry"]),
        ('"returns the"', []),
        ("阿富汗", ["fish"]),
        ("富汗", ["fish"]),
        ("汗富", []),
        ("10000", ["fish"]),
        ("lang:fr", ["strike"]),
        ("lang:fr-ca", ["strike"]),
        ("lang:fr-FR", []),
        ("lang:fr,zh", ["strike", "fish"]),
        ("-lang:fr", ["ferry", "fish"]),
        ('provider:"agence du quai"', ["strike"]),
        ("feed:harbour ferry", ["ferry"]),
        ("feed:nobody", []),
        ("since:24h", ["ferry", "strike"]),
        ("until:24h", ["fish"]),
        ("since:2026-04-30T12:00Z until:2026-05-01T12:00Z", ["strike"]),
        ("-ferry since:24h lang:fr", ["strike"]),
    ],
)
def test_a_query_finds(store: Store, text: str, found: list[str]) -> None:
    save(store, *ALL)
    assert _found(store, text) == found


def test_pages_follow_each_other(store: Store) -> None:
    save(store, *(document(f"{n}", f"Ferry {n}.", published=NOON - n * HOUR) for n in range(5)))
    assert _found(store, "ferry", limit=2) == ["0", "1"]
    assert _found(store, "ferry", limit=2, offset=2) == ["2", "3"]
    assert _found(store, "ferry", limit=2, offset=9) == []


def test_a_document_without_a_date_stands_where_it_was_received(store: Store) -> None:
    save(store, document("undated", published=None))
    save(store, document("old", published=NOON - HOUR))
    assert _found(store, "since:1m") == ["undated"]
    assert _found(store, "") == ["undated", "old"]


def test_only_the_newest_version_is_found_unless_all_are_asked_for(store: Store) -> None:
    old, new = document(text="The ferry sank.", revision="1"), document(text="The boat sank.", revision="2")
    save(store, old, new)
    query = parse_query("sank", NOON)
    assert [each.document for each in store.search(query, now=NOON)] == [new]
    assert len(store.search(query, now=NOON, all_versions=True)) == 2
    assert store.search(parse_query("ferry", NOON), now=NOON) == []
    assert [each.version for each in store.stream(query, now=NOON)] == [1, 2]


def test_an_embargoed_document_is_shown_when_its_time_has_come(store: Store) -> None:
    secret = document(embargoed=NOON + HOUR)
    save(store, secret)
    for now, shown in ((NOON, 0), (NOON + HOUR, 1)):
        assert len(store.search(Query(), now=now)) == shown
        assert len(list(store.stream(Query(), now=now))) == shown
        assert len(store.versions(secret.uri, now=now)) == shown
        assert (store.document(secret.id, now=now) is not None) == bool(shown)


def test_a_stream_gives_documents_in_the_order_of_storing_over_many_pages(store: Store) -> None:
    documents = [document(f"{n}", f"Ferry {n}.", published=NOON - n * HOUR) for n in range(450)]
    save(store, *documents)
    assert [each.document for each in store.stream(Query(), now=NOON)] == documents


def test_a_stream_ends_although_more_is_stored_meanwhile(store: Store) -> None:
    save(store, *ALL)
    seen = []
    for each in store.stream(Query(), now=NOON):
        seen.append(each)
        save(store, document(f"more-{len(seen)}"))
    assert len(seen) == 3


def test_a_document_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    save(store, FERRY)
    for start in (FERRY.id, FERRY.id[:8], FERRY.id[:8].upper()):
        found = store.document(start, now=NOON)
        assert found is not None
        assert found.document == FERRY
    for start in ("", FERRY.id[:7], FERRY.id + "0", "f" * 32, "%" * 8, "nonsense"):
        assert store.document(start, now=NOON) is None


def test_an_ambiguous_beginning_names_no_document(store: Store) -> None:
    save(
        store,
        document("a", id="0123456789abcdef" + "0" * 16),
        document("b", id="0123456789abcdef" + "1" * 16),
    )
    assert store.document("0123456789abcdef", now=NOON) is None
    assert store.document("0123456789abcdef1", now=NOON) is not None


def test_the_versions_of_an_unknown_item_are_none(store: Store) -> None:
    assert store.versions("urn:newswire:nobody:nothing", now=NOON) == []
    assert store.sightings("f" * 32) == []


def test_tags_and_links_come_back_with_their_evidence(store: Store) -> None:
    save(store, FERRY)
    evidence = (Evidence(field="text", text="Ellery", start=12, end=18, why="place name"),)
    tagging = Tagging(rules="r1", regions=(Tag(code="CA", name="Canada", score=0.5, evidence=evidence),))
    link = Relation(kind="same-copy", id=FERRY.id, score=0.9, evidence=evidence)

    (id_,) = take_in(store, entry("strike"))
    claim(store, [id_])
    processed = Processed(entry_id=id_, document=STRIKE, tagging=tagging, relations=(link,))
    store.save([processed], [], token="t", now=NOON)
    strike = store.document(STRIKE.id, now=NOON)
    ferry = store.document(FERRY.id, now=NOON)
    assert strike is not None
    assert ferry is not None
    assert (strike.tagging, strike.relations) == (tagging, (link,))
    assert (ferry.tagging, ferry.story_id) == (Tagging(), None)
    assert [(each.id, each.score) for each in ferry.relations] == [(STRIKE.id, 0.9)]


def test_a_sighting_says_where(store: Store) -> None:
    sync_feeds(store, [feed("harbour"), feed("other")], NOON)
    save(store, FERRY)
    save(store, FERRY, feed_id="other", now=NOON + HOUR)
    assert [(each.feed, each.seen_at) for each in store.sightings(FERRY.id)] == [
        ("harbour", NOON),
        ("other", NOON + HOUR),
    ]


def test_an_empty_store_is_readable(store: Store) -> None:
    snapshot = store.snapshot(NOON)
    assert (snapshot.documents, snapshot.items, snapshot.newest_stored_at) == (0, 0, None)
    assert (snapshot.feeds, snapshot.counters) == ((), {})
    assert (store.search(Query(), now=NOON), list(store.stream(Query(), now=NOON))) == ([], [])
    assert (store.changes(0), store.first_change(), store.last_change()) == ([], 0, 0)
    assert store.new_from_the_end(1) is None


def test_a_probe_leaves_nothing_to_see(store: Store) -> None:
    before = store.snapshot(NOON)
    store.probe(NOON)
    store.probe(NOON + HOUR)
    assert store.snapshot(NOON) == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_whatever_is_typed_reaches_no_engine_as_syntax(store: Store, text: str) -> None:
    for typed in (text, f"-{text}", f'"{text}"', f"a {text} -b", f'lang:"{text}"', f"feed:{text} {text}*"):
        try:
            query = parse_query(typed, NOON)
        except QueryError:
            continue
        assert store.search(query, now=NOON) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_any_text_is_found_by_any_of_its_words(store: Store, text: str) -> None:
    saved = document(f"guid {text!r}", text)
    save(store, saved)
    terms = search_terms(text)
    for start in range(len(terms)):
        found = store.search(Query(all_of=(tuple(terms[start : start + 3]),)), now=NOON, limit=1000)
        assert saved in [each.document for each in found]


#: more than are looked at first
_MANY = 1_300


def _numbered(number: int) -> Document:
    """Make the number-th newest document: often, now and then, seldom or only long ago it has a word."""
    rhythms = (("crane", 5), ("buoy", 60), ("wreck", 700))
    words = ["tide", *(word for word, each in rhythms if number % each == 1)]
    return document(
        f"{number:04}",
        " ".join([*words, *(["lantern"] if number > 1_200 else [])]),
        published=NOON - number // 3 * timedelta(minutes=1),
        language="fr" if number % 40 == 7 else "en",
    )


def test_the_newest_are_found_however_many_match(store: Store) -> None:
    numbers = [number * 7 % _MANY for number in range(_MANY)]  # stored in another order than published
    for start in range(0, _MANY, 325):
        save(store, *map(_numbered, numbers[start : start + 325]))
    every = store.search(Query(), now=NOON, limit=_MANY)
    assert len(every) == _MANY
    words = ["tide", "crane", "buoy", "wreck", "lantern", "tide -crane", "-crane", "-tide", "-buoy -lantern"]
    fields = [
        "lang:fr",
        "buoy lang:en",
        "lang:zz",
        "tide since:1h",
        "crane until:5h",
        "wreck since:5h until:1h",
        "-lang:en",
        "-crane until:5h",
        "since:5h",
        "",
    ]
    for text in (*words, *fields):
        query = parse_query(text, NOON)
        whole = {each.document.id for each in store.stream(query, now=NOON)}
        expected = [each.document.guid for each in every if each.document.id in whole]
        for offset in (0, 3, 250):
            assert _found(store, text, limit=25, offset=offset) == expected[offset : offset + 25]


def test_tags_find_the_newest_too(store: Store) -> None:
    for start in range(0, _MANY, 325):
        numbers = range(start, start + 325)
        token = f"tagged-{start}"
        ids = take_in(store, *(entry(f"tagged-{number}") for number in numbers))
        claim(store, ids, token)
        done = [
            Processed(entry_id=id_, document=_numbered(number), tagging=_region("AF" if number % 9 else "FR"))
            for id_, number in zip(ids, numbers, strict=True)
        ]
        store.save(done, [], token=token, now=NOON)
    assert _found(store, "region:FR", limit=3, offset=120) == ["1080", "1089", "1098"]
    assert _found(store, "region:FR crane", limit=9) == [f"{number:04}" for number in range(36, 400, 45)]


def _region(code: str) -> Tagging:
    return Tagging(rules="1", regions=(Tag(code=code, name="", score=0.9),))


def _log(store: Store, **options: bool) -> list[tuple[str, str, str | None]]:
    return [(each.kind, each.document_id, each.uri) for each in store.changes(0, **options)]


def test_the_change_log_names_the_items_of_documents_that_somebody_was_told_of(store: Store) -> None:
    held = document("held", "Held.", embargoed=NOON + HOUR)
    kill = document("ferry", "Kill.", revision="9", pub_status=PubStatus.CANCELED)
    save(store, FERRY, held)
    save(store, kill)
    store.erase(held.id, reason="so", now=NOON)
    expected = [("new", FERRY.id, FERRY.uri), ("killed", FERRY.id, FERRY.uri), ("erased", held.id, None)]
    assert _log(store) == expected
    assert _log(store, only_new=True) == expected[:1]


def test_new_documents_are_counted_from_the_end_of_the_log(store: Store) -> None:
    save(store, FERRY)
    save(store, STRIKE)
    store.erase(STRIKE.id, reason="so", now=NOON)
    seqs = [each.seq for each in store.changes(0)]
    assert [store.new_from_the_end(count) for count in (1, 2, 3)] == [seqs[1], seqs[0], None]
    assert (store.first_change(), store.last_change()) == (seqs[0], seqs[2])


def test_what_is_killed_while_all_is_read_is_not_given(store: Store) -> None:
    save(store, *(document(f"g{number}", f"Number {number}.", revision="1") for number in range(201)))
    given = store.stream(Query(), now=NOON)
    assert len(list(islice(given, 200))) == 200
    save(store, document("g200", "Kill.", revision="2", pub_status=PubStatus.CANCELED))
    assert list(given) == []
