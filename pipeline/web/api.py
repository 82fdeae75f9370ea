"""The JSON twins of the pages.

Answers are written by the same functions as those of the command line; the models in `answers` describe them
and are not run over them again.
"""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.responses import JSONResponse

from pipeline.codec import to_json
from pipeline.errors import ChangesGoneError, QueryError
from pipeline.model import Sighting, StoredDocument
from pipeline.monitor.snapshot import Snapshot
from pipeline.publish.difference import Difference, chain_lines, difference
from pipeline.publish.record import change_record, document_record, version_record
from pipeline.publish.tail import changes_after, tell
from pipeline.web.answers import (
    ChangeList,
    DocumentList,
    DocumentRecord,
    FeedList,
    Problem,
    QueueList,
    VersionList,
)
from pipeline.web.edge import WebEdge
from pipeline.web.reading import FURTHEST, DocumentPage, find, newest, pair_to_compare

MAX_DOCUMENTS = 200

_NOT_THERE: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is none that may be shown"}
}
_NOT_UNDERSTOOD: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The query is not understood, and why"}
}

_MISSED: dict[int | str, dict[str, Any]] = {
    410: {"model": Problem, "description": "Changes after that one are gone: read everything again"}
}

After = Annotated[
    int | None,
    Query(
        ge=0,
        le=2**63 - 1,
        description="Number of the last change that is known; 0: the oldest kept. "
        "Without it no change is given, but where the log ends now.",
    ),
]
Words = Annotated[str, Query(max_length=1000, description="Words, phrases, fields; empty: the newest.")]
Other = Annotated[
    str | None, Query(max_length=32, description="An id, or the number of a version of the same item.")
]
Limit = Annotated[int, Query(ge=1, le=MAX_DOCUMENTS)]
Offset = Annotated[int, Query(ge=0, le=FURTHEST)]


def standing_api(edge: WebEdge) -> APIRouter:
    """Build the routes that say how everything stands."""
    router = APIRouter(tags=["standing"])

    @router.get("/status", response_model=Snapshot)
    def status() -> Response:
        """Say how queues, workers and feeds stand."""
        return _json(edge.snapshot())

    @router.get("/queues", response_model=QueueList)
    def queues() -> Response:
        """Say how the queues stand, and who works on them."""
        snapshot = edge.snapshot()
        return _json(
            QueueList(
                taken_at=snapshot.taken_at,
                queues=snapshot.queues,
                workers=snapshot.workers,
                queue_error=snapshot.queue_error,
            )
        )

    @router.get("/feeds", response_model=FeedList)
    def feeds() -> Response:
        """Say how the feeds stand, those in trouble first."""
        snapshot = edge.snapshot()
        return _json(FeedList(taken_at=snapshot.taken_at, feeds=snapshot.feeds))

    return router


def documents_api(edge: WebEdge) -> APIRouter:
    """Build the routes that give documents."""
    router = APIRouter(tags=["documents"])

    @router.get("/documents", response_model=DocumentList, responses=_NOT_UNDERSTOOD)
    def search(
        q: Words = "", limit: Limit = 20, offset: Offset = 0, all_versions: bool = False
    ) -> JSONResponse:
        """Find documents, newest published first."""
        try:
            found = find(edge, q, limit=limit, offset=offset, all_versions=all_versions)
        except QueryError as error:
            raise HTTPException(400, str(error)) from error
        return _list(found)

    @router.get("/newest", response_model=DocumentList)
    def arrivals(limit: Limit = 20) -> JSONResponse:
        """Give the documents that were stored last, newest first, every version."""
        return _list(DocumentPage(documents=newest(edge, limit)))

    @router.get("/documents/{document_id}", response_model=DocumentRecord, responses=_NOT_THERE)
    def show(document_id: str) -> JSONResponse:
        """Give one document by its id or an unambiguous beginning of it."""
        return JSONResponse(document_record(_document(edge, document_id)))

    return router


def changes_api(edge: WebEdge) -> APIRouter:
    """Build the route by which programs follow what becomes of documents."""
    router = APIRouter(tags=["documents"])

    @router.get("/changes", response_model=ChangeList, responses=_MISSED)
    def changes(after: After = None, limit: Limit = 100) -> JSONResponse:
        """Give what became of documents after a change: new, killed, withheld, erased, … in order."""
        if after is None:
            return JSONResponse({"changes": [], "next_after": edge.store.last_change()})
        try:
            found = changes_after(edge.store, after, limit)
        except ChangesGoneError as error:
            raise HTTPException(410, str(error)) from error
        now = edge.clock.now()
        records = [change_record(tell(edge.store, each, now)) for each in found]
        return JSONResponse({"changes": records, "next_after": found[-1].seq if found else after})

    return router


def versions_api(edge: WebEdge) -> APIRouter:
    """Build the routes that say what became of a document's item, and where it was seen."""
    router = APIRouter(tags=["documents"])

    @router.get("/documents/{document_id}/versions", response_model=VersionList, responses=_NOT_THERE)
    def versions(document_id: str) -> JSONResponse:
        """Give all versions of a document's item that may be shown, oldest first, and what each changed."""
        uri = _document(edge, document_id).document.uri
        chain = chain_lines(edge.store.versions(uri, now=edge.clock.now()))
        found = [version_record(each.stored, each.changed) for each in chain]
        return JSONResponse({"documents": found, "next_offset": None})

    @router.get("/documents/{document_id}/diff", response_model=Difference, responses=_NOT_THERE)
    def diff(document_id: str, other: Other = None) -> Response:
        """Say what a version says that another, or the version before it, did not."""
        pair = pair_to_compare(edge, document_id, other)
        if pair is None:
            raise HTTPException(404, "there are no two such versions that may be shown")
        old, new = pair
        return _json(difference(old.document, new.document))

    @router.get("/documents/{document_id}/copies", response_model=DocumentList, responses=_NOT_THERE)
    def copies(document_id: str) -> JSONResponse:
        """Give the documents that are the same copy as this one, first published first."""
        document = _document(edge, document_id).document
        return _list(DocumentPage(documents=tuple(edge.store.copies(document.id, now=edge.clock.now()))))

    @router.get("/documents/{document_id}/sightings", response_model=list[Sighting], responses=_NOT_THERE)
    def sightings(document_id: str) -> Response:
        """Say where and when copies of this version were seen, oldest first."""
        return _json(edge.store.sightings(_document(edge, document_id).document.id))

    return router


def _document(edge: WebEdge, document_id: str) -> StoredDocument:
    found = edge.store.document(document_id, now=edge.clock.now())
    if found is None:
        raise HTTPException(404, "there is no such document that may be shown")
    return found


def _list(found: DocumentPage) -> JSONResponse:
    return JSONResponse(
        {
            "documents": [document_record(each) for each in found.documents],
            "next_offset": found.next_offset,
        }
    )


def _json(value: object) -> Response:
    return Response(to_json(value), media_type="application/json")
