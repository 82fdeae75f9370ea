"""F13: answers that unpack to gigabytes cost milliseconds and no memory, wherever the limit is met."""

import asyncio
import gzip
import json
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import brotli
import pytest

import measured_fetch
from badserver import Asked, BadServer, answer, head
from fault_size import Size
from threaded import in_thread

_MIB = 1 << 20
_ZEROS = bytes(_MIB)
#: what a bomb may cost: see the case
_MOST_MIB, _MOST_CPU_S = 32, 1.0
SMALL = b"<rss version='2.0'><channel><title>Kestrel Wire</title></channel></rss>"


def _deflated(mebibytes: int) -> bytes:
    """Give so many MiB of zeros as bare deflate: one piece, which stands for itself, again and again."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    piece = packer.compress(_ZEROS) + packer.flush(zlib.Z_FULL_FLUSH)
    return piece * mebibytes + packer.flush()


def _gzip(mebibytes: int) -> bytes:
    checksum = 0
    for zeros in repeat(_ZEROS, mebibytes):
        checksum = zlib.crc32(zeros, checksum)
    size = mebibytes * _MIB % 2**32
    begin = gzip.compress(b"")[:10]
    return begin + _deflated(mebibytes) + checksum.to_bytes(4, "little") + size.to_bytes(4, "little")


def _zlib(mebibytes: int) -> bytes:
    checksum = 1
    for zeros in repeat(_ZEROS, mebibytes):
        checksum = zlib.adler32(zeros, checksum)
    return b"\x78\xda" + _deflated(mebibytes) + checksum.to_bytes(4, "big")


def _brotli(mebibytes: int) -> bytes:
    packer = brotli.Compressor(quality=5)
    return b"".join(packer.process(zeros) for zeros in repeat(_ZEROS, mebibytes)) + packer.finish()


#: how it is packed → what it is called, how it is made, and why it is refused
BOMBS: dict[str, tuple[str, Callable[[int], bytes], str]] = {
    "gzip": ("gzip", _gzip, "too_large"),
    "deflate": ("deflate", _zlib, "too_large"),
    "bare-deflate": ("deflate", _deflated, "too_large"),
    "br": ("br", _brotli, "too_large"),
    "10,000 gzip streams": ("gzip", lambda _: gzip.compress(bytes(200)) * 10_000, "bad_encoding"),
    "gzip of gzip": ("gzip, gzip", lambda size: gzip.compress(_gzip(size)), "bad_encoding"),
    "zstd, which nobody asked for": ("zstd", lambda _: b"\x28\xb5\x2f\xfd" + _ZEROS, "bad_encoding"),
    "not packed at all": ("", lambda size: bytes(min(size, 64) * _MIB), "too_large"),
}


@dataclass
class _Bomb:
    """A packed body, said without a length, piece by piece, as fast as it is taken."""

    encoding: str
    data: bytes
    sent: int = 0

    async def say(self, _: Asked, writer: asyncio.StreamWriter) -> bool:
        packed = {"Content-Encoding": self.encoding, "Transfer-Encoding": "chunked", "ETag": '"a"'}
        writer.write(head(headers=packed))
        for start in range(0, len(self.data), 16_384):
            piece = self.data[start : start + 16_384]
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
            self.sent += len(piece)
        writer.write(b"0\r\n\r\n")
        return False


@pytest.fixture(scope="module")
def told(size: Size) -> dict[str, dict[str, Any]]:
    """Fetch all bombs, each in a process of its own, with the limits that are usual; say what came of it."""
    mebibytes = 2048 if size.full else 64
    bombs = {name: _Bomb(encoding, pack(mebibytes)) for name, (encoding, pack, _) in BOMBS.items()}
    with in_thread(BadServer()) as server:
        small = server.on("/small", answer(body=SMALL))
        urls = [server.on(f"/{number}", bomb.say) for number, bomb in enumerate(bombs.values())]
        words = [sys.executable, measured_fetch.__file__, small, *urls]
        lines = subprocess.run(words, check=True, capture_output=True, timeout=60).stdout.splitlines()
    said = dict(zip(BOMBS, map(json.loads, lines), strict=True))
    print()
    for name, bomb in bombs.items():
        print(f"{name}: {len(bomb.data):,} bytes, {bomb.sent:,} of them sent; {said[name]}")
    return said


@pytest.mark.parametrize("name", BOMBS)
def test_f13_a_bomb_is_refused_at_the_limit(told: dict[str, dict[str, Any]], name: str) -> None:
    assert told[name]["outcome"] == BOMBS[name][2]
    assert told[name]["memory_mib"] <= _MOST_MIB
    assert told[name]["cpu_s"] <= _MOST_CPU_S
