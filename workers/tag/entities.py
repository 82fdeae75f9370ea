"""People and organisations of a text, from the names that a model marked. Pure.

A model errs: `marked` cuts titles and articles off what it marks, `people` and `bodies` drop what is no
name or is a place of the gazetteer, put the mentions of one person or body together, and find those mentions
that the model missed. Known bodies (`known`) are right: what touches one of their mentions is nothing else.
"""

from collections.abc import Iterable, Iterator

from pipeline.model import Document, Entity, Mention, Tagging
from workers.tag.bodies import bodies_among
from workers.tag.gazetteer.file import Gazetteer
from workers.tag.known import EntityWords
from workers.tag.marked import Gathered, MarkedText, Name, sorted_out
from workers.tag.ner import Span
from workers.tag.people import people_among
from workers.tag.tokens import Case, Tokens


def entities_of(
    document: Document,
    tokens: Tokens,
    spans: Iterable[Span],
    tagging: Tagging,
    *,
    gazetteer: Gazetteer,
    words: EntityWords,
    stop_words: frozenset[str],
) -> tuple[tuple[Entity, ...], tuple[Entity, ...]]:
    """Give the people and the organisations of a document, each once with its mentions.

    Args:
        document: Normalised.
        tokens: Of its tagged text.
        spans: What a model marked in it.
        tagging: What the rules said of it: its places, countries, and the bodies known by name.
        gazetteer: Names that are places.
        words: Titles and the like.
        stop_words: Plain words that name nothing by themselves.
    """
    text = MarkedText(
        tokens=tokens,
        gazetteer=gazetteer,
        words=words,
        stop_words=stop_words,
        agencies=_agencies(document) | words.agencies,
        places=_covered(tokens, _place_mentions(tagging)),
        bodies=_covered(tokens, (each for entity in tagging.organisations for each in entity.mentions)),
    )
    persons, bodies = sorted_out(text, spans)
    people = people_among(text, persons)
    taken = frozenset(n for each in people for name in each.names for n in range(name.first, name.end))
    found = bodies_among(text, bodies, taken)
    organisations = (*tagging.organisations, *(_entity(text, each) for each in found))
    return tuple(_entity(text, each, person=True) for each in people), tuple(
        sorted(organisations, key=lambda each: each.mentions[0].start)
    )


def _agencies(document: Document) -> frozenset[str]:
    named = (document.provider, document.infosource, document.dateline and document.dateline.agency)
    return frozenset(each.casefold() for each in named if each)


def _place_mentions(tagging: Tagging) -> Iterator[Mention]:
    yield from (each.mention for each in tagging.places)
    for region in tagging.regions:
        for each in region.evidence:
            if each.field == "text" and each.start is not None and each.end is not None:
                yield Mention(field="text", text=each.text, start=each.start, end=each.end)


def _covered(tokens: Tokens, mentions: Iterable[Mention]) -> frozenset[int]:
    """Give the words that mentions cover."""
    spans = sorted((each.start, each.end) for each in mentions if each.field == "text")
    covered = set()
    at = 0
    for n, (start, end) in enumerate(zip(tokens.starts, tokens.ends, strict=True)):
        while at < len(spans) and spans[at][1] <= start:
            at += 1
        if at < len(spans) and spans[at][0] < end:
            covered.add(n)
    return frozenset(covered)


def _entity(text: MarkedText, found: Gathered, *, person: bool = False) -> Entity:
    mentions = tuple(_mention(text, name) for name in sorted(found.names, key=lambda name: name.first))
    return Entity(name=_called(text, found, person=person), mentions=mentions)


def _called(text: MarkedText, found: Gathered, *, person: bool) -> str:
    """Choose the fullest mention, one with small letters before one in capitals; people's names get them."""

    def fullness(name: Name) -> tuple[int, bool]:
        shouted = all(text.tokens.cases[n] is not Case.TITLE for n in range(name.first, name.end))
        return name.end - name.first, not shouted

    best = max(found.names, key=fullness)
    called = " ".join(_mention(text, best).text.split())
    return called.title() if person and called.isupper() and len(called) > 3 else called


def _mention(text: MarkedText, name: Name) -> Mention:
    start, end = text.tokens.starts[name.first], text.tokens.ends[name.end - 1]
    return Mention(field="text", text=text.tokens.text[start:end], start=start, end=end)
