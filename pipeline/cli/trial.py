"""One fetch of one feed, told in words: what `feeds test` shows."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.formats.detect import read
from pipeline.groups import GroupRules
from pipeline.model import Entry, Feed, FeedState, Parsed, Response
from pipeline.plain import safe_line
from pipeline.settings import Fetch
from pipeline.sources.http import HttpFetcher, user_agent

_HEADLINES = 5
_PROBLEMS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one fetch brought."""

    response: Response
    parsed: Parsed
    duration_s: float


async def try_feed(feed: Feed, limits: Fetch) -> Trial:
    """Fetch a feed once, unconditionally, and read it. Raises FeedError."""
    fetcher = HttpFetcher(
        user_agent=user_agent(limits.contact),
        timeout_s=limits.timeout_s,
        max_body_bytes=limits.max_body_bytes,
        max_redirects=limits.max_redirects,
        connections=1,
        groups=GroupRules(at_once=1),
    )
    began = time.monotonic()
    async with fetcher:
        response = await fetcher.fetch(feed, FeedState(feed_id=feed.id, next_poll_at=datetime.now(UTC)))
    duration_s = time.monotonic() - began
    # Once, for somebody who waits: no other process, and Ctrl-C ends what hangs.
    parsed = read(response.body or b"", name=response.final_url, media_type=response.media_type)
    return Trial(response=response, parsed=parsed, duration_s=duration_s)


def in_words(trial: Trial) -> Iterator[str]:
    """Tell a trial, line by line; texts of the feed are made safe for a terminal."""
    response, parsed = trial.response, trial.parsed
    title = f" {safe_line(parsed.title)!r}" if parsed.title else ""
    yield f"status      {response.status}, {len(response.body or b'')} bytes in {trial.duration_s:.1f} s"
    yield f"final URL   {safe_line(response.final_url, 2000)}"
    yield f"format      {parsed.format}{title}"
    yield f"entries     {len(parsed.entries)}"
    yield f"validators  {_validators(response)}"
    for problem in parsed.problems[:_PROBLEMS]:
        yield f"problem     {safe_line(f'{problem.where}: {problem.detail}')}"
    for entry in parsed.entries[:_HEADLINES]:
        yield f"entry       {_entry(entry)}"


def _validators(response: Response) -> str:
    found = [
        name for name, value in (("ETag", response.etag), ("Last-Modified", response.last_modified)) if value
    ]
    return " and ".join(found) or "none: every poll brings the whole feed"


def _entry(entry: Entry) -> str:
    words = entry.headline or entry.text or entry.summary_html or entry.guid or "(no headline)"
    date = entry.updated or entry.published
    return safe_line(f"{words} ({date})" if date else words, 200)
