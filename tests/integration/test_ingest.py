"""Polls against a real store: what one leaves behind, and what it leaves alone."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from fakes import NOON, FakeDeliveries, FakeFetcher, FixedClock, InlineParser, MemoryQueue, rss
from fetching import poll_once
from new_database import new_store
from pipeline.errors import FetchRefused, FetchRetryable, Reason, StoreError
from pipeline.groups import GroupRules
from pipeline.ingest.loop import IngestLoop
from pipeline.ingest.poll import IngestEdge, read_deliveries
from pipeline.model import Entry, Feed, FeedState, Response, SourceKind
from pipeline.ports.feeds import Poll, TakenIn
from pipeline.ports.outside import Delivery
from pipeline.ports.store import Store
from pipeline.sender import Sender
from pipeline.store import executing
from pipeline.store.executing import driver_of
from pipeline.writer import StoreWriter
from store_builders import sync_feeds

FEED = Feed(id="f", kind=SourceKind.HTTP, url="http://wire.example/rss", provider="Wire")
DROP = Feed(id="d", kind=SourceKind.DIRECTORY, url="/drop", trust_provider=True)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(new_store(tmp_path)) as opened:
        sync_feeds(opened, [FEED, DROP], NOON)
        yield opened


class Bench:
    """The ingest side over a real store with everything else scripted."""

    def __init__(self, store: Store, *, fetcher: FakeFetcher | None = None, files: tuple = ()) -> None:
        self.store = store
        self.queue = MemoryQueue()
        self.clock = FixedClock()
        self.directories = FakeDeliveries(files)
        self.fetcher = fetcher or FakeFetcher({})

    def edge(self) -> IngestEdge:
        return IngestEdge(
            fetcher=self.fetcher,
            deliveries={SourceKind.DIRECTORY: self.directories},
            parser=InlineParser(),
            store=self.store,
            writer=StoreWriter(self.store, self.clock),
            sender=Sender(self.queue),
            clock=self.clock,
        )

    def claim(self) -> dict[str, FeedState]:
        states = self.store.claim_due(self.clock.now(), 10, "here", timedelta(minutes=2))
        return {state.feed_id: state for state in states}

    async def poll(self) -> None:
        edge = self.edge()
        await poll_once(FEED, self.claim()["f"], edge)
        await edge.writer.close()
        self.clock.advance(hours=2)

    def state(self) -> FeedState:
        (report,) = (one for one in self.store.snapshot(self.clock.now()).feeds if one.id == "f")
        return report.state


async def test_new_entries_are_committed_and_sent_and_known_ones_are_neither(store: Store) -> None:
    bench = Bench(store, fetcher=FakeFetcher({"f": [rss("a", "b"), rss("a", "b", "c")]}))
    await bench.poll()
    assert len(bench.queue.sent) == 2
    await bench.poll()
    assert len(bench.queue.sent) == 3
    assert store.backlog() == 3


async def test_the_same_body_is_not_parsed_again_but_its_validators_are_kept(store: Store) -> None:
    bench = Bench(store, fetcher=FakeFetcher({"f": [rss("a")]}))
    await bench.poll()
    await bench.poll()
    assert len(bench.queue.sent) == 1
    assert bench.fetcher.asked[1][1].etag == b'"1"'
    assert bench.state().last_success_at == NOON + timedelta(hours=2)


async def test_a_failed_poll_backs_off_and_keeps_what_is_known(store: Store) -> None:
    down = FetchRetryable(Reason.TIMEOUT, "no answer within 30 s")
    bench = Bench(store, fetcher=FakeFetcher({"f": [rss("a"), down]}))
    await bench.poll()
    await bench.poll()
    state = bench.state()
    assert state.failures == 1
    assert state.last_reason is Reason.TIMEOUT
    assert state.etag == b'"1"'


async def test_bytes_that_no_format_reads_go_to_quarantine_whole(store: Store) -> None:
    page = b"<!DOCTYPE html><html><body>We are closed</body></html>"
    bench = Bench(store, fetcher=FakeFetcher({"f": [page]}))
    await bench.poll()
    (held,) = store.quarantine_list()
    assert store.quarantine_show(held.id)[1] == page
    assert bench.state().failures == 1


async def test_bare_text_of_a_web_server_is_no_story(store: Store) -> None:
    bench = Bench(store, fetcher=FakeFetcher({"f": [b"Error establishing a database connection"]}))
    await bench.poll()
    state = bench.state()
    assert (state.failures, state.last_reason, store.backlog()) == (1, Reason.NOT_A_FEED, 0)
    assert "Error establishing a database connection" in (state.last_detail or "")
    assert "plain_text: true" in (state.last_detail or "")


async def test_bare_text_is_copy_where_the_source_says_so(store: Store) -> None:
    bench = Bench(store, fetcher=FakeFetcher({"f": [b"KABUL, May 1 - A bridge was opened here."]}))
    edge = bench.edge()
    wished = replace(FEED, plain_text=True)
    await poll_once(wished, bench.claim()["f"], edge)
    await edge.writer.close()
    assert (store.backlog(), bench.state().failures) == (1, 0)


async def test_with_the_queue_down_entries_are_taken_in_and_the_reconciler_sends_them(
    store: Store,
) -> None:
    bench = Bench(store, fetcher=FakeFetcher({"f": [rss("a")]}))
    bench.queue.down = True
    await bench.poll()
    assert store.backlog() == 1
    refs = store.take_unsent("wire", now=bench.clock.now(), sent_before=None, limit=10)
    assert len(refs) == 1


async def test_f07_a_stale_claim_writes_nothing(store: Store) -> None:
    bench = Bench(store, fetcher=FakeFetcher({"f": [rss("a")]}))
    old = bench.claim()["f"]
    bench.clock.advance(hours=1)
    assert "f" in bench.claim()  # somebody else's
    edge = bench.edge()
    await poll_once(FEED, old, edge)
    await edge.writer.close()
    assert store.backlog() == 0
    assert bench.queue.sent == []


async def test_each_file_of_a_directory_is_a_delivery_and_a_bad_one_harms_no_other(store: Store) -> None:
    def file(name: str, body: bytes) -> Response:
        return Response(url=name, final_url=name, body=body, received_at=NOON)

    files = (
        file("/drop/a.txt", b"PORT EXAMPLE, Nov 2 (Wire) - One.\n"),
        file("/drop/b.bin", b"\x1f\x8b binary"),
        FetchRefused(Reason.TOO_LARGE, "c.xml is too large"),
        file("/drop/d.txt", b"PORT EXAMPLE, Nov 2 (Wire) - Two.\n"),
    )
    bench = Bench(store, files=files)
    edge = bench.edge()
    await poll_once(DROP, bench.claim()["d"], edge)
    await edge.writer.close()
    assert store.backlog() == 2
    assert {held.location for held in store.quarantine_list()} >= {"/drop/b.bin"}


async def test_each_thing_is_marked_when_it_is_stored_and_each_refusal_stands_in_quarantine(
    store: Store,
) -> None:
    text = b"PORT EXAMPLE, Nov 2 (Wire) - One.\n"
    cut_off = rss("a").partition(b"</item>")[0]
    files = (
        FetchRefused(Reason.TOO_LARGE, "a is too large"),
        FetchRefused(Reason.TOO_LARGE, "b is too large"),
        Response(url="/drop/c", final_url="/drop/c", body=b"\x00\x01 binary", received_at=NOON),
        Response(url="/drop/d", final_url="/drop/d", body=text, received_at=NOON),
        Response(url="/drop/e", final_url="/drop/e", body=cut_off, received_at=NOON),
        Response(url="/drop/f", final_url="/drop/f", body=rss(), received_at=NOON),
    )
    bench = Bench(store, files=files)
    edge = bench.edge()
    state = await poll_once(DROP, bench.claim()["d"], edge)
    await edge.writer.close()
    wells = (False, False, False, True, False, True)
    marked = [(f"file {number}", well) for number, well in enumerate(wells, 1)]
    assert bench.directories.taken_well == marked
    assert {held.where for held in store.quarantine_list()} == {
        "the whole of file 1",
        "the whole of file 2",
        "whole body",
        "entry 1",
    }
    assert state is not None
    assert state.etag == b"6"


async def test_a_directory_whose_claim_ran_out_is_left_at_once(store: Store) -> None:
    body = b"PORT EXAMPLE, Nov 2 (Wire) - One.\n"
    files = tuple(Response(url=n, final_url=n, body=body, received_at=NOON) for n in ("a", "b"))
    bench = Bench(store, files=files)
    old = bench.claim()["d"]
    bench.clock.advance(hours=1)
    bench.claim()
    edge = bench.edge()
    await poll_once(DROP, old, edge)
    await edge.writer.close()
    assert bench.directories.given == 1


async def test_polls_that_end_while_a_commit_runs_are_committed_together(store: Store) -> None:
    groups: list[int] = []
    bench = Bench(store)
    take_in = store.take_in

    class Watched:
        def take_in(self, polls, now):
            groups.append(len(polls))
            return take_in(polls, now)

    writer = StoreWriter(Watched(), bench.clock)
    poll = Poll(feed_id="f", epoch=None, polled_at=NOON, duration_s=0.1)
    taken = await asyncio.gather(*(writer.take_in(poll) for _ in range(50)))
    await writer.close()
    assert len(taken) == 50
    assert len(groups) < 10


@pytest.mark.parametrize(("brings", "committed"), [(False, [2]), (True, [1, 1])])
async def test_under_load_polls_wait_for_more_unless_they_bring_something(
    brings: bool, committed: list[int]
) -> None:
    groups: list[int] = []

    class Watched:
        def take_in(self, polls, now):
            groups.append(len(polls))
            return [TakenIn(feed_id=each.feed_id, accepted=True, found=0) for each in polls]

    writer = StoreWriter(Watched(), FixedClock())
    nothing = Poll(feed_id="f", epoch=None, polled_at=NOON, duration_s=0.1)
    entries = (Entry(format="rss", text="One."),) if brings else ()
    await asyncio.gather(*(writer.take_in(nothing) for _ in range(20)))
    groups.clear()
    first = asyncio.create_task(writer.take_in(replace(nothing, entries=entries)))
    for _ in range(5):
        await asyncio.sleep(0)  # it is on its way, or waits
    await asyncio.gather(first, writer.take_in(nothing))
    await writer.close()
    assert groups == committed


async def test_a_store_that_fails_answers_every_poll_of_the_group(store: Store) -> None:
    class Full:
        def take_in(self, polls, now):
            raise StoreError("the disk is full")

    writer = StoreWriter(Full(), FixedClock())
    poll = Poll(feed_id="f", epoch=None, polled_at=NOON, duration_s=0.1)
    answers = await asyncio.gather(*(writer.take_in(poll) for _ in range(3)), return_exceptions=True)
    await writer.close()
    assert [type(answer) for answer in answers] == [StoreError] * 3


async def test_a_poll_that_brought_nothing_and_was_not_written_is_made_again_after_its_claim(
    store: Store,
) -> None:
    bench = Bench(store, fetcher=FakeFetcher({"f": [None]}))
    take_in, tries = store.take_in, []

    def full_at_first(polls, now):
        tries.append(len(polls))
        if len(tries) == 1:
            raise StoreError("the disk is full")
        return take_in(polls, now)

    store.take_in = full_at_first
    loop = IngestLoop(bench.edge(), owner="here", most_polls=4, high_water=100)
    loop.change([FEED])
    running = asyncio.create_task(loop.run())
    for count in (1, 2):
        async with asyncio.timeout(5):
            while len(tries) < count:
                await asyncio.sleep(0.01)
        bench.clock.advance(hours=1)
    loop.stop()
    await running
    assert tries == [1, 1]
    assert bench.state().last_success_at is not None


@pytest.mark.parametrize("body", [None, b"PORT EXAMPLE, Nov 2 (Wire) - One.\n"], ids=["nothing", "a-file"])
async def test_a_directory_is_read_again_as_soon_as_the_store_works(store: Store, body: bytes | None) -> None:
    file = Response(url="/drop/a", final_url="/drop/a", body=body, received_at=NOON)
    bench = Bench(store, files=(file,) if body else ())
    take_in, let_go, tries = store.take_in, store.let_go, []

    def full_at_first(polls, now):
        tries.append("poll")
        if len(tries) == (2 if body else 1):  # the file is taken in before
            raise StoreError("the disk is full")
        return take_in(polls, now)

    def full_then(claimed, at):
        tries.append("let go")
        if tries.count("let go") == 1:
            raise StoreError("the disk is full")
        return let_go(claimed, at)

    store.take_in, store.let_go = full_at_first, full_then
    loop = IngestLoop(bench.edge(), owner="here", most_polls=4, high_water=100)
    loop.change([DROP])
    running = asyncio.create_task(loop.run())
    async with asyncio.timeout(8):
        while tries.count("let go") < 2:
            await asyncio.sleep(0.01)
        bench.clock.advance(seconds=2)
        before = len(tries)
        while len(tries) == before:
            await asyncio.sleep(0.01)
    loop.stop()
    await running
    assert tries[before] == "poll"
    assert store.backlog() == (1 if body else 0)


async def test_what_is_claimed_ahead_of_a_server_is_asked_one_after_the_other_whatever_comes_of_each(
    store: Store,
) -> None:
    answers = {"1": [rss("new")], "2": [FetchRetryable(Reason.TIMEOUT, "slow")]}
    names = [str(number) for number in range(12)]

    class Near(FakeFetcher):
        """Is asked in turns, and counts how many ask at once."""

        running = most = 0

        async def fetch(self, feed: Feed, state: FeedState) -> Response:
            self.running += 1
            self.most = max(self.most, self.running)
            try:
                await asyncio.sleep(0.005)
                if feed.id == "0":
                    raise RuntimeError("unforeseen")
                return await super().fetch(feed, state)
            finally:
                self.running -= 1

    fetcher = Near({name: answers.get(name, [None]) for name in names})
    bench = Bench(store, fetcher=fetcher)
    rules = GroupRules(at_once=2, spacing_s=0)
    loop = IngestLoop(bench.edge(), owner="here", most_polls=64, high_water=100, groups=rules)
    loop.change([replace(FEED, id=name) for name in names])
    running = asyncio.create_task(loop.run())
    async with asyncio.timeout(5):
        while len(fetcher.asked) < 11:
            await asyncio.sleep(0.01)
    loop.stop()
    await running
    assert fetcher.most == 2
    assert sorted(feed_id for feed_id, _ in fetcher.asked) == sorted(names[1:])
    written = {one.id for one in store.snapshot(NOON).feeds if one.state.last_polled_at is not None}
    assert written == set(names[1:])


async def test_what_has_waited_in_line_until_its_lease_was_over_is_not_asked(store: Store) -> None:
    bench = Bench(store)
    held, names = asyncio.Event(), ["first", "second"]

    class Slow(FakeFetcher):
        """Takes longer than a lease."""

        async def fetch(self, feed: Feed, state: FeedState) -> Response:
            response = await super().fetch(feed, state)
            await held.wait()
            return response

    bench.fetcher = fetcher = Slow({name: [None] for name in names})
    rules = GroupRules(at_once=1, spacing_s=0)
    loop = IngestLoop(bench.edge(), owner="here", most_polls=64, high_water=100, groups=rules)
    loop.change([replace(FEED, id=name) for name in names])
    running = asyncio.create_task(loop.run())
    async with asyncio.timeout(5):
        while not fetcher.asked:
            await asyncio.sleep(0.01)
    bench.clock.advance(minutes=3)
    held.set()
    loop.stop()
    await running
    assert len(fetcher.asked) == 1


async def test_the_loop_stops_claiming_above_the_high_water_mark(store: Store) -> None:
    bench = Bench(store, fetcher=FakeFetcher({"f": [rss("a", "b", "c")]}))
    await bench.poll()
    asked = len(bench.fetcher.asked)
    loop = IngestLoop(bench.edge(), owner="here", most_polls=4, high_water=2)
    loop.change([FEED])
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(0.3)
    loop.stop()
    await running
    assert len(bench.fetcher.asked) == asked


async def test_a_change_of_wishes_during_a_change_of_wishes_is_not_lost(store: Store) -> None:
    bench = Bench(store, fetcher=FakeFetcher({"f": [rss("a")], "g": [rss("b")]}))
    loop = IngestLoop(bench.edge(), owner="here", most_polls=4, high_water=100)
    other = Feed(id="g", kind=SourceKind.HTTP, url="http://other.example/rss", provider="Other")
    loop.change([FEED])
    change_feeds = store.change_feeds

    def slow(feeds, now):
        if len(feeds) == 1:
            loop.change([FEED, other])
        change_feeds(feeds, now)

    store.change_feeds = slow
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(1.5)
    loop.stop()
    await running
    assert {feed for feed, _ in bench.fetcher.asked} == {"f", "g"}


async def test_polls_go_on_while_many_feeds_are_taken_over(store: Store) -> None:
    bench = Bench(store, fetcher=FakeFetcher({"f": [rss("a")]}))
    many = [replace(FEED, id=f"m{number}", enabled=False) for number in range(3_000)]
    loop = IngestLoop(bench.edge(), owner="here", most_polls=4, high_water=100)
    loop.change([FEED])
    change_feeds, asked_before = store.change_feeds, []

    def watched(feeds, now):
        asked_before.append(len(bench.fetcher.asked))
        change_feeds(feeds, now)
        if len(asked_before) == 3:
            bench.clock.advance(hours=1)  # FEED is due again

    store.change_feeds = watched
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(0.3)
    loop.change([*many, FEED])
    await asyncio.sleep(1.5)
    loop.stop()
    await running
    assert (asked_before[0], asked_before[1], asked_before[-1]) == (0, 1, 2)
    assert store.due_at().keys() == {"f"}


async def test_a_backlog_of_imports_stops_no_feed(store: Store) -> None:
    bench = Bench(store, fetcher=FakeFetcher({"f": [rss("a")]}))
    from pipeline.model import Entry, QueueName

    entries = tuple(Entry(format="text", text=str(n)) for n in range(10))
    archive = Poll(
        feed_id="import", epoch=None, polled_at=NOON, duration_s=0, entries=entries, queue=QueueName.BACKFILL
    )
    store.take_in([archive], NOON)
    loop = IngestLoop(bench.edge(), owner="here", most_polls=4, high_water=2)
    loop.change([FEED])
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(0.5)
    loop.stop()
    await running
    assert [feed for feed, _ in bench.fetcher.asked] == ["f"]


async def test_a_backlog_stops_all_feeds_but_urgent_ones(store: Store) -> None:
    bench = Bench(store, fetcher=FakeFetcher({"f": [rss("a")], "u": [rss("kill")]}))
    entries = tuple(Entry(format="text", text=str(n)) for n in range(10))
    store.take_in([Poll(feed_id="import", epoch=None, polled_at=NOON, duration_s=0, entries=entries)], NOON)
    loop = IngestLoop(bench.edge(), owner="here", most_polls=4, high_water=2)
    loop.change([FEED, replace(FEED, id="u", priority=1)])
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(0.5)
    loop.stop()
    await running
    assert [feed for feed, _ in bench.fetcher.asked] == ["u"]


async def test_mail_of_strangers_goes_to_quarantine_and_is_not_published(store: Store) -> None:
    post = Feed(
        id="p",
        kind=SourceKind.MAILBOX,
        url="imaps://mail.example/INBOX",
        provider="Wire",
        senders=("a.example",),
    )
    sync_feeds(store, [post], NOON)
    bodies = (
        b"From: x@stranger.example\r\nSubject: KILL\r\n\r\nKILL the story.\r\n",
        b"From: x@a.example\r\nSubject: S\r\n\r\nKABUL - Copy.\r\n",
    )
    mails = [Response(url=f"m{n}", final_url=f"m{n}", body=b, received_at=NOON) for n, b in enumerate(bodies)]
    bench = Bench(store)
    edge = replace(bench.edge(), deliveries={SourceKind.MAILBOX: (box := FakeDeliveries(mails))})
    await poll_once(post, bench.claim()["p"], edge)
    await edge.writer.close()
    (held,) = store.quarantine_list()
    assert (held.reason, store.quarantine_show(held.id)[1]) == (Reason.UNKNOWN_SENDER, bodies[0])
    assert (store.backlog(), box.taken_well) == (1, [("file 1", False), ("file 2", True)])


async def test_a_long_scan_keeps_its_claim_and_what_it_has_read(store: Store) -> None:
    files = tuple(
        Response(
            url=f"/drop/{n}", final_url=f"/drop/{n}", body=f"KABUL - Story {n}.".encode(), received_at=NOON
        )
        for n in range(5)
    )
    bench = Bench(store, files=files)
    state = bench.claim()["d"]

    class Slow(FakeDeliveries):
        """Each file takes a minute and a half; after four of them the process dies."""

        async def taken(self, feed: Feed, delivery: Delivery, *, well: bool) -> None:
            bench.clock.advance(seconds=90)
            others = bench.claim()
            assert "d" not in others
            if delivery.key == "file 4":
                raise RuntimeError("died")

    bench.directories = Slow(files)
    edge = bench.edge()
    with pytest.raises(RuntimeError, match="died"):
        await read_deliveries(DROP, state, edge)
    bench.clock.advance(minutes=3)
    taken_over = bench.claim()["d"]
    assert taken_over.etag == b"3"
    bench.directories = again = FakeDeliveries(files)
    await poll_once(DROP, taken_over, bench.edge())
    await edge.writer.close()
    assert again.given == 2
    assert store.backlog() == 5


async def test_what_nobody_foresaw_in_a_commit_leaves_nobody_waiting() -> None:
    class Broken:
        def take_in(self, polls, now):
            raise ValueError("nobody foresaw this")

    writer = StoreWriter(Broken(), FixedClock())
    poll = Poll(feed_id="f", epoch=None, polled_at=NOON, duration_s=0.1)
    with pytest.raises(ValueError, match="nobody foresaw"):
        await asyncio.wait_for(writer.take_in(poll), 5)
    await writer.close()


@pytest.mark.parametrize("point", range(1, 21))
async def test_f17_a_crash_while_storing_leaves_no_validator_ahead_of_its_entries(
    store: Store, monkeypatch: pytest.MonkeyPatch, point: int
) -> None:
    """Stop the transaction at its n-th statement, as a crash would, and poll again."""
    statements = 0

    def crash(connection: Connection) -> Any:
        nonlocal statements
        statements += 1
        if statements == point:
            raise StoreError("the process died here")
        return driver_of(connection)

    bench = Bench(store, fetcher=FakeFetcher({"f": [rss("a", "b")]}))
    state = bench.claim()["f"]
    edge = bench.edge()
    with monkeypatch.context() as patched:
        patched.setattr(executing, "driver_of", crash)
        try:
            await poll_once(FEED, state, edge)
            crashed = False
        except StoreError:
            crashed = True
    assert crashed == (statements == point)
    assert (store.backlog(), bench.state().etag) == ((0, None) if crashed else (2, b'"1"'))
    bench.clock.advance(hours=2)
    await poll_once(FEED, bench.claim()["f"], edge)
    await edge.writer.close()
    assert store.backlog() == 2


async def test_a_restart_spreads_what_fell_due_meanwhile(store: Store) -> None:
    feeds = [
        Feed(id=f"f{n}", kind=SourceKind.HTTP, url=f"http://h{n}.example/", provider="Wire")
        for n in range(100)
    ]
    bench = Bench(store, fetcher=FakeFetcher({feed.id: [None] for feed in feeds}))
    sync_feeds(store, feeds, NOON - timedelta(hours=3))
    loop = IngestLoop(bench.edge(), owner="here", most_polls=64, high_water=100)
    loop.change(feeds)
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(0.5)
    loop.stop()
    await running
    assert len(bench.fetcher.asked) == 1
    due = store.due_at([feed.id for feed in feeds]).values()
    assert max(due) - NOON >= timedelta(seconds=4)


async def test_what_a_clock_that_was_ahead_put_off_for_years_is_polled(store: Store) -> None:
    bench = Bench(store, fetcher=FakeFetcher({"f": [None]}))
    store.put_off({"f": NOON + timedelta(days=400)})
    await _run(IngestLoop(bench.edge(), owner="here", most_polls=4, high_water=100), [FEED])
    assert len(bench.fetcher.asked) == 1


async def test_so_it_is_when_the_clock_is_put_right_meanwhile(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.ingest.loop._COMPARE_S", 0.05)
    bench = Bench(store, fetcher=FakeFetcher({"f": [None]}))
    bench.clock.advance(days=400)
    loop = IngestLoop(bench.edge(), owner="here", most_polls=4, high_water=100)
    running = asyncio.create_task(_run(loop, [FEED], seconds=2.5))
    await asyncio.sleep(0.6)
    asked = len(bench.fetcher.asked)
    bench.clock.advance(days=-400)
    await running
    assert (asked, len(bench.fetcher.asked)) == (1, 2)


async def _run(loop: IngestLoop, feeds: list[Feed], seconds: float = 0.4) -> None:
    loop.change(feeds)
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(seconds)
    loop.stop()
    await running


async def test_the_loop_sends_a_heartbeat(store: Store) -> None:
    bench = Bench(store, fetcher=FakeFetcher({"f": [None]}))
    loop = IngestLoop(bench.edge(), owner="here", most_polls=4, high_water=100, heartbeat_s=60)
    loop.change([FEED])
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(0.3)
    loop.stop()
    await running
    assert len(bench.queue.sent) == 1
    assert store.snapshot(NOON).heartbeat is not None
