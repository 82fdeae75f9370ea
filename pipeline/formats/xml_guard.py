"""XML made safe and cheap to parse: no DOCTYPE, no over-limits. One pass, linear in the input.

Parsers of feeds take quadratic time in the number of attributes, of namespaces, and in the length of an
author's name, and expand what a DOCTYPE defines. What is over these limits is no feed anybody meant; it is
refused with the limit's name. HTML's named entities go on working without a DOCTYPE.
"""

import re
from dataclasses import dataclass
from html.entities import html5, name2codepoint

from pipeline.errors import ParseError, Reason

MAX_DOCTYPE = 64 * 1024
MAX_DEPTH = 200
MAX_ATTRIBUTES = 500
MAX_ITEMS = 5_000
MAX_TAGS = 500_000
MAX_PREFIXES = 200
#: comments, CDATA sections and processing instructions
MAX_ASIDES = 50_000
#: unbroken run of letters, digits and .+-_@ in an author
MAX_AUTHOR_RUN = 512
#: characters of one list of keywords, and categories of one item
MAX_KEYWORDS_TEXT = 20_000
MAX_CATEGORIES = 500

_ITEMS = frozenset({"item", "entry"})
_ROOTS = frozenset({"rss", "feed", "rdf"})
_AUTHORS = frozenset({"author", "creator", "managingeditor", "webmaster", "publisher", "owner"})
_KEYWORDS = frozenset({"keywords", "tags"})
_CATEGORIES = frozenset({"category", "subject", "keywords", "tags"})
# In HTML that nobody escaped these are never closed: they say nothing about depth.
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "wbr"}
)
_UNCLOSED = frozenset({"p", "li", "td", "th", "tr", "dt", "dd"})

_PROLOG = re.compile(r"\s*+(?P<token><\?|<!--|<!doctype\b|<(?P<root>[A-Za-z_][^\s<>/]*+))", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!--|<\?|[\"'\[\]<>]")
_CLOSERS = {"<?": "?>", "<!--": "-->", "<![CDATA[": "]]>", '"': '"', "'": "'"}
_TOKEN = re.compile(
    r"(<!\[CDATA\[|<!--|<\?)"  # aside
    r"|<(/?)([A-Za-z_][^\s<>/]*+)((?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)"
)
_QUOTED = re.compile(r"\"[^\"]*+\"|'[^']*+'")
_TAG = re.compile(r"<!\[CDATA\[|\]\]>|<[^<>]*+>")
_RUN = re.compile(r"[\w.+@\-\[\]&#;]++")
_PREFIX = re.compile(r"xmlns:([^\s=<>]++)")
#: an ampersand that begins no reference, and a name behind one that XML does not know
_BARE = re.compile(r"&(?![A-Za-z]|#[xX]?[0-9A-Fa-f])")
_ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot|apos);)([A-Za-z][A-Za-z0-9]{0,31})(;?)")
_REFERENCE = re.compile(r"&#(?:[xX](?=[0-9A-Fa-f])0*+([0-9A-Fa-f]*+)|(?=[0-9])0*+([0-9]*+));?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """Where the root element starts, and its name in lower case without prefix."""

    name: str
    at: int


def find_root(text: str) -> Root | None:
    """Find the root element behind declaration, comments and DOCTYPE; None: the text is no XML or HTML.

    Raises:
        ParseError: The DOCTYPE is over the limit or does not end.
    """
    at = 0
    while match := _PROLOG.match(text, at):
        token = match["token"].lower()
        if match["root"]:
            return Root(name=_local(match["root"]), at=match.start("token"))
        if token == "<!doctype":  # noqa: S105  # a token of XML
            at = _end_of_doctype(text, match.end())
        else:
            at = _after(text, _CLOSERS[token], match.end())
    return None


def guarded(text: str, *, feed: bool = True) -> str:
    """Check a document against the limits and mend what would stop a strict parser.

    Args:
        text: The document from its root element on, without control characters.
        feed: It is for feedparser, which needs limits of items, categories, keywords and authors too.

    Returns:
        The same document with HTML's named entities and character references replaced, and ampersands that
        nobody escaped ("S&P 500") escaped. A comment or CDATA section that never ends is cut, as XML says.

    Raises:
        ParseError: Over a limit.
    """
    if text.count("<") > MAX_TAGS:
        raise _over(f"more than {MAX_TAGS:,} tags")
    if text.count("xmlns:") > MAX_PREFIXES and len(set(_PREFIX.findall(text))) > MAX_PREFIXES:
        raise _over(f"more than {MAX_PREFIXES} namespace prefixes")
    text = text[: _Scan(text, feed=feed).end]
    if _ENTITY.search(text) or _BARE.search(text):
        text = _outside_cdata(text)
    return _REFERENCE.sub(_referred, text) if "&#" in text else text


def ends_inside_item(text: str) -> bool:
    """Say whether a document from `guarded` stops before its last item is closed."""
    return _Scan(text).in_item


class _Scan:
    """One pass over the tags of a document; raises at the first limit that is passed."""

    def __init__(self, text: str, *, feed: bool = True) -> None:
        self._text = text
        self._feed = feed
        # Readers of our own close paragraphs that nobody closed.
        self._flat = _VOID if feed else _VOID | _UNCLOSED
        self._depth = self._items = self._categories = self._asides = 0
        self._author_at = self._keywords_at = -1
        #: where the document ends, or something begins that never ends
        self.end = len(text)
        self.in_item = False
        at = 0
        while match := _TOKEN.search(text, at):
            at = match.end()
            aside, end, name, rest = match.groups()
            if aside:
                at = self._skip(aside, at)
                if at > len(text):
                    self.end = match.start()
            elif end:
                self._close(_local(name), match.start())
            else:
                self._open(_local(name), rest, at)

    def _skip(self, opener: str, at: int) -> int:
        self._asides += 1
        if self._asides > MAX_ASIDES:
            raise _over(f"more than {MAX_ASIDES:,} comments and CDATA sections")
        return _after(self._text, _CLOSERS[opener], at)

    def _open(self, name: str, rest: str, at: int) -> None:
        if (
            len(rest) > MAX_ATTRIBUTES
            and len(_QUOTED.sub("", rest).replace("=", " = ").split()) > MAX_ATTRIBUTES
        ):
            raise _over(f"more than {MAX_ATTRIBUTES} attributes in one tag")
        if self._feed and name in _ITEMS:
            self._start_item()
            self.in_item = self._text[at : at + 1] == ">" and not rest.endswith("/")
        elif self._feed and name in _CATEGORIES:
            self._start_category(name, at)
        if rest.endswith("/"):
            return
        if name not in self._flat:
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise _over(f"elements nested more than {MAX_DEPTH} deep")
        if self._feed and name in _AUTHORS:
            self._author_at = at

    def _start_item(self) -> None:
        # HTML that nobody escaped leaves tags open: each item starts anew.
        self._depth = self._categories = 0
        self._items += 1
        if self._items > MAX_ITEMS:
            raise _over(f"more than {MAX_ITEMS:,} items")

    def _start_category(self, name: str, at: int) -> None:
        self._categories += 1
        if self._categories > MAX_CATEGORIES:
            raise _over(f"more than {MAX_CATEGORIES} categories of one item")
        if name in _KEYWORDS:
            self._keywords_at = at

    def _close(self, name: str, at: int) -> None:
        if name in _ITEMS or name in _ROOTS:
            self.in_item = False
        if self._feed and name in _ITEMS:
            self._depth = 0
        elif name not in self._flat:
            self._depth = max(0, self._depth - 1)
        if name in _AUTHORS and self._author_at >= 0:
            _check_author(self._text[self._author_at : at])
            self._author_at = -1
        elif name in _KEYWORDS and self._keywords_at >= 0:
            if at - self._keywords_at > MAX_KEYWORDS_TEXT:
                raise _over(f"a list of keywords of more than {MAX_KEYWORDS_TEXT:,} characters")
            self._keywords_at = -1


def _check_author(raw: str) -> None:
    if len(raw) <= MAX_AUTHOR_RUN:
        return
    if any(len(run) > MAX_AUTHOR_RUN for run in _RUN.findall(_TAG.sub("", raw))):
        raise _over(f"an author's name with more than {MAX_AUTHOR_RUN} characters without a space")


def _end_of_doctype(text: str, start: int) -> int:
    """Find where a DOCTYPE ends, its internal subset included."""
    at, brackets, angles = start, 0, 0
    while match := _DOCTYPE.search(text, at, start + MAX_DOCTYPE):
        mark, at = match[0], match.end()
        if mark in _CLOSERS:
            at = _after(text, _CLOSERS[mark], at)
        elif mark in "<>" and brackets:
            angles = max(0, angles + (1 if mark == "<" else -1))
        elif mark == ">":
            return at
        elif mark in "[]" and not angles:
            brackets = 1 if mark == "[" else 0
    raise _over(f"a DOCTYPE that does not end within {MAX_DOCTYPE // 1024} KiB")


def _after(text: str, closer: str, at: int) -> int:
    """Return the place after the next closer; beyond the text's end where there is none."""
    found = text.find(closer, at)
    return found + len(closer) if found >= 0 else len(text) + 1


def _outside_cdata(text: str) -> str:
    """Mend ampersands, but not in CDATA, where they are HTML's own."""
    first, *others = text.split("<![CDATA[")
    parts = [_mended(first)]
    for other in others:
        quoted, closer, rest = other.partition("]]>")
        parts.append(f"{quoted}{closer}{_mended(rest)}")
    return "<![CDATA[".join(parts)


def _mended(text: str) -> str:
    return _ENTITY.sub(_character, _BARE.sub("&amp;", text))


def _character(match: re.Match[str]) -> str:
    """Replace an entity of HTML by its character; what looks like one and is none is an ampersand.

    HTML lets old names go without their semicolon, but not before "=", where they are of a URL's query.
    """
    name, end = match[1], match[2]
    if end:
        code = name2codepoint.get(name)
        return match[0] if code is None else chr(code)
    character = html5.get(name)
    if character is None or match.string.startswith("=", match.end()):
        return f"&amp;{name}"
    return f"&{name};" if character in '<>&"' else character


def _referred(match: re.Match[str]) -> str:
    """Replace a character reference by its character, but for mark-up.

    References that XML forbids stop strict parsers and crash loose ones; thousands of others in a row cost
    quadratic time.
    """
    digits, base = (match[1], 16) if match[1] is not None else (match[2], 10)
    code = int(digits, base) if 0 < len(digits) <= 8 else 0
    if code < 0x20:
        return {9: "\t", 10: "\n", 13: "\n"}.get(code, "\N{REPLACEMENT CHARACTER}")
    if 0xD800 <= code <= 0xDFFF or code in {0xFFFE, 0xFFFF} or code > 0x10FFFF:
        return "\N{REPLACEMENT CHARACTER}"
    return f"{match[0].removesuffix(';')};" if chr(code) in "<>&\"'" else chr(code)


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()


def _over(what: str) -> ParseError:
    return ParseError(Reason.PARSE_LIMIT, f"{what}: over the limit for one feed, nothing of it was read")
