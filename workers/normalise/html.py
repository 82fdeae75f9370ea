"""HTML made safe and HTML made text: the home of nh3 and selectolax.

A body is sanitised by an allow-list; its text is read from what was left, and what is taken off the text is
taken out of the HTML too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
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
_NO_TABLE_PARTS = "|".join(["p", "div", "li", *sorted(_BLOCKS - _TABLE_PARTS)])
#: what texts stand in, line by line
_HOLDERS = _BLOCKS | {"body", "td", "th"}
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
_CHARACTER = re.compile(r"\S")
#: of marks: a run of what is left
_KEPT = re.compile("1+")
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
    """Take out of sanitised HTML what was taken off its text: elements, lines, edges of others.

    Args:
        sanitised: The HTML.
        before: Its paragraphs.
        after: Those that are left, some of them without their beginning or end.

    >>> without("<p>KABUL (AP) - <b>One.</b><br>MORE</p>", ["KABUL (AP) - One.", "MORE"], ["One."])
    '<p><b>One.</b></p>'
    """
    kept = _kept(before, after)
    if kept is None:
        return sanitised
    body = LexborHTMLParser(sanitised).body
    assert body is not None  # lexbor gives every document a body
    stretches = _stretches(body)
    texts = [text for lines in stretches for line in lines for _, text in line.texts]
    if "".join(texts) != "".join(before).replace(" ", ""):
        return sanitised  # it was read otherwise: nothing is taken from where it cannot be found
    start = 0
    for lines in stretches:
        end = start + sum(len(text) for line in lines for _, text in line.texts)
        if "0" in kept[start:end]:
            _take_out(lines, kept[start:end])
        start = end
    return sanitise(body.inner_html or "")


def _kept(before: Sequence[str], after: Sequence[str]) -> str | None:
    """Mark each character of the paragraphs that is no space: "1" where it is left; None: nobody can tell."""
    waiting = list(reversed(after))
    marks: list[str] = []
    for each in before:
        # Most are left as they are: to look for one in itself takes longer than all the rest.
        is_whole = bool(waiting) and waiting[-1] == each
        left = waiting.pop() if is_whole or (waiting and waiting[-1] in each) else ""
        begin, _, end = ("", each, "") if is_whole else each.partition(left) if left else (each, "", "")
        for part, mark in zip((begin, left, end), "010", strict=True):
            if part:
                marks.append(mark * (len(part) - part.count(" ")))
    return None if waiting else "".join(marks)


@dataclass(slots=True)
class _Line:
    """The texts of a line, each with its characters that are no spaces, and the break that ends it."""

    texts: list[tuple[LexborNode, str]] = field(default_factory=list)
    end: LexborNode | None = None


def _stretches(body: LexborNode) -> list[list[_Line]]:
    """Find the lines of the texts: in order, those that no beginning or end of a block parts together."""
    found: list[list[_Line]] = []
    blocks: dict[int, int] = {}
    block = None
    for node in body.traverse(include_text=True):
        is_text = node.is_text_node
        text = "".join((node.text_content or "").split()) if is_text else ""
        if not text and (is_text or node.tag != "br"):
            continue
        inside = _block_of(node, blocks)
        if inside != block:
            found.append([_Line()])
            block = inside
        lines = found[-1]
        if text:
            lines[-1].texts.append((node, text))
        else:
            lines[-1].end = node
            lines.append(_Line())
    return found


def _block_of(node: LexborNode, known: dict[int, int]) -> int:
    """Name the innermost block that a node is in."""
    parent = node.parent
    assert parent is not None  # the body is above all of them
    if parent.mem_id not in known:
        above: LexborNode = parent
        while above.tag not in _HOLDERS and above.parent is not None:
            above = above.parent
        known[parent.mem_id] = above.mem_id
    return known[parent.mem_id]


def _take_out(lines: Sequence[_Line], kept: str) -> None:
    """Take out what is not left, and the breaks around lines of which nothing is.

    Args:
        lines: No block begins or ends between them.
        kept: The marks of their characters.
    """
    ends = [*accumulate(sum(len(text) for _, text in line.texts) for line in lines)]
    marks = [kept[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    staying = [number for number, line in enumerate(marks) if "1" in line]
    first, last = (staying[0], staying[-1]) if staying else (len(lines), -1)
    for number, line in enumerate(lines):
        near = marks[:first] if number < first else marks[last + 1 :] if number >= last else [marks[number]]
        if line.end is not None and any("0" in each and "1" not in each for each in near):
            line.end.decompose()
    for number, line in enumerate(lines):
        start = 0
        for node, text in line.texts if "0" in marks[number] else ():
            _shorten(node, marks[number][start : start + len(text)], begun="1" in marks[number][:start])
            start += len(text)


def _shorten(node: LexborNode, marks: str, *, begun: bool) -> None:
    """Leave of a text the characters that are marked; elements that had nothing else go with it.

    Args:
        node: The text.
        marks: Of its characters that are no spaces.
        begun: Something is left of its line before it.
    """
    text, parent = node.text_content or "", node.parent
    if "0" not in marks and (begun or not text[0].isspace()):
        return
    places = [match.start() for match in _CHARACTER.finditer(text)]
    kept: list[str] = []
    for run in _KEPT.finditer(marks):
        first, last = places[run.start()], places[run.end() - 1]
        before = places[run.start() - 1] + 1 if run.start() else 0  # with the space before it
        kept.append(text[before if kept or begun else first : last + 1])
    node.replace_with("".join((*kept, text[places[-1] + 1 :] if marks[-1] == "1" else "")))
    while "1" not in marks and parent is not None and parent.tag != "body" and _is_empty(parent):
        emptied, parent = parent, parent.parent
        emptied.decompose()


def _is_empty(node: LexborNode) -> bool:
    return not node.text().strip() and node.css_first("img") is None


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
