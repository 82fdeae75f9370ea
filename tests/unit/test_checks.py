"""What `doctor` goes on with, and what it says of a storage that is not there yet."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.cli.checks import Outcome, all_checks, senders_checks
from pipeline.cli.context import AppContext
from pipeline.cli.service_link import check_stored
from pipeline.errors import StoreError
from pipeline.ports.feeds import FetcherState
from pipeline.store.open import open_store


def app(tmp_path: Path, **env: str) -> AppContext:
    config = tmp_path / "config"
    config.mkdir()
    (config / "feeds.yaml").write_text("feeds: []\n")
    return AppContext(config=config, data=tmp_path / "data", env=env)


def outcomes(context: AppContext) -> dict[str, Outcome]:
    return {each.name: each.outcome for each in all_checks(context)}


@pytest.mark.parametrize("name", ["beats.yaml", "feeds.yaml"])
def test_a_slip_in_one_file_does_not_hide_the_store(tmp_path: Path, name: str) -> None:
    context = app(tmp_path)
    (context.config_dir / name).write_text("beets: []\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "newswire.db").write_bytes(b"no database" * 1000)
    found = outcomes(context)
    assert (found["config"], found["storage"]) == (Outcome.FAIL, Outcome.FAIL)
    assert found["queue"] is Outcome.OK


def test_what_stands_in_newswire_yaml_is_not_guessed(tmp_path: Path) -> None:
    context = app(tmp_path)
    (context.config_dir / "newswire.yaml").write_text("wep: {}\n")
    found = outcomes(context)
    assert found["config"] is Outcome.FAIL
    assert "storage" not in found


def test_a_store_that_cannot_be_made_fails_before_it_is_needed(tmp_path: Path) -> None:
    context = app(tmp_path, NEWSWIRE_STORAGE__URL="sqlite:////proc/x.db")
    (storage,) = [each for each in all_checks(context) if each.name == "storage"]
    assert storage.outcome is Outcome.FAIL
    assert storage.words.startswith("/proc/x.db cannot be made: /proc takes no file")


def test_the_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    context = app(tmp_path, NEWSWIRE_STORAGE__URL=f"sqlite:///{tmp_path}/elsewhere/wire.db")
    with pytest.raises(StoreError, match=r"nothing is stored in .*/elsewhere/wire\.db yet"):
        check_stored(context)


def test_mailboxes_into_which_everybody_can_send_are_named(tmp_path: Path) -> None:
    context = app(tmp_path)
    mailbox = "{id: post, imap: imaps://mail.example/INBOX, auth: {kind: basic, user: u, password: p}"
    feeds = context.config_dir / "feeds.yaml"
    feeds.write_text(f"feeds: [{mailbox}, senders: [agency.example]}}]\n")
    assert list(senders_checks(context)) == []
    feeds.write_text(f"feeds: [{mailbox}}}]\n")
    (found,) = senders_checks(AppContext(config=context.config, data=context.data, env={}))
    assert (found.outcome, found.words.rpartition(" ")[2]) == (Outcome.WARN, "post")


def test_fetchers_whose_feeds_differ_are_said(tmp_path: Path) -> None:
    context = app(tmp_path)
    with closing(open_store(None, context.data_dir)) as store:
        for owner in ("a", "b"):
            now = datetime.now(UTC)
            store.announce(FetcherState(owner=owner, host=owner, feeds_key=owner, feeds=1, heard_at=now))
    (found,) = (each for each in all_checks(context) if each.name == "feeds")
    assert (found.outcome, "a (1 source) on a; b (1 source) on b" in found.words) == (Outcome.WARN, True)
