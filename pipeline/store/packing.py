"""Bytes for the disk, packed and sealed: the home of isal.

It packs as zlib does, and gives the same checksums, in a quarter and a tenth of zlib's time.
"""

import zlib

from isal import isal_zlib

#: what is packed begins so
PACKED = b"\x78"
#: of 0 to 3; smaller than zlib's fastest
_LEVEL = 2
#: of what is shorter the fastest level is enough: to set up another takes longer than to pack it
_SHORT = 32_768


def pack(data: bytes) -> bytes:
    """Compress as zlib does."""
    return isal_zlib.compress(data, 0 if len(data) < _SHORT else _LEVEL)


def unpack(packed: bytes) -> bytes:
    """Give what was packed.

    Raises:
        ValueError: It is damaged.
    """
    try:
        return zlib.decompress(packed)
    except zlib.error as error:
        raise ValueError(str(error)) from error


def checksum(data: bytes) -> int:
    """Compute the CRC-32."""
    return isal_zlib.crc32(data)
