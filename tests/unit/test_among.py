"""Lists as one parameter, as PostgreSQL reads them."""

from collections.abc import Sequence

import pytest
from sqlalchemy import Column, Integer, Text
from sqlalchemy.dialects.postgresql import psycopg

from pipeline.store.among import among
from pipeline.store.tables import Key


@pytest.mark.parametrize(
    ("column", "values", "written", "kind"),
    [
        pytest.param(Column("id", Integer), [1, 2, -3], "{1,2,-3}", "INTEGER[]", id="numbers"),
        pytest.param(Column("id", Integer), [], "{}", "INTEGER[]", id="none"),
        pytest.param(
            Column("word", Text),
            ["plain", "NULL", 'a "b", {c}', "back\\slash"],
            r'{"plain","NULL","a \"b\", {c}","back\\slash"}',
            "TEXT[]",
            id="text",
        ),
        pytest.param(Column("key", Key), ["00ff"], r'{"\\x00ff"}', "BYTEA[]", id="hashes"),
    ],
)
def test_psycopg_is_given_a_text_and_asked_nothing_of_its_elements(
    column: Column[object], values: Sequence[object], written: str, kind: str
) -> None:
    dialect = psycopg.dialect()
    compiled = among(column).compile(dialect=dialect)
    assert f"::{kind}" in str(compiled)
    convert = compiled.binds["values"].type.dialect_impl(dialect).bind_processor(dialect)
    assert convert is not None
    assert convert(values) == written
