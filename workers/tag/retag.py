"""Tag a stored document again, by the rules of now. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.model import Entity, Tagging
from pipeline.ports.retag import Retagged, ToRetag
from workers.tag.tagger import Tagger


def retagged(one: ToRetag, tagger: Tagger) -> Retagged:
    """Say what the rules say of a document now.

    Its text, and the place of its dateline, stay as they were stored. People and organisations that a model
    found stay too: it would take fifty times as long to look for them again.
    """
    _, tagging = tagger.tag(one.document, default_region=one.default_region)
    new = _with_found(tagging, one.tagging)
    changed = replace(new, rules=one.tagging.rules) != one.tagging
    return Retagged(
        seq=one.seq,
        document_id=one.document.id,
        tagging=new,
        tagged_at=one.tagged_at,
        changed=changed,
    )


def _with_found(new: Tagging, old: Tagging) -> Tagging:
    """Add what a model found to what the rules say; a body that is known by name now is no other."""
    _, enriched, models = old.rules.partition("+")
    if not enriched:
        return new
    organisations = (*new.organisations, *_beside(old.organisations, new.organisations))
    return replace(
        new,
        rules=f"{new.rules}+{models}",
        people=old.people,
        organisations=tuple(sorted(organisations, key=lambda each: each.mentions[0].start)),
    )


def _beside(found: tuple[Entity, ...], known: tuple[Entity, ...]) -> Iterator[Entity]:
    """Give those that share neither name nor place in the text with a known one."""
    names = {each.name for each in known}
    spans = [(mention.start, mention.end) for each in known for mention in each.mentions]
    for each in found:
        if each.name not in names and not any(
            mention.start < end and start < mention.end for mention in each.mentions for start, end in spans
        ):
            yield each
