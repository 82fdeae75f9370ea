"""Re-tagging: a position in the store, ranges that workers hold, and none left out whoever dies."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from pipeline.model import Entity, Mention, Tag, Tagging
from pipeline.ports.retag import Retagged, ToRetag
from pipeline.ports.store import Store
from pipeline.ports.work import Enriched, Processed
from pipeline.store.search import parse_query
from store_builders import MINUTE, NOON, SECOND, claim, damage_text, document, entry, take_in

OLD = Tagging(rules="old", regions=(Tag(code="AF", name="Afghanistan", score=0.9),))
NEW = Tagging(rules="new", regions=(Tag(code="PK", name="Pakistan", score=0.9),))
ANNA = Entity(name="Anna Berg", mentions=(Mention(field="text", text="Anna Berg", start=0, end=9),))
LATER = NOON + 2 * MINUTE


def stored(store: Store, *guids: str, enrich: bool = False) -> None:
    ids = take_in(store, *(entry(guid) for guid in guids))
    claim(store, ids)
    documents = [document(guid, f"Story of {guid}.") for guid in guids]
    processed = [
        Processed(entry_id=entry_id, document=each, tagging=OLD, enrich=enrich)
        for entry_id, each in zip(ids, documents, strict=True)
    ]
    store.save(processed, [], token="t", now=NOON)


def taken(
    store: Store, token: str, *, now: datetime = NOON, limit: int = 3, rules: str = "new"
) -> Sequence[ToRetag] | None:
    return store.claim_retag(rules, token=token, now=now, lease=MINUTE, limit=limit, max_attempts=3)


def save(store: Store, given: Sequence[ToRetag], token: str, tagging: Tagging = NEW) -> int:
    done = [
        Retagged(
            seq=each.seq,
            document_id=each.document.id,
            tagging=tagging,
            tagged_at=each.tagged_at,
            changed=True,
        )
        for each in given
    ]
    return store.save_retagged(done, token=token, now=LATER)


def guids(given: Sequence[ToRetag] | None) -> list[str | None]:
    assert given is not None
    return [each.document.guid for each in given]


def found(store: Store, query: str) -> int:
    return len(store.search(parse_query(query, NOON), now=NOON))


def work_on(store: Store, now: datetime, *, harmful: str | None = None) -> list[str | None]:
    """Work until nothing is left; the worker dies over the harmful document."""
    done: list[str | None] = []
    for number in range(100):
        given = taken(store, f"w{number}", now=now + number * MINUTE)
        if given is None:
            return done
        if harmful not in guids(given):
            done += guids(given)
            save(store, given, f"w{number}")
    raise AssertionError("it does not end")


def test_all_that_is_stored_is_tagged_again_in_ranges(store: Store) -> None:
    stored(store, *"abcdefg")
    store.begin_retag("new", NOON)
    assert work_on(store, NOON) == list("abcdefg")
    run = store.retagging()
    assert run is not None
    assert (run.done, run.changed, run.failed, run.finished_at) == (7, 7, 0, LATER)
    assert (found(store, "region:PK"), found(store, "region:AF")) == (7, 0)
    assert [each.kind for each in store.changes(7)] == ["tagged"] * 7


def test_a_second_time_nothing_is_left_to_do(store: Store) -> None:
    stored(store, *"abc")
    store.begin_retag("new", NOON)
    work_on(store, NOON)
    store.begin_retag("new", NOON)
    assert work_on(store, NOON) == []
    assert store.to_retag("new", after=0, limit=10) == ([], 3)


def test_nothing_stored_is_nothing_to_do(store: Store) -> None:
    assert store.retagging() is None
    assert not store.begin_retag("new", NOON).is_running
    assert taken(store, "a") is None


def test_what_came_after_the_beginning_is_not_given_out(store: Store) -> None:
    stored(store, "a")
    store.begin_retag("new", NOON)
    stored(store, "b")
    assert work_on(store, NOON) == ["a"]


def test_two_workers_get_different_documents(store: Store) -> None:
    stored(store, *"abcde")
    store.begin_retag("new", NOON)
    assert guids(taken(store, "one")) == ["a", "b", "c"]
    assert guids(taken(store, "two")) == ["d", "e"]
    assert taken(store, "three") is None
    run = store.retagging()
    assert run is not None
    assert run.is_running  # two ranges are still held


def test_what_a_dead_worker_held_is_given_out_when_its_lease_has_run_out(store: Store) -> None:
    stored(store, *"abc")
    store.begin_retag("new", NOON)
    dead = taken(store, "dead")
    assert dead is not None
    assert taken(store, "early") is None
    assert work_on(store, LATER) == ["a", "b", "c"]
    assert save(store, dead, "dead") == 0


def test_a_document_that_kills_its_worker_is_left_as_it_is_and_the_others_are_not(store: Store) -> None:
    stored(store, *"abcdefgh")
    store.begin_retag("new", NOON)
    assert sorted(map(str, work_on(store, LATER, harmful="e"))) == list("abcdfgh")
    run = store.retagging()
    assert run is not None
    assert (run.done, run.failed, run.is_running) == (7, 1, False)
    assert found(store, "region:AF") == 1


@pytest.mark.parametrize(("damaged", "whole"), [("a", "bcde"), ("e", "abcd"), ("bc", "ade"), ("abcde", "")])
def test_damaged_rows_are_left_as_they_are_and_keep_no_others_waiting(
    store: Store, damaged: str, whole: str
) -> None:
    stored(store, *"abcde")
    for guid in damaged:
        damage_text(store, "abcde".index(guid) + 1)
    given, upto = store.to_retag("new", after=0, limit=10)
    assert (guids(given), upto) == (list(whole), 5)
    store.begin_retag("new", NOON)
    assert sorted(map(str, work_on(store, NOON))) == list(whole)
    run = store.retagging()
    assert run is not None
    assert (run.done, run.failed, run.is_running) == (len(whole), len(damaged), False)


def test_a_damaged_row_counts_once_however_often_its_range_is_given_out(store: Store) -> None:
    stored(store, *"abc")
    damage_text(store, 2)
    store.begin_retag("new", NOON)
    for _ in range(5):
        assert taken(store, "w")
        store.let_go_retag("w", counts=False, now=NOON)
    run = store.retagging()
    assert run is not None
    assert run.failed == 1


def test_a_service_that_was_down_costs_no_attempt(store: Store) -> None:
    stored(store, *"ab")
    store.begin_retag("new", NOON)
    for number in range(5):
        assert guids(taken(store, f"w{number}")) == ["a", "b"]
        store.let_go_retag(f"w{number}", counts=False, now=NOON)
    assert work_on(store, NOON) == ["a", "b"]


def test_it_is_stopped_and_goes_on_where_it_was(store: Store) -> None:
    stored(store, *"abcde")
    store.begin_retag("new", NOON)
    given = taken(store, "one")
    assert given is not None
    assert store.stop_retag(NOON)
    assert not store.stop_retag(NOON)
    assert taken(store, "two") is None
    assert save(store, given, "one") == 3  # what was held is finished
    assert store.begin_retag("new", NOON).position == 3
    assert work_on(store, NOON) == ["d", "e"]


def test_other_rules_begin_from_the_beginning(store: Store) -> None:
    stored(store, *"abcde")
    store.begin_retag("new", NOON)
    late = taken(store, "one")
    assert late is not None
    assert store.begin_retag("newer", NOON).position == 0
    assert save(store, late, "one") == 0


def test_a_worker_with_other_rules_gets_nothing_and_that_is_said(store: Store) -> None:
    stored(store, "a")
    store.begin_retag("new", NOON)
    assert taken(store, "old", rules="old", now=LATER) is None
    run = store.snapshot(LATER).retagging
    assert run is not None
    assert run.waits_for_rules
    assert store.begin_retag("new", LATER + MINUTE).waits_for_rules is False


def test_workers_with_other_rules_beside_those_that_work_are_not_waited_for(store: Store) -> None:
    stored(store, *"abcdef")
    store.begin_retag("new", NOON)
    given = taken(store, "new", now=LATER)
    assert given is not None
    save(store, given, "new")
    assert taken(store, "old", rules="old", now=LATER + SECOND) is None
    run = store.retagging()
    assert run is not None
    assert not run.waits_for_rules


def test_what_workers_with_other_rules_stored_before_they_were_restarted_is_tagged_again(
    store: Store,
) -> None:
    stored(store, "a")
    store.begin_retag("new", NOON)
    assert taken(store, "old", rules="old", now=LATER) is None
    stored(store, "b", "c")
    assert work_on(store, LATER) == ["a", "b", "c"]
    run = store.retagging()
    assert run is not None
    assert (run.last, run.stale_at, run.is_running) == (3, None, False)


def test_what_was_enriched_meanwhile_is_looked_at_once_more(store: Store) -> None:
    stored(store, "a", enrich=True)
    store.begin_retag("new", NOON)
    given = taken(store, "r")
    (one,) = store.claim_unenriched([1], token="e", owner="o", now=NOON, lease=MINUTE)
    tagging = Tagging(rules="old+en", regions=OLD.regions, people=(ANNA,))
    store.save_enriched([Enriched(seq=one.seq, tagging=tagging)], token="e", now=NOON + MINUTE)
    assert given is not None
    assert save(store, given, "r") == 0
    again = taken(store, "again", now=LATER)
    assert again is not None
    assert again[0].tagging.people == (ANNA,)


def test_who_enriches_by_the_tags_of_before_does_it_once_more(store: Store) -> None:
    stored(store, "a", enrich=True)
    (one,) = store.claim_unenriched([1], token="e", owner="o", now=NOON, lease=MINUTE)
    store.begin_retag("new", NOON)
    given = taken(store, "r")
    assert given is not None
    save(store, given, "r")
    assert store.save_enriched([Enriched(seq=one.seq, tagging=OLD)], token="e", now=LATER) == 0
    (again,) = store.claim_unenriched([1], token="e2", owner="o", now=LATER, lease=MINUTE)
    assert again.tagging == NEW


def test_what_was_erased_meanwhile_stays_erased(store: Store) -> None:
    stored(store, "a", "b")
    store.begin_retag("new", NOON)
    given = taken(store, "r")
    assert given is not None
    store.erase(given[0].document.id, reason="so", now=NOON)
    assert save(store, given, "r") == 1
    assert found(store, "region:PK") == 1


def test_there_are_no_more_rows_than_workers_at_work(store: Store) -> None:
    stored(store, *(f"g{number}" for number in range(30)))
    store.begin_retag("new", NOON)
    for number in range(10):
        given = taken(store, f"w{number}")
        assert given is not None
        save(store, given, f"w{number}")
    assert store.check() == []
    run = store.retagging()
    assert run is not None
    assert (run.position, run.last, run.finished_at is not None) == (30, 30, True)
