"""What of a PostgreSQL server's files is damaged: they are read, and errors are told by table or index.

With data checksums the server refuses a page that is not as it was written. What is in an index is looked at
by its extension `amcheck`, where that is in the database and may be used; else by whoever reads in it.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from pipeline.errors import DamagedError
from pipeline.store.database import RESTORE

#: how states of errors begin that mean damage: what cannot be, and files that cannot be read
_DAMAGE = ("XX", "58")
#: whole tables are read, as they lie
_SETTINGS: LiteralString = """
    SET statement_timeout = 0;
    SET lock_timeout = 0;
    SET enable_indexscan = off;
    SET enable_indexonlyscan = off;
    SET enable_bitmapscan = off
"""
#: what reads every page of a table, and every value wherever it is kept
_TABLES: LiteralString = """
SELECT format('SELECT count(hash_record(it)) FROM ONLY %s it', oid::regclass)
FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY 1
"""
#: functions of `amcheck` that may be used: for which kind of index, oid, and what they are told beside it
_LOOKS: LiteralString = """
SELECT kind, function, more
FROM pg_extension
JOIN (VALUES
    ('btree', 'bt_index_check(regclass, boolean)', ', true'), ('gin', 'gin_index_check(regclass)', '')
) AS known (kind, name, more) ON extname = 'amcheck'
CROSS JOIN LATERAL (
    SELECT to_regprocedure(extnamespace::regnamespace || '.' || name)::oid AS function) AS found
WHERE has_function_privilege(function, 'EXECUTE')
"""
#: what looks at an index
_INDEXES = (
    """
SELECT format('SELECT %s(%s%s)', function::regproc, indexrelid, more)
FROM pg_index
JOIN pg_class AS own ON own.oid = indrelid
JOIN pg_class AS index ON index.oid = indexrelid AND index.relkind = 'i'
JOIN pg_am ON pg_am.oid = index.relam
JOIN ("""
    + _LOOKS
    + """) AS look ON kind = amname
LEFT JOIN pg_class AS main ON main.reltoastrelid = own.oid
WHERE indisvalid AND coalesce(main.relnamespace, own.relnamespace) = current_schema()::regnamespace
ORDER BY indexrelid
"""
)
_INVALID: LiteralString = """
SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE NOT indisvalid AND relkind = 'i' AND relnamespace = current_schema()::regnamespace ORDER BY 1
"""
#: where an error says that something is amiss → which relation that is
_RELATIONS: tuple[tuple[re.Pattern[str], LiteralString], ...] = (
    (re.compile(r"\bbase/\d+/(\d+)"), "SELECT pg_filenode_relation(0, %s::text::oid)::oid"),
    (
        re.compile(r"\bpg_tblspc/(\d+)/[^/]+/\d+/(\d+)"),
        "SELECT pg_filenode_relation(%s::text::oid, %s::text::oid)::oid",
    ),
    (re.compile(r"\bpg_toast_(\d+)\b"), "SELECT %s::text::oid"),
    (re.compile(r'"(\w+)"'), "SELECT oid FROM pg_class WHERE oid = to_regclass(%s) AND relkind = 'i'"),
)
#: whether it is an index, its name, and the table whose long values it keeps
_NAMED: LiteralString = """
SELECT own.relkind = 'i', own.oid::regclass::text, main.oid::regclass::text
FROM pg_class AS own
LEFT JOIN pg_index ON indexrelid = own.oid
LEFT JOIN pg_class AS main ON main.reltoastrelid = coalesce(indrelid, own.oid)
WHERE own.oid = %s
"""
#: what a REINDEX CONCURRENTLY that was broken off has left
_LEFT_OVER = re.compile(r"_cc(new|old)\d*\"?$")


class DamagedIndexError(DamagedError):
    """An index that can be made again."""

    def __init__(self, place: str, name: str, table: str | None = None) -> None:
        """Say so.

        Args:
            place: The name of the database.
            name: Of the index.
            table: Whose long values it finds, where it is an index of those.
        """
        self.name = name
        #: what is to be indexed again, as SQL says it
        self.part = f"TABLE {table}" if table else f"INDEX {name}"
        again = f"newswire db check --repair, or REINDEX {self.part}, makes it again"
        super().__init__(f"{place}: the index {name} is damaged", again)


def is_damage(state: str | None) -> bool:
    """Say whether an error with that state means that files are damaged."""
    return (state or "").startswith(_DAMAGE)


def damage_told(connection: "psycopg.Connection[Any]", place: str, told: str) -> DamagedError:
    """Say which table or index the words of an error mean.

    Args:
        connection: To ask by; it begins no transaction by itself.
        place: The name of the database.
        told: What the server said, in whatever language.
    """
    for sign, relation in _RELATIONS:
        for found in sign.finditer(told):
            oid = connection.execute(relation, found.groups()).fetchone()
            named = connection.execute(_NAMED, oid).fetchone() if oid else None
            if named is not None:
                is_index, name, main = named
                if is_index:
                    return DamagedIndexError(place, name, main)
                return DamagedError(f"{place}: the table {main or name} is damaged", RESTORE)
    return DamagedError(f"{place}: damaged, {told.partition(chr(10))[0]}", RESTORE)


def checked_by(connection: "psycopg.Connection[Any]") -> Iterator[str]:
    """Say by what damage is found."""
    checksums = "SHOW data_checksums"
    if _first(connection, checksums) == ["on"]:
        yield "data_checksums is on: a page that its disk has damaged is refused"
    else:
        yield "data_checksums is off: a page that its disk has damaged may go unseen: pg_checksums --enable"
    kinds = [{"btree": "keys", "gin": "words"}[kind] for kind in _first(connection, _LOOKS)]
    if kinds:
        yield f"amcheck looks at the indexes of {' and '.join(kinds)}"
    else:
        yield (
            "amcheck is not there, or not for this user: no index is looked at: CREATE EXTENSION amcheck, "
            "GRANT EXECUTE ON FUNCTION bt_index_check(regclass, boolean)"
        )


def damage(connection: "psycopg.Connection[Any]", place: str) -> Iterator[DamagedError]:
    """Read all tables and, where `amcheck` can be used, look at all indexes.

    Arguments are those of `damage_told`.
    """
    connection.execute(_SETTINGS)
    for name in _first(connection, _INVALID):
        yield DamagedIndexError(place, name)
    for look in (*_first(connection, _TABLES), *_first(connection, _INDEXES)):
        try:
            connection.execute(_statement(look))
        except psycopg.Error as error:
            if not is_damage(error.sqlstate):
                raise
            yield damage_told(connection, place, str(error))


def make_again(connection: "psycopg.Connection[Any]", parts: Iterable[str]) -> Iterator[str]:
    """Make indexes again while others read and write; gives those that are. See DamagedIndexError.part."""
    connection.execute(_SETTINGS)
    for part in parts:
        if _LEFT_OVER.search(part):
            continue
        try:
            connection.execute(_statement(f"REINDEX (CONCURRENTLY) {part}"))
        except psycopg.Error as error:
            if not is_damage(error.sqlstate):
                raise
            continue  # its table is damaged: who checks again is told
        yield part
    for name in _first(connection, _INVALID):
        if _LEFT_OVER.search(name):
            connection.execute(_statement(f"DROP INDEX CONCURRENTLY {name}"))


def _first(connection: "psycopg.Connection[Any]", query: LiteralString) -> list[Any]:
    return [row[0] for row in connection.execute(query).fetchall()]


def _statement(text: Any) -> sql.SQL:
    return sql.SQL(text)  # of names that the server has given, quoted
