"""NewsML-G2 (https://iptc.org/standards/newsml-g2/): news items and packages, alone or in a news message.

Items that hold no story (concepts, knowledge, planning, catalogs) become problems that say what they are.
Names are in lower case here, as `xml_tree` gives them.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from html import escape
from itertools import islice
from xml.etree.ElementTree import Element

from pipeline.errors import ParseError, Reason
from pipeline.formats import newsml1, nitf
from pipeline.formats.finish import MAX_CONCEPTS
from pipeline.formats.g2_concepts import Concepts
from pipeline.formats.links import is_web_url
from pipeline.formats.source import Source
from pipeline.formats.urgency import read_urgency
from pipeline.formats.usage import read_usage
from pipeline.formats.xml_html import Content, content_in_base64, content_of, html_of
from pipeline.formats.xml_items import ItemForm, read_items
from pipeline.formats.xml_tree import Tree, child, children, names, start_of, value, words
from pipeline.model import Entry, Parsed

NAME = "newsmlg2"

_NEWS = frozenset({"newsitem", "packageitem"})
#: items without a story → what they hold
_OTHERS = {
    "conceptitem": "a concept item: it describes a concept",
    "knowledgeitem": "a knowledge item: it describes a vocabulary",
    "planningitem": "a planning item: it announces coverage",
    "catalogitem": "a catalog item: it names vocabularies",
}
#: parts of an item, as in the standard's examples
_PARTS = frozenset({"contentset", "contentmeta", "groupset"})
ROOTS = _NEWS | frozenset(_OTHERS) | _PARTS | frozenset({"newsmessage"})
MAX_ITEMS = 5_000

_NO_HEADLINE = (
    "sub",
    "kicker",
    "deck",
    "short",
    "seo",
    "alt",
    "over",
    "catch",
    "roof",
    "dach",
    "summary",
    "print",
)
_SUMMARY = ("summary", "abstract", "lead", "teaser", "short", "standfirst")
_NO_DESCRIPTION = ("keyword", "note", "restriction", "usage", "technical")
_WEB = ("canonical", "webpage", "web", "permalink", "weblink")
_SIGNALS = names(
    "alert update correction rectify writethru write-thru refile kill advisory flash bulletin urgent "
    "correct embargo"
)
_TIME = re.compile(r"\d{4}-\d\d-\d\d")
_AUTHOR = ("author", "reporter", "writer", "journalist", "photog", "byline", "correspondent")
_MAX_NOTES = 50
_PERSON = ("person",)
_NOT_TEXT = ("image/", "video/", "audio/", "application/pdf", "application/sportsml", "text/css")


def claims(source: Source) -> bool:
    """Say whether the root element is one of NewsML-G2's."""
    return start_of(source, ROOTS) is not None and not newsml1.claims(source)


def read(source: Source) -> Parsed:
    """Read each item of a file; one that holds no story becomes a problem, the others go on.

    Raises:
        ParseError: Over a limit, or nothing can be read of it.
    """
    return read_items(source, _FORM)


def _items(tree: Tree) -> list[Element]:
    root = tree.root
    if root.tag != "newsmessage":
        return [_whole(root)]
    items = [each for inside in root.iter("itemset") for each in inside if each.tag in ROOTS]
    if len(items) > MAX_ITEMS:
        raise ParseError(Reason.PARSE_LIMIT, f"more than {MAX_ITEMS:,} items: over the limit for one message")
    return items


def _whole(root: Element) -> Element:
    """Put a part of an item into an item."""
    if root.tag not in _PARTS:
        return root
    item = Element("packageitem" if root.tag == "groupset" else "newsitem")
    item.append(root)
    return item


def _otherwise(item: Element) -> str:
    guid = value(item, "guid")
    named = f" ({guid[:100]})" if guid else ""
    what = _OTHERS.get(item.tag, "an item with neither text nor headline")
    return f"this is {what}{named}; there is no story in it to take in"


def _reader(tree: Tree) -> Callable[[Element], Sequence[Entry]]:
    def read_item(item: Element) -> Sequence[Entry]:
        entry = _entry_of(item, tree)
        return () if entry is None else (entry,)

    return read_item


_FORM = ItemForm(
    name=NAME,
    roots=ROOTS,
    items=_items,
    reader=_reader,
    otherwise=_otherwise,
    empty="a NewsML-G2 message without items: there is nothing to take in",
)


def _entry_of(item: Element, tree: Tree) -> Entry | None:
    """Read one item; None where there is no story in it, nor an order about one."""
    if item.tag not in _NEWS:
        return None
    entry = _Item(item, tree).entry()
    ordered = entry.pub_status not in {None, "usable"} and entry.guid
    return entry if entry.headline or entry.html or entry.text or ordered else None


class _Item:
    """One news item or package, read."""

    def __init__(self, item: Element, tree: Tree) -> None:
        self._item = item
        self._notes = tree.notes
        self._header = tree.root.find("header")
        self._meta = item.find("itemmeta")
        self._content_meta = item.find("contentmeta")
        self._holders = [each for each in (self._content_meta, self._meta) if each is not None]
        self._concepts = Concepts(item)

    def entry(self) -> Entry:
        """Give what the item says."""
        content = self._content()
        urgency, odd = read_urgency(self._word("urgency"))
        usage = read_usage(self._code("pubstatus"), until=self._word("embargoed"))
        empty_embargo = self._embargo_without_end()
        provider = self._party("provider") or words(child(self._header, "sender"))
        infosource = self._party("infosource")
        entry = Entry(
            format=NAME,
            guid=value(self._item, "guid"),
            ids=tuple(filter(None, map(words, self._all("altid")))),
            revision=value(self._item, "version"),
            provider=provider or infosource,
            infosource=infosource if provider and infosource != provider else None,
            service=self._service(),
            url=self._url(),
            headline=self._headline(),
            slugline=self._word("slugline"),
            byline=", ".join(self._bylines()) or None,
            authors=tuple(self._authors()),
            dateline=self._dateline(),
            located=self._concepts.name_of(self._found("located")),
            keywords=tuple(filter(None, map(words, self._all("keyword")))),
            concepts=tuple(islice(self._concepts.of(self._holders), MAX_CONCEPTS)),
            urgency=urgency,
            signal=self._signal(),
            summary_html=self._summary(),
            language=self._language(),
            published=self._word("firstcreated") or self._word("versioncreated") or self._created(),
            updated=self._word("versioncreated"),
            embargoed=usage.embargoed,
            pub_status="withheld"
            if empty_embargo and usage.pub_status in {None, "usable"}
            else usage.pub_status,
            ednote="; ".join(self._editorial()) or None,
            copyright=self._copyright(),
            notes=(*self._notes, *odd),
        )
        return self._with_text(entry, content)

    def _with_text(self, entry: Entry, content: Content) -> Entry:
        """Add the text, and what the document inside says where the item does not."""
        if content.nitf is not None:
            entry = nitf.filled(entry, content.nitf)
        title = content.title or words(child(self._meta, "title"))
        html, text = content.html, content.text
        if html is None and text is None:
            html = self._references() if self._item.tag == "packageitem" else self._described()
        return replace(entry, headline=entry.headline or title, html=html, text=text)

    def _content(self) -> Content:
        """Choose the text: in the item's language, the longest of its forms, mark-up before plain text."""
        found: list[tuple[bool, Content]] = []
        language = self._language()
        for form in ("inlinexml", "inlinedata"):
            for each in children(self._item.find("contentset"), form):
                kind = (value(each, "contenttype") or "").lower()
                if not kind.startswith(_NOT_TEXT):
                    found.append((_in_language(each, language), _inline(each, kind)))
        texts = [each for each in found if each[1].length]
        chosen = max(
            texts, key=lambda each: (each[0], each[1].html is not None, each[1].length), default=None
        )
        return chosen[1] if chosen else Content()

    def _described(self) -> str | None:
        """Give the descriptions of an item whose content is elsewhere: caption, dope sheet, shot list."""
        found = [each for each in self._all("description") if not _has_role(each, _NO_DESCRIPTION)]
        lines = dict.fromkeys(filter(None, map(html_of, found)))
        return "\n".join(f"<div>{line}</div>" for line in lines) or None

    def _references(self) -> str | None:
        """List what a package refers to, each once."""
        named: dict[str, str] = {}
        for each in self._item.iter("itemref"):
            title = words(each.find("headline")) or words(each.find("title"))
            if title:
                named.setdefault(title, value(each, "residref") or value(each, "href") or "")
        lines = (
            f'<li><a href="{escape(at)}">{escape(title, quote=False)}</a></li>' for title, at in named.items()
        )
        listed = "".join(lines)
        return f"<ul>{listed}</ul>" if listed else None

    def _headline(self) -> str | None:
        """Give the headline: one without a role before those that are no other kind of line."""
        sent = [each for each in self._all("headline") if words(each)]
        found = [each for each in sent if not _has_role(each, _NO_HEADLINE)] or sent
        language = self._language()
        found.sort(key=lambda each: (value(each, "role") is not None, not _in_language(each, language)))
        return words(found[0]) if found else None

    def _summary(self) -> str | None:
        found = [each for each in self._all("description") if _is_summary(each)]
        return next(filter(None, map(html_of, found)), None)

    def _language(self) -> str | None:
        tags = [
            value(each, "tag")
            for each in self._all("language")
            if not _has_role(each, ("voiceover", "naturalsound", "subtitle", "caption"))
        ]
        inline = (value(each, "lang") for each in (self._item.find("contentset/inlinexml"), self._item))
        heads = (value(each, "lang") for each in self._all("headline"))
        spoken = (value(each, "tag") for each in self._all("language"))
        return next(filter(None, (*tags, *inline, *heads, *spoken)), None)

    def _bylines(self) -> Iterator[str]:
        """Give the bylines in the item's language, each once."""
        language, sent = self._language(), self._all("by")
        spoken = [each for each in sent if _in_language(each, language)] or sent
        yield from dict.fromkeys(filter(None, map(words, spoken)))

    def _signal(self) -> str | None:
        """Give what this version is: IPTC's signals before others."""
        sent = [
            value(each, "qcode") or value(each, "literal") or value(each, "uri")
            for each in self._all("signal")
        ]
        known = [each for each in sent if each and _last(each).lower() in _SIGNALS]
        edited = [each for each in sent if each and each.lower().startswith("edstat:")]
        return next(iter((*known, *edited)), None)

    def _embargo_without_end(self) -> bool:
        """Say whether the item is held until the sender says otherwise: an embargo without a date."""
        return any(words(each) is None for each in children(self._meta, "embargoed"))

    def _dateline(self) -> str | None:
        """Give the dateline; one agency sends the time of the version in its place."""
        found = self._word("dateline")
        return None if found and _TIME.match(found) else found

    def _editorial(self) -> Iterator[str]:
        """Give the notes to editors, each once; one agency sends the same in two forms."""
        said: list[str] = []
        for each in self._all("ednote")[:_MAX_NOTES]:
            note = words(each)
            if note and not any(note in other for other in said):
                said.append(note)
        yield from said

    def _authors(self) -> Iterator[str]:
        """Name the creators that are persons; without a type or role it may be an agency."""
        for each in (*self._all("creator"), *self._all("contributor")):
            kind = (value(each, "type") or "").lower()
            if kind.endswith(_PERSON) or (each.tag == "creator" and _has_role(each, _AUTHOR)):
                yield words(each.find("name")) or ""

    def _copyright(self) -> str | None:
        rights = self._item.find("rightsinfo")
        notice = words(child(rights, "copyrightnotice"))
        return notice or self._concepts.name_of(child(rights, "copyrightholder"))

    def _party(self, name: str) -> str | None:
        """Name an organisation: by its code, which is the same in each version, else by its name."""
        found = self._found(name)
        return None if found is None else self._concepts.party(found)

    def _service(self) -> str | None:
        found = self._found("service")
        return None if found is None else self._concepts.party(found)

    def _url(self) -> str | None:
        for link in children(self._meta, "link"):
            at = value(link, "href") or ""
            if _last(value(link, "rel") or "").lower() in _WEB and is_web_url(at):
                return at
        return None

    def _created(self) -> str | None:
        return self._word("contentcreated") or words(child(self._header, "sent"))

    def _code(self, name: str) -> str | None:
        found = self._found(name)
        sent = (
            None if found is None else value(found, "qcode") or value(found, "uri") or value(found, "literal")
        )
        return _last(sent) if sent else None

    def _word(self, name: str) -> str | None:
        return next(filter(None, map(words, self._all(name))), None)

    def _all(self, name: str) -> list[Element]:
        return [each for holder in self._holders for each in holder.iterfind(name)]

    def _found(self, name: str) -> Element | None:
        return next(iter(self._all(name)), None)


def _inline(inline: Element, kind: str) -> Content:
    """Read what an item carries inside itself."""
    if "64" in (value(inline, "encoding") or ""):
        is_text = not kind.startswith("application/") or "xml" in kind
        return content_in_base64(inline) if is_text else Content()
    return _events(inline) or content_of(inline, plain=kind.startswith("text/plain"))


def _events(inline: Element) -> Content | None:
    """Read events that are sent as content: the name of each and what is said of it."""
    events = [each for each in inline.iter("event") if each.find("name") is not None]
    if not events:
        return None
    lines = (
        escape(
            ". ".join(filter(None, (words(each.find(name)) for name in ("name", "definition")))), quote=False
        )
        for each in events
    )
    return Content(html="".join(f"<p>{line}</p>" for line in lines))


def _is_summary(description: Element) -> bool:
    return not value(description, "role") or _has_role(description, _SUMMARY)


def _has_role(element: Element, roles: Sequence[str]) -> bool:
    role = _last(value(element, "role") or value(element, "roleuri") or "").lower()
    return any(each in role for each in roles)


def _in_language(element: Element, language: str | None) -> bool:
    sent = value(element, "lang")
    return sent is None or language is None or sent[:2].lower() == language[:2].lower()


def _last(code: str) -> str:
    """Give the code of a qcode or URI, without its vocabulary."""
    return code.rstrip("/").rpartition("/")[2].rpartition(":")[2]
