"""Contract of ports.Store: several processes, and their deaths."""

import multiprocessing
import os
import signal
import threading
import time
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.model import QueueName
from pipeline.ports.reading import Query
from pipeline.ports.store import Store
from pipeline.ports.work import Processed
from pipeline.store.open import open_store
from store_builders import HARBOUR, MINUTE, NOON, claim, document, entry, poll, save, sync_feeds, take_in

_SPAWN = multiprocessing.get_context("spawn")
_BATCH = 40


def _open(url: str) -> Store:
    return open_store(url, Path("unused"))


def _write(url: str, name: str, batches: int, told: Connection | None = None) -> None:
    """Take in and store batches, telling each time how many entries are done."""
    store = _open(url)
    for number in range(batches):
        guids = [f"{name}-{number}-{index}" for index in range(_BATCH)]
        raw = poll(*(entry(guid) for guid in guids))
        (taken,) = store.take_in([raw], NOON)
        ids = [ref.id for ref in taken.new]
        store.claim(ids, token=f"{name}-{number}", owner=name, now=NOON, lease=MINUTE)
        documents = [document(guid, f"Copy of {guid}. " * 20) for guid in guids]
        processed = [Processed(entry_id=id_, document=each) for id_, each in zip(ids, documents, strict=True)]
        store.save(processed, [], token=f"{name}-{number}", now=NOON)
        if told is not None:
            told.send((number + 1) * _BATCH)
    store.close()


def _start(target, *args) -> multiprocessing.Process:
    process = _SPAWN.Process(target=target, args=args)
    process.start()
    return process


def _first_start(url: str, at: float) -> None:
    time.sleep(max(0.0, at - time.time()))
    with closing(_open(url)) as store:
        store.probe(NOON)


def test_several_processes_may_start_on_an_empty_database(empty_store_url: str) -> None:
    at = time.time() + 1.0
    processes = [_start(_first_start, empty_store_url, at) for _ in range(4)]
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * 4
    with closing(_open(empty_store_url)) as store:
        assert store.check() == []


def test_several_processes_write_and_read_at_once(store: Store, store_url: str) -> None:
    sync_feeds(store, [HARBOUR], NOON)
    processes = [_start(_write, store_url, f"writer-{number}", 12) for number in range(3)]
    while any(process.is_alive() for process in processes):
        store.probe(NOON)
        found = store.search(Query(all_of=(("copy",),)), now=NOON)
        assert all(each.document.guid.startswith("writer") for each in found)
        assert store.snapshot(NOON).documents % _BATCH == 0
        time.sleep(0.01)
    assert [process.exitcode for process in processes] == [0] * 3
    assert store.snapshot(NOON).documents == 3 * 12 * _BATCH
    assert store.check() == []


def test_a_writer_killed_in_mid_batch_leaves_whole_batches(store: Store, store_url: str) -> None:
    sync_feeds(store, [HARBOUR], NOON)
    acknowledged = 0
    for attempt in range(4):
        reads, writes = _SPAWN.Pipe(duplex=False)
        process = _start(_write, store_url, f"victim-{attempt}", 10_000, writes)
        done = reads.recv()
        time.sleep(0.013 * attempt)
        process.kill()
        process.join(10)
        while reads.poll():
            done = reads.recv()
        acknowledged += done
        snapshot = store.snapshot(NOON)
        assert snapshot.documents >= acknowledged
        assert snapshot.documents % _BATCH == 0
        assert snapshot.counters["accepted", ""] % _BATCH == 0
        acknowledged = snapshot.documents
    assert store.check() == []
    store.give_back_expired(now=NOON + MINUTE, max_attempts=3)
    refs = store.take_unsent(QueueName.WIRE, now=NOON, sent_before=NOON + MINUTE, limit=10_000)
    assert len(refs) == store.backlog() == store.snapshot(NOON).counters["accepted", ""] - acknowledged


def test_two_claimers_never_share_an_entry(store: Store, store_url: str) -> None:
    ids = take_in(store, *(entry(str(number)) for number in range(300)))
    other = _open(store_url)
    given: list[list[int]] = [[], []]

    def grab(which: int, through: Store) -> None:
        for start in range(0, 300, 10):
            given[which] += claim(through, ids[start : start + 10], f"t{which}-{start}")

    threads = [threading.Thread(target=grab, args=pair) for pair in enumerate((store, other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sorted(given[0] + given[1]) == ids


def test_two_reconcilers_never_choose_the_same_entry(store: Store, store_url: str) -> None:
    ids = take_in(store, *(entry(str(number)) for number in range(300)), sending=False)
    other = _open(store_url)
    chosen: list[int] = []

    def choose(through: Store) -> None:
        while refs := through.take_unsent(QueueName.WIRE, now=NOON, sent_before=None, limit=7):
            chosen.extend(ref.id for ref in refs)

    threads = [threading.Thread(target=choose, args=(each,)) for each in (store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sorted(chosen) == ids


def test_f07_two_fetchers_never_claim_the_same_feed(store: Store, store_url: str) -> None:
    from store_builders import feed

    sync_feeds(store, [feed(str(number)) for number in range(200)], NOON)
    other = _open(store_url)
    claimed: list[str] = []

    def poll_all(through: Store) -> None:
        while states := through.claim_due(NOON, 7, "fetcher", MINUTE):
            claimed.extend(state.feed_id for state in states)

    threads = [threading.Thread(target=poll_all, args=(each,)) for each in (store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sorted(claimed) == sorted(map(str, range(200)))


def test_a_closed_store_opens_again_with_all_that_is_in_it(store: Store, store_url: str) -> None:
    save(store, document())
    store.close()
    assert len(store.search(Query(), now=NOON)) == 1
    again = _open(store_url)
    assert len(again.search(Query(), now=NOON)) == 1
    again.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_store_that_was_closed_before_a_fork_works_on_both_sides(store: Store) -> None:
    save(store, document())
    store.close()
    assert _in_child(lambda: len(store.search(Query(), now=NOON))) == 1
    assert len(store.search(Query(), now=NOON)) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_store_that_was_open_at_a_fork_refuses_to_work_in_the_child(store: Store) -> None:
    save(store, document())
    assert _in_child(lambda: _refused(store)) == 1
    assert len(store.search(Query(), now=NOON)) == 1


def _refused(store: Store) -> int:
    try:
        store.search(Query(), now=NOON)
    except StoreError as error:
        return int("fork" in str(error))
    return 0


def _in_child(question) -> int:
    """Ask a forked child; its answer is its exit code."""
    pid = os.fork()
    if pid == 0:
        answer = 99
        try:
            answer = question()
        finally:
            os._exit(answer)
    _, status = os.waitpid(pid, 0)
    assert not os.WIFSIGNALED(status), signal.Signals(os.WTERMSIG(status))
    return os.waitstatus_to_exitcode(status)
