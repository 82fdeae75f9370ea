"""HTML made safe and HTML made text: the home of nh3 and selectolax.

A body is sanitised by an allow-list; its text is read from what was left, and what is taken off the text is
taken out of the HTML too.
"""

import re
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import accumulate

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

from workers.normalise.lexicon.words import words
from workers.normalise.text import PARAGRAPH, flat, paragraphs, printable

_BLOCKS = words(
    "address article aside blockquote caption center dd details div dl dt figcaption figure footer h1 "
    "h2 h3 h4 h5 h6 header hr li main ol p pre section summary table tr ul"
)
_INLINE = words(
    "a abbr acronym b bdi bdo big br cite code del dfn em i img ins kbd mark q s samp small span "
    "strike strong sub sup tbody td tfoot th thead time tt u var wbr"
)
#: their content is no text of the story
_DROPPED = words(
    "button canvas iframe math noembed noframes noscript object option script select style svg "
    "template textarea title xmp"
)
_ATTRIBUTES = {
    "a": {"href", "hreflang", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "width", "height", "title"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "*": {"lang", "dir"},
}
_CLEANER = nh3.Cleaner(
    tags=set(_BLOCKS | _INLINE),
    clean_content_tags=set(_DROPPED),
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    # A relative address would point into the pages that show the story.
    url_relative="deny",
)
# Not white space, so that they survive its collapsing; taken out of texts like all controls.
_BREAK, _EDGE, _CELL = "\x01", "\x02", "\x03"
# Text between the parts of a table would be moved before it: these get marks in the tree, the rest as text.
_TABLE_PARTS = frozenset(("table", "tr", "caption"))
_BLOCK_NAMES = ",".join(sorted(_BLOCKS | {"td", "th"}))
_NO_TABLE_PARTS = "|".join(["p", "div", "li", *sorted(_BLOCKS - _TABLE_PARTS)])
_BLOCK_TAG = re.compile(rf"<(?=/?(?:{_NO_TABLE_PARTS})[ >])")
_BREAK_TAG = re.compile("<br[^>]*>")
# Whole tags, as the sanitiser writes them: there is no ">" inside their values.
_TAG = re.compile("</?([a-z0-9]+)[^>]*>")
#: name of an element → what stands for its tags in the text
_MARKS = dict.fromkeys(_BLOCKS - _TABLE_PARTS, _EDGE) | {"br": _BREAK}
# What a part means depends on what stands around it.
_NEED_TREE = frozenset(("pre", "table"))

# HTML parsers take quadratic time on elements of this kind that are nested thousands deep.
_NESTS = re.compile(
    r"<(/?)(?:address|article|aside|blockquote|center|details|dialog|dir|div|dl|fieldset|figcaption|figure|footer"
    r"|header|hgroup|listing|main|menu|nav|ol|pre|search|section|summary|table|ul)\b[^>]*>",
    re.IGNORECASE,
)
_MANY_TAGS = 2000
#: paragraphs among which the text of an element is looked for
_AHEAD = 100
_MAX_DEPTH = 200


def sanitise(html: str) -> str:
    """Keep what the allow-list names: no scripts, styles, forms, frames, handlers, relative addresses."""
    if html.count("<") > _MANY_TAGS and _depth(html) > _MAX_DEPTH:
        html = _NESTS.sub("<p>", html)
    try:
        safe = _CLEANER.clean(html)
    except UnicodeEncodeError:  # lone surrogates
        safe = _CLEANER.clean(printable(html))
    return printable(safe).strip()  # after the sanitiser has read what was written as entities


def html_paragraphs(sanitised: str) -> list[str]:
    """Read sanitised HTML as clean paragraphs: block elements, list items and table rows are paragraphs.

    >>> html_paragraphs("<p>One<br>line</p><ul><li>two</ul>")
    ['One line', 'two']
    """
    if "<" not in sanitised:
        return paragraphs(unescape(sanitised))
    # The sanitiser writes one well-formed tree: but for tables and the like its tags need no second reading.
    parts = _TAG.split(sanitised)  # text, name of a tag, text, …
    names = parts[1::2]
    if _NEED_TREE.isdisjoint(names):
        parts[1::2] = [_MARKS.get(name, "") for name in names]
        text = unescape("".join(parts))
    else:
        text = _text_of_tree(sanitised)
    return [clean for part in text.split(_EDGE) if not part.isspace() for clean in _lines(part)]


def _text_of_tree(sanitised: str) -> str:
    """Read the text of HTML, with marks, by its tree."""
    # A mark inside an attribute's value would do no harm.
    marked = _BREAK_TAG.sub(_BREAK, _BLOCK_TAG.sub(_EDGE + "<", sanitised))
    body = LexborHTMLParser(marked).body
    assert body is not None  # lexbor gives every document a body
    _mark_nodes(body, marked)
    return body.text()


def without(sanitised: str, before: Sequence[str], after: Sequence[str]) -> str:
    """Take out of sanitised HTML what was taken off its text: whole elements, and the edges of others.

    An element is found by its text; what is not found again so (lines between breaks) stays as it is.

    Args:
        sanitised: The HTML.
        before: Its paragraphs.
        after: Those that are left, some of them without their beginning or end.

    >>> without("<p>KABUL (AP) - <b>One.</b></p><p>MORE</p>", ["KABUL (AP) - One.", "MORE"], ["One."])
    '<p><b>One.</b></p>'
    """
    left = _left(before, after)
    if left is None:
        return sanitised
    body = LexborHTMLParser(sanitised).body
    assert body is not None  # lexbor gives every document a body
    start = 0
    for node in _innermost(body):
        text = flat(node.text())
        near = range(start, min(start + _AHEAD, len(before)))
        at = next((n for n in near if before[n] == text), None)
        if at is None:
            continue
        start = at + 1
        if left[at] != text and not _cut(node, text, left[at]):
            return sanitised
    return sanitise(body.inner_html or "")


def _left(before: Sequence[str], after: Sequence[str]) -> list[str] | None:
    """Say what is left of each paragraph, "" where it went; None where that cannot be told."""
    waiting = list(reversed(after))
    left = [waiting.pop() if waiting and waiting[-1] in each else "" for each in before]
    return None if waiting else left


def _innermost(body: LexborNode) -> Iterator[LexborNode]:
    """Give the elements that are paragraphs of the text: blocks without blocks in them."""
    blocks = [body, *body.css(_BLOCK_NAMES)]
    holders: set[int] = set()
    for node in blocks:
        above = node.parent
        while above is not None and above.mem_id not in holders:
            holders.add(above.mem_id)
            above = above.parent
    return (node for node in blocks if node.mem_id not in holders)


def _cut(node: LexborNode, text: str, left: str) -> bool:
    """Leave of an element only a part of its text; say whether that is what is left."""
    if not left and node.tag != "body" and node.css_first("img") is None:
        node.decompose()
        return True
    start = text.index(left)
    _take_off(node, len("".join(text[:start].split())))
    _take_off(node, len("".join(text[start + len(left) :].split())), end=True)
    return flat(node.text()) == left


def _take_off(node: LexborNode, count: int, *, end: bool = False) -> None:
    """Take characters off the beginning or end of an element's text; spaces do not count."""
    # Looked for each time: a text that was cut is another node.
    texts = [each for each in node.traverse(include_text=True) if each.is_text_node]
    for each in reversed(texts) if end else texts:
        if not count:
            break
        words = each.text_content or ""
        ordered = words[::-1] if end else words
        taken = 0
        while taken < len(ordered) and (count or ordered[taken].isspace()):
            count -= not ordered[taken].isspace()
            taken += 1
        rest = ordered[taken:]
        parent = each.parent
        each.replace_with(rest[::-1] if end else rest)
        if not rest and parent is not None and parent.mem_id != node.mem_id and not parent.text().strip():
            parent.decompose()


def _lines(part: str) -> list[str]:
    """Read the text of one block; where it has line breaks, as text of its own."""
    if _BREAK in part:
        return paragraphs(" ".join(part.replace(_CELL, " ").split()).replace(_BREAK, "\n"))
    clean = flat(part.replace(_CELL, " ") if _CELL in part else part)
    return [clean] if clean else []


def _mark_nodes(body: LexborNode, html: str) -> None:
    """Set marks where only the tree can say them: in preformatted text and tables."""
    if "<pre" in html:
        for node in body.css("pre"):
            lines = node.text().replace(_BREAK, "\n").replace(_EDGE, PARAGRAPH)
            node.replace_with(_EDGE + _EDGE.join(paragraphs(lines)) + _EDGE)
    if "<table" in html:
        for node in body.css("td,th"):
            node.insert_after(_CELL)
        for node in body.css(",".join(_TABLE_PARTS)):
            node.insert_before(_EDGE)
            node.insert_after(_EDGE)


def _depth(html: str) -> int:
    """Say how deep elements that can be nested are nested at most, roughly."""
    return max(accumulate(-1 if match[1] else 1 for match in _NESTS.finditer(html)), default=0)
