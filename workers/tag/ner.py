"""The pretrained pipelines that mark names in English and French: the home of their packages.

Only the component that marks names is loaded, with what it reads from. They are loaded in the process that
enriches documents and in no other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

from workers.tag.models import MODELS, base_language
from workers.tag.tokens import plain

#: code points of a text that are read; what a story is about stands in its beginning
MOST_CHARS = 2_500

_LEFT_OUT = ("parser", "tagger", "morphologizer", "lemmatizer", "attribute_ruler", "senter")


class Kind(StrEnum):
    """What a model takes a name for."""

    PERSON = "person"
    ORGANISATION = "organisation"
    PLACE = "place"


#: labels of the models; others (dates, sums, works, peoples) are nothing to us
_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "PER": Kind.PERSON,
        "PERSON": Kind.PERSON,
        "ORG": Kind.ORGANISATION,
        "LOC": Kind.PLACE,
        "GPE": Kind.PLACE,
        "FAC": Kind.PLACE,
    }
)


@dataclass(frozen=True, slots=True)
class Span:
    """A name that a model marked: text[start:end]."""

    kind: Kind
    start: int
    end: int


class Models:
    """The pipelines, each loaded when it is first needed."""

    def __init__(self, languages: frozenset[str]) -> None:
        self._languages = languages
        self._pipelines: dict[str, Any] = {}
        #: names the models; stands in taggings
        self.version = "+".join(f"{each}-{version(MODELS[each])}" for each in sorted(languages))

    def warm_up(self) -> None:
        """Load all of them now."""
        for language in self._languages:
            self._pipeline(language)
        stop_words()

    def spans(self, text: str, language: str | None) -> Iterator[Span]:
        """Mark the names in the beginning of a text; none where its language has no model."""
        base = base_language(language)
        if base in self._languages:
            pipeline = self._pipeline(base)
            with pipeline.memory_zone():  # else it would keep every word that it ever saw
                marked = [
                    Span(kind, found.start_char, found.end_char)
                    for found in pipeline(text[:MOST_CHARS]).ents
                    if (kind := _KINDS.get(found.label_))
                ]
            yield from marked

    def _pipeline(self, language: str) -> Any:
        if language not in self._pipelines:
            self._pipelines[language] = import_module(MODELS[language]).load(exclude=_LEFT_OUT)
        return self._pipelines[language]


@cache
def stop_words() -> frozenset[str]:
    """Give the words that name nothing by themselves; spaCy takes two seconds to load the French ones."""
    listed = (import_module(f"spacy.lang.{language}.stop_words").STOP_WORDS for language in MODELS)
    return frozenset(plain(word) for words in listed for word in words)
