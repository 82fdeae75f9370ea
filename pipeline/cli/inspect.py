"""`newswire inspect`: show the documents that files become. No queue, no storage, nothing kept."""

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.context import AppContext
from pipeline.clock import SystemClock
from pipeline.errors import EntryError, FetchError, ParseError
from pipeline.formats import detect
from pipeline.model import Document, Parsed, Tagging
from pipeline.plain import safe_line
from pipeline.publish.record import inspected_record, to_line
from pipeline.sources.files import FilePiece, deliveries
from workers.normalise.document import Source, normalise
from workers.tag.enricher import Enricher
from workers.tag.models import installed_models
from workers.tag.ner import Models
from workers.tag.tagger import load_tagger

#: what the workers do with a document before and after it is stored
Analyse = Callable[[Document], tuple[Document, Tagging]]

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
    if failed := inspect(paths, _analyse(app)):
        raise typer.Exit(failed)


def _analyse(app: AppContext) -> Analyse:
    """Load rules and, where they are wanted and there, the models."""
    tagger = load_tagger(app.config_dir)
    languages = installed_models() if app.settings.ner else frozenset()
    enricher = Enricher(tagger=tagger, models=Models(languages)) if languages else None

    def analyse(document: Document) -> tuple[Document, Tagging]:
        document, tagging = tagger.tag(document)
        return document, enricher.enrich(document, tagging) if enricher else tagging

    return analyse


def inspect(paths: Sequence[Path], analyse: Analyse) -> int:
    """Write the documents of files to standard output in input order, what went wrong to standard error.

    Returns:
        The exit status: 0, or 1 if anything could not be read.
    """
    now = SystemClock().now()
    failed = 0
    for found in _lines(paths, analyse, now):
        if isinstance(found, bytes):
            sys.stdout.buffer.write(found)
        else:
            sys.stdout.buffer.flush()
            print(found, file=sys.stderr)
            failed = 1
    sys.stdout.buffer.flush()
    return failed


def _lines(paths: Sequence[Path], analyse: Analyse, now: datetime) -> Iterator[bytes | str]:
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
        yield from _documents(found, name, parsed, analyse, now)


def _documents(
    delivery: FilePiece, name: str, parsed: Parsed, analyse: Analyse, now: datetime
) -> Iterator[bytes | str]:
    for number, entry in enumerate(parsed.entries, 1):
        try:
            document = normalise(entry, _SOURCE, None, now=now)
        except EntryError as error:
            yield safe_line(f"{name}: entry {number}: {error.detail}")
        else:
            yield to_line(inspected_record(*analyse(document)))
    for problem in parsed.problems:
        yield safe_line(f"{name}: {delivery.place(problem.where)}: {problem.detail}")
