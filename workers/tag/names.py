"""The longest names of places that a text holds, as far as they are written as such names are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workers.tag.gazetteer.file import Gazetteer
from workers.tag.gazetteer.values import Kind, Sense, Spoken
from workers.tag.tokens import Case, Tokens, is_shouted

#: people of a town that everybody knows, and of a capital
GREAT_PEOPLE = 1_000_000
_CAPITAL_PEOPLE = 200_000
#: English, and what short English texts are taken for
_ENGLISH = frozenset(("en", "pcm", "sco"))
_FRENCH = frozenset(("fr",))
_HYPHENS = frozenset("-‐‑")
_OPENING = frozenset(",(")
_REGIONS = frozenset((Kind.COUNTRY, Kind.ABBREVIATION, Kind.SUBDIVISION, Kind.CODE))


@dataclass(frozen=True, slots=True)
class Found:
    """A name in a text, and what it may mean there."""

    #: first word and the one after the last
    start: int
    end: int
    senses: tuple[Sense, ...]

    @property
    def towns(self) -> list[Sense]:
        """Give the towns it may mean."""
        return [sense for sense in self.senses if sense.kind is Kind.CITY]

    @property
    def is_region(self) -> bool:
        """Say whether it can stand behind a town: "Tokyo, Japan", "TROY, N.C."."""
        return self.senses[0].kind in _REGIONS

    @property
    def is_small_town(self) -> bool:
        """Say whether it can only be a town that few know."""
        return all(sense.kind is Kind.CITY and not is_great(sense) for sense in self.senses)


@dataclass(frozen=True, slots=True)
class Text:
    """A text to look for names in."""

    tokens: Tokens
    gazetteer: Gazetteer
    #: BCP 47; None: not known
    language: str | None = None
    #: words of the headline
    head: int = 0
    #: its places are written in capitals, as datelines are, whatever the rest
    capitals: bool = False

    def in_english(self) -> bool:
        """Say whether it is English."""
        return (self.language or "").split("-")[0] in _ENGLISH

    def in_french(self) -> bool:
        """Say whether it is French."""
        return (self.language or "").split("-")[0] in _FRENCH

    def ordinary(self) -> frozenset[str]:
        """Give the names that are ordinary words here."""
        words = self.gazetteer.words.ordinary
        if self.in_english() or self.in_french():
            return words["en" if self.in_english() else "fr"]
        return words["en"] | words["fr"]

    def name(self, found: Found) -> str:
        """Give a name's plain words."""
        return " ".join(self.tokens.plains[found.start : found.end])

    def is_placed(self, found: Found) -> bool:
        """Say whether a word before a name says that it is a place: "in", "near"."""
        return found.start > 0 and self.tokens.words[found.start - 1] in self.gazetteer.words.locative

    def is_followed(self, found: Found, other: Found) -> bool:
        """Say whether another name stands right behind, a comma or bracket between."""
        return other.start == found.end + 1 and self.tokens.plains[found.end] in _OPENING


def is_great(sense: Sense) -> bool:
    """Say whether a town is one that everybody knows."""
    return sense.population >= GREAT_PEOPLE or (sense.capital and sense.population >= _CAPITAL_PEOPLE)


def find_names(text: Text) -> list[Found]:
    """Find the longest names, first to last, without overlap."""
    tokens, small, lower = text.tokens, text.gazetteer.words.small, Case.LOWER
    nodes = text.gazetteer.nodes(tokens.plains)
    starts = [
        n
        for n, (plain, case) in enumerate(zip(tokens.plains, tokens.cases, strict=True))
        if nodes[plain] is not None and (case is not lower or tokens.words[n] in small)
    ]
    head, body = _Matcher(text, in_head=True), _Matcher(text, in_head=False)
    done, found = 0, []
    for start in starts:
        if start >= done and (name := (head if start < text.head else body).longest(start)):
            found.append(name)
            done = name.end
    return found


class _Matcher:
    """Matches names in the headline or in the body of a text."""

    def __init__(self, text: Text, *, in_head: bool) -> None:
        self._tokens = text.tokens
        self._find = text.gazetteer.find
        self._speaking = text.gazetteer.words.speaking
        self._spoken = _spoken(text)
        cases = text.tokens.cases[: text.head] if in_head else text.tokens.cases[text.head :]
        self._shouted = text.capitals or is_shouted(cases)
        self._rules: Mapping[Kind, Callable[[Sense, int, int], bool]] = {
            Kind.NOTHING: lambda *_: True,
            Kind.DEMONYM: self._is_demonym,
            Kind.ABBREVIATION: self._is_abbreviation,
            Kind.PREFIX: self._is_prefix,
            Kind.CODE: self._is_code,
            Kind.CITY: self._is_town,
        }

    def longest(self, start: int) -> Found | None:
        """Walk along the words for as long as a name goes on; give the longest that may stand here."""
        plains = self._tokens.plains
        key, end, best = plains[start], start + 1, None
        node = self._find(key)
        while node is not None:
            if senses := tuple(sense for sense in node.senses if self._fits(sense, start, end)):
                best = Found(start, end, senses)
            if not node.more or end >= len(plains):
                break
            key = f"{key} {plains[end]}"
            node, end = self._find(key), end + 1
        return best

    def _fits(self, sense: Sense, start: int, end: int) -> bool:
        """Say whether a name has this sense as it is written here."""
        if not sense.spoken & self._spoken:
            return False
        if sense.kind in self._rules:
            return self._rules[sense.kind](sense, start, end)
        return self._tokens.cases[start] is not Case.LOWER

    def _is_demonym(self, sense: Sense, start: int, end: int) -> bool:
        """Say whether a demonym is one; the French write adjectives small."""
        written = self._tokens.cases[start] is not Case.LOWER or bool(sense.spoken & Spoken.FR)
        return written and not self._is_language(start, end)

    def _is_town(self, sense: Sense, start: int, _end: int) -> bool:
        """Say whether a town's name is no acronym: "ICO" is no town in Brazil."""
        case = self._tokens.cases[start]
        acronym = case is Case.UPPER and not self._shouted and not (sense.own and is_great(sense))
        return case is not Case.LOWER and not acronym

    def _is_prefix(self, _sense: Sense, _start: int, end: int) -> bool:
        """Say whether a hyphen follows: "Franco-German"."""
        return self._tokens.text[self._tokens.ends[end - 1] :][:1] in _HYPHENS

    def _is_abbreviation(self, _sense: Sense, start: int, _end: int) -> bool:
        """Say whether a word is written as abbreviations are: in capitals, or with a point and a capital."""
        word = self._tokens.text[self._tokens.starts[start] : self._tokens.ends[start]]
        if self._tokens.cases[start] is Case.UPPER:
            return not (self._shouted and word == "US")
        return "." in word and word[:1].isupper()

    def _is_code(self, _sense: Sense, start: int, end: int) -> bool:
        """Say whether a code stands where codes do: behind a name and a comma or bracket."""
        tokens = self._tokens
        if start < 2 or tokens.plains[start - 1] not in _OPENING:
            return False
        if tokens.cases[start - 2] in (Case.LOWER, Case.NONE):
            return False
        # Some tokenisers leave an abbreviation its point, others cut it off.
        dotted = "." in tokens.text[tokens.starts[start] : tokens.ends[end - 1] + 1]
        return dotted or (tokens.cases[start] is Case.UPPER and not self._shouted)

    def _is_language(self, start: int, end: int) -> bool:
        """Say whether a demonym names a language: "speaks Russian", but not "in Russian waters"."""
        before = self._tokens.plains[start - 1] if start else ""
        if before == "in":
            return end >= len(self._tokens.cases) or self._tokens.cases[end] is Case.NONE
        return before in self._speaking


def _spoken(text: Text) -> Spoken:
    """Say which languages' names to look for."""
    if text.in_french():
        return Spoken.FR | Spoken.EN
    return Spoken.EN if text.in_english() else Spoken.ALL
