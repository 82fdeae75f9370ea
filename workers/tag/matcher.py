"""Terms of rules, and where they stand in a text: one look-up for each word of the text.

A term is words as a desk editor writes them: "air strike*", "cessez-le-feu". A word that ends in `*` stands
for every word that begins so. Case never counts. Accents count, except on capitals, where wires leave them
out: "Etats", "REELECTION" (but "Mais" is not "maïs").
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pipeline.cache_sizes import MATCHED_WORDS, RULE_WORDS
from workers.tag.tokens import Case, Tokens, cut_word, plain

#: with fewer letters a beginning stands for too many words; inside a phrase the others say what is meant
LEAST_PREFIX = 3
LEAST_PREFIX_IN_PHRASE = 2


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a term."""

    text: str
    #: without an accent on the first letter
    title: str
    #: without accents
    upper: str
    #: True: any word that begins so
    prefix: bool = False

    def fits(self, word: str, case: Case) -> bool:
        """Say whether a folded word of a text is meant."""
        return self._is(word, self.text) or (
            (case is Case.TITLE and self._is(word, self.title))
            or (case is Case.UPPER and self._is(word, self.upper))
        )

    def _is(self, word: str, text: str) -> bool:
        return word.startswith(text) if self.prefix else word == text


#: a term as it is looked for
Phrase = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Where a term stands: its words are tokens[first:end]."""

    first: int
    end: int
    #: index of the term
    term: int


def read_phrase(term: str, language: str) -> Phrase:
    """Cut a term as a text is cut. Raises ValueError with what is wrong with it.

    >>> [(word.text, word.prefix) for word in read_phrase("Air strike*", "en")]
    [('air', False), ('strike', True)]
    """
    phrase: list[Word] = []
    for written in term.split():
        stem = written.removesuffix("*")
        if "*" in stem:
            raise ValueError("a * stands only at the end of a word")
        words = _words(stem, language)
        if stem != written and words:
            words = (*words[:-1], replace(words[-1], prefix=True))
        phrase += words
    if not phrase:
        raise ValueError("a term is empty")
    least = LEAST_PREFIX if len(phrase) == 1 else LEAST_PREFIX_IN_PHRASE
    if any(word.prefix and len(word.text) < least for word in phrase):
        raise ValueError(f"a * needs at least {least} letters before it")
    return tuple(phrase)


@lru_cache(RULE_WORDS)  # half of the words of all terms stand in several
def _words(written: str, language: str) -> tuple[Word, ...]:
    return tuple(Word(word, plain(word[0]) + word[1:], plain(word)) for word in cut_word(written, language))


class Matcher:
    """Finds many terms at once, each by its longest word.

    It remembers which terms may hold a word it has seen; what it finds never depends on that.
    """

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._holders = _Holders(phrases)
        longest_first = sorted(range(len(phrases)), key=lambda term: _size(phrases[term]), reverse=True)
        self._ranks = {term: rank for rank, term in enumerate(longest_first)}

    def find(self, tokens: Tokens) -> list[Match]:
        """Give every place of every term, left to right; at one place the longest first."""
        if len(self._holders) > MATCHED_WORDS:
            self._holders.clear()
        found: list[Match] = []
        for place, holders in enumerate(map(self._holders.__getitem__, tokens.words)):
            for term, phrase, offset in holders:
                first = place - offset
                if _stands(phrase, tokens, first):
                    found.append(Match(first, first + len(phrase), term))
        ranks = self._ranks
        return sorted(found, key=lambda match: (match.first, ranks[match.term]))


def parted(matches: Sequence[Match], first: int) -> tuple[list[Match], list[Match]]:
    """Part the matches of two lists of phrases that were looked for together; each gets its own numbers.

    Args:
        matches: Of both.
        first: Length of the first list.
    """
    one = [match for match in matches if match.term < first]
    other = [replace(match, term=match.term - first) for match in matches if match.term >= first]
    return one, other


def _stands(phrase: Phrase, tokens: Tokens, first: int) -> bool:
    words, cases = tokens.words, tokens.cases
    if first < 0 or first + len(phrase) > len(words):
        return False
    for at, word in enumerate(phrase, first):  # noqa: SIM110 - three times as fast as all(), on the hottest path
        if not word.fits(words[at], cases[at]):
            return False
    return True


def _size(phrase: Phrase) -> tuple[int, int]:
    return len(phrase), sum(len(word.text) for word in phrase)


#: index of a term, the term, which of its words it is looked up by
_Holder = tuple[int, Phrase, int]


class _Holders(dict[str, tuple[_Holder, ...]]):
    """Word of a text → terms whose longest word it may be; worked out when first asked."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        super().__init__()
        self._whole: dict[str, list[_Holder]] = {}
        self._prefixes: dict[str, list[_Holder]] = {}
        for term, phrase in enumerate(phrases):
            offset = max(range(len(phrase)), key=lambda at: len(phrase[at].text))
            word = phrase[offset]
            table = self._prefixes if word.prefix else self._whole
            for key in {word.text, word.title, word.upper}:
                table.setdefault(key, []).append((term, phrase, offset))
        self._lengths = sorted({len(prefix) for prefix in self._prefixes})

    def __missing__(self, word: str) -> tuple[_Holder, ...]:
        found = list(self._whole.get(word, ()))
        for length in self._lengths:
            if length <= len(word):
                found += self._prefixes.get(word[:length], ())
        self[word] = holders = tuple(found)
        return holders
