"""Mailboxes: every mail once, as it is, marked when it is stored; and servers that do not work."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from certificates import Certificates, new_authority, sign
from fakes import NOON, FakeFetcher, FixedClock, InlineParser, MemoryQueue
from fetching import poll_once
from imap_server import ImapServer
from new_database import new_store
from pipeline.cli.trial import items_in_words, try_mailbox
from pipeline.errors import FetchError, FetchRefused, FetchRetryable, Reason, StoreError
from pipeline.ingest.poll import IngestEdge
from pipeline.model import Auth, Document, Feed, FeedState, Response, SourceKind, Tagging
from pipeline.ports.outside import Delivery
from pipeline.ports.store import Store
from pipeline.sender import Sender
from pipeline.settings import Fetch
from pipeline.sources.imap import MailboxReader
from pipeline.writer import StoreWriter
from store_builders import sync_feeds

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")


def mail(subject: str, text: str = "The ferry is back.") -> bytes:
    return (
        f"From: Kestrel Desk <desk@kestrel.example>\r\nMessage-ID: <{subject}@kestrel.example>\r\n"
        f"Date: Mon, 02 Nov 2026 10:00:00 +0000\r\nSubject: {subject}\r\n\r\n{text}\r\n"
    ).encode()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    made = new_authority(tmp_path_factory.mktemp("certificates"))
    sign(made.folder, "good", "IP:127.0.0.1", "-days", "2")
    sign(made.folder, "other-host", "DNS:other.example", "-days", "2")
    return made


@pytest.fixture
def server(certificates: Certificates) -> Iterator[ImapServer]:
    with ImapServer(certificates.server("good")) as running:
        yield running


@pytest.fixture
def feed(server: ImapServer, certificates: Certificates) -> Feed:
    return Feed(
        id="post",
        kind=SourceKind.MAILBOX,
        url=server.url(),
        provider="Kestrel",
        auth=Auth(kind="basic", name="desk", secret="öpen sesame"),
        ca_file=certificates.authority,
        allow_private=("127.0.0.1/32",),
    )


def reader(**limits: float) -> MailboxReader:
    return MailboxReader(**{"max_body_bytes": 100_000, "timeout_s": 5, "clock": FixedClock()} | limits)


async def take(box: MailboxReader, feed: Feed, position: bytes | None = None) -> list[Delivery]:
    """Take in all that is there."""
    found = []
    async for delivery in box.scan(feed, position):
        found.append(delivery)
        await box.taken(feed, delivery, well=isinstance(delivery.content, Response))
    return found


async def refusal(box: MailboxReader, feed: Feed) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await take(box, feed)
    return caught.value


async def test_mails_come_in_order_as_they_are_and_are_marked_as_seen(server: ImapServer, feed: Feed) -> None:
    bodies = [mail("one"), mail("two"), b"\x00 no mail at all \xff\r\n"]
    uids = [server.put("INBOX", body) for body in bodies]
    found = await take(reader(), feed)
    contents = [each.content for each in found]
    assert [each.body for each in contents if isinstance(each, Response)] == bodies
    assert [each.key for each in found] == ["mail 1", "mail 2", "mail 3"]
    assert found[-1].position == b"7:3"
    assert all(server.flags("INBOX", uid) == {"\\Seen"} for uid in uids)
    assert "LOGOUT" in server.journal


async def test_only_what_is_new_comes_next_time(server: ImapServer, feed: Feed) -> None:
    server.put("INBOX", mail("one"))
    (first,) = await take(reader(), feed)
    server.put("INBOX", mail("two"))
    (second,) = await take(reader(), feed, first.position)
    assert second.key == "mail 2"
    assert await take(reader(), feed, second.position) == []


async def test_a_mailbox_that_was_made_anew_is_read_from_its_beginning(
    server: ImapServer, feed: Feed
) -> None:
    server.put("INBOX", mail("one"))
    server.boxes["INBOX"].validity = 8
    assert [each.position for each in await take(reader(), feed, b"7:500")] == [b"8:1"]


async def test_a_mail_that_nobody_took_in_is_neither_seen_nor_past(server: ImapServer, feed: Feed) -> None:
    uid = server.put("INBOX", mail("one"))
    async for _ in reader().scan(feed, None):
        pass
    assert server.flags("INBOX", uid) == set()


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 AUTH=PLAIN MOVE", "IMAP4rev1 AUTH=PLAIN UIDPLUS"])
async def test_what_was_taken_in_is_moved_and_its_mailbox_made(
    server: ImapServer, feed: Feed, capabilities: str
) -> None:
    server.capabilities = capabilities
    server.put("INBOX", mail("one"))
    server.put("INBOX", mail("two") + b"x" * 200_000)
    await take(reader(), replace(feed, done="Taken in/Über", failed="Refused"))
    assert server.uids("INBOX") == []
    assert [m.body for m in server.boxes["Taken in/&ANw-ber"].mails] == [mail("one")]
    assert len(server.boxes["Refused"].mails) == 1


async def test_without_uidplus_nothing_is_expunged(server: ImapServer, feed: Feed) -> None:
    server.capabilities = "IMAP4rev1 AUTH=PLAIN"
    uid = server.put("INBOX", mail("one"))
    await take(reader(), replace(feed, done="Taken"))
    assert server.flags("INBOX", uid) == {"\\Seen", "\\Deleted"}
    assert len(server.boxes["Taken"].mails) == 1


async def test_a_server_without_sasl_is_signed_in_to_by_login(server: ImapServer, feed: Feed) -> None:
    server.capabilities, server.password = "IMAP4rev1", 'op"en'
    server.put("INBOX", mail("one"))
    auth = Auth(kind="basic", name="desk", secret='op"en')
    assert len(await take(reader(), replace(feed, auth=auth))) == 1


async def test_a_mailbox_that_may_only_be_read_is_read(server: ImapServer, feed: Feed) -> None:
    server.read_only = True
    uid = server.put("INBOX", mail("one"))
    assert len(await take(reader(), feed)) == 1
    assert server.flags("INBOX", uid) == set()
    error = await refusal(reader(), replace(feed, done="Taken"))
    assert error.reason is Reason.FORBIDDEN


async def test_a_large_mail_is_refused_without_being_fetched(server: ImapServer, feed: Feed) -> None:
    server.put("INBOX", mail("large") + b"x" * 200_000)
    server.put("INBOX", mail("small"))
    large, small = await take(reader(), feed)
    assert isinstance(large.content, FetchRefused)
    assert large.content.reason is Reason.TOO_LARGE
    assert isinstance(small.content, Response)
    assert not any("FETCH 1 (UID BODY" in line for line in server.journal)


async def test_a_scan_gives_so_many_mails_and_the_next_goes_on(server: ImapServer, feed: Feed) -> None:
    server.boxes["INBOX"].next_uid = 2_000_000  # there were many before them
    for number in range(5):
        server.put("INBOX", mail(str(number)))
    first = await take(reader(max_mails=3), feed)
    second = await take(reader(max_mails=3), feed, first[-1].position)
    assert [each.key for each in (*first, *second)] == [f"mail {2_000_000 + n}" for n in range(5)]


async def test_mails_are_looked_up_some_at_a_time_and_one_scan_gives_them_all(
    server: ImapServer, feed: Feed
) -> None:
    for number in range(450):
        server.put("INBOX", mail(str(number), "x"))
    found = [delivery.key async for delivery in reader().scan(feed, None)]
    assert found == [f"mail {number}" for number in range(1, 451)]
    lines = [line for line in server.journal if "RFC822.SIZE" in line]
    assert len(lines) == 3
    assert max(map(len, lines)) < 8_000


async def test_a_wrong_password_is_said_without_it(server: ImapServer, feed: Feed) -> None:
    wrong = replace(feed, auth=Auth(kind="basic", name="desk", secret="hunter2hunter2"))
    error = await refusal(reader(), wrong)
    assert (type(error), error.reason) == (FetchRefused, Reason.UNAUTHORIZED)
    assert "hunter2" not in error.detail
    assert error.__cause__ is None


async def test_a_mailbox_that_is_not_there_is_said(server: ImapServer, feed: Feed) -> None:
    error = await refusal(reader(), replace(feed, url=server.url("Nowhere%20at%20all")))
    assert (error.reason, error.detail) == (
        Reason.NOT_FOUND,
        "there is no mailbox 'Nowhere at all', or it may not be read",
    )


async def test_h12_a_private_address_is_refused_before_a_socket_is_made(
    server: ImapServer, feed: Feed
) -> None:
    error = await refusal(reader(), replace(feed, allow_private=()))
    assert error.reason is Reason.BLOCKED_ADDRESS
    assert server.connections == 0


async def test_a_certificate_that_is_not_valid_ends_it_before_the_password(
    certificates: Certificates, feed: Feed
) -> None:
    with ImapServer(certificates.server("other-host")) as other:
        error = await refusal(reader(), replace(feed, url=other.url()))
        unknown = await refusal(reader(), replace(feed, url=other.url(), ca_file=None))
    assert error.reason is unknown.reason is Reason.TLS
    assert other.journal == []


async def test_a_port_where_nobody_listens_is_said(certificates: Certificates, feed: Feed) -> None:
    with ImapServer(certificates.server("good")) as gone:
        pass
    error = await refusal(reader(), replace(feed, url=gone.url()))
    assert (type(error), error.reason) == (FetchRetryable, Reason.CONNECT)


@pytest.mark.parametrize("command", ["CAPABILITY", "AUTHENTICATE", "SELECT", "SEARCH", "FETCH", "STORE"])
async def test_a_connection_that_drops_is_an_error_that_passes(
    server: ImapServer, feed: Feed, command: str
) -> None:
    server.put("INBOX", mail("one"))
    server.drops = {command}
    error = await refusal(reader(), feed)
    assert isinstance(error, FetchRetryable)
    server.drops = set()
    assert len(await take(reader(), feed)) == 1


@pytest.mark.parametrize("command", ["CAPABILITY", "FETCH"])
async def test_a_server_that_says_nothing_is_left_in_time(
    server: ImapServer, feed: Feed, command: str
) -> None:
    server.put("INBOX", mail("one"))
    server.hangs = {command}
    async with asyncio.timeout(3):
        error = await refusal(reader(timeout_s=0.5), feed)
    assert error.reason is Reason.TIMEOUT


@pytest.mark.parametrize(
    "lie",
    [
        b"* 1 FETCH (UID 1 BODY[] {999999999}\r\nabc",
        b"* SEARCH many\r\n",
        b"\x00\xff\r\n" * 3,
        b"x" * 2_000_000 + b"\r\n",
        b"* OK again\r\n" * 200_000,
    ],
    ids=["a huge literal", "words for numbers", "no text", "an endless line", "endless chatter"],
)
@pytest.mark.parametrize("command", ["SEARCH", "FETCH"])
async def test_answers_that_are_no_imap_end_it(
    server: ImapServer, feed: Feed, command: str, lie: bytes
) -> None:
    server.put("INBOX", mail("one"))
    server.lies = {command: lie}
    error = await refusal(reader(timeout_s=3), feed)
    assert error.reason in (Reason.BAD_RESPONSE, Reason.CONNECT, Reason.TIMEOUT)


# --- with a store -------------------------------------------------------------------------------------------


class Bench:
    """Polls of one mailbox over a real store."""

    def __init__(self, store: Store, feed: Feed) -> None:
        self.store, self.feed = store, feed
        self.queue, self.clock = MemoryQueue(), FixedClock()
        sync_feeds(store, [feed], NOON)

    async def poll(self) -> FeedState | None:
        edge = IngestEdge(
            fetcher=FakeFetcher({}),
            deliveries={SourceKind.MAILBOX: reader()},
            parser=InlineParser(),
            store=self.store,
            writer=StoreWriter(self.store, self.clock),
            sender=Sender(self.queue),
            clock=self.clock,
        )
        (state,) = self.store.claim_due(self.clock.now(), 1, "here", timedelta(minutes=2))
        try:
            return await poll_once(self.feed, state, edge)
        finally:
            await edge.writer.close()
            self.clock.advance(hours=2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(new_store(tmp_path)) as opened:
        yield opened


async def test_mails_become_entries_and_the_position_is_kept(
    server: ImapServer, feed: Feed, store: Store
) -> None:
    bench = Bench(store, feed)
    server.put("INBOX", mail("one"))
    server.put("INBOX", mail("two"))
    state = await bench.poll()
    assert state is not None
    assert (state.etag, len(bench.queue.sent)) == (b"7:2", 2)
    fetched = server.journal.count("FETCH 1 (UID BODY.PEEK[])")
    await bench.poll()
    assert len(bench.queue.sent) == 2
    assert server.journal.count("FETCH 1 (UID BODY.PEEK[])") == fetched == 1


async def test_a_position_is_not_forgotten_with_time(server: ImapServer, feed: Feed, store: Store) -> None:
    bench = Bench(store, feed)
    server.put("INBOX", mail("one"))
    await bench.poll()
    bench.clock.advance(days=30)
    state = await bench.poll()
    assert state is not None
    assert state.etag == b"7:1"


async def test_a_mailbox_that_was_restored_brings_nothing_twice(
    server: ImapServer, feed: Feed, store: Store
) -> None:
    bench = Bench(store, feed)
    server.put("INBOX", mail("one"))
    await bench.poll()
    server.boxes["INBOX"].validity = 99
    state = await bench.poll()
    assert state is not None
    assert (state.etag, len(bench.queue.sent)) == (b"99:1", 1)


async def test_f17_a_mail_is_marked_only_when_it_is_stored(
    server: ImapServer, feed: Feed, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(store, feed)
    uid = server.put("INBOX", mail("one"))
    with monkeypatch.context() as patched:

        def full(polls: object, now: object) -> None:
            raise StoreError("the disk is full")

        patched.setattr(store, "take_in", full)
        with pytest.raises(StoreError):
            await bench.poll()
    assert server.flags("INBOX", uid) == set()
    await bench.poll()
    assert len(bench.queue.sent) == 1
    assert server.flags("INBOX", uid) == {"\\Seen"}


async def test_f17_a_connection_that_drops_between_store_and_mark_loses_and_doubles_nothing(
    server: ImapServer, feed: Feed, store: Store
) -> None:
    bench = Bench(store, feed)
    uids = [server.put("INBOX", mail(name)) for name in ("one", "two")]
    server.drops = {"STORE"}
    state = await bench.poll()
    assert state is not None
    assert state.failures == 1
    server.drops = set()
    await bench.poll()
    assert len(bench.queue.sent) == 2
    assert all(server.flags("INBOX", uid) == {"\\Seen"} for uid in uids)


async def test_a_wrong_password_backs_off(server: ImapServer, feed: Feed, store: Store) -> None:
    bench = Bench(store, replace(feed, auth=Auth(kind="basic", name="desk", secret="wrong")))
    waits = []
    for _ in range(3):
        at = bench.clock.now()
        state = await bench.poll()
        assert state is not None
        assert state.last_reason is Reason.UNAUTHORIZED
        waits.append(state.next_poll_at - at)
    assert waits == sorted(waits)
    assert waits[-1] > 2 * waits[0] / 1.5


async def test_a_scan_that_was_taken_over_leaves_the_other_alone(server: ImapServer, feed: Feed) -> None:
    server.put("INBOX", mail("one"))
    server.put("INBOX", mail("two"))
    box = reader()
    given_up = box.scan(feed, None)
    await anext(given_up)
    taken_over = box.scan(feed, None)
    delivery = await anext(taken_over)
    await given_up.aclose()
    await box.taken(feed, delivery, well=True)
    await taken_over.aclose()
    with pytest.raises(FetchError, match="given up meanwhile"):
        await box.taken(feed, delivery, well=True)


async def test_a_mail_that_cannot_be_read_does_not_end_a_trial(server: ImapServer, feed: Feed) -> None:
    for body in (b"", mail("one"), bytes(range(256))):
        server.put("INBOX", body)
    items = await try_mailbox(feed, Fetch(), Untagged)
    assert [each.refused for each in items] == [
        "this is empty; a feed or wire copy is expected",
        None,
        "this is binary data; a feed or wire copy is expected",
    ]
    assert list(items_in_words(items))[1].strip().startswith("not taken in: this is empty")
    assert server.flags("INBOX", 1) == set()


class Untagged:
    """A tagger that finds nothing."""

    def tag(self, document: Document, *, default_region: str | None = None) -> tuple[Document, Tagging]:
        return document, Tagging()
