"""feeds list, add, remove and test, by the installed command."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.model import Feed, FeedState, SourceKind
from pipeline.ports.feeds import Poll
from pipeline.store.open import open_store
from running import PATIENCE, command, storage_url
from store_builders import sync_feeds

FEEDS = """\
# The night desk's sources
feeds:
  # The agency, until 2031
  - url: https://wire.example/rss?api_key=sesame
    id: agency
    provider: Example Agency
    interval: 90s
    auth: {kind: basic, user: desk, password: "${WIRE_PASSWORD}"}
  - directory: inbox   # scanned
    id: inbox
"""

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour Wire</title>
<item><title>Harbour council votes \x1b[31mred</title><guid>1</guid><link>https://wire.example/1</link>
<pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate></item>
<item><title>Bridge of Port Example opens</title><guid>2</guid><link>https://wire.example/2</link></item>
</channel></rss>""".replace(b"\x1b", b"&#155;")


def newswire(*words: str, config: Path, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NEWSWIRE_")}
    return subprocess.run(
        [*command(), *words, "--config", str(config)],
        env={**clean, "WIRE_PASSWORD": "opensesame", **env},
        capture_output=True,
        text=True,
        timeout=30 * PATIENCE,
        check=False,
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "feeds.yaml").write_text(FEEDS)
    return tmp_path


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/wire")
            self.end_headers()
            return
        page = b"<html><head><link rel='alternate' type='application/rss+xml' href='wire'></head></html>"
        pages = {"/wire": RSS, "/site": page}
        body = pages.get(self.path, b"<html><body>hello</body></html>")
        self.send_response(404 if self.path == "/gone" else 200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Server) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_list_shows_the_sources_without_their_secrets(config: Path) -> None:
    done = newswire("feeds", "list", config=config)
    assert done.returncode == 0, done.stderr
    _, agency, inbox = done.stdout.splitlines()
    assert agency.split()[:6] == [
        "agency",
        "Example",
        "Agency",
        "90s",
        "yes",
        "https://wire.example/rss?api_key=***",
    ]
    assert inbox.split() == ["inbox", "-", "5s", "yes", str(config / "inbox")]
    assert "sesame" not in done.stdout


def test_list_is_also_json(config: Path) -> None:
    done = newswire("feeds", "list", "--json", config=config)
    agency, inbox = json.loads(done.stdout)
    assert (agency["id"], agency["kind"], agency["interval_s"], agency["priority"]) == (
        "agency",
        "http",
        90,
        "normal",
    )
    assert (inbox["kind"], inbox["provider"]) == ("directory", None)
    assert "sesame" not in done.stdout


def test_add_keeps_every_line_and_remove_takes_only_its_own(config: Path) -> None:
    options = ["--id", "harbour", "--provider", "Harbour Wire", "--interval", "10m", "--language", "fr"]
    options += ["--region", "fr", "--priority", "low", "--tag", "sea", "--tag", "late desk"]
    done = newswire("feeds", "add", "https://harbour.example/rss", *options, config=config)
    assert done.returncode == 0, done.stderr
    assert (config / "feeds.yaml").read_text() == FEEDS + (
        "  - url: https://harbour.example/rss\n"
        "    id: harbour\n"
        '    provider: "Harbour Wire"\n'
        "    interval: 10m\n"
        "    language: fr\n"
        "    default_region: fr\n"
        "    priority: low\n"
        '    tags: [sea, "late desk"]\n'
    )
    done = newswire("feeds", "remove", "harbour", config=config)
    assert done.returncode == 0, done.stderr
    assert (config / "feeds.yaml").read_text() == FEEDS


def test_add_refuses_what_would_be_wrong_and_leaves_the_file(config: Path) -> None:
    done = newswire("feeds", "add", "https://harbour.example/rss", "--interval", "1s", config=config)
    assert done.returncode == 2
    assert "feeds.yaml is unchanged" in done.stderr
    assert "added as it is" not in done.stderr
    assert "feeds[2].interval: should be 60 s" in done.stderr
    assert (config / "feeds.yaml").read_text() == FEEDS


def test_remove_says_when_there_is_no_such_source(config: Path) -> None:
    done = newswire("feeds", "remove", "nobody", config=config)
    assert done.returncode == 1
    assert "there is no source 'nobody'" in done.stderr


def test_the_shipped_configuration_is_not_edited(tmp_path: Path) -> None:
    done = subprocess.run(
        [*command(), "feeds", "add", "https://a.example/"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30 * PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert "newswire init" in done.stderr


def test_a_feed_is_tried(config: Path, server: str) -> None:
    (config / "feeds.yaml").write_text(
        f"feeds:\n  - {{url: '{server}/moved', id: it, allow_private: 127.0.0.0/8}}\n"
    )
    done = newswire("feeds", "test", "it", config=config)
    assert done.returncode == 0, done.stderr
    lines = {line.split()[0]: line for line in reversed(done.stdout.splitlines())}
    assert "200" in lines["status"]
    assert lines["final"].endswith("/wire")
    assert "rss" in lines["format"]
    assert "Harbour Wire" in lines["format"]
    assert lines["entries"].split() == ["entries", "2"]
    assert lines["validators"].split() == ["validators", "ETag"]
    assert lines["charset"].split() == ["charset", "utf-8"]
    assert lines["interval"].split()[1:3] == ["5", "min"]
    assert lines["language"].split()[1] == "en"
    assert "Harbour council votes" in done.stdout
    assert "\x9b" not in done.stdout


@pytest.mark.parametrize(
    ("path", "words"), [("/gone", "404"), ("/page", "HTML page")], ids=["missing", "a web page"]
)
def test_a_feed_that_does_not_work_says_why(config: Path, server: str, path: str, words: str) -> None:
    (config / "feeds.yaml").write_text(
        f"feeds:\n  - {{url: '{server}{path}', id: it, allow_private: true}}\n"
    )
    done = newswire("feeds", "test", "it", config=config)
    assert done.returncode == 1
    assert words in done.stderr
    assert "not_" not in done.stderr  # our word for machines
    assert len(done.stderr.splitlines()) == 1


def test_an_unlisted_address_is_tried_with_no_rights(config: Path, server: str) -> None:
    done = newswire("feeds", "test", f"{server}/wire", config=config)
    assert done.returncode == 1
    assert done.stderr.startswith("newswire: 127.0.0.1 is ")


def test_an_unlisted_address_may_reach_the_networks_that_are_named(config: Path, server: str) -> None:
    done = newswire("feeds", "test", f"{server}/wire", "--allow-private", "127.0.0.0/8", config=config)
    assert done.returncode == 0, done.stderr


def test_a_directory_is_looked_into(config: Path) -> None:
    assert newswire("feeds", "test", "inbox", config=config).returncode == 1
    (config / "inbox").mkdir()
    (config / "inbox" / "a.txt").write_text("PORT EXAMPLE, Nov 2 (Harbour Wire) - The bridge opened.\n")
    done = newswire("feeds", "test", "inbox", config=config)
    assert done.returncode == 0
    assert "files      1" in done.stdout


def test_f10_a_stopped_feed_is_resumed_by_a_command(config: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    now = datetime.now(UTC)
    feed = Feed(id="agency", kind=SourceKind.HTTP, url="https://wire.example/rss")
    with closing(open_store(storage_url(data), data)) as store:
        sync_feeds(store, [feed], now)
        state = FeedState(feed_id="agency", next_poll_at=now, stopped_at=now, failures=2)
        store.take_in([Poll(feed_id="agency", epoch=None, polled_at=now, duration_s=0, state=state)], now)
        assert store.due_at() == {}
    where = {"NEWSWIRE_STORAGE__URL": storage_url(data) or ""}
    resumed = newswire("feeds", "resume", "agency", "--data", str(data), config=config, **where)
    assert (resumed.returncode, resumed.stdout) == (0, "agency is polled again, within a minute\n")
    unknown = newswire("feeds", "resume", "nobody", "--data", str(data), config=config, **where)
    assert unknown.returncode == 1
    with closing(open_store(storage_url(data), data)) as store:
        assert set(store.due_at()) == {"agency"}


def test_what_a_feed_gives_is_also_json(config: Path, server: str) -> None:
    (config / "feeds.yaml").write_text(
        f"feeds:\n  - {{url: '{server}/wire', id: it, provider: Harbour, allow_private: 127.0.0.0/8}}\n"
    )
    done = newswire("feeds", "test", "it", "--json", config=config)
    told = json.loads(done.stdout)
    assert (told["status"], told["format"], told["entries"], told["etag"]) == (200, "rss", 2, '"one"')
    assert [item["provider"] for item in told["items"]] == ["Harbour", "Harbour"]


def test_the_feed_of_a_web_page_is_tried_and_said(config: Path, server: str) -> None:
    (config / "feeds.yaml").write_text(
        f"feeds:\n  - {{url: '{server}/site', id: it, allow_private: 127.0.0.0/8}}\n"
    )
    done = newswire("feeds", "test", "it", config=config)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == [f"page        {server}/site", f"its feed    {server}/wire"]


def test_of_a_web_page_its_feed_is_added(config: Path, server: str) -> None:
    options = ["--id", "site", "--allow-private", "127.0.0.0/8"]
    done = newswire("feeds", "add", f"{server}/site", *options, config=config)
    assert done.returncode == 0, done.stderr
    added = f"  - url: {server}/wire\n    id: site\n    allow_private: [127.0.0.0/8]\n"
    assert (config / "feeds.yaml").read_text() == FEEDS + added


def test_a_network_that_is_none_is_wrong_usage(config: Path) -> None:
    done = newswire("feeds", "add", "https://a.example/", "--allow-private", "home", config=config)
    assert done.returncode == 2
    assert "--allow-private: should be a network" in done.stderr


def test_a_page_without_a_feed_is_not_added_unless_it_must_be(config: Path, server: str) -> None:
    options = ["--allow-private", "127.0.0.0/8"]
    done = newswire("feeds", "add", f"{server}/other", *options, config=config)
    assert done.returncode == 1
    assert done.stderr.startswith("newswire: this ")
    assert "--as-is" in done.stderr
    assert (config / "feeds.yaml").read_text() == FEEDS
    done = newswire("feeds", "add", f"{server}/other", *options, "--as-is", config=config)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_cannot_be_looked_at_is_added_as_it_is(config: Path, server: str) -> None:
    done = newswire("feeds", "add", f"{server}/site", config=config)
    assert done.returncode == 0
    assert "added as it is" in done.stderr
    assert f"{server}/site" in (config / "feeds.yaml").read_text()
