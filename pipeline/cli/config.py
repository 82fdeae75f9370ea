"""init and config check: a configuration to start from, and whether it is right."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.context import AppContext
from pipeline.cli.service_link import check_addresses
from pipeline.config.source import shown_path
from pipeline.errors import NewswireError
from pipeline.settings import open_mailboxes, secrets_others_may_read, shipped_config_dir

config_app = typer.Typer(help="Check the configuration.", no_args_is_help=True)

#: what a new configuration begins with: in a checkout, the files of ./config are somebody's own
_STARTING = Path(__file__).parents[1] / "starting"
_WRITTEN = ("newswire.yaml", "feeds.yaml", "samples")


def init_command(
    app: AppContext,
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Where to write it; ./config when not given.")
    ] = None,
) -> None:
    """Write a new configuration to start from."""
    directory = directory or app.config or Path("config")
    try:
        _write(directory)
    except OSError as error:
        raise NewswireError(f"{directory} cannot be written: {error}") from error
    typer.echo(f"wrote {', '.join(_WRITTEN)} to {shown_path(directory)}")
    where = "" if directory == Path("config") else f" --config {directory}"
    typer.echo(f"next: newswire feeds add URL{where}; newswire run{where}")


@config_app.command("check")
def check_command(app: AppContext) -> None:
    """Say whether the configuration is right, and how many sources it has."""
    from workers.rules import check_rules

    settings = app.settings_and_feeds
    check_addresses(app)
    check_rules(settings.config_dir, settings.retention.beat_days)
    for path in secrets_others_may_read(settings, app.env):
        typer.echo(
            f"{path} holds secrets and every user of this machine may read it: chmod o-r {path}", err=True
        )
    for name in open_mailboxes(settings.feeds):
        typer.echo(
            f"{name}: whoever knows its address can send stories, and kills: name its senders", err=True
        )
    kinds = Counter(feed.kind.value for feed in settings.feeds)
    enabled = sum(feed.enabled for feed in settings.feeds)
    counts = "".join(f", {count} {kind}" for kind, count in sorted(kinds.items()))
    typer.echo(
        f"ok: {shown_path(settings.config_dir)}: {len(settings.feeds)} feeds, {enabled} enabled{counts}"
    )


def _write(directory: Path) -> None:
    there = [name for name in _WRITTEN if (directory / name).exists()]
    if there:
        raise NewswireError(f"{shown_path(directory)} holds {', '.join(there)} already; nothing was written")
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("newswire.yaml", "feeds.yaml"):
        shutil.copyfile(_STARTING / name, directory / name)
    shutil.copytree(shipped_config_dir() / "samples", directory / "samples")
