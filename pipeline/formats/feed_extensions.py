"""What extensions of RSS and Atom say beside the text: GeoRSS, Dublin Core, Media RSS. The rest is ignored.

Given are feedparser's dicts; elements that feedparser does not know may take its names, so any value may be
of any kind.
"""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from itertools import islice
from typing import Any

from pipeline.formats.newscodes import SCHEMES, scheme_at, subject
from pipeline.model import Concept, Entry

_Raw = Mapping[str, Any]
_YEAR = re.compile(r"\d{3}")
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_DELETED = re.compile(r"<(?:[\w.-]+:)?deleted-entry\b([^<>]{0,4000})>")
_SAID = re.compile(r"""\b(ref|when)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_MAX_DELETED = 5_000


def concepts(raw: _Raw) -> Iterator[Concept]:
    """Give the place of an item, and its categories from vocabularies that we know."""
    yield from _places(raw)
    for tag in _list(raw.get("tags")):
        scheme, code = (
            (_word(tag, name) for name in ("scheme", "term")) if isinstance(tag, dict) else (None, None)
        )
        known = scheme_at(scheme) if scheme else None
        if code and known in SCHEMES:
            yield subject(code, scheme=known, name=_word(tag, "label"))


def caption(raw: _Raw) -> str | None:
    """Give what Media RSS says of a picture or film: the text of an item that has no other."""
    return _word(raw, "media_caption") or _word(raw, "media_text")


def source(raw: _Raw) -> str | None:
    """Give whom an item is from, where that is not the feed."""
    found = raw.get("source")
    return _word(raw, "dc_source") or (_word(found, "title") if isinstance(found, dict) else None)


def rights(raw: _Raw) -> str | None:
    """Give whose rights an item is under; what holds for the whole feed is no item's."""
    return _word(raw, "rights") or _word(raw, "media_copyright")


def _places(raw: _Raw) -> Iterator[Concept]:
    """Give the position with the name of the place, and what Dublin Core's coverage names."""
    name = _word(raw, "georss_featurename")
    coverage = _word(raw, "dc_coverage") or _word(raw, "dcterms_spatial")
    coverage = None if coverage and _YEAR.search(coverage) else coverage  # a time is coverage too
    position = _position(raw)
    if position is not None:
        lat, lon = position
        code = f"{lat:g},{lon:g}"
        yield Concept(kind="place", scheme="geo", code=code, name=name or coverage, lat=lat, lon=lon)
    elif name or coverage:
        yield Concept(kind="place", name=name or coverage)


def _position(raw: _Raw) -> tuple[float, float] | None:
    """Give latitude and longitude of a point, or of the middle of an area."""
    where = raw.get("where")
    points = list(_points(where.get("coordinates"))) if isinstance(where, dict) else []
    if not points:
        points = [(_number(raw.get("geo_long")), _number(raw.get("geo_lat")))]
    lons, lats = zip(*points, strict=True)
    lat, lon = (round((min(each) + max(each)) / 2, 6) for each in (lats, lons))
    # Not a number is in no range.
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _points(found: object, depth: int = 0) -> Iterator[tuple[float, float]]:
    """Give the points of coordinates, longitude first, however lines and rings are nested."""
    if not isinstance(found, tuple | list) or depth > 3:
        return
    if len(found) >= 2 and all(isinstance(each, int | float) for each in found):
        yield float(found[0]), float(found[1])
        return
    for each in found:
        yield from _points(each, depth + 1)


def _number(text: object) -> float:
    try:
        return float(text) if isinstance(text, str) else float("nan")
    except ValueError:
        return float("nan")


def _word(raw: _Raw, name: str) -> str | None:
    value = raw.get(name)
    return value.strip() or None if isinstance(value, str) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def withdrawn(document: str) -> Iterator[Entry]:
    """Read the tombstones of an Atom feed: each takes back the entry that it names (RFC 6721)."""
    if _TOMBSTONES not in document:
        return
    for tombstone in islice(_DELETED.finditer(document), _MAX_DELETED):
        said = {match[1]: unescape(match[2] or match[3] or "") for match in _SAID.finditer(tombstone[1])}
        if said.get("ref"):
            when = said.get("when")
            yield Entry(format="atom", guid=said["ref"], published=when, updated=when, pub_status="canceled")
