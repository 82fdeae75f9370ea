"""How values are written in the configuration: durations, sizes, secrets; and what is said of wrong ones."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from pipeline.config.source import Complaint
from pipeline.config.words import KeyPath, suggest
from pipeline.retention import FOREVER

#: a hundred years: no calendar reaches so far back as some would have it
MOST_DAYS = 36_500

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d)\s*)+|\d+(?:\.\d+)?")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(|B|kB|KB|MB|GB|KiB|MiB|GiB)")
_BYTES = {
    "": 1,
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


class Section(BaseModel):
    """A mapping of the configuration: nothing but its keys, never changed, never shown whole in errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What references in values refer to."""

    #: relative paths start here
    config_dir: Path
    env: Mapping[str, str]


def about(key: str, message: str) -> PydanticCustomError:
    """Make the error of a model's own check that is about one of its keys."""
    return PydanticCustomError("about_key", "{words}", {"words": message, "key": key})


def seconds(value: object) -> object:
    """Read a duration as people write it.

    >>> [seconds(text) for text in ("90s", "5m", "1h30m", "0.5", 7)]
    [90.0, 300.0, 5400.0, 0.5, 7]
    """
    if not isinstance(value, str):
        return value
    if not _DURATION.fullmatch(value.strip()):
        raise ValueError("should be a duration such as 90s, 5m or 1h")
    return float(sum(float(number) * _SECONDS[unit or "s"] for number, unit in _DURATION_PART.findall(value)))


def size(value: object) -> object:
    """Read a number of bytes as people write it.

    >>> [size(text) for text in ("10MiB", "1.5 kB", "512")]
    [10485760, 1500, 512]
    """
    if not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value.strip())
    if not match:
        raise ValueError("should be a size such as 512KiB, 10MiB or 2GiB")
    return int(float(match[1]) * _BYTES[match[2]])


def _secret(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str) or not isinstance(info.context, Surroundings):
        return value
    found = (
        _from_file(value[5:], info.context) if value.startswith("file:") else _from_env(value, info.context)
    )
    if not found:
        raise ValueError("is empty")
    if any(ord(char) < 0x20 for char in found):
        raise ValueError("holds a line break or another control character")
    return found


def _from_file(name: str, around: Surroundings) -> str:
    try:
        text = (around.config_dir / name.strip()).read_text("utf-8")
    except OSError as error:
        raise ValueError(f"the file {name.strip()} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"the file {name.strip()} is not UTF-8") from error
    return text.removesuffix("\n").removesuffix("\r")


def _from_env(value: str, around: Surroundings) -> str:
    for name in _VARIABLE.findall(value):
        if name not in around.env:
            raise ValueError(f"the environment variable {name or '${}'} is not set")
    return _VARIABLE.sub(lambda match: around.env[match[1]], value)


def _near_file(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str) or not isinstance(info.context, Surroundings):
        return value
    path = info.context.config_dir / value
    if not path.is_file():
        raise ValueError("there is no such file")
    return str(path)


def comma_separated(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _days(value: object, read: ValidatorFunctionWrapHandler) -> object:
    """Read a number of days, or `forever`."""
    return FOREVER if isinstance(value, str) and value.strip().lower() == "forever" else read(value)


def _pairs(value: object) -> object:
    """Read a mapping that is written as in the environment: name=value, with commas between them."""
    if not isinstance(value, str):
        return _null_is_empty(value)
    pairs = (part.partition("=") for part in value.split(",") if part.strip())
    return {name.strip(): given.strip() for name, _, given in pairs}


def _null_is_empty(value: object) -> object:
    return {} if value is None else value


Seconds = Annotated[float, BeforeValidator(seconds)]
Size = Annotated[int, BeforeValidator(size)]
#: `${NAME}` from the environment, `file:PATH` from a file; anything else is itself
Secret = Annotated[str, BeforeValidator(_secret)]
#: a file that is there; a relative path starts at the configuration directory
NearFile = Annotated[str, BeforeValidator(_near_file)]
#: a list, or words with commas between them
Words = Annotated[tuple[str, ...], BeforeValidator(comma_separated)]
#: a number of days, or `forever`
Days = Annotated[int, Field(ge=1, le=MOST_DAYS), WrapValidator(_days)]
#: a number of days for each name
DaysByName = Annotated[dict[str, Days], BeforeValidator(_pairs)]
#: a section without any keys reads as null
EMPTY_SECTION = BeforeValidator(_null_is_empty)


def complaints(error: ValidationError, model: type[BaseModel], value: object) -> Iterator[Complaint]:
    """Turn what pydantic found into complaints about places of the file.

    Args:
        error: Of validating `value`.
        model: That it was validated with.
        value: As the file has it: what pydantic adds to a place (the tag of a union) is not in it.
    """
    for each in error.errors(include_url=False, include_input=False):
        place = _written_place(each["loc"], value, missing=each["type"] == "missing")
        if each["type"] == "about_key":
            place = (*place, str(each["ctx"]["key"]))
        yield Complaint(place=place, message=_message(each, model), at_key=each["type"] == "extra_forbidden")


_PLAINLY = {
    "missing": "is missing",
    "model_type": "should be a mapping of keys and values",
    "model_attributes_type": "should be a mapping of keys and values",
    "dict_type": "should be a mapping of keys and values",
    "tuple_type": "should be a list",
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
    "int_type": "should be a whole number",
    "int_parsing": "should be a whole number",
    "string_type": "should be text",
    "union_tag_not_found": 'needs a "kind"',
}


def _message(error: ErrorDetails, model: type[BaseModel]) -> str:
    if error["type"] == "extra_forbidden":
        meant = suggest(str(error["loc"][-1]), _fields_beside(error["loc"], model))
        return "unknown key" + (f' (did you mean "{meant}"?)' if meant else "")
    if error["type"] in _PLAINLY:
        return _PLAINLY[error["type"]]
    if error["type"] == "union_tag_invalid":
        return f"kind should be one of {error['ctx']['expected_tags']}"
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    # pydantic's numbers speak of parsing strings; every value of the file is one.
    return message.split(", unable to parse", 1)[0]


def _written_place(loc: KeyPath, value: object, *, missing: bool) -> KeyPath:
    place: KeyPath = ()
    for index, part in enumerate(loc):
        written = (
            part in value
            if isinstance(value, dict)
            else isinstance(value, list) and part in range(len(value))
        )
        if written:
            value = value[part]  # type: ignore[index]
        elif not (missing and index == len(loc) - 1):
            continue
        place = (*place, part)
    return place


def _fields_beside(loc: KeyPath, model: type[BaseModel]) -> set[str]:
    """Find the keys that the mapping of an unknown key knows."""
    models = [model]
    for part in loc[:-1]:
        if any(part in each.model_fields for each in models):
            fields = [each.model_fields[str(part)] for each in models if part in each.model_fields]
            models = [inner for each in fields for inner in _models_in(each.annotation)]
        elif isinstance(part, str):
            models = [each for each in models if part in _kinds_of(each)] or models
    return {name for each in models for name in each.model_fields}


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for argument in get_args(annotation) for model in _models_in(argument)]


def _kinds_of(model: type[BaseModel]) -> tuple[object, ...]:
    kind = model.model_fields.get("kind")
    return get_args(kind.annotation) if kind and get_origin(kind.annotation) is Literal else ()
