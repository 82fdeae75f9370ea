"""H6 and H13: what a feed sends is text on every page, in the API, the exports and the terminal."""

import html
import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from pipeline.store.open import open_store
from running import exported, run, storage_url, write_config
from web_serving import Ask, serving

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java&#10;script:alert(1)">x</a>',
    '<a href=" &#14; javascript:alert(1)">x</a>',
    '<img src="javascript:alert(1)">',
    '<form action="javascript:alert(1)"><input type=submit></form>',
    '<button formaction="javascript:alert(1)">x</button>',
    '<svg xmlns="http://www.w3.org/2000/svg"><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    '<math href="javascript:alert(1)">x</math>',
    '<math><a xlink:href="javascript:alert(1)">x</a></math>',
    '<video poster="javascript:alert(1)" src=x></video>',
    '<audio src="javascript:alert(1)">',
    '<iframe src="javascript:alert(1)">',
    '<iframe srcdoc="<script>alert(1)</script>">',
    '<object data="data:text/html,<script>alert(1)</script>">',
    '<style>@import "http://evil.example/"</style>',
    '<p style="background:url(javascript:alert(1))">x</p>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<svg><animate xlink:href=#x attributeName=href values=javascript:alert(1) /></svg>",
    '<svg xmlns="http://www.w3.org/2000/svg"><set attributeName="href" to="javascript:alert(1)"/></svg>',
    '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
    '<table background="javascript:alert(1)">',
    '<base href="http://evil.example/">',
    '<meta http-equiv=refresh content="0;url=http://evil.example">',
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    '<blockquote cite="javascript:alert(1)">x</blockquote>',
    '<input type="image" src="javascript:alert(1)">',
    '<img dynsrc="javascript:alert(1)" lowsrc="javascript:alert(1)">',
    "<p onmouseover=alert(1)>x</p>",
    "<x/onclick=alert(1)>x</x>",
    "</textarea></title></style></script><script>alert(1)</script>",
    "\"'><script>alert(1)</script>",
]
FIELDS = ("title", "description", "author", "category", "link", "guid")
#: what a terminal obeys: escapes, C1, direction overrides; and line ends where there should be none
NASTY = "a&#x9b;31mred&#x1b;]0;x&#7;&#x202e;b&#10;{&#34;event&#34;: &#34;faked&#34;}"

_ACTIVE = frozenset({"script", "iframe", "object", "embed", "applet", "svg", "math", "style", "base", "form"})
_SCHEMES = re.compile(
    r"^[\s\x00-\x20]*(?:j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t|data|vbscript)\s*:", re.IGNORECASE
)
#: parts of our own pages: their files, the search box, the refresh without scripts
_OURS = re.compile(r"/static/|^/|^\?")


def executable(markup: str) -> list[str]:
    """List what a browser would run, or obey, of mark-up; read as HTML5 says, without scripts and with."""
    return _executable(markup) + _executable(re.sub(r"(?s)<noscript.*?</noscript>", "", markup))


def _executable(markup: str) -> list[str]:
    found = []
    for node in LexborHTMLParser(markup).css("*"):
        attributes = {name.lower(): value or "" for name, value in node.attributes.items()}
        own = [attributes[name] for name in ("src", "action") if name in attributes]
        if node.tag in _ACTIVE and not (own and all(_OURS.search(value) for value in own)):
            found.append(f"<{node.tag}>")
        found += [f"{node.tag} {name}" for name in attributes if name.startswith("on") or name == "style"]
        found += [f"{node.tag} {name}" for name, value in attributes.items() if _SCHEMES.match(value)]
        if (
            node.tag == "meta"
            and attributes.get("http-equiv") == "refresh"
            and "url" in attributes["content"]
        ):
            found.append("refresh")
    return found


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Take in each payload in all six fields of an item, and an item of what terminals obey."""
    folder = tmp_path_factory.mktemp("hostile")
    items = "".join(
        f"<item>{''.join(f'<{field}>{html.escape(payload)} {number}</{field}>' for field in FIELDS)}</item>"
        for number, payload in enumerate(PAYLOADS)
    )
    items += f"<item>{''.join(f'<{field}>{NASTY}</{field}>' for field in FIELDS)}</item>"
    feed = folder / "feed.xml"
    feed.write_text(f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>')
    config = write_config(folder / "config", log={"format": "json", "level": "debug"})
    done = run("import", "--wait", str(feed), data=folder / "data", config=config, timeout=100)
    assert done.returncode == 0, done.stderr
    return folder / "data", config


@pytest.fixture(scope="module")
def documents(stored: tuple[Path, Path]) -> list[dict[str, Any]]:
    found = exported(*stored)
    assert len(found) == len(PAYLOADS) + 1
    return found


@pytest.fixture(scope="module")
def ask(stored: tuple[Path, Path]) -> Iterator[Ask]:
    with closing(open_store(storage_url(stored[0]), stored[0])) as store, serving(store) as asking:
        yield asking


def test_the_check_itself_finds_what_is_executable() -> None:
    assert all(executable(payload) for payload in PAYLOADS if "CDATA" not in payload)
    assert executable("<p>One <b>two</b> <a href='https://a.example/'>x</a></p>") == []


def test_h6_no_page_holds_anything_executable_and_each_has_a_policy(
    ask: Ask, documents: list[dict[str, Any]]
) -> None:
    paths = ["/", "/feeds", "/queues", "/documents", *(f"/documents/{each['id']}" for each in documents)]
    for path in paths:
        answer = ask(path)
        assert answer.status == 200, path
        assert "default-src 'none'" in answer.headers["content-security-policy"], path
        assert executable(answer.text) == [], path


def test_h6_no_html_of_the_api_is_executable_and_no_answer_is_html(
    ask: Ask, documents: list[dict[str, Any]]
) -> None:
    for each in documents:
        answer = ask(f"/api/v1/documents/{each['id']}")
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "content-security-policy" in answer.headers
        assert executable(str(answer.data.get("body_html") or "")) == []


def test_h6_no_export_holds_executable_html_or_an_address_that_runs(
    stored: tuple[Path, Path], documents: list[dict[str, Any]]
) -> None:
    for each in documents:
        assert executable(each["body_html"] or "") == []
        assert not _SCHEMES.match(each["url"] or "")
        assert not _SCHEMES.match(each["canonical_url"] or "")
    done = run("export", "--format", "ninjs", data=stored[0], config=stored[1])
    assert done.returncode == 0, done.stderr
    for item in map(json.loads, done.stdout.splitlines()):
        bodies = [body for body in item.get("bodies", []) if "html" in body.get("contenttype", "")]
        assert all(executable(body["value"]) == [] for body in bodies)


@pytest.mark.parametrize("words", [("search", ""), ("show",), ("export",), ("export", "--format", "ninjs")])
def test_h13_no_terminal_is_told_to_do_anything(
    stored: tuple[Path, Path], documents: list[dict[str, Any]], words: tuple[str, ...]
) -> None:
    nasty = next(each for each in documents if "faked" in json.dumps(each))
    more = (nasty["id"],) if words[0] == "show" else ()
    done = run(*words, *more, data=stored[0], config=stored[1])
    assert done.returncode == 0, done.stderr
    assert re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", done.stdout) == []


def test_h13_each_event_of_a_hostile_feed_is_one_line_of_json(
    stored: tuple[Path, Path], tmp_path: Path
) -> None:
    feed = stored[0].parent / "feed.xml"
    copy = tmp_path / "a\x1b[31m\n{}.xml"
    copy.write_bytes(feed.read_bytes() + b"<!-- again -->")
    done = run("import", "--wait", str(copy), data=tmp_path / "data", config=stored[1], timeout=100)
    assert re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.stderr) == []
    events = [line for line in done.stderr.splitlines() if line.startswith("{")]
    assert all(json.loads(line)["event"] != "faked" for line in events)
