"""The compiled file: read by mapping it into memory, so that workers share its pages.

Layout: MAGIC, length of the header (4 bytes), the header (JSON: version, countries, words, lengths), then the
sections in the order of `SECTIONS`, each beginning at a multiple of 8:

    keys      uint64, sorted    hash of a name, or of the first words of one
    first     uint32, one more  where the senses of each key begin
    more      uint8             whether longer names begin with this key
    senses    SENSE             kind, languages, flags, country, city, state
    cities    CITY              GeoNames id, population, place, country, capital, where its name is, state
    names     UTF-8             names of cities, one after the other
"""

import json
import mmap
import struct
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pipeline.cache_sizes import GAZETTEER_NAMES
from pipeline.errors import ServiceError
from pipeline.model import Place
from workers.tag.gazetteer.values import Kind, Node, Sense, Spoken, Words

MAGIC = b"NWGAZ\x00\x00\x02"
SECTIONS = ("keys", "first", "more", "senses", "cities", "names")
#: lists of plain words that the header has
WORD_LISTS = ("given", "titles", "personal", "forenames", "locative", "qualifiers", "money", "speaking")
#: kind, languages, own name, country, city (NO_CITY: none), code of a state
SENSE = struct.Struct("<BBBxHxxI4s")
#: GeoNames id, population, latitude, longitude, country, capital, name's length and place, code of its state
CITY = struct.Struct("<IIffHBBI4s")
NO_CITY = 0xFFFFFFFF


def key_of(name: str) -> int:
    """Hash a name: its plain words with one space between."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")


class Gazetteer:
    """Names of countries and places, looked up word by word."""

    def __init__(self, header: Mapping[str, Any], sections: Mapping[str, memoryview]) -> None:
        self.version: str = header["version"]
        #: code → English name
        self.countries: Mapping[str, str] = header["countries"]
        #: ISO 3166-1 alpha-3 → alpha-2
        self.alpha3: Mapping[str, str] = header["alpha3"]
        #: code → codes of countries with a common border
        self.neighbours: Mapping[str, tuple[str, ...]] = {
            code: tuple(codes) for code, codes in header["neighbours"].items()
        }
        words = header["words"]
        self.words = Words(
            ordinary={language: frozenset(each) for language, each in words["ordinary"].items()},
            **{name: frozenset(words[name]) for name in (*WORD_LISTS, "small")},
        )
        self._codes = tuple(self.countries)
        self._keys = sections["keys"].cast("Q")
        self._first = sections["first"].cast("I")
        self._more = sections["more"]
        self._senses = sections["senses"]
        self._cities = sections["cities"]
        self._names = sections["names"]
        self._known: dict[str, Node | None] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, name: str) -> Node | None:
        """Look up plain words with one space between; None: no name is or begins so."""
        if name in self._known:
            return self._known[name]
        node = self._known[name] = self._read(name)
        return node

    def nodes(self, words: Iterable[str]) -> Mapping[str, Node | None]:
        """Look up each of many words: the mapping has them all, and others."""
        if len(self._known) >= GAZETTEER_NAMES:
            self._known.clear()
        for word in set(words).difference(self._known):
            self._known[word] = self._read(word)
        return self._known

    def _read(self, name: str) -> Node | None:
        key = key_of(name)
        at = bisect_left(self._keys, key)
        if at == len(self._keys) or self._keys[at] != key:
            return None
        senses = tuple(map(self._sense, range(self._first[at], self._first[at + 1])))
        return Node(senses=senses, more=bool(self._more[at]))

    def _sense(self, at: int) -> Sense:
        kind, spoken, own, country, city, part = SENSE.unpack_from(self._senses, at * SENSE.size)
        code = self._codes[country] if kind != Kind.NOTHING else ""
        if city == NO_CITY:
            return Sense(Kind(kind), code, Spoken(spoken), part=_text(part))
        geonames, population, lat, lon, _, capital, length, start, part = CITY.unpack_from(
            self._cities, city * CITY.size
        )
        name = bytes(self._names[start : start + length]).decode()
        place = Place(name=name, geonames=geonames, country=code, lat=round(lat, 5), lon=round(lon, 5))
        return Sense(
            Kind.CITY, code, Spoken(spoken), place, population, bool(capital), bool(own), _text(part)
        )


def _text(data: bytes) -> str:
    return data.rstrip(b"\x00").decode()


def load_gazetteer(path: Path) -> Gazetteer:
    """Map a compiled gazetteer into memory.

    Raises:
        ServiceError: It cannot be read, or is none of this version.
    """
    try:
        with path.open("rb") as file:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:
        raise ServiceError(f"{path}: the gazetteer cannot be read: {error}") from error
    if bytes(data[: len(MAGIC)]) != MAGIC:
        raise ServiceError(f"{path}: is no gazetteer of this version; compile it again")
    length = int.from_bytes(data[8:12], "little")
    header = json.loads(bytes(data[12 : 12 + length]))
    if header["size"] + _aligned(12 + length) != len(data):
        raise ServiceError(f"{path}: the gazetteer is cut off; compile it again")
    return Gazetteer(header, _sections(header["lengths"], data, _aligned(12 + length)))


def pack(header: Mapping[str, Any], sections: Mapping[str, bytes]) -> bytes:
    """Write a gazetteer as its file's bytes."""
    body = b"".join(_padded(sections[name]) for name in SECTIONS)
    lengths = {name: len(sections[name]) for name in SECTIONS}
    head = json.dumps({**header, "lengths": lengths, "size": len(body)}, ensure_ascii=False).encode()
    return _padded(MAGIC + len(head).to_bytes(4, "little") + head) + body


def _sections(lengths: Mapping[str, int], data: memoryview, at: int) -> dict[str, memoryview]:
    sections = {}
    for name in SECTIONS:
        sections[name] = data[at : at + lengths[name]]
        at += _aligned(lengths[name])
    return sections


def _aligned(size: int) -> int:
    return -(-size // 8) * 8


def _padded(data: bytes) -> bytes:
    return data.ljust(_aligned(len(data)), b"\x00")
