"""Logs: one line an event, for people on a terminal, JSON otherwise. Home of structlog.

Event names are constants of ours; whatever came from outside is a value. The lines of libraries (rq, aiohttp,
uvicorn, alembic) take the same way: their logger is the event, their text the value `message`. Known secrets
and those that URLs carry are hidden in every value before any renderer sees it.
"""

import json
import logging
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from datetime import date, datetime
from math import isfinite
from typing import Any, TextIO

import structlog
from structlog.stdlib import BoundLogger
from structlog.typing import EventDict, Processor

from pipeline.plain import safe_line, safe_text
from pipeline.redaction import Redactor

#: libraries that log every request or job: shown one level later than ours
_CHATTY = (
    "alembic",
    "aiohttp.access",
    "asyncio",
    "rq",
    "rq.scheduler",
    "rq.worker",
    "uvicorn",
    "uvicorn.access",
)
_FIRST = ("timestamp", "level", "event", "logger")
_LONGEST = 20_000
_LONGEST_ON_CONSOLE = 2_000
_DEEPEST = 4


def get_logger(name: str) -> BoundLogger:
    """Return the logger of a module; what `structlog.contextvars` binds is in each of its lines."""
    logger: BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def configure_logs(
    level: str,
    format: str,  # noqa: A002 - the setting's name
    *,
    stream: TextIO | None = None,
    secrets: Iterable[str] = (),
    color: bool = True,
) -> None:
    """Send all logs of this process to one stream; calling it again replaces what was set.

    Args:
        level: debug, info, warning or error.
        format: console, json, or auto: console where the stream is a terminal.
        stream: Standard error when not given.
        secrets: Texts that must not be in any line.
        color: Whether a terminal may get colours.
    """
    stream = stream or sys.stderr
    terminal = stream.isatty()
    console = format == "console" or (format == "auto" and terminal)
    first = _before()
    _hide.only(secrets)
    last: list[Processor] = [_hide, *(_for_console(color and terminal) if console else _for_json())]
    structlog.configure(
        processors=[*first, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(stream)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*first, _foreign],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler.setFormatter(formatter)
    _route_everything_to(handler, logging.getLevelNamesMapping()[level.upper()])


def hide_also(secrets: Iterable[str]) -> None:
    """Hide further secrets from now on: those of feeds that came while running."""
    _hide.also(secrets)


def _route_everything_to(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Libraries that have set themselves up already would write around us.
    for name in list(root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    later = min(level + 10, logging.ERROR)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(later)
    logging.captureWarnings(capture=True)


def _before() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]


def _foreign(_: Any, __: str, event: EventDict) -> EventDict:
    event["message"] = event["event"]
    event["event"] = event.get("logger", "log")
    return event


class _Hiding:
    """The processor that hides secrets; the same one serves all lines of the process."""

    def __init__(self) -> None:
        self.only(())

    def only(self, secrets: Iterable[str]) -> None:
        self._secrets = frozenset(secrets)
        self._redactor = Redactor(self._secrets)

    def also(self, secrets: Iterable[str]) -> None:
        self.only(self._secrets.union(secrets))

    def __call__(self, _: Any, __: str, event: EventDict) -> EventDict:
        hidden = self._redactor
        ordered = {key: event[key] for key in _FIRST if key in event} | dict(event)
        return {hidden.text(str(key)): _plain(value, hidden) for key, value in ordered.items()}


_hide = _Hiding()


def _plain(value: object, redactor: Redactor, depth: int = 0) -> object:
    """Make what a renderer shows: text without secrets, numbers, and lists and mappings of them."""
    if value is None or isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {redactor.text(str(key)): _plain(inner, redactor, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEEPEST:
        return [_plain(inner, redactor, depth + 1) for inner in value]
    return redactor.text(_as_text(value))[:_LONGEST]


def _as_text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _for_json() -> list[Processor]:
    # ASCII only: escapes ESC, C1, line separators and lone surrogates in one go.
    return [structlog.processors.JSONRenderer(serializer=json.dumps)]


def _for_console(color: bool) -> list[Processor]:
    renderer = structlog.dev.ConsoleRenderer(
        colors=color, exception_formatter=structlog.dev.plain_traceback, pad_event_to=24
    )
    return [_printable, renderer]


def _printable(_: Any, __: str, event: EventDict) -> EventDict:
    """Leave nothing in an event that a terminal would obey or that looks like another line."""
    blocks: MutableMapping[str, str] = {}
    for key in ("exception", "stack"):
        if key in event:
            lines = safe_text(str(event.pop(key))).splitlines()
            blocks[key] = "\n".join(f"    {line}" for line in lines)
    shown = {safe_line(key): _line(value) for key, value in event.items()}
    return {**shown, **blocks}


def _line(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    return safe_line(value if isinstance(value, str) else json.dumps(value), _LONGEST_ON_CONSOLE)


# Without this structlog writes to standard output, among the results, until configure_logs was called.
structlog.configure(
    processors=[*_before(), _hide, *_for_json()],
    wrapper_class=structlog.make_filtering_bound_logger("warning"),
    logger_factory=structlog.stdlib.LoggerFactory(),
)
