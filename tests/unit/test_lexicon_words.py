"""Expressions that find any of many names: the same as a plain list of them, the longest first."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.normalise.lexicon.agencies import AGENCIES
from workers.normalise.lexicon.calendar import LOCAL_TIMES
from workers.normalise.lexicon.series import SERIES_WORDS
from workers.normalise.lexicon.words import one_of

_SHORT = st.text("ab .", min_size=1, max_size=6)


def _listed(names: list[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


def _same(names: list[str], text: str, after: str = "") -> None:
    found, expected = (
        re.compile(f"(?:{one}){after}", re.IGNORECASE).match(text) for one in (one_of(names), _listed(names))
    )
    assert (found and found[0]) == (expected and expected[0]), (text, after)


@settings(deadline=None)
@given(st.lists(_SHORT, min_size=1, max_size=8), st.text("ab .", max_size=10))
def test_any_names_are_found_as_a_list_of_them_finds_them(names: list[str], text: str) -> None:
    _same(names, text)
    _same(names, text, after="b")


@settings(deadline=None)
@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=10, max_size=30), st.data())
def test_an_ending_that_many_names_share_changes_nothing(beginnings: list[str], data: st.DataObject) -> None:
    forms = (" local time of the day", " time", " o'clock")
    names = [f"{each}{form}" for each in beginnings for form in forms] + beginnings[:5]
    _same(names, data.draw(st.sampled_from(names)) + data.draw(st.text("ab ", max_size=3)), after=r"\b")


@pytest.mark.parametrize("names", [AGENCIES, LOCAL_TIMES, SERIES_WORDS], ids=["agencies", "times", "series"])
def test_every_name_of_a_table_is_found_whole(names: list[str]) -> None:
    expression = re.compile(one_of(list(names)))
    assert [name for name in names if not expression.fullmatch(name)] == []
