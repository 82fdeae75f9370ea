from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fakes_read import NOON, FakeReadStore, FixedClock, stored
from pipeline.errors import ChangesGoneError
from pipeline.model import StoredDocument, Tag, Tagging
from pipeline.ports.reading import Change
from pipeline.publish.tail import follow, follow_changes, place_before, tell


class LoggedStore(FakeReadStore):
    """A store whose change log is given: document id for new, `-` for another kind."""

    def __init__(self, *entries: str, first: int = 1) -> None:
        super().__init__(documents=[stored(each) for each in dict.fromkeys(entries) if each != "-"])
        self.entries = list(entries)
        self.first = first

    def log(self) -> Sequence[Change]:
        return [
            Change(seq=seq, kind="tagged" if name == "-" else "new", document_id=name, at=NOON)
            for seq, name in enumerate(self.entries, start=self.first)
        ]


def names(documents: Iterator[StoredDocument]) -> list[str]:
    return [each.document.id for each in documents]


def name(number: int) -> str:
    return f"document-{number:06}"


def test_each_new_document_is_given_once_and_in_order() -> None:
    store = LoggedStore(*(name(number) for number in range(250)))

    given = names(follow(store, FixedClock(), after=0, wait=lambda: False))

    assert given == [name(number) for number in range(250)]


def test_other_changes_are_passed_over() -> None:
    store = LoggedStore("-", name(1), "-", "-", name(2))

    assert names(follow(store, FixedClock(), after=0, wait=lambda: False)) == [name(1), name(2)]


def test_only_documents_of_a_beat_are_given_where_one_is_named() -> None:
    store = LoggedStore(name(1), name(2))
    of_beat = Tagging(rules="r", beats=(Tag(code="sahel-security", name="Sahel", score=0.9),))
    store.documents = [store.documents[0], replace(store.documents[1], tagging=of_beat)]
    given = follow(store, FixedClock(), after=0, beat="sahel-security", wait=lambda: False)

    assert names(given) == [name(2)]


def test_what_is_stored_while_waiting_is_given_too() -> None:
    store = LoggedStore(name(1))
    waits = iter([True, False])

    def wait() -> bool:
        store.entries.append(name(2))
        store.documents = [*store.documents, stored(name(2))]
        return next(waits)

    assert names(follow(store, FixedClock(), after=0, wait=wait)) == [name(1), name(2)]


def test_what_may_not_be_shown_is_passed_over() -> None:
    store = LoggedStore(name(1), name(2))
    store.documents = store.documents[1:]

    assert names(follow(store, FixedClock(), after=0, wait=lambda: False)) == [name(2)]


@pytest.mark.parametrize(
    ("behind", "given"),
    [
        pytest.param(timedelta(milliseconds=3), [name(1)], id="as clocks differ"),
        pytest.param(timedelta(0), [name(1)], id="not at all"),
        pytest.param(timedelta(hours=1), [], id="one of them is wrong: an embargo may still hold"),
    ],
)
def test_what_an_embargo_held_is_not_lost_to_a_reader_whose_clock_is_behind(
    behind: timedelta, given: list[str]
) -> None:
    class Embargoed(LoggedStore):
        def document(self, document_id: str, *, now: datetime) -> StoredDocument | None:
            return super().document(document_id, now=now) if now >= NOON else None

    reader = FixedClock(NOON - behind)
    assert names(follow(Embargoed(name(1)), reader, after=0, wait=lambda: False)) == given


@pytest.mark.parametrize(
    ("log", "lines", "place"),
    [
        pytest.param([], 3, 0, id="empty"),
        pytest.param([name(1), name(2), name(3)], 0, 3, id="none-wanted"),
        pytest.param([name(1), name(2), name(3)], 2, 1, id="the-last-two"),
        pytest.param([name(1), name(2)], 5, 0, id="fewer-than-wanted"),
        pytest.param([name(1), name(2), *"-" * 300], 1, 1, id="far-back"),
    ],
)
def test_the_place_before_the_last_lines_is_found(log: list[str], lines: int, place: int) -> None:
    assert place_before(LoggedStore(*log), lines) == place


def test_every_change_is_given_with_the_document_that_is_new() -> None:
    store = LoggedStore(name(1), "-", name(2))
    given = list(follow_changes(store, FixedClock(), after=0, wait=lambda: False))

    assert [(each.change.seq, each.change.kind) for each in given] == [(1, "new"), (2, "tagged"), (3, "new")]
    assert [each.stored and each.stored.document.id for each in given] == [name(1), None, name(2)]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("new", True), ("released", True), ("killed", False), ("erased", False), ("kind-of-tomorrow", False)],
)
def test_only_what_may_be_shown_since_is_given_with_its_document(kind: str, *, shown: bool) -> None:
    change = Change(seq=1, kind=kind, document_id=name(1), at=NOON)
    assert (tell(LoggedStore(name(1)), change, NOON).stored is not None) == shown


@pytest.mark.parametrize("after", [pytest.param(0, id="from-the-beginning"), 4, 6])
def test_who_has_missed_nothing_goes_on(after: int) -> None:
    store = LoggedStore(name(5), name(6), first=5)
    given = follow_changes(store, FixedClock(), after=after, wait=lambda: False)

    assert [each.change.seq for each in given] == [seq for seq in (5, 6) if seq > after]


@pytest.mark.parametrize(
    ("after", "words"),
    [
        pytest.param(3, "the log begins with 5", id="expired"),
        pytest.param(7, "ends with change 6", id="from-another-life"),
    ],
)
def test_who_has_missed_changes_is_told_so(after: int, words: str) -> None:
    store = LoggedStore(name(5), name(6), first=5)
    with pytest.raises(ChangesGoneError, match=words):
        next(follow_changes(store, FixedClock(), after=after, wait=lambda: False))
