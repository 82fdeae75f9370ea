"""What every format is asked about: the bytes of one response or file, decoded once."""

import re
from dataclasses import dataclass

from pipeline.errors import ParseError, Reason
from pipeline.formats.charset import decode
from pipeline.formats.controls import without_controls
from pipeline.formats.xml_guard import Root, find_root

_BINARY = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a zip archive (or an office document)"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"{\\rtf", "an RTF document"),
)
# SOH header STX: short messages of the telegraph are full of control characters too.
_FRAMED = re.compile(rb"\x01[\t\r\n\x11-\x14\x1f -~\x80-\xff]{8,2000}\x02")
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f\ufffd]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One response or file as the formats see it."""

    #: URL or file name; for messages and as a base for relative links, never to tell the format
    name: str
    body: bytes
    media_type: str | None
    charset: str
    #: without byte order mark and control characters, line ends as sent
    text: str
    #: some characters stand for bad bytes; `finish` turns them into text
    repaired: bool
    #: what was odd about the bytes, for every entry that is not plain ASCII
    note: str | None
    #: a message in the frame of the telegraph formats begins it
    framed: bool
    #: root element, where the text is XML or HTML
    root: Root | None


def open_source(body: bytes, *, name: str, media_type: str | None) -> Source:
    """Decode the bytes and look at their beginning.

    Raises:
        ParseError: Empty, no text at all, or a DOCTYPE over the limit.
    """
    for magic, what in _BINARY:
        if body.startswith(magic):
            raise ParseError(Reason.UNKNOWN_FORMAT, f"this is {what}; a feed or wire copy is expected")
    decoded = decode(body, media_type)
    framed = _FRAMED.search(body[:8_192]) is not None
    if not framed:
        _expect_text(decoded.text)
    text = without_controls(decoded.text)
    if not text.strip():
        found = "holds nothing but white space" if body else "is empty"
        raise ParseError(Reason.EMPTY, f"this {found}; a feed or wire copy is expected")
    return Source(
        name=name,
        body=body,
        media_type=media_type,
        charset=decoded.charset,
        text=text,
        repaired=decoded.repaired,
        note=decoded.note,
        framed=framed,
        root=find_root(text),
    )


def _expect_text(text: str) -> None:
    """Refuse what is no text: it has few control characters, binary data is full of them."""
    head = text[:8_192]
    if len(_NO_TEXT.findall(head)) * 10 > len(head):
        raise ParseError(Reason.UNKNOWN_FORMAT, "this is binary data; a feed or wire copy is expected")
