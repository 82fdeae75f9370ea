"""What we ask a server for: address, headers, credentials; and what of it survives a redirect. Pure.

Credentials, query secrets and configured headers go to the origin (scheme, host, port) that the
configuration names, and to no other. Once a redirect has left it, they are gone for the whole fetch, even
if the next one leads back.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from urllib.parse import quote, unquote_plus

from yarl import URL

from pipeline.cache_sizes import ADDRESSES
from pipeline.errors import FetchRefused, Reason
from pipeline.model import Auth, Feed, FeedState
from pipeline.redaction import Redactor, hide_in_urls
from pipeline.sources.encoding import ACCEPTED

_ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"
#: headers that are ours to set, whatever the configuration says: they would break the exchange
_OURS = (
    "accept-encoding connection content-length expect host if-modified-since if-none-match keep-alive "
    "proxy-authorization proxy-connection range referer te trailer transfer-encoding upgrade"
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
#: a URL that is sent exactly as it is written
_PLAIN_URL = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One GET. Its `repr` shows no secret."""

    url: URL = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    #: the URL without secrets
    shown: str
    #: still at the origin that the configuration names
    at_home: bool = True

    @property
    def host(self) -> str:
        """Name of the host, for limits and messages."""
        return self.url.host or ""

    def head(self, *, whole_url: bool = False, proxy_authorization: str | None = None) -> bytes:
        """Write it as it is sent; nothing in it can be taken for another line.

        Args:
            whole_url: Ask for the whole URL, as a proxy wants it.
            proxy_authorization: What lets us use that proxy.
        """
        url = self.url
        lines = [
            f"GET {url if whole_url else url.raw_path_qs} HTTP/1.1",
            f"Host: {url.host_port_subcomponent}",
        ]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if proxy_authorization:
            lines.append(f"Proxy-Authorization: {proxy_authorization}")
        text = "\r\n".join((*lines, "\r\n"))
        return text.encode("utf-8", "surrogateescape")


def first_request(feed: Feed, state: FeedState, user_agent: str) -> Request:
    """Say what to ask for.

    Raises:
        FetchRefused: The URL or a header of the configuration cannot be sent.
    """
    url, user, as_shown = _home(feed.url)
    auth = feed.auth or user
    common = _common(user_agent)
    if auth is None and not feed.headers:
        return Request(url=url, headers={**common, **_conditions(state)}, shown=as_shown)
    own = _configured(feed, auth)
    overridden = {name.lower() for name in own}
    common = {name: value for name, value in common.items() if name.lower() not in overridden}
    return Request(
        url=_with_secret(url, auth), headers={**common, **own, **_conditions(state)}, shown=shown(url, feed)
    )


def redirected(request: Request, feed: Feed, state: FeedState, location: str, user_agent: str) -> Request:
    """Say what to ask for after a redirect.

    Raises:
        FetchRefused: REDIRECTS: to no http(s) address, or from https to http.
    """
    try:
        to = request.url.join(_parsed(location))
    except ValueError:
        raise FetchRefused(Reason.REDIRECTS, "the server redirects to an address that is none") from None
    if to.scheme not in ("http", "https") or not to.host:
        raise FetchRefused(Reason.REDIRECTS, f"the server redirects to {to.scheme[:20]!r}, not to http(s)")
    to = to.with_fragment(None).with_user(None)
    if request.url.scheme == "https" and to.scheme == "http":
        raise FetchRefused(
            Reason.REDIRECTS,
            f"the server redirects from https to http (at {to.host}), which anybody could read",
        )
    auth = feed.auth or _home(feed.url)[1]
    if request.at_home and _origin(to) == _origin(request.url):
        return Request(url=_with_secret(to, auth), headers=request.headers, shown=shown(to, feed))
    bare = _parsed(_without_parameter(str(to), auth))
    headers = {**_common(user_agent), **_conditions(state)}
    return Request(url=bare, headers=headers, shown=shown(bare, feed), at_home=False)


def shown(url: str | URL, feed: Feed) -> str:
    """Write a URL of this feed without its secrets: for logs, states and raw copies."""
    try:
        bare = _without_parameter(
            str(_without_user(url if isinstance(url, URL) else _parsed(url))), feed.auth
        )
    except ValueError:
        return "(not a URL)"
    # A server may repeat a secret in another place.
    return Redactor((feed.auth.secret,)).text(bare) if feed.auth else hide_in_urls(bare)


def _without_user(url: URL) -> URL:
    return url if url.raw_user is None and url.raw_password is None else url.with_user(None)


@lru_cache(ADDRESSES)
def _home(url: str) -> tuple[URL, Auth | None, str]:
    """Read a configured URL: where it leads, the credentials inside it, and how it is shown."""
    try:
        parsed = _parsed(url)
    except ValueError:
        parsed = URL()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise FetchRefused(Reason.CONNECT, "the configured url is not an http(s) address")
    user = None
    if parsed.user or parsed.password:
        user = Auth(kind="basic", name=parsed.user or "", secret=parsed.password or "")
    bare = _without_user(parsed.with_fragment(None) if "#" in url else parsed)
    return bare, user, hide_in_urls(str(bare))


def _parsed(url: str) -> URL:
    # Quoting a URL anew would break signed ones: only what cannot be sent as written is quoted.
    try:
        parsed = URL(url, encoded=bool(_PLAIN_URL.fullmatch(url)))
    except IndexError:  # yarl's, of "http://a[b]@"
        raise ValueError("a broken address") from None
    # Asking for them finds ports that are no numbers, and names whose Punycode stands for nothing.
    port, _ = parsed.port, parsed.host
    if port == 0:
        raise ValueError("port 0")
    return parsed


@cache
def _common(user_agent: str) -> Mapping[str, str]:
    return {"User-Agent": user_agent, "Accept": _ACCEPT, "Accept-Encoding": ACCEPTED}


def _origin(url: URL) -> tuple[str, str | None, int | None]:
    # Not url.origin(): to it, a port that is written out and the same one left out are two origins.
    return url.scheme, url.host, url.port


def _configured(feed: Feed, auth: Auth | None) -> dict[str, str]:
    """Make the headers that only the configured origin may see."""
    headers = {name: value for name, value in feed.headers.items() if name.lower() not in _OURS.split()}
    if auth and auth.kind == "basic":
        pair = f"{auth.name}:{auth.secret}".encode()
        headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
    elif auth and auth.kind == "bearer":
        headers["Authorization"] = f"Bearer {auth.secret}"
    elif auth and auth.kind == "header":
        headers[auth.name] = auth.secret
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or _CONTROL.search(value) or not _encodable(value):
            raise FetchRefused(
                Reason.CONNECT, f"the configured header {name[:40]!r} holds characters that cannot be sent"
            )
    return headers


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _conditions(state: FeedState) -> dict[str, str]:
    """Send the validators back byte for byte; bytes that are no UTF-8 travel as lone surrogates."""
    conditions = {}
    if state.etag:
        conditions["If-None-Match"] = state.etag.decode("utf-8", "surrogateescape")
    if state.last_modified:
        conditions["If-Modified-Since"] = state.last_modified.decode("utf-8", "surrogateescape")
    return conditions


def _with_secret(url: URL, auth: Auth | None) -> URL:
    if auth is None or auth.kind != "query":
        return url
    bare = _without_parameter(str(url), auth)
    pair = f"{quote(auth.name, safe='')}={quote(auth.secret, safe='')}"
    return _parsed(f"{bare}{'&' if '?' in bare else '?'}{pair}")


def _without_parameter(url: str, auth: Auth | None) -> str:
    """Take a query secret out of a URL, under its own name or another; the rest stays as it is written."""
    if auth is None or auth.kind != "query":
        return url
    bare, _, query = url.partition("?")
    pairs = [(part, *map(unquote_plus, part.partition("=")[::2])) for part in query.split("&")]
    kept = [part for part, name, value in pairs if name != auth.name and value != auth.secret]
    return bare + "?" + "&".join(kept) if any(kept) else bare
