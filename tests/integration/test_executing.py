"""Statements given to SQLite's library as it takes them soonest mean what they meant."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Boolean, Column, Integer, LargeBinary, MetaData, String, Table, insert, select, update
from sqlalchemy.schema import CreateTable

from pipeline.errors import Reason
from pipeline.store.database import Rows
from pipeline.store.executing import execute_many
from pipeline.store.sqlite import SqliteDatabase
from pipeline.store.tables import UtcTime

KINDS = Table(
    "kinds",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("word", String),
    Column("flag", Boolean),
    Column("data", LargeBinary),
    Column("at", UtcTime),
)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
#: of every kind, without values in between; then columns that are empty in all rows
GROUPS: tuple[Rows, ...] = (
    [
        {"id": 1, "word": Reason.GONE, "flag": True, "data": b"\0\xff", "at": NOON},
        {"id": 2, "word": None, "flag": None, "data": None, "at": None},
        {"id": 3, "word": "plain", "flag": False, "data": b"", "at": NOON},
    ],
    [
        {"id": 4, "word": None, "flag": True, "data": None, "at": NOON},
        {"id": 5, "word": None, "flag": True, "data": None, "at": NOON},
    ],
    [{"id": 6, "word": None, "flag": None, "data": None, "at": None}],
)


def test_values_of_every_kind_and_none_come_back(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "kinds.db")
    database.prepare()
    with database.write() as connection:
        connection.execute(CreateTable(KINDS))
        for rows in GROUPS:
            execute_many(connection, insert(KINDS), rows)
    with database.read() as connection:
        found = [dict(row) for row in connection.execute(select(KINDS).order_by(KINDS.c.id)).mappings()]
    assert found == [row for rows in GROUPS for row in rows]
    with database.write() as connection:
        emptied: Rows = [{"word": None, "flag": None, "data": b"x", "at": None}] * 2
        execute_many(connection, update(KINDS), emptied)
    with database.read() as connection:
        (row,) = set(connection.execute(select(KINDS.c.word, KINDS.c.flag, KINDS.c.data, KINDS.c.at)))
    assert tuple(row) == (None, None, b"x", None)
    database.close()
