"""S9: what goes in is the same row for row in SQLite and in PostgreSQL, and so is all that is read of it.

One installation stores in its data directory and queues on its embedded server, the other has a PostgreSQL
and a queue server that are not its own. Both are given the same messy input by the command, on the same
stopped clock, with one worker a queue: which of several comes first is chance.
"""

import gzip
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, exists, select

from fault_size import Size
from pipeline.cli.read import ExportFormat
from pipeline.ports.reading import Query
from pipeline.publish.export import export_blocks
from pipeline.publish.record import document_record, to_line
from pipeline.store.open import open_store
from pipeline.store.search import parse_query
from pipeline.store.store import SqlStore
from pipeline.store.tables import enrichment, entry, metadata, signature, story_member
from postgres_server import PostgresServer
from running import Service, run, wait_for, write_config, write_records
from valkeys import valkey

pytestmark = pytest.mark.timeout(3600)

ROOT = Path(__file__).parents[2]
STOPPED_AT = datetime(2026, 6, 15, 12, tzinfo=UTC)
STOPPED = {
    "PYTHONPATH": str(Path(__file__).parents[1] / "stopped"),
    "NEWSWIRE_TEST_STOPPED_AT": STOPPED_AT.isoformat(),
}
SHARED = ROOT.parent / "shared" / "data"
#: columns that hold chance: which process or server it was, how long it took, a number drawn for a delivery
CHANCE = {
    "entry": {"key", "token", "owner"},
    "enrichment": {"token", "owner"},
    "fetcher": {"owner"},
    "near_index": {"run"},
    "poll": {"duration_s"},
    # Numbers tell the order of all kinds together, in which the keeper and the workers meet by chance.
    "change": {"seq"},
}
#: count work: milliseconds, and copies that were looked at, again where the index was made meanwhile
WORK = {"busy_ms", "copies"}
#: polls of a feed that are kept: the hourly housekeeping takes the others, when it comes round
POLLS = 30
QUERIES = (
    "",
    "the",
    "council vote",
    '"in the"',
    "-the",
    "lang:en",
    "lang:fr,ar",
    "-lang:en the",
    "region:AF",
    "region:x-sahel,US",
    "topic:medtop:16000000",
    "beat:afghanistan-security",
    "since:7d",
    "until:2026-01-01",
    "since:2020-01-01 until:2026-06-01 of",
    "copies:hide",
    "copies:hide the",
    "provider:reuters",
    "feed:import -lang:en",
    "كابول",
    "新闻",
)


@dataclass(frozen=True)
class Installation:
    """One of the two."""

    data: Path
    config: Path
    env: Mapping[str, str]
    store: SqlStore

    def run(self, *words: str) -> str:
        """Run a command and return what it writes."""
        done = run(*words, data=self.data, config=self.config, env=self.env, timeout=1800)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """Give what a table holds but for chance, in an order of its content."""
        columns = [each for each in table.columns if each.name not in CHANCE.get(table.name, ())]
        order = [table.c.kind, table.c.seq] if table.name == "change" else list(table.primary_key)
        with self.store._database.read() as connection:
            rows = [dict(row._mapping) for row in connection.execute(select(*columns).order_by(*order))]
        if table.name == "counter":
            return [row for row in rows if row["name"] not in WORK]
        return rows[-POLLS:] if table.name == "poll" else rows

    def is_done(self) -> bool:
        """Say whether nothing is left to be done for what came in."""
        left = (
            entry.c.state.in_(["pending", "working"]),
            enrichment.c.state.in_(["pending", "working"]),
            signature.c.linked.is_(False),
            story_member.c.waits,
        )
        with self.store._database.read() as connection:
            return not any(connection.execute(select(exists().where(each))).scalar() for each in left)


@pytest.fixture(scope="module")
def paths(size: Size, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """All that is there of every format, good and broken, some of it twice."""
    folder = tmp_path_factory.mktemp("input")
    records = write_records(folder / "records.jsonl", 400 if size.full else 20)
    again = write_records(folder / "again.jsonl", 30, start=10)
    found = [ROOT / "config" / "samples", ROOT / "tests" / "data", records, again]
    if size.full and SHARED.is_dir():
        wire = folder / "wire.jsonl"
        with gzip.open(SHARED / "wire-regions" / "train.jsonl.gz", "rt") as lines:
            wire.write_text("".join(itertools.islice(lines, 1500)))
        found += [SHARED / name for name in ("wire", "ninjs", "feeds", "stories")]
        found.append(wire)
    return list(map(str, found))


@pytest.fixture(scope="module")
def both(
    postgres: PostgresServer, size: Size, paths: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, Installation]]:
    """Both installations, after the same input and all that becomes of it."""
    folder = tmp_path_factory.mktemp("both")
    one_each = {"wire": 1, "backfill": 1, "enrich": 1}
    # The heartbeat's items would tell how long each of them ran.
    config = write_config(folder / "config", workers=one_each, fetch={"heartbeat_s": 0})
    url = postgres.empty_url()
    with ExitStack() as stack:
        server = stack.enter_context(valkey(folder / "queue", {"appendonly": "yes"}))
        servers = {"NEWSWIRE_STORAGE__URL": url, "NEWSWIRE_QUEUE__URL": server.url}
        none = dict.fromkeys(servers, "")
        made = []
        for name, env, at in (("file", none, None), ("server", servers, url)):
            data = folder / name
            store = stack.enter_context(closing(open_store(at, data)))
            made.append(Installation(data, config, {**env, **STOPPED}, store))
            # Taken in before anything works: the batches are the same then.
            made[-1].run("import", *paths)
            with Service(data, config, env=made[-1].env) as service:
                wait_for(made[-1].is_done, seconds=1800)
                service.stop(30)
        yield made[0], made[1]


def test_s9_every_row_of_every_table_is_the_same(both: tuple[Installation, Installation]) -> None:
    counts = {}
    for table in metadata.sorted_tables:
        first, second = (each.rows(table) for each in both)
        # One row after the other: what differs is then said in words that can be read.
        for one, other in zip(first, second, strict=False):
            assert one == other, table.name
        assert len(first) == len(second), table.name
        counts[table.name] = len(first)
    print(counts)
    for name in ("document", "sighting", "tagging", "relation", "story", "change", "quarantine", "raw"):
        assert counts[name], name


def test_s9_every_export_is_the_same_to_the_byte(
    both: tuple[Installation, Installation], size: Size, tmp_path: Path
) -> None:
    for form in ExportFormat:
        first, second = (
            b"".join(export_blocks(each.store.stream(Query(), now=STOPPED_AT), form)) for each in both
        )
        assert len(first) > 10_000
        assert first == second, form
        for each in both if size.full else ():
            written = tmp_path / f"{each.data.name}.{form}"
            each.run("export", "--format", form, "--out", str(written))
            assert written.read_bytes() == first, form


def test_s9_every_search_finds_the_same_in_the_same_order(
    both: tuple[Installation, Installation], size: Size
) -> None:
    queries = [*QUERIES, *_asked(both[0].store, every=7 if size.full else 30)]
    found_any = 0
    for text in queries:
        query = parse_query(text, STOPPED_AT)
        for all_versions in (False, True):
            first, second = (
                [
                    to_line(document_record(one))
                    for one in each.store.search(query, now=STOPPED_AT, limit=100, all_versions=all_versions)
                ]
                for each in both
            )
            assert first == second, text
            found_any += bool(first)
    print(f"{len(queries)} queries, {found_any} of {2 * len(queries)} searches found something")
    assert found_any > len(queries)


def _asked(store: SqlStore, *, every: int) -> Iterator[str]:
    """Ask for words and phrases of some documents, in whatever language they are."""
    texts = [each.document.body_text for each in store.stream(Query(), now=STOPPED_AT)]
    for text in texts[::every]:
        words = re.findall(r"\w+", text)
        if len(words) > 9:
            yield " ".join((words[3], words[8]))
            yield f'"{words[5]} {words[6]}"'


def test_s9_versions_audits_and_stories_are_the_same(
    both: tuple[Installation, Installation], size: Size
) -> None:
    stores = [each.store for each in both]
    documents = {one.document.uri: one.document for one in stores[0].stream(Query(), now=STOPPED_AT)}
    for each in list(documents.values())[:: 1 if size.full else 5]:
        first, second = (
            (list(store.versions(each.uri, now=STOPPED_AT)), list(store.audit(each.id, now=STOPPED_AT)))
            for store in stores
        )
        assert first == second
    for biggest in (False, True):
        first, second = (
            list(store.stories(Query(), now=STOPPED_AT, limit=100, biggest=biggest)) for store in stores
        )
        assert first == second


def test_s9_the_status_counts_the_same(both: tuple[Installation, Installation]) -> None:
    first, second = (json.loads(each.run("status", "--json")) for each in both)
    for told in (first, second):
        told["counts"] = [each for each in told["counts"] if each["name"] not in WORK]
        # One queue server is gone with the service, the other stays.
        for name in ("queue_error", "queue_server", "warnings"):
            told.pop(name)
        for queue in told["queues"]:
            for name in ("jobs_waiting", "jobs_started", "failed", "oldest_job_age_s"):
                queue.pop(name)
    assert first["documents"] > 100
    assert first == second
