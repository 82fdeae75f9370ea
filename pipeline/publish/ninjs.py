"""A document as IPTC ninjs 3.1, the trade's interchange format: one JSON object, valid by its schema. Pure.

ninjs has no property for signals: they are told in `edNote`. Coordinates are left out, as the schema takes
its rules for them from another server, which would have to be reached to validate; the GeoNames URIs lead to
them. `pipeline.formats.exported` reads an object back as the document it was: what is written here in another
form has to be read there in the same.

Source: https://iptc.org/standards/ninjs/ and its ninjs-schema_3.1.json.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from pipeline.model import (
    Concept,
    Credit,
    Document,
    Entity,
    Place,
    StoredDocument,
    Tag,
    Tagging,
)

Ninjs = dict[str, Any]

_STANDARD = {
    "name": "ninjs",
    "version": "3.1",
    "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#",
}
_MEDIA_TOPIC = re.compile(r"medtop:(\d{8})", re.ASCII)
#: who tagged, in `creator`
_TAGGER = "newswire"

#: kinds of concepts that have a list of their own; the others are subjects
_LISTED_KINDS = frozenset({"genre", "event", "object", "place", "person", "organisation"})
_CODE_URI = re.compile(r"https?://[A-Za-z0-9.-]+/[A-Za-z0-9._~/-]*#?[A-Za-z0-9._~-]+")

# RFC 3986: what may not stand in a URI as it is, and a % that escapes nothing.
_NOT_IN_URI = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]")
# Chinese and Japanese put no space between words: each character counts, as word processors count.
_UNSPACED = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}][^\s{_UNSPACED}]*")


def ninjs_object(stored: StoredDocument) -> Ninjs:
    """Write a document that may be shown as ninjs 3.1; what is not known is left out.

    Of canceled items those may be shown that take nothing back here: people have to read what they say.
    """
    document = stored.document
    found = {
        "uri": _uri(document.uri),
        "standard": _STANDARD,
        "type": "text",
        "version": str(stored.version),
        **_times(stored),
        "pubStatus": document.pub_status,
        "urgency": document.urgency if document.urgency in range(1, 10) else None,
        "language": document.language,
        "headlines": _texts("main", document.headline),
        "descriptions": [*_texts("summary", document.lead), *_signed(document)],
        "bodies": _bodies(document),
        "by": document.byline or ", ".join(document.authors),
        "slugline": document.slugline,
        "located": _located(document),
        "copyrightNotice": document.copyright,
        "edNote": "\n".join(_notes(document)),
        "infoSources": list(_sources(document)),
        "altIds": _other_ids(stored),
        "genres": [_sent(each) for each in document.concepts if each.kind == "genre"],
        "events": [_sent(each, "sent") for each in document.concepts if each.kind == "event"],
        "objects": [_sent(each, "sent") for each in document.concepts if each.kind == "object"],
        **_subjects(document, stored.tagging),
    }
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def word_count(text: str) -> int:
    """Count words; punctuation that stands alone is none.

    >>> word_count("L'état-major — 3 000 hommes"), word_count("喀布尔 2021")
    (4, 4)
    """
    return sum(1 for _ in _WORD.finditer(text))


def _times(stored: StoredDocument) -> Ninjs:
    document = stored.document
    return {
        "firstCreated": _time(document.published),
        "versionCreated": _time(document.version_created or document.published or stored.received_at),
        # A date with a note was completed, doubted or made up: no claim of when the words were written.
        "contentCreated": None if document.date_note else _time(document.published),
        "embargoedUntil": _time(document.embargoed),
    }


def _texts(role: str, text: str | None) -> list[Ninjs]:
    return [{"role": role, "contentType": "text/plain", "value": text}] if text else []


def _bodies(document: Document) -> list[Ninjs]:
    words = word_count(document.body_text)
    plain = [
        {**each, "charCount": len(document.body_text), "wordCount": words}
        for each in _texts("text", document.body_text)
    ]
    if not document.body_html:
        return plain
    html = {"role": "html", "contentType": "text/html", "wordCount": words, "value": document.body_html}
    return [*plain, html]


def _signed(document: Document) -> list[Ninjs]:
    """Tell the words that open and sign off the text, which stand in fields of ours and not in it."""
    told: list[tuple[str, str | None]] = []
    if dateline := document.dateline:
        told = [
            ("dateline", dateline.text),
            ("dateline-city", dateline.city),
            ("dateline-date", dateline.date),
            ("dateline-agency", dateline.agency),
        ]
    if document.credit:
        told.append(("credit", document.credit.text))
    return [each for role, text in told for each in _texts(role, text)]


def _located(document: Document) -> str | None:
    dateline = document.dateline
    if dateline is None:
        return None
    return dateline.place.name if dateline.place else dateline.city


def _notes(document: Document) -> Iterator[str]:
    if document.signal:
        number = "" if document.signal_number is None else f" {document.signal_number}"
        yield f"Signal: {document.signal}{number}"
    yield from filter(None, document.notes)
    if document.date_note:
        yield f"Dates: {document.date_note}"


def _sources(document: Document) -> Iterator[Ninjs]:
    named = [
        ("provider", document.provider),
        ("originator", document.infosource),
        *(_credited(document.credit) if document.credit else ()),
    ]
    return ({"name": name, "role": role} for role, name in named if name)


def _credited(credit: Credit) -> Sequence[tuple[str, str | None]]:
    return (
        ("reporting", credit.reporting),
        ("writing", credit.writing),
        ("editing", credit.editing),
        ("translation", credit.translator),
        ("bureau", credit.bureau),
    )


def _other_ids(stored: StoredDocument) -> list[Ninjs]:
    document = stored.document
    ids = [
        ("guid", document.guid),
        ("revision", document.revision),
        ("document", document.id),
        ("story", stored.story_id),
        ("url", document.url),
        ("canonical-url", document.canonical_url),
        ("uri", document.uri if document.uri != _uri(document.uri) else None),
        # versionCreated stands in every object, known or not.
        ("version-created", None if document.version_created else "not sent"),
    ]
    return [{"role": role, "value": value} for role, value in ids if value]


def _subjects(document: Document, tagging: Tagging) -> Ninjs:
    return {
        "places": [
            *_places(document, tagging),
            *map(_country, tagging.regions),
            *_of_kind(document, "place"),
        ],
        "subjects": [
            *map(_topic, tagging.topics),
            *map(_beat, tagging.beats),
            *({"name": word, "creator": document.provider} for word in document.keywords if word),
            *(
                {**_sent(each, _relation(each)), "creator": document.provider}
                for each in document.concepts
                if each.kind not in _LISTED_KINDS
            ),
        ],
        "people": [
            *_entities(tagging.people),
            *({"name": name, "rel": "author"} for name in document.authors if name),
            *_of_kind(document, "person"),
        ],
        "organisations": [*_entities(tagging.organisations), *_of_kind(document, "organisation")],
    }


def _of_kind(document: Document, kind: str) -> list[Ninjs]:
    return [_sent(each, "sent") for each in document.concepts if each.kind == kind]


def _relation(concept: Concept) -> str:
    """Say that the sender sent it, and as what, where that is not a subject: "sent category"."""
    return "sent" if concept.kind == "subject" else f"sent {concept.kind}"


def _sent(concept: Concept, relation: str | None = None) -> Ninjs:
    """Write what the sender named, with its own code: by the code's URI, else as vocabulary:code."""
    found = {"name": concept.name, "rel": relation, **_code(concept)}
    return {name: value for name, value in found.items() if value}


def _code(concept: Concept) -> Ninjs:
    """Write a code so that it can be parted from its vocabulary again."""
    scheme, code = concept.scheme or "", concept.code or ""
    uri = scheme + code
    if code and _CODE_URI.fullmatch(uri) and scheme.endswith(("/", "#")) and not set(code) & {"/", "#"}:
        return {"uri": uri}
    literal = f"{quote(scheme)}:{code}" if scheme or ":" in code else code
    return {"literal": literal}


def _places(document: Document, tagging: Tagging) -> Iterator[Ninjs]:
    """Give each place once, the dateline's first."""
    at = document.dateline.place if document.dateline else None
    if at:
        yield _place(at, "dateline")
    seen = {at.geonames} if at else set()
    for each in tagging.places:
        if each.place.geonames not in seen:
            seen.add(each.place.geonames)
            yield _place(each.place, "mention")


def _place(place: Place, relationship: str) -> Ninjs:
    return {
        "name": place.name,
        "rel": relationship,
        "uri": f"https://sws.geonames.org/{place.geonames}/",
        "literal": f"geonames:{place.geonames}",
    }


def _country(region: Tag) -> Ninjs:
    country = {"name": region.name, "literal": region.code}
    return {**country, "rel": " ".join(region.roles)} if region.roles else country


def _topic(topic: Tag) -> Ninjs:
    subject = _tag(topic, topic.code)
    code = _MEDIA_TOPIC.fullmatch(topic.code)
    return {**subject, "uri": f"http://cv.iptc.org/newscodes/mediatopic/{code[1]}"} if code else subject


def _beat(beat: Tag) -> Ninjs:
    return _tag(beat, f"beat:{beat.code}")


def _tag(tag: Tag, literal: str) -> Ninjs:
    confidence = min(max(round(tag.score * 100), 0), 100)
    return {"name": tag.name, "literal": literal, "creator": _TAGGER, "confidence": confidence}


def _entities(entities: Sequence[Entity]) -> list[Ninjs]:
    return [{"name": each.name} for each in entities if each.name]


def _time(at: datetime | None) -> str | None:
    """Write a time as RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _uri(uri: str) -> str:
    """Escape what RFC 3986 does not allow; a sender's id is part of ours, and may hold anything.

    >>> _uri("urn:newswire:harbour-press:50% off#1#2")
    'urn:newswire:harbour-press:50%25%20off#1%232'
    """
    named = uri if uri.startswith("urn:") else f"urn:newswire:{uri}"
    head, mark, rest = _NOT_IN_URI.sub(lambda found: quote(found.group(), safe=""), named).partition("#")
    return head + mark + rest.replace("#", "%23")
