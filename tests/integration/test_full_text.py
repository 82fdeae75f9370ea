"""Full text: an entry waits for its page, gets it politely, and is never lost or late for it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import pytest

from badserver import BadServer, answer, silence
from fakes import NOON, FixedClock, InlineParser, MemoryQueue
from fetching import feed_at, new_fetcher, poll_once
from new_database import new_store
from pipeline.errors import ParseError
from pipeline.formats.article import read_article
from pipeline.full_text import FullText
from pipeline.ingest.poll import IngestEdge
from pipeline.model import Auth, Entry, Feed, QueueName
from pipeline.ports.store import Store
from pipeline.sender import Sender
from pipeline.writer import StoreWriter
from store_builders import sync_feeds

PARAGRAPH = "The ferry of Port Example is back in service after eleven weeks in dock, its owner said. "
PAGE = (
    "<html><head><title>Ferry</title><script>alert(1)</script></head><body><nav>Home Sport Weather</nav>"
    f"<article><h1>Ferry is back</h1><p>{PARAGRAPH * 3}</p><p>{PARAGRAPH * 2}</p></article>"
    "<footer>All rights reserved</footer></body></html>"
).encode()
HTML = {"Content-Type": "text/html; charset=utf-8"}


class InlineExtractor:
    """Reads pages in this process."""

    async def extract(self, body: bytes, *, url: str, media_type: str | None) -> str:
        return read_article(body, url=url, media_type=media_type)


def rss(*links: str) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>{link}</guid><title>Ferry is back</title><link>{link}</link>"
        "<description>&lt;p&gt;The ferry is back.&lt;/p&gt;</description></item>"
        for link in links
    )
    return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


class Bench:
    """Polls of one feed with full text, over a real store and a real server."""

    def __init__(self, store: Store, server: BadServer, **wishes: object) -> None:
        self.store, self.server = store, server
        self.queue, self.clock = MemoryQueue(), FixedClock()
        self.feed: Feed = feed_at(server.url("/feed"), full_text=True, **wishes)
        sync_feeds(store, [self.feed], NOON)

    @asynccontextmanager
    async def edge(self) -> AsyncIterator[IngestEdge]:
        writer, sender = StoreWriter(self.store, self.clock), Sender(self.queue)
        async with new_fetcher(timeout_s=1) as fetcher:
            full_text = FullText(
                fetcher=fetcher,
                extractor=InlineExtractor(),
                store=self.store,
                writer=writer,
                sender=sender,
                clock=self.clock,
            )
            yield IngestEdge(
                fetcher=fetcher,
                deliveries={},
                parser=InlineParser(),
                store=self.store,
                writer=writer,
                sender=sender,
                clock=self.clock,
                full_text=full_text,
            )
            await writer.close()

    async def poll(self, *, settle: bool = True) -> None:
        async with self.edge() as edge:
            (state,) = self.store.claim_due(self.clock.now(), 1, "here", timedelta(minutes=2))
            await poll_once(self.feed, state, edge)
            assert isinstance(edge.full_text, FullText)
            await (edge.full_text.settle() if settle else edge.full_text.close())
        self.clock.advance(hours=2)

    def entry(self, number: int = 0) -> Entry:
        entry_id = self.queue.sent[number].id
        return self.store.unclaimed([entry_id])[entry_id]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(new_store(tmp_path)) as opened:
        yield opened


@pytest.fixture
async def server() -> AsyncIterator[BadServer]:
    async with BadServer() as running:
        yield running


async def test_an_entry_gets_its_article_and_keeps_its_summary(store: Store, server: BadServer) -> None:
    bench = Bench(store, server)
    server.on("/feed", answer(body=rss(server.url("/1"))))
    server.on("/1", answer(body=PAGE, headers=HTML))
    await bench.poll()
    entry = bench.entry()
    assert entry.summary_html == "<p>The ferry is back.</p>"
    assert entry.html is not None
    assert entry.html.count(PARAGRAPH.strip()) == 5
    assert not any(word in entry.html for word in ("Sport", "rights", "alert", "<h1>"))
    assert entry.notes == ()


async def test_a_page_is_fetched_once_however_often_its_entry_is_listed(
    store: Store, server: BadServer
) -> None:
    bench = Bench(store, server)
    one, two = server.url("/1"), server.url("/2")
    server.on("/feed", answer(body=rss(one)), answer(body=rss(two, one)))
    for path in ("/1", "/2"):
        server.on(path, answer(body=PAGE, headers=HTML))
    for _ in range(3):
        await bench.poll()
    assert (len(server.asked("/1")), len(server.asked("/2")), len(server.asked("/robots.txt"))) == (1, 1, 2)
    assert len(bench.queue.sent) == 2


async def test_robots_txt_is_asked_once_and_heeded(store: Store, server: BadServer) -> None:
    bench = Bench(store, server)
    server.on("/feed", answer(body=rss(server.url("/paid/1"), server.url("/paid/2"))))
    server.on("/robots.txt", answer(body=b"User-agent: *\nDisallow: /paid/\n"))
    await bench.poll()
    assert server.asked("/paid/1") == []
    assert len(server.asked("/robots.txt")) == 1
    assert bench.entry().notes == ("full text: the site's robots.txt does not allow it",)
    assert bench.entry(1).html == "<p>The ferry is back.</p>"


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (403, 1), (500, 0), (429, 0)])
async def test_a_site_without_rules_allows_and_one_that_fails_does_not(
    store: Store, server: BadServer, status: int, asked: int
) -> None:
    bench = Bench(store, server)
    server.on("/feed", answer(body=rss(server.url("/1"))))
    server.on("/robots.txt", answer(status))
    server.on("/1", answer(body=PAGE, headers=HTML))
    await bench.poll()
    assert len(server.asked("/1")) == asked
    assert len(bench.queue.sent) == 1


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (answer(404), "full text: "),
        (answer(503), "full text: "),
        (silence(), "full text: "),
        (answer(body=b"<html><body></body></html>", headers=HTML), "full text: no article"),
        (answer(body=b"<p>Subscribe.</p>" * 2, headers=HTML), "full text: "),
        (answer(body=b"x" * 2_000_000, headers=HTML), "full text: "),
    ],
    ids=["not found", "down", "silent", "empty", "a wall", "too large"],
)
async def test_an_entry_whose_page_cannot_be_had_is_sent_with_its_summary_and_a_note(
    store: Store, server: BadServer, page: object, words: str
) -> None:
    bench = Bench(store, server)
    server.on("/feed", answer(body=rss(server.url("/1"))))
    server.on("/1", page)  # type: ignore[arg-type]
    await bench.poll()
    entry = bench.entry()
    assert entry.html == "<p>The ferry is back.</p>"
    (note,) = entry.notes
    assert note.startswith(words)


@pytest.mark.parametrize(
    "link", ["file:///etc/passwd", "http://[::1", "http://127.0.0.2/x", "ftp://a.example/1"]
)
async def test_h12_a_link_that_leads_elsewhere_is_not_followed(
    store: Store, server: BadServer, link: str
) -> None:
    bench = Bench(store, server)
    server.on("/feed", answer(body=rss(link)))
    await bench.poll()
    assert len(bench.queue.sent) == 1
    assert server.asked("/robots.txt") == []


async def test_another_site_gets_neither_credentials_nor_rights(store: Store, server: BadServer) -> None:
    auth = Auth(kind="bearer", secret="opensesame")
    async with BadServer() as other:
        bench = Bench(store, server, auth=auth, headers={"X-Desk": "night"})
        server.on("/feed", answer(body=rss(server.url("/1"), other.url("/1"))))
        server.on("/1", answer(body=PAGE, headers=HTML))
        other.on("/1", answer(body=PAGE, headers=HTML))
        await bench.poll()
        assert server.asked("/1")[0].header("authorization") == b"Bearer opensesame"
        # The other one is on this machine, which only the feed's own site may be.
        assert other.connections == 0
    assert "blocked" in bench.entry(1).notes[0] or "robots" in bench.entry(1).notes[0]


async def test_what_the_feed_gives_whole_is_not_fetched(store: Store, server: BadServer) -> None:
    bench = Bench(store, server)
    link = server.url("/1")
    item = (
        f"<item><guid>{link}</guid><link>{link}</link><description>Short.</description>"
        f"<content:encoded>&lt;p&gt;{PARAGRAPH}&lt;/p&gt;</content:encoded></item>"
    )
    whole = (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>T</title>{item}</channel></rss>"
    )
    server.on("/feed", answer(body=whole.encode()))
    await bench.poll()
    assert server.asked("/1") == []
    assert len(bench.queue.sent) == 1


async def test_a_stop_sends_what_waits_as_it_came(store: Store, server: BadServer) -> None:
    bench = Bench(store, server)
    server.on("/feed", answer(body=rss(server.url("/1"), server.url("/2"))))
    server.on("/robots.txt", silence())
    await bench.poll(settle=False)
    assert len(bench.queue.sent) == 2


async def test_an_entry_is_held_back_until_its_time_and_then_sent_by_the_reconciler(
    store: Store, server: BadServer
) -> None:
    bench = Bench(store, server)
    server.on("/feed", answer(body=rss(server.url("/1"))))
    async with bench.edge() as edge:
        (state,) = store.claim_due(NOON, 1, "here", timedelta(minutes=2))
        await poll_once(bench.feed, state, edge)  # and then the fetcher dies
        for task in edge.full_text._tasks.values():  # type: ignore[union-attr]
            task.cancel()

    def unsent(after: timedelta) -> int:
        now = NOON + after
        return len(store.take_unsent(QueueName.WIRE, now=now, sent_before=now, limit=10))

    assert store.backlog() == 1
    assert unsent(timedelta(minutes=9)) == 0
    assert unsent(timedelta(minutes=11)) == 1


async def test_a_worker_that_was_faster_is_not_disturbed(store: Store, server: BadServer) -> None:
    bench = Bench(store, server)
    server.on("/feed", answer(body=rss(server.url("/1"))))
    server.on("/1", answer(body=PAGE, headers=HTML))
    await bench.poll()
    entry_id, entry = bench.queue.sent[0].id, bench.entry()
    store.claim([entry_id], token="t", owner="w", now=NOON, lease=timedelta(minutes=1))
    assert store.unclaimed([entry_id]) == {}
    assert not store.amend(entry_id, entry)


def test_an_article_is_read_in_the_charset_of_its_page() -> None:
    page = PAGE.replace(b"Port Example", "Port Éxample".encode("latin-1"))
    found = read_article(page, url="https://a.example/1", media_type="text/html; charset=iso-8859-1")
    assert "Port Éxample" in found


@pytest.mark.parametrize("page", [b"", b"\x00" * 100, b"<" * 100_000, b"<div>" * 50_000])
def test_what_is_no_page_is_said(page: bytes) -> None:
    with pytest.raises(ParseError):
        read_article(page, url="https://a.example/1", media_type=None)
