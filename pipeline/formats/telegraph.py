"""What the formats of the telegraph, IPTC 7901 and ANPA 1312, have in common: frames of control characters.

    SOH header STX text ETX trailer EOT

A file may hold several messages, with padding (NUL, SYN, DEL) around them; of a message cut short what is
there is read. Characters that switch fonts or space columns go: they are no text.

Source: IPTC Recommendation 7901 (1995); ANPA Bulletin 1312 (1979).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.errors import ParseError, Reason
from pipeline.formats.charset import Decoded, decode
from pipeline.formats.finish import finish
from pipeline.formats.source import Source
from pipeline.model import Entry, Parsed

SOH, STX, ETX, EOT = "\x01", "\x02", "\x03", "\x04"
MAX_MESSAGES = 5_000
#: a header is no longer: keyword lines included
_MAX_HEADER = 2_000

_START = re.compile(rb"\x01(?=[^\x01-\x04]{4,2000}\x02)")
# A designator of a character set, and switches of font and case.
_ESCAPE = re.compile("\x1b[ -/]{0,3}[0-~]")
_NOTHING = re.compile("[\x00\x05-\x07\x0e\x0f\x11-\x1a\x1b\x7f]")
# Band and column characters, separators of fields: where they stand words end.
_SPACE = re.compile("[\x08\x10\x1c-\x1f]")
_LINE_END = re.compile("\r+\n|\n\r+(?!\n)|[\r\x0b\x0c\x85]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, cut at its control characters, each part with plain line ends and nothing but text."""

    #: between SOH and STX, the first line kept apart
    header: str
    #: further lines of the header
    keywords: tuple[str, ...]
    #: between STX and ETX
    text: str
    #: behind ETX
    trailer: str
    decoded: Decoded


def read_messages(source: Source, name: str, entry_of: Callable[[Message], Entry]) -> Parsed:
    """Read each message as one entry.

    Raises:
        ParseError: Over the limit.
    """
    entries = []
    for message in _messages(source):
        decoded = message.decoded
        entries.append(finish(entry_of(message), repaired=decoded.repaired, note=decoded.note))
        if len(entries) > MAX_MESSAGES:
            raise ParseError(Reason.PARSE_LIMIT, f"more than {MAX_MESSAGES:,} messages: over the limit")
    return Parsed(format=name, entries=tuple(entries))


def _messages(source: Source) -> Iterator[Message]:
    """Cut the bytes into messages; those without text are left out. Each is decoded for itself."""
    body = source.body if source.charset in {"utf-8", "cp1252", "iso8859-15"} else source.text.encode()
    starts = [match.start() for match in _START.finditer(body)] or [0]
    for start, end in zip(starts, [*starts[1:], len(body)], strict=True):
        decoded = decode(body[start:end], source.media_type)
        message = _cut(decoded)
        if message.text.strip() or message.header.strip():
            yield message


def plain(text: str) -> str:
    r"""Take out what is no text: switches, padding, escape sequences; make every line end a line feed.

    >>> plain("one\r\r\n\x11two\x1fthree\r")
    'one\ntwo three\n'
    """
    return _SPACE.sub(" ", _NOTHING.sub("", _ESCAPE.sub("", _LINE_END.sub("\n", text))))


def lines_of(text: str) -> list[str]:
    """Give the lines that are not blank, bare."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def _cut(decoded: Decoded) -> Message:
    head, stx, rest = decoded.text.partition(STX)
    if not stx:  # the frame was lost on the way: the first line is the header
        head, _, rest = plain(decoded.text).lstrip("\n").partition("\n")
    text, _, trailer = rest.partition(ETX)
    header = lines_of(plain(head.replace(SOH, "")[:_MAX_HEADER]))
    return Message(
        header=header[0] if header else "",
        keywords=tuple(header[1:]),
        text=plain(text.replace(STX, "")),
        trailer=plain(trailer.partition(EOT)[0]).strip(),
        decoded=decoded,
    )


def numbered(signal: str | None, number: str | None) -> str | None:
    """Write a signal with its number: the second lead is "update 2"."""
    return f"{signal} {number}" if signal and number else signal
