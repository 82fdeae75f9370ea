"""Parsing in processes that can be killed: the home of pebble.

Hostile bytes can make a parser loop in C or eat memory, which no thread and no exception handler stops. Each
parser process has a limit of memory, each body a limit of time; a process that breaks one dies, alone.

The processes are spawned, at 0.2 s each: a plain fork of a process with an event loop and a store thread can
deadlock, and the children of a fork server keep it, and so each other, alive when their owner is killed.
"""

import asyncio
import ctypes
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any

from pebble import ProcessExpired, ProcessPool

from pipeline.codec import from_json, to_json
from pipeline.errors import ParseError, Reason
from pipeline.formats.detect import read
from pipeline.model import Parsed

#: a parser process is replaced after so many bodies, so that no leak adds up
MAX_TASKS = 1_000

#: beyond the limit of one body, before a pool that ends nothing is taken for wedged
_WEDGED_S = 5.0

_PR_SET_PDEATHSIG = 1
_Answer = bytes | tuple[Reason, str]
_Work = Callable[..., _Answer]


class ParsePool:
    """Reads bytes of unknown origin in a pool of killable processes. Implements ports.Parser.

    Args:
        processes: How many parser processes run.
        timeout_s: How long one body may take before its process is killed.
        memory_bytes: Address space of one parser process.
    """

    def __init__(self, *, processes: int, timeout_s: float, memory_bytes: int) -> None:
        self._processes = processes
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes
        self._renewing = threading.Lock()
        #: tasks under way, and when the last one ended
        self._open = 0
        self._moved_at = time.monotonic()
        self._closed = False
        # The kernel kills a child when the *thread* that started it ends: this one lives as long as the pool.
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="parse-pool")
        self._pool = self._starter.submit(self._start).result()

    async def parse(self, body: bytes, *, name: str, media_type: str | None) -> Parsed:
        """Tell the format from the bytes and read them. May be called from any event loop.

        Raises:
            ParseError: No format we read, over a limit, or the parser process died.
        """
        return from_json(await self._answer_of(_read, body, name, media_type), Parsed)

    async def extract(self, body: bytes, *, url: str, media_type: str | None) -> str:
        """Find the article in a page. Raises ParseError."""
        return (await self._answer_of(_extract, body, url, media_type)).decode()

    async def _answer_of(self, work: _Work, *words: Any) -> bytes:
        """Let a process do it. Raises ParseError."""
        answer: _Answer = Reason.CRASHED, "the parser processes died"
        # A process may be killed for no fault of the bytes it reads: only those that kill two are to blame.
        for _ in range(2):
            try:
                answer = await self._ask(work, *words)
                break
            except ProcessExpired as error:
                answer = Reason.CRASHED, f"the parser process died twice ({_how(error.exitcode)})"
            except BrokenProcessPool:  # it died while it had nothing to do
                continue
        if isinstance(answer, bytes):
            return answer
        reason, detail = answer
        raise ParseError(Reason(reason), detail)

    def close(self) -> None:
        """End the parser processes now; what they were reading is given up."""
        with self._renewing:
            self._closed = True
            _end(self._pool)
            self._starter.shutdown()

    async def _ask(self, work: _Work, *words: Any) -> _Answer:
        pool = self._pool
        if not pool.active:
            pool = await asyncio.to_thread(self._renew, pool)
        try:
            task = pool.schedule(work, args=words, timeout=self._timeout_s)
        except RuntimeError as error:  # it broke just now
            raise BrokenProcessPool from error
        answer = asyncio.wrap_future(task)
        await self._answered(answer, pool)
        if answer.cancelled():  # the pool was renewed meanwhile
            raise BrokenProcessPool
        try:
            return answer.result()
        except TimeoutError:
            return Reason.PARSE_LIMIT, f"reading it took more than {self._timeout_s:g} s and was stopped"

    async def _answered(self, answer: "asyncio.Future[_Answer]", pool: ProcessPool) -> None:
        """Wait for an answer, or for the pool to be given up.

        A parser that is killed at the wrong moment can leave the pool's pipe unusable: it then starts no task
        any more, and says nothing. Each body has its limit, so a pool that ends none for longer is wedged.
        """
        self._open += 1
        if self._open == 1:
            self._moved_at = time.monotonic()
        try:
            while not (await asyncio.wait({answer}, timeout=1))[0]:
                if time.monotonic() - self._moved_at > self._timeout_s + _WEDGED_S:
                    await asyncio.to_thread(self._renew, pool)
                    return
        finally:
            self._open -= 1
            self._moved_at = time.monotonic()
            if not answer.done():
                answer.cancel()

    def _renew(self, broken: ProcessPool) -> ProcessPool:
        """Replace a broken pool once, however many tasks find it broken."""
        with self._renewing:
            if self._closed:
                raise RuntimeError("the pool is closed")
            if self._pool is broken:
                _end(broken)
                self._pool = self._starter.submit(self._start).result()
            return self._pool

    def _start(self) -> ProcessPool:
        pool = ProcessPool(
            max_workers=self._processes,
            max_tasks=MAX_TASKS,
            initializer=_confine,
            initargs=(self._memory_bytes,),
            context=multiprocessing.get_context("spawn"),
        )
        assert pool.active  # starts the processes now, not under the first body
        return pool


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    with suppress(TimeoutError):  # the threads of a wedged pool may never end; they are daemons
        pool.join(_WEDGED_S)


def _confine(memory_bytes: int) -> None:
    """Set the limits of this parser process; it must not outlive who asked for it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    parent = multiprocessing.parent_process()
    if parent is None or not parent.is_alive():  # it died before we asked
        os._exit(1)
    # The default action ends a process that loops in C at once; a Python handler would wait for it.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(body: bytes, name: str, media_type: str | None) -> _Answer:
    """Read in a parser process. JSON crosses back, at half the price of pickle, and errors as values."""
    return _guarded(lambda: to_json(read(body, name=name, media_type=media_type)))


def _extract(body: bytes, url: str, media_type: str | None) -> _Answer:
    """Find an article in a parser process."""
    # Only where it is wished: it takes a second and 30 MB.
    from pipeline.formats.article import read_article  # noqa: PLC0415

    return _guarded(lambda: read_article(body, url=url, media_type=media_type).encode("utf-8", "replace"))


def _guarded(work: Callable[[], bytes]) -> _Answer:
    try:
        return work()
    except ParseError as error:
        return error.reason, error.detail
    except MemoryError:
        limit = resource.getrlimit(resource.RLIMIT_AS)[0] // 2**20
        return Reason.PARSE_LIMIT, f"reading it takes more than {limit} MiB of memory"
    except Exception as error:  # noqa: BLE001  # the process's edge: an exception that cannot be pickled breaks the pool
        return Reason.PARSE_FAILED, f"the parser failed: {type(error).__name__}: {str(error)[:200]}"


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit status {code}"
