"""How well countries are told: `python -m benchmarks.quality.regions [--worst N]`.

Judges the role `subject` by editors' country labels of 13,571 wire stories of 1987. Three in ten were set
aside before there was any rule, by a hash of their id (sets/wire-regions-set-aside.txt): of those only the
figures are looked at. What counts is the micro-F1 of stories whose label is not just 'usa'; historic codes
count as their successors.
"""

import argparse
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.model import Document, Entry, Tag
from workers.normalise.document import Source, normalise
from workers.tag.gazetteer.compile import compile_gazetteer
from workers.tag.gazetteer.file import load_gazetteer
from workers.tag.regions import SUBJECT, regions_of
from workers.tag.tokens import tagged_text, tokenise

_ROOT = Path(__file__).parents[2]
_STORIES = _ROOT.parent / "shared" / "data" / "wire-regions" / "train.jsonl.gz"
_SET_ASIDE = Path(__file__).parent / "sets" / "wire-regions-set-aside.txt"
_SUCCESSORS = {"SU": "RU", "DD": "DE", "CS": "CZ", "YD": "YE", "YU": "RS"}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Story:
    document: Document
    gold: frozenset[str]
    set_aside: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    story: Story
    tags: Sequence[Tag]

    @property
    def told(self) -> frozenset[str]:
        return frozenset(_SUCCESSORS.get(tag.code, tag.code) for tag in self.tags if SUBJECT in tag.roles)


def stories() -> Iterator[Story]:
    aside = {line for line in _SET_ASIDE.read_text().split("\n") if line and line[0] != "#"}
    with gzip.open(_STORIES, "rt") as lines:
        for line in lines:
            record = json.loads(line)
            entry = Entry(
                format="jsonl",
                guid=record["id"],
                headline=record["headline"],
                text=record["text"],
                provider="wire",
            )
            yield Story(
                document=normalise(entry, Source(provider="wire"), None, now=NOW),
                gold=frozenset(_SUCCESSORS.get(code, code) for code in record["countries"]),
                set_aside=record["id"] in aside,
            )


def f1(outcomes: Sequence[Outcome]) -> str:
    right = sum(len(each.told & each.story.gold) for each in outcomes)
    told = sum(len(each.told) for each in outcomes)
    gold = sum(len(each.story.gold) for each in outcomes)
    precision, recall = right / told, right / gold
    score = 2 * precision * recall / (precision + recall)
    return f"F1 {score:.4f}  precision {precision:.4f}  recall {recall:.4f}  stories {len(outcomes)}"


def report(name: str, outcomes: Sequence[Outcome]) -> None:
    other = [each for each in outcomes if each.story.gold != {"US"}]
    print(f"{name}: labelled, not just usa   {f1([each for each in other if each.story.gold])}")
    print(f"{name}: with those not labelled  {f1(other)}")
    print(f"{name}: all                      {f1(outcomes)}")


def worst(outcomes: Sequence[Outcome], count: int) -> None:
    """Show the stories of the development part with the most countries wrong."""
    wrong = sorted(outcomes, key=lambda each: -len(each.told ^ each.story.gold))
    for each in wrong[:count]:
        document = each.story.document
        print(
            f"{document.guid}: gold {sorted(each.story.gold)}, told {sorted(each.told)}: {document.headline}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worst", type=int, default=0, help="stories of the development part to show")
    parser.add_argument("--gazetteer", type=Path, default=_ROOT / ".pytest_cache" / "gazetteer.bin")
    options = parser.parse_args()
    gazetteer = load_gazetteer(compile_gazetteer(options.gazetteer))
    read = list(stories())
    outcomes = [
        Outcome(
            each,
            regions_of(
                each.document, tokenise(tagged_text(each.document), each.document.language), gazetteer
            ).regions,
        )
        for each in read
    ]
    report("development", [each for each in outcomes if not each.story.set_aside])
    report("set aside  ", [each for each in outcomes if each.story.set_aside])
    worst([each for each in outcomes if not each.story.set_aside], options.worst)


if __name__ == "__main__":
    main()
