"""NewsML 1.x (https://iptc.org/standards/newsml-1/): one entry for each story of a NewsItem.

A NewsItem holds a tree of components: headlines, captions, style sheets and texts, in any order and
depth. The story is the longest text whose role is no other; what its component and those around it say is the
story's.
Names are in lower case here, as `xml_tree` gives them.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from xml.etree.ElementTree import Element

from pipeline.errors import Reason
from pipeline.formats import nitf
from pipeline.formats.charset import decode
from pipeline.formats.finish import finish
from pipeline.formats.links import is_web_url
from pipeline.formats.newscodes import country, scheme_named, subject
from pipeline.formats.source import Source
from pipeline.formats.urgency import read_urgency
from pipeline.formats.usage import read_usage
from pipeline.formats.xml_html import Content, content_of
from pipeline.formats.xml_tree import child, children, names, read_trees, start_of, value, words
from pipeline.model import Concept, Entry, Parsed, Problem

NAME = "newsml1"
ROOTS = frozenset({"newsml"})

# Roles of components, of the content in them and of lines, in lower case, without spaces.
_STORY = names(
    "main mainstory maintext body bodytext text story article fulltext news original short brief alert "
    "content textcontent newstext release"
)
_LEAD = frozenset({"lead", "intro", "chapeau", "standfirst"})
_TITLE = frozenset({"headline", "title", "titre", "titular"})
_SUMMARY = frozenset({"summary", "abstract", "teaser", "resume", "synopsis", "subheadline", "description"})
_CAPTION = frozenset(
    {"caption", "legend", "photocaption", "picturecaption", "legende", "videocaption", "script"}
)
_MEDIA = names(
    "photo picture image graphic video audio logo thumbnail quicklook preview highdef highres lowres icon"
)
_NO_STORY = names(
    "stylesheet contact contacts keywords keyword copyright byline dateline slug slugline credit about "
    "companyinfo boilerplate disclaimer footer metadata ticker links link multimedia embargo note editorsnote"
)
_EDNOTE = re.compile(r"ed(?:itor'?s?|itorial|itors)?\s*-?note|instruction|advisory|correction", re.IGNORECASE)
_SIGNALS = names(
    "alert update correction rectify writethru write-thru refile kill advisory flash bulletin urgent"
)
_SUBJECTS = frozenset({"subject", "subjectmatter", "subjectdetail", "subjectqualifier"})
_PLACE = re.compile(r"(?:country|city|region|state|province|countryarea|location|place)(?:name|keywords?)?$")
_PARTIES = {
    "person": "person",
    "organization": "organisation",
    "organisation": "organisation",
    "company": "organisation",
}
_MEDIA_TYPES = ("image", "video", "audio", "application/pdf")
_PLAIN = ("text/plain", "ascii", "plaintext")
_WORD = re.compile(r"[^a-z]+")
#: texts of one NewsItem
_MAX_TEXTS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """One text of a NewsItem."""

    content: Content
    #: the components it is inside of, outermost first
    chain: tuple[Element, ...]
    #: what it is: story, lead, title, summary, caption, none
    role: str


def claims(source: Source) -> bool:
    """Say whether the root element is NewsML's."""
    return start_of(source, ROOTS) is not None


def read(source: Source) -> Parsed:
    """Read each NewsItem; one that holds no story becomes a problem, the others go on.

    Raises:
        ParseError: Over a limit, or nothing can be read of it.
    """
    entries: list[Entry] = []
    problems: list[Problem] = []
    for tree in read_trees(source, ROOTS):
        items = list(tree.root.iter("newsitem"))
        for item in items:
            found = list(_entries(item, tree.root.find("newsenvelope"), tree.notes))
            entries += (finish(each, repaired=source.repaired, note=source.note) for each in found)
            problems += [] if found else [_problem(len(entries) + len(problems) + 1, item)]
        if not items:
            detail = "a NewsML document without a NewsItem: there is nothing to take in"
            problems.append(Problem(reason=Reason.EMPTY, detail=detail, where="document"))
    return Parsed(format=NAME, entries=tuple(entries), problems=tuple(problems))


def _problem(number: int, item: Element) -> Problem:
    kind = value(item.find("newsmanagement/newsitemtype"), "formalname") or "unknown"
    detail = f"a NewsItem (type {kind[:40]}) with neither text nor headline: it holds no story"
    return Problem(reason=Reason.EMPTY, detail=detail, where=f"item {number}")


def _entries(item: Element, envelope: Element | None, notes: Sequence[str]) -> Iterator[Entry]:
    texts = list(islice(_texts(item, ()), _MAX_TEXTS))
    stories = _stories(texts)
    if not stories:
        told = _told(_without_story(item, envelope, texts, notes))
        if told is not None:
            yield told
        return
    for number, story in enumerate(stories, 1):
        entry = _entry(item, envelope, story.chain, notes)
        entry = _with_text(entry, story, texts)
        if len(stories) > 1 and entry.guid:
            part = value(story.chain[-1], "duid") or entry.language or str(number)
            entry = replace(entry, guid=f"{entry.guid}#{part}")
        yield entry


def _stories(texts: Sequence[_Text]) -> list[_Text]:
    """Choose the texts that are stories: the longest; several only where each has its own headline."""
    said = [each for each in texts if each.role in {"story", ""}]
    named = [each for each in said if each.role == "story"] or said
    longest: dict[int, _Text] = {}
    for each in named:
        owner = id(_owner(each.chain))
        if owner not in longest or each.content.length > longest[owner].content.length:
            longest[owner] = each
    found = list(longest.values())
    headed = [each for each in found if _owner(each.chain) is not None]
    if len(headed) > 1:
        return headed
    return [max(found, key=lambda each: each.content.length)] if found else []


def _owner(chain: Sequence[Element]) -> Element | None:
    """Find the innermost component that has a headline, as a line or as a part with that role."""
    for component in reversed(chain):
        parts = (_role_of(each) for each in component.findall("newscomponent"))
        if words(component.find("newslines/headline")) or not _TITLE.isdisjoint(parts):
            return component
    return None


def _with_text(entry: Entry, story: _Text, texts: Sequence[_Text]) -> Entry:
    """Add the text, and what stands beside it: lead, title, summary."""
    beside = [each for each in texts if each.chain[:-1] == story.chain[:-1] and each is not story]
    said = {role: _first(beside, role) for role in ("lead", "title", "summary")}
    html, text = story.content.html, story.content.text
    lead = said["lead"]
    if lead is not None and not _begins_with(story.content, lead):
        html, text = _joined(lead, story.content)
    inner = story.content.nitf
    if inner is not None:
        entry = _with_nitf(entry, inner)
    return replace(
        entry,
        headline=entry.headline or _plain(said["title"]) or story.content.title,
        summary_html=_as_html(said["summary"]) or entry.summary_html,
        html=html,
        text=text,
    )


def _with_nitf(entry: Entry, inner: Element) -> Entry:
    """Fill what NewsML leaves open from the NITF inside it."""
    said = nitf.entry_of(inner)
    filled = {
        name: getattr(said, name)
        for name in (
            "headline",
            "slugline",
            "byline",
            "authors",
            "dateline",
            "located",
            "summary_html",
            "language",
        )
        if not getattr(entry, name) and getattr(said, name)
    }
    urgency = entry.urgency if entry.urgency is not None else said.urgency
    concepts = (*entry.concepts, *said.concepts)
    keywords = (*entry.keywords, *said.keywords)
    return replace(entry, **filled, urgency=urgency, concepts=concepts, keywords=keywords)


def _without_story(
    item: Element, envelope: Element | None, texts: Sequence[_Text], notes: Sequence[str]
) -> Entry:
    """Read an item of pictures, or an order about an item: headline, and captions or summary for its text."""
    top = item.find("newscomponent")
    chain = () if top is None else (top,)
    headed = next((each.chain for each in texts if _owner(each.chain) is not None), chain)
    entry = _entry(item, envelope, headed, notes)
    captions = [each for each in texts if each.role == "caption"] or [
        each for each in texts if each.role in {"lead", "summary"}
    ]
    lines = dict.fromkeys(filter(None, (_plain(each.content) for each in captions)))
    title = _first(texts, "title")
    return replace(
        entry,
        headline=entry.headline or _plain(title) or _any_headline(item),
        text="\n\n".join(lines) or _caption_line(item),
    )


def _told(entry: Entry) -> Entry | None:
    """Keep an entry that says something: a headline, a text, or that an item may not be used."""
    ordered = entry.pub_status not in {None, "usable"} and entry.guid
    return entry if entry.headline or entry.text or ordered else None


def _entry(item: Element, envelope: Element | None, chain: Sequence[Element], notes: Sequence[str]) -> Entry:
    """Read all but the text."""
    identifier = item.find("identification/newsidentifier")
    management = item.find("newsmanagement")
    lines = _Lines(chain)
    urgency, odd = read_urgency(
        value(child(management, "urgency"), "formalname") or _text_of(management, "urgency")
    )
    usage = read_usage(value(child(management, "status"), "formalname"), until=_until(management))
    provider, infosource = _parties(chain, envelope, identifier)
    return Entry(
        format=NAME,
        guid=_guid(identifier) or value(item, "duid"),
        revision=_text_of(identifier, "revisionid"),
        provider=provider,
        infosource=infosource,
        service=value(child(envelope, "newsservice"), "formalname"),
        url=_url(item),
        headline=lines.first("headline"),
        slugline=lines.first("slugline"),
        byline=lines.first("byline"),
        authors=tuple(_authors(chain)),
        dateline=lines.first("dateline"),
        located=_located(chain),
        keywords=tuple(_keywords(chain)),
        concepts=tuple(_concepts(chain)),
        urgency=urgency,
        signal=_signal(management),
        language=_language(item, chain),
        published=_text_of(management, "firstcreated") or _text_of(envelope, "dateandtime"),
        updated=_text_of(management, "thisrevisioncreated"),
        embargoed=usage.embargoed,
        pub_status=usage.pub_status,
        ednote="; ".join(_editorial(management, lines)) or None,
        copyright=lines.first("copyrightline") or _holder(chain),
        notes=(*notes, *odd),
    )


class _Lines:
    """The NewsLines of a story's components, innermost first."""

    def __init__(self, chain: Sequence[Element]) -> None:
        self._found = [each for component in reversed(chain) for each in component.findall("newslines")]

    def first(self, name: str) -> str | None:
        """Give the first line of a name that is not blank."""
        found = (words(each) for lines in self._found for each in lines.iterfind(name))
        return next(filter(None, found), None)

    def typed(self, wanted: re.Pattern[str]) -> list[str]:
        """Give the lines of a type."""
        lines = [each for found in self._found for each in found.iterfind("newsline")]
        return [
            text
            for line in lines
            if wanted.search(value(line.find("newslinetype"), "formalname") or "")
            for each in line.iterfind("newslinetext")
            if (text := words(each))
        ]


def _texts(element: Element, chain: tuple[Element, ...]) -> Iterator[_Text]:
    """Give the texts inside an element, each with the components it is inside of and its role."""
    for component in element.findall("newscomponent"):
        inside = (*chain, component)
        for item in component.findall("contentitem"):
            if not _is_media(item) and (content := _content(item)).length:
                yield _Text(content=content, chain=inside, role=_role(inside, item))
        yield from _texts(component, inside)


def _content(item: Element) -> Content:
    """Read what a content item carries; in base64 too."""
    data = item.find("datacontent")
    encoding = item.find("encoding")
    notation = value(encoding, "notation") or ""
    if encoding is not None:
        data = encoding.find("datacontent") if data is None else data
    if data is None:
        return Content()
    if "base64" in notation.lower():
        return _decoded(data)
    declared = (value(item.find(name), "formalname") or "" for name in ("mimetype", "format"))
    return content_of(data, plain=any(each.lower().startswith(_PLAIN) for each in declared))


def _decoded(data: Element) -> Content:
    try:
        body = b64decode("".join((data.text or "").split()), validate=True)
    except Base64Error:
        return Content()
    if b"\x00" in body:
        return Content()
    plain = Element("datacontent")
    plain.text = decode(body).text
    return content_of(plain)


def _is_media(item: Element) -> bool:
    """Say whether a content item is a picture, sound or film."""
    mime = (value(item.find("mimetype"), "formalname") or "").lower()
    medium = (value(item.find("mediatype"), "formalname") or "").lower()
    return mime.startswith(_MEDIA_TYPES) or (medium not in {"", "text"} and not mime.startswith("text"))


def _role(chain: Sequence[Element], item: Element) -> str:
    """Say what a text is: by the role of its component, else by what it stands beside."""
    role = _role_of(chain[-1])
    for name, roles in (
        ("story", _STORY),
        ("lead", _LEAD),
        ("title", _TITLE),
        ("summary", _SUMMARY),
        ("caption", _CAPTION),
    ):
        if role in roles:
            return name if not (name == "story" and _beside_picture(chain)) else "caption"
    if role in _NO_STORY:
        return "none"
    if role in _MEDIA or _beside_picture(chain) or any(map(_is_media, chain[-1].findall("contentitem"))):
        return "caption"
    return "style" if (value(item.find("mimetype"), "formalname") or "").lower() == "text/css" else ""


def _beside_picture(chain: Sequence[Element]) -> bool:
    return any(_role_of(component) in _MEDIA for component in chain)


def _role_of(component: Element) -> str:
    return _WORD.sub("", (value(component.find("role"), "formalname") or "").lower())


def _first(texts: Sequence[_Text], role: str) -> Content | None:
    return next((each.content for each in texts if each.role == role), None)


def _begins_with(content: Content, lead: Content) -> bool:
    start = _plain(lead) or ""
    return (_plain(content) or "").startswith(start[:100])


def _joined(lead: Content, content: Content) -> tuple[str | None, str | None]:
    """Put a lead that was sent apart before the rest of its story."""
    if lead.html is None and content.html is None:
        return None, f"{lead.text}\n\n{content.text}"
    return f"{_as_html(lead)}\n{_as_html(content)}", None


def _as_html(content: Content | None) -> str | None:
    if content is None:
        return None
    if content.html is not None:
        return content.html
    return f"<pre>{_escaped(content.text)}</pre>" if content.text else None


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _plain(content: Content | None) -> str | None:
    if content is None:
        return None
    if content.text is not None:
        return content.text.strip()
    page = Element("page")
    page.text = re.sub(r"<[^<>]*>", " ", content.html or "")
    return words(page)


def _any_headline(item: Element) -> str | None:
    return next(filter(None, map(words, item.iter("headline"))), None)


def _caption_line(item: Element) -> str | None:
    """Give a caption that was sent as a line."""
    for line in item.iter("newsline"):
        kind = _WORD.sub("", (value(line.find("newslinetype"), "formalname") or "").lower())
        if kind in _CAPTION and (text := words(line.find("newslinetext"))):
            return text
    return None


def _guid(identifier: Element | None) -> str | None:
    """Give the public identifier, else make it as the standard says."""
    if public := _text_of(identifier, "publicidentifier"):
        return public
    parts = [_text_of(identifier, name) for name in ("providerid", "dateid", "newsitemid")]
    if parts[2] is None:
        return None
    return ":".join(("urn:newsml", *filter(None, parts))) if parts[0] else parts[2]


def _until(management: Element | None) -> str | None:
    """Give when an item becomes usable."""
    for change in children(management, "statuswillchange"):
        status = (value(change.find("futurestatus"), "formalname") or "usable").lower()
        if status == "usable":
            return words(change.find("dateandtime"))
    return None


def _signal(management: Element | None) -> str | None:
    """Give what a version is, where instruction or type say it."""
    named = [
        value(each, "formalname")
        for name in ("instruction", "newsitemtype")
        for each in children(management, name)
    ]
    return next((each for each in named if each and each.lower() in _SIGNALS), None)


def _parties(
    chain: Sequence[Element], envelope: Element | None, identifier: Element | None
) -> tuple[str | None, str | None]:
    """Name the provider and the source of a text."""
    named = {name: _party(chain, name) for name in ("provider", "source", "creator")}
    sender = value(None if envelope is None else envelope.find("sentfrom/party"), "formalname")
    provider = named["provider"] or sender or _text_of(identifier, "providerid")
    source = named["source"]
    return provider or source, source if source != provider else None


def _party(chain: Sequence[Element], name: str) -> str | None:
    found = (
        value(party, "formalname") or words(party)
        for component in reversed(chain)
        for party in component.iterfind(f"administrativemetadata/{name}/party")
    )
    return next(filter(None, found), None)


def _authors(chain: Sequence[Element]) -> Iterator[str]:
    for component in reversed(chain):
        for each in component.iterfind("administrativemetadata/property"):
            if (value(each, "formalname") or "").lower() in {"author", "journalist", "writer"}:
                yield value(each, "value") or ""


def _language(item: Element, chain: Sequence[Element]) -> str | None:
    """Give the language nearest to the text; a component may only group others in many languages."""
    for component in reversed(chain):
        named = [value(each, "formalname") for each in component.iterfind("descriptivemetadata/language")]
        if found := next(filter(None, named), None) or value(component, "lang"):
            return found
    heads = (value(each, "lang") for component in chain for each in component.iterfind("newslines/headline"))
    return value(item, "lang") or next(filter(None, heads), None)


def _described(chain: Sequence[Element]) -> Iterator[Element]:
    """Give the descriptions of a story's components; one agency leaves a letter out."""
    for component in reversed(chain):
        yield from component.findall("descriptivemetadata")
        yield from component.findall("descriptivemetada")


def _properties(chain: Sequence[Element]) -> Iterator[tuple[str, str]]:
    """Give name, in lower case, and value of what a story's metadata says in properties of its own."""
    holders = [*_described(chain), *(each for part in reversed(chain) for each in part.findall("metadata"))]
    for holder in holders:
        for each in holder.findall("property"):
            name, said = value(each, "formalname"), value(each, "value") or words(each)
            if name and said:
                yield name.lower(), said


def _keywords(chain: Sequence[Element]) -> Iterator[str]:
    for component in reversed(chain):
        for line in component.iterfind("newslines/keywordline"):
            yield from (word.strip() for word in re.split("[,;]", words(line) or ""))
    for name, said in _properties(chain):
        if name.endswith(("keyword", "keywords")):
            yield said


def _located(chain: Sequence[Element]) -> str | None:
    for description in _described(chain):
        for place in description.iterfind("location"):
            if (value(place, "howpresent") or "").lower() in {"origin", "from"}:
                named = {(value(each, "formalname") or "").lower(): value(each, "value") for each in place}
                if found := named.get("city") or named.get("location"):
                    return found
    return dict(_properties(chain)).get("city")


def _concepts(chain: Sequence[Element]) -> Iterator[Concept]:
    for description in _described(chain):
        yield from _subjects(description)
        for each in description.findall("genre"):
            if name := value(each, "formalname"):
                yield Concept(kind="genre", scheme=scheme_named(value(each, "scheme")), name=name)
        for place in description.findall("location"):
            for each in place.iter("property"):
                yield from _place((value(each, "formalname") or "").lower(), value(each, "value"))
    for name, said in _properties(chain):
        if name in _PARTIES:
            yield Concept(kind=_PARTIES[name], name=said)
        else:
            yield from _place(name, said)


def _subjects(description: Element) -> Iterator[Concept]:
    for each in description.iterfind("subjectcode/*"):
        code = value(each, "formalname")
        if each.tag in _SUBJECTS and code:
            yield subject(code, scheme=value(each, "scheme"), name=words(each))
            if category := value(each, "cat"):
                yield Concept(kind="category", scheme="cat", code=category)
    for each in description.iterfind("topicoccurrence"):
        if topic := value(each, "topic"):
            yield Concept(kind="subject", code=topic)


def _place(kind: str, said: str | None) -> Iterator[Concept]:
    if said and _PLACE.search(kind):
        yield country(said) if "country" in kind else Concept(kind="place", name=said)


def _editorial(management: Element | None, lines: _Lines) -> Iterator[str]:
    """Give what is said to editors, and how the text may be used."""
    yield from lines.typed(_EDNOTE)
    for each in children(management, "instruction"):
        yield from filter(None, (words(comment) for comment in each.findall("comment")))


def _holder(chain: Sequence[Element]) -> str | None:
    found = (words(each) for part in reversed(chain) for each in part.iterfind("rightsmetadata/copyright"))
    return next(filter(None, found), None)


def _url(item: Element) -> str | None:
    for line in item.iter("newsline"):
        kind = (value(line.find("newslinetype"), "formalname") or "").lower()
        text = words(line.find("newslinetext")) or ""
        if kind in {"url", "permalink", "canonical url", "webpage"} and is_web_url(text):
            return text
    return None


def _text_of(element: Element | None, name: str) -> str | None:
    return words(child(element, name))
