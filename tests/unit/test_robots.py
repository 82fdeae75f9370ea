"""robots.txt: which of a site's pages we may fetch."""

import time

import pytest

from pipeline.robots import EVERYTHING, NOTHING, read_rules

RULES = b"""\
# comment
User-agent: other
User-Agent: NewsWire
Disallow: /paid/     # subscribers
Allow: /paid/free
Disallow: /*.pdf$
Disallow: /search?
Disallow: /caf%C3%A9
Disallow:

User-agent: *
Disallow: /
"""


@pytest.mark.parametrize(
    ("path", "may"),
    [
        ("/", True),
        ("", True),
        ("/paid/1", False),
        ("/paid/free/1", True),
        ("/paid", True),
        ("/a/b.pdf", False),
        ("/a/b.pdf?x=1", True),
        ("/search?q=1", False),
        ("/search", True),
        ("/café", False),
        ("/caf%C3%A9/1", False),
    ],
)
def test_the_longest_rule_of_our_group_decides(path: str, may: bool) -> None:
    assert read_rules(RULES, "newswire").allow(f"https://wire.example{path}") is may


def test_who_is_not_named_is_under_the_rules_for_all() -> None:
    assert not read_rules(RULES, "somebody").allow("https://wire.example/1")


@pytest.mark.parametrize(
    "body", [b"", b"<html>not found</html>", b"Disallow: /\n", b"\xff\xfe\x00\n", b"User-agent: *"]
)
def test_a_file_without_rules_allows_all(body: bytes) -> None:
    assert read_rules(body, "newswire").allow("https://wire.example/1")


@pytest.mark.parametrize(
    ("named", "is_us"),
    [
        ("NewsWire", True),
        ("newswire/2.0 (+https://desk.example)", True),
        ("newswire-images", False),
        ("news", False),
        ("n", False),
        ("1", False),
    ],
)
def test_a_group_is_ours_by_its_product_whatever_stands_behind(named: str, is_us: bool) -> None:
    rules = read_rules(f"User-agent: {named}\nDisallow: /\n".encode(), "newswire")
    assert rules.allow("https://wire.example/a") is not is_us


def test_of_two_rules_of_one_length_the_one_that_allows_decides() -> None:
    rules = read_rules(b"user-agent: *\ndisallow: /a\nallow: /a\n", "newswire")
    assert rules.allow("https://wire.example/a")


def test_all_and_nothing() -> None:
    assert EVERYTHING.allow("https://wire.example/1")
    assert not NOTHING.allow("https://wire.example/1")


def test_hostile_rules_cost_little() -> None:
    body = b"User-agent: *\n" + b"Disallow: /" + b"*a" * 5_000 + b"\n" + b"Disallow: /*a*a*a*a*a*b$\n" * 8_000
    began = time.process_time()
    rules = read_rules(body, "newswire")
    assert rules.allow("https://wire.example/" + "a" * 8_000)
    assert time.process_time() - began < 1
