"""Links of entries: whole http(s) URLs, or none."""

from urllib.parse import urljoin


def is_web_url(text: str) -> bool:
    """Say whether a text is a whole http(s) URL."""
    scheme, separator, rest = text.partition("://")
    return bool(separator and rest.strip("/")) and scheme.lower() in {"http", "https"}


def absolute(link: str, *bases: str | None) -> str | None:
    """Resolve a link against the first base that is a URL; None where nothing makes it a URL.

    >>> absolute("/a", "story.xml", "https://example.com/feed")
    'https://example.com/a'
    """
    link = link.strip()
    if not link or is_web_url(link):
        return link or None
    for base in bases:
        if base and is_web_url(base):
            try:
                joined = urljoin(base, link)
            except ValueError:  # such as a broken IPv6 address
                return None
            return joined if is_web_url(joined) else None
    return None
