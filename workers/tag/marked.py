"""Names that a model marked, before it is said whose they are: cut to what is a name, and sorted. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from workers.tag.gazetteer.file import Gazetteer
from workers.tag.gazetteer.values import Kind as Sense
from workers.tag.known import EntityWords
from workers.tag.names import is_great
from workers.tag.ner import Kind, Span
from workers.tag.tokens import Case, Tokens, is_shouted

#: how the words of a name are written
WRITTEN = (Case.TITLE, Case.UPPER, Case.CASELESS)
MOST_WORDS = 8
#: no name goes beyond it
_CUT = re.compile(r"[\n(<\[]")
_APOSTROPHES = frozenset("'’ʼ")
#: what stands before a name and is no part of it
_ARTICLES = frozenset(
    ["the", "a", "an", "le", "la", "les", "l", "un", "une", "des", "du", "de", "d", "qu", "au", "aux"]
)
#: names of countries, of their parts and people
_REGIONS = (Sense.COUNTRY, Sense.DEMONYM, Sense.ABBREVIATION, Sense.SUBDIVISION, Sense.PREFIX)


@dataclass(frozen=True, slots=True)
class Name:
    """Some words of the text: tokens[first:end]."""

    first: int
    end: int


@dataclass(slots=True)
class Gathered:
    """A person or body while its mentions are put together."""

    #: its fullest name, plain
    words: tuple[str, ...]
    names: list[Name] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedText:
    """What names are judged by."""

    tokens: Tokens
    gazetteer: Gazetteer
    words: EntityWords
    #: words that name nothing by themselves
    stop_words: frozenset[str]
    #: plain names of the agencies that sent the text
    agencies: frozenset[str]
    #: tokens that belong to places and countries the gazetteer found, and to known bodies
    places: frozenset[int]
    bodies: frozenset[int]

    def plain(self, name: Name) -> tuple[str, ...]:
        """Give a name's plain words."""
        return tuple(self.tokens.plains[name.first : name.end])

    def touches(self, name: Name, taken: frozenset[int]) -> bool:
        """Say whether a word of a name is taken."""
        return not taken.isdisjoint(range(name.first, name.end))

    def follows(self, n: int) -> bool:
        """Say whether only a space stands between a word and the one before it."""
        return n > 0 and self.tokens.text[self.tokens.ends[n - 1] : self.tokens.starts[n]] in (" ", "-")

    def is_titled(self, n: int) -> bool:
        """Say whether a title stands right before a word: "Mr. Okafor", "colonel Kabeya"."""
        plains = self.tokens.plains
        at = n - 1
        while at >= 0 and plains[at] in (".", ","):
            at -= 1
        return at >= 0 and n - at <= 2 and plains[at] in self.words.titles


def sorted_out(text: MarkedText, spans: Iterable[Span]) -> tuple[list[Name], list[Name]]:
    """Part what a model marked into names of people and of bodies; what is neither goes."""
    persons: list[Name] = []
    bodies: list[Name] = []
    shouted = _shouted(text.tokens)
    for span in spans:
        name = _trimmed(text, _of_span(text.tokens, span))
        if name is None or text.touches(name, text.bodies) or text.touches(name, shouted):
            continue
        is_body = not text.words.bodies.isdisjoint(text.plain(name))
        if span.kind is Kind.PERSON or (not is_body and text.is_titled(name.first)):
            (bodies if is_body else persons).append(name)
        elif span.kind is Kind.ORGANISATION:
            bodies.append(name)
    return persons, bodies


def _shouted(tokens: Tokens) -> frozenset[int]:
    """Give the words of lines in capitals, where every word looks like a name; of a text with others only."""
    lines: dict[int, list[int]] = defaultdict(list)
    number = 0
    for n, start in enumerate(tokens.starts):
        number += tokens.text.count("\n", tokens.ends[n - 1] if n else 0, start)
        lines[number].append(n)
    loud = {n for line in lines.values() if is_shouted([tokens.cases[n] for n in line]) for n in line}
    return frozenset(loud if len(loud) < len(tokens.starts) else ())


def _of_span(tokens: Tokens, span: Span) -> Name:
    """Give the words of a span up to where a line ends or a bracket opens."""
    cut = _CUT.search(tokens.text, span.start, span.end)
    stop = cut.start() if cut else span.end
    inside = [n for n, start in enumerate(tokens.starts) if span.start <= start and tokens.ends[n] <= stop]
    return Name(inside[0], inside[-1] + 1) if inside else Name(0, 0)


def _trimmed(text: MarkedText, name: Name) -> Name | None:
    """Cut off what is no part of a name: titles, articles, possessives, words written small at its ends."""
    first, end = name.first, name.end
    while first < end and _may_go_before(text, first):
        first += 1
    while end > first and _may_go_behind(text, end - 1):
        end -= 1
    letters = sum(map(str.isalpha, "".join(text.tokens.plains[first:end])))
    if first >= end or letters < 2 or end - first > MOST_WORDS:
        return None
    return None if text.stop_words.issuperset(text.plain(Name(first, end))) else Name(first, end)


def _may_go_before(text: MarkedText, n: int) -> bool:
    plain, case = text.tokens.plains[n], text.tokens.cases[n]
    if plain in _ARTICLES or plain in text.words.titles or case is Case.NONE:
        return True
    return case is Case.LOWER and plain not in text.words.particles


def _may_go_behind(text: MarkedText, n: int) -> bool:
    tokens = text.tokens
    possessive = (
        tokens.plains[n] == "s" and tokens.text[tokens.starts[n] - 1 : tokens.starts[n]] in _APOSTROPHES
    )
    return possessive or tokens.cases[n] not in WRITTEN


def senses_of(text: MarkedText, name: Name) -> Sequence[Sense]:
    """Say what a name is in the gazetteer; small towns are nothing here."""
    node = text.gazetteer.find(" ".join(text.plain(name)))
    if node is None:
        return ()
    return [each.kind for each in node.senses if each.kind is not Sense.CITY or is_great(each)]


def is_region(text: MarkedText, name: Name) -> bool:
    return any(sense in _REGIONS for sense in senses_of(text, name))
