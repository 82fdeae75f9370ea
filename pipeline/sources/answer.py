"""What a server's answer means: its status in words, Retry-After, validators. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pipeline.errors import FetchError, FetchRefused, FetchRetryable, Reason

RawHeaders = Sequence[tuple[bytes, bytes]]

#: no server makes us wait longer
MAX_RETRY_AFTER = timedelta(hours=24)

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


def header(headers: RawHeaders, name: bytes) -> bytes | None:
    """Give the first header of that name (lower case), byte for byte."""
    return next((value for key, value in headers if key.lower() == name), None)


def text_header(headers: RawHeaders, name: bytes) -> str | None:
    """Give a header as text; bytes that are no UTF-8 are replaced."""
    value = header(headers, name)
    return None if value is None else value.decode("utf-8", "replace").strip()


def validator(headers: RawHeaders, name: bytes) -> bytes | None:
    """Give ETag or Last-Modified exactly as sent, unless it is empty or could not be sent back."""
    value = header(headers, name)
    return value if value and not _CONTROL.search(value) else None


def retry_after(headers: RawHeaders, now: datetime) -> timedelta | None:
    """Read how long the server asks us to wait; None where it does not say so in a form we know.

    A date is read relative to the server's own Date: its clock may be wrong, but it is wrong twice.

    Source: RFC 9110 §10.2.3.
    """
    value = text_header(headers, b"retry-after")
    if value is None:
        return None
    if re.fullmatch(r"[0-9]+", value):
        # Python refuses to read numbers of thousands of digits.
        wait = MAX_RETRY_AFTER if len(value) > 18 else timedelta(seconds=min(int(value), 10**9))
    elif until := _date(value):
        wait = until - (_date(text_header(headers, b"date")) or now)
    else:
        return None
    return min(wait, MAX_RETRY_AFTER) if wait > timedelta() else None


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
