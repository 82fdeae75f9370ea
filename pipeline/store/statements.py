"""Statements that both databases have, but SQLAlchemy once for each."""

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, func, select
from sqlalchemy.sql.dml import Insert

#: `insert` of a dialect: it knows ON CONFLICT
Inserting = Callable[[Table], Any]


@cache
def insert_new(insert: Inserting, table: Table) -> Insert:
    """Insert rows that are not there yet."""
    return insert(table).on_conflict_do_nothing()  # type: ignore[no-any-return]


@cache
def insert_or_add(insert: Inserting, table: Table, column: str) -> Insert:
    """Insert rows; where one is there, its column grows by the new value."""
    new = insert(table)
    total = table.c[column] + new.excluded[column]
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=list(table.primary_key), set_={column: total}
    )


@cache
def insert_or_set(insert: Inserting, table: Table, column: str) -> Insert:
    """Insert rows; where one is there, its column gets the new value."""
    new = insert(table)
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=list(table.primary_key), set_={column: new.excluded[column]}
    )


@cache
def last_id(table: Table) -> Select[int]:
    """Ask for the highest number that a table has given; 0: none."""
    (key,) = table.primary_key
    return select(func.coalesce(func.max(key), 0))
