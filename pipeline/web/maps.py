"""The map of the documents of the last days, as a page and as JSON."""

from dataclasses import dataclass, replace
from datetime import timedelta
from math import sqrt
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.responses import HTMLResponse

from pipeline.codec import to_json
from pipeline.errors import QueryError
from pipeline.publish.map import Mapped, PlaceCount, mapped
from pipeline.store.search import parse_query
from pipeline.web.answers import Problem
from pipeline.web.edge import WebEdge
from pipeline.web.templates import Templates

#: days that are looked at where the query does not say since when
DAYS = 7
#: newest documents that are looked at
MOST = 500
#: rows of a table
_ROWS = 100

#: the radius of a point, in degrees of the map: its area tells the number of documents
_SMALLEST, _LARGEST = 0.7, 7.0

_NOT_UNDERSTOOD: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The query is not understood, and why"}
}

Words = Annotated[str, Query(max_length=1000, description="Words, phrases, fields; empty: all.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place on the map: degrees to the right and down from its upper left corner."""

    x: float
    y: float
    radius: float
    place: PlaceCount


def map_api(edge: WebEdge) -> APIRouter:
    """Build the route that counts documents by country and place."""
    router = APIRouter(tags=["documents"])

    @router.get("/map", response_model=Mapped, responses=_NOT_UNDERSTOOD)
    def counts(q: Words = "") -> Response:
        """Say which countries and places the newest documents name, of the last week unless q says since."""
        try:
            return Response(to_json(_find(edge, q)), media_type="application/json")
        except QueryError as error:
            raise HTTPException(400, str(error)) from error

    return router


def map_pages(edge: WebEdge, templates: Templates) -> APIRouter:
    """Build the page with the map."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/map")
    def map_page(q: Words = "") -> HTMLResponse:
        found, error = mapped(()), None
        try:
            found = _find(edge, q)
        except QueryError as refused:
            error = str(refused)
        return templates.page(
            "map.html",
            edge.clock.now(),
            status=400 if error else 200,
            q=q,
            error=error,
            days=DAYS,
            found=found,
            points=points_of(found.places),
            rows=_ROWS,
        )

    return router


def points_of(places: tuple[PlaceCount, ...]) -> list[Point]:
    """Lay places out on an equirectangular map of 360 by 180; those with most documents are drawn first."""
    most = max((each.documents for each in places), default=1)
    return [
        Point(
            x=round(each.lon + 180, 2),
            y=round(90 - each.lat, 2),
            radius=round(max(_SMALLEST, _LARGEST * sqrt(each.documents / max(most, 10))), 2),
            place=each,
        )
        for each in places
    ]


def _find(edge: WebEdge, q: str) -> Mapped:
    now = edge.clock.now()
    query = parse_query(q, now, edge.groups)
    if query.since is None:
        query = replace(query, since=now - timedelta(days=DAYS))
    found = edge.store.search(query, now=now, limit=MOST + 1)
    return mapped(found[:MOST], complete=len(found) <= MOST)
