"""The web application: its routes, its files, its doorkeeper.

Nothing here changes anything: pages and API read. Each page has a JSON twin. The routes are plain functions,
so that the framework calls them, and with them the store, in its thread pool and the event loop only waits.
Only those who listen for changes stay on the loop.
"""

from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response
from fastapi.staticfiles import StaticFiles

from pipeline.web.access import Access
from pipeline.web.api import changes_api, documents_api, standing_api, versions_api
from pipeline.web.bell import Bell, listening
from pipeline.web.edge import WebEdge
from pipeline.web.failures import say_failures
from pipeline.web.guard import Guard
from pipeline.web.maps import map_api, map_pages
from pipeline.web.pages import document_pages, standing_pages
from pipeline.web.stories import stories_api, story_pages
from pipeline.web.templates import Templates
from pipeline.web.watching import watching

__all__ = ["WebEdge", "create_app"]


class _Static(StaticFiles):
    """Files that a browser keeps, and asks about each time whether they are still the same."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        response.headers["cache-control"] = "no-cache"
        return response


def create_app(edge: WebEdge, access: Access) -> FastAPI:
    """Build the web application.

    Args:
        edge: What it reads.
        access: Who may ask what; see pipeline.web.access.access_for.
    """
    app = FastAPI(
        title="newswire",
        version=version("newswire"),
        openapi_url="/api/openapi.json",
        # The built-in pages for the API load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    templates = Templates()
    app.include_router(watching(edge))
    app.include_router(standing_api(edge), prefix="/api/v1")
    app.include_router(documents_api(edge), prefix="/api/v1")
    app.include_router(versions_api(edge), prefix="/api/v1")
    app.include_router(changes_api(edge), prefix="/api/v1")
    app.include_router(stories_api(edge), prefix="/api/v1")
    app.include_router(map_api(edge), prefix="/api/v1")
    app.state.bell = Bell(edge.store)
    app.include_router(listening(app.state.bell))
    app.include_router(standing_pages(edge, templates), include_in_schema=False)
    app.include_router(document_pages(edge, templates), include_in_schema=False)
    app.include_router(story_pages(edge, templates), include_in_schema=False)
    app.include_router(map_pages(edge, templates), include_in_schema=False)
    app.mount("/static", _Static(directory=Path(__file__).with_name("static")))
    say_failures(app, templates, edge.clock)
    app.add_middleware(partial(Guard, access=access))
    return app
