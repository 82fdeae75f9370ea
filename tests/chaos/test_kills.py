"""Kill -9 of everything, at random, while news arrives on all ways: each item is stored once."""

import os
import random
import signal
import time
from collections import Counter, deque
from contextlib import closing, suppress
from pathlib import Path

import pytest
from arriving import Arrivals

from badserver import BadServer
from conftest import Size
from pipeline.clock import SystemClock
from pipeline.store.open import open_store
from pipeline.store.store import SqlStore
from running import Service, exported, run, storage_url, wait_for
from threaded import in_thread

PARTS = ("worker", "work", "fetch", "parser", "valkey", "supervisor", "import")
#: one round of kills, in random order; the two that take all workers along come once
ROUND = [*PARTS, "worker", "worker", "fetch", "parser", "valkey", "import"]
#: a kill waits so long for something that it interrupts
_PATIENCE_S = 4.0
#: bytes whose parser is killed twice are to blame, as they should be: the second try is left in peace
_PARSER_REST_S = 4.0


@pytest.mark.timeout(400)
def test_every_item_is_stored_once_whatever_is_killed(tmp_path: Path, config: Path, size: Size) -> None:
    data, dice = tmp_path / "data", random.Random(7)
    server = BadServer()
    with in_thread(server):
        arrivals = Arrivals(data, config, size.records, size.seconds, server, dice)
        arrivals.prepare()
        with Service(data, config) as service:
            wait_for(lambda: service.pids("worker"))
            with closing(open_store(storage_url(data), data)) as store:
                killed, in_work = _kill_all(service, arrivals, store, size.seconds, dice)
                last_fault = time.monotonic()
                arrivals.finish()
                expected = arrivals.expected()
                _wait_until_stored(store, len(expected))
            drained = time.monotonic() - last_fault
            service.stop()
    guids = Counter(document["guid"] for document in exported(data, config))
    assert set(guids) == expected
    assert max(guids.values()) == 1
    assert run("quarantine", "list", "--json", data=data, config=config).stdout == ""
    print(f"\n{len(expected)} items, {killed.total()} kills {dict(killed)},")
    print(f"{in_work.total()} of them in the middle of work {dict(in_work)}:")
    print(f"lost 0, twice 0, all stored {drained:.1f} s after the last fault")
    assert set(killed) == set(PARTS)
    assert in_work.total() >= (40 if size.full else 10)


def _wait_until_stored(store: SqlStore, count: int) -> None:
    try:
        wait_for(lambda: _stored(store) >= count and not store.backlog(), seconds=60)
    except AssertionError as late:
        queues = store.snapshot(SystemClock().now()).queues
        late.add_note(f"{_stored(store)} of {count} stored, {store.backlog()} waiting: {queues}")
        raise


def _kill_all(
    service: Service, arrivals: Arrivals, store: SqlStore, seconds: float, dice: random.Random
) -> tuple[Counter[str], Counter[str]]:
    """Kill for so long, and one round at least; returns the kills by part, all and those that hit work."""
    killed: Counter[str] = Counter()
    in_work: Counter[str] = Counter()
    until, rested_at = time.monotonic() + seconds, 0.0
    parts = deque(dice.sample(ROUND, len(ROUND)))
    while time.monotonic() < until or killed.total() < len(ROUND):
        works = _wait_for_work(parts[0], arrivals, store, dice)
        part = parts.popleft()
        if (part == "parser" and time.monotonic() < rested_at) or not _kill(service, arrivals, part, dice):
            parts.append(part)  # it is not there yet again: its turn comes
            continue
        killed[part] += 1
        in_work[part] += works
        rested_at = time.monotonic() + _PARSER_REST_S if part == "parser" else rested_at
        parts = parts or deque(dice.sample(ROUND, len(ROUND)))
    return killed, in_work


def _wait_for_work(part: str, arrivals: Arrivals, store: SqlStore, dice: random.Random) -> bool:
    """Let news arrive for a moment, and until a kill interrupts something, within bounds."""
    not_before = time.monotonic() + dice.uniform(0.1, 0.6)
    while time.monotonic() < not_before + _PATIENCE_S:
        arrivals.step()
        if time.monotonic() > not_before and _works(part, arrivals, store):
            return True
        time.sleep(0.005)
    return False


def _works(part: str, arrivals: Arrivals, store: SqlStore) -> bool:
    """Say whether there is something to interrupt in this part."""
    if part == "fetch":
        return arrivals.polling()
    if part == "parser":
        return arrivals.parsing()
    if part == "import":
        return arrivals.command is not None
    return _held(store) > 0 if part == "worker" else store.backlog() > 0


def _kill(service: Service, arrivals: Arrivals, part: str, dice: random.Random) -> bool:
    if part == "supervisor":
        service.kill()
        service.start()
        return True
    command = arrivals.command
    pids = service.pids(part) if part != "import" else [command.pid] if command else []
    if not pids:
        return False
    with suppress(ProcessLookupError):
        os.kill(dice.choice(pids), signal.SIGKILL)
    return True


def _held(store: SqlStore) -> int:
    return sum(queue.in_flight for queue in store.snapshot(SystemClock().now()).queues)


def _stored(store: SqlStore) -> int:
    return store.snapshot(SystemClock().now()).documents
