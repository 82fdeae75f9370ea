"""One poll in a process that is killed at its n-th step, for each n: `dying_poll.py FOLDER STORE URL`.

Steps are the answer of the server, its reading, each statement and commit of the store, and what is sent to
the queue. For each step there is a copy of the store, in which the poll is then made again, twice, by
processes that live: once when it is due again, and once more later. Prints a line for each step: the signal
that ended its process.
"""

import asyncio
import itertools
import os
import shutil
import signal
import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from fakes import NOON, FixedClock, InlineParser, MemoryQueue
from fetching import feed_at, new_fetcher, poll_once
from pipeline.ingest.poll import IngestEdge
from pipeline.sender import Sender
from pipeline.store.open import open_store
from pipeline.writer import StoreWriter

#: what the drivers of databases are asked to do
_CALLS = ("execute", "executemany", "executescript", "commit")


class Life:
    """Ends this process, as kill -9 does, before its n-th step; 0: never."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def step(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, _: object, event: str, called: Any) -> None:
        """See sys.setprofile."""
        if event == "c_call" and getattr(called, "__name__", "") in _CALLS:
            self.step()


class _Stepping:
    """A port, each call of which is a step, and so is what comes back from it."""

    def __init__(self, port: Any, life: Life) -> None:
        self._port = port
        self._life = life

    async def fetch(self, *words: Any) -> Any:
        self._life.step()
        response = await self._port.fetch(*words)
        self._life.step()
        return response

    async def parse(self, *words: Any, **more: Any) -> Any:
        parsed = await self._port.parse(*words, **more)
        self._life.step()
        return parsed

    def send(self, refs: Any) -> None:
        self._life.step()
        self._port.send(refs)
        self._life.step()

    def states(self) -> Any:
        return self._port.states()


async def _poll(data: Path, url: str, hours: int, life: Life) -> None:
    clock = FixedClock(NOON + timedelta(hours=hours))
    with closing(open_store(None, data)) as store:
        (state,) = store.claim_due(clock.now(), 1, str(os.getpid()), timedelta(minutes=2))
        async with new_fetcher() as fetcher:
            edge = IngestEdge(
                fetcher=_Stepping(fetcher, life),
                deliveries={},
                parser=_Stepping(InlineParser(), life),
                store=store,
                writer=StoreWriter(store, clock),
                sender=Sender(_Stepping(MemoryQueue(), life)),
                clock=clock,
            )
            threading.setprofile(life.watch)  # of the writer's thread, which begins now
            await poll_once(feed_at(url), state, edge)
            await edge.writer.close()


def _in_a_process(data: Path, url: str, hours: int, steps: int) -> int:
    """Poll in a process of its own; gives the signal that ended it, 0: none."""
    pid = os.fork()
    if pid == 0:
        asyncio.run(_poll(data, url, hours, Life(steps)))
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if ended > 0:
        raise SystemExit(f"the poll at {hours} h failed")
    return -ended


def _main(folder: Path, made: Path, url: str) -> None:
    for steps in itertools.count(1):
        data = folder / str(steps)
        shutil.copytree(made, data)
        ended = _in_a_process(data, f"{url}/{steps}", 0, steps)
        print(ended, flush=True)
        for hours in (2, 4):
            _in_a_process(data, f"{url}/{steps}", hours, 0)
        if ended == 0:
            return


if __name__ == "__main__":
    _main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
