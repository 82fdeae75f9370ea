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

    def is_full(self, name: Name) -> bool:
        """Say whether a name has a space: "Hoffmann-Kurz" and "O'Keeffe" are one word."""
        return " " in self.tokens.text[self.tokens.starts[name.first] : self.tokens.ends[name.end - 1]]

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
        of_body = span.kind is Kind.ORGANISATION
        name = _trimmed(text, _of_span(text.tokens, span), of_body=of_body)
        if name is None or text.touches(name, text.bodies) or text.touches(name, shouted):
            continue
        is_body = not text.words.bodies.isdisjoint(text.plain(name))
        if not is_body and (span.kind is Kind.PERSON or _is_like_a_person(text, name)):
            persons.append(_with_particles(text, name))
        elif of_body or span.kind is Kind.PERSON:
            bodies.append(_with_form(text, name))
    return persons, bodies


def _is_like_a_person(text: MarkedText, name: Name) -> bool:
    """Say whether a title stands before a name, or it is a given name and a surname."""
    plains = text.plain(name)
    full = text.is_full(name) and len(plains) <= 3 and plains[0] in text.gazetteer.words.given
    return text.is_titled(name.first) or full


def _with_particles(text: MarkedText, name: Name) -> Name:
    """Take in what a model cuts off at a particle: "Maarten" of "Maarten van der Linden", "Linden" of it."""
    plains, cases, particles = text.tokens.plains, text.tokens.cases, text.words.particles
    first, end = name.first, name.end
    while first > 0 and text.follows(first) and plains[first - 1] in particles:
        first -= 1
    at = end
    while at < len(plains) and text.follows(at) and plains[at] in particles and cases[at] is Case.LOWER:
        at += 1
    if end < at < len(plains) and text.follows(at) and cases[at] is Case.TITLE:
        end = at + 1
    # "de" alone is an article as often as not: "le départ de Modelski".
    return Name(first if plains[first] not in _ARTICLES else name.first, end)


def _with_form(text: MarkedText, name: Name) -> Name:
    """Take in the form of a company that follows: "Delta Hedge LLC"."""
    n = name.end
    follows = n < len(text.tokens.words) and text.follows(n) and text.tokens.cases[n] in WRITTEN
    return Name(name.first, n + 1) if follows and text.tokens.plains[n] in text.words.forms else name


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


def _trimmed(text: MarkedText, name: Name, *, of_body: bool) -> Name | None:
    """Cut off what is no part of a name: titles, articles, possessives, words written small at its ends.

    Small words may end a body's name, where its kind opens it: "Institut ivoirien du sport".
    """
    first, end = name.first, name.end
    while first < end and _may_go_before(text, first):
        first += 1
    small = of_body and first < end and text.tokens.plains[first] in text.words.bodies
    while end > first and _may_go_behind(text, end - 1, small=small):
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


def _may_go_behind(text: MarkedText, n: int, *, small: bool) -> bool:
    tokens = text.tokens
    possessive = (
        tokens.plains[n] == "s" and tokens.text[tokens.starts[n] - 1 : tokens.starts[n]] in _APOSTROPHES
    )
    if small and tokens.cases[n] is Case.LOWER:
        return possessive or tokens.plains[n] in text.stop_words
    return possessive or tokens.cases[n] not in WRITTEN


def senses_of(text: MarkedText, name: Name) -> Sequence[Sense]:
    """Say what a name is in the gazetteer; small towns are nothing here."""
    node = text.gazetteer.find(" ".join(text.plain(name)))
    if node is None:
        return ()
    return [each.kind for each in node.senses if each.kind is not Sense.CITY or is_great(each)]


def is_region(text: MarkedText, name: Name) -> bool:
    return any(sense in _REGIONS for sense in senses_of(text, name))
