"""News sitemaps: a sitemap whose URLs carry the name, title and date of an article.

Source: https://www.sitemaps.org/protocol.html and Google's extension for news.
"""

import re
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from pipeline.errors import ParseError, Reason
from pipeline.formats.finish import finish
from pipeline.formats.links import absolute
from pipeline.formats.source import Source
from pipeline.formats.xml_tree import read_trees, start_of, words
from pipeline.model import Concept, Entry, Parsed, Problem

NAME = "sitemap"
ROOTS = frozenset({"urlset", "sitemapindex"})
MAX_URLS = 5_000


def claims(source: Source) -> bool:
    """Say whether the root element is a sitemap's."""
    return start_of(source, ROOTS) is not None


def read(source: Source) -> Parsed:
    """Read the articles of a news sitemap; URLs without news in them are pages, and left out.

    Raises:
        ParseError: A sitemap of other sitemaps, or of pages; over a limit, or nothing can be read of it.
    """
    entries: list[Entry] = []
    problems: list[Problem] = []
    for tree in read_trees(source, ROOTS):
        for number, url in enumerate(_articles(tree.root), 1):
            entry = finish(_entry(url, source, tree.notes), repaired=source.repaired, note=source.note)
            if entry.headline and entry.url:
                entries.append(entry)
            else:
                detail = "an article without title or loc: both are needed"
                problems.append(Problem(reason=Reason.BAD_RECORD, detail=detail, where=f"url {number}"))
    return Parsed(format=NAME, entries=tuple(entries), problems=tuple(problems))


def _articles(root: Element) -> list[Element]:
    if root.tag == "sitemapindex":
        first = words(next(root.iter("loc"), None))
        named = f", for example {first[:200]}" if first else ""
        detail = (
            f"this is a sitemap index, which only lists sitemaps; use a news sitemap that it names{named}"
        )
        raise ParseError(Reason.NOT_A_FEED, detail)
    urls = root.findall("url")
    articles = [each for each in urls if each.find("news") is not None]
    if urls and not articles:
        detail = "this is a sitemap of pages without news:news; a news sitemap is expected"
        raise ParseError(Reason.NOT_A_FEED, detail)
    if len(articles) > MAX_URLS:
        raise ParseError(
            Reason.PARSE_LIMIT, f"more than {MAX_URLS:,} articles: over the limit for one sitemap"
        )
    return articles


def _entry(url: Element, source: Source, notes: Sequence[str]) -> Entry:
    news = url.find("news")
    assert news is not None  # _articles chose those that have one
    return Entry(
        format=NAME,
        url=absolute(words(url.find("loc")) or "", source.name),
        headline=words(news.find("title")),
        infosource=words(news.find("publication/name")),
        keywords=tuple(_listed(news, "keywords")),
        concepts=tuple(_concepts(news)),
        language=words(news.find("publication/language")) or words(news.find("language")),
        published=words(news.find("publication_date")),
        updated=words(url.find("lastmod")),
        notes=tuple(notes),
    )


def _concepts(news: Element) -> Iterator[Concept]:
    yield from (Concept(kind="genre", name=name) for name in _listed(news, "genres"))
    for ticker in _listed(news, "stock_tickers"):
        exchange, separator, symbol = ticker.partition(":")
        if separator:
            yield Concept(kind="organisation", scheme=exchange, code=symbol.strip())
    if place := words(news.find("geo_locations")):
        yield Concept(kind="place", name=place)


def _listed(news: Element, name: str) -> Iterator[str]:
    yield from filter(None, map(str.strip, re.split("[,;،]", words(news.find(name)) or "")))
