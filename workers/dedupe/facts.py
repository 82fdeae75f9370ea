"""Numbers and names of a text, each in its frame: the words around it.

The same frame with another number or name in it is what a template leaves from one day, company or match to
the next; an edited copy replaces, adds or drops sentences and keeps the facts of those it leaves.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.store.terms import search_terms
from workers.dedupe.lexicon import NUMBER_WORDS

#: words on either side of a fact that make its frame
_REACH = 2
_END = "\n"
_NUMBER = "#"
_NAME = "@"
#: of the words of a text written in capitals: more, and capitals say nothing
_MOST_CAPITALS = 0.5

_TOKEN = re.compile(r"\d+(?:[.,:/’'-]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|[.!?]+(?=\s|$)|\n\n")


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one text."""

    #: frame → what stands in it, in order
    framed: Mapping[tuple[str, ...], Sequence[str]]
    names: int
    #: share of its words that are numbers
    numeric: float


@dataclass(frozen=True, slots=True)
class Difference:
    """What stands in the same frame of two texts."""

    one: str
    other: str
    #: else a name
    is_number: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two texts agree where their frames are the same."""

    numbers: int
    names: int
    differing: tuple[Difference, ...]


def facts_of(text: str) -> Facts:
    """Read the facts of a text."""
    tokens = _TOKEN.findall(text)
    pieces = list(_pieces(tokens, _common_words(tokens)))
    masks = [_END] * _REACH + [mask for mask, _ in pieces] + [_END] * _REACH
    framed: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    names = numbers = 0
    for at, (mask, value) in enumerate(pieces):
        if mask in (_NUMBER, _NAME):
            framed[tuple(masks[at : at + 2 * _REACH + 1])].append(value)
            names += mask == _NAME
            numbers += mask == _NUMBER
    return Facts(framed, names, numbers / max(len(pieces), 1))


def agreement(one: Facts, other: Facts) -> Agreement:
    """Compare what stands in the frames that both texts have."""
    agreed: Counter[bool] = Counter()
    differing: list[Difference] = []
    for frame, values in one.framed.items():
        others = other.framed.get(frame)
        if others is None:
            continue
        is_number = frame[_REACH] == _NUMBER
        if values == others:  # most are, and counting them costs ten times the look
            agreed[is_number] += len(values)
            continue
        common = Counter(values) & Counter(others)
        agreed[is_number] += common.total()
        # Where a frame comes more often in one text, what is over there was left out of the other.
        rest, other_rest = Counter(values) - common, Counter(others) - common
        for value, another in zip(rest.elements(), other_rest.elements(), strict=False):
            if _agree(value, another):
                agreed[is_number] += 1
            else:
                differing.append(Difference(value, another, is_number))
    return Agreement(agreed[True], agreed[False], tuple(dict.fromkeys(differing)))


def _agree(value: str, another: str) -> bool:
    """Facts agree where one is part of the other: "Biden" and "President Biden", "1997" and "June 1997"."""
    if value == another:
        return True
    one, other = set(search_terms(value)), set(search_terms(another))
    return one <= other or other <= one


def _common_words(tokens: Sequence[str]) -> frozenset[str] | None:
    """Give the words that a text writes small somewhere; None where its capitals tell no names."""
    words = [token for token in tokens if token[0].isalpha()]
    small = frozenset(word for word in words if word[0].islower())
    capitals = sum(word[0].isupper() for word in words)
    return small if capitals <= _MOST_CAPITALS * len(words) else None


def _pieces(tokens: Sequence[str], common: frozenset[str] | None) -> Iterator[tuple[str, str]]:
    """Give (mask, value) of each word: facts are masked, and those of a kind in a row are one."""
    kinds = []
    at_start = True
    for token in tokens:
        kinds.append((_kind(token, common, at_start=at_start), token))
        at_start = not token[0].isalnum()
    for kind, group in groupby(kinds, key=lambda each: each[0]):
        if kind in (_NUMBER, _NAME):
            yield kind, " ".join(token.casefold() for _, token in group)
        else:
            yield from ((kind or token.casefold(), "") for _, token in group)


def _kind(token: str, common: frozenset[str] | None, *, at_start: bool) -> str:
    """Say what a token is: a number, a name, an end of sentence, or (empty) a word."""
    if token[0].isdigit() or token.casefold() in NUMBER_WORDS:
        return _NUMBER
    if not token[0].isalpha():
        return _END
    if common is None or not token[0].isupper():
        return ""
    return "" if at_start and token.casefold() in common else _NAME
