"""What every command is given: where its configuration and data are, and its settings, read when first used.

A command is a plain function that takes `app: AppContext` beside its own typer parameters:

    def status_command(app: AppContext, *, watch: bool = False) -> None:
        store = open_store(app.settings)

`with_app`, which the command table applies to every command, hands `app` over and adds the options --config
and --data, so that both are accepted before and after the command's name. Tests call the function itself.
"""

import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.settings import Settings

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="DIR", help="Configuration directory [env: NEWSWIRE_CONFIG; default: ./config]."
    ),
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Where the embedded storage and queue live [env: NEWSWIRE_DATA; default: ./newswire-data].",
    ),
]


@dataclass(frozen=True, kw_only=True)
class AppContext:
    """One call of the command: its directories, its environment, its settings."""

    #: as given on the command line; None: from the environment, else the default
    config: Path | None = None
    data: Path | None = None
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @cached_property
    def config_dir(self) -> Path:
        """Find the configuration: given, ./config where it holds one, else the one that was shipped."""
        if self.config is not None:
            return self.config
        if named := self.env.get("NEWSWIRE_CONFIG"):
            return Path(named)
        here = Path("config")
        if any((here / name).is_file() for name in ("newswire.yaml", "feeds.yaml")):
            return here
        from pipeline.settings import shipped_config_dir

        return shipped_config_dir()

    @property
    def config_is_shipped(self) -> bool:
        """Say whether the configuration is nobody's own: the package's, or a checkout's that nobody named."""
        from pipeline.settings import shipped_config_dir

        is_named = self.config is not None or bool(self.env.get("NEWSWIRE_CONFIG"))
        is_packed = self.config_dir.resolve().is_relative_to(Path(__file__).parents[1])
        return is_packed or (not is_named and self.config_dir == shipped_config_dir())

    @cached_property
    def data_dir(self) -> Path:
        """Say where the embedded storage and queue live; absolute, need not exist."""
        return (self.data or Path(self.env.get("NEWSWIRE_DATA") or "newswire-data")).absolute()

    @cached_property
    def settings(self) -> "Settings":
        """Read the configuration without feeds.yaml: a slip in that stops no reader and no worker.

        Raises:
            ConfigError: newswire.yaml or the environment is wrong.
        """
        return self._load(with_feeds=False)

    @cached_property
    def settings_and_feeds(self) -> "Settings":
        """Read the whole configuration. Raises ConfigError."""
        return self._load(with_feeds=True)

    def _load(self, *, with_feeds: bool) -> "Settings":
        from pipeline.settings import load_settings

        if not self.config_dir.is_dir():
            raise ConfigError(
                f"{self.config_dir}: no such directory (newswire init {self.config_dir} makes one)"
            )
        return load_settings(self.config_dir, self.data_dir, self.env, with_feeds=with_feeds)

    def start_logs(self) -> None:
        """Send logs to standard error as the settings say; called by commands that run for long."""
        from pipeline.logs import configure_logs
        from pipeline.settings import secrets_of

        log = self.settings.log
        color = not self.env.get("NO_COLOR")
        configure_logs(log.level, log.format, color=color, secrets=secrets_of(self.settings))

    def chosen(self, *, config: Path | None, data: Path | None) -> "AppContext":
        """Return the context with what was given after the command's name."""
        return replace(self, config=config or self.config, data=data or self.data)


def with_app(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --config and --data to a command, and give it the AppContext it asks for.

    Args:
        function: A typer command; a parameter annotated `AppContext` is handed over, not parsed.
    """
    signature = inspect.signature(function, eval_str=True)
    own = [each for each in signature.parameters.values() if each.annotation is not AppContext]
    asked_for = signature.parameters.keys() - {each.name for each in own}

    @wraps(function)
    def command(
        global_context: typer.Context, global_config: Path | None, global_data: Path | None, **values: Any
    ) -> Any:
        app: AppContext = global_context.obj or AppContext()
        app = app.chosen(config=global_config, data=global_data)
        return function(**values, **dict.fromkeys(asked_for, app))

    keyword = inspect.Parameter.KEYWORD_ONLY
    added = [
        inspect.Parameter("global_context", keyword, annotation=typer.Context),
        inspect.Parameter("global_config", keyword, annotation=ConfigOption, default=None),
        inspect.Parameter("global_data", keyword, annotation=DataOption, default=None),
    ]
    # typer reads the signature only: the order of its parameters is that of the help text.
    command.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*(each.replace(kind=keyword) for each in own), *added]
    )
    return command
