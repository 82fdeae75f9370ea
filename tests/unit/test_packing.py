"""Bytes for the disk, packed and sealed: whatever reads zlib can read them."""

import zlib

import pytest

from pipeline.store.packing import PACKED, checksum, pack, unpack
from pipeline.store.postgres_link import storable


@pytest.mark.parametrize("data", [b"", b"{}", b"melons " * 500, b"melons " * 50_000], ids=len)
def test_what_is_packed_is_zlibs_and_comes_back(data: bytes) -> None:
    packed = pack(data)
    assert unpack(packed) == zlib.decompress(packed) == data
    assert packed.startswith(PACKED)
    assert checksum(data) == zlib.crc32(data)
    assert len(packed) < 200 + len(data) / 20


@pytest.mark.parametrize("damaged", [b"", b"{}", pack(b"melons")[:-1], pack(b"melons")[:-4] + b"0000"])
def test_what_is_damaged_is_not_unpacked(damaged: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # zlib's own words
        unpack(damaged)


def test_of_many_texts_only_what_a_server_refuses_is_changed() -> None:
    fine = ["melons", None, "西瓜", ""]
    assert storable(fine) is fine
    assert storable(["a\0b", None, "caf\udce9", "西瓜", ""]) == ["a\ufffdb", None, "caf?", "西瓜", ""]
