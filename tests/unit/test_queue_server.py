"""What is said of a queue server, and of the workers of all hosts."""

import os
import socket
from datetime import timedelta

import pytest

from fakes_read import NOON, FakeQueueView, FakeReadStore, queue_server, worker
from pipeline.errors import QueueError
from pipeline.monitor.fleet import disagreements, heard_of, versions
from pipeline.monitor.metrics import metrics_text
from pipeline.monitor.queue_server import ServerFault, remarks_on
from pipeline.monitor.snapshot import take_snapshot
from pipeline.ports.queue import GONE
from pipeline.queues import was_killed
from pipeline.redis_server import redis_errors


def test_a_fit_server_is_not_remarked_on() -> None:
    assert remarks_on(queue_server()) == ()


@pytest.mark.parametrize(
    ("fault", "fields", "refused"),
    [
        (ServerFault.OLD, {"like_redis": (6, 0, 16)}, True),
        (ServerFault.CLUSTER, {"cluster": True}, True),
        (ServerFault.REPLICA, {"replica": True}, False),
        (ServerFault.EVICTS, {"eviction": "allkeys-lru"}, False),
        (ServerFault.NEARLY_FULL, {"memory_limit_bytes": 100 << 20, "memory_bytes": 95 << 20}, False),
        (ServerFault.NOT_SAVED, {"saves": False}, False),
        (ServerFault.NOT_KEPT, {"appends": False}, False),
    ],
)
def test_what_is_wrong_with_a_server_is_said_and_only_what_cannot_work_is_refused(
    fault: ServerFault, fields: dict[str, object], refused: bool
) -> None:
    (remark,) = remarks_on(queue_server(**fields))
    assert (remark.fault, remark.refused) == (fault, refused)


@pytest.mark.parametrize("fields", [{"like_redis": (6, 2, 0)}, {"memory_limit_bytes": 100 << 20}])
def test_the_oldest_that_works_and_a_limit_far_away_are_well(fields: dict[str, object]) -> None:
    assert remarks_on(queue_server(**fields)) == ()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Timeout reading from socket", "it does not answer"),
        ("Timeout connecting to server", "it does not answer"),
        ("Error 111 connecting to 127.0.0.1:1. Connection refused.", "it refuses connections at 127.0.0.1:1"),
        (
            "Error -2 connecting to q.example:1. Name or service not known.",
            "the name q.example does not resolve",
        ),
        ("Error 2 connecting to /a/b.sock. No such file or directory.", "there is no socket /a/b.sock"),
        ("Error 113 connecting to h:1. No route to host.", "no connection to h:1: No route to host"),
        ('Protocol error, got "<" as reply type byte', "what answers there is no Redis or Valkey"),
        ("Connection closed by server.", "it closes the connection"),
        (
            "invalid username-password pair or user is disabled.",
            "it refuses the user or the password of queue.url",
        ),
        (
            "Authentication required.",
            "it asks for a password: give queue.url as the service that runs has it",
        ),
        ("NOPERM this user has no permissions", "NOPERM this user has no permissions"),
    ],
)
def test_why_the_server_does_not_work_is_said_in_our_words(said: str, words: str) -> None:
    with pytest.raises(QueueError) as caught, redis_errors():
        raise OSError(said)
    assert str(caught.value) == f"the queue server does not work: {words}"


def test_status_and_metrics_say_what_is_wrong_with_the_server() -> None:
    queue = FakeQueueView(of_server=queue_server(eviction="allkeys-lru"))
    snapshot = take_snapshot(FakeReadStore(), queue, NOON)
    (warning,) = snapshot.warnings
    assert warning.startswith("queue server: maxmemory-policy is allkeys-lru")
    text = metrics_text(snapshot).decode()
    assert 'newswire_queue_server_fault{fault="evicts"} 1.0' in text
    assert 'newswire_queue_server_fault{fault="not_kept"} 0.0' in text


# --- workers of several hosts ---


def test_workers_that_agree_are_not_spoken_of() -> None:
    workers = [worker(rules="r1/g1", release="1.0", hostname=name) for name in ("a", "b")]
    assert list(disagreements(workers)) == []
    assert versions(workers) == {"rules": 1, "gazetteer": 1, "release": 1}


def test_a_worker_with_other_rules_than_the_rest_is_named() -> None:
    workers = [worker(rules="r1/g1", hostname="a")] * 2 + [worker(rules="r2/g1", hostname="b")]
    assert list(disagreements(workers)) == [
        "workers tag by different rules: r1 on a (2 workers); r2 on b (1 worker)"
    ]
    assert versions(workers)["rules"] == 2


def test_another_gazetteer_and_another_release_are_named_by_themselves() -> None:
    workers = [
        worker(rules="r1/g1", release="1.0", hostname="a"),
        worker(rules="r1/g2", release="1.1", hostname="b"),
    ]
    assert [words.partition(":")[0] for words in disagreements(workers)] == [
        "workers have different gazetteers",
        "workers of different releases",
    ]


@pytest.mark.parametrize(
    ("fields", "killed"),
    [
        ({}, True),
        ({"heartbeat_at": NOON - timedelta(seconds=15)}, False),
        ({"hostname": "elsewhere"}, False),
        ({"pid": os.getpid()}, False),
        ({"pid": 0}, False),
    ],
    ids=["killed", "just heard of", "another host", "alive", "not said"],
)
def test_a_worker_whose_process_is_not_there_is_gone(fields: dict[str, object], killed: bool) -> None:
    given = {"hostname": socket.gethostname(), "pid": 2**22 + 1, "heartbeat_at": NOON - timedelta(seconds=25)}
    assert was_killed(worker(**given | fields), NOON) is killed


def test_who_is_gone_stays_so_and_does_not_disagree() -> None:
    gone = heard_of(worker(rules="r2/g1", state=GONE), NOON + timedelta(minutes=2))
    assert gone.state == GONE
    assert list(disagreements([worker(rules="r1/g1"), gone])) == []


def test_the_dead_do_not_disagree_and_who_says_nothing_neither() -> None:
    dead = heard_of(worker(rules="r2/g1", heartbeat_at=None), NOON)
    assert list(disagreements([worker(rules="r1/g1"), dead, worker(rules="")])) == []


def test_jobs_that_nobody_there_can_read_are_spoken_of() -> None:
    behind = worker(payload_version=1, newer_payload=2, hostname="old")
    (words,) = disagreements([behind, worker(payload_version=2, newer_payload=0)])
    assert words.startswith(
        "jobs of a newer release (payload 2) are passed over by workers on old (1 worker)"
    )


def test_many_hosts_are_not_all_listed() -> None:
    workers = [worker(rules="r1/g1", hostname=f"h{n}") for n in range(5)] + [worker(rules="r2/g1")]
    (words,) = disagreements(workers)
    assert "on h0, h1, h2, … (5 workers)" in words


def test_metrics_count_the_versions_that_workers_have() -> None:
    workers = [worker(rules="r1/g1"), worker(rules="r2/g1")]
    text = metrics_text(take_snapshot(FakeReadStore(), FakeQueueView(of_workers=workers), NOON)).decode()
    assert 'newswire_worker_versions{of="rules"} 2.0' in text
    assert 'newswire_worker_versions{of="gazetteer"} 1.0' in text
