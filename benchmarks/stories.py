"""What stories cost a document: `python -m benchmarks.stories [--stored N]`.

Documents are made of the words of the English sample story and of made-up names, so that each event has
names of its own. N of them (100,000) are put into an empty store with their stories; then 500 more are read,
compared with what the store finds, and written, as the keeper does. Times are CPU time of this process.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.identity import digest
from pipeline.model import Document, Tagging
from pipeline.ports import Processed, Wanted
from pipeline.settings import shipped_config_dir
from pipeline.store.open import open_store
from pipeline.store.store import SqlStore
from tests.contract.store_builders import claim, entry, take_in
from workers.dedupe.stories import WINDOW
from workers.dedupe.story_rules import load_story_rules
from workers.dedupe.telling import decide, keys_of, member_of
from workers.dedupe.traits import Seen

_NEW = 500
_BATCH = 50
_BULK = 1_000
_BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
_SYLLABLES = ["ba", "de", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va", "za"]
_WORDS = (shipped_config_dir() / "samples" / "afghanistan-patrols-en.txt").read_text().split()


def documents(random_: random.Random) -> Iterator[Document]:
    """Make documents, two to five of each event, a minute apart."""
    number = 0
    while True:
        names = ["".join(random_.choices(_SYLLABLES, k=4)).title() for _ in range(6)]
        for _ in range(random_.randint(2, 5)):
            words = random_.choices(_WORDS, k=300) + random_.choices(names, k=12)
            random_.shuffle(words)
            text = " ".join(words)
            yield Document(
                id=digest("benchmark", str(number)),
                uri=f"benchmark:{number}",
                content_hash=digest(text),
                provider="Benchmark",
                feed="harbour",
                format="text",
                headline=" ".join(names[:3]),
                lead=text[:80],
                body_text=text,
                language="en",
                published=_BEGIN + timedelta(minutes=number % 10_000),
            )
            number += 1


def store_documents(store: SqlStore, found: Iterator[Document], count: int) -> None:
    """Store documents as a worker does, in batches."""
    for first in range(0, count, _BULK):
        batch = [next(found) for _ in range(min(_BULK, count - first))]
        ids = take_in(store, *(entry(each.id) for each in batch))
        claim(store, ids, f"t{first}{batch[0].id}")
        done = [
            Processed(entry_id=id_, document=each, tagging=Tagging())
            for id_, each in zip(ids, batch, strict=True)
        ]
        store.save(done, [], token=f"t{first}{batch[0].id}", now=_BEGIN)


def tell(store: SqlStore, spent: dict[str, float], seen: Seen) -> int:
    """Tell one batch of what is not told yet, noting what each step costs."""

    clock = [time.process_time()]

    def note(step: str) -> None:
        now = time.process_time()
        spent[step] = spent.get(step, 0.0) + now - clock[0]
        clock[0] = now

    untold = store.untold(_BATCH)
    note("read")
    fresh = [member_of(each, _RULES, seen) for each in untold]
    note("traits")
    wanted = [
        Wanted(
            seq=each.seq,
            document_id=each.document_id,
            item_id=each.item_id,
            published_at=each.published_at,
            keys=keys_of(each.traits),
        )
        for each in fresh
    ]
    near = store.neighbours(wanted, window=WINDOW, limit=10)
    note("neighbours")
    telling = decide(fresh, {each.seq: each.keys for each in wanted}, near)
    note("decide")
    store.tell(telling, _BEGIN)
    note("write")
    return len(untold)


_RULES = load_story_rules(shipped_config_dir())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stored", type=int, default=100_000, help="documents with a story in the store")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        store = open_store(f"sqlite:///{path}/newswire.db", path)
        found, seen = documents(random.Random(1)), Seen()  # the same texts each time
        store_documents(store, found, wanted.stored)
        before: dict[str, float] = {}
        while tell(store, before, seen):
            pass
        store_documents(store, found, _NEW)
        spent: dict[str, float] = {}
        told = 0
        while done := tell(store, spent, seen):
            told += done
        print(f"{wanted.stored} documents with a story; {told} more, CPU a document:")
        for name, seconds in spent.items():
            print(f"  {name:12} {seconds / told * 1e6:7.0f} us")
        print(f"  {'all':12} {sum(spent.values()) / told * 1e6:7.0f} us")
        store.close()


if __name__ == "__main__":
    main()
