"""The `newswire` command: a table of commands, each imported when it is called, and what errors look like.

Exit codes: 0 done, 1 something failed (said in one line), 2 wrong usage or configuration, 130 interrupted,
141 whoever read standard output went away.
"""

import errno
import os
import sys
from copy import copy
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from inspect import getdoc
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from pipeline.cli.context import AppContext, ConfigOption, DataOption, with_app
from pipeline.errors import CONFIG_WRONG, ConfigError, NewswireError
from pipeline.loading import start_loading

#: what writing to a full or broken disk says
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)

_SETTINGS = {"help_option_names": ["-h", "--help"]}


@dataclass(frozen=True, slots=True)
class _Listed:
    """A command of the table: its name, where its function or sub-commands are, and its line of help."""

    name: str
    target: str
    help: str


# One line each: this is all that `newswire --help` reads.
_COMMANDS = (
    _Listed("run", "pipeline.cli.service:run_command", "Run everything on this machine."),
    _Listed("fetch", "pipeline.cli.service:fetch_command", "Run the fetcher alone."),
    _Listed("work", "pipeline.cli.service:work_command", "Run workers alone."),
    _Listed("web", "pipeline.cli.service:web_command", "Run the web page and API alone."),
    _Listed("init", "pipeline.cli.config:init_command", "Write a new configuration to start from."),
    _Listed("doctor", "pipeline.cli.care:doctor_command", "Say what is missing on this machine."),
    _Listed("config", "pipeline.cli.config:config_app", "Check the configuration."),
    _Listed("feeds", "pipeline.cli.feeds:feeds_app", "List, add, remove and try sources."),
    _Listed("import", "pipeline.cli.service:import_command", "Take in files once."),
    _Listed("inspect", "pipeline.cli.inspect:inspect_command", "Show what files become; keep nothing."),
    _Listed("status", "pipeline.cli.read:status_command", "Show queues, workers, feeds and failures."),
    _Listed("search", "pipeline.cli.read:search_command", "Search what is stored."),
    _Listed("show", "pipeline.cli.show:show_command", "Show one document, its versions, or a story."),
    _Listed("explain", "pipeline.cli.read:explain_command", "Say why one document is tagged as it is."),
    _Listed("stories", "pipeline.cli.stories:stories_command", "List events, each with all its documents."),
    _Listed("tail", "pipeline.cli.read:tail_command", "Follow what is stored."),
    _Listed("export", "pipeline.cli.read:export_command", "Write documents to a file or pipe."),
    _Listed("archive", "pipeline.cli.archiving:archive_command", "Keep everything as Parquet, for years."),
    _Listed("quarantine", "pipeline.cli.care:quarantine_app", "See and release what could not be processed."),
    _Listed("failed", "pipeline.cli.care:failed_app", "See and retry jobs that failed."),
    _Listed("tags", "pipeline.cli.tags:tags_app", "Test the rules of topics against their examples."),
    _Listed("retag", "pipeline.cli.retag:retag_command", "Tag all that is stored by the rules of now."),
    _Listed("dedupe", "pipeline.cli.dedupe:dedupe_app", "Compare documents; rebuild the index of copies."),
    _Listed("db", "pipeline.cli.db:db_app", "Look after the database: backups, checks, retention."),
    _Listed("erase", "pipeline.cli.care:erase_command", "Remove a document's text everywhere, for good."),
)


class _Commands(TyperGroup):
    """The commands of the table. Listing them imports none of them; calling one imports its module."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for each in _COMMANDS:
            self.add_command(TyperCommand(each.name, help=each.help))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, listed, rest = super().resolve_command(ctx, args)
        target = next((each.target for each in _COMMANDS if each.name == name), None)
        return name, _load(target) if target else listed, rest

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _leave_standard_output()
            raise typer.Exit(141) from None
        except OSError as error:
            # Elsewhere an OSError is a fault of ours, to be seen whole.
            if error.errno not in _FULL:
                raise
            _leave_standard_output()
            typer.echo(f"newswire: the output cannot be written: {error.strerror}", err=True)
            raise typer.Exit(1) from None
        except ConfigError as error:
            typer.echo(f"newswire: the configuration is wrong\n{error}", err=True)
            raise typer.Exit(CONFIG_WRONG) from None
        except NewswireError as error:
            typer.echo(f"newswire: {' '.join(error.words.split())}", err=True)
            raise typer.Exit(1) from None
        return result


def _leave_standard_output() -> None:
    # Python flushes standard output once more when it ends, and would complain there.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _load(target: str) -> TyperCommand | TyperGroup:
    module, _, attribute = target.partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        # A copy, so that loading twice does not wrap twice.
        group = copy(found)
        group.registered_commands = [copy(info) for info in found.registered_commands]
        for info in group.registered_commands:
            if info.callback:
                # Without it, the line of help would be cut to the terminal's width.
                info.short_help = " ".join((getdoc(info.callback) or "").split("\n\n")[0].split())
                info.callback = with_app(info.callback)
        group.rich_markup_mode = None
        group.callback()(_take_options)
        return get_group(group)
    single = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=_SETTINGS)
    single.command(context_settings=_SETTINGS)(with_app(found))
    command: TyperCommand | TyperGroup = get_command(single)  # type: ignore[assignment]
    return command


def _take_options(ctx: typer.Context, *, config: ConfigOption = None, data: DataOption = None) -> None:
    ctx.obj = (ctx.obj or AppContext()).chosen(config=config, data=data)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"newswire {version('newswire')}")
        raise typer.Exit


# Locals in tracebacks would show secrets; plain help survives pipes and starts faster.
_app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_SETTINGS,
)


@_app.callback()
def _newswire(
    ctx: typer.Context,
    *,
    config: ConfigOption = None,
    data: DataOption = None,
    version: Annotated[  # noqa: ARG001 - eager: its callback has ended the command
        bool,
        typer.Option("--version", is_eager=True, callback=_say_version, help="Show the version and exit."),
    ] = False,
) -> None:
    """Take in wire copy, keep every version of every story, and make it searchable."""
    ctx.obj = AppContext(config=config, data=data)


def main() -> None:
    """Run the `newswire` command."""
    start_loading()
    _app(prog_name="newswire")
