"""Links depend on the documents alone: not on their order, their batches, or what was away when they came."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import NOON, FixedClock, MemoryIndex
from pipeline.errors import StoreError
from pipeline.identity import content_hash, document_id
from pipeline.model import Document, Relation
from pipeline.ports.copies import Held, Link, Signed, SignedText
from pipeline.ports.work import NO_SEARCH, CopySearch, Processed
from wire_copy import HEADLINE, OTHER_SENTENCES, PARAGRAPHS, earnings, rates, story
from workers.dedupe.link import Linking, link, signature_of
from workers.dedupe.upkeep import Upkeep, rebuild, sweep

LINKING = Linking()
HOUR = timedelta(hours=1)


class MemoryCopies:
    """A ports.CopyStore in dictionaries; `saved` is what a worker's save writes of a document."""

    def __init__(self) -> None:
        self.texts: dict[int, SignedText] = {}
        self.unlinked_seqs: set[int] = set()
        self.open: set[int] = set()
        self.links: dict[frozenset[str], Relation] = {}
        self.down = False
        self.run: str | None = "first"
        self.searched = NO_SEARCH

    def saved(self, processed: Sequence[Processed]) -> None:
        for each in processed:
            assert each.signature is not None
            seq = len(self.texts) + 1
            self.texts[each.entry_id] = SignedText(
                entry_id=each.entry_id,
                seq=seq,
                document_id=each.document.id,
                uri=each.document.uri,
                published_at=each.document.published or NOON,
                signature=each.signature,
                headline=each.document.headline,
                body_text=each.document.body_text,
            )
            self.open.discard(each.entry_id)
            if not each.linked or each.entered_in not in (None, self.run):
                self.unlinked_seqs.add(seq)
            links = [Link(document_id=each.document.id, relation=found) for found in each.relations]
            self.link(links, [], now=NOON)

    def texts_of_entries(self, ids: Sequence[int]) -> tuple[Mapping[int, SignedText], frozenset[int]]:
        self._work()
        found = {each: self.texts[each] for each in ids if each in self.texts}
        return found, frozenset(self.open.intersection(ids))

    def unlinked(self, *, after: int, limit: int) -> Sequence[SignedText]:
        self._work()
        rows = sorted(self.texts.values(), key=lambda each: each.seq)
        return [each for each in rows if each.seq in self.unlinked_seqs and each.seq > after][:limit]

    def link(
        self,
        links: Sequence[Link],
        linked: Sequence[int],
        *,
        now: datetime,
        search: CopySearch = NO_SEARCH,
        entered_in: str | None = None,
    ) -> None:
        self._work()
        self.searched += search
        for each in links:
            pair = frozenset((each.document_id, each.relation.id))
            assert len(pair) == 2
            self.links.setdefault(pair, replace(each.relation, id="", role=None))
        if entered_in in (None, self.run):
            self.unlinked_seqs.difference_update(linked)

    def entered_upto(self, run: str) -> int | None:
        self._work()
        if run != self.run:
            return None
        return min(self.unlinked_seqs, default=len(self.texts) + 1) - 1

    def move_index(self, run: str, *, after: int) -> int:
        self._work()
        self.run = run
        again = {each.seq for each in self.texts.values() if each.seq > after} - self.unlinked_seqs
        self.unlinked_seqs |= again
        return len(again)

    def signatures(self, *, received_since: datetime, after: int, limit: int) -> Sequence[Signed]:
        self._work()
        rows = sorted(self.texts.values(), key=lambda each: each.seq)
        return [
            Signed(
                seq=each.seq,
                entry_id=each.entry_id,
                published_at=each.published_at,
                signature=each.signature,
            )
            for each in rows
            if each.seq > after
        ][:limit]

    def _work(self) -> None:
        if self.down:
            raise StoreError("the store is away")


def document(
    name: str, text: str, *, published: datetime | None = NOON, headline: str = HEADLINE
) -> Document:
    """Make the only version of an item of its own."""
    uri = f"urn:newswire:{name}"
    hashed = content_hash(headline=headline, body_text=text, pub_status="usable")
    return Document(
        id=document_id(uri, hashed, None),
        uri=uri,
        content_hash=hashed,
        provider=name,
        format="text",
        headline=headline,
        lead=text[:80],
        body_text=text,
        published=published,
    )


def processed(*documents: Document, first_entry: int = 1) -> list[Processed]:
    return [
        Processed(entry_id=entry, document=each, signature=signature_of(each))
        for entry, each in enumerate(documents, first_entry)
    ]


def linked(
    batch: Sequence[Processed], index: MemoryIndex, store: MemoryCopies, *, linking: Linking = LINKING
) -> list[Processed]:
    received = {each.entry_id: NOON for each in batch}
    return link(batch, received, index=index, store=store, linking=linking, now=NOON)


DOCUMENTS = (
    document("a", story()),
    document("b", story(*PARAGRAPHS[:5], OTHER_SENTENCES[0]), published=NOON - HOUR, headline="Ship aground"),
    document("c", PARAGRAPHS[0], published=NOON - 2 * HOUR),
    document("d", story(*PARAGRAPHS[1:], OTHER_SENTENCES[1]), published=NOON + HOUR),
    document("e", rates()),
    document("f", rates(rate="4.00", discount="4.50", inflation="2.8", month="April", crown="9.52")),
    document("g", rates(), published=NOON + 2 * HOUR, headline="Norland rate unchanged"),
    document("h", earnings(), headline="Harrow Mills profit up"),
    document("i", earnings(name="Corran Lines", city="Brannoc", profit="7.7", last="9.1", total="88")),
)
NAMES = {each.id: each.provider for each in DOCUMENTS}
#: what is linked, whatever the order
PAIRS = {"ab", "ad", "bd", "ac", "bc", "eg"}


def named(store: MemoryCopies) -> set[str]:
    names = NAMES | {each.document_id: each.uri.rpartition(":")[2] for each in store.texts.values()}
    return {"".join(sorted(names[each] for each in pair)) for pair in store.links}


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(DOCUMENTS), cuts=st.sets(st.integers(1, len(DOCUMENTS) - 1)))
def test_any_order_and_any_batches_give_the_same_links(order: list[Document], cuts: set[int]) -> None:
    index, store = MemoryIndex(), MemoryCopies()
    edges = [0, *sorted(cuts), len(order)]
    for start, end in pairwise(edges):
        store.saved(linked(processed(*order[start:end], first_entry=start + 1), index, store))
    assert named(store) == PAIRS
    assert not store.unlinked_seqs
    assert store.links == _in_one_batch().links


def _in_one_batch() -> MemoryCopies:
    store = MemoryCopies()
    store.saved(linked(processed(*DOCUMENTS), MemoryIndex(), store))
    return store


def test_versions_of_one_item_are_no_copies_of_each_other() -> None:
    first = document("a", story())
    second = replace(document("a", story(*PARAGRAPHS[:5])), uri=first.uri)
    elsewhere = document("b", story())
    store = MemoryCopies()
    store.saved(linked(processed(first, second, elsewhere), MemoryIndex(), store))
    assert set(store.links) == {frozenset((first.id, elsewhere.id)), frozenset((second.id, elsewhere.id))}


@pytest.mark.parametrize(("days", "count"), [(13, 1), (14, 1), (15, 0), (-13, 1), (-15, 0)])
def test_what_was_published_long_before_or_after_is_not_compared(days: int, count: int) -> None:
    store = MemoryCopies()
    other = document("b", story(), published=NOON + timedelta(days=days))
    store.saved(linked(processed(document("a", story()), other), MemoryIndex(), store))
    assert len(store.links) == count


def test_a_document_without_a_date_counts_from_its_arrival() -> None:
    store = MemoryCopies()
    store.saved(
        linked(
            processed(document("a", story(), published=None), document("b", story())), MemoryIndex(), store
        )
    )
    assert len(store.links) == 1


def test_a_text_is_part_of_another_and_the_other_its_whole() -> None:
    whole, part = linked(processed(DOCUMENTS[0], DOCUMENTS[2]), MemoryIndex(), MemoryCopies())
    assert not whole.relations
    (relation,) = part.relations
    assert (relation.id, relation.role) == (whole.document.id, "whole")
    later_whole = linked(processed(DOCUMENTS[2], DOCUMENTS[0]), MemoryIndex(), MemoryCopies())[1]
    assert later_whole.relations[0].role == "part"


def test_a_copy_that_another_worker_has_not_stored_yet_is_linked_by_the_sweep() -> None:
    index, store = MemoryIndex(), MemoryCopies()
    ours, theirs = processed(document("a", story())), processed(document("b", story()), first_entry=2)
    store.open = {1, 2}
    first = linked(ours, index, store)
    second = linked(theirs, index, store)
    assert [each.linked for each in (*first, *second)] == [True, False]
    store.saved(second)
    assert sweep(store, index, LINKING, NOON) == 1
    assert not store.links
    assert store.unlinked_seqs == {1}
    store.saved(first)
    sweep(store, index, LINKING, NOON)
    assert len(store.links) == 1
    assert not store.unlinked_seqs


def test_a_copy_that_was_refused_keeps_nobody_waiting() -> None:
    index, store = MemoryIndex(), MemoryCopies()
    linked(processed(document("a", story())), index, store)
    (second,) = linked(processed(document("b", story()), first_entry=2), index, store)
    assert second.linked


@pytest.mark.parametrize("away", ["index", "store"])
def test_what_is_away_holds_up_no_document(away: str) -> None:
    index, store = MemoryIndex(), MemoryCopies()
    store.saved(linked(processed(document("a", story())), index, store))
    broken = index if away == "index" else store
    broken.down = True
    batch = linked(processed(document("b", story()), first_entry=2), index, store)
    assert [each.linked for each in batch] == [False]
    broken.down = False
    store.saved(batch)
    sweep(store, index, LINKING, NOON)
    assert len(store.links) == 1


def test_a_lost_index_is_rebuilt_and_what_came_meanwhile_is_linked() -> None:
    index, store = MemoryIndex(), MemoryCopies()
    store.saved(linked(processed(document("a", story())), index, store))
    index.lose()
    meanwhile = linked(processed(document("b", story()), first_entry=2), index, store)
    assert not meanwhile[0].linked
    store.saved(meanwhile)
    upkeep = Upkeep(store, index, FixedClock(), LINKING)
    upkeep.round()
    assert index.marker
    assert not store.links
    upkeep.round()
    assert len(store.links) == 1
    assert not store.unlinked_seqs


def test_a_rebuild_during_which_the_index_is_lost_declares_nothing() -> None:
    index, store = MemoryIndex(), MemoryCopies()
    store.saved(linked(processed(document("a", story())), index, store))
    index.lose()
    token = index.begin_rebuild()
    assert token is not None
    steps = rebuild(store, index, token, LINKING, NOON)
    assert next(steps) == 1
    index.lose()
    assert list(steps) == []
    assert not index.marker


def test_two_hosts_do_not_rebuild_at_once() -> None:
    index, store = MemoryIndex(), MemoryCopies()
    index.lose()
    assert index.begin_rebuild() is not None
    Upkeep(store, index, FixedClock(), LINKING).round()
    assert not index.marker


def _replica(index: MemoryIndex, run: str = "second") -> MemoryIndex:
    replica = deepcopy(index)
    replica.run = run
    return replica


def test_what_a_replica_had_not_been_told_when_it_took_over_is_linked_again() -> None:
    index, store = MemoryIndex(), MemoryCopies()
    upkeep = Upkeep(store, index, FixedClock(), LINKING)
    store.saved(linked(processed(document("a", rates())), index, store))
    upkeep.round()
    replica = _replica(index)
    store.saved(linked(processed(document("b", story()), first_entry=2), index, store))
    store.saved(linked(processed(document("c", story()), first_entry=3), replica, store))
    assert not store.links
    after = Upkeep(store, replica, FixedClock(), LINKING)
    after.round()
    assert len(store.links) == 1
    assert not store.unlinked_seqs
    searched = store.searched
    after.round()
    assert store.searched == searched
    assert replica.held() == Held(run="second", whole_in="second", upto=3)


def test_who_writes_to_the_server_that_was_replaced_is_linked_on_the_one_that_replaced_it() -> None:
    old, store = MemoryIndex(), MemoryCopies()
    new = _replica(old)
    behind, before = (Upkeep(store, each, FixedClock(), LINKING) for each in (new, old))
    behind.round()
    # A host that is cut off with the old server works on, and its keeper, too.
    store.saved(linked(processed(document("a", story())), old, store))
    assert store.unlinked_seqs == {1}
    sweep(store, old, LINKING, NOON)
    assert store.unlinked_seqs == {1}
    before.round()
    store.saved(linked(processed(document("b", rates()), first_entry=2), old, store))
    store.saved(linked(processed(document("c", story()), first_entry=3), new, store))
    store.saved(linked(processed(document("d", rates()), first_entry=4), new, store))
    for _ in range(3):
        behind.round()
    assert named(store) == {"ac", "bd"}


def test_a_rebuild_that_another_server_took_over_begins_again() -> None:
    index, store = MemoryIndex(), MemoryCopies()
    store.saved(linked(processed(document("a", story())), index, store))
    index.lose()
    token = index.begin_rebuild()
    assert token is not None
    replica = _replica(index)
    assert list(rebuild(store, replica, token, LINKING, NOON)) == []
    upkeep = Upkeep(store, replica, FixedClock(), LINKING)
    upkeep.round()
    upkeep.round()
    assert replica.held() == Held(run="second", whole_in="second", upto=1)
