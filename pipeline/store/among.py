"""The condition `column IN (values)` with one parameter, however many values there are.

SQLAlchemy's own IN makes a parameter of each value, which costs a few microseconds for each of them at every
execution, and databases limit how many there may be.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, Text, TypeDecorator, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from pipeline.codec import to_json
from pipeline.store.tables import Key


class _Array(ARRAY[Any]):
    """An array, written as the server reads it: psycopg would ask each element for its type."""

    render_bind_cast = True

    def adapt(self, cls: type[Any], **kw: Any) -> "_Array":  # type: ignore[override]  # noqa: ARG002
        """Stay what it is: a dialect would make its own kind of array of it, which is written otherwise."""
        return _Array(self.item_type)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str]:  # noqa: ARG002
        """See TypeEngine."""
        sign = r"\\x" if isinstance(self.item_type, Key) else ""
        return lambda values: f"{{{','.join(_element(each, sign) for each in values)}}}"


def _element(value: int | str | None, sign: str) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    quoted = value.replace("\\", r"\\").replace('"', r"\"")
    return f'"{sign}{quoted}"'


class _Listed(TypeDecorator[list[Any]]):
    """A list as one parameter: JSON for SQLite, an array for PostgreSQL."""

    impl = Text
    cache_ok = True

    def __init__(self, of: TypeEngine[Any]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """See TypeDecorator."""
        return _Array(self.of) if dialect.name == "postgresql" else dialect.type_descriptor(Text())

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Dialect) -> Any:
        """See TypeDecorator."""
        values = list(value or ())
        return values if dialect.name == "postgresql" else to_json(values).decode()


class _Among(FunctionElement[bool]):
    name = "among"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: object = None) -> "_Among":  # noqa: ARG002
        """Stay as it is: `… = 1`, which SQLAlchemy adds for databases without booleans, hides the index."""
        return self


def among(column: ColumnElement[Any], values: str = "values") -> ColumnElement[bool]:
    """Make the condition that a column has one of the values of a list.

    Args:
        column: Of numbers, text or Key.
        values: Name of the parameter; executed with a list of int or str.
    """
    return _Among(column, bindparam(values, type_=_Listed(column.type)))


@compiles(_Among, "sqlite")
def _sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    name, listed = compiler.process(column, **options), compiler.process(values, **options)
    value = "unhex(value)" if isinstance(column.type, Key) else "value"
    return f"{name} IN (SELECT {value} FROM json_each({listed}))"  # noqa: S608  # all of it is from our tables


@compiles(_Among, "postgresql")
def _postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **options)} = ANY ({compiler.process(values, **options)})"
