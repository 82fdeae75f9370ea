"""Which of the marked names are organisations', and where each is named. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from workers.tag.gazetteer.values import Kind as Sense
from workers.tag.marked import WRITTEN, Gathered, MarkedText, Name, is_region, senses_of
from workers.tag.tokens import Case

#: how far before a word a minister's title may stand: "ministre saoudien de l'Energie"
_TITLE_REACH = 4
_POSTS = frozenset(["minister", "ministre", "secretary", "secretaire", "ministers", "ministres"])


def _is_body(text: MarkedText, name: Name) -> bool:
    """Say whether words may be an organisation's name."""
    words = text.plain(name)
    if " ".join(words) in text.agencies or text.words.forms.issuperset(words) or is_region(text, name):
        return False
    if len(words) > 1:
        return Sense.CITY not in senses_of(text, name)
    return not (
        text.touches(name, text.places) or words[0] in text.gazetteer.words.qualifiers or _is_post(text, name)
    )


def _is_post(text: MarkedText, name: Name) -> bool:
    """Say whether a word is what a minister is minister of: "Finance Minister", "ministre de l'Energie"."""
    plains = text.tokens.plains
    behind = plains[name.end] if name.end < len(plains) else ""
    around = plains[max(0, name.first - _TITLE_REACH) : name.first]
    return behind in _POSTS or not _POSTS.isdisjoint(around)


def bodies_among(text: MarkedText, marked: Sequence[Name], taken: frozenset[int]) -> list[Gathered]:
    """Put the mentions of each organisation together, in the order of the first."""
    bodies: dict[tuple[str, ...], Gathered] = {}
    for name in (each for each in marked if _is_body(text, each)):
        whole = _without_country(text, name)
        if not set(range(whole.first, whole.end)) <= taken:
            words = text.plain(whole)
            bodies.setdefault(words, Gathered(words))
    for name in list(_abbreviations(text, bodies)):
        bodies.setdefault(text.plain(name), Gathered(text.plain(name)))
    free = [n not in taken and n not in text.bodies for n in range(len(text.tokens.words))]
    for words in sorted(bodies, key=len, reverse=True):
        for name in _places_of(text, words):
            inside = range(name.first, name.end)
            if (len(words) > 1 or free[name.first]) and all(free[n] or n in taken for n in inside):
                bodies[words].names.append(name)
                for n in inside:
                    free[n] = False
    merged = _merged(text, [each for each in bodies.values() if each.names])
    return sorted(merged, key=lambda each: min(name.first for name in each.names))


def _abbreviations(text: MarkedText, bodies: Iterable[tuple[str, ...]]) -> Iterator[Name]:
    """Find what stands in brackets behind a name and is written as abbreviations are."""
    plains, cases = text.tokens.plains, text.tokens.cases
    for words in bodies:
        for name in _places_of(text, words):
            at = name.end + 1
            if (
                plains[name.end : at] == ("(",)
                and plains[at + 1 : at + 2] == (")",)
                and cases[at] is Case.UPPER
            ):
                yield Name(at, at + 1)


def _without_country(text: MarkedText, name: Name) -> Name:
    """Leave out a country's abbreviation before a name: "U.S. Centers for Disease Control"."""
    one = Name(name.first, name.first + 1)
    if name.end - name.first > 2 and Sense.ABBREVIATION in senses_of(text, one):
        return Name(name.first + 1, name.end)
    return name


def _places_of(text: MarkedText, words: tuple[str, ...]) -> Iterator[Name]:
    """Find where a name stands, written as names are."""
    plains, cases = text.tokens.plains, text.tokens.cases
    for n, word in enumerate(plains):
        if word == words[0] and cases[n] in WRITTEN and tuple(plains[n : n + len(words)]) == words:
            yield Name(n, n + len(words))


def _merged(text: MarkedText, bodies: Sequence[Gathered]) -> list[Gathered]:
    """Join to a full name its abbreviation in brackets, and what is short of it."""
    merged: list[Gathered] = []
    for body in sorted(bodies, key=lambda each: (-len(each.words), each.names[0].first)):
        full = next((each for each in merged if _stands_for(text, body, each)), None)
        if full is None:
            merged.append(body)
        else:
            full.names = sorted([*full.names, *body.names], key=lambda name: name.first)
    return merged


def _stands_for(text: MarkedText, short: Gathered, full: Gathered) -> bool:
    size = len(short.words)
    if size < len(full.words) and short.words == full.words[:size]:
        return size == 1 or text.words.forms.issuperset(full.words[size:])
    if size > 1 or len(full.words) == 1:
        return False
    behind = {name.end + 1 for name in full.names if text.tokens.plains[name.end : name.end + 1] == ("(",)}
    return any(name.first in behind for name in short.names)
