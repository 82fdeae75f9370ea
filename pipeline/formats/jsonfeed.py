"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from pipeline.errors import ParseError, Reason
from pipeline.formats.finish import finish, title_line
from pipeline.formats.json_values import WrongValueError, dump, kind, load, text_at, texts_at
from pipeline.formats.links import absolute
from pipeline.formats.pace import published_of
from pipeline.formats.source import Source
from pipeline.model import Entry, Parsed, Problem

MAX_ITEMS = 5_000
# A quote inside a JSON text would have a backslash before it.
_VERSION = re.compile(r'(?<!\\)"version"\s*:\s*"https?:(?:\\?/){2}(?:www\.)?jsonfeed\.org\\?/version')


def claims(source: Source) -> bool:
    """Say whether this is a JSON object that names a version of JSON Feed."""
    return source.text.lstrip().startswith("{") and _VERSION.search(source.text) is not None


def read(source: Source) -> Parsed:
    """Read a JSON Feed. An item that is not as the standard says becomes a problem; the others go on.

    Raises:
        ParseError: No valid JSON, no list of items, or over the limit.
    """
    try:
        feed = load(source.text)
    except WrongValueError as error:
        raise ParseError(Reason.PARSE_FAILED, f"a JSON Feed with {error}") from error
    items = feed.get("items", [])
    if not isinstance(items, list):
        raise ParseError(Reason.PARSE_FAILED, f'a JSON Feed whose "items" is {kind(items)}, not a list')
    if len(items) > MAX_ITEMS:
        raise ParseError(Reason.PARSE_LIMIT, f"more than {MAX_ITEMS:,} items: over the limit for one feed")
    entries, problems = [], []
    for number, item in enumerate(items, 1):
        try:
            entries.append(finish(_entry(item, feed, source), repaired=source.repaired, note=source.note))
        except WrongValueError as error:
            problems.append(_problem(number, item, error))
    return Parsed(
        format="jsonfeed",
        title=title_line(_text(feed, "title"), repaired=source.repaired),
        entries=tuple(entries),
        problems=tuple(problems),
        published=published_of(entries),
    )


def _entry(item: Any, feed: Mapping[str, Any], source: Source) -> Entry:
    if not isinstance(item, dict):
        raise WrongValueError(f"an item must be an object, not {kind(item)}")
    html, text, summary = (text_at(item, key) for key in ("content_html", "content_text", "summary"))
    link = text_at(item, "url") or text_at(item, "external_url")
    if html is None and text is None:
        text, summary = summary, None
    authors = _authors(item) or _authors(feed)
    entry = Entry(
        format="jsonfeed",
        guid=text_at(item, "id"),
        url=absolute(link, _text(feed, "feed_url"), source.name, _text(feed, "home_page_url"))
        if link
        else None,
        headline=text_at(item, "title"),
        byline=", ".join(authors) or None,
        authors=authors,
        keywords=texts_at(item, "tags"),
        summary_html=escape(summary, quote=False) if summary else None,
        html=html,
        text=text,
        language=text_at(item, "language") or _text(feed, "language"),
        published=text_at(item, "date_published"),
        updated=text_at(item, "date_modified"),
    )
    if not (entry.guid or entry.url or entry.headline or html or text):
        raise WrongValueError("an item with neither id, url, title nor content")
    return entry


def _authors(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the authors of 1.1, else the author of 1.0; what is not as the standard says is no author."""
    authors = record.get("authors") or record.get("author") or []
    authors = authors if isinstance(authors, list) else [authors]
    names = [author.get("name") for author in authors if isinstance(author, dict)]
    return tuple(name for name in names if isinstance(name, str) and name.strip())


def _text(feed: Mapping[str, Any], key: str) -> str | None:
    """Read a text of the feed itself: what is wrong there must not spoil the items."""
    value = feed.get(key)
    return value if isinstance(value, str) else None


def _problem(number: int, item: Any, error: WrongValueError) -> Problem:
    # The item's own bytes cannot be told apart in the file: this says the same.
    return Problem(
        reason=Reason.BAD_RECORD, detail=str(error), where=f"entry {number}", body=dump(item) or None
    )
