"""Signatures and links in the store, and what readers are shown of them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.errors import QueryError
from pipeline.model import Document, Evidence, PubStatus, Relation
from pipeline.ports.copies import Link
from pipeline.ports.reading import Query
from pipeline.ports.store import Store
from pipeline.ports.work import CopySearch, Processed
from pipeline.store.search import parse_query
from store_builders import HOUR, NOON, claim, document, entry, take_in

WHY = (Evidence(field="text", text="", why="similarity 0.90"),)
FERRY = document("ferry")
COPY = document("copy", "The ferry is back again.", provider="Meridian Wire", published=NOON - HOUR)
LONGER = document(
    "long", "The ferry is back. It carries bicycles.", provider="Cordillera", published=NOON + HOUR
)


def same(other: Document, role: str | None = None, score: float = 0.9) -> Relation:
    return Relation(kind="same-copy", id=other.id, score=score, evidence=WHY, role=role)


def save(
    store: Store,
    *documents: Document,
    token: str = "t",
    linked: bool = True,
    entered_in: str | None = None,
    **links: Relation,
) -> list[int]:
    """Store documents, each with a signature and, by its guid, a link; returns their entries."""
    ids = take_in(store, *(entry(f"{each.guid}-{token}") for each in documents))
    claim(store, ids, token)
    done = [
        Processed(
            entry_id=id_,
            document=each,
            signature=b"signature of " + (each.guid or "").encode(),
            relations=(links[each.guid],) if each.guid in links else (),
            linked=linked,
            entered_in=entered_in,
        )
        for id_, each in zip(ids, documents, strict=True)
    ]
    store.save(done, [], token=token, now=NOON)
    return ids


def found(store: Store, query: str = "", **options: bool) -> set[str]:
    return {str(each.document.guid) for each in store.search(parse_query(query, NOON), now=NOON, **options)}


def test_a_link_is_seen_from_both_sides(store: Store) -> None:
    save(store, FERRY, COPY, copy=same(FERRY))
    for one, other in ((FERRY, COPY), (COPY, FERRY)):
        shown = store.document(one.id, now=NOON)
        assert shown is not None
        assert shown.relations == (same(other),)


def test_a_part_and_its_whole_know_which_is_which(store: Store) -> None:
    save(store, FERRY, LONGER, long=same(FERRY, role="part"))
    roles = {}
    for each in (FERRY, LONGER):
        shown = store.document(each.id, now=NOON)
        assert shown is not None
        roles[each.guid] = shown.relations[0].role
    assert roles == {"ferry": "whole", "long": "part"}


HIDDEN = {
    "killed": {"pub_status": PubStatus.CANCELED},
    "withheld": {"pub_status": PubStatus.WITHHELD},
    "under embargo": {"embargoed": NOON + HOUR},
}


@pytest.mark.parametrize("fields", HIDDEN.values(), ids=HIDDEN)
def test_what_may_not_be_shown_is_not_shown_by_a_link(fields: dict[str, object], store: Store) -> None:
    secret = document("secret", "The ferry is back too.", **fields)
    save(store, FERRY, secret, secret=same(FERRY))
    shown = store.document(FERRY.id, now=NOON)
    assert shown is not None
    assert shown.relations == ()
    assert store.copies(FERRY.id, now=NOON) == []
    assert found(store, "copies:hide") == {"ferry"}


def test_copies_come_first_published_first(store: Store) -> None:
    save(store, FERRY, COPY, LONGER, copy=same(FERRY), long=same(FERRY, role="part"))
    assert [each.document.guid for each in store.copies(FERRY.id, now=NOON)] == ["copy", "long"]
    assert [each.document.guid for each in store.copies(COPY.id, now=NOON)] == ["ferry"]


def test_hiding_copies_leaves_the_first_of_each_text(store: Store) -> None:
    save(store, FERRY, COPY, copy=same(FERRY))
    assert found(store) == {"ferry", "copy"}
    assert found(store, "copies:show") == {"ferry", "copy"}
    assert found(store, "copies:hide") == {"copy"}
    assert found(store, "copies:hide", all_versions=True) == {"copy"}


def test_hiding_copies_leaves_the_whole_and_not_its_part(store: Store) -> None:
    save(store, FERRY, LONGER, long=same(FERRY, role="part"))
    assert found(store, "copies:hide") == {"long"}


def test_a_copy_is_hidden_only_behind_what_is_found(store: Store) -> None:
    save(store, FERRY, COPY, copy=same(FERRY))
    assert found(store, 'copies:hide provider:"Harbour Press"') == {"ferry"}
    assert found(store, "copies:hide again") == {"copy"}


def test_a_copy_of_an_older_version_is_not_hidden_behind_it(store: Store) -> None:
    newer = replace(document("copy", "Something else.", provider="Meridian Wire", revision="2"), uri=COPY.uri)
    save(store, FERRY, COPY, copy=same(FERRY))
    save(store, newer, token="u")
    assert found(store, "copies:hide") == {"ferry", "copy"}
    assert {each.document.body_text for each in store.search(Query(copies=False), now=NOON)} == {
        FERRY.body_text,
        newer.body_text,
    }


def test_an_export_without_copies_gives_each_text_once(store: Store) -> None:
    save(store, FERRY, COPY, LONGER, copy=same(FERRY), long=same(FERRY, role="part"))
    assert {each.document.guid for each in store.stream(Query(copies=False), now=NOON)} == {"copy", "long"}


@pytest.mark.parametrize("query", ["copies:none", "-copies:hide", "copie:hide"])
def test_what_cannot_be_asked_of_copies_is_said(query: str) -> None:
    with pytest.raises(QueryError, match="copies"):
        parse_query(query, NOON)


def test_texts_are_given_by_entry_and_what_is_on_its_way_is_told(store: Store) -> None:
    (first,) = save(store, FERRY)
    waiting, refused = take_in(store, entry("waiting"), entry("refused"))
    claim(store, [refused], "r")
    store.fail("r", cause="broken", counts=True, now=NOON, max_attempts=1)
    texts, open_ = store.texts_of_entries([first, waiting, refused, 999])
    assert list(texts) == [first]
    assert (texts[first].document_id, texts[first].body_text) == (FERRY.id, FERRY.body_text)
    assert texts[first].signature == b"signature of ferry"
    assert texts[first].published_at == NOON
    assert open_ == {waiting}


def test_what_is_to_be_linked_later_is_listed_until_it_is_linked(store: Store) -> None:
    save(store, FERRY)
    save(store, COPY, LONGER, token="u", linked=False)
    first, second = store.unlinked(after=0, limit=10)
    assert [first.document_id, second.document_id] == [COPY.id, LONGER.id]
    assert [each.seq for each in store.unlinked(after=first.seq, limit=10)] == [second.seq]
    store.link([Link(document_id=COPY.id, relation=same(FERRY))], [first.seq], now=NOON)
    store.link([Link(document_id=COPY.id, relation=same(FERRY, score=0.8))], [], now=NOON)
    assert [each.seq for each in store.unlinked(after=0, limit=10)] == [second.seq]
    shown = store.document(FERRY.id, now=NOON)
    assert shown is not None
    assert shown.relations == (same(COPY),)


def test_a_link_to_what_is_gone_is_not_stored(store: Store) -> None:
    save(store, FERRY, COPY)
    store.erase(COPY.id, reason="a court said so", now=NOON)
    store.link([Link(document_id=FERRY.id, relation=same(COPY))], [], now=NOON)
    shown = store.document(FERRY.id, now=NOON)
    assert shown is not None
    assert shown.relations == ()


def test_an_erased_document_leaves_no_signature_and_no_link(store: Store) -> None:
    ids = save(store, FERRY, COPY, copy=same(FERRY), linked=False)
    store.erase(COPY.id, reason="a court said so", now=NOON)
    assert list(store.texts_of_entries(ids)[0]) == ids[:1]
    assert [each.document_id for each in store.unlinked(after=0, limit=10)] == [FERRY.id]
    assert len(store.signatures(received_since=NOON - HOUR, after=0, limit=10)) == 1


def test_signatures_come_in_pages_by_when_their_documents_came(store: Store) -> None:
    ids = save(store, FERRY, COPY)
    first, second = store.signatures(received_since=NOON, after=0, limit=10)
    assert [first.entry_id, second.entry_id] == ids
    assert (second.published_at, second.signature) == (COPY.published, b"signature of copy")
    assert store.signatures(received_since=NOON, after=first.seq, limit=10) == [second]
    assert store.signatures(received_since=NOON + timedelta(seconds=1), after=0, limit=10) == []


def test_a_link_to_a_document_that_somebody_else_stores_is_left_to_him(store: Store) -> None:
    ids = take_in(store, entry("ferry"), entry("copy"))
    claim(store, ids[:1], "t")
    done = [
        Processed(entry_id=ids[0], document=FERRY, relations=(same(COPY),)),
        Processed(entry_id=ids[1], document=COPY),
    ]
    outcome = store.save(done, [], token="t", now=NOON)
    assert (outcome.stored, outcome.lost) == ((FERRY.id,), 1)
    save(store, COPY, token="u")
    shown = store.document(FERRY.id, now=NOON)
    assert shown is not None
    assert shown.relations == ()


def test_a_link_that_was_found_later_is_told_of_once_for_both_documents(store: Store) -> None:
    save(store, FERRY, COPY)
    before = store.last_change()
    search = CopySearch(candidates=3, compared=2, refused=1)
    store.link([Link(document_id=COPY.id, relation=same(FERRY))], [], now=NOON, search=search)
    store.link([Link(document_id=FERRY.id, relation=same(COPY))], [], now=NOON)
    told = [(each.kind, each.document_id) for each in store.changes(before)]
    assert told == [("linked", id_) for id_ in sorted((FERRY.id, COPY.id))]
    counters = store.snapshot(NOON).counters
    assert [
        counters["copies", label] for label in ("candidate", "compared", "refused_by_facts", "linked")
    ] == [
        3,
        2,
        1,
        1,
    ]


def test_what_stands_behind_the_place_of_a_new_server_is_to_be_linked_again(store: Store) -> None:
    assert store.entered_upto("first") is None
    assert store.move_index("first", after=0) == 0
    save(store, FERRY, entered_in="first")
    upto = store.entered_upto("first")
    assert upto is not None
    save(store, COPY, token="u", entered_in="first")
    assert store.entered_upto("first") == upto + 1
    assert store.unlinked(after=0, limit=10) == []
    assert store.move_index("second", after=upto) == 1
    assert [each.document_id for each in store.unlinked(after=0, limit=10)] == [COPY.id]
    assert store.entered_upto("first") is None
    assert store.entered_upto("second") == upto
    assert store.move_index("second", after=upto) == 0


def test_what_was_entered_on_a_server_that_was_replaced_is_to_be_linked_again(store: Store) -> None:
    store.move_index("second", after=0)
    save(store, FERRY, entered_in="first")
    (waits,) = store.unlinked(after=0, limit=10)
    store.link([], [waits.seq], now=NOON, entered_in="first")
    assert store.entered_upto("second") == waits.seq - 1
    store.link([], [waits.seq], now=NOON, entered_in="second")
    assert store.entered_upto("second") == waits.seq
