"""Names of places that people bear: "Michael Jordan", "Jack London", "Chad Smith"."""

from collections.abc import Sequence
from dataclasses import dataclass

from workers.tag.gazetteer.values import Kind
from workers.tag.names import Found, Text, is_great
from workers.tag.tokens import Case

_CAPITAL = (Case.TITLE, Case.UPPER)


@dataclass(frozen=True, slots=True)
class Persons:
    """Which names of places are people's in a text."""

    #: single words that are names of people wherever they stand alone
    names: frozenset[str]
    #: first words of names of places that are part of a full name
    full: frozenset[int]


def find_persons(text: Text, found: Sequence[Found]) -> Persons:
    """Find the names of places that people bear here.

    A given name or title before a name makes it a person's, as does a family name behind one that is a given
    name; any strange name before a small town's does too. Elsewhere the bare name is then the person, unless
    the text says "in" or "near" it.
    """
    names, full, placed = set(), set(), set()
    for each in found:
        if each.end - each.start > 1:
            continue
        name = text.tokens.plains[each.start]
        if text.is_placed(each):
            placed.add(name)
        elif _is_family_name(text, each) or _is_given_name(text, each):
            names.add(name)
            full.add(each.start)
    return Persons(names=frozenset(names - placed), full=frozenset(full))


def _is_family_name(text: Text, found: Found) -> bool:
    """Say whether a given name, a title or a strange name stands before a name."""
    words, tokens, n = text.gazetteer.words, text.tokens, found.start - 1
    if n < 0 or tokens.cases[n] not in _CAPITAL or not _touches(text, n):
        return False
    before = tokens.plains[n]
    if before in words.given or before in words.titles:
        return tokens.plains[found.start] in words.personal or bool(found.towns)
    opens = n == 0 or tokens.cases[n - 1] is Case.NONE
    return found.is_small_town and not opens and _is_strange(text, before)


def _is_given_name(text: Text, found: Found) -> bool:
    """Say whether a family name stands behind a name. In a headline any word may have a capital."""
    tokens, n = text.tokens, found.end
    if found.start < text.head or tokens.plains[found.start] not in text.gazetteer.words.forenames:
        return False
    if n >= len(tokens.words) or tokens.cases[n] is not Case.TITLE or not _touches(text, n - 1):
        return False
    return _is_strange(text, tokens.plains[n])


def _is_strange(text: Text, word: str) -> bool:
    """Say whether a word with a capital is no place and does not go with one."""
    if word in text.gazetteer.words.qualifiers:
        return False
    node = text.gazetteer.find(word)
    return node is None or all(sense.kind is Kind.CITY and not is_great(sense) for sense in node.senses)


def _touches(text: Text, n: int) -> bool:
    """Say whether only a space stands between a word and the next."""
    return text.tokens.starts[n + 1] - text.tokens.ends[n] == 1
