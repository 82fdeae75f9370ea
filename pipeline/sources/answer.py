"""What a server's answer means: its status in words, Retry-After, freshness, validators. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pipeline.errors import FetchError, FetchRefused, FetchRetryable, Reason

#: name in lower case → its values in order, byte for byte
Headers = Mapping[bytes, Sequence[bytes]]

#: no server makes us wait longer
MAX_WAIT = timedelta(hours=24)

_NUMBER = re.compile(r"[0-9]+")
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?([0-9]+)")
_QUOTED = re.compile(r"(?<!max-age=)\"[^\"]*\"?")
_ALWAYS_ASK = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?![\w=-])")
#: servers refuse requests whose headers are over 8 KiB
_LONGEST_VALIDATOR = 8_000
#: bytes that no header may hold (RFC 9110 §5.5); such a validator could not be sent back
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

#: status → class, reason, what it means to who looks after the feeds
_MEANINGS: dict[int, tuple[type[FetchError], Reason, str]] = {
    304: (FetchRetryable, Reason.BAD_RESPONSE, "not modified, though nothing had been fetched before"),
    401: (FetchRefused, Reason.UNAUTHORIZED, "the credentials are missing or wrong"),
    402: (FetchRefused, Reason.UNAUTHORIZED, "it wants to be paid"),
    403: (FetchRefused, Reason.FORBIDDEN, "it refuses to give us this feed"),
    404: (FetchRefused, Reason.NOT_FOUND, "there is nothing at this address"),
    407: (FetchRefused, Reason.UNAUTHORIZED, "the proxy wants other credentials"),
    408: (FetchRetryable, Reason.TIMEOUT, "it did not get our request in time"),
    410: (FetchRefused, Reason.GONE, "the feed is gone for good"),
    425: (FetchRetryable, Reason.HTTP_CLIENT_ERROR, "too early"),
    429: (FetchRetryable, Reason.RATE_LIMITED, "too many requests"),
    451: (FetchRefused, Reason.FORBIDDEN, "it may not give us this feed for legal reasons"),
}


def by_name(raw: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Sort headers by their names."""
    headers: dict[bytes, list[bytes]] = {}
    for name, value in raw:
        headers.setdefault(name.lower(), []).append(value)
    return headers


def text_header(headers: Headers, name: bytes) -> str | None:
    """Give the first header of a name as text; bytes that are no UTF-8 are replaced."""
    values = headers.get(name)
    return values[0].decode("utf-8", "replace").strip() if values else None


def location(headers: Headers) -> str | None:
    """Give where a redirect leads; bytes that are no UTF-8 are quoted as they are (RFC 3986 §2.1)."""
    values = headers.get(b"location")
    if not values:
        return None
    try:
        return values[0].decode().strip()
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in values[0]).strip()


def listed(headers: Headers, name: bytes) -> str:
    """Join all headers of a name whose value is a list."""
    return b",".join(headers.get(name, ())).decode("latin-1")


def validator(headers: Headers, name: bytes) -> bytes | None:
    """Give ETag or Last-Modified exactly as sent, unless it is empty or could not be sent back."""
    values = headers.get(name)
    if not values or not 0 < len(values[0]) <= _LONGEST_VALIDATOR or _CONTROL.search(values[0]):
        return None
    return values[0]


def announced_bytes(headers: Headers) -> int:
    """Give the size that the body is said to have; 0 where nothing is said of it."""
    value = text_header(headers, b"content-length") or ""
    return int(value) if _NUMBER.fullmatch(value) and len(value) <= 18 else 0


def retry_after(headers: Headers, now: datetime) -> timedelta | None:
    """Read how long the server asks us to wait; None where it does not say so in a form we know.

    A date is read relative to the server's own Date: its clock may be wrong, but it is wrong twice.

    Source: RFC 9110 §10.2.3.
    """
    value = text_header(headers, b"retry-after")
    if value is None:
        return None
    if _NUMBER.fullmatch(value):
        wait = _seconds(value)
    elif until := _date(value):
        wait = until - (_date(text_header(headers, b"date")) or now)
    else:
        return None
    return min(wait, MAX_WAIT) if wait > timedelta() else None


def fresh_for(headers: Headers, now: datetime) -> timedelta | None:
    """Read how long the answer stays fresh: Cache-Control, else Expires by the server's Date; less its Age.

    Returns:
        Zero where we are told to ask each time, None where nothing is said in a form we know.

    Source: RFC 9111 §4.2 and §5.2.2, for a cache of our own: s-maxage is not meant for it.
    """
    if b"cache-control" not in headers and b"expires" not in headers:
        return None
    said = listed(headers, b"cache-control").lower()
    if '"' in said:  # what another directive quotes is none of ours
        said = _QUOTED.sub('""', said)
    if _ALWAYS_ASK.search(said):
        return timedelta()
    if found := _MAX_AGE.search(said):
        lasts = _seconds(found[1])
    elif (expires := text_header(headers, b"expires")) is not None:
        until = _date(expires)  # what is no date, "0" before all, means it has expired
        lasts = until - (_date(text_header(headers, b"date")) or now) if until else timedelta()
    else:
        return None
    age = text_header(headers, b"age") or ""
    lasts -= _seconds(age) if _NUMBER.fullmatch(age) else timedelta()
    return min(max(lasts, timedelta()), MAX_WAIT)


def _seconds(digits: str) -> timedelta:
    # Python refuses to read numbers of thousands of digits.
    return timedelta(seconds=min(int(digits), 10**9)) if len(digits) <= 18 else MAX_WAIT


def failure(status: int, wait: timedelta | None, *, note: str = "") -> FetchError:
    """Say what a status that brings no feed means.

    Args:
        status: HTTP status, neither a body nor an expected 304 nor a redirect that can be followed.
        wait: What the server asked to wait.
        note: What else explains it, put at the end.
    """
    kind, reason, meaning = _MEANINGS.get(status) or _by_class(status)
    words = f"the server said {status}" + (f", {meaning}" if meaning else "")
    if wait:
        words += f", and asked to wait {span(wait)}"
    return kind(reason, words + note, status=status, retry_after=wait)


def span(wait: timedelta) -> str:
    """Say a time span in words.

    >>> [span(timedelta(seconds=s)) for s in (1, 90, 120, 7200, 86400)]
    ['1 second', '90 seconds', '2 minutes', '2 hours', '24 hours']
    """
    seconds = max(1, round(wait.total_seconds()))
    size, unit = (1, "second") if seconds < 120 else (60, "minute") if seconds < 7200 else (3600, "hour")
    count = round(seconds / size)
    return f"{count} {unit}" + ("" if count == 1 else "s")


def _by_class(status: int) -> tuple[type[FetchError], Reason, str]:
    if status >= 500:
        return FetchRetryable, Reason.HTTP_SERVER_ERROR, ""
    if status >= 400:
        return FetchRefused, Reason.HTTP_CLIENT_ERROR, ""
    if status >= 300:
        return FetchRefused, Reason.REDIRECTS, "a redirect that cannot be followed"
    return FetchRetryable, Reason.BAD_RESPONSE, "and sent no feed"


def _date(value: str | None) -> datetime | None:
    """Read an HTTP date in any of its three forms; None where it is none."""
    try:
        at = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
