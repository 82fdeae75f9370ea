"""How well what wire copy says of itself is read: dateline, credit, signal, notes, embargo, clean text.

    python -m benchmarks.quality.wire_text [SET] [--worst N] [--field NAME]

Prints, for each field, how many cases have it right. The sets are invented copy in the forms of the agencies,
with what a careful reader takes from it: rules are made with `dev`, `held`, `agencies` and `fresh` in view;
of any other set only the figures are looked at, so its cases are never printed.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.errors import EntryError
from pipeline.model import Document, Entry, PubStatus
from workers.normalise.document import Source, normalise

SETS = Path(__file__).parent / "sets"
#: Sets whose cases may be looked at. The others judge.
OPEN = ("dev", "held", "agencies", "fresh", "houses")
SOURCE = Source(feed="wire-texts", trust_provider=True)
DATELINE = ("text", "city", "date", "agency")
CREDIT = ("reporting", "writing", "editing", "bureau", "translator")


def read_set(name: str) -> list[dict[str, Any]]:
    """Read the cases of a set."""
    lines = (SETS / f"wire-texts-{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _sets() -> list[str]:
    """Name the sets that are there."""
    return sorted(each.stem.removeprefix("wire-texts-") for each in SETS.glob("wire-texts-*.jsonl"))


def document_of(case: Mapping[str, Any]) -> Document:
    """Normalise the input of a case, as if it had come a minute after it was published."""
    sent = dict(case["input"])
    hint = sent.pop("language_hint", None)
    published = sent.get("published")
    received = (
        datetime.fromisoformat(published) if published else datetime(2026, 1, 1, tzinfo=UTC)
    ) + timedelta(minutes=1)
    source = Source(feed=SOURCE.feed, trust_provider=True, language=hint)
    return normalise(Entry(format="text", **sent), source, received)


def facts_of(document: Document) -> dict[str, Any]:
    """Give what is compared, field by field."""
    facts: dict[str, Any] = {
        "headline": document.headline,
        "byline": document.byline,
        "dateline": document.dateline is not None,
        "signal": document.signal,
        "signal_number": document.signal_number,
        "notes": frozenset(_bare(note) for note in document.notes if not _is_embargo(note)),
        "embargoed": document.embargoed,
        "held": document.pub_status is PubStatus.WITHHELD or document.embargoed is not None,
        "canceled": document.pub_status is PubStatus.CANCELED,
        "language": document.language,
        "body_text": document.body_text,
    }
    facts |= {f"dateline.{name}": getattr(document.dateline, name, None) for name in DATELINE}
    facts |= {f"credit.{name}": getattr(document.credit, name, None) for name in CREDIT}
    return {name: _plain(name, value) for name, value in facts.items()}


def expected_of(case: Mapping[str, Any]) -> dict[str, Any]:
    """Give the same of what a case expects."""
    said = case["expected"]
    dateline, credit = said["dateline"] or {}, said["credit"] or {}
    embargoed = said["embargoed"]
    facts: dict[str, Any] = {
        name: said[name]
        for name in ("headline", "byline", "signal", "signal_number", "language", "body_text")
    }
    facts |= {
        "dateline": said["dateline"] is not None,
        "notes": frozenset(_bare(note) for note in said["notes"] if not _is_embargo(note)),
        "embargoed": datetime.fromisoformat(embargoed) if embargoed else None,
        "held": said["pub_status"] == "withheld",
        "canceled": said["pub_status"] == "canceled",
    }
    facts |= {f"dateline.{name}": dateline.get(name) for name in DATELINE}
    facts |= {f"credit.{name}": credit.get(name) for name in CREDIT}
    return {name: _plain(name, value) for name, value in facts.items()}


def _plain(name: str, value: Any) -> Any:
    """Leave out what is not judged: case of a city's small words, outer punctuation of names."""
    if value is None or not name.startswith(("dateline.city", "credit.")):
        return value
    return value.casefold() if name == "dateline.city" else value.strip(" .,;:()")


def _is_embargo(note: str) -> bool:
    return any(word in note.casefold() for word in ("embarg", "sperrfrist", "for release"))


def _bare(note: str) -> str:
    """Write a note without brackets and full stop, which belong to no reading of it."""
    return note.strip(" ()[].").casefold()


def wrong_in(case: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Give the fields that are wrong: what was expected, what was found."""
    expected = expected_of(case)
    try:
        found = facts_of(document_of(case))
    except EntryError as error:
        found = dict.fromkeys(expected, f"refused: {error}")
    return {name: (expected[name], found[name]) for name in judged_in(case) if expected[name] != found[name]}


def judged_in(case: Mapping[str, Any]) -> list[str]:
    """Give the fields that a case is judged by: not those that its author calls doubtful."""
    doubtful = set(case.get("doubtful", ()))
    return [
        name for name in expected_of(case) if name not in doubtful and name.partition(".")[0] not in doubtful
    ]


def _shown(values: tuple[Any, Any]) -> Iterator[str]:
    for label, value in zip(("expected", "found"), values, strict=True):
        yield f"      {label:9}{sorted(value) if isinstance(value, frozenset) else value!r}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", nargs="?", choices=_sets(), default="dev")
    parser.add_argument("--worst", type=int, default=10, help="cases of an open set to show, worst first")
    parser.add_argument("--field", help="show only cases that have this field wrong")
    wanted = parser.parse_args()
    cases = read_set(wanted.set)
    wrong = {case["id"]: wrong_in(case) for case in cases}
    judged = Counter(name for case in cases for name in judged_in(case))
    missed = Counter(name for each in wrong.values() for name in each)
    print(
        f"{wanted.set}: {len(cases)} texts, {sum(not each for each in wrong.values())} right in every field"
    )
    for name, count in judged.items():
        # Most texts have no embargo or translator: a field that is empty nearly always is easily right.
        there = [case["id"] for case in cases if expected_of(case)[name] and name in judged_in(case)]
        there_right = sum(name not in wrong[each] for each in there)
        right = count - missed[name]
        where = f"where there is one: {there_right} of {len(there)}"
        print(f"  {name:18} {right:4} of {count}  {right / count:6.1%}   {where}")
    print(f"  all fields: {1 - missed.total() / judged.total():.1%} of {judged.total()}")
    if wanted.set in OPEN:
        shown = [
            (name, each)
            for name, each in wrong.items()
            if each and (not wanted.field or wanted.field in each)
        ]
        for name, each in sorted(shown, key=lambda pair: -len(pair[1]))[: wanted.worst]:
            print(f"  {name}")
            for field, values in each.items():
                print(f"    {field}", *_shown(values), sep="\n")


if __name__ == "__main__":
    main()
