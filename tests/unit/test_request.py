"""What is asked for, and what of it survives a redirect."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from pipeline.errors import FetchRefused, Reason
from pipeline.model import Auth, Feed, FeedState, SourceKind
from pipeline.sources.request import Request, first_request, redirected, shown

STATE = FeedState(feed_id="kestrel", next_poll_at=datetime(2026, 1, 1, tzinfo=UTC), etag=b'"a"')
HOME = "https://wire.example/feed"
CANARY = "c4nary/+&=é"  # hard to write in a URL


def feed(url: str = HOME, **more: Any) -> Feed:
    return Feed(id="kestrel", kind=SourceKind.HTTP, url=url, **more)


def ask(source: Feed) -> Request:
    return first_request(source, STATE, "newswire/1")


def follow(source: Feed, *locations: str) -> Request:
    request = ask(source)
    for location in locations:
        request = redirected(request, source, STATE, location, "newswire/1")
    return request


@pytest.mark.parametrize(
    "url",
    [
        "https://wire.example/a%2Fb/%c3%a9?x=%2F+%20&sig=a%3D%3d",
        "https://wire.example/?x",
        "https://wire.example/a//b/../c?&&=",
        "https://wire.example:8443/",
    ],
)
def test_a_url_is_asked_for_exactly_as_it_is_written(url: str) -> None:
    assert str(ask(feed(url)).url) == url


def test_what_cannot_be_sent_as_written_is_quoted_and_a_fragment_stays_here() -> None:
    assert str(ask(feed("https://wire.example/é b?q=ü#part")).url) == (
        "https://wire.example/%C3%A9%20b?q=%C3%BC"
    )


@pytest.mark.parametrize(
    "url",
    ["", "wire.example/feed", "ftp://wire.example/", "file:///etc/passwd", "http://", "http://h:99999/"],
)
def test_a_url_that_is_not_http_is_refused(url: str) -> None:
    with pytest.raises(FetchRefused) as caught:
        ask(feed(url))
    assert caught.value.reason is Reason.CONNECT


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        (Auth(kind="basic", name="désk", secret="pa:ss"), "Authorization", "Basic ZMOpc2s6cGE6c3M="),
        (Auth(kind="bearer", secret="t0ken"), "Authorization", "Bearer t0ken"),
        (Auth(kind="header", name="X-Api-Key", secret="t0ken"), "X-Api-Key", "t0ken"),
    ],
    ids=["basic", "bearer", "header"],
)
def test_credentials_travel_in_a_header(auth: Auth, name: str, value: str) -> None:
    assert ask(feed(auth=auth)).headers[name] == value


def test_user_and_password_of_a_url_become_credentials() -> None:
    request = ask(feed("https://desk:p%40ss@wire.example/feed"))
    assert str(request.url) == HOME
    assert request.headers["Authorization"] == "Basic ZGVzazpwQHNz"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://wire.example/feed", "https://wire.example/feed?key=c4nary%2F%2B%26%3D%C3%A9"),
        ("https://wire.example/feed?a=%2F", "https://wire.example/feed?a=%2F&key=c4nary%2F%2B%26%3D%C3%A9"),
        ("https://wire.example/feed?key=old", "https://wire.example/feed?key=c4nary%2F%2B%26%3D%C3%A9"),
    ],
)
def test_a_query_secret_is_added_to_what_is_there(url: str, expected: str) -> None:
    source = feed(url, auth=Auth(kind="query", name="key", secret=CANARY))
    assert str(ask(source).url) == expected


def test_configured_headers_may_replace_ours_but_not_break_the_exchange() -> None:
    headers = {"user-agent": "Desk/2", "If-None-Match": "x", "HOST": "h", "Cookie": "id=1", "TE": "x"}
    sent = ask(feed(headers=headers)).headers
    assert sent["user-agent"] == "Desk/2"
    assert "User-Agent" not in sent
    assert sent["Cookie"] == "id=1"
    assert sent["If-None-Match"] == '"a"'
    assert not {"HOST", "TE"} & set(sent)


@pytest.mark.parametrize(
    "bad",
    [
        {"headers": {"X\r\nY": "1"}},
        {"headers": {"X": "1\r\nY: 2"}},
        {"headers": {"X": "\x00"}},
        {"headers": {"": "1"}},
        {"headers": {"X": "\udcff"}},
        {"auth": Auth(kind="bearer", secret="a\nb")},
        {"auth": Auth(kind="header", name="X: Y", secret="b")},
    ],
)
def test_a_header_that_cannot_be_sent_is_refused_in_words_without_its_value(bad: dict[str, Any]) -> None:
    with pytest.raises(FetchRefused, match="holds characters that cannot be sent"):
        ask(feed(**bad))


SECRETS = [
    Auth(kind="basic", name="desk", secret=CANARY),
    Auth(kind="bearer", secret="c4nary"),
    Auth(kind="header", name="X-Key", secret="c4nary"),
    Auth(kind="query", name="key", secret=CANARY),
]


@pytest.mark.parametrize("auth", SECRETS, ids=lambda auth: auth.kind)
@pytest.mark.parametrize(
    "to", ["/other", "https://wire.example/other", "https://wire.example:443/other", "?x=1"]
)
def test_credentials_stay_with_a_redirect_to_the_same_origin(auth: Auth, to: str) -> None:
    source = feed(auth=auth, headers={"X-Desk": "7"})
    first, moved = ask(source), follow(source, to)
    assert moved.at_home
    assert moved.headers == first.headers
    assert moved.url.query.get("key") == first.url.query.get("key")


@pytest.mark.parametrize("auth", SECRETS, ids=lambda auth: auth.kind)
@pytest.mark.parametrize(
    "to",
    [
        ["https://other.example/"],
        ["https://wire.example:8443/"],
        ["https://wire.example.evil.example/"],
        ["https://desk:pw@other.example/"],
        ["https://other.example/", "https://wire.example/feed"],
        ["https://other.example/", "https://other.example/2"],
    ],
)
def test_credentials_and_headers_are_dropped_for_good_at_another_origin(auth: Auth, to: list[str]) -> None:
    moved = follow(feed(auth=auth, headers={"X-Desk": "7", "User-Agent": "Desk/2"}), *to)
    assert not moved.at_home
    assert set(moved.headers) == {"User-Agent", "Accept", "Accept-Encoding", "If-None-Match"}
    assert moved.headers["User-Agent"] == "newswire/1"
    assert "c4nary" not in str(moved.url) + str(moved.headers)
    assert moved.url.user is None


@pytest.mark.parametrize(
    "to",
    [
        "//other.example/?key=c4nary%2F%2B%26%3D%C3%A9",
        "https://other.example/?a=%2F&other=c4nary%2f%2B%26%3D%C3%A9&b",
        "https://other.example/?key=",
    ],
)
def test_a_query_secret_that_a_server_repeats_is_not_carried_to_another_origin(to: str) -> None:
    moved = follow(feed(auth=SECRETS[3]), to)
    assert str(moved.url) in ("https://other.example/", "https://other.example/?a=%2F&b")


def test_from_http_to_https_is_another_origin() -> None:
    moved = follow(feed("http://wire.example/", auth=SECRETS[0]), "https://wire.example/")
    assert "Authorization" not in moved.headers


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("http://wire.example/feed", "from https to http (at wire.example)"),
        ("file:///etc/passwd", "'file', not to http(s)"),
        ("ftp://wire.example/", "'ftp', not to http(s)"),
        ("ws://wire.example/", "'ws', not to http(s)"),
        ("javascript:alert(1)", "'javascript', not to http(s)"),
        ("https://h:0/", "an address that is none"),
        ("https://h:99999/", "an address that is none"),
        ("https://[::1/", "an address that is none"),
        ("https://xn--/", "an address that is none"),
        ("http://a[b]@/", "an address that is none"),
        ("//xn--a-ecp.xn--/", "an address that is none"),
    ],
)
def test_a_redirect_to_elsewhere_than_http_or_down_to_it_is_refused(to: str, words: str) -> None:
    with pytest.raises(FetchRefused) as caught:
        follow(feed(), to)
    assert caught.value.reason is Reason.REDIRECTS
    assert words in caught.value.detail


@pytest.mark.parametrize("auth", SECRETS, ids=lambda auth: auth.kind)
def test_nothing_shown_holds_a_secret(auth: Auth) -> None:
    source = feed("https://u:c4nary2@wire.example/feed?page=2", auth=auth, headers={"X": "c4nary"})
    request = ask(source)
    texts = [repr(request), repr(source.auth), shown(source.url, source), shown(str(request.url), source)]
    texts.append(shown(f"https://wire.example/{quote(auth.secret)}/x", source))
    assert not [text for text in texts if "c4nary" in text.replace("u:c4nary2@", "")]
    assert shown(str(request.url), source) == "https://wire.example/feed?page=2"
