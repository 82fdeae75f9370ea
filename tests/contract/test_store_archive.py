"""What an archive is made of: all versions of a span, those that may be shown apart from the others."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from pipeline.identity import item_key
from pipeline.model import PubStatus, Tag, Tagging
from pipeline.ports.store import Store
from pipeline.ports.work import Processed
from store_builders import DAY, HOUR, NOON, claim, document, entry, save, take_in

MAY, JUNE = datetime(2026, 5, 1, tzinfo=NOON.tzinfo), datetime(2026, 6, 1, tzinfo=NOON.tzinfo)


def guids(store: Store, *, shown: bool, now: datetime = NOON) -> list[str | None]:
    found = store.archived(MAY, JUNE, shown=shown, now=now)
    return [each.stored.document.guid if each.stored else f"erased {each.erase_reason}" for each in found]


def test_a_span_has_what_was_published_in_it_in_that_order(store: Store) -> None:
    days = {"b": NOON + DAY, "a": NOON, "june": JUNE, "april": MAY - HOUR}
    save(store, *(document(guid, f"Text of {guid}.", published=at) for guid, at in days.items()))
    assert guids(store, shown=True) == ["a", "b"]
    assert guids(store, shown=False) == []


def test_what_has_no_date_belongs_where_it_was_received(store: Store) -> None:
    save(store, document("undated", "Undated.", published=None))
    assert guids(store, shown=True) == ["undated"]


def test_pages_leave_nothing_out_and_give_nothing_twice(store: Store) -> None:
    many = [document(f"g{n}", f"Number {n}.", published=NOON + timedelta(hours=n % 3)) for n in range(1_203)]
    save(store, *many)
    found = guids(store, shown=True)
    assert len(found) == 1_203
    assert len(set(found)) == 1_203


def test_a_kill_comes_first_and_what_it_kills_is_not_shown(store: Store) -> None:
    save(store, document("ferry", "Wrong.", revision="1"), document("other", "Fine."))
    kill = document("ferry", "Killed.", revision="2", pub_status=PubStatus.CANCELED, published=NOON + DAY)
    save(store, kill)
    hidden = list(store.archived(MAY, JUNE, shown=False, now=NOON))
    assert [(each.standing, each.stored and each.stored.version) for each in hidden] == [
        ("canceled", 2),
        ("killed", 1),
    ]
    assert guids(store, shown=True) == ["other"]


def test_what_is_under_embargo_is_shown_when_it_ends(store: Store) -> None:
    save(store, document("held", "Held.", embargoed=NOON + HOUR))
    assert (guids(store, shown=True), guids(store, shown=False)) == ([], ["held"])
    assert guids(store, shown=True, now=NOON + HOUR) == ["held"]


def test_what_was_erased_is_told_without_its_text(store: Store) -> None:
    one = document("gone", "Gone.")
    save(store, one)
    store.erase(one.id, reason="a court said so", now=NOON)
    assert guids(store, shown=False) == ["erased a court said so"]
    assert store.known([one.id, "0" * 32]) == frozenset({one.id})


def _more(store: Store) -> datetime:
    save(store, document("more", "More."))
    return NOON


def _kill(store: Store) -> datetime:
    save(store, document("one", "K.", revision="2", pub_status=PubStatus.CANCELED, published=JUNE))
    return NOON


def _erase(store: Store) -> datetime:
    store.erase(document("one", "One.", revision="1").id, reason="so", now=NOON)
    return NOON


def _wait(_store: Store) -> datetime:
    return NOON + 2 * DAY


def _enrich(store: Store) -> datetime:
    tagging = Tagging(rules="r", regions=(Tag(code="AF", name="Afghanistan", score=1.0),))
    ids = take_in(store, entry("tagged"))
    claim(store, ids)
    done = Processed(entry_id=ids[0], document=document("tagged", "Tagged."), tagging=tagging)
    store.save([done], [], token="t", now=NOON)
    return NOON


@pytest.mark.parametrize("change", [_more, _kill, _erase, _wait, _enrich])
def test_a_change_of_what_an_archive_would_hold_gives_another_fingerprint(
    change: Callable[[Store], datetime], store: Store
) -> None:
    save(store, document("one", "One.", revision="1"), document("held", "Held.", embargoed=NOON + DAY))
    before = store.span_state(MAY, JUNE, now=NOON)
    assert (before.shown, before.hidden) == (1, 1)
    assert store.span_state(MAY, JUNE, now=NOON + HOUR) == before
    assert store.span_state(MAY, JUNE, now=change(store)).fingerprint != before.fingerprint


def test_the_first_published_is_found_from_a_time_on(store: Store) -> None:
    save(store, document("a", "A."), document("b", "B.", published=JUNE))
    assert store.first_published(MAY) == NOON
    assert store.first_published(NOON + HOUR) == JUNE
    assert store.first_published(JUNE + HOUR) is None


KILL = document("one", "Kill.", revision="2", pub_status=PubStatus.CANCELED)


def test_what_an_archive_alone_remembers_is_held_against_kills(store: Store) -> None:
    first, second, third = (document("one", f"Text {n}.", revision=str(n)) for n in (1, 2, 3))
    other = document("other", "Another item.")
    assert store.hidden_since([first, other]) == {}
    save(store, KILL, document("other", "New.", revision="2"))
    gone = store.hidden_since([first, second, third, other])
    assert gone == {first.id: "killed", second.id: "killed"}


def test_a_kill_that_names_another_item_takes_back_what_only_an_archive_has(store: Store) -> None:
    first = document("one", "Text 1.", revision="1")
    before = store.taken_back(None).place
    kill = document("notice", "", pub_status=PubStatus.CANCELED, names=(item_key(first.uri),))
    save(store, kill)
    assert store.hidden_since([first]) == {first.id: "killed"}
    assert item_key(first.uri) in store.taken_back(before).items


def test_a_version_that_withholds_its_item_holds_back_what_is_gone(store: Store) -> None:
    save(store, document("one", "Held.", revision="2", pub_status=PubStatus.WITHHELD))
    first = document("one", "Text 1.", revision="1")
    assert store.hidden_since([first]) == {first.id: "withheld"}


def test_what_was_taken_back_is_told_from_a_place_on(store: Store) -> None:
    nothing = store.taken_back(None)
    assert (nothing.items, nothing.ids) == (frozenset(), frozenset())
    save(store, document("fine", "Fine."), KILL)
    first = store.taken_back(nothing.place)
    assert (first.items, first.ids) == ({item_key(KILL.uri)}, frozenset())
    store.erase_elsewhere("AB" * 16, reason="so", now=NOON)
    second = store.taken_back(first.place)
    assert (second.items, second.ids) == (frozenset(), {"ab" * 16})
    assert store.taken_back(second.place).ids == frozenset()


@pytest.mark.parametrize("place", ["1 " + "0" * 32, "900 " + "0" * 32, "9" * 40, "damaged", ""])
def test_a_place_of_another_database_is_the_beginning(store: Store, place: str) -> None:
    save(store, KILL)
    assert store.taken_back(place).items == {item_key(KILL.uri)}
