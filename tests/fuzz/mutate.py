"""Changes of a sample file that parsers do not expect: aware of mark-up, and of bytes."""

import gzip
import io
import random
import re
import zipfile
from base64 import encodebytes
from collections.abc import Callable, Sequence

_PIECE = re.compile(rb"<[^<>]{0,300}>|\"[^\"<>]{0,100}\"|[^<>\"]{1,200}|.", re.DOTALL)
ODD = (
    *(b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<?", b"?>", b"<!DOCTYPE x [", b"</", b"/>"),
    *(b"&#0;", b"&#xD800;", b"&#99999999;", b"&nbsp;", b"&foo;", b"&lt;", b"&amp;lt;p&amp;gt;"),
    *(
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xe9",
        b"\x1b",
        b"\x01",
        b"\x02",
        b"\x03",
        b"\r",
        b"\r\n",
        b"\t",
    ),
    *(
        b"0",
        b"-1",
        b"NaN",
        b"1e999",
        b"99999999999999999999",
        b"null",
        b"{}",
        b"[]",
        b'"',
        b"\\u0000",
        b"\\ud800",
    ),
    *(b"20260203T070500Z", b"0000-00-00", b"stat:canceled", b"medtop:", b":", b"#", b"urn:newsml:::", b"//["),
)
#: what a mail and its parts may say of themselves
_HEADERS = (
    b"Content-Type: multipart/mixed; boundary=x\r\n",
    b'Content-Type: multipart/alternative; boundary="x"\r\n',
    b"Content-Type: multipart/digest; boundary=x; boundary=y\r\n",
)
_KINDS = (
    *(b"text/plain; charset=utf-8", b"text/html; charset=iso-8859-1", b"text/plain; charset=utf-7", b"x"),
    *(b"application/xml; name=a.xml", b"application/zip; name=a.zip", b"message/rfc822"),
)
_CODINGS = (b"8bit", b"quoted-printable", b"x-uuencode", b"base64", b"7bit; x")
#: ends of names of files in an archive
_NAMES = ("", ".xml", ".eml", "/", "/../a", "\x1b[31m", "é" * 200)
#: what takes longer than in proportion to a file shows in a large one
_LARGE = 100_000
Change = Callable[[random.Random, list[bytes], Sequence[list[bytes]]], list[bytes]]


def split(body: bytes) -> list[bytes]:
    """Split a file into tags, quoted texts and what stands between them."""
    return _PIECE.findall(body)


def mutated(chance: random.Random, samples: Sequence[bytes]) -> bytes:
    """Change one of the samples a few times; each time in another way."""
    pieces = [split(body) or [chance.choice(ODD)] for body in samples]
    found = list(chance.choice(pieces))
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        changed = chance.choice(_CHANGES)(chance, found, pieces)
        found = [piece for piece in changed if piece] or [chance.choice(ODD)]
    return b"".join(found)


def swollen(chance: random.Random, samples: Sequence[bytes]) -> bytes:
    """Change one of the samples, and repeat a part of it until it is large."""
    found = split(mutated(chance, samples))
    start = chance.randrange(len(found))
    part = b"".join(found[start : start + chance.choice((1, 1, 2, 8, 30))])
    if chance.random() < 0.3:
        part = part[: chance.randrange(len(part)) + 1]
    return b"".join([*found[:start], part * (_LARGE // len(part) + 1), *found[start:]])


def packed(chance: random.Random, bodies: Sequence[bytes]) -> bytes:
    """Pack files as gzip or zip, sometimes one inside another."""
    if chance.random() < 0.3:
        return b"".join(gzip.compress(body, compresslevel=1, mtime=0) for body in bodies[:2])
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for number, body in enumerate(bodies):
            archive.writestr(zipfile.ZipInfo(f"{number}{chance.choice(_NAMES)}"), body)
    return packed(chance, [held.getvalue()]) if chance.random() < 0.05 else held.getvalue()


def mailed(chance: random.Random, bodies: Sequence[bytes]) -> bytes:
    """Put files into a mail, as they are or coded."""
    parts = [b"From: a <a@b.example>\r\nSubject: x\r\n" + chance.choice(_HEADERS)]
    for body in bodies:
        coded = chance.random() < 0.5
        parts += [
            b"\r\n--x\r\nContent-Type: " + chance.choice(_KINDS),
            b"\r\nContent-Transfer-Encoding: " + (b"base64" if coded else chance.choice(_CODINGS)),
            b"\r\n\r\n" + (encodebytes(body) if coded else body),
        ]
    return b"".join([*parts, b"\r\n--x--\r\n"])


def _cut(chance: random.Random, found: list[bytes], _: Sequence[list[bytes]]) -> list[bytes]:
    kept = found[: chance.randrange(len(found)) + 1]
    return [*kept[:-1], kept[-1][: chance.randrange(len(kept[-1]) + 1)]]


def _drop(chance: random.Random, found: list[bytes], _: Sequence[list[bytes]]) -> list[bytes]:
    start = chance.randrange(len(found))
    return found[:start] + found[start + chance.choice((1, 1, 2, 8)) :]


def _repeat(chance: random.Random, found: list[bytes], _: Sequence[list[bytes]]) -> list[bytes]:
    start = chance.randrange(len(found))
    part = found[start : start + chance.choice((1, 2, 8))]
    return found[:start] + part * chance.choice((2, 2, 3, 300)) + found[start:]


def _move(chance: random.Random, found: list[bytes], _: Sequence[list[bytes]]) -> list[bytes]:
    piece = found.pop(chance.randrange(len(found)))
    found.insert(chance.randrange(len(found) + 1), piece)
    return found


def _graft(chance: random.Random, found: list[bytes], pieces: Sequence[list[bytes]]) -> list[bytes]:
    other = chance.choice(pieces)
    start = chance.randrange(len(other))
    place = chance.randrange(len(found) + 1)
    return found[:place] + other[start : start + chance.choice((1, 3, 20))] + found[place:]


def _odd(chance: random.Random, found: list[bytes], _: Sequence[list[bytes]]) -> list[bytes]:
    place = chance.randrange(len(found))
    piece = found[place]
    inside = chance.randrange(len(piece) + 1)
    until = inside if chance.random() < 0.5 else len(piece)
    found[place] = piece[:inside] + chance.choice(ODD) + piece[until:]
    return found


def _flip(chance: random.Random, found: list[bytes], _: Sequence[list[bytes]]) -> list[bytes]:
    place = chance.randrange(len(found))
    piece = bytearray(found[place])
    piece[chance.randrange(len(piece))] = chance.randrange(256)
    found[place] = bytes(piece)
    return found


def _case(chance: random.Random, found: list[bytes], _: Sequence[list[bytes]]) -> list[bytes]:
    place = chance.randrange(len(found))
    found[place] = found[place].swapcase()
    return found


_CHANGES: tuple[Change, ...] = (_cut, _drop, _repeat, _move, _graft, _odd, _odd, _flip, _case)
