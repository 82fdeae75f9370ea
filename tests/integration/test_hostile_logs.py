"""H13: what a server or a feed says becomes one line of the log for each event, and obeys nothing."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from badserver import BadServer, answer, redirect
from fakes import NOON, FixedClock, InlineParser, MemoryQueue
from fetching import feed_at, new_fetcher, poll_once
from new_database import new_store
from pipeline.ingest.poll import IngestEdge
from pipeline.logs import configure_logs
from pipeline.ports.store import Store
from pipeline.sender import Sender
from pipeline.writer import StoreWriter
from store_builders import sync_feeds

ESCAPES = "\x1b[31m\x9b2J\u2028\u202e"
RAW = ESCAPES.encode()
RSS = (
    b'<rss version="2.0"><channel><title>T&#10;{"event":"faked"}</title>'
    b"<item><guid>g&#10;&#x9b;31m&#x202e;</guid><title>t&#10;{&quot;event&quot;:1}</title>"
    b"<link>https://a.example/&#10;x</link></item></channel></rss>"
)


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, config = root.handlers, root.level, structlog.get_config()
    yield
    logging.captureWarnings(capture=False)
    root.handlers, root.level = handlers, level
    structlog.configure(**config)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(new_store(tmp_path)) as opened:
        yield opened


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize(
    "said",
    [
        answer(
            body=RSS, headers={"Content-Type": f"text/xml; x={ESCAPES}".encode(), "ETag": ESCAPES.encode()}
        ),
        answer(500, headers={"X-Error": RAW, "Retry-After": RAW}),
        redirect(f"ftp://a.example/{ESCAPES}"),
        redirect("http://\x1b[31m.example/\x9b{}"),
        answer(body=b"<html><head><title>\x1b[31m\n{}</title></head><body>login</body></html>"),
        answer(body=b"<\x1b[31m\n\xe2\x80\xa8x>"),
        answer(body=RSS, headers={"Content-Encoding": "gz\x9bip"}),
    ],
    ids=["a feed", "an error", "a redirect", "a broken redirect", "a page", "no feed", "an encoding"],
)
async def test_h13_one_event_is_one_line_whatever_was_said(
    store: Store, said: object, log_format: str
) -> None:
    stream = io.StringIO()
    configure_logs("debug", log_format, stream=stream)
    async with BadServer() as server, new_fetcher() as fetcher:
        feed = feed_at(server.on("/feed", said))
        sync_feeds(store, [feed], NOON)
        clock = FixedClock()
        edge = IngestEdge(
            fetcher=fetcher,
            deliveries={},
            parser=InlineParser(),
            store=store,
            writer=StoreWriter(store, clock),
            sender=Sender(MemoryQueue()),
            clock=clock,
        )
        (state,) = store.claim_due(NOON, 1, "here", timedelta(minutes=2))
        await poll_once(feed, state, edge)
        await edge.writer.close()
    text = stream.getvalue()
    polled = [line for line in text.splitlines() if "feed_polled" in line]
    assert len(polled) == 1
    assert not any(mark in text for mark in ("\x1b", "\x9b", "\u2028", "\u202e", "\r", "\x00"))
    if log_format == "json":
        assert [json.loads(line)["event"] for line in text.splitlines()].count("feed_polled") == 1
