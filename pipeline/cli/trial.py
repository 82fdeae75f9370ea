"""One fetch of one feed, and what would become of its items: what `feeds test` shows."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipeline.clock import SystemClock
from pipeline.errors import EntryError, FetchError, ParseError
from pipeline.formats.charset import decode
from pipeline.formats.detect import read
from pipeline.model import Document, Entry, Feed, FeedState, Parsed, Response, Tag, Tagging
from pipeline.monitor.words import span_words
from pipeline.plain import safe_line
from pipeline.publish.record import inspected_record
from pipeline.redaction import hide_in_urls
from pipeline.rhythm import interval_of
from pipeline.schedule import MAX_WAIT, next_state
from pipeline.settings import Fetch
from pipeline.sources.discover import FoundFeed, careful_fetcher, find_feed
from pipeline.sources.imap import MailboxReader
from pipeline.sources.senders import unwelcome
from workers.normalise.document import Source, normalise

if TYPE_CHECKING:
    from workers.tag.tagger import Tagger

_ITEMS = 20
_MAILS = 5
_TAGS = 3
#: bounds of what is learned of a source that names none
_FASTEST, _SLOWEST = timedelta(minutes=5), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item, and what it would become; without a document, why it would become none."""

    entry: Entry
    document: Document | None = None
    tagging: Tagging | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one fetch brought."""

    found: FoundFeed
    duration_s: float
    charset: str
    #: how often such a feed would be polled
    interval: timedelta
    items: tuple[Item, ...]
    #: BCP 47 → items, the most frequent first
    languages: dict[str, int]


async def try_feed(feed: Feed, limits: Fetch, tagger: Callable[[], "Tagger"]) -> Trial:
    """Fetch a feed once, unconditionally, read it, and say what its items become.

    Args:
        feed: The source.
        limits: Of the fetch.
        tagger: Loads the tagger, or gives the one loaded before; called when there is an item.

    Raises:
        FeedError: It cannot be had or read.
    """
    began = time.monotonic()
    async with careful_fetcher(limits) as fetcher:
        found = await find_feed(feed, fetcher)
    duration_s = time.monotonic() - began
    items = tuple(_items(found.parsed, feed, tagger))
    spoken = Counter(each.document.language for each in items if each.document and each.document.language)
    return Trial(
        found=found,
        duration_s=duration_s,
        charset=decode(found.response.body or b"", found.response.media_type).charset,
        interval=_interval(found),
        items=items,
        languages=dict(spoken.most_common()),
    )


async def try_mailbox(feed: Feed, limits: Fetch, tagger: Callable[[], "Tagger"]) -> tuple[Item, ...]:
    """Read the first mails of a mailbox and mark none of them. Raises FeedError."""
    reader = MailboxReader(
        max_body_bytes=limits.max_body_bytes,
        timeout_s=limits.timeout_s,
        clock=SystemClock(),
        max_mails=_MAILS,
    )
    items: list[Item] = []
    async with aclosing(reader.scan(feed, None)) as scan:
        async for mail in scan:
            if isinstance(mail.content, FetchError):
                items.append(Item(entry=Entry(format="mail"), refused=mail.content.detail))
            elif (why := unwelcome(mail.content.body or b"", feed)) is not None:
                items.append(Item(entry=Entry(format="mail"), refused=why))
            else:
                items += _items_of_mail(mail.content, feed, tagger)
    return tuple(items)


def _items_of_mail(mail: Response, feed: Feed, tagger: Callable[[], "Tagger"]) -> Iterator[Item]:
    try:
        parsed = read(mail.body or b"", name=mail.final_url)
    except ParseError as error:
        yield Item(entry=Entry(format="mail"), refused=error.detail)
    else:
        yield from _items(parsed, feed, tagger)


def in_words(trial: Trial) -> Iterator[str]:
    """Tell a trial, line by line; texts of the feed are made safe for a terminal."""
    found = trial.found
    response, parsed = found.response, found.parsed
    title = f" {safe_line(parsed.title)!r}" if parsed.title else ""
    if found.page:
        yield f"page        {_url(found.page)}"
        yield f"its feed    {_url(found.feed.url)}"
    for other in found.others:
        yield f"also        {_url(other)}"
    yield f"status      {response.status}, {len(response.body or b'')} bytes in {trial.duration_s:.1f} s"
    yield f"final URL   {_url(response.final_url)}"
    yield f"charset     {trial.charset}"
    yield f"format      {parsed.format}{title}"
    yield f"entries     {len(parsed.entries)}"
    yield f"validators  {_validators(response)}"
    yield f"interval    {span_words(trial.interval.total_seconds())} suggested by its rhythm and its server"
    yield f"language    {_languages(trial.languages)}"
    for problem in parsed.problems[:_TAGS]:
        yield f"problem     {safe_line(f'{problem.where}: {problem.detail}')}"
    yield from items_in_words(trial.items)


def items_in_words(items: Sequence[Item]) -> Iterator[str]:
    """Tell what items become, two lines each."""
    for item in items[:_ITEMS]:
        yield f"entry       {_headline(item.entry)}"
        yield f"            {safe_line(_fate(item))}"
    if len(items) > _ITEMS:
        yield f"            and {len(items) - _ITEMS} more (--json shows all)"


def as_record(trial: Trial) -> dict[str, Any]:
    """Give a trial as JSON: its items as `inspect` shows them."""
    found = trial.found
    return {
        "page": found.page and hide_in_urls(found.page),
        "url": hide_in_urls(found.feed.url),
        "others": [hide_in_urls(url) for url in found.others],
        "status": found.response.status,
        "final_url": hide_in_urls(found.response.final_url),
        "bytes": len(found.response.body or b""),
        "duration_s": round(trial.duration_s, 3),
        "charset": trial.charset,
        "format": found.parsed.format,
        "title": found.parsed.title,
        "entries": len(found.parsed.entries),
        "etag": _text(found.response.etag),
        "last_modified": _text(found.response.last_modified),
        "interval_s": trial.interval.total_seconds(),
        "languages": trial.languages,
        "problems": [f"{problem.where}: {problem.detail}" for problem in found.parsed.problems],
        "items": items_as_records(trial.items),
    }


def items_as_records(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Give items as `inspect` shows them; of one that is refused, why."""
    return [
        inspected_record(each.document, each.tagging) if each.document else {"refused": each.refused}
        for each in items
    ]


def _items(parsed: Parsed, feed: Feed, tagger: Callable[[], "Tagger"]) -> Iterator[Item]:
    source = Source(
        feed=feed.id,
        provider=feed.provider,
        trust_provider=feed.trust_provider or feed.provider is None,
        language=feed.language,
        default_region=feed.default_region,
    )
    for entry in parsed.entries:
        try:
            document = normalise(entry, source, datetime.now(UTC))
        except EntryError as error:
            yield Item(entry=entry, refused=error.detail)
        else:
            document, tagging = tagger().tag(document, default_region=feed.default_region)
            yield Item(entry=entry, document=document, tagging=tagging)


def _interval(found: FoundFeed) -> timedelta:
    """Say how often this feed would be polled if nothing were configured."""
    now = found.response.received_at
    wish = Feed(
        id=found.feed.id, kind=found.feed.kind, url=found.feed.url, fastest=_FASTEST, slowest=_SLOWEST
    )
    state = FeedState(feed_id=wish.id, next_poll_at=now)
    learned = next_state(wish, state, found.response, now, found.parsed).learned
    asked = learned.not_before - now if learned.not_before else timedelta()
    return min(max(interval_of(wish, learned, now), asked), MAX_WAIT)


def _fate(item: Item) -> str:
    if item.document is None or item.tagging is None:
        return f"not taken in: {item.refused}"
    tags = item.tagging
    said = (
        ("", item.document.language or "?"),
        ("regions ", _tags(tags.regions)),
        ("topics ", _tags(tags.topics, by_name=True)),
        ("beats ", _tags(tags.beats)),
    )
    return "; ".join(f"{name}{value}" for name, value in said if value)


def _tags(tags: Sequence[Tag], *, by_name: bool = False) -> str:
    return ", ".join(tag.name if by_name else tag.code for tag in tags[:_TAGS])


def _languages(languages: dict[str, int]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in languages.items()) or "not known"


def _validators(response: Response) -> str:
    found = [
        name for name, value in (("ETag", response.etag), ("Last-Modified", response.last_modified)) if value
    ]
    return " and ".join(found) or "none: every poll brings the whole feed"


def _headline(entry: Entry) -> str:
    words = entry.headline or entry.text or entry.summary_html or entry.guid or "(no headline)"
    date = entry.updated or entry.published
    return safe_line(f"{words} ({date})" if date else words, 200)


def _url(url: str) -> str:
    return safe_line(hide_in_urls(url), 2000)


def _text(raw: bytes | None) -> str | None:
    return raw.decode("utf-8", "replace") if raw else None
