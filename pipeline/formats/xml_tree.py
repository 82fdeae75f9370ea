"""XML of the wire formats as a tree: names in lower case without prefix, and broken files as far as they go.

Agencies send prefixes without their namespace, upper-case tags, names of HTML's entities and files cut off in
the middle. Expat reads what is well-formed; what is not goes through a reader of our own that takes tags as
they come and says so. No DOCTYPE reaches either: what stands before the root element is left out, and
`xml_guard` has passed the rest.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from itertools import islice
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from pipeline.errors import ParseError, Reason
from pipeline.formats.json_values import is_json
from pipeline.formats.source import Source
from pipeline.formats.xml_guard import MAX_DEPTH, MAX_DOCTYPE, find_root, guarded

#: a gateway's lines may stand before the document
_JUNK = 4_096
#: how far the next document is looked for: behind a DOCTYPE of its own
_LOOK_AHEAD = MAX_DOCTYPE + _JUNK
#: documents one after the other in one file
MAX_DOCUMENTS = 1_000
_NAME = r"[A-Za-z_][^\s<>/=\"']*+"
_TOKEN = re.compile(
    r"<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<![A-Za-z][^<>]*+>"
    rf"|</(?P<end>{_NAME})[^<>]*+>?"
    rf"|<(?P<start>{_NAME})(?P<rest>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)>",
    re.DOTALL,
)
_BEGUN = re.compile(rf"<({_NAME})")
_ATTRIBUTE = re.compile(rf"({_NAME})\s*+=\s*+(?:\"([^\"<]*+)\"|'([^'<]*+)')")
_REFERENCE = re.compile(r"&(?:#[0-9]+|#[xX][0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]{1,31});")
_DECLARATION = re.compile(r"<\?xml\b|<!doctype\b|<[A-Za-z_]", re.IGNORECASE)
#: their texts are words of their own
_APART = frozenset({"br", "p", "hl1", "hl2", "byttl", "person", "location"})
_VOID = frozenset({"br", "hr", "img", "meta", "link", "col"})
#: an open one ends where the next begins
_NO_NESTING = frozenset({"p", "li", "dt", "dd", "td", "th", "tr"})
_OUTER = {"li": {"ul", "ol"}, "dt": {"dl"}, "dd": {"dl"}, "td": {"tr"}, "th": {"tr"}, "tr": {"table"}}
_JUNK_AFTER = expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]
_CUT = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One document."""

    root: Element
    #: what was odd, in words, for each of its entries
    notes: tuple[str, ...] = ()


def start_of(source: Source, roots: frozenset[str]) -> int | None:
    """Find where a document with one of these root elements begins: at once, or behind a gateway's lines."""
    if source.root is not None:
        return source.root.at if source.root.name in roots else None
    if is_json(source.text):  # a record may well hold a document of its own
        return None
    for match in islice(_DECLARATION.finditer(source.text, 0, _JUNK), 3):
        root = find_root(source.text[match.start() :])
        if root is not None:
            return match.start() + root.at if root.name in roots else None
    return None


def read_trees(source: Source, roots: frozenset[str]) -> Iterator[Tree]:
    """Read the documents of a file; nearly always it is one.

    Args:
        source: What `start_of` has found a beginning in.
        roots: Root elements of the format; what else follows the first document is left out.

    Raises:
        ParseError: Over a limit, or nothing can be read of it.
    """
    data = _encoded(source.text[start_of(source, roots) or 0 :])
    notes = ("lines before the document left out",) if source.root is None else ()
    at = 0
    for _ in range(MAX_DOCUMENTS):
        tree, end = _read(data, at)
        after = data[end : end + _LOOK_AHEAD].decode("utf-8", "ignore")
        root = find_root(after) if after.lstrip().startswith("<") else None
        more = root is not None and root.name in roots
        left_out = ("text after the document's end left out",) if after.strip() and not more else ()
        yield Tree(root=tree.root, notes=(*notes, *tree.notes, *left_out))
        if root is None or not more:
            return
        at, notes = end + len(after[: root.at].encode()), ()
    limit = f"more than {MAX_DOCUMENTS:,} documents in one file"
    raise ParseError(Reason.PARSE_LIMIT, f"{limit}: over the limit, nothing of it was read")


def fragment(text: str) -> Element | None:
    """Read a document that another one carries as text; None where it is none."""
    try:
        root = find_root(text)
        return _read(_encoded(text[root.at :]), 0)[0].root if root else None
    except ParseError:
        return None


def names(listed: str) -> frozenset[str]:
    """Read a list of names, written with spaces between them."""
    return frozenset(listed.split())


def child(element: Element | None, path: str) -> Element | None:
    """Give the first element at a path; nothing has none."""
    return None if element is None else element.find(path)


def children(element: Element | None, path: str) -> list[Element]:
    """Give the elements at a path; nothing has none."""
    return [] if element is None else element.findall(path)


def value(element: Element | None, name: str) -> str | None:
    """Give an attribute that is not blank."""
    found = None if element is None else element.get(name)
    return found.strip() or None if found else None


def words(element: Element | None, *, without: frozenset[str] = frozenset()) -> str | None:
    """Give the text of an element on one line; None where it is blank.

    Args:
        element: May be None.
        without: Elements whose text does not count.
    """
    if element is None:
        return None
    found: list[str] = []
    _gather(element, without, found)
    return " ".join("".join(found).split()) or None


def _gather(element: Element, without: frozenset[str], found: list[str]) -> None:
    found.append(element.text or "")
    for each in element:
        if each.tag not in without:
            _gather(each, without, found)
        found.append(" " if each.tag in _APART else "")
        found.append(each.tail or "")


def _encoded(text: str) -> bytes:
    return guarded(text, feed=False).encode("utf-8", "replace")


def _read(data: bytes, at: int) -> tuple[Tree, int]:
    """Read the document that begins at a place; say where it ends."""
    strict = _Strict()
    try:
        strict.parser.Parse(memoryview(data)[at:], True)
    except expat.ExpatError as error:
        if error.code == _JUNK_AFTER:
            return Tree(root=strict.builder.close()), at + strict.parser.ErrorByteIndex
        return _read_loosely(data, at, error)
    return Tree(root=strict.builder.close()), len(data)


def _read_loosely(data: bytes, at: int, error: expat.ExpatError) -> tuple[Tree, int]:
    loose = _Loose()
    text = data[at:].decode()
    root, end = loose.read(text)
    if root is None:
        raise ParseError(Reason.PARSE_FAILED, f"this XML cannot be read: {error}") from error
    note = f"not well-formed XML ({error}): read as far as it goes"
    if loose.cut or error.code in _CUT:
        note = "the document ends before its end tag: its end is missing"
    return Tree(root=root, notes=(note,)), at + len(text[:end].encode())


class _Strict:
    """Expat, building a tree."""

    def __init__(self) -> None:
        self.builder = TreeBuilder()
        self._depth = 0
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.builder.data

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ParseError(
                Reason.PARSE_LIMIT, f"elements nested more than {MAX_DEPTH} deep: over the limit"
            )
        self.builder.start(_local(name), _plain(attributes))

    def _end(self, name: str) -> None:
        self._depth -= 1
        self.builder.end(_local(name))


class _Loose:
    """Takes tags as they come: an end tag closes what it can, the end of the text closes the rest."""

    def __init__(self) -> None:
        self._builder = TreeBuilder()
        self._open: list[str] = []
        self._started = False
        #: something was still open at the end of the text
        self.cut = False

    def read(self, text: str) -> tuple[Element | None, int]:
        """Read the root element, None where nothing is one; say where it ends."""
        at = self._open_root(text)
        while match := _TOKEN.search(text, at):
            self._say(unescaped(text[at : match.start()]))
            at = match.end()
            if match["cdata"] is not None:
                self._say(match["cdata"])
            elif match["start"]:
                self._start(_local(match["start"]), match["rest"])
            elif match["end"]:
                self._end(_local(match["end"]))
            if self._started and not self._open:
                break
        else:
            # The beginning of a tag that was cut is no text.
            self._say(unescaped(text[at:].rpartition("<")[0] or text[at:].partition("<")[0]))
            at = len(text)
        self.cut = bool(self._open)
        while self._open:
            self._builder.end(self._open.pop())
        return (self._builder.close() if self._started else None), at

    def _open_root(self, text: str) -> int:
        """Open the root element where its own tag is broken, else the next one would be taken for it."""
        begun = _BEGUN.match(text)
        if begun is None or _TOKEN.match(text):
            return 0
        self._start(_local(begun[1]), "")
        return begun.end()

    def _say(self, text: str) -> None:
        if self._open and text:
            self._builder.data(text)

    def _start(self, name: str, rest: str) -> None:
        if name in _NO_NESTING:
            self._close_open(name)
        if len(self._open) >= MAX_DEPTH:
            return
        found = {each[1]: unescaped(each[2] or each[3] or "") for each in _ATTRIBUTE.finditer(rest)}
        self._builder.start(name, _plain(found))
        self._started = True
        if rest.rstrip().endswith("/") or name in _VOID:
            self._builder.end(name)
        else:
            self._open.append(name)

    def _close_open(self, name: str) -> None:
        """End a paragraph, list item or cell that is still open where the next one begins."""
        for place in range(len(self._open) - 1, 0, -1):  # the root ends only where it says so
            if self._open[place] in _OUTER.get(name, {"li", "td", "blockquote", "div", "block"}):
                return
            if self._open[place] == name:
                self._end(name)
                return

    def _end(self, name: str) -> None:
        if name not in self._open:
            return
        while self._open:
            last = self._open.pop()
            self._builder.end(last)
            if last == name:
                return


def unescaped(text: str) -> str:
    """Read the character references of a text; a bare & stays what it is."""
    return _REFERENCE.sub(lambda match: unescape(match[0]), text) if "&" in text else text


def _plain(attributes: Mapping[str, str]) -> dict[str, str]:
    """Name attributes in lower case without prefix; one that was sent without comes first."""
    prefixed = {_local(name): text for name, text in attributes.items() if ":" in name}
    return prefixed | {name.lower(): text for name, text in attributes.items() if ":" not in name}


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()
