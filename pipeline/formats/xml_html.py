"""Bodies inside XML as HTML: NITF and XHTML in tags of HTML, text as text; no captions, no page heads."""

import re
from base64 import b64decode
from dataclasses import dataclass
from html import escape, unescape
from xml.etree.ElementTree import Element

from pipeline.formats.xml_tree import fragment, names, unescaped, value, words

_KEPT = names(
    "a article b blockquote br caption code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i ins li ol p pre s "
    "section small strong sub sup table tbody td tfoot th thead tr u ul"
)
#: NITF's and agencies' own → HTML's
_RENAMED = {
    "hl1": "h1",
    "hl2": "h2",
    "bq": "blockquote",
    "credit": "p",
    "block": "div",
    "note": "div",
    "fn": "p",
    "para": "p",
    "paragraph": "p",
    "center": "p",
    "subhead": "h2",
}
#: what they hold is no text of the story
_DROPPED = names(
    "head header footer nav script style title media figure object video audio iframe nitf-table-metadata "
    "nitf-col nitf-colgroup col colgroup body.head body.end tagline docdata icon link meta"
)
#: parts of a page that hold notes for editors
_DROPPED_CLASSES = names("notepad closingline bwbodyimg")
_LINES = names("br p pre table ul ol dl h1 h2 h3 h4 h5 h6 blockquote div section article hr li")
_VOID = frozenset({"br", "hr"})
_TAG = re.compile(
    r"</?(?:p|br|div|span|table|tr|td|ul|ol|li|h[1-6]|b|i|em|strong|a|pre|font|center|blockquote|html|body)\b[^<>]*>",
    re.IGNORECASE,
)
_PLAIN_TAG = re.compile(r"</?(?:p|br)\s*/?>", re.IGNORECASE)
_MEANT_LINE = re.compile(r"\n\S|\n[ \t]*\n")
_DOCUMENTS = frozenset({"nitf", "html", "body"})
_INNER = re.compile(r"\s*<(?:\?xml|!doctype|(?:[\w-]+:)?nitf|html|(?:[\w-]+:)?body)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What an element carries as its text."""

    html: str | None = None
    text: str | None = None
    #: NITF document inside, for what its head says
    nitf: Element | None = None
    #: title of the page inside
    title: str | None = None

    @property
    def length(self) -> int:
        """Give how much it says, roughly."""
        return len(self.plain)

    @property
    def plain(self) -> str:
        """Give the text alone."""
        return (self.text or _untagged(self.html or "")).strip()


def content_of(element: Element, *, plain: bool = False, depth: int = 0) -> Content:
    """Read what an element carries: NITF, XHTML, loose paragraphs, or text that may itself be one of them.

    Args:
        element: `DataContent`, `inlineXML`, `inlineData` and their like.
        plain: It is declared plain text.
        depth: How many documents it is inside of; documents inside documents end at 2.
    """
    if len(element) == 0:
        return _of_text(element.text or "", plain=plain, depth=depth)
    nitf = next(element.iter("nitf"), None)
    if nitf is not None:
        return Content(html=nitf_body(nitf), nitf=nitf)
    page = next(element.iter("html"), None)
    body = next(element.iter("body"), None)
    title = words(next(page.iter("title"), None)) if page is not None else None
    return Content(html=html_of(element if body is None else body), title=title)


def content_in_base64(element: Element) -> Content:
    """Read a text that was sent in base64; what is none is no text."""
    try:
        body = b64decode("".join((element.text or "").split()), validate=True)
    except ValueError:
        return Content()
    if b"\x00" in body:
        return Content()
    plain = Element(element.tag)
    # Not charset.decode: it marks bad bytes for a source that is mended as a whole.
    try:
        plain.text = body.decode()
    except UnicodeDecodeError:
        plain.text = body.decode("cp1252", "replace")
    return content_of(plain)


def nitf_body(nitf: Element) -> str | None:
    """Give the body of an NITF document as HTML, without what its head and end say."""
    # A note may have a body.content of its own.
    bodies = nitf.findall("body/body.content") or list(nitf.iter("body.content"))[:1]
    bodies = bodies or nitf.findall("body") or [nitf]
    # An archive sends the first paragraph twice: alone, and in the full text.
    whole = [each for body in bodies for each in body.findall("block") if value(each, "class") == "full_text"]
    bodies = whole or bodies
    return "\n".join(filter(None, map(html_of, bodies))) or None


def html_of(element: Element) -> str | None:
    """Write what is inside an element as HTML, without its own tag; None where it has no text."""
    out: list[str] = []
    _write_inside(element, out)
    inside = "".join(out).strip()
    if not _untagged(inside):
        return None
    # Without tags of blocks the line ends are what tells its paragraphs, unless they only indent the XML.
    if not any(f"<{name}" in inside for name in _LINES) and _MEANT_LINE.search(inside):
        return f"<pre>{inside}</pre>"
    return inside


def _of_text(text: str, *, plain: bool, depth: int) -> Content:
    """Read a text; it may be a document, or HTML, whatever it is declared to be."""
    if not text.strip():
        return Content()
    inner = fragment(text) if depth < 2 and _INNER.match(text) else None
    if inner is not None and inner.tag in _DOCUMENTS:
        wrapper = Element("wrapper")
        wrapper.append(inner)
        return content_of(wrapper, depth=depth + 1)
    if not _TAG.search(text):
        return Content(text=unescaped(text))
    # Wire copy in a single <p>: its lines say more than the tag.
    if plain and not _TAG.search(_PLAIN_TAG.sub("", text)):
        return Content(text=unescaped(_PLAIN_TAG.sub("\n\n", text)))
    return Content(html=text)


def _write_inside(element: Element, out: list[str]) -> None:
    out.append(escape(element.text or "", quote=False))
    for child in element:
        if not _is_dropped(child):
            _write(child, out)
        out.append(escape(child.tail or "", quote=False))


def _write(element: Element, out: list[str]) -> None:
    """Write an element; one that HTML does not know gives its text."""
    name = _RENAMED.get(element.tag, element.tag)
    tagged = name in _KEPT
    if tagged:
        out.append(f"<{name}{_attributes(element, name)}>")
    # Of a void element too: <br>text</br> is sent by those who mean a line.
    _write_inside(element, out)
    if tagged and name not in _VOID:
        out.append(f"</{name}>")


def _attributes(element: Element, name: str) -> str:
    wanted = {"a": ("href",), "td": ("colspan", "rowspan"), "th": ("colspan", "rowspan")}.get(name, ())
    return "".join(f' {each}="{escape(sent)}"' for each in wanted if (sent := element.get(each)))


def _is_dropped(element: Element) -> bool:
    if element.tag in _DROPPED:
        return True
    classes = (
        f"{element.get('class', '')} {element.get('id', '')} {element.get('noteclass', '')}".lower().split()
    )
    return not _DROPPED_CLASSES.isdisjoint(classes) or "editorsnote" in classes


def _untagged(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^<>]*>", " ", html)).split())
