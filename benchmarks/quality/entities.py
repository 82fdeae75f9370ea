"""How well people and organisations are found: `python -m benchmarks.quality.entities [--worst N]`.

Judges the names that come out of a paragraph, each once, by those that a reader listed (sets/entities.yaml).
A person found under the surname alone is wrong twice: a name too many, and one missing.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from pipeline.model import Entity, Entry
from pipeline.settings import shipped_config_dir
from workers.normalise.document import Source, normalise
from workers.tag.enricher import Enricher
from workers.tag.ner import Models, installed_models
from workers.tag.tagger import load_tagger

_SET = Path(__file__).parent / "sets" / "entities.yaml"
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_KINDS = ("people", "organisations")


@dataclass(frozen=True, slots=True)
class Outcome:
    paragraph: str
    language: str
    kind: str
    found: frozenset[str]
    wanted: frozenset[str]

    @property
    def wrong(self) -> int:
        return len(self.found ^ self.wanted)


def outcomes(enricher: Enricher) -> list[Outcome]:
    read = []
    for each in yaml.safe_load(_SET.read_text()):
        entry = Entry(format="text", text=each["text"], language=each["language"])
        document = normalise(entry, Source(provider="example"), None, now=_NOW)
        document, tagging = enricher.tagger.tag(document)
        tagging = enricher.enrich(document, tagging)
        for kind in _KINDS:
            found = _names(getattr(tagging, kind))
            read.append(Outcome(each["id"], each["language"], kind, found, frozenset(each[kind])))
    return read


def report(name: str, chosen: Sequence[Outcome]) -> None:
    right = sum(len(each.found & each.wanted) for each in chosen)
    found, wanted = sum(len(each.found) for each in chosen), sum(len(each.wanted) for each in chosen)
    precision, recall = right / found, right / wanted
    score = 2 * precision * recall / (precision + recall)
    parts = (f"precision {precision:.3f} ({right}/{found})", f"recall {recall:.3f} ({right}/{wanted})")
    print(f"{name:24} F1 {score:.3f}", *parts, sep="  ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worst", type=int, default=0, help="outcomes to show that have most wrong")
    options = parser.parse_args()
    enricher = Enricher(tagger=load_tagger(shipped_config_dir()), models=Models(installed_models()))
    read = outcomes(enricher)
    for kind in _KINDS:
        for language in ("en", "fr"):
            report(
                f"{kind}, {language}",
                [each for each in read if (each.kind, each.language) == (kind, language)],
            )
    for each in sorted(read, key=lambda each: -each.wrong)[: options.worst]:
        if each.wrong:
            extra, missing = sorted(each.found - each.wanted), sorted(each.wanted - each.found)
            print(f"{each.paragraph} {each.kind}: too many {extra}, missing {missing}")


def _names(entities: Sequence[Entity]) -> frozenset[str]:
    return frozenset(each.name for each in entities)


if __name__ == "__main__":
    main()
