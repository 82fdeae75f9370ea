"""What `doctor` says of a machine or container."""

import os
from pathlib import Path

import pytest

from pipeline.cli import machine
from pipeline.settings import Workers


@pytest.mark.parametrize(
    ("data_dir", "words"),
    [
        ("/var/lib/newswire", None),
        ("/srv/share/newswire", "/srv/share is nfs4"),
        ("/srv/shared", None),
        ("/run/newswire", "/run is tmpfs"),
        ("/with space/newswire", "/with space is cifs"),
        ("/late/data", "/late is fuse.sshfs"),
    ],
)
def test_the_kind_of_file_system_is_known(data_dir: str, words: str | None) -> None:
    mounts = (
        "/dev/sda / ext4 rw 0 0\nhost:/x /srv/share nfs4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n"
        "//h/s /with\\040space cifs rw 0 0\n/dev/sdb /late ext4 rw 0 0\nh: /late fuse.sshfs rw 0 0\n"
    )
    said = machine.unfit_file_system(Path(data_dir), mounts)
    assert (said or "").startswith(words or "")
    assert bool(said) == bool(words)


def test_a_system_without_a_list_of_mounts_says_nothing() -> None:
    assert machine.unfit_file_system(Path("/x"), "") is None


def test_places_that_take_no_file_are_named(tmp_path: Path) -> None:
    assert machine.closed_places([tmp_path]) is None
    assert "gone cannot be written to: mount a tmpfs" in str(
        machine.closed_places([tmp_path, tmp_path / "gone"])
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_files_of_another_user_are_named(tmp_path: Path) -> None:
    (tmp_path / "newswire.db").touch(mode=0o400)
    assert "newswire.db in" in str(machine.strangers_files(tmp_path))


def test_an_empty_data_directory_holds_no_strangers_files(tmp_path: Path) -> None:
    assert machine.strangers_files(tmp_path / "data") is None


@pytest.mark.parametrize(("limit", "enough"), [(320, True), (-1, True), (319, False)])
def test_the_limit_of_open_files_is_held_against_the_connections(limit: int, enough: bool) -> None:
    assert (machine.few_files(limit, 64) is None) == enough


def test_more_workers_want_more_memory_and_models_most() -> None:
    usual = machine.memory_wanted(Workers(), ner=True)
    assert (
        machine.memory_wanted(Workers(wire=8), ner=True) > usual > machine.memory_wanted(Workers(), ner=False)
    )
    assert machine.little_memory(usual, usual) is None
    assert machine.little_memory(usual - 1, usual)


def test_the_memory_of_this_machine_is_known() -> None:
    assert (machine.memory_limit() or 0) > 64 << 20
