"""Our own exports, read back: a document as it was, not a text to be read again.

What makes an item ours is its `uri`. Whether a source may speak of the item it names is decided where the
entry becomes a document, as for every other item.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from pipeline.codec import from_json
from pipeline.errors import StoreError
from pipeline.formats.json_values import WrongValueError
from pipeline.model import Document, Entry

Record = Mapping[str, Any]

#: every name that `pipeline.identity` gives begins so
_OURS = "urn:newswire:"
_SIGNAL = re.compile(r"Signal: ([a-z]+)(?: (\d{1,9}))?")
_DATES = "Dates: "
_CREDIT_ROLES = {
    "reporting": "reporting",
    "writing": "writing",
    "editing": "editing",
    "translation": "translator",
    "bureau": "bureau",
}
#: list of concepts → their kind; `rel` says more of subjects
_KINDS = {
    "subjects": "subject",
    "genres": "genre",
    "places": "place",
    "people": "person",
    "organisations": "organisation",
    "events": "event",
    "objects": "object",
}
_CODE_URI = re.compile(r"(https?://.+[/#])([^/#]+)")


def is_record(value: object) -> bool:
    """Say whether a JSON value is a document as `export --format jsonl` writes it."""
    return isinstance(value, dict) and _is_ours(value.get("uri")) and "content_hash" in value


def record_entry(record: Record) -> Entry:
    """Read a line of `export --format jsonl`. Raises WrongValueError."""
    entry = _entry(str(record.get("format")), record)
    return replace(entry, received=_received(record.get("received")))


def ninjs_entry(item: Record) -> Entry | None:
    """Read a line of `export --format ninjs`; None where the object is somebody else's.

    Raises WrongValueError.
    """
    ids = _by_role(item.get("altIds"), "value")
    if not _is_ours(item.get("uri")) or "document" not in ids:
        return None
    sources = _by_role(item.get("infoSources"), "name")
    told = _by_role(item.get("descriptions"), "value")
    bodies = _by_role(item.get("bodies"), "value")
    provider = sources.get("provider")
    return _entry(
        "ninjs",
        {
            "id": ids["document"],
            "uri": ids.get("uri", item["uri"]),
            "content_hash": "",
            "provider": provider,
            "infosource": sources.get("originator"),
            "format": "ninjs",
            "headline": _by_role(item.get("headlines"), "value").get("main"),
            "lead": told.get("summary", ""),
            "body_text": bodies.get("text", ""),
            "body_html": bodies.get("html"),
            "byline": item.get("by"),
            "authors": [each["name"] for each in _related(item, "people", "author") if each.get("name")],
            "keywords": [each["name"] for each in _keywords(item, provider)],
            "concepts": list(_concepts(item)),
            "dateline": _dateline(told),
            "credit": _credit(sources, told),
            "pub_status": item.get("pubStatus", "usable"),
            "published": item.get("firstCreated"),
            "version_created": None if "version-created" in ids else item.get("versionCreated"),
            "embargoed": item.get("embargoedUntil"),
            **{name: ids.get(name) for name in ("guid", "revision", "url")},
            "copyright": item.get("copyrightNotice"),
            "canonical_url": ids.get("canonical-url"),
            **{name: item.get(name) for name in ("slugline", "urgency", "language")},
            **_noted(str(item.get("edNote") or "")),
        },
    )


def _entry(format_name: str, fields: Record) -> Entry:
    try:
        document = from_json(json.dumps(fields), Document)
    except (StoreError, RecursionError) as error:
        raise WrongValueError(f"an export of ours that was changed: {error}") from error
    for at in (document.published, document.version_created, document.embargoed):
        _expect_date(at)
    return Entry(format=format_name, guid=document.uri, provider=document.provider, exported=document)


def _received(value: object) -> datetime | None:
    """Read when a document was received; a line of `inspect` does not say it."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError as error:
        raise WrongValueError(f"an export of ours that was changed: {error}") from error
    _expect_date(at)
    return at


def _expect_date(at: datetime | None) -> None:
    if at and (at.tzinfo is None or not 1970 <= at.year <= 9000):
        raise WrongValueError(f"an export of ours that was changed: {at} is no date of it")


def _is_ours(uri: object) -> bool:
    return isinstance(uri, str) and uri.startswith(_OURS)


def _objects(value: object) -> Iterator[Record]:
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, dict))


def _by_role(value: object, name: str) -> dict[str, Any]:
    return {str(each.get("role")): each.get(name) for each in _objects(value)}


def _related(item: Record, name: str, relation: str) -> Iterator[Record]:
    return (each for each in _objects(item.get(name)) if each.get("rel") == relation)


def _keywords(item: Record, provider: object) -> Iterator[Record]:
    """Find the keywords among the subjects: the provider's, with nothing but a name."""
    for each in _objects(item.get("subjects")):
        if each.keys() == {"name", "creator"} and each["creator"] == provider:
            yield each


def _concepts(item: Record) -> Iterator[Record]:
    for name, kind in _KINDS.items():
        for each in _objects(item.get(name)):
            related = str(each.get("rel") or "")
            if name == "genres" or related.partition(" ")[0] == "sent":
                scheme, code = _code(each)
                said = related.removeprefix("sent").strip()
                yield {"kind": said or kind, "scheme": scheme, "code": code, "name": each.get("name")}


def _code(each: Record) -> tuple[str | None, str | None]:
    """Part a code from its vocabulary, as `pipeline.publish.ninjs` joins them."""
    if found := _CODE_URI.fullmatch(str(each.get("uri") or "")):
        return found[1], found[2]
    literal = each.get("literal")
    if not isinstance(literal, str) or ":" not in literal:
        return None, literal
    scheme, _, code = literal.partition(":")
    return unquote(scheme) or None, code or None


def _dateline(told: Record) -> Record | None:
    if "dateline" not in told:
        return None
    return {
        "text": told["dateline"],
        "city": told.get("dateline-city"),
        "date": told.get("dateline-date"),
        "agency": told.get("dateline-agency"),
    }


def _credit(sources: Record, told: Record) -> Record | None:
    if "credit" not in told:
        return None
    return {"text": told["credit"], **{name: sources.get(role) for role, name in _CREDIT_ROLES.items()}}


def _noted(note: str) -> Record:
    """Read what `edNote` tells in lines: the signal first, notes, what is odd about the dates last."""
    lines = note.split("\n") if note else []
    found: dict[str, Any] = {}
    if lines and (signal := _SIGNAL.fullmatch(lines[0])):
        found["signal"] = signal[1]
        found["signal_number"] = int(signal[2]) if signal[2] else None
        lines = lines[1:]
    if lines and lines[-1].startswith(_DATES):
        found["date_note"] = lines.pop().removeprefix(_DATES)
    return {**found, "notes": lines}
