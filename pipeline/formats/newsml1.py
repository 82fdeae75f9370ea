"""NewsML 1.x (https://iptc.org/standards/newsml-1/): one entry for each story of a NewsItem.

Names are in lower case here, as `xml_tree` gives them.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from html import escape
from itertools import islice
from xml.etree.ElementTree import Element

from pipeline.formats import newsml1_metadata as metadata
from pipeline.formats import nitf
from pipeline.formats.finish import MAX_CONCEPTS
from pipeline.formats.links import is_web_url
from pipeline.formats.newsml1_texts import Text, is_caption, part_of, stories_of, texts_of
from pipeline.formats.source import Source
from pipeline.formats.urgency import read_urgency
from pipeline.formats.usage import read_usage
from pipeline.formats.xml_html import Content
from pipeline.formats.xml_items import ItemForm, read_items
from pipeline.formats.xml_tree import Tree, child, children, names, start_of, value, words
from pipeline.model import Entry, Parsed

NAME = "newsml1"
ROOTS = frozenset({"newsml", "newsitem"})

_LOOK_AT = 8_192
_ITEM = re.compile(r"<(?:[\w.-]+:)?newsitem\b")
_EDNOTE = re.compile(r"ed(?:itor'?s?|itorial|itors)?\s*-?note|instruction|advisory|correction", re.IGNORECASE)
_SIGNALS = names(
    "alert update correction rectify writethru write-thru refile kill advisory flash bulletin urgent"
)


_CHANGES = {"insertbefore": "insert before", "insertafter": "insert after"}
_MAX_CHANGES = 20
#: a shorter name may begin anew each day
_LONG_ID = 8


def claims(source: Source) -> bool:
    """Say whether the root element is NewsML's, or a NewsItem with the identifier that NewsML-G2 has not."""
    at = start_of(source, ROOTS)
    if at is None:
        return False
    head = source.text[at : at + _LOOK_AT].lower()
    return "newsidentifier" in head or _ITEM.match(head) is None


def read(source: Source) -> Parsed:
    """Read each NewsItem; one that holds no story becomes a problem, the others go on.

    Raises:
        ParseError: Over a limit, or nothing can be read of it.
    """
    return read_items(source, _FORM)


def _items(tree: Tree) -> list[Element]:
    return list(tree.root.iter("newsitem"))


def _reader(tree: Tree) -> Callable[[Element], Iterator[Entry]]:
    envelope = tree.root.find("newsenvelope")
    return lambda item: _entries(item, envelope, tree.notes)


def _otherwise(item: Element) -> str:
    if changes := list(_changes(item)):
        named = _guid(item.find("identification/newsidentifier")) or "a NewsItem"
        return (
            f"an update of parts of {named[:200]} ({', '.join(changes)[:200]}): items are stored whole, their"
            " parts are not known; ask the sender for the whole item"
        )
    kind = value(item.find("newsmanagement/newsitemtype"), "formalname") or "unknown"
    return f"a NewsItem (type {kind[:40]}) with neither text nor headline: it holds no story"


_FORM = ItemForm(
    name=NAME,
    roots=ROOTS,
    items=_items,
    reader=_reader,
    otherwise=_otherwise,
    empty="a NewsML document without a NewsItem: there is nothing to take in",
)


def _changes(item: Element) -> Iterator[str]:
    """Say what an item changes in one that was sent before: "replace b1", "delete b2"."""
    for update in item.findall("update"):
        for change in islice(update, _MAX_CHANGES):
            yield f"{_CHANGES.get(change.tag, change.tag)} {value(change, 'duidref') or '?'}"


def _entries(item: Element, envelope: Element | None, notes: Sequence[str]) -> Iterator[Entry]:
    if (
        item.find("update") is not None
    ):  # what it holds are parts of a story: only an order about all of it counts
        order = _told(_entry(item, envelope, (), notes))
        if order is not None:
            yield order
        return
    texts = texts_of(item)
    stories = stories_of(texts)
    if not stories:
        told = _told(_without_story(item, envelope, texts, notes))
        if told is not None:
            yield told
        return
    for number, story in enumerate(stories, 1):
        entry = _entry(item, envelope, story.said, notes)
        entry = _with_text(entry, story, texts)
        if len(stories) > 1 and entry.guid:
            part = value(story.owner.said if story.owner else None, "duid") or entry.language or str(number)
            whole = _item_id(item.find("identification/newsidentifier")) or entry.guid
            entry = replace(entry, guid=f"{whole}#{part}", ids=(entry.guid, *entry.ids))
        yield entry


def _with_text(entry: Entry, story: Text, texts: Sequence[Text]) -> Entry:
    """Add the text, and what stands beside it: lead, title, summary."""
    beside = [each for each in texts if each.chain[:-1] == story.chain[:-1] and each is not story]
    said = {role: _first(beside, role) for role in ("lead", "title", "summary")}
    html, text = story.content.html, story.content.text
    lead = said["lead"]
    if lead is not None and not _begins_with(story.content, lead):
        html, text = _joined(lead, story.content)
    inner = story.content.nitf
    if inner is not None:
        entry = nitf.filled(entry, inner)
    return replace(
        entry,
        headline=entry.headline or _plain(said["title"]) or story.content.title,
        summary_html=_as_html(said["summary"]) or entry.summary_html,
        html=html,
        text=text,
    )


def _without_story(
    item: Element, envelope: Element | None, texts: Sequence[Text], notes: Sequence[str]
) -> Entry:
    """Read an item of pictures, or an order about an item: headline, and captions or summary for its text."""
    top = item.find("newscomponent")
    around = () if top is None else (part_of(top).said,)
    headed = next((each.said for each in texts if each.owner is not None), around)
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
    lines = metadata.Lines(chain)
    urgency, odd = read_urgency(
        value(child(management, "urgency"), "formalname") or _text_of(management, "urgency")
    )
    usage = read_usage(value(child(management, "status"), "formalname"), until=_until(management))
    provider, infosource = _parties(chain, envelope, identifier)
    return Entry(
        format=NAME,
        guid=_guid(identifier) or value(item, "duid"),
        ids=tuple(_other_ids(identifier)),
        revision=_text_of(identifier, "revisionid"),
        provider=provider,
        infosource=infosource,
        service=value(child(envelope, "newsservice"), "formalname"),
        url=_url(item),
        headline=lines.first("headline"),
        slugline=lines.first("slugline"),
        byline=lines.first("byline"),
        authors=tuple(metadata.authors(chain)),
        dateline=lines.first("dateline"),
        located=metadata.located(chain),
        keywords=tuple(metadata.keywords(chain)),
        concepts=tuple(islice(metadata.concepts(chain), MAX_CONCEPTS)),
        urgency=urgency,
        signal=_signal(management),
        language=metadata.language(item, chain),
        published=_text_of(management, "firstcreated") or _text_of(envelope, "dateandtime"),
        updated=_text_of(management, "thisrevisioncreated"),
        embargoed=usage.embargoed,
        pub_status=usage.pub_status,
        ednote="; ".join(_editorial(management, lines)) or None,
        copyright=lines.first("copyrightline") or metadata.holder(chain),
        notes=(*notes, *odd),
    )


def _first(texts: Sequence[Text], role: str) -> Content | None:
    return next((each.content for each in texts if each.role == role), None)


def _begins_with(content: Content, lead: Content) -> bool:
    return content.plain.startswith(lead.plain[:100])


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
    return f"<pre>{escape(content.text, quote=False)}</pre>" if content.text else None


def _plain(content: Content | None) -> str | None:
    return content.plain or None if content else None


def _any_headline(item: Element) -> str | None:
    return next(filter(None, map(words, item.iter("headline"))), None)


def _caption_line(item: Element) -> str | None:
    """Give a caption that was sent as a line."""
    for line in item.iter("newsline"):
        text = words(line.find("newslinetext"))
        if text and is_caption(value(line.find("newslinetype"), "formalname")):
            return text
    return None


def _guid(identifier: Element | None) -> str | None:
    """Give the public identifier, else make it as the standard says."""
    return _text_of(identifier, "publicidentifier") or _item_id(identifier)


def _item_id(identifier: Element | None) -> str | None:
    """Give the identifier of the item, whatever its revision."""
    parts = [_text_of(identifier, name) for name in ("providerid", "dateid", "newsitemid")]
    if parts[2] is None:
        return None
    return ":".join(("urn:newsml", *filter(None, parts))) if parts[0] else parts[2]


def _other_ids(identifier: Element | None) -> Iterator[str]:
    """Give the other names of an item: made of its parts, and its own part of them, if that is not short."""
    number = _text_of(identifier, "newsitemid")
    if identifier is not None and number is not None:
        yield from filter(None, [_item_id(identifier)])
        if len(number) >= _LONG_ID and any(map(str.isdigit, number)):
            yield number


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
    sender = value(child(envelope, "sentfrom/party"), "formalname")
    provider = metadata.party(chain, "provider") or sender or _text_of(identifier, "providerid")
    source = metadata.party(chain, "source")
    return provider or source, source if source != provider else None


def _editorial(management: Element | None, lines: metadata.Lines) -> Iterator[str]:
    """Give what is said to editors."""
    yield from lines.typed(_EDNOTE)
    for each in children(management, "instruction"):
        yield from filter(None, (words(comment) for comment in each.findall("comment")))


def _url(item: Element) -> str | None:
    for line in item.iter("newsline"):
        kind = (value(line.find("newslinetype"), "formalname") or "").lower()
        text = words(line.find("newslinetext")) or ""
        if kind in {"url", "permalink", "canonical url", "webpage"} and is_web_url(text):
            return text
    return None


def _text_of(element: Element | None, name: str) -> str | None:
    return words(child(element, name))
