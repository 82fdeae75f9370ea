"""A story as people and programs read it: what its documents that may be shown say together. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.model import Signal, StoredDocument, Tag
from pipeline.ports.stories import StoryFound
from pipeline.publish.record import Record, document_record

#: code points of a text after which it counts as long as any other
_LONG = 3_000
#: code points of a headline, where one is made of a lead
_HEADLINE = 100
#: regions and topics of a story
_TAGS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What the documents of a story say together."""

    id: str
    #: of its best document; where it has none, how its lead begins
    headline: str
    documents: int
    first_at: datetime
    last_at: datetime
    providers: tuple[str, ...]
    languages: tuple[str, ...]
    #: those that most documents have, first; of topics the narrowest
    regions: tuple[Tag, ...]
    topics: tuple[Tag, ...]


def digest_of(story: StoryFound) -> Digest:
    """Sum a story up."""
    best = best_of(story.documents)
    return Digest(
        id=story.id,
        headline=best.document.headline or _begun(best.document.lead),
        documents=story.count,
        first_at=story.first_at,
        last_at=story.last_at,
        providers=tuple(dict.fromkeys(each.document.provider for each in story.documents)),
        languages=tuple(dict.fromkeys(each.document.language or "und" for each in story.documents)),
        regions=_commonest(tag for each in story.documents for tag in each.tagging.regions),
        topics=_commonest(tag for each in story.documents for tag in narrowest(each.tagging.topics)),
    )


def best_of(documents: Iterable[StoredDocument]) -> StoredDocument:
    """Choose the document that tells a story best: with a headline, no alert, long, and then the first."""
    return max(
        reversed(tuple(documents)),
        key=lambda each: (
            each.document.headline is not None,
            each.document.signal is not Signal.ALERT,
            min(len(each.document.body_text), _LONG),
        ),
    )


def story_record(story: StoryFound, *, with_documents: bool = False) -> Record:
    """Write a story as other programs read it."""
    found = digest_of(story)
    record: Record = {
        "id": found.id,
        "headline": found.headline,
        "documents": found.documents,
        "first": _time(found.first_at),
        "last": _time(found.last_at),
        "providers": list(found.providers),
        "languages": list(found.languages),
        "regions": [{"code": each.code, "name": each.name} for each in found.regions],
        "topics": [{"code": each.code, "name": each.name} for each in found.topics],
    }
    if with_documents:
        record["members"] = [document_record(each) for each in story.documents]
    return record


def narrowest(topics: Iterable[Tag]) -> tuple[Tag, ...]:
    """Leave out the topics that are there because a narrower one is."""
    return tuple(tag for tag in topics if all(each.field != "topics" for each in tag.evidence))


def _begun(lead: str) -> str:
    """Cut a lead where a headline would end, between words where there are any."""
    if len(lead) <= _HEADLINE:
        return lead
    words = lead[:_HEADLINE].rpartition(" ")[0]
    return (words if len(words) > _HEADLINE // 2 else lead[:_HEADLINE]).rstrip(" ,;:-") + "…"


def _commonest(tags: Iterable[Tag]) -> tuple[Tag, ...]:
    listed = list(tags)
    counts = Counter(each.code for each in listed)
    first = {each.code: each for each in reversed(listed)}
    ranked = sorted(counts, key=lambda code: (-counts[code], code))
    return tuple(first[code] for code in ranked[:_TAGS])


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
