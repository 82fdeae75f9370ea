"""Web pages name their feeds; what they name in other ways is no feed."""

import time

import pytest

from pipeline.formats.pages import feeds_of_page, usual_places

SITE = "https://wire.example/news/"
RSS = 'type="application/rss+xml"'


@pytest.mark.parametrize(
    ("page", "feeds"),
    [
        (f'<link rel="alternate" {RSS} href="/rss">', ["https://wire.example/rss"]),
        (f"<LINK HREF='feed?a=1&amp;b=2' {RSS} REL='ALTERNATE home'/>", [f"{SITE}feed?a=1&b=2"]),
        ("<link rel=alternate type=application/atom+xml href=atom.xml>", [f"{SITE}atom.xml"]),
        (
            f'<base href="https://cdn.example/x/"><link rel=alternate {RSS} href=r>',
            ["https://cdn.example/x/r"],
        ),
        (
            f'<link rel=alternate {RSS} title="Comments" href="/c"><link rel=alternate {RSS} href="/n">',
            ["https://wire.example/n", "https://wire.example/c"],
        ),
        (
            f'<link rel="alternate" {RSS} href="/a"><link rel="alternate" {RSS} href="/a">',
            ["https://wire.example/a"],
        ),
        (f'<!-- <link rel="alternate" {RSS} href="/old"> -->', []),
        (f'<link rel="stylesheet" {RSS} href="/rss">', []),
        ('<link rel="alternate" hreflang="fr" href="/fr">', []),
        (f'<link rel="alternate" {RSS}>', []),
        (f'<link rel="alternate" {RSS} href="javascript:alert(1)">', []),
        (f'<link rel="alternate" {RSS} href="//[::1">', []),
        ("", []),
    ],
)
def test_what_a_page_names_is_found(page: str, feeds: list[str]) -> None:
    assert feeds_of_page(f"<html><head>{page}</head><body></body></html>", SITE) == feeds


def test_where_nothing_is_named_there_are_usual_places() -> None:
    assert "https://wire.example/rss.xml" in usual_places(SITE)
    assert usual_places("file:///etc/passwd") == []


@pytest.mark.parametrize(
    "page", ["<link " * 100_000, "<!--" * 200_000, "<link " + "a=" * 300_000, "<link" + " " * 500_000]
)
def test_a_hostile_page_costs_little(page: str) -> None:
    began = time.process_time()
    feeds_of_page(page, SITE)
    assert time.process_time() - began < 1
