"""gzip and zip: what is in them, in any format that we read; an archive inside an archive is not opened.

Sizes that an archive claims are not believed: what is unpacked is counted. Names in it are never paths.
"""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pipeline.errors import ParseError, Reason
from pipeline.model import Parsed, Problem
from pipeline.plain import safe_line

NAME_GZIP, NAME_ZIP = "gzip", "zip"

MAX_MEMBERS = 2_000
MAX_MEMBER_BYTES = 32 * 1024 * 1024
MAX_BYTES = 128 * 1024 * 1024
#: good text is never packed tighter, but for short files
MAX_RATIO = 300
_ANY_RATIO_BYTES = 1024 * 1024
_STEP = 256 * 1024

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
#: a member of every office document
_OFFICE = frozenset({"[Content_Types].xml", "mimetype"})
#: what systems put beside files
_BESIDE = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")

#: what zipfile raises for archives that are broken, or packed in a way it does not know
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    LookupError,
    struct.error,
    lzma.LZMAError,
)

#: reads bytes in any format but this one, (body) → Parsed; raises ParseError
Reader = Callable[[bytes], Parsed]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """One file of an archive: its bytes, or why there are none."""

    name: str
    body: bytes | None = None
    reason: Reason = Reason.UNREADABLE
    detail: str = ""


def claims(body: bytes) -> bool:
    """Say whether bytes are a gzip or zip archive."""
    return body.startswith((_GZIP, *_ZIP))


def read(body: bytes, reader: Reader) -> Parsed:
    """Read what is in an archive. A file that cannot be read becomes a problem; the others go on.

    Raises:
        ParseError: Damaged, over a limit, or an office document.
    """
    if body.startswith(_GZIP):
        return reader(_gunzip(body))
    read_ = [_read_member(number, member, reader) for number, member in enumerate(_members(body), 1)]
    return Parsed(
        format=NAME_ZIP,
        entries=tuple(entry for parsed in read_ for entry in parsed.entries),
        problems=tuple(problem for parsed in read_ for problem in parsed.problems),
    )


def _read_member(number: int, member: _Member, reader: Reader) -> Parsed:
    where, named = f"member {number}", f"{safe_line(member.name)[:200]}: "
    if member.body is None:
        problem = Problem(reason=member.reason, detail=named + member.detail, where=where)
        return Parsed(format=NAME_ZIP, problems=(problem,))
    try:
        parsed = reader(member.body)
    except ParseError as error:
        problem = Problem(reason=error.reason, detail=named + error.detail, where=where, body=member.body)
        return Parsed(format=NAME_ZIP, problems=(problem,))
    problems = (
        replace(each, where=f"{where}, {each.where}", detail=named + each.detail) for each in parsed.problems
    )
    return replace(parsed, problems=tuple(problems))


def _gunzip(body: bytes) -> bytes:
    """Unpack gzip, all its members."""
    unpacked = bytearray()
    members = 0
    try:
        while body.startswith(_GZIP):
            members += 1
            if members > MAX_MEMBERS:
                raise ParseError(Reason.PARSE_LIMIT, f"gzip of more than {MAX_MEMBERS:,} members")
            engine = zlib.decompressobj(wbits=31)
            packed = body
            while not engine.eof:
                unpacked += (step := engine.decompress(packed, _STEP))
                _expect_size(len(unpacked), len(body), MAX_BYTES)
                packed = engine.unconsumed_tail
                if not step and not packed and not engine.eof:
                    raise ParseError(Reason.PARSE_FAILED, "this gzip is cut off; it has to be sent again")
            body = engine.unused_data.lstrip(b"\x00")
    except zlib.error as error:
        raise ParseError(Reason.PARSE_FAILED, f"this gzip is damaged: {error}") from error
    return bytes(unpacked)


def _expect_size(size: int, packed: int, most: int) -> None:
    if size > most:
        raise ParseError(Reason.PARSE_LIMIT, f"unpacked it is over the limit of {most // 1024 // 1024} MiB")
    if size > _ANY_RATIO_BYTES and size > MAX_RATIO * max(packed, 1):
        raise ParseError(Reason.PARSE_LIMIT, f"unpacked it is over {MAX_RATIO} times its size")


def _members(body: bytes) -> Iterator[_Member]:
    """Unpack the files of a zip, one after the other."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(body))
    except _DAMAGE as error:
        raise ParseError(Reason.PARSE_FAILED, f"this zip is damaged: {error}") from error
    with archive:
        listed = [each for each in archive.infolist() if _is_file(each.filename)]
        if len(listed) > MAX_MEMBERS:
            raise ParseError(Reason.PARSE_LIMIT, f"a zip of more than {MAX_MEMBERS:,} files")
        if {each.filename for each in listed} & _OFFICE:
            raise ParseError(
                Reason.UNKNOWN_FORMAT, "this is an office document; a feed or wire copy is expected"
            )
        left = MAX_BYTES
        for each in listed:
            member = _unpack(archive, each, left)
            left -= len(member.body or b"")
            yield member


def _unpack(archive: zipfile.ZipFile, listed: zipfile.ZipInfo, left: int) -> _Member:
    name = listed.filename
    if listed.flag_bits & 0x1:
        return _Member(name=name, detail="is encrypted; it has to be sent without a password")
    unpacked = bytearray()
    try:
        with archive.open(listed) as file:
            while step := file.read(_STEP):
                unpacked += step
                _expect_size(len(unpacked), listed.compress_size, min(MAX_MEMBER_BYTES, left))
    except ParseError as error:
        return _Member(name=name, reason=error.reason, detail=error.detail)
    except _DAMAGE as error:
        return _Member(name=name, reason=Reason.PARSE_FAILED, detail=f"is damaged: {error}")
    return _Member(name=name, body=bytes(unpacked))


def _is_file(name: str) -> bool:
    """Tell files from folders, and from what systems put beside files."""
    beside = name.startswith(_BESIDE[0]) or name.rpartition("/")[2] in _BESIDE[1:]
    return not name.endswith("/") and not beside
