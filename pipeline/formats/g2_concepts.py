"""What a NewsML-G2 item is about: subjects, places and genres, with what its assertions say of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from xml.etree.ElementTree import Element

from pipeline.formats.newscodes import SCHEMES, kind_of, scheme_at, scheme_named, split_uri, subject
from pipeline.formats.xml_tree import value, words
from pipeline.model import Concept

#: part of a type, a facet or an assertion's name → what the concept is
_KINDS = {
    "person": "person",
    "people": "person",
    "organisation": "organisation",
    "organization": "organisation",
    "company": "organisation",
    "team": "organisation",
    "geoarea": "place",
    "geo": "place",
    "poi": "place",
    "city": "place",
    "country": "place",
    "statprov": "place",
    "event": "event",
    "category": "category",
    "genre": "genre",
}
#: types that are the whole of a code
_EXACT = {"cat": "category", "5": "place"}
_DETAILS = {
    "persondetails": "person",
    "organisationdetails": "organisation",
    "geoareadetails": "place",
    "poidetails": "place",
    "eventdetails": "event",
}
#: a literal is the name of these, and the code of others
_NAMED = frozenset({"place", "person", "organisation", "event"})
_FACETS = ("geoprop",)
#: what a place lies in, or has for its address
_AREAS = frozenset({"broader", "locality", "area", "country"})
#: names of other forms than the whole one
_OTHER_NAMES = ("short", "mnemonic", "abbr")


class Concepts:
    """Reads the concepts of one item, its catalogs and assertions known."""

    def __init__(self, item: Element) -> None:
        self._aliases = {
            alias: uri
            for each in item.iterfind("catalog/scheme")
            if (alias := value(each, "alias")) and (uri := value(each, "uri"))
        }
        self._asserted: dict[str, Element] = {}
        for each in item.iterfind("assert"):
            self._asserted.setdefault(_key(each), each)

    def of(self, holders: Sequence[Element]) -> Iterator[Concept]:
        """Give the concepts of an item, as sent, each with its equivalents in known vocabularies."""
        seen: set[str] = set()
        for holder in holders:
            for each in holder:
                if each.tag in {"subject", "genre", "located"}:
                    seen.add(_key(each))
                    yield from self._with_others(each)
        for key, each in self._asserted.items():
            if key not in seen and self._kind(each, None) in {"person", "organisation", "place"}:
                yield from self._with_others(each)

    def name_of(self, element: Element | None) -> str | None:
        """Give the name of a concept: as sent beside it, asserted, or its literal."""
        if element is None:
            return None
        asserted = self._asserted.get(_key(element))
        return _name(element) or _name(asserted) or value(element, "literal") or self._spoken(element)

    def party(self, element: Element) -> str | None:
        """Name a party by literal or code, which stay the same; where the code is a number, by its name."""
        code = value(element, "literal") or self._spoken(element)
        return (
            code
            or _name(element)
            or _host(value(element, "uri"))
            or value(element, "qcode")
            or words(element)
        )

    def _spoken(self, element: Element) -> str | None:
        """Give the code of a concept where it is a word."""
        code = (value(element, "qcode") or "").rpartition(":")[2]
        return code if any(map(str.isalpha, code)) else None

    def _with_others(self, element: Element) -> Iterator[Concept]:
        concept = self._concept(element)
        if concept is not None:
            yield concept
        kind = self._kind(element, None) if concept is None else concept.kind
        asserted = self._asserted.get(_key(element))
        for holder in (element, asserted):
            if holder is None:
                continue
            yield from self._same(holder, kind)
            if kind == "place":
                yield from self._around(holder)

    def _concept(self, element: Element) -> Concept | None:
        scheme, code = self._coded(element)
        kind = self._kind(element, scheme)
        asserted = self._asserted.get(_key(element))
        name = _name(element) or _name(asserted)
        if code and scheme is None and kind in _NAMED:
            code, name = None, name or code
        if code is None and name is None:
            return None
        if code and kind == "subject" and (scheme is None or scheme in {"subj", "medtop"}):
            concept = subject(code, scheme=scheme, name=name)
        else:
            concept = Concept(kind=kind, scheme=scheme, code=code, name=name)
        return _placed(concept, element, asserted)

    def _same(self, element: Element, kind: str) -> Iterator[Concept]:
        """Give the same concept in the vocabularies that we know."""
        for each in element.findall("sameas"):
            scheme, code = self._coded(each)
            if code and scheme in SCHEMES:
                yield Concept(kind=kind, scheme=scheme, code=code, name=_name(each) or _name(element))

    def _around(self, place: Element) -> Iterator[Concept]:
        """Give the areas that a place lies in."""
        for each in place.iter():
            if each.tag not in _AREAS:
                continue
            scheme, code = self._coded(each)
            if code or _name(each):
                yield Concept(kind="place", scheme=scheme, code=code, name=_name(each))
            yield from self._same(each, "place")

    def _coded(self, element: Element) -> tuple[str | None, str | None]:
        """Give vocabulary and code; a literal is a code of no vocabulary, unless a name says the same."""
        if qcode := value(element, "qcode"):
            alias, separator, code = qcode.partition(":")
            if not separator:
                return None, qcode
            if alias in self._aliases:
                return scheme_at(self._aliases[alias]), code
            return scheme_named(alias), code
        if uri := value(element, "uri"):
            return split_uri(uri)
        literal = value(element, "literal")
        return None, None if _name(element) or _key(element) in self._asserted else literal

    def _kind(self, element: Element, scheme: str | None) -> str:
        """Say what a concept is: by where it stands, its type, its facets, its vocabulary, its details."""
        if element.tag in {"located", "genre"}:
            return "place" if element.tag == "located" else "genre"
        details = [element, self._asserted.get(_key(element))]
        found = (
            _kind_of_type(value(element, "type")),
            *(_kind_of_type(value(each, "qcode")) for each in element.findall("type")),
            *("place" for each in element.iter("facet") if _is_geo(each)),
            kind_of(scheme),
            *(_kind_of_details(each) for each in details),
        )
        return next(filter(None, found), "subject")


def _key(element: Element) -> str:
    return next(filter(None, (value(element, name) for name in ("qcode", "uri", "literal"))), "")


def _name(element: Element | None) -> str | None:
    """Give the name of a concept: the whole one before a short form."""
    if element is None:
        return None
    names = element.findall("name")
    whole = [each for each in names if not (value(each, "role") or "").lower().endswith(_OTHER_NAMES)]
    return next(filter(None, map(words, [*whole, *names])), None)


def _host(uri: str | None) -> str | None:
    """Give the host of a URI, which names a party better than the whole."""
    host = (uri or "").partition("://")[2].partition("/")[0]
    return host.removeprefix("www.") or uri


def _kind_of_type(sent: str | None) -> str | None:
    code = (sent or "").rstrip("/").rpartition("/")[2].rpartition(":")[2].lower()
    if code in _EXACT:
        return _EXACT[code]
    return next((kind for part, kind in _KINDS.items() if part in code), None)


def _kind_of_details(element: Element | None) -> str | None:
    if element is None:
        return None
    return next((kind for name, kind in _DETAILS.items() if element.find(name) is not None), None)


def _is_geo(facet: Element) -> bool:
    return (value(facet, "qcode") or value(facet, "rel") or "").lower().startswith(_FACETS)


def _placed(concept: Concept, *said: Element | None) -> Concept:
    """Add the position of a place."""
    for element in said:
        position = None if element is None else next(element.iter("position"), None)
        lat, lon = (coordinate(value(position, name)) for name in ("latitude", "longitude"))
        if lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180:
            return replace(concept, lat=lat, lon=lon)
    return concept


def coordinate(text: str | None) -> float | None:
    """Read degrees; None where it is no number."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if abs(number) <= 180 else None  # NaN and infinity are not
