"""Files of a directory: whole ones, once, and nothing that could lead elsewhere or hang."""

import errno
import os
import socket
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import FetchError, FetchRefused, Reason
from pipeline.model import Feed, Response, SourceKind
from pipeline.ports.outside import Delivery
from pipeline.sources.directory import CLAIMED, DirectoryReader

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LONG_AGO = NOON - timedelta(hours=1)


class SetClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def reader(clock: SetClock) -> DirectoryReader:
    return DirectoryReader(max_body_bytes=1_000, clock=clock)


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    directory = tmp_path / "in"
    directory.mkdir()
    return Feed(id="drop", kind=SourceKind.DIRECTORY, url=str(directory), settle=timedelta(seconds=1))


def put(feed: Feed, name: str, body: bytes = b"copy", at: datetime = LONG_AGO) -> Path:
    path = Path(feed.url, name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(body)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def link(feed: Feed, name: str, to: Path) -> None:
    path = Path(feed.url, name)
    path.symlink_to(to)
    os.utime(path, (LONG_AGO.timestamp(), LONG_AGO.timestamp()), follow_symlinks=False)


async def names(reader: DirectoryReader, feed: Feed) -> list[str]:
    return [Path(found.final_url).name for found in await files(reader, feed)]


async def files(reader: DirectoryReader, feed: Feed) -> list[Response]:
    return [found for found in await everything(reader, feed) if isinstance(found, Response)]


async def everything(reader: DirectoryReader, feed: Feed) -> list[Response | FetchError]:
    return [delivery.content for delivery in await take(reader, feed)]


async def take(reader: DirectoryReader, feed: Feed) -> list[Delivery]:
    """Take in all that is there."""
    found = []
    async for delivery in reader.scan(feed):
        found.append(delivery)
        await reader.taken(feed, delivery, well=isinstance(delivery.content, Response))
    return found


async def refusal(reader: DirectoryReader, feed: Feed) -> FetchError:
    (found,) = await everything(reader, feed)
    assert isinstance(found, FetchError)
    return found


async def test_files_come_sorted_by_name_with_their_bytes(reader: DirectoryReader, feed: Feed) -> None:
    for name in ("b.txt", "c.xml", "a.txt"):
        put(feed, name, name.encode())
    found = await files(reader, feed)
    assert [(Path(f.final_url).name, f.body) for f in found] == [
        ("a.txt", b"a.txt"),
        ("b.txt", b"b.txt"),
        ("c.xml", b"c.xml"),
    ]
    assert found[0].url == found[0].final_url == str(Path(feed.url, "a.txt"))
    assert (found[0].status, found[0].received_at) == (None, NOON)


async def test_notes_unfinished_and_hidden_files_and_folders_are_passed_over(
    reader: DirectoryReader, feed: Feed
) -> None:
    for name in ("README.md", "readme.MD", "a.tmp", "b.part", ".hidden", "story.txt"):
        put(feed, name)
    put(feed, "done/old.txt")
    assert await names(reader, feed) == ["story.txt"]


async def test_a_file_is_read_once(reader: DirectoryReader, feed: Feed) -> None:
    put(feed, "a.txt")
    assert await names(reader, feed) == ["a.txt"]
    assert await names(reader, feed) == []


async def test_a_file_is_read_again_when_it_has_changed(reader: DirectoryReader, feed: Feed) -> None:
    put(feed, "a.txt")
    await files(reader, feed)
    put(feed, "a.txt", b"other", at=LONG_AGO + timedelta(minutes=1))
    assert [found.body for found in await files(reader, feed)] == [b"other"]


async def test_a_file_is_read_again_when_another_has_taken_its_place(
    reader: DirectoryReader, feed: Feed, tmp_path: Path
) -> None:
    put(feed, "a.txt", b"one")
    await files(reader, feed)
    other = tmp_path / "other"
    other.write_bytes(b"two")
    os.utime(other, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    other.replace(Path(feed.url, "a.txt"))
    assert [found.body for found in await files(reader, feed)] == [b"two"]


async def test_a_file_that_the_caller_failed_to_store_comes_again(
    reader: DirectoryReader, feed: Feed
) -> None:
    for name in ("a.txt", "b.txt"):
        put(feed, name)
    async with aclosing(reader.scan(feed)) as scan:
        async for _ in scan:
            break
    assert await names(reader, feed) == ["a.txt", "b.txt"]


async def test_two_feeds_on_one_directory_both_get_its_files(reader: DirectoryReader, feed: Feed) -> None:
    put(feed, "a.txt")
    other = Feed(id="other", kind=SourceKind.DIRECTORY, url=feed.url)
    assert await names(reader, feed) == await names(reader, other) == ["a.txt"]


async def test_h14_a_file_is_waited_for_until_it_stood_still(
    reader: DirectoryReader, clock: SetClock, feed: Feed
) -> None:
    put(feed, "a.txt", b"half", at=NOON)
    assert await names(reader, feed) == []
    clock.at = NOON + timedelta(seconds=0.9)
    put(feed, "a.txt", b"half and half", at=clock.at)
    assert await names(reader, feed) == []
    clock.at += timedelta(seconds=0.9)
    assert await names(reader, feed) == []
    clock.at += timedelta(seconds=0.2)
    assert [found.body for found in await files(reader, feed)] == [b"half and half"]


async def test_a_file_from_the_future_is_whole_when_two_scans_saw_it_the_same(
    reader: DirectoryReader, clock: SetClock, feed: Feed
) -> None:
    tomorrow = NOON + timedelta(days=1)
    put(feed, "a.txt", b"half", at=tomorrow)
    assert await names(reader, feed) == []
    clock.at += timedelta(seconds=2)
    put(feed, "a.txt", b"whole", at=tomorrow)
    assert await names(reader, feed) == []
    clock.at += timedelta(seconds=2)
    assert [found.body for found in await files(reader, feed)] == [b"whole"]


async def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_scan(
    clock: SetClock, feed: Feed
) -> None:
    class Appending(DirectoryReader):
        """Somebody appends between the listing and the reading."""

        def _ready(self, feed):  # type: ignore[no-untyped-def]
            chosen = super()._ready(feed)
            if not changed:
                changed.append(put(feed, "a.txt", b"copy and more", at=LONG_AGO + timedelta(minutes=1)))
            return chosen

    changed: list[Path] = []
    put(feed, "a.txt")
    reader = Appending(max_body_bytes=1_000, clock=clock)
    assert await files(reader, feed) == []
    assert [found.body for found in await files(reader, feed)] == [b"copy and more"]


async def test_a_file_that_is_gone_when_it_is_read_is_nothing(reader: DirectoryReader, feed: Feed) -> None:
    put(feed, "a.txt")
    gone = put(feed, "b.txt")
    found = []
    async for file in reader.scan(feed):
        gone.unlink()
        found.append(file)
    assert len(found) == 1


async def test_an_empty_file_has_an_empty_body(reader: DirectoryReader, feed: Feed) -> None:
    put(feed, "a.txt", b"")
    assert [found.body for found in await files(reader, feed)] == [b""]


async def test_h14_a_symbolic_link_is_refused_and_said_once(
    reader: DirectoryReader, feed: Feed, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not ours")
    link(feed, "link.txt", secret)
    error = await refusal(reader, feed)
    assert (error.reason, error.detail) == (
        Reason.UNREADABLE,
        "link.txt is a symbolic link; only ordinary files are read",
    )
    assert await everything(reader, feed) == []


async def test_h14_a_link_put_in_a_files_place_after_it_was_listed_is_not_followed(
    clock: SetClock, feed: Feed, tmp_path: Path
) -> None:
    class Exchanging(DirectoryReader):
        def _ready(self, feed):  # type: ignore[no-untyped-def]
            chosen = super()._ready(feed)
            path.unlink()
            path.symlink_to(secret)
            return chosen

    secret = tmp_path / "secret"
    secret.write_text("not ours")
    path = put(feed, "a.txt")
    error = await refusal(Exchanging(max_body_bytes=1_000, clock=clock), feed)
    assert error.reason is Reason.UNREADABLE


async def test_h14_a_fifo_put_in_a_files_place_after_it_was_listed_is_not_waited_for(
    clock: SetClock, feed: Feed
) -> None:
    class Exchanging(DirectoryReader):
        def _ready(self, feed):  # type: ignore[no-untyped-def]
            chosen = super()._ready(feed)
            path.unlink()
            os.mkfifo(path)
            return chosen

    path = put(feed, "a.txt")
    with within(1):
        assert await everything(Exchanging(max_body_bytes=1_000, clock=clock), feed) == []


async def test_h14_a_fifo_a_socket_and_a_device_are_refused_at_once(
    clock: SetClock, reader: DirectoryReader, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(feed.url)  # a socket's path must be short
    os.mkfifo("fifo.txt")
    device = Feed(id="dev", kind=SourceKind.DIRECTORY, url="/dev")
    clock.at = datetime.now(UTC) + timedelta(days=1)
    with socket.socket(socket.AF_UNIX) as listener, within(2):
        listener.bind("socket.txt")
        errors = [found for found in await everything(reader, feed) if isinstance(found, FetchError)]
        devices = [found for found in await everything(reader, device) if isinstance(found, FetchError)]
    assert [error.detail.partition(";")[0] for error in errors] == [
        "fifo.txt is a FIFO",
        "socket.txt is a socket",
    ]
    assert any(error.detail.startswith("zero is a device") for error in devices)


async def test_h14_a_file_over_the_limit_is_refused_without_being_read(
    reader: DirectoryReader, feed: Feed
) -> None:
    path = put(feed, "huge.txt")
    with path.open("r+b") as file:
        file.truncate(10**9)  # sparse: takes no room
    os.utime(path, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    with within(1):
        error = await refusal(reader, feed)
    assert (error.reason, error.detail) == (
        Reason.TOO_LARGE,
        "huge.txt has 954 MiB, the limit is 0.000954 MiB",
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for root")
async def test_a_file_we_may_not_read_is_said_and_read_when_we_may(
    reader: DirectoryReader, feed: Feed
) -> None:
    path = put(feed, "a.txt")
    path.chmod(0)
    error = await refusal(reader, feed)
    assert error.detail == "a.txt cannot be read: Permission denied"
    path.chmod(0o600)
    assert await names(reader, feed) == ["a.txt"]


async def test_one_bad_file_does_not_stop_the_others(reader: DirectoryReader, feed: Feed) -> None:
    put(feed, "a.txt")
    link(feed, "b.txt", Path("/etc/hostname"))
    put(feed, "c.txt")
    kinds = [type(found) for found in await everything(reader, feed)]
    assert kinds == [Response, FetchRefused, Response]


async def test_a_scan_gives_so_many_files_and_the_next_goes_on(clock: SetClock, feed: Feed) -> None:
    for n in range(7):
        put(feed, f"{n}.txt")
    reader = DirectoryReader(max_body_bytes=1_000, clock=clock, max_files=3)
    given = [await names(reader, feed) for _ in range(4)]
    assert given == [["0.txt", "1.txt", "2.txt"], ["3.txt", "4.txt", "5.txt"], ["6.txt"], []]


@pytest.mark.parametrize(
    ("where", "words"), [("missing", "No such file or directory"), ("file", "Not a directory")]
)
async def test_a_directory_that_is_none_is_said(
    reader: DirectoryReader, tmp_path: Path, where: str, words: str
) -> None:
    (tmp_path / "file").write_text("")
    feed = Feed(id="drop", kind=SourceKind.DIRECTORY, url=str(tmp_path / where))
    with pytest.raises(FetchRefused) as caught:
        await everything(reader, feed)
    assert caught.value.reason is Reason.UNREADABLE
    assert caught.value.detail == f"the directory {tmp_path / where} cannot be read: {words}"


async def test_h14_a_name_that_is_no_text_can_be_stored(reader: DirectoryReader, feed: Feed) -> None:
    put(feed, os.fsdecode(b"caf\xe9\n.txt"))
    (found,) = await files(reader, feed)
    assert found.final_url.endswith("caf\\xe9\n.txt")
    found.final_url.encode()  # no lone surrogate


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


# --- done and failed ----------------------------------------------------------------------------------------


@pytest.fixture
def moved(feed: Feed) -> Feed:
    """A directory whose files are moved when they have been read."""
    return replace(feed, done=f"{feed.url}/done", failed=f"{feed.url}/failed")


def inside(folder: str | None) -> list[str]:
    return sorted(path.name for path in Path(folder or "").iterdir())


async def test_what_was_read_is_moved_to_done_and_what_was_refused_to_failed(
    reader: DirectoryReader, moved: Feed
) -> None:
    put(moved, "a.txt", b"whole")
    link(moved, "b.txt", Path("/etc/hostname"))
    put(moved, "c.txt", b"x" * 2_000)
    found = await take(reader, moved)
    assert [each.key for each in found] == ["a.txt", "b.txt", "c.txt"]
    assert (inside(moved.done), inside(moved.failed)) == (["a.txt"], ["b.txt", "c.txt"])
    assert inside(moved.url) == [CLAIMED, "done", "failed"]
    assert inside(f"{moved.url}/{CLAIMED}") == []
    assert await take(reader, moved) == []


async def test_a_file_is_claimed_before_it_is_read_and_stays_so_until_it_is_taken_in(
    clock: SetClock, reader: DirectoryReader, moved: Feed
) -> None:
    put(moved, "a.txt", b"copy")
    async with aclosing(reader.scan(moved)) as scan:
        async for delivery in scan:
            assert delivery.content.final_url == f"{moved.url}/a.txt"  # type: ignore[union-attr]
            break
    assert inside(f"{moved.url}/{CLAIMED}") == ["a.txt"]
    # As after a crash: another reader gives it again, under the same name.
    (again,) = await take(DirectoryReader(max_body_bytes=1_000, clock=clock), moved)
    assert isinstance(again.content, Response)
    assert (again.key, again.content.final_url) == ("a.txt", f"{moved.url}/a.txt")
    assert inside(moved.done) == ["a.txt"]


async def test_of_two_readers_one_gets_a_file(clock: SetClock, moved: Feed) -> None:
    class Slower(DirectoryReader):
        """Another reader takes everything between the listing and the claim."""

        def _ready(self, feed):  # type: ignore[no-untyped-def]
            chosen = super()._ready(feed)
            for name in ("a.txt", "b.txt"):
                Path(feed.url, name).rename(Path(feed.url, CLAIMED, name))
            return chosen

    put(moved, "a.txt")
    put(moved, "b.txt")
    assert await take(Slower(max_body_bytes=1_000, clock=clock), moved) == []


async def test_a_file_of_a_known_name_is_kept_beside_the_other(reader: DirectoryReader, moved: Feed) -> None:
    for body in (b"one", b"two"):
        put(moved, "a.txt", body)
        await take(reader, moved)
    assert sorted(path.read_bytes() for path in Path(moved.done or "").iterdir()) == [b"one", b"two"]


async def test_a_claimed_file_is_not_written_over_by_one_of_its_name(
    clock: SetClock, reader: DirectoryReader, moved: Feed
) -> None:
    put(moved, "a.txt", b"one")
    async with aclosing(reader.scan(moved)) as scan:
        async for _ in scan:
            break
    put(moved, "a.txt", b"two")
    given = [found.body for _ in range(2) for found in await files(reader, moved)]
    assert given == [b"one", b"two"]


async def test_a_file_that_is_written_to_after_its_claim_is_waited_for(
    clock: SetClock, reader: DirectoryReader, moved: Feed
) -> None:
    path = put(moved, "a.txt", b"half")
    with path.open("ab") as writer:

        class Appending(DirectoryReader):
            def _ready(self, feed):  # type: ignore[no-untyped-def]
                chosen = super()._ready(feed)
                writer.write(b" and half")
                writer.flush()
                return chosen

        assert await files(Appending(max_body_bytes=1_000, clock=clock), moved) == []
    clock.at = datetime.now(UTC) + timedelta(seconds=5)
    assert [found.body for found in await files(reader, moved)] == [b"half and half"]


@pytest.mark.parametrize("folder", [CLAIMED, "done"])
async def test_h14_a_folder_of_ours_that_is_a_link_is_not_followed(
    reader: DirectoryReader, moved: Feed, tmp_path: Path, folder: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret.txt").write_text("not ours")
    os.utime(elsewhere / "secret.txt", (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    put(moved, "a.txt")
    Path(moved.url, folder).symlink_to(elsewhere)
    with pytest.raises(FetchError) as caught:
        await take(reader, moved)
    assert caught.value.reason is Reason.UNREADABLE
    assert inside(str(elsewhere)) == ["secret.txt"]


async def test_a_file_that_cannot_be_moved_comes_again_until_it_can(
    reader: DirectoryReader, moved: Feed, tmp_path: Path
) -> None:
    put(moved, "a.txt")
    Path(moved.done or "").write_text("in the way")
    for _ in range(2):
        with pytest.raises(FetchError, match="cannot be moved to"):
            await take(reader, moved)
    Path(moved.done or "").unlink()
    assert [each.key for each in await take(reader, moved)] == ["a.txt"]
    assert inside(moved.done) == ["a.txt"]


async def test_a_directory_that_lets_nothing_be_moved_is_said_and_no_file_is_blamed(
    clock: SetClock, moved: Feed
) -> None:
    put(moved, "a.txt")

    def rename(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "rename", rename)
        with pytest.raises(FetchRefused) as caught:
            await take(DirectoryReader(max_body_bytes=1_000, clock=clock), moved)
    words = f"the directory {moved.url} cannot be read: its files cannot be moved (Permission denied)"
    assert (caught.value.reason, caught.value.detail) == (Reason.UNREADABLE, words)
    assert [each.key for each in await take(DirectoryReader(max_body_bytes=1_000, clock=clock), moved)] == [
        "a.txt"
    ]


async def test_one_file_that_cannot_be_claimed_is_said_once_and_the_others_come(
    reader: DirectoryReader, moved: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rename(name: str, *to: str, **where: int) -> None:
        if name == "a.txt":  # of somebody else, as in /tmp
            raise PermissionError(errno.EPERM, "Operation not permitted")
        truly(name, *to, **where)

    truly = os.rename
    monkeypatch.setattr(os, "rename", rename)
    put(moved, "a.txt")
    put(moved, "b.txt")
    refused, read = await everything(reader, moved)
    assert isinstance(refused, FetchError)
    assert refused.detail == "a.txt cannot be read: Operation not permitted"
    assert isinstance(read, Response)
    assert await everything(reader, moved) == []
    assert inside(moved.done) == ["b.txt"]


async def test_h14_names_that_lead_elsewhere_read_nothing_outside(
    reader: DirectoryReader, feed: Feed, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("not ours")
    for name in ("..\\secret.txt", "..%2fsecret.txt", "%00.txt", "-rf", "~", "$HOME", "a;b|c"):
        put(feed, name, b"ours")
    found = await files(reader, feed)
    assert [each.body for each in found] == [b"ours"] * 5  # two begin with a dot


async def test_a_file_must_stand_still_for_as_long_as_the_source_says(
    reader: DirectoryReader, feed: Feed, clock: SetClock
) -> None:
    patient = replace(feed, id="patient", settle=timedelta(minutes=2))
    put(feed, "a.txt", at=NOON)
    clock.at = NOON + timedelta(seconds=90)
    assert await names(reader, patient) == []
    assert await names(reader, feed) == ["a.txt"]
    clock.at = NOON + timedelta(minutes=2)
    assert await names(reader, patient) == ["a.txt"]


async def test_an_upload_that_had_stalled_is_read_again_when_it_is_whole(
    reader: DirectoryReader, feed: Feed, clock: SetClock, tmp_path: Path
) -> None:
    moving = replace(feed, done=str(tmp_path / "done"), failed=str(tmp_path / "failed"))
    path = put(feed, "a.txt", b"half")
    with path.open("ab") as writer:
        assert [found.body for found in await files(reader, moving)] == [b"half"]
        assert await names(reader, moving) == []
        writer.write(b" and half")
        writer.flush()
        written = path.parent.parent / "done" / "a.txt"
        os.utime(written, (NOON.timestamp(), NOON.timestamp()))
        assert await names(reader, moving) == []  # it does not stand still yet
    clock.at = NOON + timedelta(seconds=10)
    assert [found.body for found in await files(reader, moving)] == [b"half and half"]
    assert written.read_bytes() == b"half and half"
    clock.at = NOON + timedelta(minutes=11)
    assert await names(reader, moving) == []
    written.write_bytes(b"edited by somebody, much later")
    assert await names(reader, moving) == []


async def test_a_file_that_is_written_to_while_it_is_taken_in_is_not_put_away(
    reader: DirectoryReader, feed: Feed, tmp_path: Path
) -> None:
    moving = replace(feed, done=str(tmp_path / "done"), failed=str(tmp_path / "failed"))
    put(feed, "a.txt", b"half")
    async for delivery in reader.scan(moving):
        put(feed, f"{CLAIMED}/a.txt", b"half and half", LONG_AGO + timedelta(minutes=1))
        await reader.taken(moving, delivery, well=True)
    assert not (tmp_path / "done" / "a.txt").exists()
    assert [found.body for found in await files(reader, moving)] == [b"half and half"]
    assert (tmp_path / "done" / "a.txt").read_bytes() == b"half and half"
