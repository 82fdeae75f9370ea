"""What the service manager is told."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.service.children import Child, Command
from pipeline.service.notify import tell_ready, tell_stopping


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


def test_the_manager_hears_of_the_beginning_and_the_end(manager: socket.socket) -> None:
    tell_ready()
    tell_stopping()
    assert [manager.recv(64), manager.recv(64)] == [b"READY=1", b"STOPPING=1"]


def test_a_name_without_a_file_is_reached_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    name = f"newswire-test-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        listener.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        tell_ready()
        assert listener.recv(64) == b"READY=1"


@pytest.mark.parametrize("address", ["", "/nowhere/notify"])
def test_nobody_there_is_no_error(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    tell_ready()


def test_a_child_does_not_speak_to_the_manager(manager: socket.socket) -> None:
    child = Child(
        Command(name="child", argv=[sys.executable, "-c", "import os; exit('NOTIFY_SOCKET' in os.environ)"])
    )
    child.start()
    assert child.wait(deadline=float("inf")) is True
    assert child.died() == 0
