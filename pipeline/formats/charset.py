"""Bytes to text: byte order mark, then what is declared, else UTF-8 with its few bad bytes repaired.

A text is never read as another charset because of a few bad bytes, and never refused because of them. Each
bad byte first becomes a private-use character, so that the entry that holds it can repair it and say so (see
`pipeline.formats.finish`); the other entries of the same feed stay what they were.
"""

import codecs
import re
from dataclasses import dataclass

#: a bad byte b of a UTF-8 text stands as chr(BAD_BYTE + b); a broken sequence of several bytes as BAD_BYTE
BAD_BYTE = 0x10F000
#: more bad bytes than this are no slip: they become U+FFFD, each
_FEW = 1_000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_XML_DECLARATION = re.compile(rb"\s{0,16}<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_CHARSET_PARAMETER = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
# Codecs that are no charsets of texts, or that hide markup from whoever looks at the bytes.
_REFUSED = frozenset({"utf-7", "punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"})
#: declared → what is meant by it, as browsers read it: each has the other's characters, and those of Windows
#: Source: WHATWG Encoding Standard, "Names and labels".
_MEANT = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
}
#: labels that Python does not know
_LABELS = {
    "x-mac-roman": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "x-x-big5": "big5hkscs",
    "windows-874": "cp874",
    "dos-874": "cp874",
    "unicode-1-1-utf-8": "utf-8",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "windows-949": "cp949",
    "ks_c_5601-1987": "cp949",
}
# Declared out of habit: where the bytes are good UTF-8 they are UTF-8.
_HABIT = frozenset({"ascii", "iso8859-1", "iso8859-15", "cp1252"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A text, and what was odd about its bytes."""

    text: str
    #: Python's name of the charset
    charset: str
    #: holds characters that stand for bad bytes
    repaired: bool = False
    #: holds for every text in it that is not plain ASCII
    note: str | None = None


def decode(body: bytes, media_type: str | None = None) -> Decoded:
    """Read bytes as text; never fails.

    Args:
        body: The bytes, with or without a byte order mark.
        media_type: Content-Type as sent; its charset counts after what the bytes say of themselves.
    """
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return _strictly(body[len(mark) :], charset) or _loosely(body[len(mark) :], charset)
    wide = _wide(body)
    if wide:
        return _strictly(body, wide) or _loosely(body, wide)
    declared = _declared(body, media_type)
    if declared is None or declared in _HABIT:
        return _strictly(body, "utf-8") or _single_byte(body, declared)
    # No text of another charset is good UTF-8 by chance; but those that switch by escapes are all ASCII.
    lie = None if body.isascii() else _strictly(body, "utf-8")
    return lie or _strictly(body, declared) or _loosely(body, declared)


def _declared(body: bytes, media_type: str | None) -> str | None:
    """Name the declared charset; None where there is none that we know, or it is UTF-8."""
    names = []
    if match := _XML_DECLARATION.match(body):
        names.append(match[1].decode("ascii"))
    if parameter := _CHARSET_PARAMETER.search(media_type or ""):
        names.append(parameter[1])
    for name in names:
        try:
            found = codecs.lookup(_LABELS.get(name.lower(), name)).name
            b"a".decode(found, "replace")  # refuses codecs that turn bytes into bytes
        except (LookupError, UnicodeError):
            continue
        # Bytes in which we could read the declaration are not UTF-16 or UTF-32.
        if found not in _REFUSED and not found.startswith(("utf-16", "utf-32")):
            known = _MEANT.get(found, found)
            return None if known in {"utf-8", "utf-8-sig"} else known
    return None


def _wide(body: bytes) -> str | None:
    """Tell UTF-16 and UTF-32 without a mark by where the zero bytes of Latin letters and mark-up stand."""
    head = body[:400]
    if head.count(0) * 3 < len(head) or len(head) < 4:
        return None
    zeros = [head[place::4].count(0) for place in range(4)]
    most = len(head) // 4 * 0.6
    pattern = "".join("0" if count > most else "x" for count in zeros)
    return {"x000": "utf-32-le", "000x": "utf-32-be", "x0x0": "utf-16-le", "0x0x": "utf-16-be"}.get(pattern)


def _strictly(body: bytes, charset: str) -> Decoded | None:
    try:
        return Decoded(text=body.decode(charset), charset=charset)
    except UnicodeError:
        return None


def _loosely(body: bytes, charset: str) -> Decoded:
    if charset == "utf-8":
        return _single_byte(body, None)
    note = f"bytes that are not {charset} were replaced by U+FFFD"
    return Decoded(text=body.decode(charset, "replace"), charset=charset, note=note)


def _single_byte(body: bytes, declared: str | None) -> Decoded:
    """Choose between UTF-8 with slips, which has more good sequences than bad bytes, and windows-1252."""
    text = body.decode("utf-8", "replace")
    bad = text.count("\N{REPLACEMENT CHARACTER}")
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    if bad <= good:
        if bad > _FEW:
            return Decoded(
                text=text, charset="utf-8", note=f"{bad} bytes that are not UTF-8 were replaced by U+FFFD"
            )
        return Decoded(text=body.decode("utf-8", "newswire-bad-byte"), charset="utf-8", repaired=True)
    # iso-8859-1 is read as windows-1252, as browsers do: what differs are control characters nobody means.
    charset = declared if declared == "iso8859-15" else "cp1252"
    note = None if declared else "not UTF-8 and no charset declared: read as windows-1252"
    return Decoded(text=body.decode(charset, "replace"), charset=charset, note=note)


def _mark_bad_byte(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    broken = error.end - error.start > 1
    return chr(BAD_BYTE if broken else BAD_BYTE + error.object[error.start]), error.end


codecs.register_error("newswire-bad-byte", _mark_bad_byte)
