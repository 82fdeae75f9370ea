"""The second step of tagging: people and organisations, which take a model. See workers.tag.ner."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from pipeline.model import Document, Tagging
from workers.tag.entities import entities_of
from workers.tag.models import base_language
from workers.tag.ner import Models, stop_words
from workers.tag.tagger import Tagger
from workers.tag.tokens import tagged_text, tokenise


@dataclass(frozen=True, slots=True, kw_only=True)
class Enricher:
    """Models and rules, ready."""

    tagger: Tagger
    models: Models

    def enrich(self, document: Document, tagging: Tagging) -> Tagging:
        """Give a tagging with the people and organisations of its document."""
        text = tagged_text(document)
        tokens = tokenise(text, document.language)
        people, organisations = entities_of(
            document,
            tokens,
            self.models.spans(text, document.language),
            tagging,
            gazetteer=self.tagger.gazetteer,
            words=self.tagger.known.words,
            stop_words=stop_words(),
        )
        rules = f"{tagging.rules or self.tagger.version}+{self.models.version}"
        return replace(tagging, rules=rules, people=people, organisations=organisations)


def wants_enriching(document: Document, languages: Collection[str]) -> bool:
    """Say whether a document goes on the queue `enrich`: where there is a model of its language here.

    Copies go too: to pass over those that are in the store already would make who is named in which of them
    a matter of which came first.
    """
    return base_language(document.language) in languages
