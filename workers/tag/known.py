"""Armed groups and bodies that are known by name, as entities.yaml has them: found without any model.

Their terms are looked for together with those of the beats, in one pass over the words (workers.tag.tagger).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.source import Source
from pipeline.config.words import KeyPath
from pipeline.model import Entity, Mention
from workers.tag.matcher import Match, Phrase, read_phrase
from workers.tag.reading import Reading, rules_path
from workers.tag.rules import LANGUAGES
from workers.tag.tokens import Case, Tokens, is_shouted, plain, tokenise

FILE_NAME = "entities.yaml"
_KEYS = ("name", "names", *LANGUAGES, "short")
_WORD_LISTS = ("titles", "particles", "bodies", "forms", "agencies")
#: list of an entry → languages of the texts in which its names count
_LISTS = (("names", LANGUAGES), *((each, (each,)) for each in LANGUAGES), ("short", LANGUAGES))
#: letters of an abbreviation that must be in capitals, and may be a word where everything is: "WHO", "UN"
_ABBREVIATION = 3


@dataclass(frozen=True, slots=True)
class _Name:
    """One name of a body."""

    #: of the body, in the order of the file
    body: int
    #: how each word must be written at least; LOWER: anyhow
    cases: tuple[Case, ...]
    #: languages of texts in which it counts
    languages: tuple[str, ...]
    #: counts only where another name of the body stands in the text
    short: bool

    @property
    def is_abbreviation(self) -> bool:
        """Say whether it is a word only by its capitals."""
        return self.cases == (Case.UPPER,)

    def stands_in(self, language: str, cases: Sequence[Case]) -> bool:
        """Say whether words of a text are written as this name is. Other languages take every name."""
        spoken = language in self.languages or language not in LANGUAGES
        return spoken and all(map(_is_written, cases, self.cases))


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityWords:
    """Words by which people and organisations are told apart. All are plain words."""

    #: before a person's name, and no part of it
    titles: frozenset[str] = frozenset()
    #: inside a person's name, written small
    particles: frozenset[str] = frozenset()
    #: of an organisation's name
    bodies: frozenset[str] = frozenset()
    #: forms of companies
    forms: frozenset[str] = frozenset()
    #: names of news agencies
    agencies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBodies:
    """The bodies of entities.yaml, compiled."""

    words: EntityWords

    #: what to look for; its index is the term of a match
    phrases: tuple[Phrase, ...]
    names: tuple[tuple[_Name, ...], ...]
    bodies: tuple[str, ...]


def load_known(config_dir: Path) -> KnownBodies:
    """Read and compile entities.yaml. Raises ConfigError with file, line, column, and what is wrong."""
    reading = _BodyReading(Source.read_rules(rules_path(config_dir, FILE_NAME)))
    whole = reading.mapping(reading.source.value, (), {"words", "entities"})
    words = reading.word_lists(whole.get("words"))
    bodies, found = reading.bodies(whole.get("entities"))
    reading.source.refuse(reading.wrong)
    return KnownBodies(
        words=words,
        phrases=tuple(found),
        names=tuple(tuple(names) for names in found.values()),
        bodies=tuple(bodies),
    )


def known_in(
    language: str | None, tokens: Tokens, matches: Sequence[Match], known: KnownBodies
) -> tuple[Entity, ...]:
    """Give the known bodies that a text names, each once with its mentions, in the order of the first.

    Args:
        language: Of the text, BCP 47; None: not known.
        tokens: Of the text.
        matches: Of the phrases, left to right, at one place the longest first.
        known: Compiled.
    """
    if not matches:
        return ()
    base = (language or "").split("-")[0].lower()
    named = list(_named(base, tokens, matches, known))
    whole = {name.body for _, name in named if not name.short}
    mentions: dict[int, list[Mention]] = defaultdict(list)
    done = 0
    for match, name in named:
        if match.first >= done and name.body in whole:
            mentions[name.body].append(_mention(tokens, match))
            done = match.end
    return tuple(Entity(name=known.bodies[body], mentions=tuple(where)) for body, where in mentions.items())


def _named(
    language: str, tokens: Tokens, matches: Sequence[Match], known: KnownBodies
) -> Iterator[tuple[Match, _Name]]:
    """Give the matches that are written as a name of the text's language is."""
    shouted = is_shouted(tokens.cases)
    for match in matches:
        cases = tokens.cases[match.first : match.end]
        loud = shouted or _in_capitals(tokens, match)
        for name in known.names[match.term]:
            if name.stands_in(language, cases) and not (loud and name.is_abbreviation):
                yield match, name


def _in_capitals(tokens: Tokens, match: Match) -> bool:
    """Say whether the words right before and behind are in capitals too: a headline that shouts."""
    around = (match.first - 1, match.end)
    return any(0 <= n < len(tokens.cases) and tokens.cases[n] is Case.UPPER for n in around)


def _is_written(written: Case, wanted: Case) -> bool:
    if wanted is Case.UPPER:
        return written is Case.UPPER
    return wanted is not Case.TITLE or written is not Case.LOWER


def _mention(tokens: Tokens, match: Match) -> Mention:
    start, end = tokens.starts[match.first], tokens.ends[match.end - 1]
    return Mention(field="text", text=tokens.text[start:end], start=start, end=end)


class _BodyReading(Reading):
    """entities.yaml while it is read."""

    def word_lists(self, value: object) -> EntityWords:
        """Read the lists of words."""
        lists = self.mapping(value, ("words",), _WORD_LISTS)
        return EntityWords(
            **{
                name: frozenset(map(plain, self.words(text, ("words", name)).split()))
                for name, text in lists.items()
                if name in _WORD_LISTS
            }
        )

    def bodies(self, listed: object) -> tuple[list[str], Mapping[Phrase, list[_Name]]]:
        """Read what the bodies are called, and their names."""
        bodies: list[str] = []
        found: dict[Phrase, list[_Name]] = defaultdict(list)
        for index, item in enumerate(self.items(listed, ("entities",))):
            place = ("entities", index)
            value = self.mapping(item, place, _KEYS)
            called = self.words(value.get("name"), (*place, "name"))
            if called in bodies:
                self.complain((*place, "name"), f'there is a "{called}" already')
            bodies.append(called)
            if not any(value.get(key) for key in ("names", *LANGUAGES)):
                self.complain(place, "has no names to look for")
            for phrase, name in self._names(value, place, index):
                found[phrase].append(name)
        return bodies, found

    def _names(
        self, value: Mapping[str, object], place: KeyPath, body: int
    ) -> Iterator[tuple[Phrase, _Name]]:
        """Give the names of one body, once for each way in which they are cut."""
        seen: set[str] = set()
        for key, languages in _LISTS:
            for index, item in enumerate(self.items(value.get(key), (*place, key))):
                where = (*place, key, index)
                text = self.words(item, where)
                if text in seen:
                    self.complain(where, f'"{text}" stands here twice')
                seen.add(text)
                for phrase, cases in self._cut(text, languages, where).items():
                    yield phrase, _Name(body=body, cases=cases, languages=languages, short=key == "short")

    def _cut(self, text: str, languages: Sequence[str], place: KeyPath) -> Mapping[Phrase, tuple[Case, ...]]:
        try:
            return {read_phrase(text, each): _cases(text, each) for each in languages if text}
        except ValueError as error:
            self.complain(place, f'"{text}": {error}')
            return {}


def _cases(text: str, language: str) -> tuple[Case, ...]:
    """Say how a name's words must be written: long abbreviations may have small letters ("Otan")."""
    tokens = tokenise(text.replace("*", ""), language)
    return tuple(
        Case.TITLE if case is Case.UPPER and len(word) > _ABBREVIATION and "." not in word else case
        for word, case in zip(tokens.words, tokens.cases, strict=True)
    )
