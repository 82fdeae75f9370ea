"""Feeds by HTTP: one conditional GET with limits of time, size, redirects and reach.

The way of one fetch: request.py says what to ask, session.py asks by sockets that may be opened, encoding.py
takes the body out of its compression, answer.py says what the server meant. Errors leave as FetchError, in
words for who looks after the feeds, without a secret in them.
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.metadata import version
from ipaddress import ip_network
from pathlib import Path
from types import TracebackType
from typing import Self
from weakref import WeakValueDictionary

from aiohttp.abc import AbstractResolver
from yarl import URL

from pipeline.cache_sizes import AUTHORITIES, WAITING_GROUPS
from pipeline.errors import FetchRefused, Reason
from pipeline.groups import GroupRules
from pipeline.model import Feed, FeedState, Response
from pipeline.sources import answer
from pipeline.sources.addresses import BlockedAddressError, Network, blocked, literal
from pipeline.sources.encoding import DecodedBody, too_large
from pipeline.sources.request import Request, first_request, redirected, shown
from pipeline.sources.session import ERRORS, DaemonResolver, Reply, Session, blocked_error, in_our_words
from pipeline.sources.time_limit import TimeLimits

#: statuses that a Location may follow
_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)


def user_agent(contact: str | None) -> str:
    """Name us to the servers we ask; `contact` is where their people can reach ours."""
    name = f"newswire/{version('newswire')}"
    return f"{name} (+{contact})" if contact else name


class HttpFetcher:
    """Fetches feeds; use it as an async context manager. See ports.Fetcher.

    Args:
        user_agent: Name, version and contact, for the people who run the servers.
        timeout_s: For a whole fetch with its redirects, from the name's look-up to the last byte; waiting
            for a free connection does not count.
        max_body_bytes: For the body, as sent and decoded.
        max_redirects: Redirects followed.
        connections: Requests at once.
        groups: Which requests share limits, and which.
        resolver: Looks up names; the system's unless a test knows better.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        timeout_s: float,
        max_body_bytes: int,
        max_redirects: int,
        connections: int,
        groups: GroupRules,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._timeout_s = timeout_s
        self._max_body_bytes = max_body_bytes
        self._max_redirects = max_redirects
        self._groups = groups
        self._gate = _Gate(connections, groups)
        self._limits = TimeLimits()
        self._resolver = resolver or DaemonResolver()
        self._sessions: dict[tuple[tuple[str, ...], str | None], Session] = {}

    async def __aenter__(self) -> Self:
        """Start; connections are opened when they are needed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        while self._sessions:
            _, session = self._sessions.popitem()
            await session.close()

    async def fetch(self, feed: Feed, state: FeedState) -> Response:
        """See ports.Fetcher."""
        request = first_request(feed, state, self._user_agent)
        group = self._groups.of_feed(feed)
        if (move := state.learned.move) and move.in_use:
            # What has been learned is a redirect that need not be asked for, with all that goes for one.
            request = redirected(request, feed, state, move.to, self._user_agent)
            group = self._groups.of_url(str(request.url))
        left_s = self._timeout_s
        passed: list[URL] = []
        permanent, last_group = True, ""
        moved_to: str | None = None
        asked: timedelta | None = None
        for _ in range(self._max_redirects + 1):
            with await self._gate.enter(group, spaced=group != last_group):
                clock = asyncio.get_running_loop().time
                began = clock()
                try:
                    with self._limits.within(left_s):
                        outcome = await self._ask(request, feed, state)
                except ERRORS as error:
                    raise in_our_words(error, request.host, self._timeout_s) from None
                left_s -= clock() - began
            if isinstance(outcome, Response):
                return _by_way_of(outcome, moved_to and _learnable(moved_to, feed), asked)
            passed.append(request.url)
            request = redirected(request, feed, state, outcome.location, self._user_agent)
            if request.url in passed:
                raise FetchRefused(
                    Reason.REDIRECTS, "the server redirects in a circle", status=outcome.status
                )
            permanent = permanent and outcome.status in _PERMANENT
            moved_to = str(request.url) if permanent else moved_to
            asked = max(filter(None, (asked, outcome.retry_after)), default=None)
            last_group, group = group, self._groups.of_url(str(request.url))
        raise FetchRefused(Reason.REDIRECTS, f"the server redirects more than {self._max_redirects} times")

    async def _ask(self, request: Request, feed: Feed, state: FeedState) -> "Response | _Moved":
        """Make one request and read its answer."""
        session = self._session(feed, request)
        trust = _trust(feed.ca_file, _stamp(feed.ca_file)) if feed.ca_file else True
        reply = await session.ask(request, trust)
        try:
            return await self._answer(reply, request, feed, state)
        finally:
            reply.let_go()

    async def _answer(
        self, reply: Reply, request: Request, feed: Feed, state: FeedState
    ) -> "Response | _Moved":
        """Read what came; its body where it is one to be read."""
        now = datetime.now(UTC)
        headers = answer.by_name(reply.raw_headers)
        if reply.status in _REDIRECTS and (location := answer.location(headers)):
            return _Moved(
                location=location, status=reply.status, retry_after=answer.retry_after(headers, now)
            )
        wait = answer.retry_after(headers, now)
        if not _is_wanted(reply.status, request):
            raise answer.failure(reply.status, wait, note=_note(reply.status, request))
        body = None if reply.status == 304 else await self._body(reply, headers)
        etag = answer.validator(headers, b"etag")
        last_modified = answer.validator(headers, b"last-modified")
        if body is None:  # RFC 9110 §15.4.5: what a 304 does not say stays as it was
            etag, last_modified = etag or state.etag, last_modified or state.last_modified
        return Response(
            url=request.shown if feed.url == request.shown else shown(feed.url, feed),
            final_url=request.shown,
            status=reply.status,
            body=body,
            media_type=answer.text_header(headers, b"content-type"),
            etag=etag,
            last_modified=last_modified,
            retry_after=wait,
            fresh_for=answer.fresh_for(headers, now),
            received_at=now,
        )

    async def _body(self, reply: Reply, headers: answer.Headers) -> bytes:
        body = DecodedBody(answer.listed(headers, b"content-encoding"), self._max_body_bytes)
        if answer.announced_bytes(headers) > self._max_body_bytes:
            raise too_large(self._max_body_bytes)
        async for piece in reply.pieces():
            body.add(piece)
        return body.finish()

    def _session(self, feed: Feed, request: Request) -> Session:
        """Give the session of the feed's profile; each profile has its own connections."""
        if feed.proxy:
            _refuse_literal(request.host, _networks(feed))
        profile = feed.allow_private, feed.proxy
        session = self._sessions.get(profile)
        if session is None:
            session = self._sessions[profile] = Session(_networks(feed), feed.proxy, self._resolver)
        return session


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moved:
    """A redirect."""

    location: str
    status: int
    #: it leads on at once, but its server wants to be asked no sooner than that
    retry_after: timedelta | None


class _Gate:
    """Lets so many through at once, in all and for each group; forgets groups that nobody asks for.

    The schedule already gives each group its turns. This is for those whom a redirect leads to another group.
    """

    def __init__(self, total: int, rules: GroupRules) -> None:
        self._all = asyncio.Semaphore(total)
        self._rules = rules
        self._room: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        #: when a group may be asked again, for those that have to wait for it
        self._free_at: dict[str, float] = {}

    async def enter(self, group: str, *, spaced: bool) -> "_Way":
        """Wait for the group first: who waits for a slow one must not hold a place of the others.

        Args:
            group: Where the request goes.
            spaced: It keeps its distance from the one before; not so the next step of a redirect.

        Returns:
            What is to be left after the request.
        """
        own = self._room.get(group)
        if own is None:
            own = self._room[group] = asyncio.Semaphore(self._rules.at_once)
        await own.acquire()
        try:
            if spaced and (spacing_s := self._rules.spacing_of(group)):
                await self._space(group, spacing_s)
            await self._all.acquire()
        except BaseException:
            own.release()
            raise
        return _Way(own, self._all)

    async def _space(self, group: str, spacing_s: float) -> None:
        now = asyncio.get_running_loop().time()
        if len(self._free_at) > WAITING_GROUPS:
            self._free_at = {name: at for name, at in self._free_at.items() if at > now}
        at = max(now, self._free_at.get(group, now))
        self._free_at[group] = at + spacing_s
        if at > now:
            await asyncio.sleep(at - now)


class _Way:
    """A way through the gate, held as long as a request takes."""

    __slots__ = ("_held",)

    def __init__(self, *held: asyncio.Semaphore) -> None:
        self._held = held

    def __enter__(self) -> None:
        """Nothing is to be done: it is held from the beginning."""

    def __exit__(self, *_: object) -> None:
        for each in self._held:
            each.release()


def _by_way_of(response: Response, moved_to: str | None, asked: timedelta | None) -> Response:
    """Say how an answer was come by: where from now on, and what the servers on the way asked to wait."""
    if moved_to is None and asked is None:
        return response
    wait = max(filter(None, (response.retry_after, asked)), default=None)
    return replace(response, moved_to=moved_to, retry_after=wait)


def _learnable(moved_to: str, feed: Feed) -> str | None:
    """Say whether a new address may be kept: not where it may hold a secret, or is good for one time only."""
    return None if feed.auth and feed.auth.kind == "query" else moved_to


def _networks(feed: Feed) -> Sequence[Network]:
    return [ip_network(network) for network in feed.allow_private]


def _refuse_literal(host: str, allow: Sequence[Network]) -> None:
    """Refuse a blocked address in numbers where the guard at the socket would only see the proxy."""
    address = literal(host)
    if address and (why := blocked(address, allow)):
        raise blocked_error(host, BlockedAddressError(address, why))


def _is_wanted(status: int, request: Request) -> bool:
    asked = "If-None-Match" in request.headers or "If-Modified-Since" in request.headers
    return status in (200, 203) or (status == 304 and asked)


def _note(status: int, request: Request) -> str:
    if status in (401, 403) and not request.at_home:
        return f" (credentials were not sent on: it had redirected to another site, {request.host})"
    return ""


def _stamp(path: str) -> tuple[int, int]:
    """Tell one state of a file from the next, so that a renewed certificate is taken up."""
    try:
        found = Path(path).stat()
    except OSError as error:
        raise FetchRefused(Reason.TLS, f"the ca_file {path} cannot be read: {error.strerror}") from error
    return found.st_mtime_ns, found.st_size


@lru_cache(AUTHORITIES)
def _trust(ca_file: str, stamp: tuple[int, int]) -> ssl.SSLContext:  # noqa: ARG001 - part of the key
    """Trust this certificate authority and no other. aiohttp's pool tells contexts apart."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise FetchRefused(Reason.TLS, f"the ca_file {ca_file} holds no certificate we can read") from error
