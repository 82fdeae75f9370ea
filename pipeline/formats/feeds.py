"""RSS 0.9x, 1.0 and 2.0, and Atom: the home of feedparser.

feedparser reads what nobody else reads, and is slow, and can be made to hang: it gets only what `xml_guard`
has passed, neither sanitises nor resolves links (the normaliser does that once, at a tenth of the price), and
belongs into a process that can be killed (pipeline.parsing).
"""

import io
import re
import xml.sax
from collections.abc import Mapping
from html import escape, unescape
from typing import Any

import feedparser
import feedparser.api

from pipeline.errors import ParseError, Reason
from pipeline.formats import feed_extensions
from pipeline.formats.finish import finish, title_line
from pipeline.formats.links import absolute, is_web_url
from pipeline.formats.pace import pace_of, published_of
from pipeline.formats.source import Source
from pipeline.formats.xml_guard import ends_inside_item, find_root, guarded
from pipeline.formats.xml_html import nitf_body
from pipeline.formats.xml_tree import fragment
from pipeline.model import Entry, Parsed, Problem

# A SAX driver on libxml2 would open files that a document names.
feedparser.api.PREFERRED_XML_PARSERS = []

_ROOTS = {"rss": "rss", "feed": "atom", "rdf": "rdf"}
_DECLARATION = "<?xml version='1.0' encoding='utf-8'?>\n"
#: a server's warning may stand before the feed
_JUNK = 4_096
_START = re.compile(r"<\?xml\b|<rss[\s>]|<feed[\s>]|<rdf:rdf[\s>]", re.IGNORECASE)
# feedparser takes a picture's caption for the item's second description, and that for the item's content.
_CAPTION = re.compile(r"(</?media:)description\b")
_TAG = re.compile(r"<(?:/?[A-Za-z][^<>]*|!--.*?--)>", re.DOTALL)
_ADDRESS = re.compile(r"[^\s()<>@]+@[^\s()<>@]+")
_BY = re.compile(r"^\s*(?:by|par)\s+", re.IGNORECASE)
_CUT = "the document ends inside this item: it is taken in when it comes whole"
_END = re.compile(r"</(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>$", re.IGNORECASE)
_LONGEST_END = 80
#: more of a title is not looked at; it is cut to a headline anyway
_MAX_TITLE = 20_000
_Raw = Mapping[str, Any]
# What feedparser has been seen to raise on hostile bytes, and its like. Not MemoryError: that is ours to see.
_RAISED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    re.error,
    xml.sax.SAXException,
)


def claims(source: Source) -> bool:
    """Say whether the root element is a feed's, or a feed begins behind a server's warning."""
    return _start(source) is not None


def read(source: Source) -> Parsed:
    """Read a feed; an item with nothing in it, or cut off, becomes a problem, the others go on.

    Raises:
        ParseError: Over a limit, or so broken that nothing can be read of it.
    """
    text = source.text[_start(source) or 0 :]
    root = find_root(text)
    assert root is not None  # claims() found it
    document = guarded(text[root.at :])
    parsed = _parse(document)
    kind = _kind(parsed, root.name)
    entries: list[Entry] = []
    problems: list[Problem] = []
    # Plain dicts: feedparser's own look each key up three times, and give one date for another.
    feed = dict(parsed.feed)
    # What is cut would be stored as a story of its own, and its rest as another.
    cut = len(parsed.entries) if _is_cut(document) else None
    for number, raw in enumerate(map(dict, parsed.entries), 1):
        if number == cut:
            problems.append(Problem(reason=Reason.BAD_RECORD, detail=_CUT, where=f"entry {number}"))
            continue
        entry = finish(_entry(raw, feed, kind, source), repaired=source.repaired, note=source.note)
        if _says_something(entry):
            entries.append(entry)
        else:
            detail = "an item with neither title, text, link nor guid"
            problems.append(Problem(reason=Reason.EMPTY, detail=detail, where=f"entry {number}"))
    entries += map(finish, feed_extensions.withdrawn(document))
    title = title_line(_plain(feed, "title"), repaired=source.repaired)
    return Parsed(
        format=kind,
        title=title,
        entries=tuple(entries),
        problems=tuple(problems),
        pace=pace_of(document),
        published=published_of(entries),
    )


def _start(source: Source) -> int | None:
    """Find where the feed begins: at the root element, or behind what a server wrote before it."""
    if source.root is not None and source.root.name in _ROOTS:
        return source.root.at
    if source.root is not None and source.root.name not in {"br", "b"}:
        return None
    match = _START.search(source.text, 0, _JUNK)
    root = find_root(source.text[match.start() :]) if match else None
    return match.start() if match and root and root.name in _ROOTS else None


def _parse(text: str) -> Any:
    text = _CAPTION.sub(r"\1caption", text) if "media:description" in text else text
    data = (_DECLARATION + text).encode()
    try:
        # feedparser opens files and URLs named by a bare str or bytes: always wrap.
        parsed = feedparser.api.parse(  # type: ignore[no-untyped-call]
            io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False
        )
    except _RAISED as error:
        cause = f"{type(error).__name__}: {error}"
        raise ParseError(Reason.PARSE_FAILED, f"this feed cannot be read: {cause[:200]}") from error
    if parsed.bozo and not parsed.entries and not parsed.feed:
        cause = _cause(parsed.get("bozo_exception"))
        raise ParseError(Reason.PARSE_FAILED, f"nothing can be read of this feed: {cause}")
    return parsed


def _cause(error: Any) -> str:
    """Say why feedparser gave up; a line is the feed's own, below our declaration."""
    if not isinstance(error, xml.sax.SAXParseException):
        return str(error)[:200]
    line = (error.getLineNumber() or 1) - _DECLARATION.count("\n")
    words = error.getMessage().replace("no element found", "it ends before its root element does")
    return f"line {max(line, 1)}, column {(error.getColumnNumber() or 0) + 1}: {words}"[:200]


def _is_cut(document: str) -> bool:
    """Say whether the document ends inside an item; most end as they should, which is cheap to see."""
    return _END.search(document.rstrip()[-_LONGEST_END:]) is None and ends_inside_item(document)


def _kind(parsed: Any, root: str) -> str:
    if not parsed.version and not parsed.entries and root == "rdf":
        raise ParseError(Reason.NOT_A_FEED, "this is RDF, but no RSS 1.0 feed")
    return _ROOTS[root]


def _entry(raw: _Raw, feed: _Raw, kind: str, source: Source) -> Entry:
    html, text, summary = _bodies(raw)
    names = _names(raw)
    keywords = (_text(tag, "label") or _text(tag, "term") for tag in _dicts(raw, "tags"))
    return Entry(
        format=kind,
        guid=_text(raw, "id"),
        infosource=feed_extensions.source(raw),
        url=_url(raw, feed, source),
        headline=_plain(raw, "title"),
        byline=", ".join(names) or _text(raw, "author"),
        authors=tuple(_BY.sub("", name, count=1) for name in names),
        keywords=tuple(filter(None, keywords)),
        concepts=tuple(feed_extensions.concepts(raw)),
        summary_html=summary,
        html=html,
        text=text,
        language=_language(raw, feed),
        published=_text(raw, "published"),
        updated=_text(raw, "updated"),
        copyright=feed_extensions.rights(raw),
    )


def _names(raw: _Raw) -> tuple[str, ...]:
    """Name the authors, without their addresses."""
    names = tuple(filter(None, (_text(author, "name") for author in _dicts(raw, "authors"))))
    sent = _text(raw, "author") or ""
    if len(names) > 1 or "@" not in sent:
        return names
    # feedparser knows no top-level domain of more than four letters, and makes names of the rest.
    name = _ADDRESS.sub("", sent).strip(" ()<>\t\r\n")
    return (name,) if name else ()


def _bodies(raw: _Raw) -> tuple[str | None, str | None, str | None]:
    """Choose html, text and summary: full content, else the description, which then is no summary."""
    contents = [
        content for content in _dicts(raw, "content") if _text(content, "value") and _is_text(content)
    ]
    body = next(filter(_is_html, contents), contents[0] if contents else None)
    summary = _detail(raw, "summary")
    if body is None:
        body, summary = summary, None
    if body is None:
        said = feed_extensions.caption(raw)
        return (said, None, None) if said and _TAG.search(said) else (None, said, None)
    html, text = (_without_head(body["value"]), None) if _is_html(body) else (None, body["value"])
    if summary is None or summary["value"] == body["value"]:
        return html, text, None
    return html, text, summary["value"] if _is_html(summary) else escape(summary["value"], quote=False)


def _without_head(html: str) -> str:
    """Give the text of a body that is NITF: what its head says is no text."""
    # feedparser takes the outermost tags off.
    inner = fragment(f"<nitf><body>{html}</body></nitf>") if "<body.content" in html else None
    return html if inner is None else nitf_body(inner) or html


def _plain(raw: _Raw, name: str) -> str | None:
    """Return a title as plain text: tags taken out and entities read once where it was sent as HTML."""
    detail = _detail(raw, name)
    if detail is None:
        return None
    value: str = detail["value"][:_MAX_TITLE]
    return unescape(_TAG.sub("", value)) if _is_html(detail) else value


def _detail(raw: _Raw, name: str) -> _Raw | None:
    """Return a text with its type; None where it is absent or blank."""
    value = _text(raw, name)
    detail = raw.get(f"{name}_detail")
    return (
        {"type": detail.get("type") if isinstance(detail, dict) else None, "value": value} if value else None
    )


def _is_html(content: _Raw) -> bool:
    """Tell HTML from plain text; RSS does not say, and means HTML."""
    kind = content.get("type")
    return not kind or "html" in kind or "xml" in kind


def _is_text(content: _Raw) -> bool:
    """Tell text from a picture or sound that an Atom entry has for its content."""
    return _is_html(content) or content["type"].startswith("text/")


def _url(raw: _Raw, feed: _Raw, source: Source) -> str | None:
    link = _text(raw, "feedburner_origlink") or _text(raw, "link")
    # feedparser makes links of guids; only a whole URL is one.
    if link is None or (raw.get("guidislink") and not is_web_url(link.strip())):
        return None
    return absolute(link, source.name, _text(feed, "link"))


def _language(raw: _Raw, feed: _Raw) -> str | None:
    """Return the language of the item itself, of its texts (which inherit), or of the feed."""
    texts = (*_dicts(raw, "content"), raw.get("title_detail"), raw.get("summary_detail"))
    holders = (raw, *(detail for detail in texts if isinstance(detail, dict)), feed)
    return next(filter(None, (_text(holder, "language") for holder in holders)), None)


def _text(raw: _Raw, name: str) -> str | None:
    """Return a text that is not blank. Elements that feedparser does not know may take its names."""
    value = raw.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _dicts(raw: _Raw, name: str) -> list[_Raw]:
    value = raw.get(name)
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _says_something(entry: Entry) -> bool:
    return any((entry.guid, entry.url, entry.headline, entry.html, entry.text))
