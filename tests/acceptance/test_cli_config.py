"""The frame of the command line, init and config check, by the installed command."""

import os
import re
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from running import NEWSWIRE, PATIENCE, command, servers_of


def newswire(
    *words: str | Path, cwd: Path, start: Sequence[str | Path] = (), **env: str
) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NEWSWIRE_")}
    return subprocess.run(
        [*(start or command()), *words],
        cwd=cwd,
        env={**clean, **env},
        capture_output=True,
        text=True,
        timeout=60 * PATIENCE,
        check=False,
    )


def test_help_lists_every_command_and_is_quick(tmp_path: Path) -> None:
    newswire("--help", start=[NEWSWIRE], cwd=tmp_path)  # the first reads the disk
    began = os.times()
    done = newswire("--help", start=[NEWSWIRE], cwd=tmp_path)
    took = os.times()
    assert took.children_user + took.children_system - began.children_user - began.children_system < 0.4
    assert done.returncode == 0
    listed = "run fetch work web init doctor config feeds import inspect status search show tail export"
    for name in (*listed.split(), "quarantine", "failed", "erase"):
        assert f"\n  {name} " in done.stdout


def test_help_of_a_group_is_not_cut(tmp_path: Path) -> None:
    for group in ("db", "feeds", "dedupe"):
        assert "..." not in newswire(group, "--help", cwd=tmp_path).stdout.partition("Commands:")[2]


def test_the_version_is_told(tmp_path: Path) -> None:
    done = newswire("--version", cwd=tmp_path)
    assert done.stdout.startswith("newswire ")


@pytest.mark.parametrize(
    "words", [["feedz"], ["feeds", "lst"], ["feeds", "list", "--jsn"], ["init", "a", "b"], []]
)
def test_wrong_usage_ends_with_2(tmp_path: Path, words: list[str]) -> None:
    done = newswire(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert "Usage:" in done.stdout + done.stderr


def test_a_mistyped_command_is_guessed(tmp_path: Path) -> None:
    assert "Did you mean 'status'" in newswire("statsu", cwd=tmp_path).stderr


def test_init_writes_a_configuration_that_is_right(tmp_path: Path) -> None:
    done = newswire("init", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "config" / "feeds.yaml").read_text().startswith("#")
    check = newswire("config", "check", cwd=tmp_path)
    assert check.returncode == 0, check.stderr
    assert check.stdout.startswith("ok: config: ")


def test_init_takes_a_directory_and_touches_nothing_that_is_there(tmp_path: Path) -> None:
    assert newswire("init", "wire", cwd=tmp_path).returncode == 0
    (tmp_path / "wire" / "feeds.yaml").write_text("feeds: []\n")
    again = newswire("init", "wire", cwd=tmp_path)
    assert again.returncode == 1
    assert "holds newswire.yaml, feeds.yaml" in again.stderr
    assert len(again.stderr.splitlines()) == 1
    assert (tmp_path / "wire" / "feeds.yaml").read_text() == "feeds: []\n"


def test_without_a_configuration_the_shipped_one_is_used(tmp_path: Path) -> None:
    done = newswire("feeds", "list", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "samples" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["--config", "wire", "config", "check"],
        ["config", "--config", "wire", "check"],
        ["config", "check", "--config", "wire"],
        ["--config", "nowhere", "config", "check", "--config", "wire"],
    ],
    ids=["before", "between", "after", "the last wins"],
)
def test_the_configuration_is_named_before_or_after_the_command(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "wire").mkdir()
    (tmp_path / "wire" / "feeds.yaml").write_text("feeds:\n  - url: https://a.example/\n")
    done = newswire(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "wire: 1 feeds" in done.stdout


def test_the_environment_names_the_configuration_and_the_option_wins(tmp_path: Path) -> None:
    for name, count in (("a", 1), ("b", 2)):
        (tmp_path / name).mkdir()
        lines = [f"  - url: https://{name}{number}.example/\n" for number in range(count)]
        (tmp_path / name / "feeds.yaml").write_text("".join(["feeds:\n", *lines]))
    assert "a: 1 feeds" in newswire("config", "check", cwd=tmp_path, NEWSWIRE_CONFIG="a").stdout
    assert (
        "b: 2 feeds" in newswire("config", "check", "--config", "b", cwd=tmp_path, NEWSWIRE_CONFIG="a").stdout
    )


def test_mistakes_of_both_files_and_the_environment_are_shown_with_their_places(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "newswire.yaml").write_text("web:\n  prot: 80\n")
    (tmp_path / "config" / "feeds.yaml").write_text(
        "feeds:\n  - url: https://a.example/\n    evry: 5m\n    auth: {kind: bearer, tokn: sesame}\n"
    )
    done = newswire("config", "check", cwd=tmp_path, NEWSWIRE_LOG__LEVEL="loud")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "NEWSWIRE_LOG__LEVEL: should be" in done.stderr
    assert (
        'config/newswire.yaml:2:3: web.prot: unknown key (did you mean "port"?)\n      prot: 80\n      ^'
        in done.stderr
    )
    assert 'config/feeds.yaml:3:5: feeds[0].evry: unknown key (did you mean "interval"?)' in done.stderr
    assert "sesame" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "url", "words"),
    [
        ("QUEUE", "redis://h/wire", "should name a database by its number"),
        ("QUEUE", "redis://:sesame@h/0?sokcet_timeout=3", "queue.url: .*there is no option sokcet_timeout"),
        ("STORAGE", "postgresql://u:sesame@h/wire?sslmod=require", "storage.url cannot be read"),
    ],
    ids=["no database's number", "no option", "no option of PostgreSQL's"],
)
def test_an_address_of_which_nothing_can_be_made_is_a_mistake(
    tmp_path: Path, name: str, url: str, words: str
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "feeds.yaml").write_text("feeds: []\n")
    done = newswire("config", "check", cwd=tmp_path, **{f"NEWSWIRE_{name}__URL": url})
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(words, done.stderr)
    assert "sesame" not in done.stderr
    assert "Traceback" not in done.stderr


def test_rule_files_are_checked_too(tmp_path: Path) -> None:
    newswire("init", cwd=tmp_path)
    (tmp_path / "config" / "beats.yaml").write_text("beats:\n  - id: a\n    nme: A\n")
    done = newswire("config", "check", cwd=tmp_path)
    assert done.returncode == 2
    assert 'beats.yaml:3:5: beats[0].nme: unknown key (did you mean "name"?)' in done.stderr
    doctor = newswire("doctor", cwd=tmp_path)
    assert doctor.returncode == 1
    assert "fail  config: " in doctor.stdout


def test_a_missing_configuration_directory_is_said(tmp_path: Path) -> None:
    done = newswire("config", "check", "--config", "nowhere", cwd=tmp_path)
    assert done.returncode == 2
    assert "nowhere: no such directory" in done.stderr


def test_a_reader_that_goes_away_is_no_error_to_talk_about(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    lines = [f"  - url: https://a{number}.example/\n" for number in range(5000)]
    (tmp_path / "config" / "feeds.yaml").write_text("".join(["feeds:\n", *lines]))
    with subprocess.Popen(
        [NEWSWIRE, "feeds", "list", "--config", "config"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 141


def test_an_interrupt_ends_quietly_with_130(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    os.mkfifo(tmp_path / "config" / "feeds.yaml")  # whoever reads it waits
    with (
        subprocess.Popen(
            [NEWSWIRE, "feeds", "list", "--config", "config"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process,
        (tmp_path / "config" / "feeds.yaml").open("wb"),
    ):  # opens when it is being read
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in out + err


def test_a_service_with_a_wrong_rule_file_does_not_start(tmp_path: Path) -> None:
    assert newswire("init", cwd=tmp_path).returncode == 0
    (tmp_path / "config" / "beats.yaml").write_text(
        "beats:\n  - {id: a, name: A,\n    any: [{regions: [Mordor]}]}\n"
    )
    run = newswire("run", cwd=tmp_path, **servers_of(tmp_path / "newswire-data"))
    assert run.returncode == 2
    assert 'beats.yaml:3:22: beats[0].any[0].regions[0]: "Mordor" is no country code' in run.stderr
    assert "Traceback" not in run.stderr
