"""What a text is found by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.store.terms import prepare, search_terms

# letters of many scripts, their marks, and what stands between words
TEXTS = st.text(
    st.one_of(
        st.characters(codec=None),
        st.sampled_from(
            "aZ09éßœŁİıſﬁ ’'.,-_\u0301\u064b\u0640\u200c\u00adالعربيةهى阿富汗かがハン한국ไทยមែមြन्दी"
            "ΣσςЁй١٢٣①²½"
        ),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("L'armée et l’œuvre", ["l", "armee", "et", "l", "oeuvre"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("Øre Łódź Þór Đà æon", ["ore", "lodz", "thor", "da", "aeon"]),
        ("İstanbul Diyarbakır", ["istanbul", "diyarbakir"]),
        ("ΑΘΉΝΑΣ Αθήνας", ["αθηνασ", "αθηνασ"]),
        ("Ёлка елка", ["елка", "елка"]),
        ("ﬁne x² ① Ａｓｉａ", ["fine", "x2", "1", "asia"]),
        ("cease-fire a_b U.S.", ["cease", "fire", "a", "b", "u", "s"]),
        ("10,000 10.000 10'000 10’000", ["10000"] * 4),
        ("1,234,567.89", ["1234567", "89"]),
        ("10 000 1,2 3.14 25.07.2021", ["10", "000", "1", "2", "3", "14", "25", "07", "2021"]),
        ("1,0000 12,34,567", ["1", "0000", "12", "34567"]),
        ("كِتَابٌ كـــتاب", ["كتاب", "كتاب"]),
        ("أحمد إحمد آحمد احمد", ["احمد"] * 4),
        ("مدينة مدينه على علي", ["مدينه", "مدينه", "علي", "علي"]),
        ("کابل كابل ۲۰۲۱ ٢٠٢١", ["كابل", "كابل", "2021", "2021"]),
        ("می\u200cخواهم", ["ميخواهم"]),
        ("שָׁלוֹם", ["שלום"]),
        ("阿富汗政府", ["阿", "富", "汗", "政", "府"]),
        ("東京タワー", ["東", "京", "タ", "ワ", "ー"]),
        ("ﾊﾟﾘ パリ", ["パ", "リ", "パ", "リ"]),
        ("서울 뉴스", ["서울", "뉴스"]),
        ("ข่าว", ["ข่", "า", "ว"]),
        ("မြန်မာ", ["မြ", "န်", "မာ"]),
        ("ភាសា", ["ភា", "សា"]),
        ("हिन्दी समाचार", ["हिन्दी", "समाचार"]),
        ("soft\u00adhyphen", ["softhyphen"]),
        ("a\0b \ud800 c", ["a", "b", "c"]),
        ("", []),
        ("?! … —", []),
    ],
)
def test_a_text_is_cut_into(text: str, terms: list[str]) -> None:
    assert search_terms(text) == terms


@given(TEXTS)
def test_terms_need_no_further_treatment(text: str) -> None:
    terms = search_terms(text)
    assert search_terms(" ".join(terms)) == terms


@given(TEXTS)
def test_terms_are_words_to_an_index_that_cuts_at_ascii_separators(text: str) -> None:
    for term in search_terms(text):
        assert term
        assert all(char.isalnum() for char in term if char.isascii())
        assert not any(char.isupper() for char in term if char.isascii())
        term.encode()


@given(TEXTS)
def test_what_is_indexed_is_what_is_asked(text: str) -> None:
    between = "".join(char if char.isalnum() or not char.isascii() else " " for char in prepare(text))
    assert [word for word in between.split(" ") if word] == search_terms(text)


@given(TEXTS, TEXTS)
def test_words_apart_stay_apart(first: str, second: str) -> None:
    assert search_terms(f"{first}\n{second}") == search_terms(first) + search_terms(second)
