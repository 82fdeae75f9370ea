"""What stories cost a document: `python -m benchmarks.stories [--stored N]`.

Documents of an invented language: its words, names, numbers and places are as uneven as those of real news,
so that some are in every third document and most in few. Each event has names of its own and two to five
documents, every hundredth 200. N documents (100,000) of one week are put into an empty store with their
stories and the keys they are found by. Then 500 more, up to half of them of events that are there, are told
by what the keeper runs. Times are CPU time of this process.
"""

import argparse
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path

from benchmarks.storing import save
from pipeline.clock import SystemClock
from pipeline.identity import digest
from pipeline.model import Document, StoryTraits, Tag, Tagging
from pipeline.ports.stories import Neighbours, StoryPlace, StoryStore, Telling, Untold, Wanted
from pipeline.settings import shipped_config_dir
from pipeline.store.open import open_store
from pipeline.store.store import SqlStore
from workers.dedupe.romanise import skeleton
from workers.dedupe.story_rules import load_story_rules
from workers.dedupe.telling import Teller, keys_of
from workers.dedupe.traits import RawTraits, Seen, weigh

_NEW = 500
_BULK = 1_000
_BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
_WEEK_S = timedelta(days=7).total_seconds()
_SYLLABLES = ["ba", "de", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va", "za"]
_KINDS = ["earthquake", "blast", "election", "strike", "verdict", "flood", "talks", "protest"]
_COUNTRIES = [f"X{chr(65 + n // 5)}{n}"[:2] for n in range(100)]
_LEASE = timedelta(minutes=5)
#: a step that is not taken for each document
_ONCE = "remember"
_RULES = load_story_rules(shipped_config_dir())


class Vocabulary:
    """Words of which the nth is used about 1/n as often as the first."""

    def __init__(self, random_: random.Random, words: Sequence[str]) -> None:
        self._random = random_
        self._words = words
        self._weights = list(accumulate(1 / (n + 3) for n in range(len(words))))

    def some(self, count: int) -> list[str]:
        return self._random.choices(self._words, cum_weights=self._weights, k=count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one document says."""

    number: int
    at: datetime
    event: int
    words: list[str]
    names: list[str]
    numbers: list[str]
    kinds: list[str]
    countries: list[str]

    def document(self, *, text: str) -> Document:
        """Make the document."""
        return Document(
            id=digest("benchmark", str(self.number)),
            uri=f"benchmark:{self.number}",
            content_hash=digest(str(self.number)),
            provider="Benchmark",
            feed="harbour",
            format="text",
            headline=" ".join(self.names[:3]),
            lead=text[:80],
            body_text=text,
            language="en",
            published=self.at,
        )

    def text(self, random_: random.Random) -> str:
        """Write it out."""
        parts = [*self.words, *self.names, *self.numbers, *self.kinds]
        random_.shuffle(parts)
        return " ".join(parts)

    def tagging(self) -> Tagging:
        return Tagging(regions=tuple(Tag(code=each, name=each, score=0.9) for each in set(self.countries)))

    def raw(self) -> RawTraits:
        """Count its traits as `read_traits` does, without the text."""
        raw = RawTraits(language="en")
        for word in (*self.words, *self.kinds, *(name.lower() for name in self.names)):
            raw.words[word[:7]] = raw.words.get(word[:7], 0) + 1
        for name in self.names:
            if len(key := skeleton(name.lower(), "en")) > 2:
                raw.names[key] = raw.names.get(key, 0) + 1
                raw.written[key] = name
        raw.numbers |= dict.fromkeys(self.numbers, 1)
        for word in self.kinds:
            raw.kinds |= dict.fromkeys(_RULES.meaning(word, "en").kinds, 1.0)
        raw.places |= dict.fromkeys(self.countries, 0.9)
        return raw


def telling(random_: random.Random, count: int) -> Iterator[Told]:
    """Make what documents say, those of an event one after the other, all within one week."""
    spoken = [
        "".join(random_.choices(_SYLLABLES, k=random_.randint(2, 3))) + random_.choice("nkt")
        for _ in range(30_000)
    ]
    words, common = (
        Vocabulary(random_, spoken),
        Vocabulary(random_, [each.title() for each in spoken[:5_000]]),
    )
    numbers, countries = (
        Vocabulary(random_, [str(n) for n in range(2, 3_000)]),
        Vocabulary(random_, _COUNTRIES),
    )
    number, event = 0, 0
    while True:
        own = ["".join(random_.choices(_SYLLABLES, k=4)).title() for _ in range(6)]
        of_event = words.some(40), numbers.some(4), random_.choices(_KINDS, k=2), countries.some(2)
        for _ in range(200 if event % 100 == 99 else random_.randint(2, 5)):
            yield Told(
                number=number,
                at=_BEGIN + timedelta(seconds=number * _WEEK_S / (count + _NEW)),
                event=event,
                words=words.some(180) + random_.choices(of_event[0], k=60),
                names=random_.choices(own, k=12) + common.some(14),
                numbers=random_.sample(of_event[1], 2) + numbers.some(4),
                kinds=of_event[2],
                countries=of_event[3] + countries.some(1),
            )
            number += 1
        event += 1


def save_told(store: SqlStore, told: Sequence[Told], seen: Seen) -> None:
    """Store documents with their stories and keys; their texts are short, as nobody reads them again."""
    save(store, [(each.document(text=f"Text {each.number}."), Tagging()) for each in told])
    untold = store.untold(len(told), now=_BEGIN, lease=_LEASE)
    places, members = [], {}
    for row, each in zip(untold, told, strict=True):
        traits = weigh(each.raw(), seen)
        story = digest("story", str(each.event))
        places.append(StoryPlace(seq=row.seq, document_id=row.document_id, story_id=story))
        members[row.seq] = (each.at, traits, keys_of(traits, each.at))
    assert store.tell(Telling(told=places, members=members), _BEGIN)


class Timed(StoryStore):
    """A store that notes the CPU time of each step of whoever tells stories with it.

    What passes between two questions is the teller's own: reading documents before it looks for neighbours,
    comparing them afterwards.
    """

    def __init__(self, store: StoryStore) -> None:
        self._store = store
        self._clock = time.process_time()
        self.spent: defaultdict[str, float] = defaultdict(float)

    def untold(self, limit: int, *, now: datetime, lease: timedelta) -> Sequence[Untold]:
        self._note("log")
        untold = self._store.untold(limit, now=now, lease=lease)
        self._note("read")
        return untold

    def untold_among(self, entry_ids: Sequence[int]) -> int:
        return self._store.untold_among(entry_ids)

    def last_traits(self, limit: int) -> Iterator[StoryTraits]:
        yield from self._store.last_traits(limit)
        self._note(_ONCE)

    def neighbours(self, wanted: Sequence[Wanted], *, window: timedelta, limit: int) -> Neighbours:
        self._note("traits")
        found = self._store.neighbours(wanted, window=window, limit=limit)
        self._note("neighbours")
        return found

    def tell(self, telling: Telling, now: datetime) -> bool:
        self._note("decide")
        told = self._store.tell(telling, now)
        self._note("write")
        return told

    def _note(self, step: str) -> None:
        now = time.process_time()
        self.spent[step] += now - self._clock
        self._clock = now


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stored", type=int, default=100_000, help="documents with a story in the store")
    wanted = parser.parse_args()
    random_ = random.Random(1)  # the same texts each time
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        store = open_store(f"sqlite:///{path}/newswire.db", path)
        told, seen = telling(random_, wanted.stored), Seen()
        held: list[Told] = []
        for first in range(0, wanted.stored, _BULK):
            batch = list(islice(told, min(_BULK, wanted.stored - first)))
            # Of a few events in each part, the last document comes later.
            late = {each.event: each for each in batch[: _BULK // 2]}
            held += list(late.values())[: max(1, _NEW // 2 * _BULK // wanted.stored)]
            gone = {each.number for each in held}
            save_told(store, [each for each in batch if each.number not in gone], seen)
        fresh = [*held[: _NEW // 2], *islice(told, _NEW - len(held[: _NEW // 2]))]
        ids = save(store, [(each.document(text=each.text(random_)), each.tagging()) for each in fresh])
        count, began = len(fresh), time.monotonic()
        timed = Timed(store)
        teller = Teller(timed, _RULES, SystemClock())
        while store.untold_among(ids):
            teller.round()
        elapsed = time.monotonic() - began
        once = timed.spent.pop(_ONCE)
        print(f"{wanted.stored} documents with a story; {count} more, CPU a document:")
        for name, seconds in timed.spent.items():
            print(f"  {name:12} {seconds / count * 1e6:7.0f} us")
        print(f"  {'all':12} {sum(timed.spent.values()) / count * 1e6:7.0f} us")
        print(f"  {'elapsed':12} {(elapsed - once) / count * 1e6:7.0f} us")
        print(f"once, to remember what was seen: {once:.1f} s")
        store.close()


if __name__ == "__main__":
    main()
