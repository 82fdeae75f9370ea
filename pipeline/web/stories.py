"""Stories on the web: the list, one story, and the JSON twin of each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse, JSONResponse

from pipeline.errors import QueryError
from pipeline.ports.stories import StoryFound
from pipeline.publish.stories import digest_of, story_record
from pipeline.store.search import parse_query
from pipeline.web.answers import DocumentRecord, Problem
from pipeline.web.edge import WebEdge
from pipeline.web.reading import FURTHEST
from pipeline.web.templates import Templates

STORIES_A_PAGE = 20
MAX_STORIES = 100

Words = Annotated[str, Query(max_length=1000, description="As for documents; one document must match.")]
Order = Annotated[str, Query(pattern="^(newest|biggest)$")]
Page = Annotated[int, Query(ge=1, le=FURTHEST // STORIES_A_PAGE)]

_NOT_THERE: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "There is none"}}
_NOT_UNDERSTOOD: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The query is not understood, and why"}
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A region or topic of a story."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRecord:
    """An event with all its documents."""

    id: str
    headline: str
    documents: int
    first: datetime
    last: datetime
    providers: list[str]
    languages: list[str]
    regions: list[Named]
    topics: list[Named]
    #: in the order of publication; not in lists
    members: list[DocumentRecord] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryList:
    """A page of stories."""

    stories: list[StoryRecord]
    #: where the next page begins; None: this is the last
    next_offset: int | None


def stories_api(edge: WebEdge) -> APIRouter:
    """Build the routes that give stories."""
    router = APIRouter(tags=["stories"])

    @router.get("/stories", response_model=StoryList, responses=_NOT_UNDERSTOOD)
    def stories(
        q: Words = "",
        limit: Annotated[int, Query(ge=1, le=MAX_STORIES)] = STORIES_A_PAGE,
        offset: Annotated[int, Query(ge=0, le=FURTHEST)] = 0,
        order: Order = "newest",
    ) -> JSONResponse:
        """Find stories with a document that matches, newest or biggest first."""
        try:
            found, more = _find(edge, q, limit=limit, offset=offset, order=order)
        except QueryError as error:
            raise HTTPException(400, str(error)) from error
        records = [story_record(each) for each in found]
        return JSONResponse({"stories": records, "next_offset": offset + limit if more else None})

    @router.get("/stories/{story_id}", response_model=StoryRecord, responses=_NOT_THERE)
    def story(story_id: str) -> JSONResponse:
        """Give one story with its documents; the id of one that became part of another leads to that."""
        return JSONResponse(story_record(_story(edge, story_id), with_documents=True))

    return router


def story_pages(edge: WebEdge, templates: Templates) -> APIRouter:
    """Build the pages that show stories."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/stories")
    def stories_page(q: Words = "", page: Page = 1, order: Order = "newest") -> HTMLResponse:
        found: list[StoryFound] = []
        more, error = False, None
        try:
            found, more = _find(
                edge, q, limit=STORIES_A_PAGE, offset=(page - 1) * STORIES_A_PAGE, order=order
            )
        except QueryError as refused:
            error = str(refused)
        return templates.page(
            "stories.html",
            edge.clock.now(),
            status=400 if error else 200,
            q=q,
            page=page,
            order=order,
            error=error,
            more=more,
            stories=[digest_of(each) for each in found],
        )

    @router.get("/stories/{story_id}")
    def story_page(story_id: str) -> HTMLResponse:
        found = _story(edge, story_id)
        return templates.page(
            "story.html", edge.clock.now(), story=digest_of(found), documents=found.documents
        )

    return router


def _find(edge: WebEdge, q: str, *, limit: int, offset: int, order: str) -> tuple[list[StoryFound], bool]:
    """Find a page of stories, and say whether more follow."""
    now = edge.clock.now()
    found = edge.store.stories(
        parse_query(q, now, edge.groups), now=now, limit=limit + 1, offset=offset, biggest=order == "biggest"
    )
    return list(found[:limit]), len(found) > limit and offset + limit <= FURTHEST


def _story(edge: WebEdge, story_id: str) -> StoryFound:
    found = edge.store.story(story_id, now=edge.clock.now())
    if found is None:
        raise HTTPException(404, "there is no such story that may be shown")
    return found
