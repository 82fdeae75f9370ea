"""What a document is about, in terms that another language or agency would share. Pure but for what was seen.

Words and their weights serve within a language; across languages it is the skeletons of names, numbers,
places, kinds of events and days. Rare counts more than common, by what has been seen so far; the weights are
fixed when a document is read and stored with it, so that a decision can be repeated from what is stored.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from unicodedata import decimal

from pipeline.cache_sizes import SEEN_TRAITS, STORY_WORDS
from pipeline.model import Document, StoryTraits, Tagging
from workers.dedupe.romanise import bare_arabic, skeleton
from workers.dedupe.story_rules import NOTHING, Meaning, StoryRules
from workers.normalise.lexicon.calendar import MONTHS
from workers.tag.tokens import Case, Tokens, plain, tagged_text, tokenise

#: of the documents seen last, that say what is rare
REMEMBERED = 20_000
#: code points read: what an event is stands in the first paragraphs
_READ = 3_000
#: words after which a word weighs a third of what it does at the beginning
_FADE = 60
_LEAST_WORD = 3
_LEAST_SKELETON = 3
_LEAST_CASELESS = 4
_STEM = 6
_ENGLISH_STEM = 7
_ENGLISH_ENDINGS = ("ing", "ed", "es", "s", "ly")
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_SENTENCE_MARKS = frozenset(".!?:\"“”«»„…'`")
_MOST_DAYS = 31
#: month's name without accents → its number
_MONTH_NUMBERS = {plain(name): number for name, number in MONTHS.items()}
#: of documents, that a language is taken to have had before the first: the first ones are no surprise
_PRIOR = 20
#: a number of one digit stands in any text
_SMALL_NUMBER = 0.3


@dataclass(slots=True)
class RawTraits:
    """What was counted in one document, before anything is weighed."""

    language: str
    words: dict[str, float] = field(default_factory=dict)
    names: dict[str, float] = field(default_factory=dict)
    #: name, place or country → as written
    written: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)
    kinds: dict[str, float] = field(default_factory=dict)
    places: dict[str, float] = field(default_factory=dict)
    days: set[str] = field(default_factory=set)


class Seen:
    """In how many documents each trait was seen lately, by language where it belongs to one.

    Args:
        memory: Documents after which the oldest are forgotten; half as many are always remembered.
        most: Traits of so many of them after which the same happens.
    """

    def __init__(self, memory: int = REMEMBERED, most: int = SEEN_TRAITS) -> None:
        self._half = memory // 2
        self._most = most
        self._count = 0
        self._traits = 0
        self._now: defaultdict[str, _Counted] = defaultdict(_Counted)
        self._before: defaultdict[str, _Counted] = defaultdict(_Counted)

    def add(self, language: str, channels: Mapping[str, Mapping[str, float]]) -> None:
        """Count a document's traits."""
        if self._count == self._half or self._traits >= self._most:
            self._before, self._now = self._now, defaultdict(_Counted)
            self._count = self._traits = 0
        self._count += 1
        for scope, traits in _scoped(language, channels):
            counted = self._now[scope]
            known = len(counted.having)
            counted.documents += 1
            counted.having.update(traits.keys())
            self._traits += len(counted.having) - known

    def rarities(self, scope: str, traits: Iterable[str]) -> dict[str, float]:
        """Say how much it tells that a document has a trait: 0 or more."""
        now, before = self._now[scope], self._before[scope]
        documents = now.documents + before.documents + _PRIOR
        return {
            trait: max(0.0, math.log(documents / (now.having[trait] + before.having[trait] + 0.5)))
            for trait in traits
        }


class _Counted:
    """What was counted in one scope."""

    __slots__ = ("documents", "having")

    def __init__(self) -> None:
        self.documents = 0
        self.having: Counter[str] = Counter()


def read_traits(document: Document, tagging: Tagging, rules: StoryRules, at: datetime) -> RawTraits:
    """Count what a document is about.

    Args:
        document: Normalised.
        tagging: Its tagging: places and countries.
        rules: Words of kinds, countries, days and numbers.
        at: When it was published, for the days it speaks of.
    """
    text = tagged_text(document)[:_READ]
    language = (document.language or "").split("-")[0]
    raw = RawTraits(language=language)
    tokens = tokenise(text, document.language)
    _read_words(raw, tokens, rules, at, head=len(document.headline or ""))
    for region in tagging.regions:
        raw.places[region.code[:2]] = raw.places.get(region.code[:2], 0) + region.score
        if len(region.code) == len(region.code[:2]):
            raw.written[region.code] = region.name
    dateline = document.dateline.place if document.dateline else None
    for place in (*(each.place for each in tagging.places), *([dateline] if dateline else [])):
        key = str(place.geonames)
        raw.places[key] = raw.places.get(key, 0) + 1
        raw.written[key] = place.name
    return raw


def weigh(raw: RawTraits, seen: Seen) -> StoryTraits:
    """Weigh traits by how rare they are, and count them as seen."""
    channels = {
        "words": raw.words,
        "names": raw.names,
        "numbers": raw.numbers,
        "kinds": raw.kinds,
        "places": raw.places,
    }
    seen.add(raw.language, channels)
    rare = {
        scope.partition("/")[0]: seen.rarities(scope, traits)
        for scope, traits in _scoped(raw.language, channels)
    }
    return StoryTraits(
        language=raw.language,
        words=_unit({word: math.log1p(count) * rare["words"][word] for word, count in raw.words.items()}),
        names={name: round(math.log1p(n) * rare["names"][name], 3) for name, n in raw.names.items()},
        written=raw.written,
        numbers={
            number: round(weight * (_SMALL_NUMBER if len(number) == 1 else 1), 3)
            for number, weight in rare["numbers"].items()
        },
        kinds=_unit({kind: math.log1p(n) * (rare["kinds"][kind] + 0.05) for kind, n in raw.kinds.items()}),
        places=_unit(
            {place: math.log1p(n) * (rare["places"][place] + 0.05) for place, n in raw.places.items()}
        ),
        days=tuple(sorted(raw.days)),
    )


def _scoped(
    language: str, channels: Mapping[str, Mapping[str, float]]
) -> Iterator[tuple[str, Mapping[str, float]]]:
    for name, traits in channels.items():
        yield (f"words/{language}" if name == "words" else name), traits


def _unit(weights: dict[str, float]) -> dict[str, float]:
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {trait: round(weight / length, 3) for trait, weight in weights.items()} if length else {}


def _read_words(raw: RawTraits, tokens: Tokens, rules: StoryRules, at: datetime, *, head: int) -> None:
    small = {word for word, case in zip(tokens.plains, tokens.cases, strict=True) if case is Case.LOWER}
    raw.days.update(_dates(tokens.plains, at))
    before, first = ".", -1
    for n, (word, case) in enumerate(zip(tokens.plains, tokens.cases, strict=True)):
        is_name = False
        if word[:1].isdigit():
            _note_number(raw, word)
        elif case is not Case.NONE:
            meaning = rules.meaning(word, raw.language)
            if meaning is not NOTHING:
                _note_meaning(raw, meaning, 2.0 if tokens.starts[n] < head else 1.0, at)
            opens = before in _SENTENCE_MARKS and word in small
            if len(word) >= _LEAST_WORD and meaning.weekday is None and not meaning.common:
                _note_word(raw, tokens, n)
                is_name = _may_be_name(word, case) and not opens
        if is_name:
            first = n if first < 0 else first
            _note_name(raw, tokens, first, n)
        else:
            first = -1
        before = word


def _note_word(raw: RawTraits, tokens: Tokens, n: int) -> None:
    stem = _stem(tokens.plains[n], raw.language)
    capital = 2 if tokens.cases[n] in (Case.TITLE, Case.UPPER) else 1
    raw.words[stem] = raw.words.get(stem, 0) + capital * (1 + 2 * math.exp(-n / _FADE))


def _note_name(raw: RawTraits, tokens: Tokens, first: int, n: int) -> None:
    """Note a word of a name, and both words where the one before belongs to it.

    Args:
        raw: Is told of it.
        tokens: The text.
        first: Where the name begins.
        n: Where the word stands.
    """
    key = _name_key(tokens.plains[n], raw.language)
    _count_name(raw, key, tokens.text[tokens.starts[n] : tokens.ends[n]])
    if first < n and tokens.cases[n] is not Case.CASELESS:
        both = f"{_name_key(tokens.plains[n - 1], raw.language)} {key}"
        _count_name(raw, both, tokens.text[tokens.starts[n - 1] : tokens.ends[n]])


def _name_key(word: str, language: str) -> str:
    """Give what a name is alike by in every script; of few consonants, it is the word itself."""
    key = skeleton(word, language)
    return key if len(key) >= _LEAST_SKELETON else word


def _count_name(raw: RawTraits, key: str, written: str) -> None:
    raw.names[key] = raw.names.get(key, 0) + 1
    raw.written.setdefault(key, written)


def _may_be_name(word: str, case: Case) -> bool:
    return case in (Case.TITLE, Case.UPPER) or (case is Case.CASELESS and len(word) >= _LEAST_CASELESS)


def _note_number(raw: RawTraits, word: str) -> None:
    """Note a number as it is written in any language; years are noted as days are."""
    if not word.isascii():
        word = "".join(str(decimal(char)) if char.isdecimal() else char for char in word)
    number = re.sub("[.,]", "", word) if _GROUPED.fullmatch(word) else word.replace(",", ".")
    if found := _NUMBER.match(number):
        if _YEAR.fullmatch(found[0]):
            raw.days.add(found[0])
        else:
            raw.numbers[found[0]] = 1


def _note_meaning(raw: RawTraits, meaning: Meaning, weight: float, at: datetime) -> None:
    for kind in meaning.kinds:
        raw.kinds[kind] = raw.kinds.get(kind, 0) + weight
    for country in meaning.countries:
        raw.places[country] = raw.places.get(country, 0) + weight
    if meaning.weekday is not None:
        raw.days.add(_last(meaning.weekday, at).isoformat())
    if meaning.number is not None:
        raw.numbers[str(meaning.number)] = 1


def _dates(words: Sequence[str], at: datetime) -> Iterator[str]:
    """Give the days a text names by month and day; without a year, the year of its publication is meant."""
    for n, word in enumerate(words):
        month = _MONTH_NUMBERS.get(word)
        if month is None:
            continue
        around = (*words[max(0, n - 2) : n][::-1], *words[n + 1 : n + 4])
        day = next((int(each) for each in around if each.isdecimal() and 1 <= int(each) <= _MOST_DAYS), None)
        year = next((each for each in words[n + 1 : n + 4] if _YEAR.fullmatch(each)), at.year)
        if day is not None:
            yield f"{year}-{month:02}-{day:02}"


def _last(weekday: int, at: datetime) -> date:
    """Give the last such day: news tells of what was."""
    return (at - timedelta(days=(at.weekday() - weekday) % 7)).date()


@lru_cache(STORY_WORDS)
def _stem(word: str, language: str) -> str:
    if language == "ar":
        return bare_arabic(word)[:_STEM]
    if language != "en":
        return word[:_STEM]
    for ending in _ENGLISH_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_WORD:
            return word[: -len(ending)][:_ENGLISH_STEM]
    return word[:_ENGLISH_STEM]
