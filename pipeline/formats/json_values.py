"""Values out of JSON that strangers wrote: of the kind we expect, or refused in words."""

import json
import re
from collections.abc import Mapping
from typing import Any

_KINDS = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}


#: what json says of slips that leave no doubt
_SLIPS = ("Invalid control character", "Invalid \\escape")
#: an escape of JSON, or a backslash that begins none
_BACKSLASH = re.compile(r"(\\[\"\\/bfnrtu])|\\")


class WrongValueError(Exception):
    """A value is not of the kind we expect; the message says which."""


def load(text: str) -> Any:
    """Read JSON, and what agencies take for it: line ends and tabs in texts, a backslash before anything.

    Raises:
        WrongValueError: No JSON, or nested too deep, or with a number of thousands of digits.
    """
    try:
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            if not error.msg.startswith(_SLIPS):
                raise
            return json.loads(_BACKSLASH.sub(r"\1", text), strict=False)
    except json.JSONDecodeError as error:
        place = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno}, column {error.colno}"
        raise WrongValueError(f"no valid JSON: {error.msg} ({place})") from error
    except ValueError as error:
        raise WrongValueError(f"no usable JSON: {error}") from error
    except RecursionError as error:
        raise WrongValueError("JSON nested too deep") from error


def dump(value: Any) -> bytes:
    """Write a value that was read, as the bytes of a problem; empty where it is nested too deep for that."""
    try:
        return json.dumps(value).encode()
    except RecursionError:
        return b""


def text_at(record: Mapping[str, Any], key: str) -> str | None:
    """Read a text; numbers count as text, null and blank as absent."""
    value = record.get(key)
    if value is None:
        return None
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise WrongValueError(f'"{key}" must be text, not {kind(value)}')


def texts_at(record: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Read a list of texts; a single text is a list of one."""
    value = record.get(key)
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(text, str) for text in value):
        return tuple(value)
    raise WrongValueError(f'"{key}" must be a list of texts, not {kind(value)}')


def kind(value: object) -> str:
    """Say in words what a JSON value is."""
    return _KINDS.get(type(value), "a number")


def is_json(text: str) -> bool:
    """Say whether a text is a JSON object or list."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        load(text)
    except WrongValueError:
        return False
    return True
