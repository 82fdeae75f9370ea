"""Mailboxes by IMAP: each mail as it is, once, marked only after it was taken in (home of imaplib).

imaplib blocks, so that it runs on threads of its own. Each step has the time limit of a fetch; when that is
over, or the poll is given up, the socket is shut down and the thread ends. The address is checked where the
socket is made, as for feeds, and a password leaves only inside TLS.

A mailbox numbers its mails upwards (UID) for as long as UIDVALIDITY stands. Both are the position up to which
it was read; it is stored with the feed's state, after the mails. Flags say nothing: people read mail too.
"""

import asyncio
import imaplib
import re
import socket
import ssl
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from urllib.parse import unquote, urlsplit

from pipeline.cache_sizes import AUTHORITIES
from pipeline.errors import FetchError, FetchRefused, FetchRetryable, Reason
from pipeline.model import Feed, Response
from pipeline.ports.outside import Clock, Delivery
from pipeline.sources.addresses import AddrInfo, BlockedAddressError, blocked
from pipeline.sources.encoding import mebibytes
from pipeline.sources.names import look_up
from pipeline.sources.session import blocked_error

P = ParamSpec("P")
T = TypeVar("T")

_PORT = 993
#: mailboxes read at once; more of them wait for each other, and for nobody else
_THREADS = 8
#: mails given by one scan; the next one goes on behind them
_MAX_MAILS = 5_000
#: mails that are looked up together: servers take command lines of some thousand characters
_TOGETHER = 200
#: how many numbers are asked for at first; ten times more where there is nothing among them
_WINDOW = 10_000
#: what an answer may hold beside the mail itself
_BESIDE = 1_048_576
_NUMBERS = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,18})\b")
#: how mails are addressed: no server sends such UIDs
_LAST_UID = 2**32 - 1


class MailboxReader:
    """Reads each mail of a mailbox once. Implements ports.Deliveries.

    Args:
        max_body_bytes: Larger mails are refused.
        timeout_s: For signing in, and for each mail.
        clock: Says when mails came.
        max_mails: Mails given by one scan.
    """

    def __init__(
        self, *, max_body_bytes: int, timeout_s: float, clock: Clock, max_mails: int = _MAX_MAILS
    ) -> None:
        self._max_body_bytes = max_body_bytes
        self._timeout_s = timeout_s
        self._clock = clock
        self._max_mails = max_mails
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="imap")
        self._open: dict[str, _Mailbox] = {}

    async def scan(self, feed: Feed, position: bytes | None) -> AsyncGenerator[Delivery, None]:
        """See ports.Deliveries."""
        host = urlsplit(feed.url).hostname or ""
        box = _Mailbox(feed, await self._addresses(feed, host), self._timeout_s, self._max_body_bytes)
        self._open[feed.id] = box
        try:
            await self._step(host, box.sign_in)
            validity, last = await self._step(host, box.select, position)
            left = self._max_mails
            while left > 0 and (sizes := await self._step(host, box.after, last, min(left, _TOGETHER))):
                for uid, size in sizes:
                    content = await self._content(feed, host, box, uid, size)
                    if content is not None:
                        yield Delivery(
                            key=f"mail {uid}", content=content, position=b"%d:%d" % (validity, uid)
                        )
                last, left = sizes[-1][0], left - len(sizes)
            await self._step(host, box.sign_out)
        finally:
            if self._open.get(feed.id) is box:  # whoever took it over has one of his own
                del self._open[feed.id]
            box.hang_up()
            self._threads.submit(box.close)

    async def taken(self, feed: Feed, delivery: Delivery, *, well: bool) -> None:
        """See ports.Deliveries: a mail is marked as seen, and moved where that is wished.

        Raises:
            FetchError: The server does not let us; the mail comes again, which changes nothing.
        """
        host, uid = urlsplit(feed.url).hostname or "", int(delivery.key.rpartition(" ")[2])
        box = self._open.get(feed.id)
        if box is None:
            raise FetchRetryable(Reason.CONNECT, f"the connection to {host} was given up meanwhile")
        await self._step(host, box.mark, uid, feed.done if well else feed.failed)

    async def _addresses(self, feed: Feed, host: str) -> Sequence[AddrInfo]:
        """Look up where the server is, and which of it may be reached."""
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await look_up(host, urlsplit(feed.url).port or _PORT, socket.AF_UNSPEC)
        except (OSError, ValueError):  # TimeoutError is one
            raise FetchRetryable(Reason.DNS, f"the name {host} cannot be looked up") from None
        allow = [ip_network(network) for network in feed.allow_private]
        why = {str(info[4][0]): blocked(str(info[4][0]), allow) for info in found}
        open_ones = [info for info in found if why[str(info[4][0])] is None]
        if not open_ones:
            address, cause = next(iter(why.items()))
            raise blocked_error(host, BlockedAddressError(address, cause or ""))
        return open_ones

    async def _content(
        self, feed: Feed, host: str, box: "_Mailbox", uid: int, size: int
    ) -> Response | FetchError | None:
        """Fetch one mail; None: it has gone meanwhile."""
        if size > self._max_body_bytes:
            words = f"mail {uid} has {mebibytes(size)}, the limit is {mebibytes(self._max_body_bytes)}"
            return FetchRefused(Reason.TOO_LARGE, words)
        body = await self._step(host, box.fetch, uid)
        if body is None:
            return None
        place = f"{feed.url};UID={uid}"  # RFC 5092
        return Response(
            url=place, final_url=place, body=body, media_type="message/rfc822", received_at=self._clock.now()
        )

    async def _step(self, host: str, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do one thing that blocks, within the time limit."""

        def on_thread() -> T:
            with _in_our_words(host):
                return step(*args, **kwargs)

        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.get_running_loop().run_in_executor(self._threads, on_thread)
        except TimeoutError:
            words = f"{host} did not answer within {self._timeout_s:g} seconds"
            raise FetchRetryable(Reason.TIMEOUT, words) from None


class _Mailbox:
    """One mailbox on one connection; every method but `hang_up` blocks."""

    def __init__(
        self, feed: Feed, addresses: Sequence[AddrInfo], timeout_s: float, max_body_bytes: int
    ) -> None:
        self._feed = feed
        self._addresses = addresses
        self._timeout_s = timeout_s
        self._most = max_body_bytes + _BESIDE
        self._client: _Client | None = None
        self._sockets: list[socket.socket] = []
        self._writable = True
        self._next = 1

    def sign_in(self) -> None:
        """Connect and say who we are. Raises FetchRefused: UNAUTHORIZED."""
        auth = self._feed.auth
        assert auth is not None
        self._client = client = _Client(self._feed, self._addresses, self._timeout_s, self._sockets)
        client.allow(self._most)
        try:
            if "AUTH=PLAIN" in client.capabilities:
                client.authenticate("PLAIN", lambda _: f"\0{auth.name}\0{auth.secret}".encode())
            else:
                client.login(_quoted(auth.name), auth.secret)
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, ValueError) as error:
            if "[UNAVAILABLE]" in str(error):
                raise FetchRetryable(
                    Reason.CONNECT, "the server says it cannot check passwords now"
                ) from None
            raise FetchRefused(
                Reason.UNAUTHORIZED, "the server refuses the user or the password of the configuration"
            ) from None

    def select(self, position: bytes | None) -> tuple[int, int]:
        """Open the mailbox; returns UIDVALIDITY, and the last mail that was read of it."""
        client, name = self._ready(), unquote(urlsplit(self._feed.url).path[1:])
        try:
            answer, _ = client.select(_quoted(_utf7(name)))
        except imaplib.IMAP4.readonly:
            self._writable = False
            answer, _ = client.select(_quoted(_utf7(name)), readonly=True)
        if answer != "OK":
            raise FetchRefused(Reason.NOT_FOUND, f"there is no mailbox {name!r}, or it may not be read")
        validity = _number(client.response("UIDVALIDITY"))
        self._next = _number(client.response("UIDNEXT")) or _LAST_UID
        before, _, last = (position or b"0:0").partition(b":")
        return validity, int(last) if int(before) == validity else 0

    def after(self, last: int, most: int) -> Sequence[tuple[int, int]]:
        """Give the first mails after a number, in order, each with its size."""
        found: list[int] = []
        low, window = last + 1, _WINDOW
        while not found and low < self._next:
            high = min(low + window - 1, _LAST_UID)
            data = self._asked("SEARCH", f"UID {low}:{high}")
            words = b" ".join(each for each in data if each).split()
            found = sorted(uid for uid in map(int, words) if low <= uid <= high)[:most]
            low, window = high + 1, window * 10
        if not found:
            return []
        data = self._asked("FETCH", ",".join(map(str, found)), "(UID RFC822.SIZE)")
        lines = [each[0] if isinstance(each, tuple) else each for each in data if each]
        sizes = {
            int(number[1]): int(size[1])
            for line in lines
            if (number := _NUMBERS.search(line)) and (size := _SIZE.search(line))
        }
        return [(uid, sizes[uid]) for uid in found if uid in sizes]

    def fetch(self, uid: int) -> bytes | None:
        """Give a mail's bytes, without marking it as seen; None: there is no such mail any more."""
        data = self._asked("FETCH", str(uid), "(UID BODY.PEEK[])")
        bodies = (each[1] for each in data if isinstance(each, tuple))
        return next(bodies, None)

    def mark(self, uid: int, folder: str | None) -> None:
        """Mark a mail as seen, and move it where there is a place for it."""
        if not self._writable:
            if folder:
                raise FetchRefused(Reason.FORBIDDEN, "mails cannot be moved: the mailbox may only be read")
            return
        self._asked("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
        if folder:
            self._move(uid, _quoted(_utf7(folder)))

    def sign_out(self) -> None:
        """Say good-bye."""
        self._ready().logout()

    def hang_up(self) -> None:
        """End the connection now, also under a thread that waits for it; this does not block."""
        for each in self._sockets:
            with suppress(OSError):
                socket.socket.shutdown(each, socket.SHUT_RDWR)

    def close(self) -> None:
        """Give back what the connection held; waits for a thread that still reads."""
        if self._client is not None:
            self._client.file.close()
        for each in self._sockets:
            each.close()

    def _move(self, uid: int, folder: str) -> None:
        client = self._ready()
        can_move = "MOVE" in client.capabilities
        verb = "MOVE" if can_move else "COPY"
        answer, data = client.uid(verb, str(uid), folder)
        if answer != "OK" and b"[TRYCREATE]" in b" ".join(each for each in data if each):
            client.create(folder)
            answer, _ = client.uid(verb, str(uid), folder)
        if answer != "OK":
            raise FetchRetryable(Reason.UNREADABLE, f"mail {uid} cannot be moved to {folder}")
        if not can_move:
            self._asked("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
            # Without UIDPLUS, to expunge this mail would expunge what others have marked too.
            if "UIDPLUS" in client.capabilities:
                self._asked("EXPUNGE", str(uid))

    def _asked(self, *words: str) -> list[Any]:
        """Send a command about UIDs; raises FetchRetryable where the server says no."""
        client = self._ready()
        answer, data = client.uid(*words)
        if answer != "OK":
            raise FetchRetryable(Reason.BAD_RESPONSE, f"the server refuses {words[0]}")
        return data

    def _ready(self) -> "_Client":
        assert self._client is not None
        self._client.allow(self._most)
        return self._client


class _Client(imaplib.IMAP4_SSL):
    """imaplib with our sockets, and a limit to what one answer may hold."""

    def __init__(
        self, feed: Feed, addresses: Sequence[AddrInfo], timeout_s: float, sockets: list[socket.socket]
    ) -> None:
        self._addresses = addresses
        self._sockets = sockets
        self._left = _BESIDE
        parts = urlsplit(feed.url)
        context = _trust(feed.ca_file, _stamp(feed.ca_file))
        super().__init__(parts.hostname or "", parts.port or _PORT, ssl_context=context, timeout=timeout_s)

    def allow(self, count: int) -> None:
        """Say how many bytes the next answers may hold together."""
        self._left = count

    def read(self, size: int) -> bytes:
        """See imaplib; refuses a longer literal before it is read."""
        self._spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        """See imaplib."""
        line = super().readline()
        self._spend(len(line))
        return line

    def _spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise imaplib.IMAP4.error("the answer is longer than any that was asked for")

    def _create_socket(self, timeout: float | None) -> ssl.SSLSocket:
        problem: OSError | None = None
        for family, kind, protocol, _, target in self._addresses:
            plain = socket.socket(family, kind, protocol)
            self._sockets.append(plain)
            try:
                plain.settimeout(timeout)
                plain.connect(target)
                secure: ssl.SSLSocket = self.ssl_context.wrap_socket(plain, server_hostname=self.host)
            except ssl.SSLError:
                raise
            except OSError as error:
                problem = error
            else:
                self._sockets.append(secure)
                return secure
        raise problem or OSError("no address")


@contextmanager
def _in_our_words(host: str) -> Iterator[None]:
    """Turn imaplib's errors into ours. They are not chained: its own words may hold what we sent."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        words = f"the certificate of {host} is not valid: {error.verify_message}"
        raise FetchRefused(Reason.TLS, words) from None
    except ssl.SSLError:
        raise FetchRefused(Reason.TLS, f"no secure connection to {host} could be made") from None
    except TimeoutError:
        raise FetchRetryable(Reason.TIMEOUT, f"{host} does not answer") from None
    except OSError as error:
        raise FetchRetryable(Reason.CONNECT, f"{host} cannot be reached: {error.strerror or error}") from None
    except imaplib.IMAP4.abort:
        raise FetchRetryable(Reason.CONNECT, f"{host} closed the connection") from None
    except (imaplib.IMAP4.error, ValueError, IndexError, TypeError):
        # What is no IMAP makes imaplib fail in many ways.
        raise FetchRetryable(Reason.BAD_RESPONSE, f"{host} gives answers that are no IMAP") from None


def _number(response: tuple[str, list[Any]]) -> int:
    """Read a number that the server said when the mailbox was opened; 0: it did not."""
    data = response[1]
    return int(data[-1]) if data and data[-1] else 0


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _utf7(name: str) -> str:
    """Write a mailbox's name as IMAP does.

    Source: RFC 3501 §5.1.3 (modified UTF-7).

    >>> _utf7("Agentur & Co/Überblick")
    'Agentur &- Co/&ANw-berblick'
    """

    def shifted(match: re.Match[str]) -> str:
        coded = b64encode(match[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
        return f"&{coded}-"

    return re.sub(r"[^\x20-\x7e]+", shifted, name.replace("&", "&-"))


def _stamp(path: str | None) -> tuple[int, int] | None:
    """Tell one state of a certificate file from the next."""
    if path is None:
        return None
    found = Path(path).stat()
    return found.st_mtime_ns, found.st_size


@lru_cache(AUTHORITIES)
def _trust(ca_file: str | None, stamp: tuple[int, int] | None) -> ssl.SSLContext:  # noqa: ARG001 - part of the key
    """Trust this certificate authority and no other, or those of the system."""
    return ssl.create_default_context(cafile=ca_file)
