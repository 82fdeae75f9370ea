"""What people type into a search, read."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import QueryError
from pipeline.ports.reading import Query
from pipeline.store.search import MOST_TERMS, parse_query

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def _parsed(text: str) -> Query:
    return parse_query(text, NOW)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Query()),
        ("  ", Query()),
        ("Kabul", Query(all_of=(("kabul",),))),
        ("Kabul airport", Query(all_of=(("kabul",), ("airport",)))),
        ('"air strikes"', Query(all_of=(("air", "strikes"),))),
        ("“air”", Query(all_of=(("air",),))),
        ("l'armée", Query(all_of=(("l", "armee"),))),
        ("阿富汗", Query(all_of=(("阿", "富", "汗"),))),
        ("-kabul", Query(none_of=(("kabul",),))),
        ('-"air strikes" x', Query(all_of=(("x",),), none_of=(("air", "strikes"),))),
        ("cease-fire", Query(all_of=(("cease", "fire"),))),
        ("a - b", Query(all_of=(("a",), ("b",)))),
        ("a AND b", Query(all_of=(("a",), ("b",)))),
        ("a and b", Query(all_of=(("a",), ("and",), ("b",)))),
        ('"OR" NEAR *', Query(all_of=(("or",), ("near",)))),
        ("lang:FR", Query(fields={"lang": ("fr",)})),
        ("lang:fr_CA,en", Query(fields={"lang": ("fr-ca", "en")})),
        ("lang:fr LANG:en", Query(fields={"lang": ("fr", "en")})),
        ("-lang:fr", Query(not_fields={"lang": ("fr",)})),
        ('provider:"Harbour Press"', Query(fields={"provider": ("harbour-press",)})),
        ("feed:Quay", Query(fields={"feed": ("Quay",)})),
        ("story:4F872187", Query(fields={"story": ("4f872187",)})),
        ('"lang:fr"', Query(all_of=(("lang", "fr"),))),
        ("Kabul: the", Query(all_of=(("kabul",), ("the",)))),
        ("12:30", Query(all_of=(("12", "30"),))),
        ("https://harbour.example/a", Query(all_of=(("https", "harbour", "example", "a"),))),
        ("since:2026-04-30", Query(since=datetime(2026, 4, 30, tzinfo=UTC))),
        ("until:2026-04-30T10:00+02:00", Query(until=datetime(2026, 4, 30, 8, tzinfo=UTC))),
        ('since:"2026-04-30 10:00"', Query(since=datetime(2026, 4, 30, 10, tzinfo=UTC))),
        ("since:24h", Query(since=NOW - timedelta(hours=24))),
        ("since:7D", Query(since=NOW - timedelta(days=7))),
        ("since:2w until:30m", Query(since=NOW - timedelta(weeks=2), until=NOW - timedelta(minutes=30))),
        ("since:1d since:1h", Query(since=NOW - timedelta(hours=1))),
        ("until:1d until:1h", Query(until=NOW - timedelta(days=1))),
    ],
)
def test_a_query_is_read(text: str, query: Query) -> None:
    assert _parsed(text) == query


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lnag:fr", "did you mean lang:"),
        ("sinse:24h", "did you mean since:"),
        (
            "colour:red",
            "there are lang, provider, feed, story, region, topic, beat, person, org, since, until",
        ),
        ("since:yesterday", "is no date"),
        ("since:2026-13-01", "is no date"),
        ("since:999999w", "is no date"),
        ("until:0001-01-01T00:00+14:00", "is no date"),
        ("-since:24h", "cannot be excluded"),
        ("lang:,", "needs a value"),
        ("lang:", "lang: needs a value"),
        ("-Since: 24h", "Since: needs a value"),
        ("story:4f87218", "give 8 or more"),
        ("story:not-an-id", "no id of a story"),
        ('"air strikes', "a quotation mark is not closed"),
        ('provider:"Harbour Press lang:en', "a quotation mark is not closed"),
        ("!!!", "no word"),
        ("-", "no word"),
        ("AND", "no word"),
        ("a OR b", "no OR"),
        ("NOT a", "no NOT"),
        ("x " * (MOST_TERMS + 1), "too many"),
    ],
)
def test_what_is_not_understood_is_said(text: str, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        _parsed(text)


@given(
    st.one_of(
        st.text(),
        st.text(alphabet="ab\"-: *^(){}+'\\lang:since:provider:NOT OR AND NEAR,0123456789dhT\0\n\ud800"),
    )
)
def test_any_text_is_a_query_or_refused(text: str) -> None:
    try:
        query = _parsed(text)
    except QueryError:
        return
    for phrase in (*query.all_of, *query.none_of):
        assert phrase
        for term in phrase:
            assert all(char.isalnum() or not char.isascii() for char in term)


GROUPS = {"x-sahel": {"ML", "NE"}, "150": {"FR", "DE"}}


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("region:x-sahel", Query(fields={"region": ("ml", "ne")})),
        ("region:X-Sahel,TD", Query(fields={"region": ("ml", "ne", "td")})),
        ("region:150", Query(fields={"region": ("de", "fr")})),
        ("-region:150 Kabul", Query(all_of=(("kabul",),), not_fields={"region": ("de", "fr")})),
        ("region:Mali", Query(fields={"region": ("mali",)})),
        ("region:XK", Query(fields={"region": ("xk",)})),
    ],
)
def test_a_group_of_countries_is_searched_by_its_members(text: str, query: Query) -> None:
    assert parse_query(text, NOW, GROUPS) == query


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("region:x-sahal", "did you mean x-sahel?"),
        ("region:151", "did you mean 150?"),
        ("region:x-moon", "no group"),
        ("region:UK", "did you mean GB?"),
        ("-region:zz", "no country code"),
    ],
)
def test_a_code_that_there_is_not_is_refused(text: str, words: str) -> None:
    with pytest.raises(QueryError, match=re.escape(words)):
        parse_query(text, NOW, GROUPS)
