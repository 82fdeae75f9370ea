"""Web pages that name their feeds: `<link rel="alternate">` in the head. Pure and linear.

Source: RSS autodiscovery (rssboard.org/rss-autodiscovery), WHATWG HTML §4.6.7 (alternate).
"""

import re
from collections.abc import Mapping, Sequence
from html import unescape
from urllib.parse import urljoin

from pipeline.formats.links import absolute, is_web_url

#: characters of a page that are looked at
_LOOK_AT = 500_000
_TYPES = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"}
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"<(link|base|body)\b([^<>]{0,4000})", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z]{1,20})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
#: where feeds stand on sites that do not name them
_USUAL_PLACES = ("/feed", "/rss.xml", "/feed.xml", "/atom.xml", "/rss", "/index.xml", "/feed.json")


def feeds_of_page(page: str, address: str | None = None) -> Sequence[str]:
    """Give the feeds that a page names, as whole URLs, the likeliest first.

    Args:
        page: HTML.
        address: Where it stands; None: what is no whole URL by itself stays as it is written.
    """
    base, found = address, list[tuple[str, str]]()
    for tag in _TAG.finditer(_COMMENT.sub("", page[:_LOOK_AT])):
        name, values = tag[1].lower(), _attributes(tag[2])
        if name == "body" and found:
            break
        if name == "base" and "href" in values and address:
            base = urljoin(address, values["href"]) if base == address else base
        elif name == "link" and _is_feed(values):
            found.append((values["href"], values.get("title", "")))
    # The comments on a page are seldom what is meant.
    found.sort(key=lambda each: "comment" in " ".join(each).lower())
    links = (absolute(href, base) if base else href for href, _ in found)
    return list(dict.fromkeys(link for link in links if link))


def usual_places(address: str) -> Sequence[str]:
    """Give the URLs where a site's feed often stands.

    >>> usual_places("https://wire.example/news/")[0]
    'https://wire.example/feed'
    """
    return [urljoin(address, path) for path in _USUAL_PLACES] if is_web_url(address) else []


def _is_feed(values: Mapping[str, str]) -> bool:
    kind = values.get("type", "").partition(";")[0].strip().lower()
    return (
        "alternate" in values.get("rel", "").lower().split() and kind in _TYPES and bool(values.get("href"))
    )


def _attributes(tag: str) -> dict[str, str]:
    return {
        found[1].lower(): unescape(found[2] or found[3] or found[4] or "").strip()
        for found in _ATTRIBUTE.finditer(tag)
    }
