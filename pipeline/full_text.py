"""Full text for feeds that carry summaries: the article's page is fetched, after the entry was taken in.

The entry is safe from the first moment. It is held back for a while (its time of sending lies ahead), and in
that time its page is fetched as politely as a feed: same fetcher, limits and guards, and robots.txt besides.
Then the entry is sent with the text, or with its summary and a note that says why. Where this process dies,
the reconciler sends it with its summary when the time is over. A page is fetched once for each entry that is
new: what a feed lists again is known by its summary.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from pipeline.cache_sizes import SITES
from pipeline.errors import FeedError, FetchError, ServiceError
from pipeline.logs import get_logger
from pipeline.model import Entry, Feed, FeedState
from pipeline.ports.feeds import FeedStore
from pipeline.ports.outside import Clock, Fetcher
from pipeline.ports.queue import EntryRef
from pipeline.robots import EVERYTHING, NOTHING, Rules, read_rules
from pipeline.sender import Sender
from pipeline.urls import at_address, origin
from pipeline.writer import StoreWriter

log = get_logger(__name__)

#: our name in robots.txt
AGENT = "newswire"
#: entries that wait for their page, over all feeds; beyond them summaries are sent at once
_MOST_WAITING = 2_000
#: pages under way at once, over all feeds; of one feed, one
_AT_ONCE = 8
#: how long a site's rules are believed, and how long it is left alone where they cannot be had
_RULES_HOLD = timedelta(hours=24)
_SILENCE_HOLDS = timedelta(hours=1)
_TAG = re.compile(r"<[^<>]*>")


class Extractor(Protocol):
    """Finds the article in a page, where it can be killed."""

    async def extract(self, body: bytes, *, url: str, media_type: str | None) -> str:
        """Give the article's HTML. Raises ParseError."""
        ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An entry whose page is to be fetched."""

    ref: EntryRef
    until: datetime


class FullText:
    """Fetches the pages of entries, some at once, and sends each entry on when it is whole.

    Args:
        fetcher: The one that fetches feeds.
        extractor: Reads pages.
        store: Where the entries are.
        writer: Runs the store's calls.
        sender: Sends entries.
        clock: Says when the time of an entry is over.
    """

    def __init__(
        self,
        *,
        fetcher: Fetcher,
        extractor: Extractor,
        store: FeedStore,
        writer: StoreWriter,
        sender: Sender,
        clock: Clock,
    ) -> None:
        self._fetcher = fetcher
        self._extractor = extractor
        self._store = store
        self._writer = writer
        self._sender = sender
        self._clock = clock
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._waiting: dict[str, list[_Waiting]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._sites: dict[str, tuple[Rules, datetime]] = {}

    async def take(self, feed: Feed, refs: Sequence[EntryRef], until: datetime) -> None:
        """Take new entries over, to be sent when they are whole; returns at once.

        Args:
            feed: Their source.
            refs: The entries, held back until then.
            until: When they are sent by somebody else.
        """
        room = max(_MOST_WAITING - sum(map(len, self._waiting.values())), 0)
        if len(refs) > room:
            log.warning("summaries_sent", feed=feed.id, entries=len(refs) - room, cause="too many pages wait")
            await self._sender.send(refs[room:])
        if not refs[:room]:
            return
        self._waiting.setdefault(feed.id, []).extend(_Waiting(ref, until) for ref in refs[:room])
        if feed.id not in self._tasks:
            self._tasks[feed.id] = asyncio.create_task(self._work(feed))
            self._tasks[feed.id].add_done_callback(_say_what_failed)

    async def settle(self) -> None:
        """Wait until no page is under way."""
        while tasks := list(self._tasks.values()):
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """Stop, and send what still waits with its summary."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        left = [each.ref for waiting in self._waiting.values() for each in waiting]
        self._waiting.clear()
        if left:
            await self._sender.send(left)

    async def _work(self, feed: Feed) -> None:
        """Fetch the pages of one feed, one after the other."""
        waiting = self._waiting[feed.id]
        try:
            while waiting:
                async with self._room:
                    await self._finish(feed, waiting[0])
                del waiting[0]
            del self._waiting[feed.id]
        finally:
            # Here and not in a callback: what comes in between would wait for nobody.
            del self._tasks[feed.id]

    async def _finish(self, feed: Feed, each: _Waiting) -> None:
        try:
            found = await self._writer.call(self._store.unclaimed, [each.ref.id])
            entry = found.get(each.ref.id)
            if entry is None or self._clock.now() >= each.until:
                return  # the reconciler has sent it, or will
            whole = await self._whole(feed, entry)
            if whole is not entry:
                await self._writer.call(self._store.amend, each.ref.id, whole)
        except ServiceError as error:
            log.warning("full_text_not_stored", feed=feed.id, entry=each.ref.id, cause=str(error))
        await self._sender.send([each.ref])

    async def _whole(self, feed: Feed, entry: Entry) -> Entry:
        """Give an entry with its article; where there is none, with the reason."""
        if entry.url is None or (entry.summary_html and (entry.html or entry.text)):
            return entry  # nothing to fetch, or the feed gives more than a summary itself
        if origin(entry.url) is None:
            return replace(entry, notes=(*entry.notes, "full text: its link is no address of a page"))
        try:
            article = await self._article(feed, entry.url)
        except FeedError as error:
            log.info("full_text", feed=feed.id, url=entry.url, outcome=error.reason.value)
            return replace(entry, notes=(*entry.notes, f"full text: {error.detail}"[:500]))
        if article is None:
            log.info("full_text", feed=feed.id, url=entry.url, outcome="robots_txt")
            return replace(entry, notes=(*entry.notes, "full text: the site's robots.txt does not allow it"))
        summary = entry.summary_html or entry.html or entry.text or ""
        if len(_TAG.sub("", article)) <= len(_TAG.sub("", summary)):
            return replace(entry, notes=(*entry.notes, "full text: the page says no more than the summary"))
        log.info("full_text", feed=feed.id, url=entry.url, outcome="ok")
        return replace(entry, html=article, text=None, summary_html=entry.summary_html or entry.html)

    async def _article(self, feed: Feed, url: str) -> str | None:
        """Fetch a page and read it; None: its site does not wish it."""
        page = at_address(feed, url)
        if not (await self._rules(page)).allow(url):
            return None
        response = await self._fetcher.fetch(page, _fresh(page, self._clock.now()))
        return await self._extractor.extract(
            response.body or b"", url=response.final_url, media_type=response.media_type
        )

    async def _rules(self, page: Feed) -> Rules:
        """Give the rules of a page's site; they are asked for once a day."""
        parts, now = urlsplit(page.url), self._clock.now()
        site = f"{parts.scheme}://{parts.netloc}"
        if site in self._sites and self._sites[site][1] > now:
            return self._sites[site][0]
        if len(self._sites) >= SITES:
            self._sites.clear()
        holds = _RULES_HOLD
        try:
            asked = replace(page, url=f"{site}/robots.txt")
            response = await self._fetcher.fetch(asked, _fresh(asked, now))
            rules = read_rules(response.body or b"", AGENT)
        except FetchError as error:
            # RFC 9309 §2.3.1: a site that has no rules allows all; one that cannot be asked allows nothing.
            is_without = error.status is not None and 400 <= error.status < 500 and error.status != 429
            rules, holds = (EVERYTHING, _RULES_HOLD) if is_without else (NOTHING, _SILENCE_HOLDS)
        self._sites[site] = rules, now + holds
        return rules


def _say_what_failed(task: "asyncio.Task[None]") -> None:
    """Log what nobody foresaw; its entries are sent when their time is over."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("full_text_failed", exc_info=error)


def _fresh(page: Feed, now: datetime) -> FeedState:
    return FeedState(feed_id=page.id, next_poll_at=now)
