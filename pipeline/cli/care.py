"""quarantine, failed, erase, doctor: what went wrong, and again; gone for good; what is missing here."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pipeline.cli.context import AppContext
from pipeline.cli.service_link import limited_reader, running_queue, stored
from pipeline.clock import SystemClock
from pipeline.monitor.words import count_words
from pipeline.plain import safe_line

if TYPE_CHECKING:
    from pipeline.ports.store import Store
    from pipeline.queues import RedisQueue

quarantine_app = typer.Typer(no_args_is_help=True, help="See and release what could not be processed.")
failed_app = typer.Typer(no_args_is_help=True, help="See and retry jobs that failed.")

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")]
IdsArgument = Annotated[
    list[int] | None, typer.Argument(metavar="ID", help="As `quarantine list` shows them.")
]
AllOption = Annotated[bool, typer.Option("--all", help="Everything in quarantine.")]

_WHOLE_ID = re.compile(r"[0-9A-Fa-f]{32}")
#: what --all means at most
_EVERYTHING = 100_000


@quarantine_app.command("list")
def quarantine_list(app: AppContext, limit: LimitOption = 100, json: JsonOption = False) -> None:
    """List what is in quarantine, newest first."""
    from pipeline.cli.show_text import print_json, print_lines, quarantine_lines
    from pipeline.codec import to_json

    with stored(app) as store:
        rows = store.quarantine_list(limit)
    if not json:
        print_lines(quarantine_lines(rows))
    for row in rows if json else ():
        print_json(to_json(row) + b"\n")
    if not rows:
        typer.echo("nothing is in quarantine", err=True)


@quarantine_app.command("show")
def quarantine_show(
    app: AppContext,
    quarantine_id: Annotated[int, typer.Argument(metavar="ID")],
    raw: Annotated[bool, typer.Option("--raw", help="Only the bytes, unchanged.")] = False,
) -> None:
    """Show one thing in quarantine with its bytes."""
    from pipeline.cli.show_text import console, quarantine_view

    with stored(app) as store:
        found = store.quarantine_show(quarantine_id)
    if found is None:
        _fail(f"nothing in quarantine has the id {quarantine_id}")
    elif raw:
        sys.stdout.flush()
        sys.stdout.buffer.write(found[1])
    else:
        console().print(quarantine_view(*found))


@quarantine_app.command("release")
def quarantine_release(app: AppContext, ids: IdsArgument = None, everything: AllOption = False) -> None:
    """Let it try again, with fresh attempts."""
    from pipeline.care import release

    with stored(app) as store, limited_reader(app) as read:
        released = release(store, _chosen(store, ids, everything), SystemClock().now(), read=read)
    for each in released.unknown:
        typer.echo(f"newswire: nothing in quarantine has the id {each}", err=True)
    for each, cause in released.still_bad:
        typer.echo(f"newswire: {each} still cannot be read: {safe_line(cause)}", err=True)
    typer.echo(f"{released.entries} released", err=True)
    if released.unknown or released.still_bad:
        raise typer.Exit(1)


@quarantine_app.command("drop")
def quarantine_drop(app: AppContext, ids: IdsArgument = None, everything: AllOption = False) -> None:
    """Remove it for good; the same entry is not taken in again."""
    with stored(app) as store:
        chosen = _chosen(store, ids, everything)
        dropped = store.quarantine_drop(chosen, SystemClock().now())
    typer.echo(f"{dropped} dropped", err=True)
    if dropped < len(chosen):
        _fail(f"{len(chosen) - dropped} of the ids are not in quarantine")


@failed_app.command("list")
def failed_list(app: AppContext, limit: LimitOption = 100, json: JsonOption = False) -> None:
    """List jobs that failed."""
    from pipeline.cli.show_text import failed_line, print_json, print_lines
    from pipeline.codec import to_json

    with _queue(app) as queue:
        jobs = queue.failed_jobs(limit)
    for job in jobs:
        if json:
            print_json(to_json(job) + b"\n")
        else:
            print_lines([failed_line(job)])
    if not jobs:
        typer.echo("no failed jobs", err=True)


@failed_app.command("retry")
def failed_retry(
    app: AppContext,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="As `failed list` shows them.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
) -> None:
    """Put failed jobs back on their queues."""
    if bool(ids) is everything:
        _misused("name jobs, or give --all")
    with _queue(app) as queue:
        known = {str(job["id"]) for job in queue.failed_jobs(_EVERYTHING)} if ids else set()
        retried = queue.retry_failed(ids or None)
    typer.echo(f"{count_words(retried.back, 'job')} back on the queue", err=True)
    if retried.passed_over:
        passed_over = count_words(retried.passed_over, "job")
        typer.echo(f"{passed_over} passed over: gone meanwhile, or not to be read", err=True)
    if strangers := [each for each in ids or () if each not in known]:
        _fail(f"no failed job has the id {', '.join(map(safe_line, strangers))}")


def erase_command(
    app: AppContext,
    document_id: Annotated[str, typer.Argument(metavar="ID", help="The whole id, as `show` prints it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the tombstone.")],
) -> None:
    """Remove a document's text everywhere, for good."""
    if not reason.strip():
        _misused("--reason must say why")
    now = SystemClock().now()
    with stored(app) as store:
        if store.erase(document_id, reason=reason, now=now):
            typer.echo(f"{document_id} erased: {reason}", err=True)
            return
        if not _WHOLE_ID.fullmatch(document_id):
            _fail(f"no document {safe_line(document_id, 80)!r} (the whole id is needed)")
        store.erase_elsewhere(document_id, reason=reason, now=now)
    typer.echo(
        f"{document_id} is not stored here. If retention took it, the next `newswire archive` takes it out "
        f"of the archive; it will not be taken in again: {reason}\n"
        "If the id is mistyped, nothing was erased.",
        err=True,
    )


def doctor_command(app: AppContext) -> None:
    """Say what is missing on this machine, and what will go wrong."""
    from pipeline.cli.checks import Outcome, all_checks

    failed = False
    for check in all_checks(app):
        failed = failed or check.outcome is Outcome.FAIL
        typer.echo(f"{check.outcome.value:<4}  {check.name}: {safe_line(check.words)}")
    if failed:
        raise typer.Exit(1)


@contextmanager
def _queue(app: AppContext) -> Iterator["RedisQueue"]:
    with running_queue(app) as queue:
        if queue is None:
            _fail("the queue is not running; failed jobs live in it (their entries are sent again anyway)")
        yield queue


def _chosen(store: "Store", ids: list[int] | None, everything: bool) -> list[int]:
    if bool(ids) is everything:
        _misused("name ids, or give --all")
    return ids or [row.id for row in store.quarantine_list(_EVERYTHING)]


def _fail(words: str) -> NoReturn:
    typer.echo(f"newswire: {words}", err=True)
    raise typer.Exit(1)


def _misused(words: str) -> NoReturn:
    typer.echo(f"newswire: {words}", err=True)
    raise typer.Exit(2)
