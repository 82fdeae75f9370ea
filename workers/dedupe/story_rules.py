"""Words of kinds of events, countries, weekdays and numbers, in several languages: `config/stories.yaml`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Generic, TypeVar

from pipeline.cache_sizes import STORY_WORDS
from pipeline.config.source import Complaint, Source
from pipeline.settings import shipped_config_dir
from workers.dedupe.romanise import bare_arabic

FILE_NAME = "stories.yaml"
_SECTIONS = ("kinds", "countries", "weekdays", "numbers", "common")
#: what `numbers` lists for a language
_NUMBERS = (*range(2, 21), *range(30, 100, 10))
_DAYS = 7
#: letters by which patterns are found
_FIRST = 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A word as rules write it: `word`, `word*`, `*word` or `*word*`."""

    text: str
    open_before: bool
    open_behind: bool

    def fits(self, word: str) -> bool:
        """Say whether a word is meant."""
        if self.open_before:
            return self.text in word if self.open_behind else word.endswith(self.text)
        return word.startswith(self.text) if self.open_behind else word == self.text


@dataclass(frozen=True, slots=True)
class Meanings:
    """What words of one language say, whoever writes them."""

    kinds: "Lookup[str]"
    countries: "Lookup[str]"
    #: number of the day, Monday is 0
    weekdays: "Lookup[int]"
    numbers: Mapping[str, int] = field(default_factory=dict)
    common: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one word says."""

    kinds: tuple[str, ...] = ()
    #: ISO 3166-1 alpha-2
    countries: tuple[str, ...] = ()
    weekday: int | None = None
    number: int | None = None
    #: True: any text has it
    common: bool = False


#: what most words say
NOTHING = Meaning()


class Lookup(Generic[T]):
    """Patterns and what each means, of which only those are tried that begin as a word does."""

    def __init__(self, patterns: Iterable[tuple[Pattern, T]]) -> None:
        self._by_first: defaultdict[str, list[tuple[int, Pattern, T]]] = defaultdict(list)
        for place, (pattern, value) in enumerate(patterns):
            first = "" if pattern.open_before else pattern.text[:_FIRST]
            self._by_first[first].append((place, pattern, value))

    def of(self, word: str) -> Iterator[T]:
        """Give what a word means, in the order of the rules."""
        tried = {word[:length] for length in range(_FIRST + 1)}
        found = (each for first in tried for each in self._by_first.get(first, ()))
        return (value for _, pattern, value in sorted(found, key=itemgetter(0)) if pattern.fits(word))


class StoryRules:
    """The rules, ready. A word is looked up once and then remembered."""

    def __init__(self, by_language: Mapping[str, Meanings]) -> None:
        self._by_language = by_language
        self.meaning = lru_cache(STORY_WORDS)(self._meaning)

    def _meaning(self, word: str, language: str) -> Meaning:
        """Say what a word means; it is in small letters without accents."""
        known = self._by_language.get(language)
        if known is None:
            return NOTHING
        word = bare_arabic(word) if language == "ar" else _plain(word)
        meaning = Meaning(
            kinds=tuple(dict.fromkeys(known.kinds.of(word))),
            countries=tuple(known.countries.of(word)),
            weekday=next(known.weekdays.of(word), None),
            number=known.numbers.get(word),
            common=word in known.common,
        )
        return NOTHING if meaning == NOTHING else meaning


def load_story_rules(config_dir: Path) -> StoryRules:
    """Load the rules; where the configuration has no file of its own, the shipped one.

    Raises:
        ConfigError: The file is wrong; with line and column.
    """
    own = config_dir / FILE_NAME
    source = Source.read_rules(own if own.exists() else shipped_config_dir() / FILE_NAME)
    rules = _Reader(source).read()
    source.refuse()
    return rules


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source

    def read(self) -> StoryRules:
        value = self._mapping(self._source.value, ())
        for unknown in value.keys() - set(_SECTIONS):
            self._complain((unknown,), f"unknown key (known: {', '.join(_SECTIONS)})")
        kinds = list(self._kinds(self._mapping(value.get("kinds"), ("kinds",))))
        countries, weekdays, numbers, common = (
            self._mapping(value.get(name), (name,)) for name in _SECTIONS[1:]
        )
        languages = {language for language, _, _ in kinds}.union(countries, weekdays, numbers, common)
        return StoryRules(
            {
                each: Meanings(
                    kinds=Lookup((pattern, kind) for language, pattern, kind in kinds if language == each),
                    countries=Lookup(self._countries(each, countries.get(each))),
                    weekdays=Lookup(self._weekdays(each, weekdays.get(each))),
                    numbers=dict(self._numbers(each, numbers.get(each))),
                    common=frozenset(self._words(common.get(each, "-"), each, ("common", each))),
                )
                for each in sorted(languages)
            }
        )

    def _kinds(self, kinds: Mapping[str, object]) -> Iterator[tuple[str, Pattern, str]]:
        for kind, by_language in kinds.items():
            for language, words in self._mapping(by_language, ("kinds", kind)).items():
                for pattern in self._patterns(words, language, ("kinds", kind, language)):
                    yield language, pattern, kind

    def _countries(self, language: str, countries: object) -> Iterator[tuple[Pattern, str]]:
        place = ("countries", language)
        for code, words in self._mapping(countries, place).items():
            for pattern in self._patterns(words, language, (*place, code)):
                yield pattern, code

    def _weekdays(self, language: str, days: object) -> Iterator[tuple[Pattern, int]]:
        place = ("weekdays", language)
        if days is None:
            return
        if not isinstance(days, list) or len(days) != _DAYS:
            self._complain(place, "should be a list of seven days, Monday first")
            return
        for day, words in enumerate(days):
            for pattern in self._patterns(words, language, (*place, day)):
                yield pattern, day

    def _numbers(self, language: str, words: object) -> Iterator[tuple[str, int]]:
        if words is None:
            return
        listed = words.split() if isinstance(words, str) else []
        if len(listed) != len(_NUMBERS):
            self._complain(("numbers", language), "should be the numbers from 2 to 20, then the tens to 90")
            return
        yield from zip(map(_plain, listed), _NUMBERS, strict=True)

    def _patterns(self, words: object, language: str, place: tuple[str | int, ...]) -> Iterator[Pattern]:
        for word in self._words(words, language, place):
            text = word.strip("*")
            if not text or "*" in text:
                self._complain(place, f'"{word}": a * stands at the beginning or end of a word')
            else:
                yield Pattern(text, word.startswith("*"), word.endswith("*"))

    def _words(self, words: object, language: str, place: tuple[str | int, ...]) -> Iterator[str]:
        if not isinstance(words, str) or not words.strip():
            self._complain(place, "should be words, parted by spaces")
            return
        yield from map(bare_arabic if language == "ar" else _plain, words.split())

    def _mapping(self, value: object, place: tuple[str | int, ...]) -> dict[str, object]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self._complain(place, "should be a mapping of keys and values")
            return {}
        return value

    def _complain(self, place: tuple[str | int, ...], message: str) -> None:
        self._source.complaints.append(Complaint(place=place, message=message))


def _plain(word: str) -> str:
    return word.replace("ß", "ss").replace("ё", "е")
