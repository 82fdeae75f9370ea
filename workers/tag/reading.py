"""Reading rule files: values by the kind they should be, and complaints that point at what is wrong.

A list of terms is the same wherever it stands: words, or `words: weight`. See docs/topics.md.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.config.source import Complaint, Source
from pipeline.config.words import KeyPath, suggest
from pipeline.settings import shipped_config_dir
from workers.tag.matcher import Phrase, read_phrase

MAX_WEIGHT = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term of one language."""

    #: as written
    text: str
    phrase: Phrase
    #: 0: where it stands, its words say nothing of the topic
    weight: float


@dataclass(slots=True)
class Reading:
    """One file while it is read: its values, and what is wrong with them."""

    source: Source
    wrong: list[Complaint] = field(default_factory=list)

    def complain(self, place: KeyPath, message: str, *, at_key: bool = False) -> None:
        """Note what is wrong at a place."""
        self.wrong.append(Complaint(place=place, message=message, at_key=at_key))

    def mapping(self, value: object, place: KeyPath, known: Collection[str]) -> dict[str, object]:
        """Read a mapping that may have these keys; nothing at all is an empty one."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.complain(place, "should be a mapping of keys and values")
            return {}
        for key in value.keys() - known:
            meant = suggest(key, known)
            hint = f' (did you mean "{meant}"?)' if meant else f" (known: {', '.join(sorted(known))})"
            self.complain((*place, key), f"unknown key{hint}", at_key=True)
        return value

    def items(self, value: object, place: KeyPath) -> list[object]:
        """Read a list; nothing at all is an empty one."""
        if value is None or isinstance(value, list):
            return value or []
        self.complain(place, "should be a list")
        return []

    def words(self, value: object, place: KeyPath) -> str:
        """Read a text that must be there."""
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.complain(place, "should be text" if value else "is missing")
        return ""

    def number(self, value: object, place: KeyPath, most: float) -> float:
        """Read a number over 0; where it is wrong, 1 stands in for it."""
        try:
            number = float(str(value))
        except ValueError:
            number = 0.0
        if 0 < number <= most:
            return number
        self.complain(place, f"should be a number over 0, and at most {most:g}")
        return 1.0

    def terms(self, value: object, place: KeyPath, language: str, *, weight: float = 1.0) -> tuple[Term, ...]:
        """Read a list of terms; each may stand there once."""
        found: dict[Phrase, Term] = {}
        for index, item in enumerate(self.items(value, place)):
            for text, where, own in self._weighted(item, (*place, index), weight):
                try:
                    phrase = read_phrase(text, language)
                except ValueError as error:
                    self.complain(where, f'"{text}": {error}')
                    continue
                if phrase in found:
                    self.complain(where, f'"{text}" stands here twice (first as "{found[phrase].text}")')
                found[phrase] = Term(text=text, phrase=phrase, weight=own)
        return tuple(found.values())

    def _weighted(self, item: object, place: KeyPath, weight: float) -> Iterator[tuple[str, KeyPath, float]]:
        if isinstance(item, dict) and weight:
            for text, number in item.items():
                yield text, (*place, text), self.number(number, (*place, text), MAX_WEIGHT)
        elif isinstance(item, str):
            yield item, place, weight
        else:
            self.complain(place, "should be a term" + (", or `term: weight`" if weight else ""))


def rules_path(config_dir: Path, name: str) -> Path:
    """Find a file or directory of rules: in the configuration, else as it is shipped."""
    own = config_dir / name
    return own if own.exists() else shipped_config_dir() / name
