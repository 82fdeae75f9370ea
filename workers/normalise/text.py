r"""Clean text: NFC, nothing that is not text, hard-wrapped lines back into paragraphs.

Joiners that Persian, Hindi and emoji need (U+200C, U+200D) stay; what only turns the direction, hides or
obeys nobody goes. All white space becomes the ordinary space.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from workers.normalise.byline import is_byline, is_title
from workers.normalise.lexicon.endings import END_WORDS, PAGE_ENDS
from workers.normalise.lexicon.notes import BARE_NOTES, EMBARGO_WORDS
from workers.normalise.series import is_slug

PARAGRAPH = "\n\n"

# Controls but tab and line feed; soft hyphen; invisible and direction marks; lone surrogates; no characters.
_NOT_TEXT = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
_INDENT = re.compile(r"[ \t\u00a0\u3000]*")
_PRINTABLE = bytes(range(0x20, 0x7F))

#: a line that begins so begins a paragraph, even where the one before could have been broken to fit
_BULLETS = ("* ", "• ")
_RIGHTS = ("©", "(c)", "(C)", "Copyright ")
_BARE_NOTE = re.compile(rf"(?:{BARE_NOTES})\s?:", re.IGNORECASE)
_PAGE_END = re.compile(PAGE_ENDS, re.IGNORECASE)
# "- Longer breaks", "2. Higher fines"
_LISTED = re.compile(r"(?:[-–•]|\d{1,2}[.)])\s+\S")
# "Wheat 276.50": of a table
_ROW = re.compile(r"[^\W\d_][^.!?]{1,45}\s\d[\d.,:%/+-]*(?<![.,])")
# "^Headline<", as ANPA 1312 sets lines
_TYPESET = re.compile(r"\^(\S.*?)[<=]?")
# "ISIN DE0001234567": of the firm a text is about
_CODES = re.compile(r"(?:ISIN|WKN|RIC)(?:\s+[A-Z0-9]{6,12})+")
_EMBARGO = re.compile(rf"\W{{0,5}}(?:{EMBARGO_WORDS})\W[^.!?]{{0,30}}\d[^!?]{{0,60}}$", re.IGNORECASE)
# "Editor: Ann Example"
_LABELLED = re.compile(r"[A-ZÀ-Þ][^\W\d_]{2,14}: \S")

# The end of a line within a compound, "two-" and "thirds"; not a dash, and not "Berg- und Talbahn".
_BROKEN = re.compile(r"[^\W\d_]{2}-$")
_GOES_ON = re.compile(r"(?!(?:and|or|to|und|oder|bzw|bis|et|ou|y|o|u|e|ed|en|of|tot)\b)[a-zß-ÿ]{2}")

#: a line longer than this was never hard-wrapped: its end is a paragraph's
_MAX_WRAP = 100
#: a line shorter than this part of the longest, before a capital, ends a paragraph even without a full stop
_SHORT_LINE = 0.7
_SENTENCE_END = tuple(".!?:;…\"'”’»)]。！？؟۔")
_LEAD_MAX = 600
_SENTENCE = re.compile(r"[.!?…]['\"”’»)\]]*(?=\s)|[。！？؟۔]")


def paragraphs(text: str) -> list[str]:
    r"""Split a text into clean paragraphs, each on one line.

    Blank lines and indented lines begin paragraphs; lines that were broken to fit a width are joined.

    >>> paragraphs("One line that\nwas wrapped.\n\n  Next  one.")
    ['One line that was wrapped.', 'Next one.']
    >>> paragraphs("A vote of two-\nthirds on Berg-\nund Talbahn")
    ['A vote of two-thirds on Berg- und Talbahn']
    """
    plain = printable(text)
    found: list[str] = []
    for block in _BLANK_LINES.split(plain):
        found += _unwrapped(block.strip("\n"))
    return [clean for each in found if (clean := flat(each))]


def flat(text: str) -> str:
    """Bring to one clean line: NFC, single spaces, nothing that is not text."""
    # Nearly every text is clean: asking costs a tenth of cleaning.
    if "  " in text or not _is_printable(text):
        text = " ".join(printable(text).split())
    return text.strip() if text.isascii() else unicodedata.normalize("NFC", text.strip())


def one_line(text: str | None) -> str | None:
    r"""Clean a headline or name to one line; None where nothing is left.

    >>> one_line(" Two\n lines\x07 ")
    'Two lines'
    """
    if text is None:
        return None
    return flat(text) or None


def printable(text: str) -> str:
    """Bring to NFC, take out what is not text, make every line end a line feed."""
    if not _is_printable(text.replace("\n", "")):
        text = _NOT_TEXT.sub("", _LINE_END.sub("\n", text))
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _is_printable(text: str) -> bool:
    """Say what str.isprintable says; of ASCII in a fifth of its time."""
    return not text.encode().translate(None, _PRINTABLE) if text.isascii() else text.isprintable()


def lead_of(body: Sequence[str]) -> str:
    """Take the first paragraph, cut after a sentence where it is very long."""
    if not body:
        return ""
    first = body[0]
    if len(first) <= _LEAD_MAX:
        return first
    ends = [match.end() for match in _SENTENCE.finditer(first, 0, _LEAD_MAX)]
    if ends:
        return first[: ends[-1]]
    return first[:_LEAD_MAX].rsplit(" ", 1)[0].rstrip() + "…"


def _unwrapped(block: str) -> Iterator[str]:
    """Join the lines of a block that were broken to fit a width; yield its paragraphs."""
    lines = [line.rstrip() for line in block.split("\n") if line.strip()]
    if any(map(_TYPESET.fullmatch, lines)):
        yield from _typeset(lines)
        return
    margin = min((_indent(line) for line in lines), default=0)
    width = max((len(line) for line in lines), default=0)
    begun: list[str] = []
    top = lines[:1]  # the first line, or the one below notes
    for line in lines:
        if begun and (
            _indent(line) - margin >= 2
            or _heads(begun, line.lstrip(), begun[0] is top[0])
            or _ends_paragraph(begun[-1], line.lstrip(), width)
        ):
            if begun[0] is top[0] and _is_noted(begun[0].strip()):
                top = [line]
            yield _joined(begun)
            begun = []
        begun.append(line)
    if begun:
        yield _joined(begun)


def _joined(lines: Sequence[str]) -> str:
    """Join lines; where one ends in a hyphen, within a word, no space comes between: "two-", "thirds"."""
    if not any(map(_BROKEN.search, lines)):
        return " ".join(lines)
    text = lines[0]
    for line in map(str.lstrip, lines[1:]):
        text += line if _BROKEN.search(text) and _GOES_ON.match(line) else f" {line}"
    return text


def _typeset(lines: Sequence[str]) -> Iterator[str]:
    """Part the lines that ANPA's marks set apart, "^Headline<", from the text around them."""
    plain: list[str] = []
    for line in lines:
        marked = _TYPESET.fullmatch(line)
        if marked is None:
            plain.append(line)
            continue
        yield from _unwrapped("\n".join(plain))
        yield marked[1]
        plain = []
    yield from _unwrapped("\n".join(plain))


def _indent(line: str) -> int:
    match = _INDENT.match(line)
    assert match is not None  # the pattern matches the empty string
    return len(match.group().expandtabs(4))


def _heads(begun: Sequence[str], following: str, first: bool) -> bool:
    """Say whether a line stands for itself, however long it is: in a list or table, above a byline.

    Args:
        begun: Lines since the last end of a paragraph.
        following: The line after them.
        first: They begin their block.
    """
    line = begun[-1].lstrip()
    ended = following.startswith(_RIGHTS) or (following[0] in "(-#=_*" and _PAGE_END.fullmatch(following))
    ended = ended or following.startswith(("# ", "## ")) or _CODES.fullmatch(following)
    ended = ended or (first and len(begun) == 1 and _EMBARGO.match(line) is not None)
    ended = ended or (line.endswith(_SENTENCE_END) and following.lower().strip(" .-") in END_WORDS)
    if ended or _is_listed(begun[0].lstrip(), line, following):
        return True
    if len(begun) > 1:
        return False
    if first and (_is_noted(line) or (following[0].isupper() and is_byline(following))):
        return True
    labelled = _LABELLED.match(line) and _LABELLED.match(following)
    signed = line[0].isupper() and is_byline(line) and (is_title(following) or following[0].isupper())
    return labelled is not None or signed


def _is_noted(line: str) -> bool:
    """Say whether a line is a note in brackets."""
    return line[0] == "(" and line[-1] == ")" and line.count(" ") > 1


def _is_listed(begins: str, line: str, following: str) -> bool:
    """Say whether a line is an item of a list, or a row of a table behind another one."""
    if _LISTED.match(following):
        return _LISTED.match(begins) is not None or line.endswith(_SENTENCE_END)
    return _ROW.fullmatch(following) is not None and _ROW.fullmatch(line) is not None


def _ends_paragraph(line: str, following: str, width: int) -> bool:
    """Say whether a line's end was meant: the next word would have fitted, and what follows begins anew."""
    if width > _MAX_WRAP or following.startswith(_BULLETS):
        return True
    if len(line) < width and (is_slug(line) or is_byline(following) or _BARE_NOTE.match(following)):
        return True
    if line.endswith(_SENTENCE_END) and following[0].isupper() and is_byline(following):
        return True
    if len(line) + 1 + len(following.split(None, 1)[0]) <= width and not following[0].islower():
        return line.endswith(_SENTENCE_END) or len(line) < _SHORT_LINE * width
    return False
