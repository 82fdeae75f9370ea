"""Why a document is tagged and linked as it is: all evidence, each span shown where it stands. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import Document, Entity, Evidence, Mention, PlaceMention, StoredDocument, Tag
from pipeline.publish.record import Record

#: code points shown on each side of a span
AROUND = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A span where it stands, in one line."""

    before: str
    text: str
    after: str


def explanation(stored: StoredDocument) -> Record:
    """Write why a document is tagged and linked as it is, as other programs read it."""
    document, tagging = stored.document, stored.tagging
    return {
        "id": document.id,
        "uri": document.uri,
        "version": stored.version,
        "provider": document.provider,
        "headline": document.headline,
        "lead": document.lead,
        "language": document.language,
        "rules": tagging.rules or None,
        "regions": [{**_tag(each, document), "roles": list(each.roles)} for each in tagging.regions],
        "places": _places(tagging.places, document),
        "topics": [_tag(each, document) for each in tagging.topics],
        "beats": [_tag(each, document) for each in tagging.beats],
        "people": [_entity(each, document) for each in tagging.people],
        "organisations": [_entity(each, document) for each in tagging.organisations],
        "relations": [
            {"kind": each.kind, "id": each.id, "score": each.score, **_why(each.evidence, document)}
            for each in stored.relations
        ],
        "story_id": stored.story_id,
    }


def context_of(document: Document, field: str, start: int | None, end: int | None) -> Context | None:
    """Show a span of a document's field with what stands around it; None: it has no text, or no such span."""
    text = _field_text(document, field)
    if text is None or start is None or end is None or not 0 <= start < end <= len(text):
        return None
    first, last = max(0, start - AROUND), min(len(text), end + AROUND)
    before, after = _line(text[first:start]), _line(text[end:last])
    return Context(
        before=f"…{before}" if first else before,
        text=_line(text[start:end]),
        after=f"{after}…" if last < len(text) else after,
    )


def _field_text(document: Document, field: str) -> str | None:
    """Give the text in which the evidence of a field counts its offsets."""
    if field == "text":
        return "\n\n".join(part for part in (document.headline, document.body_text) if part is not None)
    texts = {
        "dateline": document.dateline.text if document.dateline else None,
        "credit": document.credit.text if document.credit else None,
        "slugline": document.slugline,
    }
    return texts.get(field)


def _line(text: str) -> str:
    return text.replace("\n", " ")


def _tag(tag: Tag, document: Document) -> Record:
    return {"code": tag.code, "name": tag.name, "score": tag.score, **_why(tag.evidence, document)}


def _places(mentions: Sequence[PlaceMention], document: Document) -> list[Record]:
    """Put the mentions of one place together, in the order of the first."""
    by_place: dict[int, list[PlaceMention]] = {}
    for each in mentions:
        by_place.setdefault(each.place.geonames, []).append(each)
    return [
        {
            "name": same[0].place.name,
            "geonames": geonames,
            "country": same[0].place.country,
            "score": max(each.score for each in same),
            **_why([_reason(each.mention) for each in same], document),
        }
        for geonames, same in by_place.items()
    ]


def _entity(entity: Entity, document: Document) -> Record:
    return {"name": entity.name, **_why([_reason(each) for each in entity.mentions], document)}


def _reason(mention: Mention) -> Evidence:
    return Evidence(field=mention.field, text=mention.text, start=mention.start, end=mention.end, why="")


def _why(evidence: Sequence[Evidence], document: Document) -> Record:
    return {"evidence": [_evidence(each, document) for each in evidence]}


def _evidence(each: Evidence, document: Document) -> Record:
    around = context_of(document, each.field, each.start, each.end)
    return {
        "field": each.field,
        "text": each.text,
        "start": each.start,
        "end": each.end,
        "why": each.why or None,
        "context": f"{around.before}[{around.text}]{around.after}" if around else None,
    }
