"""F6 and F17: `newswire fetch` is killed at twenty chosen points of its polls, and started anew."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from badserver import Asked, BadServer, answer, head
from fault_size import Size
from pipeline.clock import SystemClock
from pipeline.model import QueueName
from pipeline.store.open import open_store
from running import Service, storage_url, wait_for, write_config
from threaded import in_thread

#: each kill takes along the polls under way, which come again a minute later: there are some left for each
FEEDS = 84
#: the least that may be set, and what of it is left where waits are spread by a tenth
INTERVAL_S, LEAST_S = 60, 53.9
#: what one feed's server asks for, which is longer
ASKED_S = 150
_HEAD = b"<rss version='2.0'><channel><title>Invented Wire</title>"
_TAIL = b"</channel></rss>"
#: of an answer's bytes so many are said, and then so many seconds go by, before the kill
POINTS: Sequence[tuple[str, float]] = (
    ("nothing", 0),
    ("its headers", 0),
    ("a half", 0),
    *(("all", milliseconds / 1000) for milliseconds in (0, 1, 2, 3, 4, 5, 7, 10, 13, 16, 20, 25, 30, 40, 60)),
    ("all", 0.1),
    ("all", 0.2),
)


@dataclass
class _Publisher:
    """Feeds that have another item whenever they are asked, and answer 304 to who knows the newest.

    While points are left, an answer is the fetcher's last: it is killed at the next point.
    """

    service: Service
    points: list[tuple[str, float]] = field(default_factory=lambda: list(POINTS))
    items: dict[str, int] = field(default_factory=dict)
    #: monotonic seconds
    killed_at: list[float] = field(default_factory=list)
    #: those that have answered 304 after the last kill
    settled: set[str] = field(default_factory=set)
    _killed: set[int] = field(default_factory=set)

    def guids(self) -> set[str]:
        return {guid for path, last in self.items.items() for guid in _guids(path, last)}

    async def say(self, request: Asked, writer: asyncio.StreamWriter) -> bool:
        path = request.path
        alive = [pid for pid in self.service.pids("fetch") if pid not in self._killed]
        point = self.points.pop(0) if self.points and alive else None
        if point:
            self._killed.update(alive)  # by this answer, and by no other one
        if self.points or point or path not in self.items:
            self.items[path] = self.items.get(path, 0) + 1
        etag = f'"{self.items[path]}"'
        if request.header("if-none-match") == etag.encode():
            self.settled.add(path)
            return await answer(304)(request, writer)
        body = _HEAD + b"".join(map(_item, _guids(path, self.items[path]))) + _TAIL
        whole = head(headers={"ETag": etag}, length=len(body)) + body
        if point is None:
            writer.write(whole)
            return True
        said, wait_s = point
        sizes = {"nothing": 0, "its headers": 60, "a half": len(whole) - len(body) // 2, "all": len(whole)}
        writer.write(whole[: sizes[said]])
        await writer.drain()
        await asyncio.sleep(wait_s)
        supervisor = self.service.process
        assert supervisor
        for pid in (supervisor.pid, *alive):
            os.kill(pid, signal.SIGKILL)
        self.killed_at.append(time.monotonic())
        return False


def _guids(path: str, last: int) -> Sequence[str]:
    return [f"{path}-{number}" for number in range(1, last + 1)]


def _item(guid: str) -> bytes:
    return f"<item><guid isPermaLink='false'>{guid}</guid><title>Story {guid}</title></item>".encode()


@pytest.mark.timeout(600)
def test_f06_f17_a_polling_service_killed_twenty_times_asks_nobody_too_often_and_loses_nothing(
    tmp_path: Path, size: Size
) -> None:
    if not size.full:
        pytest.skip("sources are polled once a minute at most: four minutes, in `make chaos`")
    data = tmp_path / "data"
    with in_thread(BadServer()) as server:
        names = [*(str(number) for number in range(FEEDS)), "slow"]
        sources = (f"  - {{url: '{server.url()}{name}', id: f{name}, {_USUAL}}}\n" for name in names)
        config = write_config(
            tmp_path / "config", f"feeds:\n{''.join(sources)}", topics=False, fetch={"heartbeat_s": 0}
        )
        service = Service(data, config, command=("fetch",))
        publisher = _Publisher(service)
        for number in range(FEEDS):
            server.on(f"/{number}", publisher.say)
        server.on("/slow", answer(503, headers={"Retry-After": str(ASKED_S)}))
        paths = [f"/{number}" for number in range(FEEDS)]
        with service:
            while len(publisher.killed_at) < len(POINTS) or has_died(service):
                if has_died(service):
                    service.start()
                time.sleep(0.05)
            wait_for(lambda: publisher.settled.issuperset(paths), seconds=250)
            service.stop()
    gaps = {path: _gaps(server, path) for path in paths}
    with closing(open_store(storage_url(data), data)) as store:
        now = SystemClock().now() + timedelta(minutes=1)
        refs = store.take_unsent(QueueName.WIRE, now=now, sent_before=now, limit=10_000)
        claimed = store.claim(
            [ref.id for ref in refs], token="t", owner="test", now=now, lease=timedelta(minutes=1)
        )
        stored = Counter(each.entry.guid for each in claimed)
        accepted = store.snapshot(now).counters["accepted", ""]
    shortest = min(map(min, gaps.values()))
    print(
        f"\n{len(publisher.killed_at)} kills, {len(server.journal)} requests, {shortest:.1f} s apart at least"
    )
    print(f"{len(publisher.guids())} items, {accepted} taken in; slow: {_gaps(server, '/slow')}")
    assert len(publisher.killed_at) == len(POINTS) == 20
    assert shortest >= LEAST_S
    assert min(_gaps(server, "/slow")) >= ASKED_S
    assert (set(stored), stored.total(), accepted) == (publisher.guids(), len(stored), len(stored))


def has_died(service: Service) -> bool:
    return service.process is not None and service.process.poll() is not None


_USUAL = f"provider: P, allow_private: 127.0.0.0/8, interval: {INTERVAL_S}s"


def _gaps(server: BadServer, path: str) -> list[float]:
    return [after.at_s - before.at_s for before, after in pairwise(server.asked(path))]
