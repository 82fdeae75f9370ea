"""Words of a text, once per document: what regions and topics are looked up by.

spaCy's blank tokenisers cut the text; words are then cut finer, so that a name is cut alike in every language
and spelling: "Saint-Denis" is `saint denis`, "l'Iran" is `l iran`, "Iran's" is `iran s`, and scripts that
write no spaces give single characters.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain, compress, repeat
from operator import add
from typing import Any

import spacy

from pipeline.cache_sizes import TOKENISED_WORDS
from pipeline.model import Document

#: languages with rules of their own; all others are cut by the rules of `xx`. So is French: its own rules
#: take over two seconds to load, and cut nothing else once words are cut finer
_LANGUAGES = ("en",)
_OTHER = "xx"

_APOSTROPHES = str.maketrans("’ʼ‘`´＇", "''''''")
#: letters that do not decompose, as they are written without diacritics
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe"})
# Only marks that are often left out: in Indic and Japanese writing a mark makes another letter.
_MARKS = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]")
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
#: between the parts of a word: "Saint-Denis", "l'Iran", "Iran's"
_JOINTS = frozenset("-‐‑'’ʼ")
_PART = re.compile(rf"[{_UNSPACED}()\[\]/]|[^{_UNSPACED}()\[\]/\-‐‑'’ʼ]+")


class Case(IntEnum):
    """How a word is written."""

    LOWER = 0
    #: begins with a capital
    TITLE = 1
    #: two letters or more, all capitals
    UPPER = 2
    #: of a script without capitals
    CASELESS = 3
    #: no letter in it
    NONE = 4


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of a text, parallel lists. Punctuation is a word, but not what joins two parts of one."""

    text: str
    #: folded: see `fold`
    words: Sequence[str]
    #: without diacritics: see `plain`
    plains: Sequence[str]
    #: code points of `text`; text[start:end] is the word as written
    starts: Sequence[int]
    ends: Sequence[int]
    cases: Sequence[Case]


#: folded, plain, start and end within spaCy's token, case
_Part = tuple[str, str, int, int, Case]


def fold(word: str) -> str:
    """Write a word without regard to case and compatibility forms; diacritics stay.

    >>> fold("L’ÉTAT")
    "l'état"
    """
    if word.isascii():
        return word.lower().replace("`", "'")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold()).translate(
        _APOSTROPHES
    )


def plain(word: str) -> str:
    """Fold a word and take off its diacritics and the point of an abbreviation.

    >>> [plain(each) for each in ("Łódź", "États", "St.", "U.S.", "São")]
    ['lodz', 'etats', 'st', 'u.s', 'sao']
    """
    folded = fold(word)
    if not folded.isascii():
        bare = _MARKS.sub("", unicodedata.normalize("NFD", folded))
        folded = unicodedata.normalize("NFC", bare).translate(_LETTERS)
    return folded[:-1] if len(folded) > 1 and folded.endswith(".") else folded


def tagged_text(document: Document) -> str:
    """Give the text that tags are read from and that the field "text" of evidence counts in."""
    if document.headline is None:
        return document.body_text
    return f"{document.headline}\n\n{document.body_text}"


def tokenise(text: str, language: str | None) -> Tokens:
    """Cut a text into words.

    Args:
        text: See `tagged_text`.
        language: BCP 47; None: not known.
    """
    return _cutter(language).cut(text)


def cut_word(word: str, language: str | None) -> Sequence[str]:
    """Cut a word that stands alone as it would be cut in a text; gives words, folded.

    >>> cut_word("cannot", "en"), cut_word("Market", "en")
    (('can', 'not'), ('market',))
    """
    return _cutter(language).cut_word(word)


def split_name(name: str) -> tuple[str, ...]:
    """Cut a name as it would be cut in a text, into plain words.

    >>> split_name("Port-au-Prince"), split_name("St. John's"), split_name("N'Djamena")
    (('port', 'au', 'prince'), ('st', 'john', 's'), ('n', 'djamena'))
    """
    words = re.findall(r"[,()/]|[^\s,()/]+", name)
    return tuple(plain(word[start:end]) for word in words for start, end in _pieces(word))


def is_shouted(cases: Iterable[Case]) -> bool:
    """Say whether words are in capitals all through, as some headlines and wires are."""
    counts = Counter(cases)
    return counts[Case.UPPER] > 1 and counts[Case.LOWER] * 4 < counts[Case.UPPER]


def warm_up() -> None:
    """Load the tokenisers, before workers are forked."""
    for language in (*_LANGUAGES, _OTHER):
        _cutter(language).cut("")


class _Cutter:
    """A blank spaCy tokeniser, and what its words were cut into."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._load()

    def _load(self) -> None:
        tokenizer: Any = spacy.blank(self._language).tokenizer
        # The default of 10,000 words is full after a few hundred documents; each new word then costs more.
        tokenizer.max_cache_size = 2 * TOKENISED_WORDS
        # Nobody asks for the shape or norm of a word; making them takes half the time of a new one.
        tokenizer.vocab.lex_attr_getters = {}
        self._cut = tokenizer
        self._strings = tokenizer.vocab.strings
        self._parts: dict[int, tuple[_Part, ...]] = {}
        self._joints = {self._strings.add(joint) for joint in _JOINTS}

    def cut(self, text: str) -> Tokens:
        if len(self._parts) > TOKENISED_WORDS:
            self._load()  # spaCy never forgets a word
        document = self._cut(text)
        rows = document.to_array(["ORTH", "IDX"])
        keys, places = rows[:, 0].tolist(), rows[:, 1].tolist()
        known = self._parts
        for key in set(keys).difference(known):
            known[key] = tuple(_parts(self._strings[key]))
        found = list(map(known.__getitem__, keys))
        flat = list(chain.from_iterable(found))
        if len(flat) != len(places):
            places = list(chain.from_iterable(map(repeat, places, map(len, found))))
        words, plains, starts, ends, cases = zip(*flat, strict=True) if flat else ((),) * 5
        tokens = Tokens(
            text=text,
            words=words,
            plains=plains,
            starts=tuple(map(add, places, starts)),
            ends=tuple(map(add, places, ends)),
            cases=cases,
        )
        return tokens if self._joints.isdisjoint(keys) else _without_joints(tokens)

    def cut_word(self, word: str) -> Sequence[str]:
        # Of letters alone, spaCy cuts its special cases only: asking it takes ten times as long.
        if word.isalpha() and word not in self._cut.rules:
            return tuple(fold(word[start:end]) for start, end in _pieces(word))
        return self.cut(word).words


_cutters: dict[str, _Cutter] = {}


def _cutter(language: str | None) -> _Cutter:
    base = (language or "").split("-")[0].lower()
    key = base if base in _LANGUAGES else _OTHER
    if key not in _cutters:
        _cutters[key] = _Cutter(key)
    return _cutters[key]


def _parts(word: str) -> list[_Part]:
    """Cut one token finer. What joins its parts goes; a token that is nothing else stays."""
    return [_part(word[start:end], start, end) for start, end in _pieces(word)]


def _pieces(word: str) -> list[tuple[int, int]]:
    return [match.span() for match in _PART.finditer(word)] or [(0, len(word))]


def _part(piece: str, start: int, end: int) -> _Part:
    folded, bare = fold(piece), plain(piece)
    return folded, folded if bare == folded else bare, start, end, _case(piece)


def _without_joints(tokens: Tokens) -> Tokens:
    """Leave out a hyphen or apostrophe right between two words: some languages' rules cut it off."""
    starts, ends, last = tokens.starts, tokens.ends, len(tokens.words) - 1
    drop = {
        n
        for n, word in enumerate(tokens.words)
        if word in _JOINTS and 0 < n < last and ends[n - 1] == starts[n] and ends[n] == starts[n + 1]
    }
    if not drop:
        return tokens
    keep = [n not in drop for n in range(last + 1)]
    return Tokens(
        text=tokens.text,
        words=tuple(compress(tokens.words, keep)),
        plains=tuple(compress(tokens.plains, keep)),
        starts=tuple(compress(starts, keep)),
        ends=tuple(compress(ends, keep)),
        cases=tuple(compress(tokens.cases, keep)),
    )


def _case(piece: str) -> Case:
    letters = [char for char in piece if char.isalpha()]
    if not letters:
        return Case.NONE
    if not letters[0].isupper():
        return Case.LOWER if letters[0].islower() else Case.CASELESS
    return Case.UPPER if len(letters) > 1 and piece == piece.upper() else Case.TITLE
