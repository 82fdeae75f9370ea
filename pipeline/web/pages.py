"""The pages, and the fragments of them that a browser asks for again and again."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.responses import HTMLResponse

from pipeline.errors import QueryError
from pipeline.model import StoredDocument
from pipeline.monitor.snapshot import Snapshot
from pipeline.monitor.standing import FeedCondition
from pipeline.publish.copies import copies_of, feeds_of, is_original
from pipeline.publish.difference import chain_lines, difference
from pipeline.web.edge import WebEdge
from pipeline.web.evidence import by_kind, findings
from pipeline.web.reading import FURTHEST, DocumentPage, find, newest, pair_to_compare
from pipeline.web.templates import Templates

#: newest documents on the status page
NEWEST = 15
#: feeds on the status page; `/feeds` has them all
WORST = 12
DOCUMENTS_A_PAGE = 25
FEEDS_A_PAGE = 200

#: conditions that somebody should look at
TROUBLE = (FeedCondition.STOPPED, FeedCondition.BACKING_OFF, FeedCondition.NEVER_POLLED)

#: off: a page that does not change while it is read
Live = Annotated[str, Query(pattern="^(on|off)$")]
#: an id, or the number of a version of the same item
Other = Annotated[str | None, Query(max_length=32)]
Page = Annotated[int, Query(ge=1, le=FURTHEST // DOCUMENTS_A_PAGE)]


def standing_pages(edge: WebEdge, templates: Templates) -> APIRouter:
    """Build the pages that say how everything stands."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/")
    def status_page(live: Live = "on") -> HTMLResponse:
        values = _standing(edge.snapshot())
        return templates.page("status.html", edge.clock.now(), live=live == "on", **values, **_arrivals(edge))

    @router.get("/fragments/status")
    def status_fragment() -> HTMLResponse:
        return templates.page("_status.html", edge.clock.now(), live=True, **_standing(edge.snapshot()))

    @router.get("/fragments/newest")
    def newest_fragment(seen: int = -1) -> Response:
        # Nothing to swap: what is read, selected or focused stays as it is.
        if edge.store.last_change() == seen:
            return Response(status_code=204)
        return templates.page("_newest.html", edge.clock.now(), live=True, **_arrivals(edge))

    @router.get("/queues")
    def queues_page(live: Live = "on") -> HTMLResponse:
        snapshot = edge.snapshot()
        return templates.page("queues.html", snapshot.taken_at, live=live == "on", snapshot=snapshot)

    @router.get("/feeds")
    def feeds_page(condition: FeedCondition | None = None, page: Page = 1, live: Live = "on") -> HTMLResponse:
        snapshot = edge.snapshot()
        values = _feeds(snapshot, condition, page)
        return templates.page("feeds.html", snapshot.taken_at, live=live == "on", snapshot=snapshot, **values)

    return router


def document_pages(edge: WebEdge, templates: Templates) -> APIRouter:
    """Build the pages that show documents."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/documents")
    def documents_page(
        q: Annotated[str, Query(max_length=1000)] = "", page: Page = 1, all_versions: bool = False
    ) -> HTMLResponse:
        values = _search(edge, q, page, all_versions=all_versions)
        status = 400 if values["error"] else 200
        return templates.page("documents.html", edge.clock.now(), status=status, **values)

    @router.get("/documents/{document_id}")
    def document_page(document_id: str) -> HTMLResponse:
        now = edge.clock.now()
        stored = edge.store.document(document_id, now=now)
        if stored is None:
            raise HTTPException(404, "There is no such document that may be shown.")
        found = findings(stored.tagging)
        copies = copies_of(stored, edge.store.copies(stored.document.id, now=now))
        return templates.page(
            "document.html",
            now,
            stored=stored,
            document=stored.document,
            found=found,
            groups=by_kind(found),
            copies=copies,
            copied_in=feeds_of(stored, copies),
            is_original=is_original(copies),
            versions=chain_lines(edge.store.versions(stored.document.uri, now=now)),
            sightings=edge.store.sightings(stored.document.id),
        )

    @router.get("/documents/{document_id}/diff")
    def diff_page(document_id: str, other: Other = None) -> HTMLResponse:
        pair = pair_to_compare(edge, document_id, other)
        if pair is None:
            raise HTTPException(404, "There are no two such versions that may be shown.")
        old, new = pair
        return templates.page(
            "diff.html",
            edge.clock.now(),
            old=old,
            new=new,
            compared=difference(old.document, new.document),
        )

    return router


def _search(edge: WebEdge, q: str, page: int, *, all_versions: bool) -> dict[str, Any]:
    offset = (page - 1) * DOCUMENTS_A_PAGE
    found = DocumentPage(documents=())
    error = None
    try:
        found = find(edge, q, limit=DOCUMENTS_A_PAGE, offset=offset, all_versions=all_versions)
    except QueryError as refused:
        error = str(refused)
    return {
        "q": q,
        "page": page,
        "all_versions": all_versions,
        "offset": offset,
        "found": found,
        "error": error,
    }


def _standing(snapshot: Snapshot) -> dict[str, Any]:
    counts = Counter(feed.condition for feed in snapshot.feeds)
    return {
        "snapshot": snapshot,
        "worst": [feed for feed in snapshot.feeds if feed.condition in TROUBLE][:WORST],
        "trouble": sum(counts[condition] for condition in TROUBLE),
    }


def _arrivals(edge: WebEdge) -> dict[str, Any]:
    # Asked first: what is stored in between is shown twice rather than never.
    seen = edge.store.last_change()
    documents: Sequence[StoredDocument] = newest(edge, NEWEST)
    return {"seen": seen, "documents": documents}


def _feeds(snapshot: Snapshot, condition: FeedCondition | None, page: int) -> dict[str, Any]:
    chosen = [feed for feed in snapshot.feeds if condition in (None, feed.condition)]
    start = (page - 1) * FEEDS_A_PAGE
    counts = Counter(feed.condition for feed in snapshot.feeds)
    return {
        "feeds": chosen[start : start + FEEDS_A_PAGE],
        "counts": {each: counts[each] for each in FeedCondition if counts[each]},
        "condition": condition,
        "page": page,
        "more": len(chosen) > start + FEEDS_A_PAGE,
    }
