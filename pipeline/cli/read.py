"""search, explain, tail, export, status: read what is stored. None of them needs a running service."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.context import AppContext
from pipeline.cli.finding import document_shown, note_unknown_beats
from pipeline.cli.service_link import running_queue, stored, stored_on
from pipeline.clock import SystemClock
from pipeline.ports.reading import Query

if TYPE_CHECKING:
    from pipeline.model import StoredDocument
    from pipeline.monitor.snapshot import Snapshot
    from pipeline.ports.store import Store
    from pipeline.store.search import Groups

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]

_WATCH_EVERY_S = 2.0


class ExportFormat(StrEnum):
    """What documents can be written as."""

    JSONL = "jsonl"
    NINJS = "ninjs"
    CSV = "csv"
    PARQUET = "parquet"


def search_command(
    app: AppContext,
    query: Annotated[
        list[str],
        typer.Argument(
            metavar="QUERY",
            help='Words, "phrases", -without (after --), and fields: lang:fr, provider:NAME, feed:ID, '
            'region:AF, topic:"armed conflict", beat:ID, person:NAME, org:NAME, story:ID, since:24h, '
            "until:2026-05-01, copies:hide.",
        ),
    ],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")] = 20,
    json: JsonOption = False,
    all_versions: Annotated[bool, typer.Option("--all-versions", help="Earlier versions too.")] = False,
) -> None:
    """Search what is stored, newest first."""
    now = SystemClock().now()
    text = " ".join(query)
    parsed = parsed_query(app, text)
    with stored(app) as store:
        found = store.search(parsed, now=now, limit=limit, all_versions=all_versions)
        for each in found:
            print_result(each, json=json)
        unknown = [] if found else list(_found_nowhere(app, store, text, now))
    if not found:
        typer.echo("; ".join(("no document matches", *unknown)), err=True)


def explain_command(
    app: AppContext,
    document_id: Annotated[
        str, typer.Argument(metavar="ID", help="An id, or 8 or more characters it begins with.")
    ],
    json: JsonOption = False,
) -> None:
    """Say why one document is tagged and linked as it is: each tag with the words that gave it."""
    from pipeline.cli.explain_text import explanation_view
    from pipeline.cli.show_text import console, print_json
    from pipeline.publish.explain import explanation
    from pipeline.publish.record import to_line

    with stored(app) as store:
        explained = explanation(document_shown(store, document_id, SystemClock().now()))
    if json:
        print_json(to_line(explained))
    else:
        console().print(explanation_view(explained), soft_wrap=True)


def tail_command(
    app: AppContext,
    beat: Annotated[
        str | None, typer.Option("--beat", metavar="BEAT", help="Only what belongs to this beat.")
    ] = None,
    json: JsonOption = False,
    since_start: Annotated[
        bool, typer.Option("--since-start", help="Begin with the first document stored.")
    ] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Begin with the last N documents.")] = 0,
    changes: Annotated[
        bool,
        typer.Option("--changes", help="All that becomes of documents: new, killed, withheld, erased, …"),
    ] = False,
    after: Annotated[
        int | None,
        typer.Option("--after", metavar="SEQ", min=0, help="With --changes: go on after this number."),
    ] = None,
) -> None:
    """Follow what is stored: each new document once, until interrupted."""
    from pipeline.publish.tail import follow, place_before

    if changes:
        if beat is not None or lines:
            raise typer.BadParameter(
                "--changes goes with --after or --since-start, not with --beat or --lines"
            )
        if since_start and after is not None:
            raise typer.BadParameter("--after and --since-start say two places to begin")
        _follow_changes(app, 0 if since_start else after, json=json)
        return
    if after is not None:
        raise typer.BadParameter("--after goes with --changes")
    with stored(app) as store:
        note_unknown_beats(app, [beat] if beat else [])
        after = 0 if since_start else place_before(store, lines)
        typer.echo("waiting for new documents (Ctrl-C ends)", err=True)
        for each in follow(store, SystemClock(), after=after, beat=beat):
            print_result(each, json=json)
            sys.stdout.flush()


def _follow_changes(app: AppContext, after: int | None, *, json: bool) -> None:
    """Print changes after a number; None: those that happen from now on."""
    from pipeline.cli.show_text import change_line, print_json, print_lines
    from pipeline.publish.record import change_record, to_line
    from pipeline.publish.tail import follow_changes

    with stored(app) as store:
        place = store.last_change() if after is None else after
        typer.echo(f"waiting for changes after {place} (Ctrl-C ends)", err=True)
        for each in follow_changes(store, SystemClock(), after=place):
            if json:
                print_json(to_line(change_record(each)))
            else:
                print_lines([change_line(each)])
            sys.stdout.flush()


def export_command(
    app: AppContext,
    form: Annotated[
        ExportFormat, typer.Option("--format", help="How documents are written.")
    ] = ExportFormat.JSONL,
    where: Annotated[
        str, typer.Option("--where", metavar="QUERY", help="Only what matches, as in search.")
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Appears only when it is whole.", dir_okay=False),
    ] = None,
) -> None:
    """Write documents, every version: as our JSON or IPTC ninjs 3.1, a line each, a CSV table, or Parquet.

    What is damaged is left out and named, and the exit code is 1.
    """
    from pipeline.monitor.words import count_words
    from pipeline.publish.export import Counted, export_blocks, write_whole

    query = parsed_query(app, where)
    note_unknown_beats(app, (query.fields or {}).get("beat", ()))
    damaged: Counter[str] = Counter()
    with stored(app) as store:
        found = store.stream(
            query, now=SystemClock().now(), passed_over=lambda error: damaged.update([str(error)])
        )
        documents = Counted(found)
        blocks = export_blocks(documents, form)
        if out is None:
            sys.stdout.flush()
            for block in blocks:
                sys.stdout.buffer.write(block)
            sys.stdout.buffer.flush()
        else:
            write_whole(out, blocks)
            typer.echo(f"{documents.count} documents written to {out}", err=True)
    for words, count in damaged.items():
        typer.echo(f"newswire: {count_words(count, 'document')} left out: {words}", err=True)
    if damaged:
        raise typer.Exit(1)


def status_command(
    app: AppContext,
    watch: Annotated[
        bool, typer.Option("--watch", help="Again every two seconds, until interrupted.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show queues, workers, feeds and failures. Works while the service runs and while it does not."""
    from pipeline.cli.show_text import console

    with stored(app) as store:
        if watch and not json and sys.stdout.isatty():
            _watch(app, store)
        _show_status(_snapshot(app, store), json=json)
        if not json and (server := stored_on(app)):
            typer.echo(f"\nstored in {server}")
        while watch:
            time.sleep(_WATCH_EVERY_S)
            if not json:
                console().print()
            _show_status(_snapshot(app, store), json=json)


def _watch(app: AppContext, store: "Store") -> None:
    """Keep one screen up to date until interrupted."""
    from rich.live import Live

    from pipeline.cli.show_text import console
    from pipeline.monitor.status import status_view

    with Live(console=console(), screen=True, auto_refresh=False) as live:
        while True:
            live.update(status_view(_snapshot(app, store)), refresh=True)
            time.sleep(_WATCH_EVERY_S)


def _snapshot(app: AppContext, store: "Store") -> "Snapshot":
    from pipeline.monitor.snapshot import take_snapshot

    # Looked up each time: the service may start or stop while we watch.
    with running_queue(app) as queue:
        return take_snapshot(store, queue, SystemClock().now())


def _show_status(snapshot: "Snapshot", *, json: bool) -> None:
    from pipeline.cli.show_text import console, print_json
    from pipeline.codec import to_json
    from pipeline.monitor.status import status_view

    if json:
        print_json(to_json(snapshot) + b"\n")
    else:
        console().print(status_view(snapshot))


def parsed_query(app: AppContext, text: str) -> Query:
    """Read a query; a wrong one ends the command with code 2."""
    from pipeline.errors import QueryError
    from pipeline.store.search import parse_query

    try:
        return parse_query(text, SystemClock().now(), _groups(app, text))
    except QueryError as error:
        typer.echo(f"newswire: the query is not understood: {error}", err=True)
        raise typer.Exit(2) from None


def _groups(app: AppContext, text: str) -> "Groups | None":
    """Read the groups of countries, where a query may name one."""
    from pipeline.cli.service_link import region_groups

    return region_groups(app) if "region:" in text.lower() else None


def _found_nowhere(app: AppContext, store: "Store", text: str, now: datetime) -> Iterator[str]:
    """Name what no document at all has: a region, a beat or a feed that may be mistyped."""
    from pipeline.store.search import parse_query, region_values

    groups = _groups(app, text)
    for name, values in (parse_query(text, now).fields or {}).items():
        for value in values:
            found_by = region_values(value, groups) if name == "region" else [value]
            alone = Query(fields={name: tuple(found_by)})
            if not store.search(alone, now=now, limit=1, all_versions=True):
                yield f"none at all has {name}:{value}"


def print_result(each: "StoredDocument", *, json: bool) -> None:
    """Print a document as one line: of JSON, or to be read."""
    from pipeline.cli.show_text import print_json, print_lines, result_line
    from pipeline.publish.record import document_record, to_line

    if json:
        print_json(to_line(document_record(each)))
    else:
        print_lines([result_line(each)])
