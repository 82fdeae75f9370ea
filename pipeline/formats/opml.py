"""Lists of feeds as OPML: read from other programs, and written for them.

Source: OPML 2.0 (opml.org/spec2.opml), subscription lists.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from pipeline.errors import ParseError, Reason
from pipeline.formats.charset import decode
from pipeline.formats.controls import without_controls
from pipeline.formats.xml_guard import find_root, guarded

#: feeds of one list
MAX_FEEDS = 20_000
_MAX_TAG = 60
#: characters of a broken list that are read
_MOST_LOOSE = 2_000_000
_SPACE = re.compile(r"\s+")
_FEED_SCHEME = re.compile(r"feed:(//|https?:)", re.IGNORECASE)
#: ampersands that nobody escaped: the commonest fault of such lists
_BARE = re.compile(r"&(?!(?:#\d+|#x[0-9a-f]+|[a-z][a-z0-9]*);)", re.IGNORECASE)
#: what no XML may hold, however it is escaped
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of a list."""

    url: str
    title: str | None = None
    #: names of the folders it lies in, outermost first
    tags: tuple[str, ...] = ()


def read_opml(body: bytes) -> list[Outline]:
    """Read a list of feeds.

    Raises:
        ParseError: It is no OPML, is broken, or over a limit; no entity or DTD is ever looked at.
    """
    text = decode(body).text
    root = find_root(text)
    if root is None or root.name != "opml":
        raise ParseError(Reason.UNKNOWN_FORMAT, "this is no OPML")
    safe = _BARE.sub("&amp;", guarded(text[root.at :]))
    try:
        root_element = ET.fromstring(safe)  # noqa: S314 - guarded: no DTD, no depth
        found = list(_outlines(each for each in root_element.iter() if each.tag.lower() == "body"))
    except ET.ParseError as error:
        found = _loosely(safe)
        if not found:
            raise ParseError(Reason.PARSE_FAILED, f"this OPML is broken: {error}") from error
    if len(found) > MAX_FEEDS:
        raise ParseError(Reason.PARSE_LIMIT, f"more than {MAX_FEEDS:,} feeds in one list")
    return found


def write_opml(outlines: Iterable[Outline], title: str) -> bytes:
    """Write a list of feeds; tags become folders."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = title
    body = ET.SubElement(root, "body")
    folders: dict[tuple[str, ...], ET.Element] = {(): body}
    for each in outlines:
        for depth, tag in enumerate(each.tags, 1):
            path = each.tags[:depth]
            if path not in folders:
                folders[path] = ET.SubElement(folders[path[:-1]], "outline", text=_written(tag))
        name = _written(each.title or each.url)
        attributes = {"type": "rss", "text": name, "title": name, "xmlUrl": _written(each.url)}
        ET.SubElement(folders[each.tags], "outline", attributes)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _outlines(bodies: Iterable[ET.Element]) -> Iterator[Outline]:
    """Walk the folders without recursion."""
    waiting: list[tuple[ET.Element, tuple[str, ...]]] = [(body, ()) for body in bodies]
    while waiting:
        element, tags = waiting.pop()
        outline, inside = _read(element.attrib, tags)
        if outline:
            yield outline
        waiting += [(child, inside) for child in reversed(element) if child.tag.lower() == "outline"]


def _read(
    attributes: Mapping[str, str | None], tags: tuple[str, ...]
) -> tuple[Outline | None, tuple[str, ...]]:
    """Read one outline: the feed it is, else the tags of what lies in it."""
    values = {name.lower(): value or "" for name, value in attributes.items()}
    name = _line(values.get("title") or values.get("text") or "")
    if url := _line(values.get("xmlurl", "")):
        return Outline(url=_web_address(url), title=name or None, tags=tags), tags
    tag = name[:_MAX_TAG]
    return None, (*tags, tag) if tag and tag not in tags else tags


def _web_address(url: str) -> str:
    """Take away the scheme by which browsers once handed feeds to readers.

    >>> _web_address("feed://a.example/rss"), _web_address("feed:https://a.example/rss")
    ('http://a.example/rss', 'https://a.example/rss')
    """
    if match := _FEED_SCHEME.match(url):
        return f"http:{url[5:]}" if match[1] == "//" else url[5:]
    return url


def _loosely(text: str) -> list[Outline]:
    """Read what is no XML, such as names with quotation marks inside quotation marks."""
    reader = _Loose()
    reader.feed(text[:_MOST_LOOSE])
    return reader.found


class _Loose(HTMLParser):
    """Reads outlines as browsers read HTML: whatever stands there, the next attribute is found."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Outline] = []
        self._tags: list[tuple[str, ...]] = [()]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        if tag == "outline":
            outline, inside = _read(dict(attrs), self._tags[-1])
            self.found += [outline] if outline else []
            self._tags.append(inside)

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser."""
        if tag == "outline" and len(self._tags) > 1:
            self._tags.pop()


def _line(text: str) -> str:
    return _SPACE.sub(" ", without_controls(text)).strip()


def _written(text: str) -> str:
    return _REFUSED.sub("\N{REPLACEMENT CHARACTER}", text)
