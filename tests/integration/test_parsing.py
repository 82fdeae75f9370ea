"""The pool of killable parsers: hostile bytes cost their sender, not us; nothing outlives us."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import memory
from hostile import GOOD, HOSTILE, in_item, rss
from pipeline.errors import ParseError, Reason
from pipeline.formats.detect import read
from pipeline.model import Parsed
from pipeline.parsing import ParsePool

SHARED = Path(__file__).parents[2].parent / "shared"
MEMORY = 512 * 2**20


def waits(pool: ParsePool, body: bytes) -> Parsed:
    return asyncio.run(pool.parse(body, name="feed", media_type=None))


def children() -> set[int]:
    """Process ids below us, however deep."""
    found, todo = set(), [os.getpid()]
    while todo:
        for task in Path(f"/proc/{todo.pop()}/task").glob("*/children"):
            below = [int(pid) for pid in task.read_text().split()]
            found.update(below)
            todo.extend(below)
    return found


def parsers(before: set[int]) -> set[int]:
    """Say which parser processes were started since."""
    return {pid for pid in children() - before if b"spawn_main" in _command(pid)}


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def until(condition: object, within_s: float = 5.0) -> bool:
    """Wait until a condition holds; False when it does not in time."""
    assert callable(condition)
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(scope="module")
def pool() -> Iterator[ParsePool]:
    made = ParsePool(processes=1, timeout_s=10.0, memory_bytes=MEMORY)
    yield made
    made.close()


@pytest.mark.parametrize("case", HOSTILE)
def test_h01_hostile_bytes_end_within_their_limits(pool: ParsePool, case: str) -> None:
    began = time.monotonic()
    refused = None
    try:
        waits(pool, HOSTILE[case])
    except ParseError as error:
        refused = error.reason
    assert refused is not Reason.CRASHED
    assert time.monotonic() - began < 5.0
    assert waits(pool, GOOD).entries[0].headline == "good"


@pytest.mark.parametrize(
    "case", ["one big entity", "one big entity, ill-formed", "one small entity, ill-formed"]
)
def test_h02_entities_are_not_expanded(case: str) -> None:
    began = time.process_time()
    (entry,) = read(HOSTILE[case], name="feed").entries
    assert time.process_time() - began < 0.5
    assert entry.headline is not None
    assert "AA" not in entry.headline
    before = memory.forget_most()
    read(HOSTILE[case], name="feed")
    assert memory.most_kib() - before < 16 * 1024


REACHING = """
    import asyncio, sys
    from pathlib import Path
    from pipeline.errors import ParseError
    from pipeline.parsing import ParsePool

    async def main(pool):
        for path in sorted(Path(sys.argv[1]).iterdir()):
            try:
                await pool.parse(path.read_bytes(), name="feed", media_type="application/rss+xml")
            except ParseError:
                pass

    if __name__ == "__main__":
        pool = ParsePool(processes=1, timeout_s=60, memory_bytes=2**30)
        asyncio.run(main(pool))
        pool.close()
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_h03_h04_nothing_that_a_document_names_is_opened_or_asked_for(tmp_path: Path) -> None:
    secret, url = tmp_path / "secret.xml", "http://127.0.0.1:9/"
    secret.write_text("<!ENTITY stolen 'stolen'>")
    bodies, trace = tmp_path / "bodies", tmp_path / "trace"
    bodies.mkdir()
    item = "<item><title>&x;</title><description>&x;</description></item>"
    tail = f'<?xml-stylesheet href="{url}style.xsl"?><item xmlns:xi="http://www.w3.org/2001/XInclude">'
    heads = {
        "file": f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]>',
        "bare path": f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret}">]>',
        "http": f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{url}entity">]>',
        "parameter": f'<!DOCTYPE rss [<!ENTITY % p SYSTEM "{url}parameter"> %p;]>',
        "file parameter": f'<!DOCTYPE rss [<!ENTITY % p SYSTEM "file://{secret}"> %p;]>',
        "subset": f'<!DOCTYPE rss SYSTEM "file://{secret}">',
        "web subset": f'<!DOCTYPE rss PUBLIC "-//Example//DTD" "{url}subset.dtd">',
    }
    for name, head in heads.items():
        (bodies / f"{name} rss").write_bytes(rss(item, head=head))
        (bodies / f"{name} nitf").write_text(f"{head.replace(' rss', ' nitf')}<nitf><body>&x;</body></nitf>")
        (bodies / f"{name} newsml").write_text(f"{head.replace(' rss', ' NewsML')}<NewsML>&x;</NewsML>")
        (bodies / f"{name} ill-formed").write_bytes(rss(item + "<bad & unclosed", head=head))
    for number, body in enumerate((str(secret), f"file://{secret}", f"{url}feed.xml", "/dev/zero")):
        (bodies / f"bare {number}").write_text(body)
    (bodies / "inclusion").write_bytes(rss(tail + f'<xi:include href="file://{secret}"/></item>'))
    script = tmp_path / "reading.py"
    script.write_text(textwrap.dedent(REACHING))
    watched = ["strace", "-f", "-qq", "-e", "trace=open,openat,openat2,connect", "-o", str(trace)]
    subprocess.run(
        [*watched, sys.executable, str(script), str(bodies)],
        check=True,
        timeout=100,
        cwd=Path(__file__).parents[2],
    )
    calls = trace.read_text()
    assert str(bodies / "subset rss") in calls  # it sees what is opened
    assert secret.name not in calls
    assert "/dev/zero" not in calls
    assert [line for line in calls.splitlines() if "connect(" in line and "AF_INET" in line] == []


@pytest.mark.parametrize("case", ["a file's name", "a device's name", "a URL"])
def test_h04_a_body_that_names_a_file_is_text(case: str) -> None:
    (entry,) = read(HOSTILE[case], name="feed").entries
    assert entry.text == HOSTILE[case].decode()


@pytest.mark.parametrize(
    "path", sorted((SHARED / "data" / "feeds").glob("*.rss")), ids=lambda path: path.name
)
def test_real_feeds_are_read_whole(pool: ParsePool, path: Path) -> None:
    body = path.read_bytes()
    parsed = waits(pool, body)
    assert parsed.format == "rss"
    assert parsed.problems == ()
    assert len(parsed.entries) == body.count(b"<item>")
    assert all(entry.headline and entry.url and entry.guid for entry in parsed.entries)
    assert sum(entry.published is not None for entry in parsed.entries) == _dated(body)


def _dated(body: bytes) -> int:
    _, *items = body.lower().split(b"<item>")
    return sum(b"<pubdate>" in item for item in items)


def test_real_wire_copy_is_one_entry(pool: ParsePool) -> None:
    paths = sorted((SHARED / "seed").glob("*.txt"))
    if not paths:
        pytest.skip("no real wire copy beside the repository")
    for path in paths:
        (entry,) = waits(pool, path.read_bytes()).entries
        assert (entry.format, entry.text) == ("text", path.read_text(encoding="utf-8"))


def test_an_error_crosses_with_its_reason(pool: ParsePool) -> None:
    with pytest.raises(ParseError, match="HTML page") as caught:
        waits(pool, b"<!doctype html><html><body>hello</body></html>")
    assert caught.value.reason is Reason.NOT_A_FEED


async def test_bodies_are_read_side_by_side(pool: ParsePool) -> None:
    parsed = await asyncio.gather(*(pool.parse(GOOD, name="feed", media_type=None) for _ in range(20)))
    assert {one.entries[0].headline for one in parsed} == {"good"}


def busy(pool: ParsePool) -> "asyncio.Task[Parsed]":
    """Start to read what takes seconds."""
    return asyncio.create_task(
        pool.parse(in_item("description", "&" * 5_000_000), name="feed", media_type=None)
    )


async def test_a_body_that_takes_too_long_is_stopped_and_said_so() -> None:
    pool = ParsePool(processes=1, timeout_s=0.4, memory_bytes=MEMORY)
    try:
        began = time.monotonic()
        with pytest.raises(ParseError, match=r"more than 0\.4 s") as caught:
            await busy(pool)
        assert caught.value.reason is Reason.PARSE_LIMIT
        assert time.monotonic() - began < 2.0
        assert (await pool.parse(GOOD, name="feed", media_type=None)).entries
    finally:
        pool.close()


async def test_a_body_that_takes_too_much_memory_is_given_up_and_said_so() -> None:
    pool = ParsePool(processes=1, timeout_s=10.0, memory_bytes=100 * 2**20)
    try:
        with pytest.raises(ParseError, match="100 MiB of memory") as caught:
            await pool.parse(HOSTILE["10 MB title"] * 2, name="feed", media_type=None)
        assert caught.value.reason is Reason.PARSE_LIMIT
        assert (await pool.parse(GOOD, name="feed", media_type=None)).entries
    finally:
        pool.close()


async def test_a_body_whose_parser_was_killed_is_read_again() -> None:
    before = children()
    pool = ParsePool(processes=1, timeout_s=10.0, memory_bytes=MEMORY)
    try:
        (pid,) = parsers(before)
        slow = in_item("description", "&" * 500_000)
        reading = asyncio.create_task(pool.parse(slow, name="feed", media_type=None))
        await asyncio.sleep(0.3)
        os.kill(pid, signal.SIGKILL)
        assert (await reading).entries
    finally:
        pool.close()


async def test_a_body_that_kills_two_parsers_is_to_blame() -> None:
    before = children()
    pool = ParsePool(processes=1, timeout_s=10.0, memory_bytes=MEMORY)
    try:
        reading = busy(pool)
        for _ in range(2):
            assert await asyncio.to_thread(until, lambda: any(map(alive, parsers(before))))
            await asyncio.sleep(0.5)  # time to start, and to take the body
            (pid,) = filter(alive, parsers(before))
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(ParseError, match="died") as caught:
            await reading
        assert caught.value.reason is Reason.CRASHED
        assert (await pool.parse(GOOD, name="feed", media_type=None)).entries
    finally:
        pool.close()


async def test_a_parser_that_dies_with_nothing_to_do_costs_nothing() -> None:
    before = children()
    pool = ParsePool(processes=1, timeout_s=10.0, memory_bytes=MEMORY)
    try:
        for _ in range(2):
            (pid,) = parsers(before)
            os.kill(pid, signal.SIGKILL)
            assert until(lambda pid=pid: not alive(pid))
            parsed = await asyncio.gather(*(pool.parse(GOOD, name="feed", media_type=None) for _ in range(5)))
            assert all(one.entries for one in parsed)
    finally:
        pool.close()


async def test_a_poll_that_is_cancelled_frees_its_parser() -> None:
    pool = ParsePool(processes=1, timeout_s=60.0, memory_bytes=MEMORY)
    try:
        reading = busy(pool)
        await asyncio.sleep(0.2)
        reading.cancel()
        parsed = await asyncio.wait_for(pool.parse(GOOD, name="feed", media_type=None), timeout=3)
        assert parsed.entries
    finally:
        pool.close()


def test_closing_leaves_no_parser() -> None:
    before = children()
    pool = ParsePool(processes=2, timeout_s=10.0, memory_bytes=MEMORY)
    started = parsers(before)
    assert len(started) == 2
    pool.close()
    assert until(lambda: not any(map(alive, started)), within_s=2.0)


OWNER = """
    import asyncio, sys
    from pipeline.parsing import ParsePool

    async def main():
        slow = b"<rss version='2.0'><channel><description>" + b"&" * 9_000_000
        reading = [asyncio.create_task(pool.parse(slow, name="feed", media_type=None))]
        await asyncio.sleep(0.3)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)  # somebody looks at us first
        await asyncio.wait(reading, timeout=0 if "leave" in sys.argv else None)

    if __name__ == "__main__":
        pool = ParsePool(processes=2, timeout_s=60, memory_bytes=2**30)
        asyncio.run(main())
"""


@pytest.mark.parametrize("how", ["killed", "leave"])
def test_no_process_outlives_its_owner(tmp_path: Path, how: str) -> None:
    script = tmp_path / "owner.py"
    script.write_text(textwrap.dedent(OWNER))
    before = children()
    owner = subprocess.Popen(
        [sys.executable, script, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env=_environment(),
    )
    assert owner.stdin is not None
    assert owner.stdout is not None
    with owner, owner.stdin, owner.stdout:
        assert owner.stdout.readline() == b"ready\n"
        started = children() - before
        # the owner, multiprocessing's resource tracker and two parsers
        assert len(started) >= 4
        if how == "killed":
            owner.kill()
        else:
            owner.stdin.write(b"go on\n")
            owner.stdin.flush()
        owner.wait(10)
    assert until(lambda: not any(map(alive, started)), within_s=2.0)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


async def test_h01_the_loop_goes_on_while_hostile_bytes_are_read() -> None:
    """Measure how late a timer of 5 ms is while parsers are kept busy, killed and replaced."""
    pool = ParsePool(processes=1, timeout_s=2, memory_bytes=MEMORY)
    late_s: list[float] = []

    async def watch() -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.005)
            late_s.append(time.monotonic() - began - 0.005)

    watching = asyncio.create_task(watch())
    try:
        for name in ("deep", "200,000 items", "10 MB title", "comments in HTML", "one big entity"):
            with contextlib.suppress(ParseError):
                await pool.parse(HOSTILE[name], name="feed", media_type=None)
    finally:
        watching.cancel()
        pool.close()
    late_s.sort()
    assert late_s[int(0.99 * len(late_s))] < 0.05


async def test_an_article_is_extracted_in_a_process_of_the_pool() -> None:
    pool = ParsePool(processes=1, timeout_s=20, memory_bytes=512 * 2**20)
    try:
        page = (
            b"<html><body><article><p>"
            + b"The ferry is back in Port Example. " * 20
            + b"</p></article></body>"
        )
        article = await pool.extract(page, url="https://wire.example/1", media_type="text/html")
        assert article.count("ferry") == 20
        with pytest.raises(ParseError):
            await pool.extract(b"", url="https://wire.example/1", media_type=None)
    finally:
        pool.close()
