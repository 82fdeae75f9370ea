"""Links between documents that are the same copy: looked up in the index, verified by their texts.

Whether two documents are linked depends on the two alone, so that any order and any batches give the same
links. What cannot be verified now (a document that another worker has not stored yet, a service that is away)
is left to the sweep (workers.dedupe.upkeep): no document waits for it, and none is lost.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from pipeline.errors import ServiceError
from pipeline.logs import get_logger
from pipeline.model import Document, Relation
from pipeline.ports.copies import CopyStore, Mark, NearIndex, SignedText
from pipeline.ports.work import CopySearch, Processed
from workers.dedupe.compare import Comparison, Rules, Text, compare, text_of
from workers.dedupe.signature import Signature, anchors_of, bands_of, estimate, pack, sign, unpack
from workers.dedupe.text import comparable

log = get_logger(__name__)

SAME_COPY = "same-copy"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# An estimate errs: so far below what is asked, a pair is not worth its exact comparison.
_SIMILARITY_SLACK = 0.2
_CONTAINMENT_SLACK = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """What is linked."""

    rules: Rules = field(default_factory=Rules)
    #: documents published within it of each other are compared
    window: timedelta = timedelta(days=14)

    @property
    def life(self) -> timedelta:
        """How long the index keeps a document at least: its period, and the one after."""
        return 2 * self.window + timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What was found for one document."""

    relations: tuple[Relation, ...]
    #: False: some of what it may be a copy of is not stored yet
    complete: bool
    #: see Processed
    entered_in: str | None
    search: CopySearch


def signature_of(document: Document) -> bytes | None:
    """Make the signature that is stored with a document; None where it has too little text."""
    signature = sign(comparable(document))
    return None if signature is None else pack(signature)


def link(
    processed: Sequence[Processed],
    received: Mapping[int, datetime],
    *,
    index: NearIndex,
    store: CopyStore,
    linking: Linking,
    now: datetime,
) -> list[Processed]:
    """Add what each document of a batch is the same copy as.

    Args:
        processed: With signatures.
        received: When each entry was received: takes the place of a date that the sender did not give.
        index: Is told of the documents.
        store: Holds the documents that the index names.
        linking: What is linked.
        now: Aware UTC.
    """
    fresh = {
        each.entry_id: SignedText(
            entry_id=each.entry_id,
            seq=0,
            document_id=each.document.id,
            uri=each.document.uri,
            published_at=each.document.published or received[each.entry_id],
            signature=each.signature,
            headline=each.document.headline,
            body_text=each.document.body_text,
        )
        for each in processed
        if each.signature is not None
    }
    try:
        found = look_up(list(fresh.values()), index=index, store=store, linking=linking, now=now)
    except ServiceError as error:
        log.warning("linking_put_off", cause=str(error), documents=len(fresh))
        return [replace(each, linked=False) for each in processed]
    return [
        replace(
            each,
            relations=each.relations + one.relations,
            linked=one.complete,
            entered_in=one.entered_in,
            search=one.search,
        )
        if (one := found.get(each.entry_id))
        else each
        for each in processed
    ]


def look_up(
    texts: Sequence[SignedText], *, index: NearIndex, store: CopyStore, linking: Linking, now: datetime
) -> Mapping[int, Linked]:
    """Enter documents in the index and find what they are the same copy as, by entry.

    Raises:
        ServiceError: Index or store is not usable now.
    """
    found = index.check_and_add(
        [mark_of(each.entry_id, each.published_at, each.signature, linking, now) for each in texts]
    )
    candidates = dict(zip((each.entry_id for each in texts), found.entries, strict=True))
    known = {each.entry_id: each for each in texts}
    unknown = {entry for entries in candidates.values() for entry in entries}.difference(known)
    stored, open_ = store.texts_of_entries(sorted(unknown)) if unknown else ({}, frozenset[int]())
    decided = decide(texts, candidates, {**stored, **known}, linking)
    return {
        each.entry_id: Linked(
            relations=decided[each.entry_id][0],
            complete=found.whole_in is not None and open_.isdisjoint(candidates[each.entry_id]),
            entered_in=found.whole_in,
            search=decided[each.entry_id][1],
        )
        for each in texts
    }


def decide(
    texts: Sequence[SignedText],
    candidates: Mapping[int, Sequence[int]],
    known: Mapping[int, SignedText],
    linking: Linking,
) -> Mapping[int, tuple[tuple[Relation, ...], CopySearch]]:
    """Decide what each document is the same copy as, and count what was looked at.

    Args:
        texts: The documents.
        candidates: Entry of a document → entries that it may be a copy of.
        known: The texts of those entries, as far as they are stored.
        linking: What is linked.
    """
    read = cache(lambda entry: text_of(known[entry].headline, known[entry].body_text))
    signatures = cache(lambda entry: unpack(known[entry].signature))
    decided = {}
    for each in texts:
        found = [
            (known[other], _compared(each, known[other], read, linking.rules))
            for other in candidates[each.entry_id]
            if other in known and _comparable(each, known[other], signatures, linking)
        ]
        search = CopySearch(
            candidates=len(candidates[each.entry_id]),
            compared=len(found),
            refused=sum(bool(comparison.against) for _, comparison in found),
        )
        relations = (_relation(each, other, comparison) for other, comparison in found if comparison.same)
        decided[each.entry_id] = tuple(relations), search
    return decided


def period_of(published_at: datetime, linking: Linking) -> int:
    """Number the period of the index that a document belongs to; it and its neighbours hold the window."""
    return (published_at - _EPOCH) // linking.window


def mark_of(entry_id: int, published_at: datetime, signature: bytes, linking: Linking, now: datetime) -> Mark:
    """Make what the index is told of a document; a signature of another release falls into no slot."""
    period = period_of(published_at, linking)
    read = unpack(signature)
    return Mark(
        entry_id=entry_id,
        period=period,
        late=period != period_of(now, linking),
        bands=bands_of(read) if read else b"",
        anchors=anchors_of(read) if read else b"",
    )


def _comparable(
    one: SignedText,
    other: SignedText,
    signatures: Callable[[int], Signature | None],
    linking: Linking,
) -> bool:
    """Say whether two documents are worth comparing: of two items, of one time, alike by their signatures."""
    if one.uri == other.uri or abs(one.published_at - other.published_at) > linking.window:
        return False
    first, second = signatures(one.entry_id), signatures(other.entry_id)
    if first is None or second is None:
        return False
    similarity, containment = estimate(first, second)
    rules = linking.rules
    return (
        similarity >= rules.similarity - _SIMILARITY_SLACK
        or containment >= rules.containment - _CONTAINMENT_SLACK
    )


def _compared(one: SignedText, other: SignedText, read: Callable[[int], Text], rules: Rules) -> Comparison:
    # In the order of their ids, so that the evidence is the same whichever came first.
    low, high = _in_order(one, other)
    return compare(read(low.entry_id), read(high.entry_id), rules)


def _relation(one: SignedText, other: SignedText, comparison: Comparison) -> Relation:
    role = None
    if comparison.part is not None:
        part = _in_order(one, other)[comparison.part]
        role = "whole" if part is one else "part"
    return Relation(
        kind=SAME_COPY,
        id=other.document_id,
        score=comparison.score,
        evidence=comparison.evidence(),
        role=role,
    )


def _in_order(one: SignedText, other: SignedText) -> tuple[SignedText, SignedText]:
    return (one, other) if one.document_id < other.document_id else (other, one)
