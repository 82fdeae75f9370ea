"""A real object store on this machine, that a test starts: rclone serves a folder as S3, with keys."""

import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError

from running import free_port

RCLONE = Path(sys.executable).with_name("rclone")
KEY, SECRET = "harbour-archive", "an-invented-secret"


@dataclass(frozen=True)
class S3Server:
    """Where it listens, and the folder that is its bucket `wire`."""

    endpoint: str
    bucket: Path


@contextmanager
def s3_server(directory: Path) -> Iterator[S3Server]:
    """Serve a folder until the block ends."""
    assert RCLONE.exists() or shutil.which("rclone"), "rclone is part of the development environment"
    bucket = directory / "wire"
    bucket.mkdir(parents=True)
    address = f"127.0.0.1:{free_port()}"
    words = [RCLONE, "serve", "s3", "--auth-key", f"{KEY},{SECRET}", "--addr", address]
    words += ["--vfs-cache-mode", "off", "--config", "/dev/null", str(directory)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://{address}/")
        yield S3Server(endpoint=f"http://{address}", bucket=bucket)
    finally:
        server.kill()
        server.wait()


def _wait(url: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with suppress(URLError, OSError):
            try:
                urllib.request.urlopen(url, timeout=1).close()
            except HTTPError:
                return  # it wants a signature: it is there
            return
        time.sleep(0.05)
    raise AssertionError("the object store did not start")
