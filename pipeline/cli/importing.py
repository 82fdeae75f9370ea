"""What `newswire import` does before any worker: read files, parse them, take them in."""

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

import typer

from pipeline.cli.archiving import archive_at
from pipeline.cli.context import AppContext
from pipeline.clock import SystemClock
from pipeline.errors import FetchError, ParseError
from pipeline.model import Parsed, Problem, QueueName
from pipeline.parsing import ParsePool
from pipeline.plain import safe_line
from pipeline.ports.feeds import FeedStore, Poll, RawCopy, TakenIn
from pipeline.ports.outside import Parser
from pipeline.sources.files import FilePiece, deliveries, remote_tables
from pipeline.store.open import open_store

#: the feed that imported files belong to
IMPORT_FEED = "import"
#: in one transaction at most
_GROUP_FILES = 64
_GROUP_ENTRIES = 500


@dataclass(slots=True, kw_only=True)
class Imported:
    """What came of an import."""

    names: set[str] = field(default_factory=set)
    ids: list[int] = field(default_factory=list)
    #: bad lines and unreadable files that are in quarantine
    quarantined: int = 0
    #: files that could not be read at all
    failed: int = 0

    def add(self, polls: Sequence[Poll], taken: Sequence[TakenIn]) -> None:
        """Count what one transaction took in."""
        self.names.update(poll.raw.location for poll in polls if poll.raw)
        self.ids.extend(ref.id for each in taken for ref in each.new)
        self.quarantined += sum(each.problems for each in taken)

    def in_words(self) -> str:
        """Say it in one line."""
        files = _count(len(self.names), "file", "files")
        words = f"{_count(len(self.ids), 'entry', 'entries')} taken in from {files}"
        if self.quarantined:
            words += f", {self.quarantined} in quarantine (newswire quarantine list)"
        return words + (f", {_count(self.failed, 'file', 'files')} not read" if self.failed else "")


def _count(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def take_in_files(app: AppContext, paths: Sequence[str], *, provider: str | None) -> Imported:
    """Parse files in the killable pool and commit what they hold; the reconciler sends it."""
    fetch = app.settings.fetch
    store = open_store(app.settings.storage.url, app.data_dir)
    parser = ParsePool(processes=1, timeout_s=fetch.parse_timeout_s, memory_bytes=fetch.parse_memory_bytes)
    try:
        found = _found(app, paths)
        return asyncio.run(_take_in_all(found, store, parser, provider))
    finally:
        parser.close()
        store.close()


def _found(app: AppContext, paths: Sequence[str]) -> Iterator[FilePiece | FetchError]:
    """Read what is named, in order: files and folders, and archives by their URLs."""
    for path in paths:
        if "://" in path:
            yield from remote_tables(archive_at(path, app.settings))
        else:
            yield from deliveries([path], max_bytes=app.settings.fetch.max_body_bytes)


async def _take_in_all(
    found: Iterator[FilePiece | FetchError], store: FeedStore, parser: Parser, provider: str | None
) -> Imported:
    """Take files in as they are read, many small ones in one transaction."""
    imported = Imported()
    run = secrets.token_hex(8)
    group: list[Poll] = []
    for number, delivery in enumerate(found):
        if isinstance(delivery, FetchError):
            typer.echo(safe_line(delivery.detail), err=True)
            imported.failed += 1
            continue
        # Each import of a file is a delivery of its own, and so is each piece of a file.
        group.append(await _poll(delivery, parser, provider, occurrence=f"{run}-{number}"))
        for problem in group[-1].problems:
            name = "standard input" if delivery.name == "-" else delivery.name
            typer.echo(safe_line(f"{name}: {problem.where}: {problem.detail}"), err=True)
        if len(group) >= _GROUP_FILES or sum(len(poll.entries) for poll in group) >= _GROUP_ENTRIES:
            imported.add(group, store.take_in(group, SystemClock().now()))
            group = []
    if group:
        imported.add(group, store.take_in(group, SystemClock().now()))
    return imported


async def _poll(delivery: FilePiece, parser: Parser, provider: str | None, *, occurrence: str) -> Poll:
    began = monotonic()
    try:
        parsed = await parser.parse(delivery.body, name=delivery.name, media_type=None)
    except ParseError as error:
        problem = Problem(reason=error.reason, detail=error.detail, where="whole file")
        parsed = Parsed(format="unknown", problems=(problem,))
    entries = parsed.entries
    if provider is not None:
        entries = tuple(replace(entry, provider=entry.provider or provider) for entry in entries)
    return Poll(
        feed_id=IMPORT_FEED,
        epoch=None,
        polled_at=SystemClock().now(),
        duration_s=monotonic() - began,
        raw=RawCopy(body=delivery.body, media_type=None, location=delivery.name),
        entries=entries,
        problems=tuple(replace(each, where=delivery.place(each.where)) for each in parsed.problems),
        format=parsed.format,
        queue=QueueName.BACKFILL,
        occurrence=occurrence,
        sending=False,
    )
