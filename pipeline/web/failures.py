"""What is answered when something is not there or not usable: words, on a page for people."""

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException

from pipeline.errors import ServiceError
from pipeline.ports.outside import Clock
from pipeline.web.templates import Templates

_FOR_PROGRAMS = ("/api/", "/metrics", "/healthz", "/readyz", "/static/", "/fragments/", "/events")


def say_failures(app: FastAPI, templates: Templates, clock: Clock) -> None:
    """Give an application its answers to errors."""

    def page(status: int, words: str) -> Response:
        return templates.page("error.html", clock.now(), status=status, words=words)

    def unavailable(request: Request, error: Exception) -> Response:
        if _for_programs(request):
            return PlainTextResponse(f"{error}\n", 503)
        return page(503, str(error))

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if _for_programs(request):
            return await http_exception_handler(request, error)
        return page(error.status_code, str(error.detail))

    async def misunderstood(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        if _for_programs(request):
            return await request_validation_exception_handler(request, error)
        return page(422, "; ".join(f"{each['loc'][-1]}: {each['msg']}" for each in error.errors()))

    app.add_exception_handler(ServiceError, unavailable)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, misunderstood)


def _for_programs(request: Request) -> bool:
    return request.url.path.startswith(_FOR_PROGRAMS)
