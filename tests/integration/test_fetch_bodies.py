"""Bodies that are broken, packed, or far too large: said in words, and never half a feed."""

import gzip
import itertools
import time
import zlib
from collections.abc import AsyncIterator, Callable

import brotli
import pytest

from badserver import Answer, BadServer, answer, head, raw, reset, trickle
from fetching import BODY, feed_at, fresh, new_fetcher
from pipeline.errors import FetchError, FetchRefused, FetchRetryable, Reason
from pipeline.sources.http import HttpFetcher

CHUNKED = {"Transfer-Encoding": "chunked", "ETag": '"a"'}
LIMIT = 100_000


@pytest.fixture
async def server() -> AsyncIterator[BadServer]:
    async with BadServer() as running:
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    async with new_fetcher(max_body_bytes=LIMIT) as opened:
        yield opened


async def error_of(fetcher: HttpFetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(feed_at(url), fresh())
    return caught.value


def packed(encoding: str, data: bytes) -> Answer:
    return answer(body=data, headers={"Content-Encoding": encoding, "ETag": '"a"'})


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", zlib.compress(BODY)[2:-4]),
        ("br", brotli.compress(BODY)),
        ("identity", BODY),
        ("utf-8", BODY),
    ],
    ids=["gzip", "deflate", "bare-deflate", "br", "identity", "a-charset"],
)
async def test_a_packed_body_is_unpacked(
    server: BadServer, fetcher: HttpFetcher, encoding: str, data: bytes
) -> None:
    response = await fetcher.fetch(feed_at(server.on("/feed", packed(encoding, data))), fresh())
    assert (response.body, response.etag) == (BODY, b'"a"')


async def test_a_body_without_a_length_ends_where_the_connection_does(
    server: BadServer, fetcher: HttpFetcher
) -> None:
    response = await fetcher.fetch(feed_at(server.on("/feed", raw(head() + BODY))), fresh())
    assert response.body == BODY


def spoken(*lines: bytes, body: bytes = BODY, first: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return b"\r\n".join((first, *lines, b"", body))


LENGTH = b"Content-Length: %d" % len(BODY)
CHUNKS = b"5;a=b\r\n" + BODY[:5] + b"\r\n" + b"%X\r\n" % len(BODY[5:]) + BODY[5:] + b"\r\n0\r\n"
ODD: dict[str, bytes] = {
    "chunks-with-extension-and-trailers": spoken(
        b"Transfer-Encoding: Chunked", body=CHUNKS + b'ETag: "late"\r\nX-A: b\r\n\r\n'
    ),
    "an-empty-header": spoken(LENGTH, b"X-A:"),
    "http-1.0": spoken(first=b"HTTP/1.0 200 OK"),
    "no-reason": spoken(LENGTH, first=b"HTTP/1.1 200"),
    "lines-end-in-lf": spoken(LENGTH).replace(b"\r\n", b"\n"),
    "a-folded-header": spoken(LENGTH, b"X-A: b\r\n c"),
    "latin-1-in-a-header": spoken(LENGTH, b"X-A: gr\xfc\xdfe"),
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n" + spoken(LENGTH),
    "early-hints": b'HTTP/1.1 103 Early Hints\r\nETag: "hint"\r\n\r\n' * 3 + spoken(LENGTH),
    "a-policy-of-16-kb": spoken(LENGTH, b"Content-Security-Policy: " + b"a" * 16_000),
    "an-upgrade-offered": spoken(LENGTH, b"Upgrade: h2c", b"Connection: Upgrade"),
    "a-wrong-type": spoken(LENGTH, b'Content-Type: ;;="image/png'),
}


@pytest.mark.parametrize("name", ODD)
async def test_what_is_odd_but_legal_is_read(server: BadServer, fetcher: HttpFetcher, name: str) -> None:
    response = await fetcher.fetch(feed_at(server.on("/feed", raw(ODD[name]))), fresh())
    assert (response.status, response.body, response.etag) == (200, BODY, None)


async def test_a_padded_gzip_ends_where_its_stream_does(server: BadServer, fetcher: HttpFetcher) -> None:
    url = server.on("/feed", packed("gzip", gzip.compress(BODY) + bytes(512)))
    assert (await fetcher.fetch(feed_at(url), fresh())).body == BODY


BROKEN: dict[str, tuple[Answer, Reason]] = {
    "status-of-two-digits": (raw(spoken(LENGTH, first=b"HTTP/1.1 099 X")), Reason.BAD_RESPONSE),
    "no-end-of-hints": (raw(b"HTTP/1.1 103 X\r\n\r\n" * 500 + spoken(LENGTH)), Reason.BAD_RESPONSE),
    "other-protocol": (raw(spoken(b"Upgrade: a", first=b"HTTP/1.1 101 X")), Reason.BAD_RESPONSE),
    "empty": (answer(headers={"ETag": '"a"'}), Reason.BAD_RESPONSE),
    "no-content": (answer(204), Reason.BAD_RESPONSE),
    "shorter-than-its-length": (raw(head(length=1_000) + BODY), Reason.BAD_RESPONSE),
    "chunk-size-is-no-number": (raw(head(headers=CHUNKED) + b"zz\r\nabc\r\n"), Reason.BAD_RESPONSE),
    "chunk-is-shorter": (raw(head(headers=CHUNKED) + b"ff\r\nabc"), Reason.BAD_RESPONSE),
    "chunk-is-longer": (raw(head(headers=CHUNKED) + b"2\r\nabcdef\r\n0\r\n\r\n"), Reason.BAD_RESPONSE),
    "no-last-chunk": (raw(head(headers=CHUNKED) + b"3\r\nabc\r\n"), Reason.BAD_RESPONSE),
    "reset-inside": (reset(head(length=1_000) + BODY), Reason.BAD_RESPONSE),
    "reset-at-once": (reset(), Reason.BAD_RESPONSE),
    "closed-at-once": (raw(b""), Reason.BAD_RESPONSE),
    "closed-in-its-headers": (raw(b"HTTP/1.1 200 OK\r\nETag: "), Reason.BAD_RESPONSE),
    "no-http": (raw(b"SSH-2.0-OpenSSH_9\r\n\r\n"), Reason.BAD_RESPONSE),
    "two-lengths": (
        raw(b"HTTP/1.1 200 X\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
        Reason.BAD_RESPONSE,
    ),
    "negative-length": (raw(b"HTTP/1.1 200 X\r\nContent-Length: -3\r\n\r\nabcd"), Reason.BAD_RESPONSE),
    "one-header-of-200-kb": (answer(body=BODY, headers={"X-A": "a" * 200_000}), Reason.BAD_RESPONSE),
    "ten-thousand-headers": (
        answer(body=BODY, headers=[(f"X-{n}", "a") for n in range(10_000)]),
        Reason.BAD_RESPONSE,
    ),
    "gzip-cut-off": (packed("gzip", gzip.compress(BODY)[:-9]), Reason.BAD_RESPONSE),
    "gzip-of-nothing": (packed("gzip", gzip.compress(b"")), Reason.BAD_RESPONSE),
    "no-gzip-at-all": (packed("gzip", BODY), Reason.BAD_ENCODING),
    "no-brotli-at-all": (packed("br", BODY), Reason.BAD_ENCODING),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_f12_a_broken_answer_may_work_later_and_its_validators_are_not_kept(
    server: BadServer, fetcher: HttpFetcher, name: str
) -> None:
    broken, reason = BROKEN[name]
    feed = feed_at(server.on("/feed", broken))
    with pytest.raises(FetchRetryable) as caught:
        await fetcher.fetch(feed, fresh())
    assert caught.value.reason is reason
    server.on("/feed", answer(body=BODY))
    assert (await fetcher.fetch(feed, fresh())).body == BODY


@pytest.mark.parametrize("encoding", ["gzip, gzip", "zstd", "compress", "gzip\r\nContent-Encoding: gzip"])
async def test_an_encoding_nobody_asked_for_is_refused(
    server: BadServer, fetcher: HttpFetcher, encoding: str
) -> None:
    twice = gzip.compress(gzip.compress(BODY))
    error = await error_of(fetcher, server.on("/feed", packed(encoding, twice)))
    assert (type(error), error.reason) == (FetchRefused, Reason.BAD_ENCODING)


TOO_LARGE: dict[str, Callable[[], Answer]] = {
    "by-its-length": lambda: raw(head(length=10**12)),
    "by-its-bytes": lambda: raw(head() + b"x" * (LIMIT + 1)),
    "by-its-endless-chunks": lambda: trickle(
        head(headers=CHUNKED), itertools.repeat(b"2000\r\n" + b"x" * 0x2000 + b"\r\n"), 0
    ),
    "gzip-bomb": lambda: packed("gzip", gzip.compress(b"\0" * 50_000_000, 9)),
    "deflate-bomb": lambda: packed("deflate", zlib.compress(b"\0" * 50_000_000, 9)),
    "br-bomb": lambda: packed("br", brotli.compress(b"\0" * 50_000_000, quality=3)),
}


@pytest.mark.parametrize("name", TOO_LARGE)
async def test_f13_an_answer_over_the_limit_ends_at_the_limit(
    server: BadServer, fetcher: HttpFetcher, name: str
) -> None:
    url = server.on("/feed", TOO_LARGE[name]())
    began = time.process_time()
    error = await error_of(fetcher, url)
    assert (type(error), error.reason) == (FetchRefused, Reason.TOO_LARGE)
    assert error.detail == "the answer is larger than 0.0954 MiB (limit of this service)"
    assert time.process_time() - began < 0.5
