"""A document as other programs read it: one flat JSON object.

The fields are a contract: they keep their names, order and meaning; new ones are added at the end.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import orjson

from pipeline.model import (
    Concept,
    Credit,
    Dateline,
    Document,
    Entity,
    Evidence,
    Mention,
    Place,
    PlaceMention,
    Relation,
    StoredDocument,
    Tag,
    Tagging,
)
from pipeline.plain import safe_json
from pipeline.ports.reading import AuditedVersion
from pipeline.publish.tail import Told

Record = dict[str, Any]

# What JSON lets pass and a terminal obeys or a reader takes for the end of a line: DEL, C1, U+2028, U+2029,
# direction overrides.
_NOT_PLAIN = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]")


def document_record(stored: StoredDocument) -> Record:
    """Write a stored document as a record."""
    return _record(
        stored.document,
        stored.tagging,
        version=stored.version,
        received=stored.received_at,
        stored=stored.stored_at,
        relations=stored.relations,
        story_id=stored.story_id,
    )


def whole_record(stored: StoredDocument) -> Record:
    """Write a stored document as a record with all that is needed to store it again."""
    slugged = stored.document.slugged
    return {
        **document_record(stored),
        "slugged": asdict(slugged) if slugged else None,
        "names": list(stored.document.names),
    }


def version_record(stored: StoredDocument, changed: str | None) -> Record:
    """Write a version as a record, with what it changed at the end."""
    return {**document_record(stored), "changed": changed}


def audit_record(one: AuditedVersion) -> Record:
    """Write a version with how it stands; its document is null where it was erased."""
    return {
        "id": one.id,
        "version": one.version,
        "standing": one.standing,
        "current": one.current,
        "taken_back_by": one.taken_back_by,
        "embargoed": _time(one.embargoed),
        "erased": _time(one.erased_at),
        "erase_reason": one.erase_reason,
        "document": document_record(one.stored) if one.stored else None,
    }


def change_record(told: Told) -> Record:
    """Write a line of the change log as a record."""
    change = told.change
    return {
        "seq": change.seq,
        "kind": change.kind,
        "id": change.document_id,
        "uri": change.uri,
        "at": _time(change.at),
        "document": document_record(told.stored) if told.stored else None,
    }


def inspected_record(document: Document, tagging: Tagging | None = None) -> Record:
    """Write a document that was only looked at: version 1, never received or stored, related to nothing."""
    return _record(document, tagging or Tagging())


def to_line(record: Record) -> bytes:
    """Write a record as one line of JSON with its newline, safe to show on a terminal."""
    line = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    return safe_json(line.decode()).encode() if _NOT_PLAIN.search(line) else line


def _record(
    document: Document,
    tagging: Tagging,
    *,
    version: int = 1,
    received: datetime | None = None,
    stored: datetime | None = None,
    relations: Sequence[Relation] = (),
    story_id: str | None = None,
) -> Record:
    return {
        "id": document.id,
        "uri": document.uri,
        "version": version,
        **_origin(document),
        **_text(document),
        "published": _time(document.published),
        "version_created": _time(document.version_created),
        "received": _time(received),
        "stored": _time(stored),
        "date_note": document.date_note,
        **_tags(tagging),
        "relations": [_relation(each) for each in relations],
        "story_id": story_id,
        "revision": document.revision,
        "infosource": document.infosource,
        "content_hash": document.content_hash,
        "notes": list(document.notes),
        "concepts": [_concept(each) for each in document.concepts],
        "copyright": document.copyright,
    }


def _origin(document: Document) -> Record:
    return {
        "guid": document.guid,
        "provider": document.provider,
        "feed": document.feed,
        "url": document.url,
        "canonical_url": document.canonical_url,
        "format": document.format,
    }


def _text(document: Document) -> Record:
    return {
        "headline": document.headline,
        "lead": document.lead,
        "body_text": document.body_text,
        "body_html": document.body_html,
        "slugline": document.slugline,
        "byline": document.byline,
        "authors": list(document.authors),
        "keywords": list(document.keywords),
        "urgency": document.urgency,
        "embargoed": _time(document.embargoed),
        "dateline": _dateline(document.dateline),
        "credit": _credit(document.credit),
        "signal": document.signal,
        "signal_number": document.signal_number,
        "pub_status": document.pub_status,
        "language": document.language,
        "language_score": document.language_score,
    }


def _tags(tagging: Tagging) -> Record:
    return {
        "regions": [
            {**_tag(each), "roles": list(each.roles), **_why(each.evidence)} for each in tagging.regions
        ],
        "places": [_place_mention(each) for each in tagging.places],
        "topics": [{**_tag(each), **_why(each.evidence)} for each in tagging.topics],
        "beats": [{"id": each.code, "name": each.name, "score": each.score} for each in tagging.beats],
        "people": [_entity(each) for each in tagging.people],
        "organisations": [_entity(each) for each in tagging.organisations],
    }


def _concept(concept: Concept) -> Record:
    return {
        "kind": concept.kind,
        "scheme": concept.scheme,
        "code": concept.code,
        "name": concept.name,
        "lat": concept.lat,
        "lon": concept.lon,
    }


def _time(at: datetime | None) -> str | None:
    """Write a time as ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _dateline(dateline: Dateline | None) -> Record | None:
    if dateline is None:
        return None
    return {
        "text": dateline.text,
        "city": dateline.city,
        "date": dateline.date,
        "agency": dateline.agency,
        "place": _place(dateline.place) if dateline.place else None,
    }


def _credit(credit: Credit | None) -> Record | None:
    if credit is None:
        return None
    return {
        "text": credit.text,
        "reporting": credit.reporting,
        "writing": credit.writing,
        "editing": credit.editing,
        "bureau": credit.bureau,
        "translator": credit.translator,
    }


def _tag(tag: Tag) -> Record:
    return {"code": tag.code, "name": tag.name, "score": tag.score}


def _why(evidence: Sequence[Evidence]) -> Record:
    return {"evidence": [_evidence(each) for each in evidence]}


def _evidence(evidence: Evidence) -> Record:
    return {
        "field": evidence.field,
        "text": evidence.text,
        "start": evidence.start,
        "end": evidence.end,
        "why": evidence.why,
    }


def _place(place: Place) -> Record:
    return {
        "name": place.name,
        "geonames": place.geonames,
        "country": place.country,
        "lat": place.lat,
        "lon": place.lon,
    }


def _place_mention(found: PlaceMention) -> Record:
    return {**_place(found.place), "score": found.score, **_mention(found.mention)}


def _mention(mention: Mention) -> Record:
    return {"field": mention.field, "text": mention.text, "start": mention.start, "end": mention.end}


def _entity(entity: Entity) -> Record:
    return {"name": entity.name, "mentions": [_mention(each) for each in entity.mentions]}


def _relation(relation: Relation) -> Record:
    return {
        "kind": relation.kind,
        "id": relation.id,
        "score": relation.score,
        **_why(relation.evidence),
        "role": relation.role,
    }
