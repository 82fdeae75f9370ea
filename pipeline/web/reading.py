"""What pages and API ask of the store, asked once for both."""

from dataclasses import dataclass

from pipeline.model import StoredDocument
from pipeline.publish.difference import version_to_compare
from pipeline.publish.tail import follow, place_before
from pipeline.store.search import parse_query
from pipeline.web.edge import WebEdge

#: documents that may be passed over: whoever wants more exports
FURTHEST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPage:
    """A page of documents."""

    documents: tuple[StoredDocument, ...]
    #: where the next page begins; None: this is the last
    next_offset: int | None = None


def find(
    edge: WebEdge, query: str, *, limit: int, offset: int = 0, all_versions: bool = False
) -> DocumentPage:
    """Search, newest published first.

    Raises:
        QueryError: The query is not understood; the message says why.
    """
    now = edge.clock.now()
    found = edge.store.search(
        parse_query(query, now, edge.groups),
        now=now,
        limit=limit + 1,
        offset=offset,
        all_versions=all_versions,
    )
    following = offset + limit
    more = len(found) > limit and following <= FURTHEST
    return DocumentPage(documents=tuple(found[:limit]), next_offset=following if more else None)


def newest(edge: WebEdge, limit: int) -> tuple[StoredDocument, ...]:
    """Give the documents stored last, newest first: by the change log, as dates claim all sorts of things."""
    arrived = follow(
        edge.store, edge.clock, after=place_before(edge.store, limit), wait=_wait_for_nothing_more
    )
    return tuple(arrived)[: -limit - 1 : -1]


def pair_to_compare(
    edge: WebEdge, document_id: str, other: str | None
) -> tuple[StoredDocument, StoredDocument] | None:
    """Find a document and the version it is compared with, that one first; None: one may not be shown."""
    now = edge.clock.now()
    found = edge.store.document(document_id, now=now)
    old = version_to_compare(edge.store, found, other or None, now=now) if found else None
    return (old, found) if old is not None and found is not None else None


def _wait_for_nothing_more() -> bool:
    return False
