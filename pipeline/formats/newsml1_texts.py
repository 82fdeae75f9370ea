"""The texts inside a NewsItem of NewsML 1, and which of them are stories.

Components hold headlines, captions, style sheets, contacts and texts, in any order and depth. A story is the
longest text whose role is no other; a NewsItem has several only where each has a headline of its own.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from xml.etree.ElementTree import Element

from pipeline.formats.xml_html import Content, content_in_base64, content_of
from pipeline.formats.xml_tree import names, value, words

#: texts of one NewsItem that are looked at, and stories that are taken
_MAX_TEXTS = 1_000
MAX_STORIES = 100

# Roles of components in lower case, letters only.
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
    "photo picture image animation graphic video audio logo thumbnail quicklook preview highdef highres "
    "lowres icon"
)
_NO_STORY = names(
    "stylesheet contact contacts keywords keyword copyright byline dateline slug slugline credit about "
    "companyinfo boilerplate disclaimer footer metadata ticker links link multimedia embargo note editorsnote"
)
_ROLES = (
    ("story", _STORY),
    ("lead", _LEAD),
    ("title", _TITLE),
    ("summary", _SUMMARY),
    ("caption", _CAPTION),
    ("none", _NO_STORY),
)
_MEDIA_TYPES = ("image", "video", "audio", "application/pdf")
_PLAIN = ("text/plain", "ascii", "plaintext")
_WORD = re.compile(r"[^a-z]+")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """One component, without those inside it."""

    #: what it says itself: lines, metadata, role
    said: Element
    role: str
    #: has a headline, as a line or as a component inside
    headed: bool
    #: has a picture, sound or film beside its text
    pictured: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Text:
    """One text of a NewsItem."""

    content: Content
    #: the components it is inside of, outermost first
    chain: tuple[Part, ...]
    #: what it is: story, lead, title, summary, caption, none; blank: not said
    role: str

    @property
    def owner(self) -> Part | None:
        """Give the innermost component that has a headline."""
        return next((part for part in reversed(self.chain) if part.headed), None)

    @property
    def said(self) -> tuple[Element, ...]:
        """Give what its components say, outermost first."""
        return tuple(part.said for part in self.chain)


def texts_of(item: Element) -> list[Text]:
    """Give the texts of a NewsItem in its order."""
    return list(islice(_texts(item, ()), _MAX_TEXTS))


def stories_of(texts: Sequence[Text]) -> list[Text]:
    """Choose the texts that are stories."""
    said = [each for each in texts if each.role in {"story", ""}]
    named = [each for each in said if each.role == "story"] or said
    longest: dict[Part | None, Text] = {}
    for each in named:
        if each.owner not in longest or each.content.length > longest[each.owner].content.length:
            longest[each.owner] = each
    headed = [each for owner, each in longest.items() if owner is not None]
    if len(headed) > 1:
        return headed[:MAX_STORIES]
    found = max(longest.values(), key=lambda each: each.content.length, default=None)
    return [] if found is None else [found]


def part_of(component: Element) -> Part:
    """Read what a component says itself."""
    said = Element(component.tag, dict(component.attrib))
    said.extend(each for each in component if each.tag not in {"newscomponent", "contentitem"})
    inside = {_role_of(each) for each in component.findall("newscomponent")}
    return Part(
        said=said,
        role=_role_of(component),
        headed=words(said.find("newslines/headline")) is not None or not _TITLE.isdisjoint(inside),
        pictured=any(map(_is_media, component.findall("contentitem"))),
    )


def letters(text: str | None) -> str:
    """Give the letters of a name in lower case: "Main Text" is "maintext"."""
    return _WORD.sub("", (text or "").lower())


def is_caption(kind: str | None) -> bool:
    """Say whether a kind of line is a caption."""
    return letters(kind) in _CAPTION


def _texts(element: Element, chain: tuple[Part, ...]) -> Iterator[Text]:
    for component in element.findall("newscomponent"):
        inside = (*chain, part_of(component))
        for item in component.findall("contentitem"):
            if not _is_media(item) and (content := _content(item)).length:
                yield Text(content=content, chain=inside, role=_role(inside, item))
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
        return content_in_base64(data)
    declared = (value(item.find(name), "formalname") or "" for name in ("mimetype", "format"))
    return content_of(data, plain=any(each.lower().startswith(_PLAIN) for each in declared))


def _is_media(item: Element) -> bool:
    """Say whether a content item is a picture, sound or film."""
    mime = (value(item.find("mimetype"), "formalname") or "").lower()
    medium = (value(item.find("mediatype"), "formalname") or "").lower()
    return mime.startswith(_MEDIA_TYPES) or (medium in _MEDIA and not mime.startswith("text"))


def _role(chain: Sequence[Part], item: Element) -> str:
    """Say what a text is: by the role of its component, else by what it stands beside."""
    if (value(item.find("mimetype"), "formalname") or "").lower() == "text/css":
        return "none"
    named = next((name for name, roles in _ROLES if chain[-1].role in roles), "")
    pictured = chain[-1].pictured or any(part.role in _MEDIA for part in chain)
    return "caption" if pictured and named == "" else _beside(named, chain)


def _beside(named: str, chain: Sequence[Part]) -> str:
    """Take the text of a picture for its caption."""
    return "caption" if named == "story" and any(part.role in _MEDIA for part in chain) else named


def _role_of(component: Element) -> str:
    return letters(value(component.find("role"), "formalname"))
