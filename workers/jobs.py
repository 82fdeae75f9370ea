"""The jobs: what RQ runs by name. The processing side in one function: claim, normalise, tag,
link, save.

A job carries ids only and may run twice. An entry that can never work is a value (a Refusal); whatever else
is raised fails the batch, whose entries are given back and sent again one by one (workers.reconcile).
"""

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.errors import EntryError, ServiceError, StoreError
from pipeline.logs import get_logger
from pipeline.model import SourceKind
from pipeline.ports.copies import NearIndex
from pipeline.ports.outside import Clock
from pipeline.ports.store import Store
from pipeline.ports.work import BatchOutcome, ClaimedEntry, Enriched, Processed, Refusal
from workers.dedupe.link import Linking, link, signature_of
from workers.normalise.document import Source, normalise
from workers.tag.enricher import Enricher, wants_enriching
from workers.tag.retag import retagged
from workers.tag.tagger import Tagger

log = get_logger(__name__)

#: stored documents that are tagged again in one job
RETAG_BATCH = 64


class Beat(Protocol):
    """Tells the parent that a batch has begun and has ended: it kills a worker that hangs in one.

    Between `suspect` and `trust` the entries themselves are worked on: only then are they to blame.
    """

    def begin(self) -> None: ...
    def suspect(self) -> None: ...
    def trust(self) -> None: ...
    def end(self) -> None: ...
    def suspects(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEdge:
    """What a worker process holds for its jobs."""

    store: Store
    tagger: Tagger
    #: None: this process is not on the queue `enrich`
    enricher: Enricher | None = None
    #: of documents that are to be enriched
    languages: frozenset[str] = frozenset()
    index: NearIndex
    linking: Linking
    #: of leases: the one that all hosts read
    clock: Clock
    #: of what cannot be undone, as the end of an embargo
    wall: Clock
    beat: Beat
    #: name of the worker's place: whoever takes it after a death gives back what it held
    owner: str
    #: longer than any batch may take
    lease: timedelta
    max_attempts: int


_edges: list[WorkerEdge] = []


def install(edge: WorkerEdge) -> None:
    """Set the edge of this process. RQ calls jobs by name and can hand over nothing but ids."""
    _edges[:] = [edge]


def process_batch(ids: Sequence[int]) -> None:
    """Turn each entry into at most one stored version. Safe to run twice."""
    edge, token, began = _edges[0], secrets.token_hex(8), time.monotonic()
    with _watched(edge), _given_back(edge, token):
        claimed = edge.store.claim(ids, token=token, owner=edge.owner, now=edge.clock.now(), lease=edge.lease)
        edge.beat.suspect()
        processed, refusals = work_through(claimed, edge.tagger)
        edge.beat.trust()
        processed = _link(claimed, processed, edge)
        outcome = edge.store.save(processed, refusals, token=token, now=edge.wall.now())
    _log(claimed, processed, refusals, outcome, time.monotonic() - began)


def enrich_batch(ids: Sequence[int]) -> None:
    """Find people and organisations of stored documents and replace their taggings. Safe to run twice."""
    edge, token, began = _edges[0], secrets.token_hex(8), time.monotonic()
    assert edge.enricher is not None, "a job for the queue `enrich` is on another"
    with _watched(edge), _given_back(edge, token):
        claimed = edge.store.claim_unenriched(
            ids, token=token, owner=edge.owner, now=edge.clock.now(), lease=edge.lease
        )
        edge.beat.suspect()
        enriched = [
            Enriched(seq=each.seq, tagging=edge.enricher.enrich(each.document, each.tagging))
            for each in claimed
        ]
        edge.beat.trust()
        saved = edge.store.save_enriched(enriched, token=token, now=edge.clock.now())
    duration_s = round(time.monotonic() - began, 4)
    log.info("batch_enriched", documents=saved, lost=len(claimed) - saved, duration_s=duration_s)


def retag_batch(_ids: Sequence[int]) -> None:
    """Tag the next stored documents again. Safe to run twice, and whenever: the store knows what is next."""
    edge, token, began = _edges[0], secrets.token_hex(8), time.monotonic()
    with _watched(edge):
        given = edge.store.claim_retag(
            edge.tagger.version,
            token=token,
            now=edge.clock.now(),
            lease=edge.lease,
            limit=RETAG_BATCH,
            max_attempts=edge.max_attempts,
        )
        if given is None:
            return
        try:
            done = [retagged(each, edge.tagger) for each in given]
            saved = edge.store.save_retagged(done, token=token, now=edge.clock.now())
        except BaseException as error:
            edge.store.let_go_retag(token, counts=not isinstance(error, ServiceError), now=edge.clock.now())
            raise
    log.info(
        "batch_retagged",
        documents=saved,
        changed=sum(each.changed for each in done),
        duration_s=round(time.monotonic() - began, 4),
    )


def work_through(claimed: Sequence[ClaimedEntry], tagger: Tagger) -> tuple[list[Processed], list[Refusal]]:
    """Normalise, tag and sign each entry; an EntryError refuses that entry, not the batch."""
    processed: list[Processed] = []
    refusals: list[Refusal] = []
    for one in claimed:
        try:
            document = normalise(one.entry, Source.of(one), one.received_at)
        except EntryError as error:
            refusals.append(Refusal(entry_id=one.id, reason=error.reason, detail=error.detail))
            continue
        document, tagging = tagger.tag(document, default_region=one.default_region)
        processed.append(
            Processed(
                entry_id=one.id,
                document=document,
                tagging=tagging,
                signature=signature_of(document),
                received_at=_first_received(one),
            )
        )
    return processed, refusals


def _first_received(one: ClaimedEntry) -> datetime | None:
    """Say when the document of an export that the operator imports was received first."""
    return one.entry.received if one.source_kind is SourceKind.IMPORT else None


def _link(
    claimed: Sequence[ClaimedEntry], processed: Sequence[Processed], edge: WorkerEdge
) -> list[Processed]:
    """Link copies, and say whose people and organisations are to be found later."""
    received = {one.id: _first_received(one) or one.received_at for one in claimed}
    now = edge.clock.now()
    linked = link(processed, received, index=edge.index, store=edge.store, linking=edge.linking, now=now)
    return [replace(each, enrich=wants_enriching(each.document, edge.languages)) for each in linked]


@contextmanager
def _watched(edge: WorkerEdge) -> Iterator[None]:
    edge.beat.begin()
    try:
        yield
    finally:
        edge.beat.end()


@contextmanager
def _given_back(edge: WorkerEdge, token: str) -> Iterator[None]:
    """Give the batch's entries back when it raises, whatever that is, and let the error out to RQ."""
    try:
        yield
    except BaseException as error:
        # A service that fails, or is so slow that the time runs out, is no fault of the entries.
        counts = edge.beat.suspects() and not isinstance(error, ServiceError)
        cause = f"{type(error).__name__}: {error}"[:500]
        log.warning("batch_failed", token=token, cause=cause, counts=counts)
        try:
            edge.store.fail(
                token, cause=cause, counts=counts, now=edge.clock.now(), max_attempts=edge.max_attempts
            )
        except StoreError as again:
            # The lease runs out by itself, and the reconciler gives them back then.
            log.warning("give_back_failed", token=token, cause=str(again))
        raise


def _log(
    claimed: Sequence[ClaimedEntry],
    processed: Sequence[Processed],
    refusals: Sequence[Refusal],
    outcome: BatchOutcome,
    duration_s: float,
) -> None:
    """Log one line for each entry, so that an item can be followed, and one for the batch."""
    by_id = {one.id: one for one in claimed}
    stored = set(outcome.stored)
    for done in processed:
        log.info(
            "entry_processed",
            entry=done.entry_id,
            feed=done.document.feed,
            guid=done.document.guid,
            document=done.document.id,
            outcome="stored" if done.document.id in stored else "repeated",
        )
    for refusal in refusals:
        one = by_id[refusal.entry_id]
        log.warning(
            "entry_refused",
            entry=one.id,
            feed=one.feed_id,
            guid=one.entry.guid,
            reason=refusal.reason.value,
            detail=refusal.detail,
        )
    log.info(
        "batch_processed",
        entries=len(claimed),
        stored=len(outcome.stored),
        repeated=outcome.repeated,
        refused=outcome.refused,
        lost=outcome.lost,
        duration_s=round(duration_s, 4),
    )
