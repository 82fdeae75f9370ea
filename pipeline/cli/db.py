"""db: the database as a whole: its schema, copies of it, whether it is sound, what is past its time."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.context import AppContext
from pipeline.cli.service_link import stored
from pipeline.plain import safe_line
from pipeline.service.lock import own

if TYPE_CHECKING:
    from pipeline.store.database import Database

db_app = typer.Typer(no_args_is_help=True, help="Look after the database: backups, checks, retention.")

#: how much a backup gives way to those who work
_NICE = 10


@db_app.command("migrate")
def migrate_command(app: AppContext) -> None:
    """Bring the schema up to date now; else the first command of a release does it."""
    from pipeline.store.migrate import migrate

    done = migrate(_database(app))
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
    database = _existing_database(app)
    if file is None:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        file = app.data_dir / "backups" / f"newswire-{stamp}.backup"
        file.parent.mkdir(mode=0o700, exist_ok=True)
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
        if (app.data_dir / "valkey").is_dir():
            set_aside(app.data_dir, "replaced")  # what it tells is of the other database
        done = migrate(database)
    typer.echo(f"restored from {file}; its schema is {done.head}", err=True)
    if kept:
        typer.echo(f"the old database: {kept}", err=True)
    if app.settings.queue.url:
        typer.echo(
            "when workers run again: `newswire dedupe rebuild`, as the queue's index is newer", err=True
        )


@db_app.command("check")
def check_command(app: AppContext) -> None:
    """Check files, references, chains, index and counts; whatever runs goes on."""
    with stored(app) as store:
        wrong = store.check()
    for each in wrong:
        typer.echo(safe_line(str(each)))
    if wrong:
        typer.echo(f"newswire: {len(wrong)} things are wrong", err=True)
        raise typer.Exit(1)
    typer.echo("the database is whole", err=True)


def _database(app: AppContext) -> "Database":
    from pipeline.store.open import open_database

    return open_database(app.settings.storage.url, app.data_dir)


def _existing_database(app: AppContext) -> "Database":
    """Reach the database there is. Raises StoreError: there is none."""
    with stored(app):
        pass
    return _database(app)
