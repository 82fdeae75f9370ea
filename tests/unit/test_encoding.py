"""Bodies taken out of their compression, up to a limit."""

import gzip
import resource
import time
import zlib
from collections.abc import Callable

import brotli
import pytest

from pipeline.errors import FetchError, FetchRefused, FetchRetryable, Reason
from pipeline.sources.encoding import DecodedBody

TEXT = b"Kestrel Wire, invented copy. " * 4_000
LIMIT = 8 * 2**20


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "plain": ("", bytes),
    "identity": ("identity", bytes),
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZIP", gzip.compress),
    "gzip-and-identity": ("gzip, identity", gzip.compress),
    "a-charset": ("UTF-8", bytes),
    "none": ("none", bytes),
    "left-from-an-upload": ("gzip,aws-chunked", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare-deflate": ("deflate", bare_deflate),
    "br": ("br", brotli.compress),
}
PACKED = {name: packer for name, packer in PACKERS.items() if packer[1] is not bytes}


def decode(encoding: str, data: bytes, *, limit: int = LIMIT, piece: int = 1_000) -> bytes:
    body = DecodedBody(encoding, limit)
    for start in range(0, len(data), piece):
        body.add(data[start : start + piece])
    return body.finish()


def error_of(encoding: str, data: bytes, **how: int) -> FetchError:
    with pytest.raises(FetchError) as caught:
        decode(encoding, data, **how)
    return caught.value


@pytest.mark.parametrize("piece", [1, 7, 1_000, 10**9])
@pytest.mark.parametrize("name", PACKERS)
def test_a_body_is_the_same_in_any_encoding_and_any_pieces(name: str, piece: int) -> None:
    encoding, pack = PACKERS[name]
    text = TEXT if piece > 7 else TEXT[:3_000]
    assert decode(encoding, pack(text), piece=piece) == text


@pytest.mark.parametrize("piece", [1, 10**9])
def test_gzip_streams_may_be_joined_and_padded(piece: int) -> None:
    assert (
        decode("gzip", gzip.compress(b"one ") + gzip.compress(b"two") + b"\0" * 512, piece=piece)
        == b"one two"
    )


@pytest.mark.parametrize(
    "encoding",
    ["gzip, gzip", "gzip,br", "deflate, gzip", "zstd", "compress", "dcb", "none, zstd", "x" * 9_000],
)
def test_an_encoding_nobody_asked_for_is_refused(encoding: str) -> None:
    error = error_of(encoding, b"x")
    assert (type(error), error.reason) == (FetchRefused, Reason.BAD_ENCODING)
    assert len(error.detail) < 120


@pytest.mark.parametrize("name", PACKED)
def test_bytes_that_are_not_in_the_encoding_named_are_said(name: str) -> None:
    error = error_of(PACKED[name][0], b"<rss version='2.0'></rss>" * 100)
    assert (type(error), error.reason) == (FetchRetryable, Reason.BAD_ENCODING)


@pytest.mark.parametrize("name", PACKED)
def test_a_stream_that_was_cut_off_is_no_body(name: str) -> None:
    encoding, pack = PACKED[name]
    error = error_of(encoding, pack(TEXT)[:-3])
    assert (type(error), error.reason) == (FetchRetryable, Reason.BAD_RESPONSE)


@pytest.mark.parametrize("name", PACKERS)
def test_nothing_is_no_body(name: str) -> None:
    encoding, pack = PACKERS[name]
    assert error_of(encoding, b"").detail == "the answer is empty"
    assert error_of(encoding, pack(b"")).detail == "the answer is empty"


@pytest.mark.parametrize("name", PACKERS)
def test_a_body_of_just_the_limit_passes_and_one_more_byte_does_not(name: str) -> None:
    encoding, pack = PACKERS[name]
    for piece in (1_000, 10**9):
        assert decode(encoding, pack(TEXT), limit=len(TEXT), piece=piece) == TEXT
        error = error_of(encoding, pack(TEXT), limit=len(TEXT) - 1, piece=piece)
        assert (type(error), error.reason) == (FetchRefused, Reason.TOO_LARGE)


@pytest.mark.parametrize("size", [256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 2 * 256 * 1024])
@pytest.mark.parametrize("name", PACKED)
def test_nothing_is_lost_where_a_step_of_decoding_ends(name: str, size: int) -> None:
    encoding, pack = PACKED[name]
    assert decode(encoding, pack(b"a" * size), piece=10**9) == b"a" * size


def bomb(name: str) -> tuple[str, bytes]:
    """Pack 100 MB of nothing."""
    zeros = b"\0" * 2**20
    packers = {
        "gzip": zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16),
        "deflate": zlib.compressobj(9),
    }
    if name == "br":
        packer = brotli.Compressor(quality=5)
        return name, b"".join(packer.process(zeros) for _ in range(100)) + packer.finish()
    return name, b"".join(packers[name].compress(zeros) for _ in range(100)) + packers[name].flush()


@pytest.mark.parametrize("name", ["gzip", "deflate", "br"])
def test_f13_a_bomb_ends_at_the_limit(name: str) -> None:
    encoding, data = bomb(name)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    error = error_of(encoding, data, piece=65_536)
    assert error.reason is Reason.TOO_LARGE
    assert time.process_time() - began < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


def test_f13_thousands_of_tiny_gzip_streams_are_refused_at_once() -> None:
    data = gzip.compress(b"") * 100_000
    began = time.process_time()
    error = error_of("gzip", data, piece=65_536)
    assert (type(error), error.reason) == (FetchRefused, Reason.BAD_ENCODING)
    assert time.process_time() - began < 0.5
