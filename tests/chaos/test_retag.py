"""Re-tagging while everything is killed and the queue is wiped: each document is tagged again, none is left
out, and what is fresh does not wait for it."""

import os
import random
import signal
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from fault_size import Size
from filling import fill
from pipeline.identity import content_hash, document_id, uri_of_guid
from pipeline.model import Document, PubStatus
from pipeline.ports.retag import Retagging
from pipeline.ports.store import Store
from pipeline.store.open import open_store
from pipeline.store.search import parse_query
from running import Service, storage_url, story, wait_for, write_records
from workers.tag.tagger import rules_version

NOW = datetime.now(UTC)
PARTS = ("work", "worker", "valkey", "worker")


def _document(number: int) -> Document:
    text, uri = story(number), uri_of_guid("Harbour Press", str(number))
    hashed = content_hash(headline=None, body_text=text, pub_status=PubStatus.USABLE)
    return Document(
        id=document_id(uri, hashed, None), uri=uri, content_hash=hashed, provider="Harbour Press",
        format="rss", lead=text[:80], body_text=text, language="en", published=NOW,
    )  # fmt: skip


def _kill(service: Service, part: str, dice: random.Random) -> None:
    pids = wait_for(lambda: service.pids(part), seconds=60)
    with suppress(ProcessLookupError):
        os.kill(dice.choice(pids), signal.SIGKILL)


@pytest.mark.timeout(400)
def test_every_document_is_tagged_again_whatever_is_killed(tmp_path: Path, config: Path, size: Size) -> None:
    data, dice = tmp_path / "data", random.Random(11)
    count = 20_000 if size.full else 300
    with closing(open_store(storage_url(data), data)) as store:
        _fill(store, count)
        # Without fetcher and web page: they have no part in it.
        with Service(data, config, command=("work", "-n", "1", "--backfill", "2")) as service:
            wait_for(lambda: service.pids("worker"), seconds=60)
            store.begin_retag(rules_version(config), datetime.now(UTC))
            for part in PARTS * 5 if size.full else PARTS[1:]:
                time.sleep(dice.uniform(0.1, 0.3))
                _kill(service, part, dice)
            redis.Redis(unix_socket_path=str(wait_for(lambda: _socket(data)))).flushall()
            if size.full:
                service.kill()
                service.start()
            wait_for(lambda: _run_of(store).finished_at, seconds=240, every=0.5)
            service.stop()
        rules = [each.tagging.rules for each in store.stream(parse_query("", NOW), now=NOW)]
        assert (len(rules), set(rules)) == (count, {_run_of(store).rules})
        assert (_run_of(store).done, _run_of(store).failed) == (count, 0)


@pytest.mark.timeout(400)
def test_a_fresh_story_is_stored_as_fast_while_all_is_tagged_again(
    tmp_path: Path, config: Path, size: Size
) -> None:
    if not size.full:
        pytest.skip("takes a minute: in full size only (make chaos); that jobs give way is a unit test")
    data, wire = tmp_path / "data", tmp_path / "wire"
    wire.mkdir()
    (config / "feeds.yaml").write_text(f"feeds:\n  - {{id: drop, directory: {wire}, interval: 1s}}\n")
    with closing(open_store(storage_url(data), data)) as store:
        _fill(store, 20_000)
        with Service(data, config) as service:
            wait_for(lambda: len(service.pids("worker")) == 4, seconds=60)
            before = sorted(_seconds_until_stored(wire, store, number) for number in range(20))
            store.begin_retag(rules_version(config), datetime.now(UTC))
            wait_for(lambda: _run_of(store).done, seconds=60)
            meanwhile = sorted(_seconds_until_stored(wire, store, number) for number in range(20, 40))
            assert _run_of(store).is_running
            service.stop()
    print(f"\nfresh story stored: median {before[10]:.2f} s, while re-tagging {meanwhile[10]:.2f} s")
    assert meanwhile[10] < before[10] + 1


def _fill(store: Store, count: int) -> None:
    for start in range(0, count, 500):
        fill(store, [_document(n) for n in range(start, min(start + 500, count))], NOW)


def _seconds_until_stored(wire: Path, store: Store, number: int) -> float:
    began = time.monotonic()
    write_records(wire / f"{number}.tmp", 1, start=9_000_000 + number).rename(wire / f"{number}.jsonl")
    query = parse_query(f'feed:drop "plan number {9_000_000 + number}"', NOW)
    wait_for(lambda: store.search(query, now=datetime.now(UTC)), every=0.02)
    return time.monotonic() - began


def _run_of(store: Store) -> Retagging:
    found = store.retagging()
    assert found is not None
    return found


def _socket(data: Path) -> Path | None:
    path = data / "valkey.sock"
    with suppress(redis.RedisError):
        return path if redis.Redis(unix_socket_path=str(path)).ping() else None
    return None
