"""Q11: nobody works on what comes in. Feeds wait at the high-water mark, and the fetcher stays small."""

import asyncio
import time
from contextlib import closing
from email.utils import formatdate
from pathlib import Path

import pytest
import redis

from badserver import Asked, BadServer, answer
from fault_size import Size
from pipeline.model import QueueName
from pipeline.store.open import open_store
from running import Service, storage_url, story, wait_for, write_config
from threaded import in_thread

PER_FEED = 50
#: how long a feed's answer takes: two are asked for at once
ANSWER_S = 0.05
#: the mark is looked at once a second, and polls that are under way go on
SLACK = 3 * round(2 / ANSWER_S) * PER_FEED


def _feed(name: str):
    items = "".join(
        f"<item><guid isPermaLink='false'>{name}-{n}</guid><title>Story {name}-{n}</title>"
        f"<pubDate>{formatdate(1_793_000_000)}</pubDate><description>{story(n)} {name}</description></item>"
        for n in range(PER_FEED)
    )
    body = f"<rss version='2.0'><channel><title>W</title>{items}</channel></rss>".encode()

    async def say(request: Asked, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(ANSWER_S)
        return await answer(body=body, headers={"Content-Type": "application/rss+xml"})(request, writer)

    return say


@pytest.mark.timeout(400)
def test_a_backlog_has_feeds_wait_and_leaves_the_fetcher_small(tmp_path: Path, size: Size) -> None:
    high_water = 100_000 if size.full else 2_000
    data, lines = tmp_path / "data", ["feeds:"]
    with in_thread(BadServer()) as server:
        for number in range((high_water + 4 * SLACK) // PER_FEED):
            url = server.on(f"/{number}", _feed(f"f{number}"))
            lines.append(f'  - {{id: f{number}, url: "{url}", interval: 60s, allow_private: true}}')
        config = write_config(
            tmp_path / "config", "\n".join(lines) + "\n", fetch={"high_water": high_water, "heartbeat_s": 0}
        )
        with (
            Service(data, config, command=("fetch",)) as service,
            closing(open_store(storage_url(data), data)) as store,
        ):
            (fetcher,) = wait_for(lambda: service.pids("fetch"), seconds=60)
            wait_for(lambda: store.backlog(QueueName.WIRE) > PER_FEED, seconds=60)
            before = _resident_bytes(fetcher)
            wait_for(lambda: _says_that_feeds_wait(service), seconds=300, every=0.5)
            time.sleep(2)  # what was under way is done
            waiting = store.backlog(QueueName.WIRE)
            grown = _resident_bytes(fetcher) - before
            jobs = redis.Redis(unix_socket_path=str(data / "valkey.sock")).llen("rq:queue:wire")
            time.sleep(2)
            assert store.backlog(QueueName.WIRE) == waiting
            service.stop()
    print(f"\n{waiting} waiting at a mark of {high_water}, {jobs} jobs, fetcher grew {grown / 2**20:.1f} MB")
    assert high_water < waiting <= high_water + SLACK
    assert jobs <= high_water
    assert grown <= 50 * 2**20


def _resident_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def _says_that_feeds_wait(service: Service) -> bool:
    return any(each["event"] == "feeds_wait" for each in service.events())
