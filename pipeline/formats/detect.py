"""Which format are these bytes? To add one: a module with `claims` and `read`, and a line in FORMATS.

Mail and archives hold other formats: they are asked first, about the bytes as they are. So is Parquet:
it is no text.
"""

from dataclasses import replace
from typing import Protocol

from pipeline.errors import ParseError, Reason
from pipeline.formats import (
    anpa,
    archive,
    feeds,
    iptc7901,
    jsonfeed,
    jsonlines,
    mail,
    newsml1,
    newsmlg2,
    ninjs,
    nitf,
    parquet,
    plaintext,
    sitemap,
)
from pipeline.formats.json_values import is_json
from pipeline.formats.pages import feeds_of_page
from pipeline.formats.shared_ids import with_shared_ids
from pipeline.formats.source import Source, open_source
from pipeline.model import Parsed


class Format(Protocol):
    """What a module of this package offers."""

    def claims(self, source: Source) -> bool:
        """Say whether the bytes are of this format; cheap, and no other format's."""
        ...

    def read(self, source: Source) -> Parsed:
        """Read them. Raises ParseError."""
        ...


#: asked in this order; the first that claims the bytes reads them
FORMATS: tuple[Format, ...] = (
    feeds,
    nitf,
    newsml1,
    newsmlg2,
    sitemap,
    jsonfeed,
    ninjs,
    jsonlines,
    anpa,
    iptc7901,
    plaintext,
)

#: formats that list many items; other files may hold several versions of one
_FEEDS = frozenset({"rss", "atom", "rdf", "jsonfeed"})

_EXPECTED = (
    "expected is a feed, agency XML, ninjs, JSON Lines, Parquet, a wire format, mail or plain wire copy"
)
_HTML = frozenset(
    {
        "html",
        "head",
        "body",
        "title",
        "meta",
        "link",
        "script",
        "style",
        "div",
        "p",
        "table",
        "center",
        "h1",
        "a",
    }
)
_LOOK_AT = 100_000
#: what a page is, by what stands in it (lower case); the first that fits
_PAGES = (
    (
        "a page that checks for robots (its operators can let us in)",
        (
            "cf-chl-",
            "/cdn-cgi/challenge-platform/",
            "<title>just a moment...",
            "<title>attention required! | cloudflare",
            "_incapsula_resource",
            "ddos-guard",
            "<title>ddos protection",
            "captcha-delivery.com",
            "g-recaptcha",
            "h-captcha",
            "awswafcookiedomainlist",
            "px-captcha",
            "sucuri website firewall",
            "enable javascript and cookies to continue",
        ),
    ),
    ("a page that asks for a login", ('type="password"', "type='password'", "type=password")),
    ("a page that says the site is being maintained", ("<title>maintenance", "under maintenance")),
)


def read(body: bytes, *, name: str, media_type: str | None = None, expect: str | None = None) -> Parsed:
    """Tell the format from the bytes and read them.

    Args:
        body: A response's body or a file's content.
        name: URL or file name; a base for relative links, never a hint at the format.
        media_type: Content-Type as sent; only its charset counts, after what the bytes say of themselves.
        expect: The format that the bytes are known to have come in ("jsonl"); read as no other.

    Raises:
        ParseError: No format that we read, over a limit, or broken; the message says what was found.
    """
    if expect == jsonlines.NAME:  # a broken line alone may look like any other format
        return jsonlines.read(open_source(body, name=name, media_type=media_type))
    parsed = _read_any(body, name, media_type, frozenset({archive.NAME_ZIP, mail.NAME}))
    if expect not in {None, parsed.format}:
        raise ParseError(Reason.UNKNOWN_FORMAT, f"this reads as {parsed.format}; it came as {expect}")
    return parsed


def _read_any(body: bytes, name: str, media_type: str | None, holders: frozenset[str]) -> Parsed:
    """Read bytes that may hold others; each kind of holder once: an archive in a mail, a mail in a zip."""
    if parquet.claims(body):
        return parquet.read(body)
    if archive.NAME_ZIP in holders and archive.claims(body):
        inside = holders - {archive.NAME_ZIP}
        return archive.read(body, lambda member: _read_any(member, name, None, inside))
    if mail.NAME in holders and mail.claims(body):
        inside = holders - {mail.NAME}
        return mail.read(body, lambda part, kind: _read_any(part, name, kind, inside))
    return _read_as_claimed(open_source(body, name=name, media_type=media_type))


def _read_as_claimed(source: Source) -> Parsed:
    for known in FORMATS:
        if known.claims(source):
            parsed = known.read(source)
            if parsed.format in _FEEDS:
                return replace(parsed, entries=with_shared_ids(parsed.entries))
            return parsed
    raise _refusal(source)


def _refusal(source: Source) -> ParseError:
    """Say what the bytes are instead."""
    if source.root is not None and source.root.name in _HTML:
        kind = _kind_of_page(source.text)
        return ParseError(Reason.NOT_A_FEED, f"this is {kind}, not a feed{_feed_of(source.text)}")
    if source.root is not None:
        found = f"XML whose root element is <{source.root.name[:60]}>"
    elif source.text.lstrip().startswith("<"):
        found = "mark-up without a root element"
    elif is_json(source.text):
        found = "JSON, but neither a JSON Feed nor ninjs nor records with text or html, one a line"
    else:
        found = "no text that we know"
    return ParseError(Reason.UNKNOWN_FORMAT, f"this is {found}; {_EXPECTED}")


def _kind_of_page(page: str) -> str:
    """Tell pages that stand in the way of a feed from the page of a site."""
    start = page[:_LOOK_AT].lower()
    found = (kind for kind, signs in _PAGES if any(sign in start for sign in signs))
    return next(found, "an HTML page")


def _feed_of(page: str) -> str:
    """Name the feed that an HTML page points to."""
    named = feeds_of_page(page)
    return f"; it points to this one: {named[0][:500]}" if named else ""
