"""Untrusted text made safe for a terminal. Pure.

What came over the wire may hold escape sequences that move the cursor, rename the window or answer in the
user's name, and direction overrides that show a text as another. They are shown as U+FFFD, so that something
is seen to have been there. Joiners that Persian and Hindi need (U+200C, U+200D) stay.
"""

import re

_MARK = "\N{REPLACEMENT CHARACTER}"
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_DIRECTIONS = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_BREAKS = (0x2028, 0x2029)
_TEXT = {
    **dict.fromkeys((*_CONTROLS, *_DIRECTIONS), _MARK),
    **dict.fromkeys(_BREAKS, "\n"),
    0x09: " ",
    0x0A: "\n",
}
_ESCAPES = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *_DIRECTIONS, *_BREAKS)}
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"\s+")


def safe_text(text: str) -> str:
    r"""Keep lines, replace everything that a terminal would obey.

    >>> safe_text("one\r\ntwo \x1b[31mred")
    'one\ntwo �[31mred'
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATE.sub(_MARK, lines.translate(_TEXT))


def safe_line(text: str, limit: int = 400) -> str:
    r"""Make one line of a text and cut it at `limit` characters.

    >>> safe_line("a\nb\x07c", limit=4)
    'a b…'
    """
    line = _SPACE.sub(" ", safe_text(text)).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def safe_json(line: str) -> str:
    r"""Escape what a terminal would obey in JSON; it still means the same.

    JSON writers escape the controls below U+0020 themselves, not those above U+007E.

    >>> safe_json('"a\u202eb"')
    '"a\\u202eb"'
    """
    return line.translate(_ESCAPES)
