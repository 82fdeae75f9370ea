"""Queue servers that tests start, on ports: alone, as replicas, and as Sentinels.

They are the packaged Valkey, or the `redis-server` that NEWSWIRE_TEST_REDIS names.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import redis

from pipeline.service.children import die_with
from pipeline.service.embedded import binary_path
from running import free_port, wait_for

SERVICE = "wire"
#: the program of another server than the packaged one
PROGRAM = "NEWSWIRE_TEST_REDIS"

#: for the data directories of one test process
_DATABASES = 1000


@dataclass
class Valkey:
    """One server process."""

    port: int
    folder: Path
    words: Sequence[str]
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, socket_timeout=5)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        self.process = _started(self.words, self.folder)


@contextmanager
def valkey(
    folder: Path,
    options: Mapping[str, str] | None = None,
    *,
    port: int = 0,
    before: Callable[[], None] | None = None,
) -> Iterator[Valkey]:
    """Run a server; its files are in the folder, and `before` is called in its process."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    given = {"port": str(port), "bind": "127.0.0.1", "dir": str(folder), "save": "", **(options or {})}
    words = [word for key, value in given.items() for word in (f"--{key}", *value.split(" "))]
    server = Valkey(port, folder, words, _started(words, folder, before))
    try:
        wait_for(lambda: _answers(server), seconds=20, every=0.02)
        yield server
    finally:
        server.kill()


@cache
def the_queue_server() -> Valkey:
    """Give the server of this process; it is gone with it. Start it before there are threads."""
    folder = Path(tempfile.mkdtemp(prefix="newswire-queue-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    running = ExitStack()
    atexit.register(running.close)
    options = {"appendonly": "yes", "databases": str(_DATABASES)}
    return running.enter_context(valkey(folder, options, before=partial(die_with, os.getpid())))


@cache
def queue_for(name: str) -> str:
    """Give the URL of the database that belongs to a name."""
    return f"redis://127.0.0.1:{the_queue_server().port}/{next(_numbers)}"


_numbers = iter(range(_DATABASES))


@dataclass
class Watched:
    """A primary with a replica, and three Sentinels that watch them."""

    primary: Valkey
    replica: Valkey
    sentinels: list[int]

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.sentinels)
        return f"redis+sentinel://{hosts}/{SERVICE}/0"


@contextmanager
def watched(
    folder: Path, *, down_after_ms: int = 1000, passwords: tuple[str, str] | None = None, users: str = ""
) -> Iterator[Watched]:
    """Run a primary, a replica and three Sentinels that agree by two.

    Args:
        folder: For their files.
        down_after_ms: After how long a primary that says nothing is given up.
        passwords: Those that the servers and the Sentinels ask for; None: none.
        users: More users of the servers, as `user` says it in their configuration.
    """
    servers, sentinels = passwords or ("", "")
    common = {"appendonly": "yes"}
    if passwords:
        common |= {"requirepass": servers, "masterauth": servers, "user": users}
    with ExitStack() as stack:
        primary = stack.enter_context(valkey(folder / "primary", common))
        options = {**common, "replicaof": f"127.0.0.1 {primary.port}"}
        replica = stack.enter_context(valkey(folder / "replica", options))
        ports = [free_port() for _ in range(3)]
        lines = [
            f"sentinel monitor {SERVICE} 127.0.0.1 {primary.port} 2",
            f"sentinel down-after-milliseconds {SERVICE} {down_after_ms}",
            f"sentinel failover-timeout {SERVICE} 4000",
        ]
        if passwords:
            lines += [f"sentinel auth-pass {SERVICE} {servers}", f"requirepass {sentinels}"]
        for port in ports:
            stack.enter_context(_sentinel(folder / f"sentinel-{port}", port, lines))
        wait_for(lambda: all(_knows_all(port, sentinels) for port in ports), seconds=20)
        yield Watched(primary, replica, ports)


@contextmanager
def _sentinel(folder: Path, port: int, lines: Sequence[str]) -> Iterator[None]:
    folder.mkdir()
    config = folder / "sentinel.conf"
    config.write_text("\n".join([f"port {port}", "bind 127.0.0.1", f"dir {folder}", *lines]) + "\n")
    process = _started([str(config), "--sentinel"], folder)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _started(
    words: Sequence[str], folder: Path, before: Callable[[], None] | None = None
) -> "subprocess.Popen[bytes]":
    program = os.environ.get(PROGRAM) or str(binary_path())
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [program, *words],
            stdout=log,
            stderr=log,
            preexec_fn=before,  # noqa: PLW1509  # no threads yet
        )


def speaks_tls(folder: Path) -> bool:
    """Say whether the server is built with TLS: then it misses a certificate, and ends."""
    folder.mkdir()
    _started(["--port", "0", "--tls-port", str(free_port())], folder).wait(20)
    return "tls-cert-file" in (folder / "log").read_text()


def _answers(server: Valkey) -> bool:
    assert server.process.poll() is None, "the server does not start"
    with server.client() as client:
        try:
            return bool(
                client.info("replication")["role"] == "master" or client.info()["master_link_status"] == "up"
            )
        except redis.AuthenticationError:
            return True
        except redis.RedisError:
            return False


def _knows_all(port: int, password: str) -> bool:
    with redis.Redis(port=port, socket_timeout=5, password=password or None) as client:
        try:
            found = client.sentinel_masters()[SERVICE]
        except (redis.RedisError, KeyError):
            return False
        return bool(found["num-slaves"] >= 1 and found["num-other-sentinels"] >= 2)
