"""What a server's answer means."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.errors import FetchRefused, FetchRetryable, Reason
from pipeline.sources.answer import MAX_WAIT, by_name, failure, location, retry_after, validator

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(hours=24)


def wait(value: str | bytes, date: str | None = None) -> timedelta | None:
    headers = [(b"Retry-After", value if isinstance(value, bytes) else value.encode())]
    if date:
        headers.append((b"Date", date.encode()))
    return retry_after(by_name(headers), NOON)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(minutes=2)),
        (" 120 ", timedelta(minutes=2)),
        ("0", None),
        ("-5", None),
        ("86400", DAY),
        ("86401", DAY),
        ("1000000000000", DAY),
        ("9" * 5_000, DAY),
        ("0000060", timedelta(minutes=1)),
        ("soon", None),
        ("1.5", None),
        ("", None),
        ("٣", None),
        (b"\xff", None),
        ("Thu, 01 Jan 2026 12:10:00 GMT", timedelta(minutes=10)),
        ("Thursday, 01-Jan-26 12:10:00 GMT", timedelta(minutes=10)),
        ("Thu Jan  1 12:10:00 2026", timedelta(minutes=10)),
        ("Thu, 01 Jan 2026 14:10:00 +0200", timedelta(minutes=10)),
        ("Thu, 01 Jan 2026 11:00:00 GMT", None),
        ("Fri, 01 Jan 2126 12:00:00 GMT", DAY),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
        ("Thu, 99 Jan 2026 12:10:00 GMT", None),
    ],
)
def test_f05_retry_after_is_read_in_both_forms_and_capped(
    value: str | bytes, expected: timedelta | None
) -> None:
    assert wait(value) == expected


@pytest.mark.parametrize("offset_days", [-4_000, -1, 0, 1, 4_000])
def test_f05_a_date_is_read_by_the_servers_own_clock(offset_days: int) -> None:
    theirs = NOON + timedelta(days=offset_days)
    form = "%a, %d %b %Y %H:%M:%S GMT"
    asked = (theirs + timedelta(minutes=10)).strftime(form)
    assert wait(asked, date=theirs.strftime(form)) == timedelta(minutes=10)


def test_a_date_that_is_no_date_leaves_our_own_clock() -> None:
    assert wait("Thu, 01 Jan 2026 12:10:00 GMT", date="now") == timedelta(minutes=10)


def test_nothing_asked_is_nothing() -> None:
    assert retry_after({}, NOON) is None


@pytest.mark.parametrize("value", [b"", b"a\x00b", b"a\x01", b"a\x7f", b"a\nb", b"a\rb"])
def test_a_validator_that_could_not_be_sent_back_is_none(value: bytes) -> None:
    assert validator(by_name([(b"ETag", value)]), b"etag") is None


@pytest.mark.parametrize("value", [b'"a"', b"\xff\xfe", b"a\tb", b"x" * 8_000])
def test_any_other_validator_is_kept_as_it_is(value: bytes) -> None:
    assert validator(by_name([(b"eTaG", value)]), b"etag") == value


@pytest.mark.parametrize(
    ("status", "kind", "reason", "words"),
    [
        (204, FetchRetryable, Reason.BAD_RESPONSE, "the server said 204, and sent no feed"),
        (300, FetchRefused, Reason.REDIRECTS, "the server said 300, a redirect that cannot be followed"),
        (401, FetchRefused, Reason.UNAUTHORIZED, "the server said 401, the credentials are missing or wrong"),
        (403, FetchRefused, Reason.FORBIDDEN, "the server said 403, it refuses to give us this feed"),
        (404, FetchRefused, Reason.NOT_FOUND, "the server said 404, there is nothing at this address"),
        (410, FetchRefused, Reason.GONE, "the server said 410, the feed is gone for good"),
        (418, FetchRefused, Reason.HTTP_CLIENT_ERROR, "the server said 418"),
        (429, FetchRetryable, Reason.RATE_LIMITED, "the server said 429, too many requests"),
        (500, FetchRetryable, Reason.HTTP_SERVER_ERROR, "the server said 500"),
        (599, FetchRetryable, Reason.HTTP_SERVER_ERROR, "the server said 599"),
    ],
)
def test_a_status_is_said_in_words(status: int, kind: type, reason: Reason, words: str) -> None:
    error = failure(status, None)
    assert (type(error), error.reason, error.detail, error.status) == (kind, reason, words, status)


def test_what_the_server_asked_for_is_said_and_carried() -> None:
    error = failure(503, timedelta(minutes=2))
    assert error.detail == "the server said 503, and asked to wait 2 minutes"
    assert error.retry_after == timedelta(minutes=2)
    assert failure(503, MAX_WAIT).detail.endswith("asked to wait 24 hours")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(b" /a ", "/a"), ("/ü".encode(), "/ü"), (b"/gr\xfc\xdfe", "/gr%FC%DFe"), (b"/%C3", "/%C3")],
    ids=["ascii", "utf-8", "latin-1", "quoted"],
)
def test_a_location_of_any_bytes_leads_where_it_was_meant_to(value: bytes, expected: str) -> None:
    assert location(by_name([(b"Location", value)])) == expected
