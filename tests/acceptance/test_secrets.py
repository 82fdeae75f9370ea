"""H16: a secret of the configuration, the environment or a URL comes out nowhere."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from running import Service, exported, free_port, run, wait_for, write_config

CANARY = "canary-7Qx2-in-the-mine"
TOKEN = "token-9Zp4-of-the-page"
RSS = b"<rss version='2.0'><channel><title>T</title><item><title>Ferry</title></item></channel></rss>"


class _Talkative(BaseHTTPRequestHandler):
    """A server that says back what it was told, in every way it can."""

    def do_GET(self) -> None:
        told = f"{self.headers.get('Authorization')} {self.headers.get('X-Key')} {self.path}"
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", f"/denied?again={CANARY}")
            self.end_headers()
            return
        self.send_response(401 if self.path.startswith("/denied") else 200)
        body = RSS if self.path.startswith("/rss") else f"<html>{told}</html>".encode()
        self.send_header("X-Told", told)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Talkative) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def _feeds(server: str) -> str:
    usual = "provider: P, allow_private: 127.0.0.0/8"
    basic = 'auth: {kind: basic, user: desk, password: "${CANARY}"}'
    return f"""\
feeds:
  - {{url: '{server}/rss', id: well, {usual}, {basic}}}
  - {{url: '{server}/denied', id: denied, {usual}, {basic}}}
  - {{url: '{server}/moved', id: moved, {usual}, auth: {{kind: bearer, token: "file:secret"}}}}
  - {{url: '{server}/page', id: page, {usual}, headers: {{X-Key: "${{CANARY}}"}}}}
  - {{url: '{server}/rss?api_key={CANARY}', id: inurl, {usual}}}
  - {{url: '{server}/denied', id: query, {usual}, auth: {{kind: query, name: k, value: "${{CANARY}}"}}}}
  - {{url: 'http://a.invalid/', id: proxied, {usual}, proxy: "http://desk:${{CANARY}}@127.0.0.1:9"}}
  - {{imap: 'imaps://127.0.0.1:9/INBOX', id: post, {usual}, {basic}}}
"""


@pytest.mark.timeout(300)  # two dozen commands, one after the other
def test_h16_a_secret_comes_out_nowhere(tmp_path: Path, server: str) -> None:
    port, data, env = free_port(), tmp_path / "data", {"CANARY": CANARY, "NEWSWIRE_WEB__TOKEN": TOKEN}
    config = write_config(
        tmp_path / "config", _feeds(server), topics=False, web={"port": port}, log={"level": "debug"}
    )
    (config / "secret").write_text(f"{CANARY}\n")
    said: dict[str, str] = {}

    def command(*words: str) -> None:
        done = run(*words, data=data, config=config, env=env)
        said[" ".join(words)] = done.stdout + done.stderr

    def page(path: str) -> None:
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            said[path] = answer.read().decode()

    def all_polled() -> bool:
        done = run("status", "--json", data=data, config=config, env=env)
        feeds = json.loads(done.stdout)["feeds"] if done.returncode == 0 else []
        return len(feeds) == 8 and all(feed["last_polled_at"] for feed in feeds)

    with Service(data, config, env=env) as service:
        wait_for(all_polled, seconds=60, every=1)
        wait_for(lambda: any(event.get("event") == "web_listening" for event in service.events()))
        for path in ("/", "/feeds", "/queues", "/metrics", "/api/v1/status", "/documents", "/readyz"):
            page(path)
        for each in wait_for(lambda: exported(data, config)):
            page(f"/documents/{each['id']}")
            command("show", each["id"])
        command("status")
        command("status", "--json")
        service.stop()
        said["log"] = service.log.read_text()
    for words in ("feeds list", "feeds list --json", "feeds export-opml", "export", "doctor", "config check"):
        command(*words.split())
    for feed in ("denied", "query", "inurl", "proxied", "post"):
        command("feeds", "explain", feed, *(["--json"] if feed in ("inurl", "post") else []))
        command("feeds", "test", feed)
    command("feeds", "add", f"{server}/rss?api_key={CANARY}", "--id", "again", "--interval", "1s")
    command("quarantine", "list")
    assert "feed_polled" in said["log"]
    assert [where for where, text in said.items() if CANARY in text or TOKEN in text] == []
