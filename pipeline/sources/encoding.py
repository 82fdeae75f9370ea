"""Content-Encoding: take a body out of gzip, deflate or Brotli, and never more of it than was allowed.

aiohttp could decode, but takes a gzip stream that was cut off for a whole one and hands a doubled
encoding over undecoded, without a word. Here both are errors, and a bomb ends at the limit.
"""

import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli  # type: ignore[import-untyped]  # ships no types

from pipeline.errors import FetchRefused, FetchRetryable, Reason

#: what a request may say in Accept-Encoding: exactly what is decoded here
ACCEPTED = "gzip, deflate, br"
#: gzip streams may be joined; thousands of tiny ones only cost time
_MAX_MEMBERS = 64
#: no coding at all: what misguided servers send for a charset, for "none", or of how a file was once uploaded
_NO_CODING = frozenset("identity none binary text 7bit 8bit utf-8 utf8 iso-8859-1 aws-chunked".split()) | {""}  # noqa: SIM905
_STEP_BYTES = 256 * 1024


class DecodedBody:
    """Collects one response's body, decoded, as its pieces come.

    Args:
        encoding: Content-Encoding as sent; empty when not sent.
        max_body_bytes: Limit for the bytes sent and for what they decode to.

    Raises:
        FetchRefused: BAD_ENCODING: the encoding is one we did not ask for.
    """

    def __init__(self, encoding: str, max_body_bytes: int) -> None:
        self._decoder = _decoder(encoding)
        self._encoding = encoding
        self._limit = max_body_bytes
        self._sent = 0
        self._body = bytearray()

    def add(self, piece: bytes) -> None:
        """Decode the next piece.

        Raises:
            FetchRefused: TOO_LARGE.
            FetchRetryable: BAD_ENCODING: these bytes are not in the encoding that was named.
        """
        self._sent += len(piece)
        try:
            for part in self._decoder.decode(piece):
                self._body += part
                if max(self._sent, len(self._body)) > self._limit:
                    raise too_large(self._limit)
        except (zlib.error, brotli.error):
            raise FetchRetryable(
                Reason.BAD_ENCODING, f"the server calls its answer {self._encoding}, but it is not"
            ) from None

    def finish(self) -> bytes:
        """Give the whole body.

        Raises:
            FetchRetryable: BAD_RESPONSE: it is empty or was cut off.
        """
        if self._sent == 0:
            raise FetchRetryable(Reason.BAD_RESPONSE, "the answer is empty")
        if not self._decoder.whole:
            raise FetchRetryable(Reason.BAD_RESPONSE, f"the answer was cut off inside its {self._encoding}")
        if not self._body:
            raise FetchRetryable(Reason.BAD_RESPONSE, "the answer is empty")
        return bytes(self._body)


def too_large(limit: int) -> FetchRefused:
    """Say that an answer is over the limit."""
    return FetchRefused(
        Reason.TOO_LARGE, f"the answer is larger than {mebibytes(limit)} (limit of this service)"
    )


def mebibytes(size: int) -> str:
    """Say a size.

    >>> [mebibytes(size) for size in (1_000, 10 << 20, 1 << 40)]
    ['0.000954 MiB', '10 MiB', '1,048,576 MiB']
    """
    count = size / 1_048_576
    return f"{count:,.0f} MiB" if count >= 1_000 else f"{count:.3g} MiB"


class _Decoder(Protocol):
    @property
    def whole(self) -> bool: ...

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Decode in steps, so that the caller can stop at its limit."""
        ...


class _Plain:
    whole = True

    def decode(self, data: bytes) -> Iterator[bytes]:
        yield data


class _Gzip:
    """One or several gzip streams, joined; what follows them (padding) is passed over."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._members = 1

    @property
    def whole(self) -> bool:
        return self._member.eof

    def decode(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._member.eof:
                if not data.startswith(b"\x1f"):
                    return
                self._next_member()
            yield from _inflate(self._member, data)
            data = self._member.unused_data

    def _next_member(self) -> None:
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise FetchRefused(
                Reason.BAD_ENCODING, f"the answer is made of more than {_MAX_MEMBERS} gzip streams"
            )
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)


class _Deflate:
    """zlib's format, as the standard says, or bare deflate, as some servers send."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj()
        self._begun = False

    @property
    def whole(self) -> bool:
        return self._stream.eof

    def decode(self, data: bytes) -> Iterator[bytes]:
        if not self._begun:
            self._begun = True
            if data[0] & 0x0F != 8:  # RFC 1950: compression method of zlib's header
                self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        if not self.whole:
            yield from _inflate(self._stream, data)


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    @property
    def whole(self) -> bool:
        return bool(self._stream.is_finished())

    def decode(self, data: bytes) -> Iterator[bytes]:
        while not self.whole:
            out = self._stream.process(data, output_buffer_limit=_STEP_BYTES)
            if not out:
                return
            yield out
            data = b""  # go on with what it still holds


def _inflate(stream: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """Give all that these bytes inflate to; also what zlib still holds when they are used up."""
    while True:
        out = stream.decompress(data, _STEP_BYTES)
        yield out
        data = stream.unconsumed_tail
        if not data and len(out) < _STEP_BYTES:
            return


def _decoder(encoding: str) -> _Decoder:
    names = [name.strip().casefold() for name in encoding.split(",")]
    match [name for name in names if name not in _NO_CODING]:
        case []:
            return _Plain()
        case ["gzip" | "x-gzip"]:
            return _Gzip()
        case ["deflate"]:
            return _Deflate()
        case ["br"]:
            return _Brotli()
    shown = encoding if len(encoding) <= 40 else encoding[:40] + "…"
    raise FetchRefused(
        Reason.BAD_ENCODING, f"the server sent Content-Encoding {shown!r}, which nobody asked for"
    )
