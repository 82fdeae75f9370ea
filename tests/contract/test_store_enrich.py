"""Documents on their way through the queue `enrich`: marked, claimed, enriched once, or given up."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from pipeline.model import Entity, Mention, QueueName, Tag, Tagging
from pipeline.ports.queue import EntryRef
from pipeline.ports.store import Store
from pipeline.ports.work import MAX_KILLS, Enriched, Processed, Unenriched
from pipeline.store.search import parse_query
from store_builders import MINUTE, NOON, claim, document, entry, take_in

TAGGING = Tagging(rules="r1", regions=(Tag(code="AF", name="Afghanistan", score=0.9, roles=("subject",)),))
BERG = Mention(field="text", text="Anna van der Berg", start=0, end=17)
OTAN = Mention(field="text", text="Otan", start=30, end=34)
FOUND = Tagging(
    rules="r1+en",
    regions=TAGGING.regions,
    people=(Entity(name="Anna van der Berg", mentions=(BERG,)),),
    organisations=(Entity(name="NATO", mentions=(OTAN,)),),
)
LATER = NOON + MINUTE


def stored(store: Store, *guids: str, enrich: bool = True) -> list[str]:
    """Store documents that are to be enriched; returns their ids."""
    ids = take_in(store, *(entry(guid) for guid in guids))
    claim(store, ids)
    documents = [document(guid, f"Story of {guid}.") for guid in guids]
    processed = [
        Processed(entry_id=entry_id, document=each, tagging=TAGGING, enrich=enrich)
        for entry_id, each in zip(ids, documents, strict=True)
    ]
    store.save(processed, [], token="t", now=NOON)
    return [each.id for each in documents]


def unsent(store: Store, now: datetime = NOON, sent_before: datetime | None = None) -> Sequence[EntryRef]:
    return store.take_unsent(QueueName.ENRICH, now=now, sent_before=sent_before, limit=100)


def claimed(
    store: Store, token: str = "e", *, now: datetime = NOON, ids=range(1, 10)
) -> Sequence[Unenriched]:
    return store.claim_unenriched(list(ids), token=token, owner="enrich-1", now=now, lease=MINUTE)


def enriched(store: Store, token: str = "e", now: datetime = LATER) -> int:
    given = claimed(store, token)
    return store.save_enriched(
        [Enriched(seq=each.seq, tagging=FOUND) for each in given], token=token, now=now
    )


def fail(store: Store, token: str = "e", *, counts: bool = True) -> int:
    return store.fail(token, cause="SIGSEGV", counts=counts, now=NOON, max_attempts=3)


def found(store: Store, query: str) -> list[str]:
    return [each.document.id for each in store.search(parse_query(query, NOON), now=NOON)]


def test_only_marked_documents_are_sent_each_once(store: Store) -> None:
    stored(store, "plain", enrich=False)
    stored(store, "one", "two")
    assert len(unsent(store)) == 2
    assert unsent(store) == []


def test_what_a_wiped_queue_lost_is_sent_again(store: Store) -> None:
    stored(store, "one")
    first = unsent(store)
    assert unsent(store, LATER, sent_before=LATER) == first


def test_a_claimed_document_comes_with_its_tagging_and_goes_to_nobody_else(store: Store) -> None:
    (name,) = stored(store, "one")
    (given,) = claimed(store)
    assert (given.document.id, given.tagging) == (name, TAGGING)
    assert claimed(store, "other") == []
    assert unsent(store, LATER, sent_before=LATER) == []


def test_an_enriched_document_has_one_tagging_and_a_line_in_the_change_log(store: Store) -> None:
    (name,) = stored(store, "one")
    assert enriched(store) == 1
    shown = store.document(name, now=NOON)
    assert shown is not None
    assert (shown.tagging, shown.version) == (FOUND, 1)
    assert [(each.kind, each.document_id) for each in store.changes(0)] == [("new", name), ("tagged", name)]
    assert store.snapshot(LATER).counters["enriched", ""] == 1
    assert claimed(store) == []


def test_saving_twice_changes_nothing(store: Store) -> None:
    stored(store, "one")
    given = claimed(store)
    result = [Enriched(seq=each.seq, tagging=FOUND) for each in given]
    assert store.save_enriched(result, token="e", now=LATER) == 1
    before = store.last_change()
    assert store.save_enriched(result, token="e", now=LATER) == 0
    assert store.last_change() == before


def test_whoever_lost_the_claim_writes_nothing(store: Store) -> None:
    (name,) = stored(store, "one")
    late = claimed(store, "late")
    store.give_back_expired(now=LATER, max_attempts=3)
    assert store.save_enriched([Enriched(seq=late[0].seq, tagging=FOUND)], token="late", now=LATER) == 0
    shown = store.document(name, now=NOON)
    assert shown is not None
    assert shown.tagging == TAGGING


@pytest.mark.parametrize(
    "query",
    [
        "person:berg",
        'person:"Anna van der Berg"',
        'person:"van der berg"',
        "person:BERG",
        "org:nato",
        "org:OTAN",
        "region:AF",
    ],
)
def test_people_and_organisations_find_their_document(query: str, store: Store) -> None:
    (name,) = stored(store, "one")
    stored(store, "two", enrich=False)
    assert name not in (found(store, query) if "region" not in query else [])
    enriched(store)
    assert name in found(store, query)
    if "region" not in query:
        assert found(store, query) == [name]
        assert name not in found(store, f"-{query}")


def test_after_three_crashes_a_document_is_given_up_with_its_cause_counted(store: Store) -> None:
    (name,) = stored(store, "one")
    for token in ("a", "b", "c"):
        claimed(store, token)
        fail(store, token)
    assert claimed(store, "d") == []
    assert unsent(store, LATER, sent_before=LATER) == []
    assert store.snapshot(NOON).counters["not_enriched", "crashed"] == 1
    assert store.quarantine_list() == []
    assert store.document(name, now=NOON) is not None


def test_those_of_a_batch_that_crashed_go_alone(store: Store) -> None:
    stored(store, "one", "two")
    claimed(store)
    assert fail(store) == 2
    assert [each.alone for each in unsent(store)] == [True, True]


def test_a_service_that_was_down_costs_no_attempt(store: Store) -> None:
    stored(store, "one")
    for _ in range(5):
        claimed(store)
        fail(store, counts=False)
    assert [each.alone for each in unsent(store)] == [False]


def test_a_killed_worker_gives_back_what_it_held_and_is_forgiven(store: Store) -> None:
    stored(store, "one")
    for _ in range(MAX_KILLS):
        assert len(claimed(store)) == 1
        store.give_back("enrich-1", cause="SIGKILL", counts=False, now=NOON, max_attempts=3)
    claimed(store)
    store.give_back("enrich-1", cause="SIGKILL", counts=False, now=NOON, max_attempts=3)
    assert claimed(store) == []


def test_an_erased_document_is_not_enriched(store: Store) -> None:
    (name,) = stored(store, "one")
    given = claimed(store)
    store.erase(name, reason="a court said so", now=NOON)
    assert store.save_enriched([Enriched(seq=given[0].seq, tagging=FOUND)], token="e", now=NOON) == 0
    assert found(store, "person:berg") == []


def test_the_queue_is_told_as_the_store_has_it(store: Store) -> None:
    stored(store, "one", "two")
    claimed(store, ids=[1])
    (queue,) = (each for each in store.snapshot(NOON).queues if each.queue is QueueName.ENRICH)
    assert (queue.waiting, queue.oldest_received_at, queue.in_flight) == (1, NOON, 1)


def test_entries_say_how_many_of_their_documents_wait(store: Store) -> None:
    ids = take_in(store, entry("one"), entry("two"))
    claim(store, ids)
    processed = [
        Processed(entry_id=ids[0], document=document("one"), enrich=True),
        Processed(entry_id=ids[1], document=document("two", "Other.")),
    ]
    store.save(processed, [], token="t", now=NOON)
    assert store.unenriched_among(ids) == 1
    enriched(store)
    assert store.unenriched_among(ids) == 0


def test_a_second_copy_does_not_wait_again(store: Store) -> None:
    stored(store, "one")
    enriched(store)
    ids = take_in(store, entry("one", revision="again"))
    claim(store, ids)
    same = document("one", "Story of one.")
    store.save([Processed(entry_id=ids[0], document=same, enrich=True)], [], token="t", now=LATER)
    assert claimed(store) == []
