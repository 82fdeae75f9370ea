"""Searching on PostgreSQL: when texts are looked into, and when the index lists what has a word."""

import pytest
from sqlalchemy.dialects import postgresql

from pipeline.ports.reading import Query
from pipeline.store.postgres_terms import matching

_FERRY = Query(all_of=(("ferry",), ("night", "boat")))
_FERRY_IN_FRENCH = Query(all_of=_FERRY.all_of, fields={"lang": ("fr",)})


def _sql(query: Query, window: range | None = None, *, one_by_one: bool = False) -> str:
    found = matching(query, window, one_by_one=one_by_one)
    assert found is not None
    return str(found.compile(dialect=postgresql.dialect()))


@pytest.mark.parametrize(
    ("query", "window", "one_by_one"),
    [
        pytest.param(_FERRY, range(7_000, 9_000), False, id="few documents"),
        pytest.param(
            _FERRY_IN_FRENCH, range(50_000), False, id="those that tags have found among the newest"
        ),
        pytest.param(_FERRY, None, True, id="one by one"),
        pytest.param(Query(none_of=_FERRY.all_of), None, False, id="what must not be there"),
    ],
)
def test_texts_are_looked_into(query: Query, window: range | None, one_by_one: bool) -> None:
    sql = _sql(query, window, one_by_one=one_by_one)
    assert sql.count("strpos(") == 2
    assert "@>" not in sql


@pytest.mark.parametrize("window", [None, range(50_000)])
def test_of_many_documents_the_index_lists_those_with_all_words(window: range | None) -> None:
    sql = _sql(_FERRY, window)
    assert sql.startswith("document.seq = ANY (array((SELECT")
    assert sql.count("@>") == 1


def test_beside_tags_the_planner_chooses_what_leads() -> None:
    sql = _sql(_FERRY_IN_FRENCH)
    assert sql.startswith("EXISTS")
    assert sql.count("@>") == 1
