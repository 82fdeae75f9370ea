"""How searches hold up when documents are many: `python -m benchmarks.search_scale [--documents 1000000]`.

Documents of an invented vocabulary, its words drawn by Zipf's law, are put into an empty store as workers put
them, but thousands in a transaction: nearly in the order in which they were published, 1,370 a day, a million
in two years. At 100,000 and at the end a fixed set of queries is asked, as if it were the day of the newest.
Prints p50 and p95 over all answers, the slowest queries, memory, and the disk that a SQLite of its own takes.
`--storage URL` is another database, and stays: documents of an earlier run are not stored again.
"""

import argparse
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sqlalchemy import func, select

from benchmarks.corpus import Corpus
from pipeline.identity import digest
from pipeline.model import Document, Tag, Tagging
from pipeline.ports.work import Processed
from pipeline.store.documents import NewDocument, store_documents, terms_of
from pipeline.store.open import open_store
from pipeline.store.search import parse_query
from pipeline.store.store import SqlStore
from pipeline.store.tables import document

SMALL = 100_000
BULK = 2_000
#: words of a text, before and after the headline's
HEADLINE, BODY = 9, 140
#: how often each query is asked
ROUNDS = 5
MARK = 3.0
_BEGIN = datetime(2024, 6, 1, tzinfo=UTC)
#: 1,370 documents a day: a million in two years
_BETWEEN = timedelta(seconds=63)
#: what arrives late is published up to so long before what is stored beside it
_LATE = timedelta(days=2)
_LANGUAGES = ["en", "fr", "de", "es", "ar", "pt", "it", "nl", "ru", "fa", "ps"]
_PROVIDERS = [f"provider {n}" for n in range(40)]
_BEATS = [f"beat-{n}" for n in range(25)]
_TOPICS = [f"medtop:{20000000 + n}" for n in range(120)]
_REGIONS = [f"{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(200)]


class Wire:
    """Makes documents; the same ones each time."""

    def __init__(self) -> None:
        self.words = np.array(Corpus(seed=11).vocabulary, dtype=object)
        self._random = random.Random(11)

    def some(self, first: int, count: int) -> Iterator[Document]:
        """Make the next documents."""
        self._random.seed(first)
        size = HEADLINE + BODY
        dice = np.random.default_rng(first)
        ranks = (len(self.words) ** dice.random((count, size))).astype(int) - 1
        for number, row in enumerate(self.words[ranks], first):
            text = " ".join(row[HEADLINE:])
            yield Document(
                id=digest("search", str(number)),
                uri=f"urn:newswire:bench:{number}",
                content_hash=digest(str(number)),
                provider=self._of(_PROVIDERS),
                feed="bench",
                format="text",
                headline=" ".join(row[:HEADLINE]),
                lead=text[:200],
                body_text=text,
                language=self._of(_LANGUAGES),
                published=self.at(number) - _LATE * self._random.random() ** 8,
            )

    @staticmethod
    def at(number: int) -> datetime:
        """Say when a document is stored."""
        return _BEGIN + _BETWEEN * number

    def tagging(self) -> Tagging:
        """Make the tags of a document: two regions and topics, a beat for one in two."""
        return Tagging(
            rules="bench",
            regions=tuple(_tag(code) for code in {self._of(_REGIONS), self._of(_REGIONS)}),
            topics=tuple(_tag(code) for code in {self._of(_TOPICS), self._of(_TOPICS)}),
            beats=(_tag(self._of(_BEATS)),) if self._random.random() < 0.5 else (),
        )

    def _of(self, names: Sequence[str]) -> str:
        """Choose the name of rank n about 1/n as often as the first."""
        return names[int(len(names) ** self._random.random()) - 1]


def _tag(code: str) -> Tag:
    return Tag(code=code, name=code, score=0.8)


def queries(words: Sequence[str]) -> list[tuple[str, int]]:
    """Give what is asked, and how many results are passed over: each kind of search that people make."""
    often, usual, seldom, rare = words[3], words[60], words[900], words[12_000]
    asked = [
        "", often, usual, seldom, rare, f"{often} {usual}", f"{usual} {seldom}", f"{often} {rare}",
        f'"{often} {words[1]}"', f'"{words[4]} {usual}"', f'"{usual} {seldom}"', f"{usual} -{often}",
        f"{often} lang:fr", f"{usual} lang:fa", f'{seldom} provider:"provider 30"',
        f"{often} region:AB", f"{usual} topic:medtop:20000003", f"{often} beat:beat-20",
        "beat:beat-1", "beat:beat-22", "region:AA", "region:GZ", "region:AB,AC,AD topic:medtop:20000001",
        "lang:en", "lang:fa", 'provider:"provider 37"', "lang:xx", "region:ZZ",
        "since:7d",
        f"{often} since:24h",
        f"{usual} until:50d",
        f"{seldom} since:60d until:30d",
        "beat:beat-3 since:50d until:43d",
        f"{usual} copies:hide", "beat:beat-2 copies:hide",
    ]  # fmt: skip
    return [(each, 0) for each in asked] + [(each, 200) for each in ("", usual, seldom, "beat:beat-1")]


def fill(store: SqlStore, wire: Wire, first: int, last: int) -> None:
    """Store the documents of these numbers; how far it is goes to standard error."""
    database, began = store._database, time.monotonic()
    for start in range(first, last, BULK):
        count = min(BULK, last - start)
        now = datetime.now(UTC)
        new = [
            NewDocument(
                processed=Processed(entry_id=start + n + 1, document=each, tagging=wire.tagging()),
                feed_id="bench",
                received_at=each.published or now,
                terms=terms_of(each),
            )
            for n, each in enumerate(wire.some(start, count))
        ]
        with database.write() as connection:
            store_documents(database, connection, new, now)
        if (start + count) % 20_000 == 0:
            each_us = (time.monotonic() - began) / (start + count - first) * 1e6
            print(f"{start + count} stored, {each_us:.0f} µs each", file=sys.stderr, flush=True)


def stored(store: SqlStore) -> int:
    """Count the documents."""
    with store._database.read() as connection:
        return connection.execute(select(func.count()).select_from(document)).scalar_one()


class Answer(NamedTuple):
    """What was asked, and how long it took, in milliseconds."""

    name: str
    wall: float
    #: of this process: of another database's server nothing is said
    cpu: float


def ask(store: SqlStore, words: Sequence[str], now: datetime) -> list[Answer]:
    """Ask everything several times."""
    answers: list[Answer] = []
    for _ in range(ROUNDS):
        for text, offset in queries(words):
            query = parse_query(text, now)
            began, cpu = time.perf_counter(), time.process_time()
            found = store.search(query, now=now, limit=20, offset=offset)
            took = (time.perf_counter() - began) * 1e3, (time.process_time() - cpu) * 1e3
            answers.append(Answer(f"{text or '(everything)'} after {offset}: {len(found)}", *took))
    return answers


def report(store: SqlStore, wire: Wire, documents: int, folder: Path) -> tuple[float, float]:
    """Print how fast answers are; gives p95 in milliseconds, by the clock and by CPU time."""
    answers = ask(store, wire.words.tolist(), wire.at(documents))
    walls, cpus = sorted(each.wall for each in answers), sorted(each.cpu for each in answers)
    middle, most = len(answers) // 2, int(len(answers) * 0.95)
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        f"{documents} documents: p50 {walls[middle]:.1f} ms, p95 {walls[most]:.1f} ms "
        f"(CPU: {cpus[middle]:.1f}, {cpus[most]:.1f}); disk {disk / 2**30:.2f} GiB, "
        f"{disk / documents:.0f} bytes each; memory of this process {memory / 2**20:.0f} MiB"
    )
    by_name: dict[str, list[float]] = {}
    for each in answers:
        by_name.setdefault(each.name, []).append(each.cpu)
    slowest = sorted(((statistics.median(cpu), name) for name, cpu in by_name.items()), reverse=True)
    for cpu, name in slowest[:8]:
        print(f"  {cpu:8.1f} ms CPU  {name}")
    sys.stdout.flush()
    return walls[most], cpus[most]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--storage", help="URL of the database; default: SQLite in a folder that goes again")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        with closing(open_store(chosen.storage, folder)) as store:
            wire, p95 = Wire(), []
            for size in sorted({min(SMALL, chosen.documents), chosen.documents}):
                if (done := stored(store)) <= size:
                    fill(store, wire, done, size)
                    p95.append(report(store, wire, size, folder))
            if len(p95) > 1:
                wall, cpu = (large / small for small, large in zip(*p95, strict=True))
                print(f"p95 at {size} / p95 at {SMALL}: {wall:.2f} (CPU: {cpu:.2f}; mark: at most {MARK:g})")


if __name__ == "__main__":
    main()
