"""Statements on the path of every entry: compiled once, and given to the driver.

SQLAlchemy's own way costs 50 to 100 µs a statement and 5 µs a row, mostly in making dictionaries: a third of
all that storing a document costs. The drivers' errors are told in words where a transaction was opened.
"""

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    Connection,
    Delete,
    Dialect,
    Float,
    LargeBinary,
    Select,
    TypeDecorator,
    Update,
    null,
)
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import TypeEngine

from pipeline.cache_sizes import STATEMENTS
from pipeline.store.database import ReadRow, Rows

#: name of an option of an engine: how its database takes many new rows of one table faster than by INSERT
FILL = "newswire_fill"
#: given a connection, the table, the names of its columns and their values
Fill = Callable[[Connection, Any, tuple[str, ...], list[Sequence[Any]]], None]
#: name of an option of an engine: makes values of one column such as its driver takes without looking twice
EASE = "newswire_ease"
Ease = Callable[[Sequence[Any]], Sequence[Any]]
#: makes what a driver takes of a value, or a value of what it gives
_Convert = Callable[[Any], Any]


class _Plan(NamedTuple):
    """A statement as a driver takes it."""

    sql: str
    #: of the parameters, in their order
    names: tuple[str, ...]
    #: places of those that are to be converted
    converters: Sequence[tuple[int, _Convert]]
    #: parameters that are always the same
    constants: dict[str, Any]


class _Shape(NamedTuple):
    """What the rows of a statement become."""

    row: Callable[[Sequence[Any]], ReadRow]
    #: places of the columns that are to be converted
    converters: Sequence[tuple[int, _Convert]]


def fetch(connection: Connection, statement: Select[Any], **values: Any) -> list[ReadRow]:
    """Read the rows of a statement. Its dialect numbers its parameters."""
    found = _executed(connection, statement, values).fetchall()
    shape = _shape(statement, connection.dialect)
    if not found or not shape.converters:
        return list(map(shape.row, found))
    columns: list[Any] = list(zip(*found, strict=True))
    for index, convert in shape.converters:
        if not _is_empty(columns[index]):
            columns[index] = map(convert, columns[index])
    return list(map(shape.row, zip(*columns, strict=True)))


def execute(connection: Connection, statement: Update | Delete, **values: Any) -> None:
    """Execute a statement that changes rows. Its dialect numbers its parameters."""
    _executed(connection, statement, values)


def execute_many(connection: Connection, statement: Insert | Update, rows: Rows) -> None:
    """Execute one statement for each row; all rows have the same keys. Its dialect numbers its parameters."""
    if not rows:
        return
    dialect, options, keys = connection.dialect, connection.get_execution_options(), tuple(rows[0])
    plan = _plan(statement, keys, dialect)
    if plan.constants:
        rows = [plan.constants | row for row in rows]
    columns: list[Sequence[Any]] = list(zip(*map(itemgetter(*plan.names), rows), strict=True))
    for index, convert in plan.converters:
        column = columns[index]
        # In most columns of times and words all values of a group are the same one.
        alike = column.count(column[0]) == len(column)
        columns[index] = [convert(column[0])] * len(column) if alike else list(map(convert, column))
    ease: Ease | None = options.get(EASE)
    if ease is not None:
        given = dict(zip(plan.names, columns, strict=True))
        empty = tuple(name for name in plan.names if name in statement.table.c and _is_empty(given[name]))
        if empty:
            plan = _plan(statement, tuple(name for name in keys if name not in empty), dialect, empty)
        columns = [ease(given[name]) for name in plan.names]
    fill: Fill | None = options.get(FILL)
    if fill is not None and type(statement) is Insert and not plan.constants:
        fill(connection, statement.table, plan.names, columns)
    else:
        driver_of(connection).cursor().executemany(plan.sql, list(zip(*columns, strict=True)))


def driver_of(connection: Connection) -> Any:
    """Give the driver's own connection."""
    return connection.connection.driver_connection


def _executed(
    connection: Connection, statement: Select[Any] | Update | Delete, values: dict[str, Any]
) -> Any:
    plan = _plan(statement, tuple(values), connection.dialect)
    given = plan.constants | values
    parameters = [given[name] for name in plan.names]
    for index, convert in plan.converters:
        parameters[index] = convert(parameters[index])
    return driver_of(connection).execute(plan.sql, parameters)


def _is_empty(column: Sequence[Any]) -> bool:
    return column[0] is None and column.count(None) == len(column)


@lru_cache(STATEMENTS)
def _plan(
    statement: Select[Any] | Insert | Update | Delete,
    keys: tuple[str, ...],
    dialect: Dialect,
    empty: tuple[str, ...] = (),
) -> _Plan:
    """Compile a statement, taken as it is but for columns that are NULL in all rows, `empty`."""
    if empty:
        assert isinstance(statement, Insert | Update)
        statement = statement.values(dict.fromkeys(empty, null()))
    compiled = statement.compile(
        dialect=dialect,
        # Of a SELECT the keys are parameters, of an INSERT columns too.
        column_keys=keys if isinstance(statement, Insert | Update) else None,
        for_executemany=True,
    )
    names = tuple(compiled.positiontup or ())
    kinds = (compiled.binds[name].type.dialect_impl(dialect) for name in names)
    found = ((index, _converter(kind, dialect)) for index, kind in enumerate(kinds))
    constants = {name: compiled.binds[name].value for name in names if name not in keys}
    return _Plan(compiled.string, names, [(index, each) for index, each in found if each], constants)


@lru_cache(STATEMENTS)
def _shape(statement: Select[Any], dialect: Dialect) -> _Shape:
    columns = statement.selected_columns
    row = namedtuple("row", columns.keys())  # type: ignore[misc]  # as many kinds as statements
    kinds = (column.type.dialect_impl(dialect) for column in columns)
    found = ((index, _reader(kind, dialect)) for index, kind in enumerate(kinds))
    return _Shape(row._make, [(index, each) for index, each in found if each])


def _converter(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    """Choose what makes a parameter of a value; None: it is one.

    Drivers with parameters by place take booleans and bytes as they are. For types of ours SQLAlchemy's way
    is three calls for each value.
    """
    if isinstance(kind, TypeDecorator):
        inner = _converter(kind.impl_instance, dialect)
        outer = kind.process_bind_param
        if inner is None:
            return lambda value: outer(value, dialect)
        return lambda value: inner(outer(value, dialect))
    return None if isinstance(kind, Boolean | LargeBinary) else kind.bind_processor(dialect)


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    """Choose what makes a value of what a driver gives; None: it is one, as drivers give floats."""
    if isinstance(kind, TypeDecorator):
        inner = _reader(kind.impl_instance, dialect)
        outer = kind.process_result_value
        if type(kind).process_result_value is TypeDecorator.process_result_value:
            return inner
        if inner is None:
            return lambda value: outer(value, dialect)
        return lambda value: outer(inner(value), dialect)
    return None if isinstance(kind, Float) else kind.result_processor(dialect, None)
