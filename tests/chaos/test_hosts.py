"""Several hosts with one store and one queue: any of them, or the queue server, is killed, paused or cut off.

Each host has its own data directory and reaches the queue through a proxy of its own. The tests share their
hosts, and each brings up what it needs.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from hosts import LEASE_S, Cluster, Growth, Host, unheard_of, until

from fault_size import Size, preloaded
from pipeline.store.open import open_store
from pipeline.store.store import SqlStore
from running import processes_of
from toxic_proxy import ToxicProxy
from valkeys import SERVICE, Valkey, valkey, watched

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def storage_url(request: pytest.FixtureRequest, size: Size, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of an empty database that all hosts can reach."""
    if request.param == "postgresql":
        if not size.full:
            pytest.skip("`make chaos` does it with PostgreSQL too")
        return str(request.getfixturevalue("postgres").empty_url())
    return f"sqlite:///{tmp_path_factory.mktemp('shared')}/newswire.db"


@pytest.fixture(scope="module")
def store(storage_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    with closing(open_store(storage_url, tmp_path_factory.mktemp("reader"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with valkey(tmp_path_factory.mktemp("valkey"), {"appendonly": "yes"}) as running:
        yield running


@pytest.fixture(scope="module")
def cluster(
    store: SqlStore, storage_url: str, server: Valkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"), store, storage_url, server.url)
    yield made
    made.queue.close()


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The preloaded wall clock that can be set wrong."""
    return preloaded("clock.c", tmp_path_factory.mktemp("shim"))


@pytest.fixture(scope="module")
def north(cluster: Cluster, server: Valkey, shim: Path) -> Iterator[Host]:
    with cluster.host("north", server.port, shim=shim) as host:
        yield host


@pytest.fixture(scope="module")
def south(cluster: Cluster, server: Valkey, shim: Path) -> Iterator[Host]:
    with cluster.host("south", server.port, shim=shim) as host:
        yield host


def _bring_up(*hosts: Host) -> None:
    for host in hosts:
        host.start("work")
        host.start("fetch")


def test_hosts_that_are_killed_paused_or_cut_off_lose_nothing_and_do_nothing_twice(
    cluster: Cluster, north: Host, south: Host, server: Valkey, size: Size
) -> None:
    _bring_up(north, south)
    cluster.deliver(8)
    cluster.wait_until_stored()

    def dead(part: str, seconds: float) -> None:
        north.kill(part)
        time.sleep(seconds)
        north.start(part)

    def paused(host: Host, seconds: float) -> None:
        host.signal(signal.SIGSTOP)
        time.sleep(seconds)
        host.signal(signal.SIGCONT)

    def cut(host: Host, *, still: bool, seconds: float) -> None:
        host.proxy.still, host.proxy.cut = still, not still
        time.sleep(seconds)
        host.proxy.heal()

    def no_server(seconds: float) -> None:
        server.kill()
        time.sleep(seconds)
        server.start_again()

    faults: list[Callable[[], None]] = [
        lambda: cut(north, still=False, seconds=2),
        lambda: cut(south, still=True, seconds=4),
        lambda: no_server(1),
    ]
    if size.full:  # these are tried in small by the files beside this one
        kills = [lambda: dead("fetch", 1), lambda: dead("work", 1), lambda: paused(north, LEASE_S + 2)]
        faults = [*faults, *kills] * 10
    for fault in faults:
        cluster.deliver(size.records // 40)
        until(lambda: cluster.store.backlog() or cluster.all_stored())
        fault()
    last_fault = time.monotonic()
    cluster.wait_until_stored()
    drained_s = time.monotonic() - last_fault
    print(f"\n{cluster.delivered} stories, all stored {drained_s:.1f} s after the last fault")
    cluster.check()


def test_q10_workers_whose_clocks_are_wrong_take_nothing_from_each_other(
    cluster: Cluster, north: Host, south: Host, size: Size
) -> None:
    _bring_up(north, south)
    cluster.deliver(8)
    cluster.wait_until_stored()
    lost = len(_lost(north)) + len(_lost(south))
    north.set_clock(600)
    south.set_clock(-3600)
    cluster.deliver(400 if size.full else 48)
    cluster.wait_until_stored()
    for host in (north, south):
        until(lambda host=host: host.events("clock_differs"))
        host.set_clock(0)
    cluster.check()
    assert len(_lost(north)) + len(_lost(south)) == lost


def _lost(host: Host) -> list[object]:
    """Find batches some of whose entries another had been given, and those that failed."""
    return [*host.events("batch_failed"), *(each for each in host.events("batch_processed") if each["lost"])]


@pytest.mark.timeout(2400)  # half an hour in full
def test_v10_hosts_that_work_for_long_keep_no_more_files_open_and_say_how_their_memory_grows(
    cluster: Cluster, north: Host, south: Host, size: Size
) -> None:
    if not size.full:
        pytest.skip("seconds say nothing of what grows: `make chaos` looks for half an hour")
    _bring_up(north, south)
    cluster.deliver(size.records // 10)
    cluster.wait_until_stored()
    growth = Growth()
    lasts_s, a_second = 1800.0, 50
    began = time.monotonic()
    while (passed_s := time.monotonic() - began) < lasts_s:
        if cluster.store.backlog() < 10 * a_second:  # else what is slow today only fills the disk
            cluster.deliver(a_second, unheard_of)
        growth.look({**processes_of(north.data), **processes_of(south.data)})
        time.sleep(max(0.0, passed_s + 1 - (time.monotonic() - began)))
    done = cluster.snapshot().documents
    print(f"\n{lasts_s:.0f} s, {done / lasts_s:.0f} stories a second:\n{growth.in_words()}")
    cluster.wait_until_stored()
    cluster.check()
    assert growth.most_descriptors() <= 5


RESETS = "a reset each 50 KB"
SLOW_TO_CLOSE = "slow to close"
TOXICS: dict[str, Callable[[ToxicProxy], object]] = {
    "500 ms latency": lambda line: line.harm(latency_s=0.25),
    "up to 200 ms jitter": lambda line: line.harm(jitter_s=0.1),
    "10 KB a second": lambda line: line.harm(bytes_per_s=10_000),
    SLOW_TO_CLOSE: lambda line: line.harm(closes_after_s=5),
    "connections that stay and are silent for ever": lambda line: line.strand(),
    RESETS: lambda line: line.harm(reset_after_bytes=50_000),
}


@pytest.mark.parametrize("toxic", TOXICS)
def test_q09_a_bad_line_to_queue_and_database_costs_time_and_nothing_else(
    toxic: str, cluster: Cluster, north: Host, south: Host, size: Size
) -> None:
    if not size.full and toxic != RESETS:
        pytest.skip("over a line as slow as this it takes minutes: `make chaos` does it")
    _bring_up(north)
    south.start("fetch")
    cluster.deliver(40)
    until(lambda: cluster.store.backlog() or cluster.all_stored())
    south.stop("work")  # amid its work, if it ran: it ends well, and what it held is done or given back
    cluster.wait_until_stored()
    lines = [north.proxy, *filter(None, [north.storage_proxy])]
    for line in lines:
        TOXICS[toxic](line)
    before = [(line.harms, line.resets) for line in lines]
    if toxic == SLOW_TO_CLOSE:  # by itself nothing is closed: the servers hear late that a worker has died
        cluster.deliver(160)
        until(lambda: 0 < cluster.store.backlog() < 160)
        north.kill("work")
        north.start("work")
    began, used = time.monotonic(), north.cpu_s()
    cluster.deliver(160 if size.full else 40)
    cluster.wait_until_stored(600)
    took = time.monotonic() - began
    share = (north.cpu_s() - used) / took
    time.sleep(3)  # and idle it does not spin either
    idle = (north.cpu_s() - used - share * took) / 3
    harms = [line.harms - harms for line, (harms, _) in zip(lines, before, strict=True)]
    resets = sum(line.resets - resets for line, (_, resets) in zip(lines, before, strict=True))
    for line in lines:
        line.heal()
    print(f"\n{toxic}: {took:.1f} s, CPU {share:.0%}, idle {idle:.0%}, {harms} times harmed, {resets} resets")
    cluster.check()
    assert all(harms), f"a line did nothing of what it is said to: {harms}"
    assert idle < 0.5


def test_a_release_passes_over_the_jobs_of_the_next_and_the_next_does_those_of_this(
    cluster: Cluster, north: Host, south: Host
) -> None:
    north.start("work")
    south.stop("work")
    north.stop("fetch")
    south.stop("fetch")
    south.start("fetch", next_release=True)
    failed = _failed_jobs(cluster)
    cluster.deliver(20)
    until(lambda: sum(queue.waiting for queue in cluster.snapshot().queues) == 20)
    passed_over = len(north.events("newer_job_passed_over"))
    until(lambda: len(north.events("newer_job_passed_over")) >= passed_over + 3)
    assert sum(queue.waiting for queue in cluster.snapshot().queues) == 20
    until(lambda: any("passed over by workers" in words for words in cluster.snapshot().warnings))
    assert _failed_jobs(cluster) == failed
    other_rules = _with_other_rules(cluster)
    south.start("work", next_release=True, config=other_rules)
    cluster.wait_until_stored()
    south.stop("fetch")
    until(lambda: any("tag by different rules" in words for words in cluster.snapshot().warnings))
    until(lambda: north.events("workers_disagree"))
    north.stop("work")
    north.start("fetch")
    cluster.deliver(20)
    cluster.wait_until_stored()
    cluster.check()
    assert _failed_jobs(cluster) == failed


def _failed_jobs(cluster: Cluster) -> int:
    return sum(state.failed for state in cluster.queue.states())


def _with_other_rules(cluster: Cluster) -> Path:
    """Copy the configuration, and change the rules by which it tags."""
    folder = cluster.folder / "other-rules"
    folder.mkdir()
    for file in cluster.config.glob("*.yaml"):
        (folder / file.name).write_text(file.read_text())
    (folder / "beats.yaml").write_text("beats: []\n# one desk's own\n")
    return folder


def test_a_primary_killed_amid_an_import_loses_nothing_and_hosts_go_on_by_themselves(
    cluster: Cluster, tmp_path: Path, size: Size
) -> None:
    if not size.full:
        pytest.skip(
            "`make chaos` does it; tests/acceptance/test_queue_servers.py does it with the queue alone"
        )
    with ExitStack() as stack:
        servers = stack.enter_context(watched(tmp_path))
        behind = cluster.host("behind-sentinels", servers.primary.port, url=servers.url)
        host = stack.enter_context(behind)
        _bring_up(host)
        until(lambda: host.events("workers_started"))
        for _ in range(8):
            cluster.deliver(size.records // 40)
        until(lambda: 0 < cluster.store.backlog() < cluster.delivered)
        servers.primary.kill()
        killed_at, documents = time.monotonic(), cluster.snapshot().documents
        until(lambda: _new_primary(servers.sentinels[0]) == servers.replica.port)
        elected_s = time.monotonic() - killed_at
        cluster.deliver(40)
        until(lambda: cluster.snapshot().documents > documents)
        again_s = time.monotonic() - killed_at
        cluster.wait_until_stored()
        print(
            f"\nnew primary after {elected_s:.1f} s, documents again after {again_s:.1f} s, "
            f"all {cluster.delivered} stored after {time.monotonic() - killed_at:.1f} s"
        )
    cluster.check()


def _new_primary(port: int) -> int:
    import redis

    with redis.Redis(port=port, socket_timeout=5) as client:
        return int(client.sentinel_get_master_addr_by_name(SERVICE)[1])
