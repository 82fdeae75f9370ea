"""Where a version stands in its chain, and how it is linked with its neighbours: `version-of`."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from pipeline.identity import is_text_uri, uri_of_guid
from pipeline.model import Document, Evidence, Relation
from pipeline.store.chain import SHOWN, in_order
from pipeline.store.chains import KnownVersion, known_versions


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainPlace:
    """Where a version stands in its chain."""

    #: from 1
    rank: int
    #: ids of the versions next to it that may be shown, with their ranks
    beside: Sequence[tuple[int, str]]


def places_of(connection: Connection, items: set[int], now: datetime) -> Mapping[int, ChainPlace]:
    """Say where each version of some items stands."""
    places: dict[int, ChainPlace] = {}
    for known in known_versions(connection, list(items)).values():
        shown = {each.version.seq for each in known if _is_shown(each, now)}
        ranked = list(enumerate(in_order(each.version for each in known), 1))
        seen = [(rank, each.id) for rank, each in ranked if each.seq in shown]
        for rank, each in ranked:
            after = bisect_left(seen, (rank, ""))
            following = after + 1 if each.seq in shown else after
            beside = (*seen[max(after - 1, 0) : after], *seen[following : following + 1])
            places[each.seq] = ChainPlace(rank=rank, beside=beside)
    return places


def _is_shown(known: KnownVersion, now: datetime) -> bool:
    """Say what shown.may_be_shown says in SQL."""
    embargoed = known.version.embargoed
    return known.standing in SHOWN and not known.version.erased and (embargoed is None or embargoed <= now)


def version_links(told: Document, place: ChainPlace) -> Iterator[Relation]:
    """Link a version with the one before it and the one after it, and say why they are one item."""
    for rank, document_id in place.beside:
        order = "follows" if rank < place.rank else "comes before"
        score, evidence = _sameness(told)
        why = f"{evidence.why}; version {place.rank} {order} version {rank}"
        yield Relation(kind="version-of", id=document_id, score=score, evidence=(replace(evidence, why=why),))


def _sameness(told: Document) -> tuple[float, Evidence]:
    """Say by what a document is known to be of its item, and how sure that is."""
    if not is_text_uri(told.uri):
        if told.guid and told.uri == uri_of_guid(told.provider, told.guid):
            return 1.0, Evidence(field="guid", text=told.guid, why="the same sender's id")
        return 1.0, Evidence(field="url", text=told.url or "", why="the same address")
    if told.slugged is not None and told.slugline:
        return 0.9, Evidence(field="slugline", text=told.slugline, why="the same slug within a day")
    words = told.headline or told.lead
    return 0.8, Evidence(field="text", text=words, why="the same first words on the same day")
