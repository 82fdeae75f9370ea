"""Contract of ports.CareStore: what is past its time goes, whole, and nothing else does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.errors import Reason
from pipeline.identity import item_key, uri_of_guid
from pipeline.model import Document, Problem, PubStatus, Relation, Signal, Slugged, StoryTraits, Tag, Tagging
from pipeline.ports.feeds import RawCopy
from pipeline.ports.reading import Query
from pipeline.ports.store import Store
from pipeline.ports.stories import StoryPlace, Telling
from pipeline.ports.work import Processed
from pipeline.retention import FOREVER, Kept, Policy
from pipeline.store.search import parse_query
from store_builders import (
    DAY,
    HARBOUR,
    HOUR,
    NOON,
    claim,
    document,
    entry,
    feed,
    poll,
    save,
    sync_feeds,
    take_in_polls,
)

MONTH = Policy(document_days=30, raw_days=30)
LATER = NOON + 30 * DAY


def _sweep(store: Store, policy: Policy, now=LATER) -> int:
    page = store.past_items(policy, now)
    assert page.after is None
    return store.remove_past([each.id for each in page.items], policy, now)


def _guids(store: Store, now=LATER) -> list[str]:
    return sorted(each.document.guid or "" for each in store.search(Query(), now=now))


def _save_from(store: Store, source: str, each: Document, *, tagging: Tagging | None = None) -> None:
    """Store a document that came by a source of its own."""
    (taken,) = store.take_in([replace(poll(entry(f"{each.guid}-{source}")), feed_id=source)], NOON)
    ids = [ref.id for ref in taken.new]
    claim(store, ids, source)
    processed = Processed(entry_id=ids[0], document=each, tagging=tagging or Tagging())
    store.save([processed], [], token=source, now=NOON)


def test_what_is_past_its_time_is_nowhere_and_what_is_not_stays(store: Store) -> None:
    save(store, document("old", text="The xylophonic ferry."))
    save(store, document("new"), now=NOON + HOUR)
    assert _sweep(store, MONTH, LATER - timedelta(seconds=1)) == 0
    assert _sweep(store, MONTH) == 1
    assert _guids(store) == ["new"]
    assert store.search(parse_query("xylophonic", NOON), now=LATER) == []
    assert store.audit(document("old", text="The xylophonic ferry.").id, now=LATER) == []
    snapshot = store.snapshot(LATER)
    assert (snapshot.documents, snapshot.items) == (1, 1)
    assert store.check() == []
    assert _sweep(store, MONTH) == 0


def test_followers_are_told_what_went(store: Store) -> None:
    held = document("held", pub_status=PubStatus.WITHHELD)
    save(store, document("old"), held)
    last = store.last_change()
    assert _sweep(store, MONTH) == 2
    assert [(each.kind, each.document_id) for each in store.changes(last)] == [
        ("expired", document("old").id)
    ]


def test_without_a_wish_everything_stays(store: Store) -> None:
    save(store, document("old"))
    assert store.past_items(Policy(), NOON + 9999 * DAY).items == ()
    assert store.remove_past([1], Policy(), NOON + 9999 * DAY) == 0


def test_what_a_feed_still_lists_does_not_come_back(store: Store) -> None:
    take_in_polls(store)
    _save_from(store, "harbour", document("old"))
    assert _sweep(store, MONTH) == 1
    (again,) = store.take_in([poll(entry("old-harbour"), polled_at=LATER)], LATER)
    assert (again.found, again.new) == (1, ())
    assert store.check() == []


def test_a_chain_goes_as_a_whole_after_its_newest_version(store: Store) -> None:
    first, second = document(text="One.", revision="1"), document(text="Two.", revision="2")
    save(store, first)
    save(store, second, now=NOON + 5 * DAY)
    assert _sweep(store, MONTH) == 0
    assert [each.id for each in store.audit(first.id, now=LATER)] == [first.id, second.id]
    assert _sweep(store, MONTH, LATER + 5 * DAY) == 2
    assert store.check() == []


def test_a_version_that_comes_after_it_was_found_keeps_its_chain(store: Store) -> None:
    save(store, document(text="One.", revision="1"))
    page = store.past_items(MONTH, LATER)
    save(store, document(text="Two.", revision="2"), now=LATER)
    assert store.remove_past([each.id for each in page.items], MONTH, LATER) == 0
    assert _guids(store) == ["ferry"]


@pytest.mark.parametrize("what", ["killed", "erased"])
def test_a_chain_that_was_taken_back_stays_on_record_without_its_texts(store: Store, what: str) -> None:
    first = document(text="The xylophonic ferry.", revision="1")
    kill = document(text="", revision="2", pub_status=PubStatus.CANCELED, signal=Signal.KILL)
    second = document(text="The xylophonic quay.", revision="2")
    save(store, first, kill if what == "killed" else second)
    if what == "erased":
        store.erase(second.id, reason="court order", now=NOON)
    before = [(each.id, each.standing, each.taken_back_by) for each in store.audit(first.id, now=LATER)]
    assert _sweep(store, MONTH) == (2 if what == "killed" else 1)
    after = store.audit(first.id, now=LATER)
    assert [(each.id, each.standing, each.taken_back_by) for each in after] == before
    assert [each.stored for each in after] == [None, None]
    assert {each.erase_reason for each in after} <= {"past its time", "court order"}
    assert after[0].erase_reason == "past its time"
    assert _guids(store) == []
    assert store.check() == []
    assert save(store, first, now=LATER).stored == ()  # it does not come back
    assert _sweep(store, MONTH, LATER + 99 * DAY) == 0


def test_a_kill_of_what_never_came_takes_it_back_when_it_comes_after_that_time(store: Store) -> None:
    late = document("late", text="The xylophonic ferry.")
    words = document(text="Please kill the ferry.", pub_status=PubStatus.CANCELED, signal=Signal.KILL)
    kill = replace(words, uri=f"urn:newswire:harbour-press:text:{'0' * 32}", names=(item_key(late.uri),))
    save(store, kill)
    assert _guids(store) == ["ferry"]  # it names nothing that is here: people have to see it
    assert _sweep(store, MONTH) == 1
    assert _guids(store) == []
    save(store, late, now=LATER)
    assert _guids(store) == []
    assert [each.standing for each in store.audit(late.id, now=LATER)] == ["killed", "canceled"]
    assert store.check() == []


def test_what_its_sender_withheld_is_withheld_still_when_an_older_version_comes_again(store: Store) -> None:
    first = document(text="One.", revision="1")
    held = document(text="Two.", revision="2", pub_status=PubStatus.WITHHELD)
    save(store, first, held)
    assert _sweep(store, MONTH) == 2
    save(store, document(text="One, once more.", revision="1"), now=LATER)
    assert _guids(store) == []
    assert store.check() == []


def test_a_source_has_a_time_of_its_own_and_the_longest_counts(store: Store) -> None:
    wishes = {"short": Kept(document_days=3), "long": Kept(document_days=60), "usual": Kept()}
    sync_feeds(store, [feed(name, kept=kept) for name, kept in wishes.items()], NOON)
    for name in wishes:
        _save_from(store, name, document(name))
    for name in ("short", "usual"):
        _save_from(store, name, document("both"))
    policy = MONTH.for_feeds(store.kept_by_feeds())
    assert dict(policy.feeds) == {"short": wishes["short"], "long": wishes["long"]}
    assert _sweep(store, policy, NOON + 3 * DAY) == 1
    assert _guids(store) == ["both", "long", "usual"]
    assert _sweep(store, policy) == 2
    assert _guids(store) == ["long"]
    assert store.check() == []


def test_a_beat_keeps_its_documents_longer(store: Store) -> None:
    sync_feeds(store, [HARBOUR], NOON)
    beat = Tag(code="afghanistan-security", name="Afghanistan security", score=1.0)
    _save_from(store, "harbour", document("kabul"), tagging=Tagging(rules="r", beats=(beat,)))
    _save_from(store, "harbour", document("ferry"))
    policy = replace(MONTH, beats={"afghanistan-security": FOREVER})
    assert _sweep(store, policy) == 1
    assert _guids(store) == ["kabul"]


def test_links_copies_and_stories_lose_what_went_and_keep_the_rest(store: Store) -> None:
    save(store, document("old"), document("alone"))
    save(store, document("new"), now=NOON + DAY)
    old, alone, new = store.untold(10, now=NOON, lease=HOUR)
    link = Relation(kind="same-story", id=old.document_id, score=0.5)
    places = [
        StoryPlace(seq=old.seq, document_id=old.document_id, story_id="a" * 32),
        StoryPlace(seq=new.seq, document_id=new.document_id, story_id="a" * 32, relations=(link,)),
        StoryPlace(seq=alone.seq, document_id=alone.document_id, story_id="b" * 32),
    ]
    traits = StoryTraits(language="en")
    members = {each.seq: (each.published_at, traits, (each.seq,)) for each in (old, alone, new)}
    assert store.tell(Telling(told=places, members=members), NOON)
    assert _sweep(store, MONTH) == 2
    found = store.document(new.document_id, now=LATER)
    assert found is not None
    assert (found.story_id, found.relations) == ("a" * 32, ())
    story = store.story("a" * 32, now=LATER)
    assert story is not None
    assert story.count == 1
    assert store.story("b" * 32, now=LATER) is None
    assert store.check() == []


def test_a_link_to_what_went_meanwhile_is_not_stored(store: Store) -> None:
    save(store, document("old"))
    assert _sweep(store, MONTH) == 1
    (taken,) = take_in_polls(store, poll(entry("copy")))
    claim(store, [taken.new[0].id], "late")
    link = Relation(kind="same-copy", id=document("old").id, score=1.0)
    late = Processed(entry_id=taken.new[0].id, document=document("copy"), relations=(link,))
    store.save([late], [], token="late", now=LATER)
    assert store.check() == []


def test_documents_that_find_their_chain_by_a_slug_leave_no_empty_item(store: Store) -> None:
    def slugged(day: str, before: str | None, *, later: bool) -> Document:
        uri = uri_of_guid("Harbour Press", f"slug-{day}")
        named = Slugged(family="ab" * 16, day=day, before=before, later=later)
        return replace(document(f"slug-{day}"), uri=uri, slugged=named)

    first = slugged("2026-04-30", None, later=False)
    save(store, first, slugged("2026-05-01", first.uri, later=True))
    assert _sweep(store, MONTH) == 2
    assert store.snapshot(LATER).items == 0
    assert store.check() == []


def test_pages_follow_each_other(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.store.retention._PAGE", 2)
    save(store, *(document(str(number)) for number in range(5)))
    found: list[int] = []
    after: int | None = 0
    while after is not None:
        page = store.past_items(MONTH, LATER, after=after)
        found += [each.id for each in page.items]
        after = page.after
    assert len(found) == len(set(found)) == 5


# --- raw copies ---


def _raw_left(store: Store, now, **wishes: int) -> Sequence[str]:
    store.expire(now, raw_days=30, change_days=1000, poll_count=1000, raw_days_of=wishes)
    with store._database.read() as connection:  # type: ignore[attr-defined]
        rows = connection.exec_driver_sql("SELECT media_type FROM raw ORDER BY media_type").scalars()
        return list(rows)


def test_raw_copies_of_a_source_are_kept_as_long_as_it_says(store: Store) -> None:
    sync_feeds(store, [feed(name) for name in ("short", "usual", "long")], NOON)
    for sources in (("short",), ("usual",), ("long",), ("short", "usual")):
        name = "+".join(sources)
        raw = RawCopy(body=name.encode(), media_type=name, location="a")
        for source in sources:
            (taken,) = store.take_in(
                [replace(poll(entry(f"{name}-{source}"), raw=raw), feed_id=source)], NOON
            )
            ids = [ref.id for ref in taken.new]
            claim(store, ids, name)
            store.save([Processed(entry_id=ids[0], document=document(name))], [], token=name, now=NOON)
    wishes = {"short": 3, "long": 60}
    assert _raw_left(store, NOON + 4 * DAY, **wishes) == ["long", "short+usual", "usual"]
    assert _raw_left(store, NOON + 31 * DAY, **wishes) == ["long"]
    # A database may keep them until all of their month is old.
    assert _raw_left(store, NOON + 92 * DAY, **wishes) == []


PROBLEM = Problem(reason=Reason.BAD_RECORD, detail="no text", where="line 2")
RAW = RawCopy(body=b"a xylophonic line", media_type=None, location="a")


def _expired_on_record(store: Store, **fields: Any) -> Document:
    """Have a killed chain go, so that its first version stays without its text; gives that version."""
    first = document(text="The xylophonic ferry.", revision="1")
    save(store, first, **fields)
    save(store, document(text="", revision="2", pub_status=PubStatus.CANCELED, signal=Signal.KILL))
    assert _sweep(store, MONTH) == 2
    return first


def _in_quarantine(store: Store) -> list[bytes]:
    return [found[1] for row in store.quarantine_list() if (found := store.quarantine_show(row.id))]


def test_a_copy_of_what_went_does_not_empty_the_response_that_it_came_in(store: Store) -> None:
    save(store, _expired_on_record(store), now=LATER, problems=(PROBLEM,), raw=RAW)
    assert _in_quarantine(store) == [RAW.body]


def test_what_went_can_be_erased_with_all_that_is_left_of_it(store: Store) -> None:
    first = _expired_on_record(store, problems=(PROBLEM,), raw=RAW)
    assert _in_quarantine(store) == [RAW.body]
    assert store.erase(first.id, reason="court order", now=LATER)
    assert _in_quarantine(store) == [b""]
    reasons = [each.erase_reason for each in store.audit(first.id, now=LATER)]
    assert reasons == ["court order", "past its time"]
    assert store.changes(0)[-1].kind == "erased"
    assert store.check() == []
    save(store, first, now=LATER, problems=(PROBLEM,), raw=replace(RAW, body=b"xylophonic again"))
    assert _in_quarantine(store) == [b"", b""]  # now it is erased


def test_what_went_is_left_to_the_archive_until_it_is_erased_or_killed(store: Store) -> None:
    first, second = document(text="One.", revision="1"), document(text="Two.", revision="2")
    save(store, first, second)
    store.erase(second.id, reason="court order", now=NOON)
    assert _sweep(store, MONTH) == 1
    since, until = NOON - DAY, NOON + DAY
    state = store.span_state(since, until, now=LATER)
    assert (state.shown, state.hidden) == (0, 1)
    hidden = store.archived(since, until, shown=False, now=LATER)
    assert [each.id for each in hidden] == [second.id]
    assert store.known([first.id, second.id]) == {second.id}
    assert store.hidden_since([first, second]) == {}
    kill = document(text="", revision="3", pub_status=PubStatus.CANCELED, signal=Signal.KILL)
    save(store, kill, now=LATER)
    assert store.span_state(since, until, now=LATER).fingerprint != state.fingerprint
    assert store.hidden_since([first]) == {first.id: "killed"}
    assert store.known([first.id]) == frozenset()
    store.erase(first.id, reason="court order", now=LATER)
    assert store.known([first.id]) == {first.id}


def test_what_is_stored_by_a_clock_that_is_behind_is_not_past_its_time_early(store: Store) -> None:
    (ref,) = take_in_polls(store, poll(entry("ferry")))[0].new
    claim(store, [ref.id], "t")
    store.save([Processed(entry_id=ref.id, document=document())], [], token="t", now=NOON - 60 * DAY)
    (found,) = store.search(Query(), now=NOON)
    assert found.stored_at == NOON
    assert _sweep(store, MONTH, NOON + DAY) == 0
    assert store.check() == []
