"""Documents of the two sets of stories, read and tagged as the pipeline does, in the order they are told."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from pipeline.model import Document, Entry, Tagging
from workers.dedupe.likeness import Compared
from workers.dedupe.story_rules import StoryRules
from workers.dedupe.traits import Seen, read_traits, weigh
from workers.normalise.document import Source, normalise
from workers.tag.tagger import Tagger

_ROOT = Path(__file__).parents[2]
_ENGLISH = _ROOT.parent / "shared" / "data" / "stories" / "ecbplus-dev.jsonl"
_CROSSLINGUAL = Path(__file__).parent / "sets"
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A document of a set, and what it is said to tell of."""

    name: str
    event: str
    language: str
    #: events like it, or the topic it was collected under: what belongs together when a set is split
    group: str
    at: datetime
    document: Document
    tagging: Tagging


def english(tagger: Tagger, *, half: int) -> list[Told]:
    """Read one half of the English set, parted by topic (0: even numbers); in an order that tells nothing.

    Its documents have no dates: one a minute.
    """
    records = [json.loads(line) for line in _ENGLISH.read_text().splitlines()]
    chosen = sorted((r for r in records if int(r["topic"]) % 2 == half), key=lambda r: number_of(r["id"]))
    told = (_told(each, tagger, event=each["sub"], group=each["topic"]) for each in chosen)
    return [replace(each, at=_BEGIN + timedelta(minutes=n)) for n, each in enumerate(told)]


def crosslingual(tagger: Tagger, name: str, *, crowded: bool = False) -> list[Told]:
    """Read a set of events told in several languages, oldest first.

    Args:
        tagger: Rules and gazetteer.
        name: dev or held.
        crowded: All events are moved into the same three days: years between them would make it easy.
    """
    path = _CROSSLINGUAL / f"stories-crosslingual-{name}.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    told = [
        _told(each, tagger, event=each["event"], group=min(each["event"], *each["near"])) for each in records
    ]
    return sorted(_crowded(told) if crowded else told, key=lambda each: (each.at, each.name))


def prepare(told: Sequence[Told], rules: StoryRules) -> list[Compared]:
    """Read and weigh documents one after the other, as the keeper does."""
    seen = Seen()
    return [
        Compared.of(
            each.name,
            seq,
            each.at.timestamp(),
            seq,
            weigh(read_traits(each.document, each.tagging, rules, each.at), seen),
        )
        for seq, each in enumerate(told)
    ]


def number_of(text: str) -> int:
    """Give a number that has nothing to do with what a text says."""
    return int(sha256(text.encode()).hexdigest()[:8], 16)


def _crowded(told: Sequence[Told]) -> Iterator[Told]:
    first: dict[str, datetime] = {}
    for each in told:
        first[each.group] = min(each.at, first.get(each.group, each.at))
    for each in told:
        start = _BEGIN + timedelta(hours=number_of(each.group) % 72)
        # Whole days, so that weekdays in the text and hours of the day stay what they are.
        moved = timedelta(days=(start - first[each.group]).days // 7 * 7)
        yield replace(each, at=each.at + moved)


def _told(record: Mapping[str, str], tagger: Tagger, *, event: str, group: str) -> Told:
    entry = Entry(
        format="jsonl",
        guid=record["id"],
        headline=record.get("headline"),
        text=record["text"],
        published=record.get("published"),
        provider="set",
    )
    document, tagging = tagger.tag(normalise(entry, Source(provider="set"), None, now=datetime.now(UTC)))
    return Told(
        name=record["id"],
        event=event,
        language=record.get("language", "en"),
        group=group,
        at=document.published or _BEGIN,
        document=document,
        tagging=tagging,
    )
