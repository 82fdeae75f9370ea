"""The doorkeeper: refuses what `access` refuses, and adds the headers that every answer has."""

from collections.abc import Sequence
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlencode

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.web.access import Access, Asked, refusal, session_of, wants_session

SESSION_COOKIE = "newswire_session"
#: in the scope of a request whose body nobody gets
HEADERS_ALONE = "newswire.headers_alone"

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """ASGI middleware around the whole application.

    Args:
        app: What answers those who may ask.
        access: Who may ask what.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI. Anything but HTTP (no page opens a WebSocket) is passed on and answered by nobody."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = _asked(scope)
        app: ASGIApp = self._app
        if refused := refusal(self._access, asked):
            app = PlainTextResponse(f"{refused.words}\n", refused.status, headers=dict(refused.headers))
        elif wants_session(self._access, asked):
            app = _session(asked, scope["query_string"])
        if scope["method"] == "HEAD":
            # The server leaves the body away; the routes only know GET.
            scope = {**scope, "method": "GET", HEADERS_ALONE: True}
        await app(scope, receive, _adding_headers(send))


def _asked(scope: Scope) -> Asked:
    headers = Headers(scope=scope)
    return Asked(
        method=scope["method"],
        path=scope["path"],
        host=headers.get("host", ""),
        authorization=headers.get("authorization", ""),
        session=_cookie(headers.getlist("cookie")),
        token=QueryParams(scope["query_string"]).get("token", ""),
    )


def _cookie(headers: Sequence[str]) -> str:
    jar = SimpleCookie()
    try:
        for header in headers:
            jar.load(header)
    except CookieError:
        return ""
    return jar[SESSION_COOKIE].value if SESSION_COOKIE in jar else ""


def _session(asked: Asked, query: bytes) -> Response:
    """Change the token in the address for a cookie, and come back without it."""
    rest = urlencode([pair for pair in QueryParams(query).multi_items() if pair[0] != "token"])
    address = "/" + asked.path.lstrip("/") + (f"?{rest}" if rest else "")
    response = RedirectResponse(address, status_code=303)
    response.set_cookie(SESSION_COOKIE, session_of(asked.token), httponly=True, samesite="strict")
    return response


def _adding_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
