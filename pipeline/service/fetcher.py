"""The fetcher process: the ingest loop with its adapters, a watch on feeds.yaml, and an orderly end."""

import asyncio
import os
import signal
import socket
from collections.abc import Mapping

from pipeline.clock import SystemClock
from pipeline.errors import ConfigError
from pipeline.feeds_file import FeedsFile
from pipeline.full_text import FullText
from pipeline.groups import GroupRules
from pipeline.ingest.loop import POLLS_PER_CONNECTION, IngestLoop
from pipeline.ingest.poll import IngestEdge
from pipeline.loading import end_loading
from pipeline.logs import get_logger, hide_also
from pipeline.model import Feed, SourceKind
from pipeline.parsing import ParsePool
from pipeline.queues import RedisQueue
from pipeline.sender import Sender
from pipeline.service.notify import tell_ready
from pipeline.settings import Settings, secrets_of_feeds
from pipeline.sources.directory import DirectoryReader
from pipeline.sources.http import HttpFetcher, user_agent
from pipeline.sources.imap import MailboxReader
from pipeline.store.open import open_store
from pipeline.writer import StoreWriter

log = get_logger(__name__)

_LOOK_S = 1.0


def run_fetcher(settings: Settings, *, env: Mapping[str, str], queue_url: str) -> None:
    """Fetch until SIGTERM or SIGINT; take changed feeds up by themselves, and on SIGHUP.

    With a feeds.yaml that is wrong it waits for a right one: a fetcher that comes back after a crash must not
    end for a slip that somebody is about to mend.

    Args:
        settings: Of the service; its feeds are not looked at.
        env: Where `${NAME}` in feeds.yaml comes from.
        queue_url: Where the queue is.
    """
    asyncio.run(_run(settings, FeedsFile(settings.config_dir / "feeds.yaml", env), queue_url))


async def _run(settings: Settings, file: FeedsFile, queue_url: str) -> None:
    clock = SystemClock()
    host = settings.fetch.host or socket.gethostname()
    store = open_store(settings.storage.url, settings.data_dir)
    queue = RedisQueue(
        queue_url, batch_size=settings.workers.batch_size, job_timeout_s=int(settings.workers.batch_timeout_s)
    )
    parser = ParsePool(
        processes=settings.fetch.parse_processes,
        timeout_s=settings.fetch.parse_timeout_s,
        memory_bytes=settings.fetch.parse_memory_bytes,
    )
    groups = GroupRules(
        at_once=settings.fetch.connections_per_host,
        spacing_s=settings.fetch.spacing_s,
        by_domain=settings.fetch.rate_group == "domain",
    )
    fetcher = HttpFetcher(
        user_agent=user_agent(settings.fetch.contact),
        timeout_s=settings.fetch.timeout_s,
        max_body_bytes=settings.fetch.max_body_bytes,
        max_redirects=settings.fetch.max_redirects,
        connections=settings.fetch.connections,
        groups=groups,
    )
    try:
        async with fetcher:
            writer, sender = StoreWriter(store, clock), Sender(queue)
            edge = IngestEdge(
                fetcher=fetcher,
                deliveries={
                    SourceKind.DIRECTORY: DirectoryReader(
                        max_body_bytes=settings.fetch.max_body_bytes, clock=clock
                    ),
                    SourceKind.MAILBOX: MailboxReader(
                        max_body_bytes=settings.fetch.max_body_bytes,
                        timeout_s=settings.fetch.timeout_s,
                        clock=clock,
                    ),
                },
                parser=parser,
                store=store,
                writer=writer,
                sender=sender,
                clock=clock,
                full_text=FullText(
                    fetcher=fetcher, extractor=parser, store=store, writer=writer, sender=sender, clock=clock
                ),
            )
            loop = IngestLoop(
                edge,
                owner=f"{host}:{os.getpid()}",
                most_polls=POLLS_PER_CONNECTION * settings.fetch.connections,
                high_water=settings.fetch.high_water,
                groups=groups,
                heartbeat_s=settings.fetch.heartbeat_s,
                host=host,
            )
            _take_up(loop, file.reload())
            end_loading()
            tell_ready()
            await _until_stopped(loop, file)
    finally:
        parser.close()
        queue.close()
        store.close()


async def _until_stopped(loop: IngestLoop, file: FeedsFile) -> None:
    asked = asyncio.Event()
    running = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(number, loop.stop)
    running.add_signal_handler(signal.SIGHUP, asked.set)
    watching = asyncio.create_task(_watch(loop, file, asked))
    try:
        await loop.run()
    finally:
        watching.cancel()


async def _watch(loop: IngestLoop, file: FeedsFile, asked: asyncio.Event) -> None:
    """Take changed feeds up. A file that is wrong changes nothing but the log."""
    while True:
        await asyncio.sleep(_LOOK_S)
        if not (file.changed() or asked.is_set()):
            continue
        asked.clear()
        _take_up(loop, await asyncio.to_thread(file.reload))


def _take_up(loop: IngestLoop, feeds: tuple[Feed, ...] | ConfigError) -> None:
    if isinstance(feeds, ConfigError):
        log.error("feeds_refused", cause=str(feeds), instead="the feeds loaded before stay in force")
    else:
        hide_also(secrets_of_feeds(feeds))
        loop.change(feeds)
