"""The pages in a real browser, served by the real process over documents that went through the real queue."""

import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from running import Service, exported, free_port, run, wait_for, write_config, write_records

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright's Python package is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")

SAMPLES = Path(__file__).parents[2] / "config" / "samples"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
#: the browser's own report of what the page's policy forbade
VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(event.violatedDirective);
});
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    port = free_port()
    config = write_config(tmp_path_factory.mktemp("config"), web={"port": port})
    data = tmp_path_factory.mktemp("data")
    imported = run("import", "--wait", str(SAMPLES), data=data, config=config)
    assert imported.returncode == 0, imported.stderr
    with Service(data, config, command=("web",)) as web:
        wait_for(lambda: any(event.get("event") == "web_listening" for event in web.events()))
        yield web, f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as starting:
        browser = starting.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """One browser window, and everything that went wrong in it."""

    def __init__(self, browser: Any, base: str, **options: Any) -> None:
        context = browser.new_context(base_url=base, **options)
        context.add_init_script(VIOLATIONS)
        self.page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "request",
            lambda request: None if request.url.startswith(base) else self.wrong.append(request.url),
        )

    def check(self) -> None:
        """Nothing was loaded from elsewhere, no script failed, the policy forbade nothing."""
        assert self.wrong == []
        assert self.page.evaluate("window.violations") == []

    def sideways(self) -> int:
        """Say by how much the page is wider than the window."""
        width: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return width


def test_from_the_status_to_a_document_with_its_text_and_back(
    service: tuple[Service, str], browser: Any
) -> None:
    visit = Visit(browser, service[1])
    page = visit.page
    page.goto("/")
    assert page.locator("#newest .document").count() > 10
    page.get_by_role("searchbox").fill("kandahar lang:en")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Afghan security forces").click()

    assert "Three ambushes within a week" in page.locator("article .body").inner_text()
    assert "KABUL, Sept 14, 2025" in page.locator("article .dateline").inner_text()
    assert "Afghanistan" in (
        page.locator("article mark", has_text="Kandahar").first.get_attribute("title") or ""
    )
    page.locator("aside").get_by_role("link", name="Kabul", exact=True).first.click()
    assert page.locator("mark:target").inner_text() == "Kabul"
    assert "config/samples/afghanistan-patrols-en.txt" in page.locator("#seen + ul").inner_text()
    page.get_by_role("link", name="This page as JSON").click()
    assert json.loads(page.locator("pre").inner_text())["provider"] == "Hindukush Press"
    assert visit.wrong == []


def test_what_is_stored_appears_on_the_open_status_page(
    service: tuple[Service, str], browser: Any, tmp_path: Path
) -> None:
    web, base = service
    listens, asks = Visit(browser, base), Visit(browser, base)
    asks.page.add_init_script("delete window.EventSource")
    asked: Counter[Visit] = Counter()
    began = time.monotonic()
    for visit in (listens, asks):
        visit.page.on("request", lambda request, by=visit: asked.update([by] * ("newest" in request.url)))
        visit.page.goto("/")
    record = write_records(tmp_path / "new.jsonl", 1, start=4711)
    assert run("import", "--wait", str(record), data=web.data, config=web.config).returncode == 0

    for visit in (listens, asks):
        visit.page.get_by_role("link", name="Story 4711").wait_for()
        visit.check()
    # When it began to listen, for the lines of the change log that one story brings, and each half minute.
    assert 1 <= asked[listens] <= 5 + (time.monotonic() - began) / 30
    assert asked[asks] >= 1


def test_a_page_that_is_read_stays_where_the_keyboard_is(service: tuple[Service, str], browser: Any) -> None:
    visit = Visit(browser, service[1])
    page = visit.page
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.locator("#all-feeds").focus()
    with page.expect_response(lambda response: response.url.endswith("/fragments/status")):
        pass
    page.wait_for_timeout(200)  # the swap follows the answer

    assert page.evaluate("document.activeElement.id") == "all-feeds"


def test_without_scripts_everything_is_there(service: tuple[Service, str], browser: Any) -> None:
    visit = Visit(browser, service[1], java_script_enabled=False)
    visit.page.goto("/")

    assert visit.page.locator("#newest .document").count() > 10
    assert visit.page.locator("noscript meta").get_attribute("content") == "10"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280], ids=["phone", "desk"])
def test_every_page_fits_the_window_and_keeps_to_the_policy(
    service: tuple[Service, str], browser: Any, scheme: str, width: int
) -> None:
    web, base = service
    visit = Visit(browser, base, color_scheme=scheme, viewport={"width": width, "height": 800})
    document = exported(web.data, web.config)[0]["id"]
    for path in ("/", "/queues", "/feeds", "/documents", f"/documents/{document}"):
        visit.page.goto(path)
        assert visit.sideways() <= 0, path
        paper = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
        visit.check()


def test_a_service_that_is_gone_is_said_on_the_open_page(
    service: tuple[Service, str], browser: Any, tmp_path: Path
) -> None:
    port = free_port()
    config = write_config(tmp_path, web={"port": port})
    with Service(service[0].data, config, command=("web",)) as web:
        wait_for(lambda: any(event.get("event") == "web_listening" for event in web.events()))
        visit = Visit(browser, f"http://127.0.0.1:{port}")
        visit.page.goto("/")
        assert not visit.page.locator("#stale").is_visible()
        web.stop()

        visit.page.locator("#stale").wait_for(state="visible")
