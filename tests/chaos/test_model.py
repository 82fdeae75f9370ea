"""T: publishing, polling, working and failing in any order come to what a model of a few lines says.

Store, poll, normalising, linking and job are the real ones, run in this process, so that a crash can be put
between any two of their steps. What only a process can do (kill -9, a power cut) is tried in the files beside
this one.
"""

import asyncio
import os
import secrets
import shutil
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from fakes import FixedClock, InlineParser, MemoryIndex, MemoryQueue
from fetching import poll_once
from new_database import new_store
from pipeline.identity import digest
from pipeline.ingest.poll import IngestEdge, ask_feed, keep
from pipeline.model import Document, Feed, FeedState, QueueName, Response, SourceKind, Tagging
from pipeline.ports.feeds import Poll, TakenIn
from pipeline.ports.queue import EntryRef
from pipeline.ports.reading import Query
from pipeline.ports.work import ClaimedEntry
from pipeline.store.store import SqlStore
from store_builders import sync_feeds
from workers.dedupe.link import Linking
from workers.jobs import WorkerEdge, install, process_batch, work_through
from workers.reconcile import reconcile

FULL = os.environ.get("NEWSWIRE_CHAOS") == "full"
#: two of one provider, which show the same
FEEDS = {
    id_: Feed(id=id_, kind=SourceKind.HTTP, url=f"https://{id_}.example/atom", provider="Harbour Press")
    for id_ in ("harbour", "quay")
}
LEASE = timedelta(seconds=20)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
GUIDS = [f"story-{letter}" for letter in "abcdef"]


class Crash(BaseException):
    """The process is dead: nothing that it would still have done happens."""


class Mortal:
    """A store that a process holds, and that it can be killed at: before or after a call."""

    def __init__(self, store: SqlStore, dies_at: str, *, after: bool) -> None:
        self._store = store
        self._dies_at = dies_at
        self._after = after
        self._dead = False

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            if self._dead or (name == self._dies_at and not self._after):
                self._dead = True
                raise Crash
            result = method(*args, **kwargs)
            if name == self._dies_at:
                self._dead = True
                raise Crash
            return result

        return call


class NoTagger:
    """Says nothing of any document."""

    def tag(self, document: Document, *, default_region: str | None = None) -> tuple[Document, Tagging]:
        return document, Tagging(rules="none")


class Quiet:
    """The beat of a worker that nobody watches."""

    def begin(self) -> None: ...
    def suspect(self) -> None: ...
    def trust(self) -> None: ...
    def end(self) -> None: ...
    def suspects(self) -> bool:
        return False


class DirectWriter:
    """The writer of a poll, in this thread."""

    def __init__(self, store: Any, clock: FixedClock) -> None:
        self._store = store
        self._clock = clock

    async def take_in(self, poll: Poll) -> TakenIn:
        (taken,) = self._store.take_in([poll], self._clock.now())
        return taken


class DirectSender:
    """The sender of a fetcher, straight onto the queue."""

    def __init__(self, queue: MemoryQueue) -> None:
        self._queue = queue

    async def ready(self, _queue: QueueName) -> bool:
        return not self._queue.down

    async def send(self, refs: Sequence[EntryRef]) -> None:
        if not self._queue.down:
            self._queue.send(refs)


class Site:
    """A server with an Atom feed that grows, is edited, and shrinks; it answers 304 where it may."""

    def __init__(self) -> None:
        self.shown: dict[str, int] = {}
        self.revisions = 0

    def body(self) -> bytes:
        entries = "".join(
            f"<entry><id>{guid}</id><title>About {guid}</title>"
            f"<updated>{(EPOCH + timedelta(minutes=number)).isoformat()}</updated>"
            f"<content>{text_of(guid, number)}</content></entry>"
            for guid, number in self.shown.items()
        )
        return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{entries}</feed>'.encode()

    async def fetch(self, feed: Feed, state: FeedState) -> Response:
        body = self.body()
        etag = digest(body).encode()
        same = state.etag == etag
        return Response(
            url=feed.url,
            final_url=feed.url,
            status=304 if same else 200,
            body=None if same else body,
            etag=etag,
            received_at=EPOCH,
        )


def text_of(guid: str, number: int) -> str:
    return f"The council spoke of {guid} for hours and wrote down as point {number} what it had heard of it."


class Newswire(RuleBasedStateMachine):
    """Fetchers, workers and a queue that fail at any step, and what should come of it."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="newswire-model-"))
        self.store = new_store(self.folder)
        self.clock = FixedClock()
        self.site = Site()
        self.queue = MemoryQueue()
        self.index = MemoryIndex()
        sync_feeds(self.store, list(FEEDS.values()), self.clock.now())
        #: every (guid, text) that was ever shown, and those whose poll was acknowledged
        self.published: set[tuple[str, str]] = set()
        self.acknowledged: set[tuple[str, str]] = set()
        self.newest: dict[str, int] = {}
        self.standing_still: list[tuple[str, Sequence[ClaimedEntry]]] = []
        #: what fetchers that stand still have asked for, and what was shown then
        self.late_polls: list[tuple[Poll, Mapping[str, int]]] = []
        #: the newest claim of each feed that anybody was told of
        self.epochs = dict.fromkeys(FEEDS, 0)

    # --- what the world does ---

    @rule(guids=st.sets(st.sampled_from(GUIDS), min_size=1))
    def publish_or_edit(self, guids: Collection[str]) -> None:
        for guid in sorted(guids):
            self.site.revisions += 1
            self.site.shown[guid] = self.site.revisions
            self.published.add((guid, text_of(guid, self.site.revisions)))

    @precondition(lambda self: self.site.shown)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        del self.site.shown[data.draw(st.sampled_from(sorted(self.site.shown)))]

    # --- fetchers ---

    @rule()
    def poll(self) -> None:
        self._poll(self.store)

    @rule(call=st.sampled_from(["claim_due", "take_in"]), after=st.booleans())
    def poll_and_crash(self, call: str, after: bool) -> None:
        self._have_news()
        with suppress(Crash):
            self._poll(Mortal(self.store, call, after=after))
            return
        if call == "take_in" and after:
            self._acknowledge(self.site.shown)  # it was committed, if nobody heard of it

    @rule()
    def stand_still_with_a_poll(self) -> None:
        self._have_news()
        for state in self._claimed(self.store):
            asked = asyncio.run(ask_feed(FEEDS[state.feed_id], state, self._edge(self.store)))
            self.late_polls.append((asked, dict(self.site.shown)))

    @precondition(lambda self: self.late_polls)
    @rule()
    def come_back_with_a_poll(self) -> None:
        for asked, shown in self.late_polls:
            kept = asyncio.run(keep(FEEDS[asked.feed_id], asked, self._edge(self.store)))
            accepted, is_ours = kept is not None, asked.epoch == self.epochs[asked.feed_id]
            assert is_ours or not accepted, "a poll was kept whose feed somebody else had claimed"
            if accepted:
                self._acknowledge(shown)
        self.late_polls.clear()

    @rule()
    def reload(self) -> None:
        sync_feeds(self.store, list(FEEDS.values()), self.clock.now())

    # --- workers ---

    @rule()
    def work(self) -> None:
        self._have_something_to_do()
        self._work(self.store)

    @rule(call=st.sampled_from(["claim", "save"]), after=st.booleans())
    def work_and_crash(self, call: str, after: bool) -> None:
        self._have_something_to_do()
        with suppress(Crash):
            self._work(Mortal(self.store, call, after=after))

    @rule(others_take_over=st.booleans())
    def stand_still_with_entries(self, others_take_over: bool) -> None:
        self._have_something_to_do()
        ids = self._popped()
        token = secrets.token_hex(4)
        claimed = self.store.claim(ids, token=token, owner="still", now=self.clock.now(), lease=LEASE)
        self.standing_still.append((token, claimed))
        if others_take_over:
            self.clock.advance(seconds=30)
            self.keep()
            self._work_until_done()

    @precondition(lambda self: self.standing_still)
    @rule()
    def come_back(self) -> None:
        for token, claimed in self.standing_still:
            processed, refusals = work_through(claimed, NoTagger())  # type: ignore[arg-type]
            self.store.save(processed, refusals, token=token, now=self.clock.now())
        self.standing_still.clear()

    @rule()
    def keep(self) -> None:
        reconcile(self.store, self.queue, self.clock, wall=self.clock, batch_size=4, max_attempts=1000)

    # --- the queue's server, and time ---

    @rule()
    def wipe_the_queue(self) -> None:
        self._have_something_to_do()
        self.queue.sent.clear()
        self.index.lose()

    @rule()
    def the_queue_fails_for_a_poll(self) -> None:
        self._have_news()
        self.queue.down = True
        self._poll(self.store)
        self.queue.down = False

    @rule()
    def the_index_fails_for_a_job(self) -> None:
        self._have_something_to_do()
        self.index.down = True
        self._work(self.store)
        self.index.down = False

    @rule(seconds=st.sampled_from([1, 30, 400, 4000, -3600]))
    def time_passes_or_is_set(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    # --- what must hold in the end: documents only ever come, so that looking once is enough ---

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        try:
            self._come_to_rest()
            self._check()
        finally:
            self.store.close()
            shutil.rmtree(self.folder)

    def _come_to_rest(self) -> None:
        self.come_back()
        self.come_back_with_a_poll()
        for _ in range(6):
            self.clock.advance(seconds=7200)
            self._poll(self.store)
            self.keep()
            self._work_until_done()

    def _check(self) -> None:
        stored = self._stored()
        assert self.acknowledged <= set(stored) <= self.published
        assert max(stored.values(), default=1) == 1
        now = self.clock.now()
        current = {
            each.document.guid: each.document.body_text
            for each in self.store.search(Query(), now=now, limit=100)
        }
        assert current == {guid: text_of(guid, number) for guid, number in self.newest.items()}
        snapshot = self.store.snapshot(now)
        counts = snapshot.counters
        assert self.store.backlog() == 0
        assert snapshot.quarantined == 0
        assert counts.get(("accepted", ""), 0) == counts.get(("stored", ""), 0) + counts.get(
            ("repeated", ""), 0
        )
        assert counts.get(("stored", ""), 0) == len(stored)

    def _stored(self) -> Counter[tuple[str, str]]:
        found = self.store.stream(Query(), now=self.clock.now() + timedelta(days=1))
        return Counter((str(each.document.guid), each.document.body_text) for each in found)

    def _poll(self, store: Any) -> None:
        for state in self._claimed(store):
            if asyncio.run(poll_once(FEEDS[state.feed_id], state, self._edge(store))):
                self._acknowledge(self.site.shown)

    def _claimed(self, store: Any) -> Sequence[FeedState]:
        """Claim the feeds that nobody holds."""
        for feed_id in FEEDS:
            self.store.resume_feed(feed_id, self.clock.now())  # is due, whatever the clock was set to
        claimed: Sequence[FeedState] = store.claim_due(self.clock.now(), 10, "fetcher", timedelta(minutes=2))
        self.epochs |= {state.feed_id: state.epoch for state in claimed}
        return claimed

    def _edge(self, store: Any) -> IngestEdge:
        return IngestEdge(
            fetcher=self.site,
            deliveries={},
            parser=InlineParser(),
            store=store,
            writer=DirectWriter(store, self.clock),  # type: ignore[arg-type]
            sender=DirectSender(self.queue),  # type: ignore[arg-type]
            clock=self.clock,
        )

    def _acknowledge(self, shown: Mapping[str, int]) -> None:
        """Note what was shown as taken in."""
        for guid, number in shown.items():
            self.acknowledged.add((guid, text_of(guid, number)))
            self.newest[guid] = max(number, self.newest.get(guid, 0))

    # Hypothesis leaves out rules at will: what needs others to have come before would hardly ever come.

    def _have_news(self) -> None:
        self.publish_or_edit(GUIDS[:3])
        self.clock.advance(seconds=150)  # whoever held a feed holds it no more

    def _have_something_to_do(self) -> None:
        if not self.queue.sent:
            self._have_news()
            self._poll(self.store)

    def _work_until_done(self) -> None:
        while self.queue.sent:
            self._work(self.store)

    def _popped(self) -> list[int]:
        refs = self.queue.sent[:4]
        del self.queue.sent[:4]
        return [ref.id for ref in refs]

    def _work(self, store: Any) -> None:
        edge = WorkerEdge(
            store=store,
            tagger=NoTagger(),  # type: ignore[arg-type]
            index=self.index,
            linking=Linking(),
            clock=self.clock,
            wall=self.clock,
            beat=Quiet(),
            owner="worker",
            lease=LEASE,
            max_attempts=1000,
        )
        install(edge)
        process_batch(self._popped())


TestNewswire = Newswire.TestCase
TestNewswire.settings = settings(
    max_examples=2000 if FULL else 10,
    stateful_step_count=50 if FULL else 25,
    deadline=None,
    derandomize=not FULL,
    suppress_health_check=list(HealthCheck),
)
