"""RFC 822 mail with wire copy in it: the body, and what is attached to it in any format that we read.

Mail comes from anybody: its parts, their depth and its headers are limited. It is read by the lenient rules
of `compat32`: those of `policy.default` raise on headers that real mail has.

Source: RFC 5322, RFC 2045 to 2047, RFC 2183; https://docs.python.org/3/library/email.html.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from email import errors, message_from_bytes, policy
from email.header import decode_header
from email.message import Message

from pipeline.errors import ParseError, Reason
from pipeline.formats.charset import Decoded, decode
from pipeline.formats.finish import finish
from pipeline.model import Entry, Parsed, Problem

NAME = "mail"

MAX_PARTS = 500
#: multiparts inside multiparts
MAX_DEPTH = 20
_MAX_HEADERS = 256 * 1024
_MAX_HEADER = 20_000

#: reads bytes in any other format, (body, media type) → Parsed; raises ParseError
Reader = Callable[[bytes, str | None], Parsed]

# Fields that stand in every mail, and in no wire copy.
_STRONG = frozenset({b"from", b"received", b"message-id", b"mime-version", b"return-path", b"delivered-to"})
_KNOWN = _STRONG | {b"to", b"subject", b"date", b"content-type", b"sender", b"reply-to", b"cc", b"list-id"}
_FIELD = re.compile(rb"([!-9;-~]{1,76}):[ \t\r\n]?")
_MBOX = re.compile(rb"\s{0,2000}(?:>?From [^\n]{1,200}\n)?")
_BOUNDARY = re.compile(rb"boundary\s{0,9}=", re.IGNORECASE)

#: parts that hold no text, and are left out in silence
_NO_COPY = frozenset({"image", "audio", "video", "font", "model"})
_NO_COPY_TYPES = frozenset(
    {"application/pdf", "text/calendar", "text/vcard", "text/x-vcard", "application/pgp-signature"}
    | {"application/pkcs7-signature", "application/x-pkcs7-signature", "message/delivery-status"}
)
_ADDRESSED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>[^<>]*")
_REPLY = re.compile(r"(?:(?:re|fwd?|aw|wg|tr|rv|vs|sv|i|enc)\s*(?:\[\d\])?\s*:\s*)+", re.IGNORECASE)
_LIST_TAG = re.compile(r"\[[^\[\]]{1,60}\]\s*")

_FORWARDED = re.compile(
    r"(?:-{2,20}[^\n-]{0,60}(?:forwarded|original|weitergeleitete|transf\w{1,9}|reenviado)[^\n-]{0,60}-{2,20}"
    r"|begin forwarded message:)\s{0,9}",
    re.IGNORECASE,
)
#: lines of the header of a forwarded mail
_MAX_FORWARDED = 40
#: names of the fields of a mail that is forwarded, in the languages mail programs write
_FORWARDED_FIELDS = {
    "from": "from",
    "von": "from",
    "de": "from",
    "subject": "subject",
    "betreff": "subject",
    "objet": "subject",
    "asunto": "subject",
    "date": "date",
    "sent": "date",
    "datum": "date",
    "gesendet": "date",
    "fecha": "date",
}
# What mailing lists, mail programs and law departments put below a text.
_FOOTER = re.compile(
    r"\n(?:-- {0,9}(?=\n|$)|_{20,}\n(?=.{0,60}(?:mailing list|list)\b)|(?:to |click here to )?unsubscribe\b"
    r"|you (?:received this|are receiving this|are subscribed)|this e-?mail (?:and|is|was|may)\b"
    r"|this message (?:and any|may contain|is (?:confidential|intended)|was sent to)\b"
    r"|sent from my )",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A part of a mail that is no multipart."""

    kind: str
    body: bytes
    media_type: str
    attached: bool
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    """The body of a mail, as sent."""

    plain: Decoded | None
    html: Decoded | None


def claims(body: bytes) -> bool:
    """Say whether bytes begin with the header of a mail: two fields that mail has, one of them its own."""
    names = set()
    lines = body[_begin(body) :][:_MAX_HEADERS].split(b"\n", 60)[:60]
    for number, line in enumerate(lines):
        if not line.strip():
            break
        if line[:1] in b" \t" and number:
            continue
        field = _FIELD.match(line)
        if field is None:
            return False
        names.add(field[1].lower())
    return len(names & _KNOWN) >= 2 and bool(names & _STRONG)


def read(body: bytes, reader: Reader) -> Parsed:
    """Read a mail: its text, and each attachment in its own format.

    Raises:
        ParseError: Over a limit, or without text.
    """
    body = body[_begin(body) :]
    if len(_BOUNDARY.findall(body)) > MAX_PARTS:
        raise ParseError(Reason.PARSE_LIMIT, f"a mail of more than {MAX_PARTS} parts")
    try:
        mail = message_from_bytes(body, policy=policy.compat32)
        parts = list(_parts(mail))
    except (RecursionError, errors.MessageError, LookupError, ValueError, AttributeError) as error:
        raise ParseError(Reason.PARSE_FAILED, f"a mail that cannot be taken apart: {error}") from error
    entries, problems = _read_attached(parts, reader)
    own = _read_text(mail, parts, reader)
    if not own and not entries and not problems:
        raise ParseError(Reason.EMPTY, "a mail without text; wire copy in its body or attached is expected")
    return Parsed(format=NAME, entries=(*own, *entries), problems=tuple(problems))


def _begin(body: bytes) -> int:
    """Find the first header: behind blank lines and the line that mailboxes have between mails."""
    found = _MBOX.match(body)
    return found.end() if found else 0


def _parts(mail: Message, depth: int = 0) -> Iterator[_Part]:
    """Give the parts, those of forwarded mails too."""
    if depth > MAX_DEPTH:
        raise ValueError(f"parts inside parts, more than {MAX_DEPTH} deep")
    inside = mail.get_payload()
    if isinstance(inside, list):
        if len(inside) > MAX_PARTS:
            raise ValueError(f"more than {MAX_PARTS} parts")
        for each in inside:
            if isinstance(each, Message):
                yield from _parts(each, depth + 1)
        return
    body = mail.get_payload(decode=True)
    yield _Part(
        kind=mail.get_content_type(),
        body=body if isinstance(body, bytes) else b"",
        media_type=_header(mail, "content-type") or mail.get_content_type(),
        attached=mail.get_content_disposition() == "attachment" or mail.get_filename() is not None,
        name=str(mail.get_filename() or "")[:200],
    )


def _read_attached(parts: list[_Part], reader: Reader) -> tuple[list[Entry], list[Problem]]:
    entries: list[Entry] = []
    problems: list[Problem] = []
    for number, part in enumerate(parts, 1):
        if not part.body.strip() or not _holds_copy(part):
            continue
        where = f"part {number}"
        try:
            parsed = reader(part.body, part.media_type)
        except ParseError as error:
            problems.append(Problem(reason=error.reason, detail=error.detail, where=where, body=part.body))
            continue
        entries += parsed.entries
        problems += [replace(each, where=f"{where}, {each.where}") for each in parsed.problems]
    return entries, problems


def _holds_copy(part: _Part) -> bool:
    """Say whether a part is to be read for itself."""
    if part.kind.partition("/")[0] in _NO_COPY or part.kind in _NO_COPY_TYPES:
        return False
    return part.attached or part.kind not in {"text/plain", "text/html"}


def _read_text(mail: Message, parts: list[_Part], reader: Reader) -> tuple[Entry, ...]:
    """Read the text of a mail: as a wire format, where it is in one, else as copy below a headline."""
    inline = [each for each in parts if not each.attached and each.body.strip()]
    texts = _Texts(plain=_decoded(inline, "text/plain"), html=_decoded(inline, "text/html"))
    first = next((each for each in inline if each.kind == "text/plain"), None)
    if first is not None and (found := _as_format(first, reader)):
        return found
    entry = _entry(mail, texts)
    if entry is None:
        return ()
    odd = [each for each in (texts.plain, texts.html) if each]
    notes = dict.fromkeys(each.note for each in odd if each.note)
    return (finish(entry, repaired=any(each.repaired for each in odd), note="; ".join(notes) or None),)


def _as_format(part: _Part, reader: Reader) -> tuple[Entry, ...]:
    """Read the text as what it is, where that is a wire format with entries."""
    try:
        parsed = reader(part.body, part.media_type)
    except ParseError:
        return ()
    return parsed.entries if parsed.format not in {"text", NAME} else ()


def _decoded(parts: list[_Part], kind: str) -> Decoded | None:
    """Decode the first part of a kind, and those that follow it, as programs that add footers send them."""
    found = [decode(each.body, each.media_type) for each in parts if each.kind == kind]
    if not found:
        return None
    return Decoded(
        text="\n\n".join(each.text for each in found),
        charset=found[0].charset,
        repaired=any(each.repaired for each in found),
        note=found[0].note,
    )


def _entry(mail: Message, texts: _Texts) -> Entry | None:
    fields = {name: _header(mail, name) for name in ("subject", "from", "date", "message-id", "keywords")}
    text, html = _choose(texts)
    notes: list[str] = []
    if text is not None:
        text, inner = _split_forwarded(text)
        fields |= inner
        text, cut = _without_footer(text)
        notes += [f"{cut:,} characters of signature or list footer cut"] if cut else []
    if not (text or html):
        return None
    return Entry(
        format=NAME,
        guid=(fields["message-id"] or "").strip().strip("<>") or None,
        provider=_sender(fields["from"]),
        headline=_subject(fields["subject"], is_list=_header(mail, "list-id") is not None),
        keywords=tuple(filter(None, (each.strip() for each in (fields["keywords"] or "").split(",")))),
        text=text,
        html=html,
        language=(_header(mail, "content-language") or "").partition(",")[0].strip() or None,
        published=fields["date"],
        notes=tuple(notes),
    )


def _choose(texts: _Texts) -> tuple[str | None, str | None]:
    """Choose text or HTML: text reads best, unless it says much less ("please view this mail as HTML")."""
    plain = texts.plain.text.replace("\r\n", "\n") if texts.plain else None
    if texts.html is None or not texts.html.text.strip():
        return plain, None
    words = len(" ".join(_TAG.sub(" ", texts.html.text).split()))
    if plain and len(" ".join(plain.split())) * 2 >= words:
        return plain, None
    return None, texts.html.text


def _split_forwarded(text: str) -> tuple[str, Mapping[str, str | None]]:
    """Take the header of a forwarded mail off its text: what it says is more true than the outer one."""
    lines = text.lstrip().split("\n")
    if _FORWARDED.fullmatch(lines[0]) is None:
        return text, {}
    inner: dict[str, str | None] = {}
    begun = next((n for n, line in enumerate(lines) if n and line.strip()), len(lines))
    for n, line in enumerate(lines[begun : begun + _MAX_FORWARDED], begun):
        if not line.strip():
            return ("\n".join(lines[n + 1 :]), inner) if inner else (text, {})
        name, _, value = line.replace("*", "").partition(":")
        if (meant := _FORWARDED_FIELDS.get(name.strip().lower())) and value.strip():
            inner[meant] = value.strip()
    return text, {}


def _without_footer(text: str) -> tuple[str, int]:
    """Cut what stands below a text and is none of it; say how much."""
    found = _FOOTER.search(text)
    # A text that begins so is what was sent; nobody writes a signature first.
    if found is None or not text[: found.start()].strip():
        return text, 0
    return text[: found.start()], len(text[found.start() :].strip())


def _sender(sent: str | None) -> str | None:
    """Take the name, else the address, of "Name <address>"; the library's own reader recurses without end."""
    found = _ADDRESSED.fullmatch((sent or "").strip())
    if found is None:
        return sent
    return found["name"].strip(" \"'") or found["address"].strip()


def _subject(sent: str | None, *, is_list: bool) -> str | None:
    subject = _REPLY.sub("", (sent or "").strip(), count=1) if _REPLY.match((sent or "").strip()) else sent
    if subject and is_list and (tag := _LIST_TAG.match(subject)):
        subject = subject[tag.end() :]
    return subject


def _header(mail: Message, name: str) -> str | None:
    """Read a header: encoded words decoded, folded lines joined; a broken one as it stands."""
    sent = next((value for each, value in mail.raw_items() if each.lower() == name), None)
    if sent is None:
        return None
    raw = str(sent)[:_MAX_HEADER]
    if "=?" not in raw:
        return " ".join(_unescaped(raw).split()) or None
    try:
        pieces = decode_header(raw)
    except (errors.HeaderParseError, ValueError):
        return " ".join(raw.split()) or None
    read_ = "".join(
        decode(each, f"text/plain; charset={charset or 'us-ascii'}").text if isinstance(each, bytes) else each
        for each, charset in pieces
    )
    return " ".join(read_.split()) or None


def _unescaped(raw: str) -> str:
    """Read bytes over ASCII in a header, where none may be."""
    if not any("\udc80" <= each <= "\udcff" for each in raw):
        return raw
    return decode(raw.encode("ascii", "surrogateescape")).text
