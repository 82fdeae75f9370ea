"""Why a document is tagged as it is, laid over its text. Pure.

A tagging becomes findings (what was found, with its reasons), their reasons become marks, and marks cut a
text into pieces. Marks may overlap in any way: a piece is where the same ones hold from end to end.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from pipeline.model import Entity, Evidence, Mention, PlaceMention, Tag, Tagging

#: between headline and body, and between paragraphs
BREAK = "\n\n"


class Kind(StrEnum):
    """What is found in a text, in the order of the legend."""

    REGION = "region"
    PLACE = "place"
    TOPIC = "topic"
    BEAT = "beat"
    PERSON = "person"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found, with all its reasons."""

    kind: Kind
    name: str
    code: str | None = None
    #: 0 to 1; None: nothing was weighed
    score: float | None = None
    roles: tuple[str, ...] = ()
    reasons: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a text over which the same marks hold."""

    text: str
    start: int
    #: in the order of Kind, each once; empty: plain text
    kinds: tuple[Kind, ...] = ()
    #: what the marks say
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    start: int
    end: int
    kind: Kind
    why: str


def findings(tagging: Tagging) -> tuple[Finding, ...]:
    """List what a tagging holds, kind by kind, the best of each first."""
    return (
        *(_tag(Kind.REGION, tag) for tag in tagging.regions),
        *_places(tagging.places),
        *(_tag(Kind.TOPIC, tag) for tag in tagging.topics),
        *(_tag(Kind.BEAT, tag) for tag in tagging.beats),
        *(_entity(Kind.PERSON, entity) for entity in tagging.people),
        *(_entity(Kind.ORGANISATION, entity) for entity in tagging.organisations),
    )


def by_kind(found: Iterable[Finding]) -> Mapping[Kind, Sequence[Finding]]:
    """Group findings by kind, in the order of Kind; kinds without any are left out."""
    groups: dict[Kind, list[Finding]] = {kind: [] for kind in Kind}
    for finding in found:
        groups[finding.kind].append(finding)
    return {kind: group for kind, group in groups.items() if group}


def marked(text: str, found: Iterable[Finding], *, field: str) -> tuple[Piece, ...]:
    """Cut the text of a field into pieces by the evidence that lies in it."""
    return tuple(_pieces(text, _marks(text, found, field), ()))


def paragraphs(text: str, found: Iterable[Finding], *, field: str = "text") -> tuple[tuple[Piece, ...], ...]:
    """Cut the text of a field into paragraphs of pieces."""
    spans = list(_spans(text))
    edges = [edge for span in spans for edge in span]
    by_paragraph: dict[int, list[Piece]] = {start: [] for start, _ in spans}
    index = 0
    for piece in _pieces(text, _marks(text, found, field), edges):
        while index < len(spans) and spans[index][1] <= piece.start:
            index += 1
        if index < len(spans) and piece.start >= spans[index][0]:
            by_paragraph[spans[index][0]].append(piece)
    return tuple(tuple(pieces) for pieces in by_paragraph.values() if pieces)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for part in text.split(BREAK):
        yield start, start + len(part)
        start += len(part) + len(BREAK)


def _marks(text: str, found: Iterable[Finding], field: str) -> Sequence[_Mark]:
    """Collect the reasons that lie in the text; others are only listed."""
    return [
        _Mark(start=reason.start, end=reason.end, kind=finding.kind, why=_words(finding, reason))
        for finding in found
        for reason in finding.reasons
        if reason.field == field
        and reason.start is not None
        and reason.end is not None
        and 0 <= reason.start < reason.end
        and text[reason.start : reason.end] == reason.text
    ]


def _pieces(text: str, marks: Sequence[_Mark], edges: Iterable[int]) -> Iterator[Piece]:
    opening: defaultdict[int, list[_Mark]] = defaultdict(list)
    for mark in marks:
        opening[mark.start].append(mark)
    cuts = sorted({0, len(text), *edges, *opening, *(mark.end for mark in marks)})
    held: list[_Mark] = []
    for start, end in pairwise(cuts):
        held = [mark for mark in held if mark.end > start] + opening[start]
        yield Piece(
            text=text[start:end],
            start=start,
            kinds=tuple(kind for kind in Kind if any(mark.kind is kind for mark in held)),
            why=tuple(dict.fromkeys(mark.why for mark in held)),
        )


def _words(finding: Finding, reason: Evidence) -> str:
    name = f"{finding.kind} {finding.name}"
    return f"{name}: {reason.why}" if reason.why else name


def _tag(kind: Kind, tag: Tag) -> Finding:
    return Finding(
        kind=kind, name=tag.name, code=tag.code, score=tag.score, roles=tag.roles, reasons=tag.evidence
    )


def _places(mentions: Iterable[PlaceMention]) -> Iterator[Finding]:
    """Put the mentions of one place together, in the order of the first."""
    by_place: dict[int, list[PlaceMention]] = {}
    for each in mentions:
        by_place.setdefault(each.place.geonames, []).append(each)
    for same in by_place.values():
        place = same[0].place
        yield Finding(
            kind=Kind.PLACE,
            name=f"{place.name}, {place.country}",
            code=f"GeoNames {place.geonames}",
            score=max(each.score for each in same),
            reasons=tuple(_named(each.mention) for each in same),
        )


def _entity(kind: Kind, entity: Entity) -> Finding:
    return Finding(kind=kind, name=entity.name, reasons=tuple(map(_named, entity.mentions)))


def _named(mention: Mention) -> Evidence:
    return Evidence(field=mention.field, text=mention.text, start=mention.start, end=mention.end, why="")
