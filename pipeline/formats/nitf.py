"""NITF 3.x (https://iptc.org/standards/nitf/): one document, one entry."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from xml.etree.ElementTree import Element

from pipeline.formats.finish import MAX_CONCEPTS, finish
from pipeline.formats.links import is_web_url
from pipeline.formats.newscodes import country, subject
from pipeline.formats.source import Source
from pipeline.formats.urgency import read_urgency
from pipeline.formats.usage import read_usage
from pipeline.formats.xml_html import html_of, nitf_body
from pipeline.formats.xml_tree import child, children, read_trees, start_of, value, words
from pipeline.model import Concept, Entry, Parsed

NAME = "nitf"
ROOTS = frozenset({"nitf"})

# What NITF has no place for is sent in <meta name= content=>; names in lower case.
_META_SLUG = ("slug", "slugline", "anpa-keyword", "ntbstikkord", "ap-slugline", "keyword-line")
_META_SERVICE = ("service", "anpa-service", "ntbtjeneste")
_META_CATEGORY = ("category", "categoria")
_META_ANPA = ("anpa-category",)
_META_LANGUAGE = ("language", "lang", "dc.language", "idioma")
_META_ID = ("guid", "uri", "item-id", "ntbid")
_META_KEYWORDS = ("keywords",)
_META_URL = ("url", "canonical", "webpage")
_SUBJECT = "tobject.subject."
#: <location> has these inside; the first is what it is best called
_PLACE_PARTS = ("sublocation", "city", "state", "region", "country")
_INLINE = {"person": "person", "org": "organisation", "event": "event"}
_TITLE = frozenset({"byttl"})
_FILLED = (
    "headline",
    "slugline",
    "byline",
    "authors",
    "dateline",
    "located",
    "urgency",
    "summary_html",
    "language",
)
_AT_END = re.compile(r"[\s,;–—-]+$")
_AFTER_PLACE = re.compile(r"[,(/\d–—]|\s-")
_MAX_PLACE = 60
_MAX_AUTHORS = 100
_SLUG = re.compile(r"[^\W\d_]{3,}")
_BY = re.compile(r"^(?:by|par|von|por|di|av|door)\s+", re.IGNORECASE)
#: a date of issue and of release further apart than this is an embargo
_SAME = timedelta(minutes=1)


def claims(source: Source) -> bool:
    """Say whether the root element is NITF's."""
    return start_of(source, ROOTS) is not None


def read(source: Source) -> Parsed:
    """Read a document, or several one after the other.

    Raises:
        ParseError: Over a limit, or nothing can be read of it.
    """
    entries = tuple(
        finish(entry_of(tree.root, tree.notes), repaired=source.repaired, note=source.note)
        for tree in read_trees(source, ROOTS)
    )
    return Parsed(format=NAME, entries=entries)


def entry_of(nitf: Element, notes: Sequence[str] = ()) -> Entry:
    """Read one NITF document, whole or inside another format."""
    docdata = next(nitf.iter("docdata"), None)
    head = nitf.find("head")
    meta = _Meta(head)
    urgency, odd = read_urgency(value(child(docdata, "urgency"), "ed-urg"))
    usage = read_usage(value(docdata, "management-status"), until=_release(docdata))
    correction = child(docdata, "correction")
    keywords = [value(each, "key") for each in _inside(docdata, "keyword")]
    return Entry(
        format=NAME,
        guid=value(child(docdata, "doc-id"), "id-string") or meta.first(_META_ID) or value(nitf, "uno"),
        ids=tuple(_other_ids(nitf, docdata, meta)),
        revision=value(child(docdata, "du-key"), "version"),
        provider=_provider(nitf, docdata),
        service=meta.first(_META_SERVICE),
        url=_url(nitf, meta),
        headline=headline(nitf),
        slugline=meta.first(_META_SLUG) or _slug(docdata),
        byline=byline(nitf),
        authors=authors(nitf),
        dateline=dateline(nitf),
        located=located(nitf),
        keywords=tuple(filter(None, [*keywords, *meta.listed(_META_KEYWORDS)])),
        concepts=tuple(islice(_concepts(nitf, head, docdata, meta), MAX_CONCEPTS)),
        urgency=urgency,
        signal="correction" if correction is not None else None,
        summary_html=_abstract(nitf),
        html=nitf_body(nitf) or _captions(nitf),
        language=language(nitf) or meta.first(_META_LANGUAGE),
        published=_date(docdata, "date.issue") or _published(nitf),
        embargoed=usage.embargoed,
        pub_status=usage.pub_status,
        ednote="; ".join(dict.fromkeys(_editorial(nitf, docdata, correction))) or None,
        copyright=_copyright(nitf, docdata),
        notes=(*notes, *odd),
    )


def _other_ids(nitf: Element, docdata: Element | None, meta: "_Meta") -> Iterator[str]:
    """Give all that names a document: of its ids one is the first; the key of its updates is no word."""
    key = value(child(docdata, "du-key"), "key")
    named = (
        value(child(docdata, "doc-id"), "id-string"),
        *meta.listed(_META_ID),
        value(nitf, "uno"),
        None if _slug(docdata) else key,
    )
    yield from filter(None, named)


def filled(entry: Entry, nitf: Element) -> Entry:
    """Fill what another format leaves open from the NITF document inside it."""
    said = entry_of(nitf)
    changes = {
        name: getattr(said, name) for name in _FILLED if not getattr(entry, name) and getattr(said, name)
    }
    concepts, keywords = (*entry.concepts, *said.concepts), (*entry.keywords, *said.keywords)
    return replace(entry, **changes, concepts=concepts, keywords=keywords)


def headline(nitf: Element) -> str | None:
    """Give the headline: the first hl1, else any of the heads, else the title."""
    hedline = next(nitf.iter("hedline"), None)
    heads = [] if hedline is None else [*hedline.iter("hl1"), *hedline.iter("hl2"), hedline]
    return next(filter(None, (words(each) for each in heads)), None) or words(nitf.find("head/title"))


def byline(nitf: Element) -> str | None:
    """Give the byline without the writer's title; a title that stands alone is one."""
    found = nitf.findall("body/body.head/byline") or list(islice(nitf.iter("byline"), 1))
    found = [each for each in found if "normalized" not in (value(each, "class") or "")] or found
    lines = (words(each, without=_TITLE) or words(each) for each in found)
    clean = (_AT_END.sub("", line) for line in lines if line)
    return ", ".join(dict.fromkeys(filter(None, clean))) or None


def authors(nitf: Element) -> tuple[str, ...]:
    """Name the persons marked up in the byline; else none, for the byline's words are read later."""
    persons = (each for line in nitf.iter("byline") for each in line.iter("person"))
    found = [words(each) for each in islice(persons, _MAX_AUTHORS)]
    return tuple(_BY.sub("", name) for name in found if name)


def dateline(nitf: Element) -> str | None:
    """Give the words of the dateline: places, then the date where it has one."""
    found = next(nitf.iter("dateline"), None)
    if found is None:
        return None
    loose = words(found, without=frozenset({"location", "story.date"}))
    places = [place for each in found.iter("location") if (place := words(each))]
    parts = [*places, *filter(None, (words(each) for each in found.iter("story.date")))]
    return _AT_END.sub("", ", ".join(parts)) if parts and (not loose or len(loose) < 3) else words(found)


def located(nitf: Element) -> str | None:
    """Give the place of the dateline."""
    found = next(nitf.iter("dateline"), None)
    if found is None:
        return None
    location = found.find("location")
    if location is not None:
        return words(location.find("city")) or words(location)
    named = _AFTER_PLACE.split(words(found, without=frozenset({"story.date"})) or "", maxsplit=1)[0].strip()
    return named if 0 < len(named) <= _MAX_PLACE else None


def language(nitf: Element) -> str | None:
    """Give the language of the text: of its body, else of the document."""
    holders = (nitf.find("body/body.content"), nitf.find("body"), nitf)
    found = (value(each, name) for each in holders for name in ("lang", "baselang"))
    return next(filter(None, found), None)


class _Meta:
    """The <meta> of a head, by name."""

    def __init__(self, head: Element | None) -> None:
        named = (
            ((value(each, "name") or "").lower(), value(each, "content")) for each in children(head, "meta")
        )
        self._found = [(name, content) for name, content in named if content]

    def first(self, names: Sequence[str]) -> str | None:
        """Give the content of the first of these names that is there."""
        found = dict(reversed(self._found))
        return next((found[name] for name in names if name in found), None)

    def listed(self, names: Sequence[str]) -> list[str]:
        """Give the words between the commas of these."""
        found = (content for name, content in self._found if name in names)
        return [word.strip() for content in found for word in re.split("[,;]", content)]


def _provider(nitf: Element, docdata: Element | None) -> str | None:
    """Name who sent it: its register, the distributor, the hop before us, whoever holds the rights."""
    named = (
        value(child(docdata, "doc-id"), "regsrc"),
        words(next(nitf.iter("distributor"), None)),
        *(value(each, "src-name") for each in _inside(docdata, "from-src")),
        value(child(docdata, "doc.rights"), "owner"),
        value(child(docdata, "doc.copyright"), "holder"),
    )
    return next(filter(None, named), None)


def _url(nitf: Element, meta: _Meta) -> str | None:
    links = [value(each, "ex-ref") for each in nitf.iterfind("head/pubdata")]
    return next((link for link in [meta.first(_META_URL), *links] if link and is_web_url(link)), None)


def _slug(docdata: Element | None) -> str | None:
    """Take the key of updates for the slug, where it is words and no number."""
    key = value(child(docdata, "du-key"), "key")
    return key if key and _SLUG.search(key) and sum(map(str.isdigit, key)) * 3 < len(key) else None


def _date(docdata: Element | None, name: str) -> str | None:
    found = child(docdata, name)
    return value(found, "norm") or words(found)


def _published(nitf: Element) -> str | None:
    found = [value(each, "date.publication") for each in nitf.iterfind("head/pubdata")]
    story = next(nitf.iter("story.date"), None)
    return next(filter(None, found), None) or value(story, "norm")


def _release(docdata: Element | None) -> str | None:
    """Give the date of release where it is after that of issue: until then there is an embargo."""
    issue, release = _date(docdata, "date.issue"), _date(docdata, "date.release")
    if not issue or not release or issue == release:
        return None
    try:
        apart = datetime.fromisoformat(release) - datetime.fromisoformat(issue)
    except (ValueError, TypeError, OverflowError):  # no date; only one of them with its zone
        return None
    return release if apart > _SAME else None


def _abstract(nitf: Element) -> str | None:
    found = nitf.find("body/body.head/abstract")
    return None if found is None else html_of(found)


def _captions(nitf: Element) -> str | None:
    """Give the captions, where they are all the text there is."""
    found = (html_of(each) for each in nitf.iter("media-caption"))
    return "".join(f"<div>{each}</div>" for each in found if each) or None


def _editorial(nitf: Element, docdata: Element | None, correction: Element | None) -> Iterator[str]:
    said = [value(each, "info") for each in children(docdata, "ed-msg")]
    notes = [
        words(each) for each in nitf.iter("note") if "editorsnote" in (value(each, "noteclass") or "").lower()
    ]
    yield from filter(None, [*said, value(correction, "info"), *notes])


def _copyright(nitf: Element, docdata: Element | None) -> str | None:
    found = child(docdata, "doc.copyright")
    holder = " ".join(filter(None, (value(found, "year"), value(found, "holder"))))
    return holder or words(next(nitf.iter("copyrite"), None))


def _concepts(nitf: Element, head: Element | None, docdata: Element | None, meta: _Meta) -> Iterator[Concept]:
    for tobject in children(head, "tobject"):
        yield from _of_tobject(tobject)
    yield from (Concept(kind="category", scheme="anpa", code=code) for code in meta.listed(_META_ANPA))
    yield from (Concept(kind="category", code=code) for code in meta.listed(_META_CATEGORY))
    scopes = (value(each, "scope") for each in children(docdata, "doc-scope"))
    yield from (Concept(kind="subject", name=scope) for scope in scopes if scope)
    for each in children(docdata, "evloc"):
        yield from _of_evloc(each)
    opening = next(nitf.iter("dateline"), None)
    yield from _named(opening)
    if opening is not None and opening.find("location") is None and (place := located(nitf)):
        yield Concept(kind="place", name=place)
    yield from _named(child(docdata, "identified-content"))
    for body in nitf.iter("body.content"):
        yield from _named(body)


def _of_tobject(tobject: Element) -> Iterator[Concept]:
    if name := value(tobject, "tobject.type"):
        yield Concept(kind="category", name=name)
    properties = (value(each, "tobject.property.type") for each in tobject.iter("tobject.property"))
    yield from (Concept(kind="genre", name=name) for name in properties if name)
    for each in tobject.iter("tobject.subject"):
        code = value(each, f"{_SUBJECT}refnum")
        named = [value(each, f"{_SUBJECT}{part}") for part in ("detail", "matter", "type")]
        name = _name_of(code, named)
        if code or name:
            yield subject(code, scheme=value(each, f"{_SUBJECT}ipr"), name=name)


def _name_of(code: str | None, named: Sequence[str | None]) -> str | None:
    """Choose the name of the level that a code is of: 15000000 a type, 15054000 a matter, else a detail."""
    if code and code.endswith("000000"):
        named = named[2:]
    elif code and code.endswith("000"):
        named = named[1:]
    return next(filter(None, named), None)


def _of_evloc(place: Element) -> Iterator[Concept]:
    names = [value(place, part) for part in ("city", "county-dist", "state-prov")]
    yield from (Concept(kind="place", name=name) for name in names if name)
    if code := value(place, "iso-cc"):
        yield country(code)


def _named(inside: Element | None) -> Iterator[Concept]:
    """Give the places, persons, organisations and codes that are marked up inside an element."""
    if inside is None:
        return
    for each in inside.iter():
        if each.tag == "location":
            yield from _of_location(each)
        elif each.tag in _INLINE:
            yield Concept(
                kind=_INLINE[each.tag],
                scheme=value(each, "idsrc"),
                code=value(each, "value"),
                name=words(each, without=frozenset({"alt-code", "name.given.alt"})),
            )
        elif each.tag in {"classifier", "object.title"} and (value(each, "value") or words(each)):
            yield subject(value(each, "value"), scheme=value(each, "idsrc"), name=words(each))


def _of_location(location: Element) -> Iterator[Concept]:
    """Give each place of a location; one without parts is called by its words."""
    parts = [each for each in location.iter() if each.tag in _PLACE_PARTS]
    for part in parts:
        if part.tag == "country":
            yield country(value(part, "iso-cc"), name=words(part))
        else:
            yield Concept(
                kind="place",
                scheme=value(part, "code-source"),
                code=value(part, f"{part.tag}-code"),
                name=words(part),
            )
    code = value(location, "location-code")
    name = None if parts else words(location)
    if code or name:
        yield Concept(
            kind="place", scheme=value(location, "code-source") if code else None, code=code, name=name
        )


def _inside(element: Element | None, name: str) -> list[Element]:
    return [] if element is None else list(element.iter(name))
