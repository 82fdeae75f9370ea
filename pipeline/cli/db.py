"""db: the database as a whole: its schema, copies of it, whether it is sound, what is past its time."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.context import AppContext
from pipeline.cli.service_link import check_stored, stored
from pipeline.clock import SystemClock
from pipeline.errors import StoreError
from pipeline.monitor.words import count_words
from pipeline.plain import safe_line
from pipeline.service.lock import own

if TYPE_CHECKING:
    from pipeline.ports.store import Store
    from pipeline.retention import Policy
    from pipeline.settings import Retention
    from pipeline.store.database import Database

db_app = typer.Typer(no_args_is_help=True, help="Look after the database: backups, checks, retention.")

#: how much a backup gives way to those who work
_NICE = 10


@db_app.command("migrate")
def migrate_command(
    app: AppContext,
    no_backup: Annotated[bool, typer.Option("--no-backup", help="You have made one yourself.")] = False,
) -> None:
    """Bring the schema up to date now, after a backup; else the first command of a release does it."""
    from pipeline.store.migrate import migrate

    done = migrate(_database(app), backup=not no_backup)
    if done.found == done.head:
        typer.echo(f"the schema is {done.head}: nothing to do", err=True)
        return
    typer.echo(f"the schema is {done.head} now; it was {done.found or 'not there'}", err=True)
    if done.copy:
        typer.echo(f"as it was before: {done.copy}", err=True)


@db_app.command("backup")
def backup_command(
    app: AppContext,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Default: in `backups` of the data directory.")
    ] = None,
) -> None:
    """Copy the database as it is at one moment to a file; whatever runs goes on."""
    check_stored(app)
    database = _database(app)
    if file is None:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        file = app.data_dir / "backups" / f"newswire-{stamp}.backup"
        try:
            for folder in (app.data_dir, file.parent):
                folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{error.filename}: {error.strerror}") from error
    os.nice(_NICE)
    began = time.monotonic()
    database.backup(file)
    size = file.stat().st_size / (1 << 20)
    typer.echo(f"{file}", err=False)
    typer.echo(f"{size:,.1f} MB in {time.monotonic() - began:.1f} s, checked", err=True)


@db_app.command("restore")
def restore_command(
    app: AppContext, file: Annotated[Path, typer.Argument(metavar="FILE", help="Made by `db backup`.")]
) -> None:
    """Replace the database by a backup; the old one is kept beside it. Nothing may run meanwhile."""
    from pipeline.service.embedded import queue_url, set_aside
    from pipeline.store.migrate import migrate

    database = _database(app)
    with own(app.data_dir, command="db restore", queue_url=queue_url(app.data_dir)):
        kept = database.restore(file)
        if kept:
            typer.echo(f"the old database: {kept}", err=True)
        if (app.data_dir / "valkey").is_dir():
            set_aside(app.data_dir, "replaced")  # what it tells is of the other database
        done = migrate(database)
    typer.echo(f"restored from {file}; its schema is {done.head}", err=True)
    if app.settings.queue.url:
        typer.echo(
            "when workers run again: `newswire dedupe rebuild`, as the queue's index is newer", err=True
        )


@db_app.command("check")
def check_command(
    app: AppContext,
    repair: Annotated[
        bool, typer.Option("--repair", help="Make again what follows from the documents: index and tags.")
    ] = False,
) -> None:
    """Check files, references, chains, index and counts; whatever runs goes on."""
    from pipeline.store.open import is_on_server, server_checks

    with stored(app) as store:
        url = app.settings.storage.url
        if url and is_on_server(url):
            for words in server_checks(url):
                typer.echo(words, err=True)
        wrong = store.check()
        if wrong and repair:
            for what, count in store.repair().items():
                typer.echo(f"{what}: {count}, made again", err=True)
            wrong = store.check()
    for each in wrong:
        typer.echo(safe_line(str(each)))
    if wrong:
        typer.echo(f"newswire: {len(wrong)} things are wrong", err=True)
        raise typer.Exit(1)
    typer.echo("the database is whole", err=True)


@db_app.command("retention")
def retention_command(
    app: AppContext,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
) -> None:
    """Remove documents that are past their time now; a running service does it by itself, hourly."""
    from pipeline.cli.show_text import print_lines
    from workers.retiring import sweep

    clock = SystemClock()
    with stored(app) as store:
        policy = policy_of(app.settings.retention)
        wished = {each.id: each.kept for each in app.settings_and_feeds.feeds}
        policy = policy.for_feeds({**store.kept_by_feeds(), **wished})
        if dry_run:
            print_lines(_would_go(store, policy, clock.now()))
            return
        removed = sum(sweep(store, policy, clock))
    typer.echo(f"{count_words(removed, 'document')} removed", err=True)


def policy_of(retention: "Retention") -> "Policy":
    """Make the policy of the settings; what sources wish is not in it."""
    from pipeline.retention import FOREVER, Policy

    return Policy(
        document_days=retention.document_days or FOREVER,
        raw_days=retention.raw_days,
        beats=retention.beat_days,
    )


def _would_go(store: "Store", policy: "Policy", now: datetime) -> Iterator[str]:
    """Count what is past its time, by source."""
    items: Counter[str] = Counter()
    documents: Counter[str] = Counter()
    newest: dict[str, datetime] = {}
    after: int | None = 0
    seen: set[int] = set()  # the versions of one item may stand on several pages
    while after is not None:
        page = store.past_items(policy, now, after=after)
        for each in page.items:
            if each.id not in seen:
                seen.add(each.id)
                name = each.feed_id or "-"
                items[name] += 1
                documents[name] += each.documents
                newest[name] = max(each.newest_at, newest.get(name, each.newest_at))
        after = page.after
    for name, count in documents.most_common():
        yield (
            f"{name}: {count_words(count, 'document')} of {count_words(items[name], 'item')} would go, "
            f"the newest of {newest[name]:%Y-%m-%d}; kept {_in_days(policy.documents_of(name))}"
        )
    yield f"{count_words(documents.total(), 'document')} would go"


def _in_days(days: int) -> str:
    from pipeline.retention import FOREVER

    return "for ever" if days >= FOREVER else count_words(days, "day")


def _database(app: AppContext) -> "Database":
    from pipeline.store.open import open_database

    return open_database(app.settings.storage.url, app.data_dir)
