"""The worker processes of one host: forked from one parent that has loaded everything, watched by it.

The parent holds no connection (a database connection must never cross a fork). Each child has a place: a
queue and a number. A child that dies is replaced, and its successor gives back what it held, with the cause
that the parent saw. A hang in C ends only from outside: the parent kills a child whose batch runs too long.
"""

import fcntl
import mmap
import os
import resource
import secrets
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NoReturn

from pipeline.clock import SystemClock
from pipeline.errors import QueueError, ServiceError
from pipeline.loading import end_loading
from pipeline.logs import get_logger
from pipeline.model import QueueName
from pipeline.monitor.fleet import disagreements, heard_of
from pipeline.near_index import RedisNearIndex
from pipeline.ports.outside import Clock
from pipeline.ports.store import Store
from pipeline.queues import RedisQueue, run_worker
from pipeline.retention import Policy
from pipeline.server_clock import EarlierClock, ServerClock
from pipeline.service.children import die_with
from pipeline.service.notify import tell_ready
from workers.dedupe.link import Linking
from workers.dedupe.story_rules import StoryRules, load_story_rules
from workers.dedupe.telling import Teller
from workers.dedupe.upkeep import Upkeep
from workers.jobs import WorkerEdge, install
from workers.normalise.document import warm_up
from workers.reconcile import reconcile
from workers.retiring import Housekeeping, Retiring
from workers.rounds import go_through
from workers.tag.enricher import Enricher
from workers.tag.ner import Models
from workers.tag.tagger import Tagger, load_tagger

log = get_logger(__name__)

#: beyond the job's own timeout, before a worker is killed from outside
_KILL_AFTER_S = 5.0
#: the longest that a worker with nothing to do waits for a job before it moves
_SILENT_S = 16.0
#: a round of the reconciler waits for a slow store, and housekeeping may remove much
_KEEPER_BUSY_S = 120.0
_TICK_S = 0.1
_ROUND_S = 0.5
#: between two looks at the workers of all hosts
_FLEET_S = 15.0
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 5.0
_KEEPER = "keeper"
#: the models take seconds to load, on a busy machine many
_LOADING_S = 120.0
#: of the workers on `enrich`: nobody waits for them, and live news does not wait for theirs
_NICE = 10
#: a worker asks the index of near duplicates no longer: a document is linked later rather than stored late
_PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPlan:
    """What the workers of one host are told: plain values."""

    data_dir: Path
    config_dir: Path
    queue_url: str
    #: of newswire
    release: str
    open_store: Callable[[], Store]
    #: queue → number of processes
    processes: dict[QueueName, int]
    #: of documents whose people and organisations are to be found
    languages: frozenset[str]
    batch_size: int
    batch_timeout_s: int
    memory_bytes: int
    max_attempts: int
    drain_s: float
    policy: Policy
    change_days: int
    quarantine_days: int
    poll_count: int
    linking: Linking


@dataclass(frozen=True, slots=True, kw_only=True)
class _Death:
    """Why the last holder of a place died, as its successor tells the store."""

    cause: str
    #: whether the entries it held are suspect
    counts: bool


class _Place:
    """A queue and a number, and the process that holds it."""

    def __init__(self, name: str, queue: QueueName | None, beat: "_Heartbeat") -> None:
        self.name = name
        #: None: the reconciler
        self.queue = queue
        self.beat = beat
        self.pid = 0
        self.death = _Death(cause="stopped with its service", counts=False)
        self.hung = False
        self.started_at = 0.0
        self.not_before = 0.0
        self.wait_s = 0.0


class _Heartbeat:
    """What a child tells its parent in memory shared over the fork.

    Three numbers: when it was last seen to move, since when it runs a batch (monotonic s, 0: it does not),
    and whether it works on the batch's entries just now.
    """

    SIZE = 24

    def __init__(self, memory: mmap.mmap, index: int) -> None:
        self._memory = memory
        self._at = index * self.SIZE

    def begin(self) -> None:
        now = time.monotonic()
        struct.pack_into("ddd", self._memory, self._at, now, now, 0.0)

    def suspect(self) -> None:
        struct.pack_into("d", self._memory, self._at + 16, 1.0)

    def trust(self) -> None:
        struct.pack_into("d", self._memory, self._at + 16, 0.0)

    def end(self) -> None:
        struct.pack_into("ddd", self._memory, self._at, time.monotonic(), 0.0, 0.0)

    def suspects(self) -> bool:
        return bool(struct.unpack_from("d", self._memory, self._at + 16)[0])

    def hangs_s(self, *, busy_limit_s: float, silent_limit_s: float) -> float:
        """Say for how long it has hung; 0 while it does not."""
        seen: float
        busy: float
        seen, busy = struct.unpack_from("dd", self._memory, self._at)
        now = time.monotonic()
        if busy and now - busy > busy_limit_s:
            return now - busy
        return now - seen if now - seen > silent_limit_s else 0.0


class Workers:
    """The parent: forks a child for each place and keeps them alive until it is told to stop."""

    def __init__(self, plan: WorkPlan) -> None:
        self._plan = plan
        self._stops = 0
        names = [
            (f"{queue.value}-{n + 1}", queue) for queue, count in plan.processes.items() for n in range(count)
        ]
        memory = mmap.mmap(-1, _Heartbeat.SIZE * (len(names) + 1))
        self._places = [
            _Place(name, queue, _Heartbeat(memory, index))
            for index, (name, queue) in enumerate([*names, (_KEEPER, None)])
        ]

    def run(self) -> None:
        """Run until SIGTERM or SIGINT; then let each child finish its batch, within `drain_s`."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a reload is for the fetcher
        warm_up()
        self._tagger = load_tagger(self._plan.config_dir)
        self._story_rules = load_story_rules(self._plan.config_dir)
        end_loading()
        with _pool_name(self._plan.data_dir) as pool:
            log.info("workers_started", pool=pool, places=[place.name for place in self._places])
            tell_ready()
            try:
                while not self._stops:
                    self._tick(pool)
                    time.sleep(_TICK_S)
            finally:
                self._drain()

    def _tick(self, pool: str) -> None:
        for place in self._places:
            if place.pid:
                self._watch(place)
            if not place.pid and time.monotonic() >= place.not_before:
                self._fork(place, pool)

    def _watch(self, place: _Place) -> None:
        is_keeper = place.queue is None
        busy_limit_s = _KEEPER_BUSY_S if is_keeper else self._plan.batch_timeout_s + _KILL_AFTER_S
        silent_limit_s = _SILENT_S + busy_limit_s + (_LOADING_S if place.queue is QueueName.ENRICH else 0)
        hangs_s = place.beat.hangs_s(busy_limit_s=busy_limit_s, silent_limit_s=silent_limit_s)
        if hangs_s and not place.hung:
            log.error("worker_hung", place=place.name, pid=place.pid, seconds=round(hangs_s, 1))
            place.hung = True
            os.kill(place.pid, signal.SIGKILL)
        pid, status = os.waitpid(place.pid, os.WNOHANG)
        if pid:
            self._bury(place, os.waitstatus_to_exitcode(status))

    def _bury(self, place: _Place, code: int) -> None:
        place.death = _death(
            code, hung=place.hung, suspect=place.beat.suspects(), timeout_s=self._plan.batch_timeout_s
        )
        log.error("worker_died", place=place.name, pid=place.pid, cause=place.death.cause)
        steady = time.monotonic() - place.started_at > 5
        place.wait_s = 0.0 if steady else min(max(place.wait_s * 2, _FIRST_WAIT_S), _LONGEST_WAIT_S)
        place.not_before = time.monotonic() + place.wait_s
        place.pid = 0
        place.hung = False

    def _fork(self, place: _Place, pool: str) -> None:
        place.beat.end()
        place.started_at = time.monotonic()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _child(place, f"{pool}/{place.name}", self._plan, self._tagger, self._story_rules, parent)
        place.pid = pid

    def _drain(self) -> None:
        deadline = time.monotonic() + self._plan.drain_s
        stops = self._stops
        for place in self._places:
            if place.pid:
                os.kill(place.pid, signal.SIGTERM)
        while any(place.pid for place in self._places):
            late = time.monotonic() > deadline or self._stops > stops
            for place in self._places:
                if place.pid and late:
                    os.kill(place.pid, signal.SIGKILL)
                if place.pid and os.waitpid(place.pid, 0 if late else os.WNOHANG)[0]:
                    place.pid = 0
            time.sleep(0.02)
        log.info("workers_stopped")

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stops += 1


def _death(code: int, *, hung: bool, suspect: bool, timeout_s: int) -> _Death:
    """Say why a child died and whether what it held is to blame.

    >>> _death(-9, hung=False, suspect=True, timeout_s=10).counts
    False
    >>> _death(-11, hung=False, suspect=True, timeout_s=10).cause
    'the worker was killed by SIGSEGV'
    """
    if hung:
        return _Death(cause=f"the worker hung for more than {timeout_s} s and was killed", counts=suspect)
    if code < 0:
        # Somebody outside (an operator, the kernel short of memory) says nothing about the entries.
        outside = -code in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        counts = suspect and not outside
        return _Death(cause=f"the worker was killed by {signal.Signals(-code).name}", counts=counts)
    return _Death(cause=f"the worker ended with status {code}", counts=False)


def _child(
    place: _Place, owner: str, plan: WorkPlan, tagger: Tagger, rules: StoryRules, parent: int
) -> NoReturn:
    """Be a child: work, then leave without running what the parent registered for its own end."""
    code = 1
    try:
        die_with(parent)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the parent, which stops us in order
        resource.setrlimit(resource.RLIMIT_AS, (plan.memory_bytes, plan.memory_bytes))
        if place.queue is None:
            _keep(plan, rules, place.beat)
        else:
            _work(place, owner, plan, tagger)
        code = 0
    except ServiceError as error:
        log.error("worker_stops", place=place.name, cause=str(error))
        code = 75  # EX_TEMPFAIL
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    finally:
        if sys.exception() is not None:
            log.error("worker_failed", place=place.name, exc_info=True)
        sys.stderr.flush()
        os._exit(code)


def _work(place: _Place, owner: str, plan: WorkPlan, tagger: Tagger) -> None:
    assert place.queue is not None
    enricher = _load_enricher(place, plan, tagger) if place.queue is QueueName.ENRICH else None
    store = plan.open_store()
    index = RedisNearIndex(plan.queue_url, life=plan.linking.life, patience_s=_PATIENCE_S)
    with suppress(QueueError):
        index.held()  # connects: over a slow line that would take the time of the first job
    clock = ServerClock(plan.queue_url)
    edge = WorkerEdge(
        store=store,
        tagger=tagger,
        enricher=enricher,
        languages=plan.languages,
        index=index,
        linking=plan.linking,
        clock=clock,
        wall=EarlierClock(clock, SystemClock()),
        beat=place.beat,
        owner=owner,
        lease=timedelta(seconds=plan.batch_timeout_s + _KILL_AFTER_S + 5),
        max_attempts=plan.max_attempts,
    )
    death = place.death
    store.give_back(
        owner,
        cause=death.cause,
        counts=death.counts,
        now=edge.clock.now(),
        max_attempts=plan.max_attempts,
    )
    install(edge)
    name = f"{place.name}-{os.getpid()}-{secrets.token_hex(3)}"
    told = {"rules": tagger.version, "release": plan.release}
    run_worker(place.queue, plan.queue_url, name=name, moved=place.beat.end, told=told)


def _load_enricher(place: _Place, plan: WorkPlan, tagger: Tagger) -> Enricher:
    """Load the models, in this process only: the others need their memory for nothing."""
    models = Models(plan.languages)
    models.warm_up()
    os.nice(_NICE)
    place.beat.end()
    log.info("models_loaded", models=models.version)
    return Enricher(tagger=tagger, models=models)


def _keep(plan: WorkPlan, rules: StoryRules, beat: _Heartbeat) -> None:
    """Run the reconciler, the upkeep of links and the housekeeping until the parent ends us."""
    store = plan.open_store()
    clock = ServerClock(plan.queue_url)
    queue = RedisQueue(
        plan.queue_url, batch_size=plan.batch_size, job_timeout_s=plan.batch_timeout_s, clock=clock
    )
    upkeep = Upkeep(store, RedisNearIndex(plan.queue_url, life=plan.linking.life), clock, plan.linking)
    teller = Teller(store, rules, clock, max_attempts=plan.max_attempts)
    watch = FleetWatch(queue, clock)
    wall = EarlierClock(clock, SystemClock())
    retiring = Retiring(store, plan.policy, wall)
    housekeeping = Housekeeping(
        store,
        retiring,
        wall,
        change_days=plan.change_days,
        poll_count=plan.poll_count,
        quarantine_days=plan.quarantine_days,
    )
    steps: dict[str, Callable[[], object]] = {
        "reconcile": partial(
            reconcile,
            store,
            queue,
            clock,
            wall=wall,
            batch_size=plan.batch_size,
            max_attempts=plan.max_attempts,
        ),
        "links": upkeep.round,
        "fleet": watch.round,
        "housekeeping": housekeeping.round,
        "retention": retiring.round,
        "stories": teller.round,
    }
    while True:
        if not go_through(steps, beat.begin):
            time.sleep(1)
        beat.end()
        time.sleep(_ROUND_S)


class FleetWatch:
    """Says in the log when the workers of all hosts begin or cease to disagree."""

    def __init__(self, queue: RedisQueue, clock: Clock) -> None:
        self._queue = queue
        self._clock = clock
        self._look_at = 0.0
        self._said: tuple[str, ...] = ()

    def round(self) -> None:
        """Look again, if it is time. Raises QueueError."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + _FLEET_S
        now = self._clock.now()
        found = tuple(disagreements(heard_of(worker, now) for worker in self._queue.workers()))
        if found and found != self._said:
            log.warning("workers_disagree", about=found)
        elif self._said and not found:
            log.info("workers_agree")
        self._said = found


@contextmanager
def _pool_name(data_dir: Path) -> Iterator[str]:
    """Hold a name that no living pool of workers has, and that the next one on this host takes again."""
    # Where storage and queue are elsewhere, nobody has made the data directory before.
    directory = data_dir / "workers"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    host = _host_id(data_dir)
    for number in range(1, 1000):
        descriptor = os.open(directory / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        try:
            yield f"{host}/{number}"
        finally:
            os.close(descriptor)
        return


def _host_id(data_dir: Path) -> str:
    """Name this data directory: host names repeat among containers."""
    path = data_dir / "host-id"
    try:
        with path.open("x") as file:
            file.write(secrets.token_hex(4))
    except FileExistsError:
        pass
    return path.read_text().strip() or "unnamed"


def run_workers(plan: WorkPlan) -> None:
    """Run the worker processes of this host until told to stop."""
    Workers(plan).run()
