"""IPTC ninjs 1.x, 2.x and 3.x, and the envelopes that agencies' interfaces put around it.

The versions differ in names more than in meaning (`body_html`, `bodies`; `versioncreated`, `versionCreated`),
and senders mix them: a property is looked up by all its names, in any case, whatever version is claimed. A
property of the wrong kind counts as not sent; an item is not refused for it.

Source: https://iptc.org/standards/ninjs/, ninjs-schema_1.6.json, _2.2.json and _3.1.json.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape, unescape
from typing import Any

from pipeline.errors import ParseError, Reason
from pipeline.formats import exported
from pipeline.formats.finish import finish
from pipeline.formats.json_values import WrongValueError, dump, load
from pipeline.formats.links import is_web_url
from pipeline.formats.newscodes import split_qcode
from pipeline.formats.source import Source
from pipeline.model import Concept, Entry, Parsed, Problem

NAME = "ninjs"
MAX_ITEMS = 5_000

Item = Mapping[str, Any]

_IDS = frozenset({"uri", "guid", "usn"})
#: properties, folded, that ninjs has and other JSON hardly
_MARKS = frozenset(
    {"bodies", "body_html", "body_xhtml", "body_text", "headlines", "descriptions", "description_text"}
    | {"description_html", "versioncreated", "firstcreated", "contentcreated", "pubstatus", "infosource"}
    | {"infosources", "associations", "renditions", "altids", "representationtype", "copyrightholder"}
    | {"copyrightnotice", "usageterms", "eventdetails", "standard", "$standard"}
)
#: properties of our JSON Lines, which is read otherwise
_OTHER = frozenset({"text", "html"})
#: where interfaces put the items of an answer, and an item inside its own
_ENVELOPES = ("items", "item", "_items", "hits", "data", "news", "documents", "results", "articles")
_MAX_ENVELOPES = 4
#: among other ids, those that are not the item's; and a shorter one may be anybody's
_OF_VERSION = frozenset({"etag", "revision", "version"})
_LONG_ID = 5

#: what is seen and heard: its text is its caption
_MEDIA = frozenset({"picture", "graphic", "video", "audio", "photo", "image"})
_CAPTION_ROLES = ("caption", "main", "text", "")

#: property → kind of concept
_CONCEPTS = (
    (("subject", "subjects"), "subject"),
    (("service", "category", "categories", "mediacatcodes"), "category"),
    (("genre", "genres"), "genre"),
    (("place", "places"), "place"),
    (("person", "people"), "person"),
    (("organisation", "organisations"), "organisation"),
    (("event", "events"), "event"),
    (("object", "objects"), "object"),
)
#: vocabulary of a code that names none, by the property it stands in
_SCHEMES = {"service": "anpa", "mediacatcodes": "pa"}
#: a URI of a code: its vocabulary, and the code behind the last slash or hash
_CODE_URI = re.compile(r"(https?://.+[/#])([^/#]+)")

# Mark-up of whole pages that is none of the text: head, pictures, the line of section and source of TT.
_NO_TEXT = (("<head>", "</head>"), ('<div class="dat">', "</div>"), ("<figure", "</figure>"))
_MAX_FIGURES = 200
_TAG = re.compile(r"<[^<>]*>")
_MARKUP = re.compile(r"</(?:p|div|h\d|span|b|i|em|strong|ul|body)>|<br\s{0,9}/?>|<p>", re.IGNORECASE)


def claims(source: Source) -> bool:
    """Say whether this is a ninjs object, a list of them, or an envelope with them."""
    if not source.text.lstrip().startswith(("{", "[")):
        return False
    try:
        whole = load(source.text)
    except WrongValueError:
        return False
    return next(_items(whole), None) is not None


def read(source: Source) -> Parsed:
    """Read the items. What is no item among them becomes a problem; the others go on.

    Raises:
        ParseError: Over the limit.
    """
    items = list(_items(load(source.text)))
    if len(items) > MAX_ITEMS:
        raise ParseError(Reason.PARSE_LIMIT, f"more than {MAX_ITEMS:,} items: over the limit for one file")
    entries, problems = [], []
    for number, item in enumerate(items, 1):
        try:
            entries.append(finish(entry_of(item), repaired=source.repaired, note=source.note))
        except WrongValueError as error:
            body, where = dump(item) or None, f"entry {number}"
            problems.append(Problem(reason=Reason.BAD_RECORD, detail=str(error), where=where, body=body))
    return Parsed(format=NAME, entries=tuple(entries), problems=tuple(problems))


def is_item(value: object) -> bool:
    """Say whether a JSON value is a ninjs object."""
    if not isinstance(value, dict):
        return False
    names = {name.casefold() for name in value}
    marks = len(names & _MARKS)
    if exported.is_record(value) or names & _OTHER:
        return False
    return marks > 1 or (marks == 1 and not names.isdisjoint(_IDS))


def entry_of(value: object) -> Entry:
    """Read one item, unfinished.

    Raises:
        WrongValueError: It is no object, or has neither id nor words.
    """
    if not is_item(value):
        raise WrongValueError("an item that is no ninjs object")
    assert isinstance(value, dict)
    if (ours := exported.ninjs_entry(value)) is not None:
        return ours
    item = {name.casefold(): each for name, each in value.items()}
    headline = _headline(item)
    html, text, summary = _texts(item, headline)
    entry = Entry(
        format=NAME,
        guid=_guid(item),
        ids=tuple(_other_ids(item)),
        revision=_first(item, "version"),
        provider=_provider(item),
        url=_url(item),
        headline=headline,
        slugline=_first(item, "slugline", "slug"),
        byline=_first(item, "byline", "by") or _bylines(item),
        authors=tuple(_names(item.get("authors"))),
        dateline=_dateline(item),
        located=_first(item, "located", "location"),
        keywords=_keywords(item.get("keywords")),
        concepts=tuple(_concepts(item)),
        urgency=_urgency(item),
        signal=next(_names(item.get("signal")), None),
        summary_html=summary,
        html=html,
        text=text,
        language=_first(item, "language"),
        published=_first(item, "firstcreated", "firstversion", "contentcreated", "versioncreated"),
        updated=_first(item, "versioncreated", "contentcreated"),
        embargoed=_first(item, "embargoeduntil", "embargoed", "embargo"),
        pub_status=_first(item, "pubstatus", "status"),
        ednote=_first(item, "ednote"),
        copyright=_first(item, "copyrightnotice", "copyrightholder"),
    )
    if not (entry.guid or headline or html or text or summary):
        raise WrongValueError("an item with neither id nor words")
    return entry


def _items(value: object, depth: int = 0) -> Iterator[object]:
    """Find the items: the value itself, those of a list, those in an envelope.

    In a list that has one item, what is none comes too: it is told as a problem.
    """
    if is_item(value):
        assert isinstance(value, dict)
        yield from _inside(value)
    elif isinstance(value, list) and depth < _MAX_ENVELOPES:
        inside = [list(_items(each, depth + 1)) for each in value[: MAX_ITEMS + 1]]
        if any(inside):
            for each, items in zip(value, inside, strict=False):
                yield from items or [each]
    elif isinstance(value, dict) and depth < _MAX_ENVELOPES:
        for name in _ENVELOPES:
            if found := list(_items(value.get(name), depth + 1)):
                yield from found
                return


def _inside(item: Item) -> Iterator[object]:
    """Give an item; one without words that only holds others together gives those of them that are texts."""
    folded = {name.casefold(): each for name, each in item.items()}
    if folded.get("type") == "composite" and not _headline(folded) and not any(_texts(folded, None)):
        texts = [each for each in _associated(folded) if is_item(each) and each.get("type") == "text"]
        if texts:
            yield from texts
            return
    yield item


def _associated(item: Item) -> Sequence[Any]:
    associations = item.get("associations")
    if isinstance(associations, dict):
        return [each for each in associations.values() if isinstance(each, dict)]
    return [each for each in associations if isinstance(each, dict)] if isinstance(associations, list) else []


def _guid(item: Item) -> str | None:
    """Take the sender's id without its revision.

    PA's `uri` holds date and version, AP's the query of one request: beside them stands what stays.
    """
    uri = _first(item, "guid", "uri")
    alternatives = item.get("altids")
    if uri and "?" in uri and isinstance(alternatives, dict):
        uri = _text(alternatives.get("itemid")) or uri
    return _first(item, "usn") or uri


def _other_ids(item: Item) -> Iterator[str]:
    """Give the other ids: `uri` and `guid`, and `altids` but for those of one version."""
    yield from filter(None, (_first(item, name) for name in ("uri", "guid")))
    sent = item.get("altids")
    if isinstance(sent, dict):
        named = [(name, _text(each)) for name, each in sent.items()]
    else:
        named = [
            (_role(each), _any_case(each, "value"))
            for each in _listed(item, "altids")
            if isinstance(each, dict)
        ]
    yield from (each for role, each in named if each and len(each) >= _LONG_ID and role not in _OF_VERSION)


def _provider(item: Item) -> str | None:
    sources = [each for each in _listed(item, "infosources", "infosource") if isinstance(each, dict)]
    named = [each for each in sources if each.get("role") == "provider" or each.get("rel") == "provider"]
    return (
        next(_names(item.get("provider")), None)
        or next(_names(named), None)
        or _first(item, "source", "copyrightholder")
        or next(_names(sources), None)
        or _first(item, "source-feed")
    )


def _url(item: Item) -> str | None:
    """Take the item's own page, where one is named; a `uri` is a name, and leads to nothing."""
    url = _first(item, "url", "link")
    return url if url and is_web_url(url) else None


def _headline(item: Item) -> str | None:
    listed = [each for each in _listed(item, "headlines") if isinstance(each, dict)]
    main = [each for each in listed if _role(each) in {"", "main"}] or listed
    sent = next(filter(None, (_text(each.get("value")) for each in main)), None)
    return _plain(sent or _first(item, "headline", "headline_main", "headline_extended", "title"))


def _plain(text: str | None) -> str | None:
    """Take mark-up and character references out of a line that some senders put them in."""
    if text and _MARKUP.search(text):
        text = _TAG.sub("", text)
    return unescape(text) if text and "&" in text else text


def _texts(item: Item, headline: str | None) -> tuple[str | None, str | None, str | None]:
    """Choose HTML and text of the body, and the summary as HTML. Of a picture the caption is the body."""
    bodies = list(_values(item, "bodies", "body_"))
    summaries = list(_values(item, "descriptions", "description_"))
    if _first(item, "abstract", "standfirst"):
        summaries.append(("", "", _first(item, "abstract", "standfirst") or ""))
    if str(item.get("type")).lower() in _MEDIA:
        caption = _caption(summaries)
        bodies = [caption] if caption else bodies
        summaries = []
    html = _html_of(bodies, headline)
    text = next((value for role, kind, value in bodies if not _is_html(role, kind, value)), None)
    if html is None and text is None:
        kept = [each for each in summaries if each[0] != "creditline"]
        text = next((value for role, kind, value in kept if not _is_html(role, kind, value)), None)
        return (None if text else _html_of(kept, headline)), text, None
    return html, text, _summary(summaries)


def _values(item: Item, listed: str, prefix: str) -> Iterator[tuple[str, str, str]]:
    """Give (role, content type, text) of bodies or descriptions, as lists or as properties with a prefix."""
    for each in _listed(item, listed):
        value = _text(each.get("value")) if isinstance(each, dict) else _text(each)
        if value:
            found = each if isinstance(each, dict) else {}
            yield _role(found), (_any_case(found, "contenttype") or "").lower(), value
    for name, value in item.items():
        if name.startswith(prefix) and (text := _text(value)):
            yield name.removeprefix(prefix), "", text


def _caption(described: Sequence[tuple[str, str, str]]) -> tuple[str, str, str] | None:
    ranked = [each for role in _CAPTION_ROLES for each in described if each[0] == role]
    return next(iter(ranked or [each for each in described if each[0] != "creditline"]), None)


def _html_of(values: Sequence[tuple[str, str, str]], headline: str | None) -> str | None:
    """Choose the HTML: plain before enriched (that has pictures in it), then mark-up of another kind."""
    html = [each for each in values if _is_html(*each) and not _is_other_markup(*each)]
    chosen = next((each for each in html if not each[0].startswith("rich")), None) or next(iter(html), None)
    if chosen:
        return _undressed(chosen[2], headline)
    if any(not _is_html(*each) for each in values):
        return None
    other = next((value for *_, value in values), None)
    return _between(other, "<body.content>", "</body.content>")[1] or other if other else None


def _is_html(role: str, kind: str, value: str) -> bool:
    """Say whether a text is mark-up, by what is said of it, else by how it looks."""
    if kind:
        return kind != "text/plain"
    if "html" in role or "xml" in role or "nitf" in role:
        return True
    return role != "text" and _MARKUP.search(value) is not None


def _is_other_markup(role: str, kind: str, value: str) -> bool:
    """Say whether mark-up is none of HTML: NITF, an agency's own XML."""
    return "html" not in kind + role and ("nitf" in kind + role or "xml" in kind or value.startswith("<?xml"))


def _undressed(html: str, headline: str | None) -> str:
    """Take out what whole pages have beside the text: head, pictures, the headline once more."""
    for begin, end in _NO_TEXT:
        for _ in range(_MAX_FIGURES):
            before, inside, after = _between(html, begin, end)
            if inside is None:
                break
            html = before + after
    before, inside, after = _between(html, "<h1>", "</h1>")
    if inside and headline and _TAG.sub("", inside).strip() == escape(headline, quote=False).strip():
        html = before + after
    return html


def _between(text: str, begin: str, end: str) -> tuple[str, str | None, str]:
    """Part a text at the first of two marks and the next of the others; None: they are not there."""
    start = text.find(begin)
    stop = text.find(end, start) if start >= 0 else -1
    if stop < 0:
        return text, None, ""
    return text[:start], text[start + len(begin) : stop], text[stop + len(end) :]


def _summary(values: Sequence[tuple[str, str, str]]) -> str | None:
    kept = [each for each in values if each[0] not in {"creditline", "caption"}]
    if not kept:
        return None
    role, kind, value = next((each for each in kept if _is_html(*each)), kept[0])
    return value if _is_html(role, kind, value) else escape(value, quote=False)


def _dateline(item: Item) -> str | None:
    """Read the dateline that Superdesk adds: an object, or its words."""
    sent = item.get("dateline")
    return _any_case(sent, "text") if isinstance(sent, dict) else _text(sent)


def _bylines(item: Item) -> str | None:
    """Read AP's list of bylines."""
    named = (_text(each.get("by")) for each in _listed(item, "bylines") if isinstance(each, dict))
    return ", ".join(filter(None, named)) or None


def _keywords(value: object) -> tuple[str, ...]:
    """Read a list of keywords, or one text with commas or semicolons."""
    if isinstance(value, str):
        return tuple(word.strip() for word in re.split("[,;]", value) if word.strip())
    return tuple(_names(value))


def _urgency(item: Item) -> int | None:
    """Take the urgency, else the priority: both are 1 to 9."""
    for name in ("urgency", "priority"):
        if (sent := _text(item.get(name))) and re.fullmatch(r"[1-9](?:\.0)?", sent.strip()):
            return int(float(sent))
    return None


def _concepts(item: Item) -> Iterator[Concept]:
    for names, kind in _CONCEPTS:
        for name in names:
            for each in _spread(item.get(name)):
                yield _concept(kind, each, _SCHEMES.get(name))
                if kind == "place" and isinstance(each, dict):
                    yield from _addressed(each)


def _addressed(place: Item) -> Iterator[Concept]:
    """Give town and country of a place: of its address, or beside its name."""
    yield Concept(kind="place", name=_any_case(place, "country"))
    for contact in _listed({name.casefold(): each for name, each in place.items()}, "contactinfo"):
        address = contact.get("address") if isinstance(contact, dict) else None
        if isinstance(address, dict):
            for name in ("locality", "country"):
                yield Concept(kind="place", name=_text(address.get(name)))


def _spread(value: object) -> Iterator[object]:
    """Give the concepts of a property: a list, one, or an object of lists as PA has it (`{"code": […]}`)."""
    if isinstance(value, dict):
        lists = {name: each for name, each in value.items() if isinstance(each, list)}
        if lists:
            yield from ({name: each} for name, listed in lists.items() for each in listed)
            return
    yield from value if isinstance(value, list) else [value]


def _concept(kind: str, value: object, scheme: str | None) -> Concept:
    """Read one concept; one that says nothing is left out when the entry is finished."""
    if not isinstance(value, dict):
        text = value if isinstance(value, str) else None
        return Concept(kind=kind, scheme=scheme, code=text) if scheme else Concept(kind=kind, name=text)
    each = {name.casefold(): part for name, part in value.items()}
    named = _first(each, "name", "headline", "fullname")
    sent_scheme, code = _first(each, "scheme") or scheme, _first(each, "code", "qcode", "literal", "symbols")
    uri = _first(each, "uri")
    if uri and sent_scheme is None and (found := _CODE_URI.fullmatch(uri)):
        # The URI says more of the code than a literal, unless that is the same code with its vocabulary.
        sent_scheme, code = found[1], found[2]
    if sent_scheme is None and code and (parts := split_qcode(code)) is not None:
        sent_scheme, code = parts
    lat, lon = _point(each)
    return Concept(kind=kind, scheme=sent_scheme, code=code or uri, name=named, lat=lat, lon=lon)


def _point(place: Item) -> tuple[float | None, float | None]:
    """Read a GeoJSON point: longitude first."""
    for name in ("geojson", "geometry_geojson"):
        found = place.get(name)
        found = found.get("geometry", found) if isinstance(found, dict) else None
        pair = found.get("coordinates") if isinstance(found, dict) else None
        if isinstance(pair, list) and len(pair) >= 2 and all(_is_degree(each) for each in pair[:2]):
            return float(pair[1]), float(pair[0])
    return None, None


def _is_degree(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 180


def _names(value: object) -> Iterator[str]:
    """Name what a property holds: texts, or objects with a name."""
    for each in value if isinstance(value, list) else [value]:
        name = _first(each, "name", "value", "code") if isinstance(each, dict) else _text(each)
        if name:
            yield name


def _role(each: Item) -> str:
    return (_any_case(each, "role") or "").strip().lower()


def _any_case(each: Item, name: str) -> str | None:
    return next((_text(value) for key, value in each.items() if key.casefold() == name), None)


def _listed(item: Item, *names: str) -> Sequence[Any]:
    for name in names:
        if isinstance(value := item.get(name), list):
            return value
        if isinstance(value, dict):
            return [value]
    return ()


def _first(item: Item, *names: str) -> str | None:
    """Give the first of the properties that has a text."""
    return next(filter(None, (_text(item.get(name)) for name in names)), None)


def _text(value: object) -> str | None:
    """Read a text; numbers count as text, all else as not sent."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None
