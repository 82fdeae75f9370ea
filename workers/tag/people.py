"""Which of the marked names are people's, and where each person is named, in full or by surname. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from workers.tag.gazetteer.values import Kind as Sense
from workers.tag.marked import WRITTEN, Gathered, MarkedText, Name, is_region, senses_of
from workers.tag.tokens import Case

_MOST_WORDS = 6


def people_among(text: MarkedText, marked: Sequence[Name]) -> list[Gathered]:
    """Put the mentions of each person together, in the order of the first."""
    names = [name for name in marked if _is_personal(text, name)]
    people: list[Gathered] = []
    for name in names:
        if text.is_full(name) and text.plain(name)[0] not in text.words.particles:
            _add_full_name(text, people, name)
    single = [name for name in names if not _bearers(people, text.plain(name))]
    for name in single:
        same = sum(text.plain(each) == text.plain(name) for each in single)
        if (same > 1 or text.is_titled(name.first)) and not text.touches(name, text.places):
            _person(people, text.plain(name))
    for mention, person in _mentions_of(text, people, frozenset(names)):
        person.names.append(mention)
    return sorted((each for each in people if each.names), key=lambda each: each.names[0].first)


def _is_personal(text: MarkedText, name: Name) -> bool:
    """Say whether words may be a person's name."""
    tokens, particles = text.tokens, text.words.particles
    words = range(name.first, name.end)
    if len(words) > _MOST_WORDS or is_region(text, name):
        return False
    if len(words) > 1 and Sense.CITY in senses_of(text, name):
        return False
    return all(
        (tokens.cases[n] in WRITTEN or tokens.plains[n] in particles)
        and not any(map(str.isdigit, tokens.plains[n]))
        for n in words
    )


def _add_full_name(text: MarkedText, people: list[Gathered], name: Name) -> None:
    """Note a full name; one that differs by a middle name or initial only is the same person's."""
    words = text.plain(name)
    for person in people:
        if _is_same(person.words, words):
            person.words = max(person.words, words, key=lambda each: (len(each), len("".join(each))))
            return
    _person(people, words)


def _person(people: list[Gathered], words: tuple[str, ...]) -> None:
    if all(each.words != words for each in people):
        people.append(Gathered(words))


def _is_same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Say whether two full names are one person's: "K. McKenzie" and "Kenneth F. McKenzie"."""
    if one[-1] != other[-1] or len(one) == 1 or len(other) == 1:
        return False
    a, b = one[0].rstrip("."), other[0].rstrip(".")
    return a == b or (min(len(a), len(b)) == 1 and a[:1] == b[:1])


def _bearers(people: Iterable[Gathered], words: tuple[str, ...]) -> list[Gathered]:
    """Find whose surname some words are."""
    return [each for each in people if len(each.words) > len(words) and each.words[-len(words) :] == words]


def _mentions_of(
    text: MarkedText, people: Sequence[Gathered], marked: frozenset[Name]
) -> Iterator[tuple[Name, Gathered]]:
    """Find every place where a person is named, by full name or surname, whether a model marked it or not."""
    by_surname: dict[str, list[Gathered]] = defaultdict(list)
    for person in people:
        by_surname[person.words[-1]].append(person)
    last: dict[str, Gathered] = {}
    for n, word in enumerate(text.tokens.plains):
        if word not in by_surname or text.tokens.cases[n] is Case.LOWER or n in text.bodies:
            continue
        name, bearers = _longest_name(text, n, by_surname[word])
        full = next((each for each in bearers if _is_same(each.words, text.plain(name))), None)
        if full is not None:
            last[word] = full
            yield name, full
        elif _stands_alone(text, name, marked=name in marked):
            yield name, last[word] if last.get(word) in bearers else bearers[0]


def _longest_name(text: MarkedText, n: int, bearers: Sequence[Gathered]) -> tuple[Name, Sequence[Gathered]]:
    """Give the longest name that ends with a word and that somebody bears, and who does."""
    longest = max(len(each.words) for each in bearers)
    for length in range(min(longest, n + 1), 1, -1):
        name = Name(n + 1 - length, n + 1)
        words = text.plain(name)
        if own := [each for each in bearers if words == each.words[-length:] or _is_same(words, each.words)]:
            return name, own
    return Name(n, n + 1), bearers


def _stands_alone(text: MarkedText, name: Name, *, marked: bool) -> bool:
    """Say whether a surname is no place and no part of another name ("Hunter Biden", "Burke Foundation")."""
    if text.touches(name, text.places) and not (marked and text.is_titled(name.first)):
        return False
    return marked or _is_shouted(text, name) or not (_goes_on(text, name) or _begins_before(text, name))


def _is_shouted(text: MarkedText, name: Name) -> bool:
    return text.tokens.cases[name.end - 1] is Case.UPPER


def _goes_on(text: MarkedText, name: Name) -> bool:
    """Say whether another word with a capital follows."""
    n = name.end
    return n < len(text.tokens.words) and text.follows(n) and text.tokens.cases[n] in (Case.TITLE, Case.UPPER)


def _begins_before(text: MarkedText, name: Name) -> bool:
    """Say whether a word of a name stands before, and no title."""
    n = name.first - 1
    if not text.follows(name.first) or text.tokens.cases[n] not in WRITTEN:
        return False
    return text.tokens.plains[n] not in text.words.titles | text.stop_words
