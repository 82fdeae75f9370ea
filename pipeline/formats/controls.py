"""Text without the characters that no text has: NUL, C0 and C1 controls, lone surrogates."""

import re

#: a class of a regular expression, without its brackets
CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff"
_CONTROLS = re.compile(f"[{CONTROLS}]")
#: what ASCII has beside them
_PLAIN = b"\t\n\r" + bytes(range(0x20, 0x7F))


def without_controls(text: str) -> str:
    r"""Take out control characters but tab and line ends.

    C1 controls are windows-1252 that somebody read as ISO 8859-1: they become what was meant.

    >>> without_controls("a\x00b \x93quoted\x94\x0cnext")
    'ab “quoted”\nnext'
    """
    # Nearly every text is clean, and of bytes that is seen in a tenth of the time.
    if text.isascii() and not text.encode().translate(None, _PLAIN):
        return text
    return _CONTROLS.sub(_instead, text) if _CONTROLS.search(text) else text


def _instead(match: re.Match[str]) -> str:
    character = match[0]
    if character in "\x0b\x0c":
        return "\n"
    if "\x80" <= character <= "\x9f":
        return character.encode("latin-1").decode("cp1252", "ignore")
    return "" if character < "\x80" else "\N{REPLACEMENT CHARACTER}"
