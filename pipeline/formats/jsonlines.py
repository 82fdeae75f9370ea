"""JSON Lines: one object a line; docs/formats/jsonlines.md says which fields are read."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from pipeline.errors import Reason
from pipeline.formats import exported, ninjs
from pipeline.formats.charset import decode
from pipeline.formats.controls import without_controls
from pipeline.formats.finish import finish
from pipeline.formats.json_values import WrongValueError, kind, load, text_at, texts_at
from pipeline.formats.links import absolute
from pipeline.formats.source import Source
from pipeline.formats.urgency import read_urgency
from pipeline.model import Entry, Parsed, Problem

NAME = "jsonl"
MAX_LINE = 4 * 1024 * 1024
#: after so many bad lines the rest is kept in one piece
MAX_PROBLEMS = 1_000
#: how many lines are looked at to tell the format
_LOOK_AT = 20
_FIELDS = frozenset({"id", "guid", "text", "html", "headline", "provider", "url", "published"})
#: what an answer that is no story, but tells of an error, does not have
_OF_STORIES = frozenset({"id", "guid", "headline", "published"})
_LOWEST_ERROR = 400


def claims(source: Source) -> bool:
    """Say whether a line among the first, or the whole, is an object with a field that we know."""
    start = source.text.lstrip()
    first = islice((line for line in start.split("\n", _LOOK_AT) if line.strip()), _LOOK_AT)
    if any(_is_record(line) for line in first):
        return True
    if not start.startswith("{"):
        return False
    return _is_record(start) or (start[1:100].lstrip().startswith('"') and not _is_object(start))


def read(source: Source) -> Parsed:
    """Read each line as a record; a bad one becomes a problem with its number and bytes, the others go on."""
    lines = _lines(source)
    entries: list[Entry] = []
    problems: list[Problem] = []
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        try:
            entries.append(_read_line(raw))
        except WrongValueError as error:
            reason = Reason.PARSE_LIMIT if len(raw) > MAX_LINE else Reason.BAD_RECORD
            problems.append(Problem(reason=reason, detail=str(error), where=f"line {number}", body=raw))
            if len(problems) == MAX_PROBLEMS:
                problems.extend(_given_up(number, lines[number:]))
                break
    return Parsed(format=NAME, entries=tuple(entries), problems=tuple(problems))


def _lines(source: Source) -> Sequence[bytes]:
    """Split the file; an object spread over several lines counts as one line."""
    wide = source.charset.startswith(("utf-16", "utf-32"))
    data = source.text.encode() if wide else source.body.removeprefix(b"\xef\xbb\xbf")
    start = source.text.lstrip()
    if start.startswith("{") and not _is_object(start.partition("\n")[0]) and _is_object(start):
        return [data]
    return data.split(b"\n")


def _given_up(number: int, rest: Sequence[bytes]) -> Sequence[Problem]:
    body = b"\n".join(rest)
    if not body.strip():
        return ()
    detail = f"{MAX_PROBLEMS:,} bad lines before it: nothing from here on was read"
    return (Problem(reason=Reason.PARSE_LIMIT, detail=detail, where=f"line {number + 1}", body=body),)


def _read_line(raw: bytes) -> Entry:
    if len(raw) > MAX_LINE:
        raise WrongValueError(f"a line of more than {MAX_LINE // 1024 // 1024} MiB")
    # Each line for itself: one in another charset must not spoil the others.
    decoded = decode(raw)
    record = load(without_controls(decoded.text))
    if not isinstance(record, dict):
        raise WrongValueError(f"a line must be an object, not {kind(record)}")
    return finish(_any_entry(record), repaired=decoded.repaired, note=decoded.note)


def _any_entry(record: Mapping[str, Any]) -> Entry:
    """Read a record: an export of ours, ninjs, or one with our own fields."""
    if exported.is_record(record):
        return exported.record_entry(record)
    return ninjs.entry_of(record) if ninjs.is_item(record) else _entry(record)


def _entry(record: Mapping[str, Any]) -> Entry:
    if _tells_of_an_error(record):
        raise WrongValueError("what a server says of an error, and no story")
    html, text = _body_at(record, "html"), _body_at(record, "text")
    if html is None and text is None:
        empty = next((key for key in ("text", "html") if record.get(key) is not None), None)
        raise WrongValueError(f"{empty} is empty" if empty else 'neither "text" nor "html"')
    urgency, notes = read_urgency(record.get("urgency"))
    return Entry(
        format=NAME,
        guid=text_at(record, "guid") or text_at(record, "id"),
        ids=tuple(filter(None, [text_at(record, "id")])) if record.get("guid") else (),
        revision=text_at(record, "version"),
        provider=text_at(record, "provider"),
        url=absolute(text_at(record, "url") or ""),
        headline=text_at(record, "headline"),
        slugline=text_at(record, "slugline"),
        byline=text_at(record, "byline"),
        authors=texts_at(record, "authors"),
        keywords=texts_at(record, "keywords"),
        urgency=urgency,
        html=html,
        text=text,
        language=text_at(record, "language"),
        published=text_at(record, "published"),
        updated=text_at(record, "updated"),
        embargoed=text_at(record, "embargoed"),
        pub_status=text_at(record, "pub_status"),
        ednote=text_at(record, "ednote"),
        notes=notes,
    )


def _body_at(record: Mapping[str, Any], key: str) -> str | None:
    """Read a body; unlike an id, a number is none."""
    value = record.get(key)
    if value is not None and not isinstance(value, str):
        raise WrongValueError(f"{key} is not a string")
    return text_at(record, key)


def _is_object(text: str) -> bool:
    try:
        return isinstance(load(text), dict)
    except WrongValueError:
        return False


def _is_record(text: str) -> bool:
    """Say whether a text is an object with a field that we know."""
    if not text.lstrip().startswith("{"):
        return False
    try:
        record = load(text)
    except WrongValueError:
        return False
    if not isinstance(record, dict) or _tells_of_an_error(record):
        return False
    return not _FIELDS.isdisjoint(record) or ninjs.is_item(record)


def _tells_of_an_error(record: Mapping[str, Any]) -> bool:
    """Tell what servers answer instead of stories, with words under `text` too.

    >>> [_tells_of_an_error(each) for each in ({"error": True, "text": "a"}, {"status": 403}, {"text": "a"})]
    [True, True, False]
    """
    if not _OF_STORIES.isdisjoint(record):
        return False
    codes = (record.get(name) for name in ("status", "code", "statusCode"))
    is_failed = any(isinstance(code, int) and code >= _LOWEST_ERROR for code in codes)
    return is_failed or bool(record.get("error") or record.get("errors"))
