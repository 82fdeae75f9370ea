"""`newswire inspect`: show the documents that files become. No queue, no storage, nothing kept."""

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.context import AppContext
from pipeline.clock import SystemClock
from pipeline.errors import EntryError, FetchError, ParseError
from pipeline.formats import detect
from pipeline.model import Parsed
from pipeline.plain import safe_line
from pipeline.publish.record import inspected_record, to_line
from pipeline.sources.files import Delivery, deliveries
from workers.normalise.document import Source, normalise
from workers.tag.tagger import Tagger, load_tagger

_MAX_BYTES = 256 * 1024 * 1024
#: what files say of their provider is believed, as with `import`
_SOURCE = Source(trust_provider=True)


def inspect_command(
    app: AppContext,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help='Files or folders; "-" is standard input.')
    ],
) -> None:
    """Show the documents that files become, as JSON Lines; keep nothing."""
    if failed := inspect(paths, load_tagger(app.config_dir)):
        raise typer.Exit(failed)


def inspect(paths: Sequence[Path], tagger: Tagger) -> int:
    """Write the documents of files to standard output in input order, what went wrong to standard error.

    Returns:
        The exit status: 0, or 1 if anything could not be read.
    """
    now = SystemClock().now()
    failed = 0
    for found in _lines(paths, tagger, now):
        if isinstance(found, bytes):
            sys.stdout.buffer.write(found)
        else:
            sys.stdout.buffer.flush()
            print(found, file=sys.stderr)
            failed = 1
    sys.stdout.buffer.flush()
    return failed


def _lines(paths: Sequence[Path], tagger: Tagger, now: datetime) -> Iterator[bytes | str]:
    """Give each document as a line of JSON, and each thing that went wrong as a line of text."""
    for found in deliveries([str(path) for path in paths], max_bytes=_MAX_BYTES):
        if isinstance(found, FetchError):
            yield safe_line(found.detail)
            continue
        name = "standard input" if found.name == "-" else found.name
        try:
            parsed = detect.read(found.body, name=found.name)
        except ParseError as error:
            yield safe_line(f"{name}: {error.detail}")
            continue
        yield from _documents(found, name, parsed, tagger, now)


def _documents(
    delivery: Delivery, name: str, parsed: Parsed, tagger: Tagger, now: datetime
) -> Iterator[bytes | str]:
    for number, entry in enumerate(parsed.entries, 1):
        try:
            document = normalise(entry, _SOURCE, None, now=now)
        except EntryError as error:
            yield safe_line(f"{name}: entry {number}: {error.detail}")
        else:
            yield to_line(inspected_record(*tagger.tag(document)))
    for problem in parsed.problems:
        yield safe_line(f"{name}: {delivery.place(problem.where)}: {problem.detail}")
