"""Contract of ports.WorkStore."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import Reason
from pipeline.model import PAYLOAD_VERSION, PubStatus, QueueName, SourceKind
from pipeline.ports.reading import Query
from pipeline.ports.store import Store
from pipeline.ports.work import MAX_KILLS, BatchOutcome, ClaimedEntry, Processed, Refusal
from store_builders import (
    HARBOUR,
    HOUR,
    MINUTE,
    NOON,
    claim,
    document,
    entry,
    feed,
    save,
    sync_feeds,
    take_in,
    take_in_polls,
)
from store_builders import poll as poll_of


def _processed(id_: int, guid: str = "ferry", **fields) -> Processed:
    return Processed(entry_id=id_, document=document(guid, **fields))


def _unsent(store: Store, now=NOON, sent_before=None, limit: int = 100, queue: QueueName = QueueName.WIRE):
    return store.take_unsent(queue, now=now, sent_before=sent_before, limit=limit)


def _adds_up(store: Store) -> bool:
    """Everything that was accepted is stored, a repetition, dropped, in quarantine or open."""
    counters = store.snapshot(NOON).counters
    became = sum(counters.get((name, ""), 0) for name in ("stored", "repeated", "dropped"))
    held = [row for row in store.quarantine_list(10_000) if row.entry_id is not None]
    return counters.get(("accepted", ""), 0) == became + len(held) + store.backlog()


# --- claiming ---


def test_entries_that_a_newer_release_wrote_are_left_to_its_workers(store: Store) -> None:
    newer = take_in(store, entry("a"), payload_version=PAYLOAD_VERSION + 1, sending=False)
    own = take_in(store, entry("b"), payload_version=PAYLOAD_VERSION, sending=False)
    older = take_in(store, entry("c"), payload_version=PAYLOAD_VERSION - 1, sending=False)
    assert [ref.id for ref in _unsent(store)] == own + older
    assert claim(store, newer + own + older) == own + older
    assert store.backlog() == 3


def test_a_claimed_entry_brings_what_its_source_says_of_it(store: Store) -> None:
    wishes = replace(
        HARBOUR,
        kind=SourceKind.DIRECTORY,
        language="fr",
        default_region="CA",
        tags=("north", "sea"),
        trust_provider=True,
    )
    sync_feeds(store, [wishes], NOON)
    (id_,) = take_in(store, entry("a"))
    (claimed,) = store.claim([id_], token="t", owner="o", now=NOON, lease=MINUTE)
    assert claimed == ClaimedEntry(
        id=id_,
        entry=entry("a"),
        feed_id="harbour",
        source_kind=SourceKind.DIRECTORY,
        provider="Harbour Press",
        trust_provider=True,
        language="fr",
        default_region="CA",
        tags=("north", "sea"),
        location=HARBOUR.url,
        received_at=NOON,
        attempts=1,
    )


def test_claims_come_in_the_order_asked_and_each_id_once(store: Store) -> None:
    a, b, c = take_in(store, entry("a"), entry("b"), entry("c"))
    assert claim(store, [c, a, c, 999, b]) == [c, a, b]


def test_an_entry_that_is_held_is_not_given_to_another(store: Store) -> None:
    a, b = take_in(store, entry("a"), entry("b"))
    assert claim(store, [a], "first") == [a]
    assert claim(store, [a, b], "second") == [b]


def test_an_entry_whose_lease_ran_out_is_given_to_another_and_its_late_result_is_refused(
    store: Store,
) -> None:
    (id_,) = take_in(store, entry("a"))
    claim(store, [id_], "slow", lease=MINUTE)
    assert claim(store, [id_], "fast", now=NOON + MINUTE) == [id_]
    late = store.save([_processed(id_, text="Late.")], [], token="slow", now=NOON + MINUTE)
    assert late == BatchOutcome(lost=1)
    assert store.save([_processed(id_)], [], token="fast", now=NOON + MINUTE).stored == (document().id,)
    assert [each.document.body_text for each in store.stream(Query(), now=NOON)] == ["The ferry is back."]


def test_a_claim_counts_as_an_attempt(store: Store) -> None:
    (id_,) = take_in(store, entry("a"))
    claim(store, [id_], "first", lease=MINUTE)
    (again,) = store.claim([id_], token="second", owner="o", now=NOON + MINUTE, lease=MINUTE)
    assert again.attempts == 2


def test_what_is_done_is_not_claimed_again(store: Store) -> None:
    (id_,) = take_in(store, entry("a"))
    claim(store, [id_])
    store.save([_processed(id_)], [], token="t", now=NOON)
    assert claim(store, [id_], "again", now=NOON + HOUR) == []


# --- saving ---


def test_a_document_comes_back_as_it_was_saved(store: Store) -> None:
    saved = document(headline="Ferry", slugline="PORT-FERRY", keywords=("port",), byline="By A. Writer")
    save(store, saved, now=NOON)
    stored = store.document(saved.id, now=NOON)
    assert stored is not None
    assert stored.document == saved
    assert (stored.version, stored.received_at, stored.stored_at) == (1, NOON, NOON)


def test_saving_twice_is_saving_once(store: Store) -> None:
    (id_,) = take_in(store, entry("a"))
    claim(store, [id_])
    first = store.save([_processed(id_)], [], token="t", now=NOON)
    second = store.save([_processed(id_)], [], token="t", now=NOON)
    assert (len(first.stored), second) == (1, BatchOutcome(lost=1))
    assert len(store.sightings(document().id)) == 1
    assert _adds_up(store)


def test_a_copy_of_a_known_version_is_a_sighting(store: Store) -> None:
    save(store, document())
    outcome = save(store, document(), now=NOON + HOUR)
    assert (outcome.stored, outcome.repeated) == ((), 1)
    assert [each.seen_at for each in store.sightings(document().id)] == [NOON, NOON + HOUR]
    assert len(store.changes(0)) == 1
    assert _adds_up(store)


def test_copies_in_one_batch_make_one_document(store: Store) -> None:
    outcome = save(store, document(), document(), document("other"))
    assert (len(outcome.stored), outcome.repeated) == (2, 1)
    assert len(store.sightings(document().id)) == 2
    assert _adds_up(store)


def test_an_entry_named_twice_in_a_batch_is_saved_once(store: Store) -> None:
    (id_,) = take_in(store, entry("a"))
    claim(store, [id_])
    outcome = store.save([_processed(id_), _processed(id_)], [], token="t", now=NOON)
    assert (len(outcome.stored), outcome.repeated, outcome.lost) == (1, 0, 0)
    assert _adds_up(store)


def test_a_refused_entry_goes_to_quarantine_and_the_others_are_stored(store: Store) -> None:
    good, bad = take_in(store, entry("good"), entry("bad"))
    claim(store, [good, bad])
    refusal = Refusal(entry_id=bad, reason=Reason.EMPTY, detail="no text")
    outcome = store.save([_processed(good)], [refusal], token="t", now=NOON)
    assert (len(outcome.stored), outcome.refused) == (1, 1)
    (row,) = store.quarantine_list()
    assert (row.entry_id, row.guid, row.reason, row.detail) == (bad, "bad", Reason.EMPTY, "no text")
    assert (row.attempts, row.where, row.location) == (1, None, HARBOUR.url)
    assert store.backlog() == 0
    assert _adds_up(store)


def test_an_entry_both_stored_and_refused_is_stored(store: Store) -> None:
    (id_,) = take_in(store, entry("a"))
    claim(store, [id_])
    refusal = Refusal(entry_id=id_, reason=Reason.EMPTY, detail="no text")
    outcome = store.save([_processed(id_)], [refusal, refusal], token="t", now=NOON)
    assert (len(outcome.stored), outcome.refused, outcome.lost) == (1, 0, 0)
    assert _adds_up(store)


def test_a_new_document_is_noted_in_the_change_log(store: Store) -> None:
    save(store, document("a"), document("b"))
    changes = store.changes(0)
    assert [(each.kind, each.document_id) for each in changes] == [
        ("new", document("a").id),
        ("new", document("b").id),
    ]
    assert store.changes(changes[0].seq) == changes[1:]
    assert store.last_change() == changes[1].seq


def test_feeds_are_credited_with_what_they_brought_first(store: Store) -> None:
    save(store, document("a"), document("b"))
    save(store, document("a"))
    assert store.snapshot(NOON).feeds[0].documents == 2


_VERSIONS = [
    document(text="One.", revision="1", version_created=NOON),
    document(text="Two.", revision="2", version_created=NOON),
    document(text="Ten.", revision="10", version_created=NOON),
    document(text="Undated."),
    document(text="Dated.", version_created=NOON + HOUR),
    document(text="Dated.", revision="x", version_created=NOON + HOUR),
    document(text="Also.", version_created=NOON + HOUR),
]


def test_versions_are_ranked_by_revision_then_time(store: Store) -> None:
    save(store, *reversed(_VERSIONS))
    ranked = store.versions(document().uri, now=NOON)
    assert [each.version for each in ranked] == [1, 2, 3, 4, 5, 6, 7]
    texts = [each.document.body_text for each in ranked]
    assert texts[0] == "Undated."
    assert texts[-3:] == ["One.", "Two.", "Ten."]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(len(_VERSIONS))), cut=st.integers(0, len(_VERSIONS)))
def test_versions_in_any_order_make_the_same_item(store: Store, order: list[int], cut: int) -> None:
    # One item of its own for each example: the provider is part of what names it.
    provider = "-".join(map(str, [*order, cut]))
    versions = [_of(provider, version) for version in _VERSIONS]
    shuffled = [versions[number] for number in order]
    for batch in (shuffled[:cut], shuffled[cut:]):
        if batch:
            save(store, *batch)
    expected = sorted(_VERSIONS, key=lambda each: _rank(_of(provider, each)))
    chain = store.versions(versions[0].uri, now=NOON)
    assert [each.document.body_text for each in chain] == [each.body_text for each in expected]
    (newest,) = store.search(Query(fields={"provider": (provider,)}), now=NOON)
    assert newest.document == chain[-1].document


def _of(provider: str, version):
    names = ("revision", "version_created")
    fields = {name: value for name in names if (value := getattr(version, name)) is not None}
    return document(text=version.body_text, provider=provider, **fields)


def _rank(version) -> tuple:
    number = {"1": 1, "2": 2, "10": 10}.get(version.revision or "", -1)
    created = version.version_created
    return (number, created is not None, created or NOON, version.content_hash, version.id)


def test_an_older_version_that_comes_late_is_not_the_newest(store: Store) -> None:
    new, old = document(text="New.", revision="2"), document(text="Old.", revision="1")
    save(store, new)
    save(store, old)
    (found,) = store.search(Query(), now=NOON)
    assert (found.document, found.version) == (new, 2)


@pytest.mark.parametrize("status", [PubStatus.CANCELED, PubStatus.WITHHELD])
def test_a_kill_takes_back_the_older_versions_in_either_order(store: Store, status: PubStatus) -> None:
    text = document(revision="1")
    kill = document(text="Kill.", revision="2", pub_status=status)
    for name, order in (("then", (text, kill)), ("before", (kill, text))):
        for version in order:
            save(store, _killing(name, version))
        assert store.versions(_killing(name, text).uri, now=NOON) == []
        assert store.document(_killing(name, text).id, now=NOON) is None
    assert store.search(Query(), now=NOON, all_versions=True) == []
    assert list(store.stream(Query(), now=NOON)) == []


def _killing(guid: str, version):
    return document(guid, version.body_text, revision=version.revision, pub_status=version.pub_status)


# --- giving back ---


def test_a_failed_batch_is_sent_again_one_by_one(store: Store) -> None:
    ids = take_in(store, entry("a"), entry("b"))
    claim(store, ids)
    assert store.fail("t", cause="boom", counts=True, now=NOON, max_attempts=3) == 2
    refs = _unsent(store)
    assert [ref.id for ref in refs] == ids
    assert all(ref.alone for ref in refs)
    (again, _) = store.claim(ids, token="u", owner="o", now=NOON, lease=MINUTE)
    assert again.attempts == 2


def test_an_entry_out_of_attempts_goes_to_quarantine_with_its_last_cause(store: Store) -> None:
    (id_,) = take_in(store, entry("a"))
    given = []
    for attempt in range(3):
        claim(store, [id_], f"t{attempt}")
        given.append(
            store.fail(f"t{attempt}", cause=f"boom {attempt}", counts=True, now=NOON, max_attempts=3)
        )
    assert given == [1, 1, 0]
    (row,) = store.quarantine_list()
    assert (row.reason, row.detail, row.attempts) == (Reason.CRASHED, "boom 2", 3)
    assert (store.backlog(), _unsent(store)) == (0, [])
    assert _adds_up(store)


def test_a_service_that_was_down_costs_entries_nothing(store: Store) -> None:
    (id_,) = take_in(store, entry("a"))
    for attempt in range(5):
        claim(store, [id_], f"t{attempt}")
        assert store.fail(f"t{attempt}", cause="no disk", counts=False, now=NOON, max_attempts=1) == 1
    (again,) = store.claim([id_], token="u", owner="o", now=NOON, lease=MINUTE)
    assert (again.attempts, store.quarantine_list()) == (1, [])


def test_only_the_entries_of_the_token_are_given_back(store: Store) -> None:
    a, b = take_in(store, entry("a"), entry("b"))
    claim(store, [a], "mine")
    claim(store, [b], "theirs")
    assert store.fail("mine", cause="boom", counts=True, now=NOON, max_attempts=3) == 1
    assert store.fail("mine", cause="boom", counts=True, now=NOON, max_attempts=3) == 0
    assert store.save([_processed(b)], [], token="theirs", now=NOON).lost == 0


def test_what_a_dead_worker_held_is_given_back(store: Store) -> None:
    a, b = take_in(store, entry("a"), entry("b"))
    claim(store, [a], "t1", owner="dead")
    claim(store, [b], "t2", owner="alive")
    assert store.give_back("dead", cause="segfault", counts=True, now=NOON, max_attempts=3) == 1
    assert [(ref.id, ref.alone) for ref in _unsent(store)] == [(a, True)]
    late = store.save([_processed(a)], [], token="t1", now=NOON)
    assert late.lost == 1


def test_a_death_that_counts_uses_up_an_attempt(store: Store) -> None:
    (id_,) = take_in(store, entry("a"))
    for attempt in range(3):
        claim(store, [id_], f"t{attempt}", owner="o")
        store.give_back("o", cause="segfault", counts=True, now=NOON, max_attempts=3)
    (row,) = store.quarantine_list()
    assert row.detail == "segfault"


def test_so_many_deaths_from_outside_are_forgiven_and_no_more(store: Store) -> None:
    (id_,) = take_in(store, entry("a"))
    for attempt in range(MAX_KILLS):
        assert claim(store, [id_], f"t{attempt}", owner="o") == [id_]
        assert store.give_back("o", cause="killed", counts=False, now=NOON, max_attempts=3) == 1
    (again,) = store.claim([id_], token="last", owner="o", now=NOON, lease=MINUTE)
    assert again.attempts == 1
    assert store.give_back("o", cause="killed", counts=False, now=NOON, max_attempts=3) == 0
    assert [row.entry_id for row in store.quarantine_list()] == [id_]
    assert _adds_up(store)


def test_entries_whose_lease_ran_out_are_given_back(store: Store) -> None:
    a, b = take_in(store, entry("a"), entry("b"))
    claim(store, [a], "t1", lease=MINUTE)
    claim(store, [b], "t2", lease=HOUR)
    assert store.give_back_expired(now=NOON + MINUTE - timedelta(seconds=1), max_attempts=3) == 0
    assert store.give_back_expired(now=NOON + MINUTE, max_attempts=3) == 1
    assert [ref.id for ref in _unsent(store)] == [a]
    assert store.save([_processed(a)], [], token="t1", now=NOON + MINUTE).lost == 1


def test_a_lease_that_runs_out_for_the_last_time_ends_in_quarantine(store: Store) -> None:
    (id_,) = take_in(store, entry("a"))
    claim(store, [id_])
    assert store.give_back_expired(now=NOON + HOUR, max_attempts=1) == 0
    (row,) = store.quarantine_list()
    assert "lease" in row.detail


# --- sending ---


def test_unsent_entries_are_chosen_once_urgent_ones_first(store: Store) -> None:
    calm = take_in(store, entry("a"), entry("b"), sending=False)
    urgent = take_in(store, entry("c"), sending=False, urgent=True)
    assert [(ref.id, ref.urgent) for ref in _unsent(store, limit=2)] == [(urgent[0], True), (calm[0], False)]
    assert [ref.id for ref in _unsent(store)] == calm[1:]
    assert _unsent(store) == []


def test_entries_sent_long_ago_and_not_claimed_since_are_sent_again(store: Store) -> None:
    ids = take_in(store, entry("a"), entry("b"))
    claim(store, ids[:1], lease=10 * HOUR)
    assert _unsent(store, NOON + MINUTE, sent_before=NOON) == []
    later = NOON + HOUR
    assert [ref.id for ref in _unsent(store, later, sent_before=later - MINUTE)] == ids[1:]
    assert _unsent(store, later, sent_before=later - MINUTE) == []


def test_each_queue_has_its_own_entries(store: Store) -> None:
    (wire,) = take_in(store, entry("a"), sending=False)
    (backfill,) = take_in(store, entry("b"), sending=False, queue=QueueName.BACKFILL)
    assert [ref.id for ref in _unsent(store)] == [wire]
    (ref,) = _unsent(store, queue=QueueName.BACKFILL)
    assert (ref.id, ref.queue) == (backfill, QueueName.BACKFILL)


# --- counting ---


def test_what_is_open_is_counted(store: Store) -> None:
    ids = take_in(store, entry("a"), entry("b"), entry("c"))
    claim(store, ids[:2])
    store.save([_processed(ids[0])], [], token="t", now=NOON)
    assert (store.backlog(), store.open_among(ids), store.open_among(ids[:1])) == (2, 2, 0)
    assert store.open_among([]) == 0


def test_the_snapshot_says_how_the_queues_stand(store: Store) -> None:
    sync_feeds(store, [HARBOUR, feed("other")], NOON)
    take_in_polls(store, poll_of(entry("old"), polled_at=NOON - HOUR), poll_of(entry("new")))
    ids = take_in(store, entry("a"), entry("b"), entry("c"))
    claim(store, ids)
    refusal = Refusal(entry_id=ids[1], reason=Reason.EMPTY, detail="no text")
    store.save([_processed(ids[0])], [refusal], token="t", now=NOON)
    wire = next(each for each in store.snapshot(NOON).queues if each.queue is QueueName.WIRE)
    assert (wire.waiting, wire.oldest_received_at) == (2, NOON - HOUR)
    assert (wire.in_flight, wire.quarantined, wire.done_last_minute) == (1, 1, 2)
    later = store.snapshot(NOON + 2 * MINUTE)
    assert [each.done_last_minute for each in later.queues] == [0, 0, 0]
    assert (later.documents, later.items, later.quarantined) == (1, 1, 1)
    assert later.newest_stored_at == NOON
    assert [each.id for each in later.feeds] == ["harbour", "other"]
