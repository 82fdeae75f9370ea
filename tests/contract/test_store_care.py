"""Contract of ports.CareStore."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from pipeline.codec import from_json
from pipeline.errors import Reason, StoreError
from pipeline.model import Entry, Problem, QueueName, Tag, Tagging
from pipeline.ports.feeds import RawCopy
from pipeline.ports.reading import Query
from pipeline.ports.store import Store
from pipeline.ports.work import Processed, Refusal
from pipeline.store.database import Terms
from pipeline.store.search import parse_query
from pipeline.store.store import SqlStore
from store_builders import HOUR, NOON, claim, document, entry, poll, save, take_in, take_in_polls

DAY = timedelta(days=1)


def _refuse(store: Store, guid: str = "bad", reason: Reason = Reason.EMPTY) -> int:
    """Put an entry into quarantine; returns its id there."""
    (id_,) = take_in(store, entry(guid))
    claim(store, [id_])
    store.save([], [Refusal(entry_id=id_, reason=reason, detail="no text")], token="t", now=NOON)
    return store.quarantine_list(1)[0].id


def _break(store: Store) -> int:
    """Put a line that is no entry into quarantine; returns its id there."""
    problem = Problem(reason=Reason.BAD_RECORD, detail="no JSON", where="line 1", body=b"{oops")
    take_in_polls(store, poll(problems=(problem,)))
    return store.quarantine_list(1)[0].id


# --- quarantine ---


def test_the_list_gives_the_newest_first(store: Store) -> None:
    first, second = _refuse(store, "a"), _refuse(store, "b", Reason.CRASHED)
    assert [row.id for row in store.quarantine_list()] == [second, first]
    assert [row.id for row in store.quarantine_list(1)] == [second]
    assert [row.id for row in store.quarantine_list(reason=Reason.EMPTY)] == [first]


def test_an_entry_is_shown_with_its_json(store: Store) -> None:
    shown = store.quarantine_show(_refuse(store))
    assert shown is not None
    assert from_json(shown[1], Entry) == entry("bad")
    assert len(shown[1]) == shown[0].size_bytes
    assert store.quarantine_show(999) is None


def test_a_released_entry_tries_again_with_fresh_attempts(store: Store) -> None:
    row = _refuse(store)
    assert store.quarantine_release([row, 999], NOON) == 1
    assert store.quarantine_list() == []
    (ref,) = store.take_unsent(QueueName.WIRE, now=NOON, sent_before=None, limit=10)
    assert ref.alone
    (again,) = store.claim([ref.id], token="again", owner="o", now=NOON, lease=HOUR)
    assert (again.attempts, again.entry) == (1, entry("bad"))
    store.save([Processed(entry_id=ref.id, document=document())], [], token="again", now=NOON)
    assert len(store.search(Query(), now=NOON)) == 1
    assert store.check() == []


def test_a_released_entry_may_come_back(store: Store) -> None:
    store.quarantine_release([_refuse(store)], NOON)
    (ref,) = store.take_unsent(QueueName.WIRE, now=NOON, sent_before=None, limit=10)
    claim(store, [ref.id], "again")
    refusal = Refusal(entry_id=ref.id, reason=Reason.EMPTY, detail="still no text")
    store.save([], [refusal], token="again", now=NOON)
    assert [row.detail for row in store.quarantine_list()] == ["still no text"]


def test_what_never_was_an_entry_is_not_released(store: Store) -> None:
    assert store.quarantine_release([_break(store)], NOON) == 0
    assert len(store.quarantine_list()) == 1


def test_what_is_dropped_does_not_come_back(store: Store) -> None:
    rows = [_refuse(store), _break(store)]
    assert store.quarantine_drop([*rows, 999], NOON) == 2
    assert store.quarantine_drop(rows, NOON) == 0
    assert (store.quarantine_list(), store.snapshot(NOON).quarantined) == ([], 0)
    assert store.quarantine_show(rows[1]) is None
    assert take_in(store, entry("bad")) == []
    take_in_polls(
        store, poll(problems=(Problem(reason=Reason.BAD_RECORD, detail="", where="", body=b"{oops"),))
    )
    assert store.quarantine_list() == []
    assert store.check() == []


# --- erasing ---


def test_an_erased_text_is_nowhere(store: Store, all_bytes: Callable[[], bytes]) -> None:
    word = "xylophonic"
    secret = document(text=f"The {word} ferry.", headline=f"A {word} tale")
    raw = RawCopy(body=f"<p>{word}".encode() * 3, media_type=None, location="a")
    save(store, document("other"), secret, document("more"), raw=raw)
    assert store.erase(secret.id, reason="court order", now=NOON)
    assert store.document(secret.id, now=NOON) is None
    assert store.versions(secret.uri, now=NOON) == []
    assert store.search(parse_query(word, NOON), now=NOON) == []
    assert len(store.search(Query(), now=NOON)) == 2
    assert store.changes(0)[-1].kind == "erased"
    assert store.snapshot(NOON).documents == 2
    assert store.check() == []
    assert word.encode() not in all_bytes()


def test_an_erased_text_does_not_come_back(store: Store) -> None:
    save(store, document())
    store.erase(document().id, reason="court order", now=NOON)
    outcome = save(store, document(), now=NOON + HOUR)
    assert (outcome.stored, outcome.repeated) == ((), 1)
    assert len(store.sightings(document().id)) == 2
    assert store.search(Query(), now=NOON) == []


def test_a_text_that_is_not_here_can_be_erased_and_is_not_taken_in(store: Store) -> None:
    gone = document()
    assert not store.erase(gone.id, reason="court order", now=NOON)
    store.erase_elsewhere(gone.id.upper(), reason="court order", now=NOON)
    assert store.known([gone.id]) == {gone.id}
    assert [(each.kind, each.document_id, each.uri) for each in store.changes(0)] == [
        ("erased", gone.id, None)
    ]
    outcome = save(store, gone, document(text="The next version."))
    assert len(outcome.stored) == 1
    assert store.document(gone.id, now=NOON) is None
    assert [each.erase_reason for each in store.audit(gone.id, now=NOON)] == ["court order"]
    assert store.erase(gone.id, reason="once more", now=NOON)
    assert store.snapshot(NOON).documents == 1
    assert store.check() == []


def test_what_is_left_of_an_erased_text_that_came_again_goes_with_housekeeping(
    store: Store, all_bytes: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = document(text="The xylophonic ferry.")
    save(store, secret)
    store.erase(secret.id, reason="court order", now=NOON)
    with monkeypatch.context() as broken:

        def fail(**_limit: float) -> None:
            raise StoreError("too slow")

        broken.setattr(store._database, "scrub", fail)
        raw = RawCopy(body=b"a xylophonic line", media_type=None, location="a")
        assert save(store, secret, raw=raw).repeated == 1  # no worker waits for it
        store.expire(NOON, raw_days=30, change_days=30, poll_count=5)
    store.expire(NOON, raw_days=30, change_days=30, poll_count=5)
    with store._database.read() as connection:
        assert connection.exec_driver_sql("SELECT name FROM mark").all() == []
    assert b"xylophonic" not in all_bytes()


def test_erasing_the_newest_version_shows_the_one_before(store: Store) -> None:
    old, new = document(text="Old.", revision="1"), document(text="New.", revision="2")
    save(store, old, new)
    store.erase(new.id, reason="court order", now=NOON)
    (found,) = store.search(Query(), now=NOON)
    assert (found.document, found.version) == (old, 1)
    later = document(text="Third.", revision="3")
    save(store, later)
    (found,) = store.search(Query(), now=NOON)
    assert (found.document, found.version) == (later, 3)


def test_what_is_in_quarantine_of_the_same_item_goes_too(store: Store) -> None:
    good, bad, other = take_in(store, entry("ferry"), entry("ferry", text="again"), entry("other"))
    claim(store, [good, bad, other])
    refusals = [Refusal(entry_id=each, reason=Reason.EMPTY, detail="odd") for each in (bad, other)]
    store.save([Processed(entry_id=good, document=document())], refusals, token="t", now=NOON)
    store.erase(document().id, reason="court order", now=NOON)
    assert [row.guid for row in store.quarantine_list()] == ["other"]
    assert store.check() == []


def test_erasing_twice_is_erasing_once_and_an_unknown_id_is_said(store: Store) -> None:
    save(store, document())
    assert store.erase(document().id, reason="court order", now=NOON)
    assert store.erase(document().id, reason="again", now=NOON)
    assert [each.kind for each in store.changes(0)] == ["new", "erased"]
    assert not store.erase("f" * 32, reason="court order", now=NOON)


# --- housekeeping ---


def test_old_raw_copies_go_when_all_their_entries_are_done(store: Store) -> None:
    problem = Problem(reason=Reason.NOT_A_FEED, detail="a web page", where="")
    save(store, document("done"))
    take_in(store, entry("open"))
    take_in_polls(store, poll(problems=(problem,)))
    _refuse(store, "quarantined")
    keep = {"change_days": 1000, "poll_count": 1000}
    assert store.expire(NOON + 30 * DAY, raw_days=30, **keep)["raw"] == 0
    assert store.expire(NOON + 62 * DAY, raw_days=30, **keep)["raw"] == 1
    assert store.expire(NOON + 62 * DAY, raw_days=30, **keep)["raw"] == 0
    for row in store.quarantine_list():
        shown = store.quarantine_show(row.id)
        assert shown is not None
        assert shown[1]
    assert store.check() == []


def test_a_raw_copy_that_expired_may_come_again(store: Store) -> None:
    raw = RawCopy(body=b"one", media_type=None, location="a")
    save(store, document(), raw=raw)
    store.expire(NOON + 31 * DAY, raw_days=30, change_days=1, poll_count=1)
    problem = Problem(reason=Reason.NOT_A_FEED, detail="a web page", where="")
    take_in_polls(store, poll(raw=raw, problems=(problem,)))
    shown = store.quarantine_show(store.quarantine_list()[0].id)
    assert shown is not None
    assert shown[1] == b"one"


def test_old_changes_and_polls_go_and_numbers_are_not_used_again(store: Store) -> None:
    save(store, document("a"))
    last = store.last_change()
    save(store, document("b"), now=NOON + 2 * DAY)
    removed = store.expire(NOON + 2 * DAY, raw_days=30, change_days=1, poll_count=1)
    assert (removed["change"], removed["poll"]) == (1, 1)
    assert [each.document_id for each in store.changes(0)] == [document("b").id]
    store.expire(NOON + 9 * DAY, raw_days=30, change_days=1, poll_count=1)
    save(store, document("c"), now=NOON + 9 * DAY)
    assert store.last_change() > last + 1


def test_the_newest_change_stays_so_that_the_end_of_the_log_is_known(store: Store) -> None:
    store.expire(
        NOON, raw_days=30, change_days=1, poll_count=1
    )  # makes this month's part, where there are any
    save(store, document("a"), document("b"))
    last = store.last_change()
    assert store.expire(NOON + 900 * DAY, raw_days=30, change_days=1, poll_count=1)["change"] == 1
    assert (store.first_change(), store.last_change()) == (last, last)


def test_more_than_one_step_of_old_rows_goes(store: Store) -> None:
    save(store, *(document(str(number)) for number in range(1_100)))
    assert store.expire(NOON + 9 * DAY, raw_days=1, change_days=1, poll_count=0)["change"] == 1_099


def test_a_sound_store_has_nothing_wrong(store: Store) -> None:
    save(store, document())
    _refuse(store)
    take_in(store, entry("open"))
    assert store.check() == []


def test_what_follows_from_the_documents_is_made_again(store: SqlStore) -> None:
    tagging = Tagging(rules="r", regions=(Tag(code="AF", name="Afghanistan", score=1.0),))
    found, tagged, erased = (
        document("found"),
        document("tagged", text="Kabul is quiet."),
        document("erased", text="Secret."),
    )
    save(store, found, erased)
    (id_,) = take_in(store, entry("tagged"))
    claim(store, [id_])
    store.save([Processed(entry_id=id_, document=tagged, tagging=tagging)], [], token="t", now=NOON)
    store.erase(erased.id, reason="court order", now=NOON)
    database = store._database
    with database.write() as connection:
        for seq in (1, 3):
            database.unindex(connection, seq)
        ghosts = [Terms(document_seq=seq, headline="", body="ghost", about="") for seq in (2, 99)]
        database.index(connection, ghosts)
        connection.exec_driver_sql("DELETE FROM document_tag")
        connection.exec_driver_sql("INSERT INTO document_tag VALUES ('region', 'fr', 1)")
    assert store.repair() == {
        "documents not in the search index": 2,
        "erased documents that are in the search index": 1,
        "index entries of documents that are not there": 1,
        "documents not found by their tags": 2,
    }
    assert store.check() == []
    assert store.repair() == {}
    for words, guids in (("kabul", ["tagged"]), ("region:af", ["tagged"]), ("region:fr", []), ("ghost", [])):
        hits = store.search(parse_query(words, NOON), now=NOON)
        assert [each.document.guid for each in hits] == guids, words
