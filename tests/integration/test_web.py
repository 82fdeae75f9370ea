"""The web interface over HTTP on loopback, its store and queue in memory."""

from collections.abc import Iterator

import pytest

from fakes_read import NOON, FakeQueueView, FakeReadStore, entry_queue, feed_report, stored, worker
from pipeline.errors import Reason, ServiceError
from pipeline.web.access import access_for
from pipeline.web.server import listen
from web_serving import Ask, Page, serving

TOKEN = "an invented token"
ID = "0123456789abcdef" * 2
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    store = FakeReadStore(
        documents=[stored(ID), stored("f" * 32, headline="Bakers meet in Port Ellery")],
        feeds=[
            feed_report(
                "ill", failures=1, last_reason=Reason.DNS, last_detail="the name ill.example is unknown"
            )
        ],
        queues=[entry_queue(waiting=3, oldest_received_at=NOON)],
    )
    with serving(store, FakeQueueView(of_workers=[worker()])) as asking:
        yield asking


def test_the_process_says_that_it_lives(ask: Ask) -> None:
    answer = ask("/healthz")

    assert (answer.status, answer.body) == (200, b"ok\n")


def test_liveness_looks_at_nothing_else() -> None:
    with serving(FakeReadStore(broken="gone"), FakeQueueView(broken="gone")) as asking:
        assert asking("/healthz").status == 200


def test_ready_when_both_take_a_write(ask: Ask) -> None:
    assert ask("/readyz").status == 200


def test_not_ready_says_why_in_words() -> None:
    with serving(FakeReadStore(broken="disk full"), FakeQueueView(broken="replica")) as asking:
        answer = asking("/readyz")

    assert answer.status == 503
    assert answer.text == "storage takes no write\nthe queue takes no write\n"


def test_a_store_that_is_down_is_503_and_no_traceback() -> None:
    with serving(FakeReadStore(broken="disk full"), FakeQueueView()) as asking:
        answer = asking("/api/v1/status")

    assert (answer.status, answer.text) == (503, "disk full\n")


def test_metrics_are_prometheus_text(ask: Ask) -> None:
    answer = ask("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'newswire_entries{queue="wire",state="waiting"} 3.0' in answer.text


def test_the_status_is_json(ask: Ask) -> None:
    status = ask("/api/v1/status").data

    assert status["queues"][0]["waiting"] == 3  # type: ignore[index]
    assert status["feeds"][0]["state"].startswith("backing off until")  # type: ignore[index]
    assert status["queue_error"] is None


def test_documents_are_found_by_words(ask: Ask) -> None:
    found = ask("/api/v1/documents?q=bakers").data["documents"]

    assert [each["headline"] for each in found] == ["Bakers meet in Port Ellery"]  # type: ignore[attr-defined]


def test_without_words_the_newest_are_given(ask: Ask) -> None:
    assert len(ask("/api/v1/documents?limit=1").data["documents"]) == 1  # type: ignore[arg-type]


def test_a_query_that_is_not_understood_is_400_in_words(ask: Ask) -> None:
    answer = ask("/api/v1/documents?q=since:yesterdayish")

    assert answer.status == 400
    assert "yesterdayish" in str(answer.data["detail"])


@pytest.mark.parametrize("query", ["limit=0", "limit=100000", "limit=many", "offset=-1", "q=" + "x" * 1001])
def test_limits_of_a_search_are_422(ask: Ask, query: str) -> None:
    assert ask(f"/api/v1/documents?{query}").status == 422


def test_a_document_is_given_by_the_beginning_of_its_id(ask: Ask) -> None:
    assert ask(f"/api/v1/documents/{ID[:8]}").data["id"] == ID


def test_an_unknown_document_is_404(ask: Ask) -> None:
    assert ask("/api/v1/documents/00000000").status == 404


def test_the_api_describes_itself(ask: Ask) -> None:
    paths = ask("/api/openapi.json").data["paths"]

    assert {"/healthz", "/readyz", "/metrics", "/api/v1/status", "/api/v1/documents"} <= set(paths)  # type: ignore[call-overload]


@pytest.mark.parametrize("path", ["/", "/queues", "/feeds", "/documents", f"/documents/{ID}"])
def test_a_page_loads_nothing_from_elsewhere_and_nothing_inline(ask: Ask, path: str) -> None:
    answer = ask(path)
    page = Page(answer.text)

    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "style" not in page.tags
    assert page.script.strip() == ""
    assert all(link.startswith(("/", "#")) and not link.startswith("//") for link in page.links)


def test_every_file_that_pages_load_is_there_and_kept_by_browsers(ask: Ask) -> None:
    files = [link for link in Page(ask("/").text).links if link.startswith("/static/")]

    assert len(files) >= 3
    for file in files:
        answer = ask(file)
        assert (answer.status, answer.headers["cache-control"]) == (200, "no-cache")
        assert ask(file, **{"If-None-Match": answer.headers["etag"]}).status == 304


def test_the_page_shows_how_everything_stands(ask: Ask) -> None:
    text = " ".join(Page(ask("/").text).words)

    for part in ("wire", "backing off until 12:00 UTC: the name ill.example is unknown", "wire-1", "idle"):
        assert part in text


def test_markup_in_names_and_errors_is_text() -> None:
    store = FakeReadStore(feeds=[feed_report(MARKUP, failures=1, last_reason=Reason.DNS, last_detail=MARKUP)])
    with serving(
        store, FakeQueueView(of_workers=[worker(name=MARKUP, hostname=MARKUP)], broken=None)
    ) as asking:
        page = Page(asking("/").text)

    assert "img" not in page.tags
    assert page.script.strip() == ""
    assert MARKUP in " ".join(page.words)


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/metrics", "/api/v1/documents", "/static/newswire.css", "/nothing"]
)
def test_every_answer_has_the_security_headers(ask: Ask, path: str) -> None:
    headers = ask(path).headers

    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


def test_a_refusal_has_the_security_headers_too(ask: Ask) -> None:
    answer = ask("/", Host="evil.example")

    assert answer.status == 400
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_but_reading_is_answered(ask: Ask, method: str) -> None:
    answer = ask("/api/v1/status", method)

    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/status"])
def test_head_is_get_without_a_body(ask: Ask, path: str) -> None:
    answer = ask(path, "HEAD")

    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd"])
def test_only_static_files_are_static(ask: Ask, path: str) -> None:
    assert ask(path).status == 404


def test_without_the_token_nothing_is_read_and_with_it_everything() -> None:
    access = access_for("0.0.0.0", token=TOKEN)
    with serving(FakeReadStore(), FakeQueueView(), access) as asking:
        assert asking("/api/v1/status").status == 401
        assert asking("/api/v1/status", Authorization=f"Bearer {TOKEN}").status == 200
        assert asking("/api/v1/status?token=" + TOKEN.replace(" ", "%20")).status == 200
        assert asking("/healthz").status == 200


def test_a_browser_gives_the_token_once_and_keeps_a_cookie_instead() -> None:
    access = access_for("0.0.0.0", token=TOKEN)
    with serving(FakeReadStore(), FakeQueueView(), access) as asking:
        login = asking("/?token=" + TOKEN.replace(" ", "%20"))
        cookie = login.headers["set-cookie"]
        page = asking("/", Cookie=cookie.partition(";")[0])
        wrong = asking("/?token=wrong")
        deep = asking("/documents?q=a+b&token=" + TOKEN.replace(" ", "%20"))

    assert (login.status, login.headers["location"]) == (303, "/")
    assert deep.headers["location"] == "/documents?q=a+b"
    assert TOKEN not in cookie
    assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
    assert page.status == 200
    assert wrong.status == 401


def test_a_port_that_is_taken_is_said_in_words() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(
            ServiceError, match=f"cannot listen at 127.0.0.1:{port}: another process uses the port"
        ):
            listen("127.0.0.1", port)
