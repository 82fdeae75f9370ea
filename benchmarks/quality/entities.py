"""How well people and organisations are found: `python -m benchmarks.quality.entities [--set S] [--worst N]`.

Judges what comes out of a paragraph by what a reader listed. `--set names` (30 of them, sets/entities.yaml):
each name once, under its fullest form; a person found under the surname alone is wrong twice, a name too many
and one missing. `--set dev` and `--set held` (60 each, sets/entities-*.jsonl): each person and body by its
mentions; only one with all its mentions and no other is right.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from pipeline.model import Entity, Entry
from pipeline.settings import shipped_config_dir
from workers.normalise.document import Source, normalise
from workers.tag.enricher import Enricher
from workers.tag.models import installed_models
from workers.tag.ner import Models
from workers.tag.tagger import load_tagger

_SETS = Path(__file__).parent / "sets"
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


def read_set(name: str) -> list[dict[str, Any]]:
    """Read the paragraphs of a set; an entity of its own name, or of its mentions' texts, is one text."""
    if name == "names":
        return list(yaml.safe_load((_SETS / "entities.yaml").read_text()))
    lines = (_SETS / f"entities-{name}.jsonl").read_text().splitlines()
    read = [{"id": f"{name}-{number}", **json.loads(line)} for number, line in enumerate(lines, 1)]
    return [
        {**each, **{kind: [_joined(one["mentions"]) for one in each[kind]] for kind in _KINDS}}
        for each in read
    ]


def outcomes(enricher: Enricher, name: str) -> list[Outcome]:
    read = []
    for each in read_set(name):
        entry = Entry(format="text", text=each["text"], language=each["language"])
        document = normalise(entry, Source(provider="example"), None, now=_NOW)
        document, tagging = enricher.tagger.tag(document)
        tagging = enricher.enrich(document, tagging)
        for kind in _KINDS:
            found = frozenset(_told(one, name) for one in getattr(tagging, kind))
            read.append(Outcome(each["id"], each["language"], kind, found, frozenset(each[kind])))
    return read


def _told(entity: Entity, name: str) -> str:
    return entity.name if name == "names" else _joined([each.text for each in entity.mentions])


def _joined(mentions: Sequence[str]) -> str:
    return " | ".join(mentions)


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
    parser.add_argument("--set", choices=("names", "dev", "held"), default="names")
    options = parser.parse_args()
    enricher = Enricher(tagger=load_tagger(shipped_config_dir()), models=Models(installed_models()))
    read = outcomes(enricher, options.set)
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


if __name__ == "__main__":
    main()
