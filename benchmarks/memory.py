"""What processes come to hold when every story brings words that nobody has seen.

`python -m benchmarks.memory wire --stories 400000` (or `keeper`, `enrich`): one process, no store, no queue,
invented stories in four languages. Memory is what the process does not share. What caches keep stops growing
at their bounds (pipeline/cache_sizes.py); whatever goes on growing is a leak.
"""

import argparse
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pipeline.model import Entry, SourceKind
from pipeline.ports.stories import Untold
from pipeline.ports.work import ClaimedEntry, Processed
from pipeline.settings import shipped_config_dir
from workers.dedupe.story_rules import load_story_rules
from workers.dedupe.telling import keys_of, member_of
from workers.dedupe.traits import Seen
from workers.jobs import work_through
from workers.normalise.document import warm_up
from workers.tag.ner import Models
from workers.tag.tagger import load_tagger

BATCH = 64
#: syllables of words that do not exist, and words that any text has
_SYLLABLES = {
    "en": [a + b for a in "bdfgklmnprstvz" for b in "aeiou"],
    "ru": [a + b for a in "бвгдклмнпрст" for b in "аеиоу"],
    "ar": list("بتجحدرسشصطعفقكلمنهوي"),
}
_SYLLABLES["fr"] = _SYLLABLES["en"]
_ORDINARY = {
    "en": "the of and to in a is that for it as was with be by on not he government said on Monday",
    "fr": "le la les des et en un du une que est pour qui dans par plus pas au sur gouvernement",
    "ru": "и в не на что он с как это по но они мы из у за так же от правительство",
    "ar": "في من على إلى أن هذا التي الحكومة قال كان مع بعد عن بين كل",
}
_LANGUAGES = ("en", "en", "fr", "ru", "ar")
_AT = datetime(2026, 11, 2, 12, tzinfo=UTC)

Works = Callable[[Sequence[Processed]], object]


def measure(role: str, stories: int, new_words: int) -> None:
    """Print what the process holds after each doubling of what it did."""
    warm_up()
    tagger = load_tagger(shipped_config_dir())
    does = {"wire": _wire, "keeper": _keeper, "enrich": _enricher}[role]()
    began, at_first = time.process_time(), own_mib()
    print(f"{role}: {at_first:.0f} MiB at the beginning, {new_words} new words a story")
    done, next_look = 0, stories // 16
    for batch in _batches(stories, new_words):
        processed, refused = work_through(batch, tagger)
        assert not refused
        does(processed)
        done += len(batch)
        if done >= next_look:
            spent = (time.process_time() - began) / done * 1000
            print(f"{done:>9} stories: {own_mib() - at_first:+7.1f} MiB, {spent:.2f} ms a story", flush=True)
            next_look *= 2


def own_mib() -> float:
    """Say how much memory this process has to itself."""
    rollup = Path("/proc/self/smaps_rollup").read_text()
    return sum(map(int, re.findall(r"^Private_\w+:\s+(\d+) kB", rollup, re.MULTILINE))) / 1024


def _batches(stories: int, new_words: int) -> Iterator[list[ClaimedEntry]]:
    for first in range(0, stories, BATCH):
        yield [_story(number, new_words) for number in range(first, min(first + BATCH, stories))]


def _story(number: int, new_words: int) -> ClaimedEntry:
    language, dice = _LANGUAGES[number % len(_LANGUAGES)], random.Random(number)
    words = [_word(number * new_words + n, language) for n in range(new_words)]
    words = [each.capitalize() if dice.random() < 0.3 else each for each in words]
    words += dice.choices(_ORDINARY[language].split(), k=60)
    dice.shuffle(words)
    return ClaimedEntry(
        id=number + 1,
        entry=Entry(
            format="text",
            guid=str(number),
            headline=" ".join(words[:8]),
            text=" ".join(words),
            published=_AT.isoformat(),
        ),
        feed_id="bench",
        source_kind=SourceKind.HTTP,
        provider="bench",
        trust_provider=False,
        language=language,
        default_region=None,
        tags=(),
        location="bench",
        received_at=_AT,
        attempts=1,
    )


def _word(number: int, language: str) -> str:
    syllables = _SYLLABLES[language]
    number += len(syllables) ** 3
    word = ""
    while number:
        number, place = divmod(number, len(syllables))
        word = syllables[place] + word
    return word


def _wire() -> Works:
    return len  # what these workers do is done already


def _keeper() -> Works:
    rules, seen = load_story_rules(shipped_config_dir()), Seen()

    def tell(processed: Sequence[Processed]) -> None:
        for each in processed:
            untold = Untold(
                seq=each.entry_id,
                document_id=each.document.id,
                item_id=each.entry_id,
                published_at=_AT,
                document=each.document,
                tagging=each.tagging,
                attempts=1,
            )
            keys_of(member_of(untold, rules, seen).traits, _AT)

    return tell


def _enricher() -> Works:
    models = Models(frozenset({"en", "fr"}))

    def find(processed: Sequence[Processed]) -> None:
        for each in processed:
            list(models.spans(each.document.body_text, each.document.language))

    return find


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", choices=("wire", "keeper", "enrich"))
    parser.add_argument("--stories", type=int, default=100_000)
    parser.add_argument("--new-words", type=int, default=20)
    given = parser.parse_args()
    measure(given.role, given.stories, given.new_words)
