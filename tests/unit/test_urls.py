"""One page has one canonical URL, and a shown URL has no secrets."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.urls import canonical_url, without_secrets


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://News.Example:443/a/./b/../c", "https://news.example/a/c"),
        ("http://news.example", "http://news.example/"),
        ("http://news.example:8080/x", "http://news.example:8080/x"),
        ("http://news.example./x", "http://news.example/x"),
        (" http://news.example/x\n", "http://news.example/x"),
        ("https://news.example/x#top", "https://news.example/x"),
        ("https://me:pw@news.example/x", "https://news.example/x"),
        ("https://news.example/x?b=2&a=1&a=0", "https://news.example/x?a=0&a=1&b=2"),
        (
            "https://news.example/x?id=7&utm_source=rss&UTM_Medium=feed&fbclid=z",
            "https://news.example/x?id=7",
        ),
        ("https://news.example/x?at_medium=RSS&ns_source=a&xtor=RSS-1", "https://news.example/x"),
        ("https://news.example/%7Eada/%e9%80%9f", "https://news.example/~ada/%E9%80%9F"),
        ("https://münchen.example/straße", "https://xn--mnchen-3ya.example/stra%C3%9Fe"),
        ("https://news.example/333483.html?fl", "https://news.example/333483.html?fl"),
        ("https://news.example/x?print&b=&a=1&utm_source", "https://news.example/x?a=1&b=&print"),
        ("https://news.example/x?&&%26+k&", "https://news.example/x?%26+k"),
        ("http://[2001:DB8::1]/x", "http://[2001:db8::1]/x"),
    ],
)
def test_writes_the_one_form(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "x",
            "/a/b",
            "//news.example/x",
            "mailto:desk@news.example",
            "javascript:alert(1)",
            "ftp://a.example/x",
        ),
        *(
            "http://",
            "http:///x",
            "http://news.example:99999/",
            "http://[::1",
            "http://a[b]@/",
            "http://xn--/",
            "http://a b/",
            "data:text/plain,x",
        ),
    ],
)
def test_what_is_no_web_url_is_none(url: str) -> None:
    assert canonical_url(url) is None


def test_relative_urls_need_a_base() -> None:
    assert canonical_url("../x?utm_campaign=a", "https://news.example/a/b/c") == "https://news.example/a/x"


@given(
    st.one_of(
        st.text(max_size=60),
        st.text(max_size=40).map("http://news.example/".__add__),
        st.text(max_size=40).map("https://news.example/x?".__add__),
        st.from_regex(
            r"https?://[a-zA-Zé.-]{1,12}(:[0-9]{1,5})?(/[a-z%2./+;]{0,8}){0,4}(\?[a-z=&%+]{0,12})?"
        ),
    )
)
@example("http://a/%zz?%=+&&=")
@example("http://a//..//b")
@example("http://a/x?b&=&=v&a=&%3D&+c&&a")
def test_canonicalising_twice_equals_once(url: str) -> None:
    once = canonical_url(url)
    if once is not None:
        assert canonical_url(once) == once


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:p@ss@news.example/x?Key=1&page=2", "https://***@news.example/x?Key=***&page=2"),
        ("https://news.example/x?page=2#key=abc", "https://news.example/x?page=2#key=***"),
        ("https://news.example/x?monkey=1", "https://news.example/x?monkey=1"),
        ("https://news.example/@ada", "https://news.example/@ada"),
        ("wire/2026-02-03@desk.txt", "wire/2026-02-03@desk.txt"),
    ],
)
def test_secrets_are_hidden(url: str, shown: str) -> None:
    assert without_secrets(url, ["key"]) == shown


@given(
    st.from_regex(r"https?://([a-z0-9-]+\.)+[a-z]{2,}(/([A-Za-z0-9_~-][A-Za-z0-9._~-]*)?)+", fullmatch=True)
)
def test_a_link_in_its_one_form_is_taken_as_the_long_way_would_take_it(url: str) -> None:
    the_long_way = canonical_url(f"{url}#fragment")
    assert the_long_way in (None, canonical_url(url))
