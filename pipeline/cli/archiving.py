"""archive: everything that is stored, as Parquet, to keep for years."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.context import AppContext
from pipeline.cli.service_link import stored
from pipeline.clock import SystemClock
from pipeline.errors import ConfigError
from pipeline.monitor.words import count_words

if TYPE_CHECKING:
    from pipeline.archive.target import Target
    from pipeline.settings import Settings


def archive_command(
    app: AppContext,
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="A folder, s3://BUCKET/PATH, or another URL.")
    ],
    partition: Annotated[
        str, typer.Option("--partition", metavar="month|day", help="How much is in one file.")
    ] = "month",
    month: Annotated[
        list[str] | None,
        typer.Option("--month", metavar="YYYY-MM", help="Only this month; may be given again."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Write anew what has not changed too.")] = False,
) -> None:
    """Bring an archive up to date: all versions, as Parquet files by the month they were published in.

    What has not changed is passed over; what is cut off goes on the next time.
    """
    from pipeline.archive.write import Partition, archive

    if partition not in tuple(Partition):
        raise typer.BadParameter("should be month or day", param_hint="--partition")
    months = _months(month)
    place = archive_at(target, app.settings)
    written = passed_over = 0
    with stored(app) as store:
        for done in archive(
            store,
            place,
            Partition(partition),
            now=SystemClock().now(),
            wanted=lambda span: not months or span.name[:7] in months,
            again=again,
        ):
            if done.documents is None:
                passed_over += 1
                continue
            written += 1
            audit = f", {done.audit} for audit only" if done.audit else ""
            typer.echo(f"{done.span.name}: {count_words(done.documents, 'document')}{audit}", err=True)
    typer.echo(
        f"{count_words(written, partition)} written to {target}, {passed_over} had not changed", err=True
    )


def archive_at(url: str, settings: "Settings") -> "Target":
    """Find where an archive is; a URL that nothing knows ends the command with code 2."""
    from pipeline.archive.target import ObjectStore, open_target

    wishes = settings.archive
    store = ObjectStore(
        endpoint=wishes.endpoint,
        region=wishes.region,
        access_key=wishes.access_key,
        secret_key=wishes.secret_key,
    )
    try:
        return open_target(url, store)
    except ConfigError as error:
        typer.echo(f"newswire: {error}", err=True)
        raise typer.Exit(2) from None


def _months(given: list[str] | None) -> frozenset[str]:
    for each in given or ():
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", each):
            raise typer.BadParameter(f"{each} is no month: 2026-05", param_hint="--month")
    return frozenset(given or ())
