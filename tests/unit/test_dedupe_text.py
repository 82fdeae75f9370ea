"""What is compared of a text, and its signature: the same whatever does not count."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ports.copies import SLOT_BYTES
from wire_copy import ALERT, PARAGRAPHS, story
from workers.dedupe.signature import (
    BANDS,
    FEWEST_SHINGLES,
    anchors_of,
    bands_of,
    estimate,
    pack,
    sign,
    unpack,
)
from workers.dedupe.text import comparable_text, without_boilerplate

NO_MATTER = {
    "case": ("The Ferry sank", "THE FERRY SANK"),
    "diacritics": ("à Nîmes, déjà", "a Nimes deja"),
    "punctuation": ("“Help,” she said — twice", "help she said twice"),
    "separators of thousands": ("10,000 people", "10000 people"),
    "Arabic letters and vowels": ("كِتَابٌ على الطاولة", "كتاب علي الطاوله"),
}


@pytest.mark.parametrize(("one", "other"), NO_MATTER.values(), ids=NO_MATTER)
def test_what_does_not_count(one: str, other: str) -> None:
    assert comparable_text(one).terms.tolist() == comparable_text(other).terms.tolist()


def test_a_term_is_the_same_wherever_it_stands() -> None:
    terms = comparable_text("sank the ferry sank and the ferry was gone, sank").terms.tolist()
    assert terms[0] == terms[3] == terms[-1]
    assert len(set(terms)) == 6


def test_order_counts() -> None:
    one, other = comparable_text("one two three four"), comparable_text("four three two one")
    assert not set(one.shingles.tolist()) & set(other.shingles.tolist())


@given(st.text())
def test_any_text_can_be_compared(text: str) -> None:
    found = comparable_text(text)
    assert len(found.shingles) <= len(found.terms)
    assert found.terms.tolist() == comparable_text(f"  {text}\n").terms.tolist()


def test_a_long_text_after_a_short_one_is_read_whole() -> None:
    long = comparable_text(" ".join(f"word{n}" for n in range(50_000)))
    assert len(set(long.terms.tolist())) == 50_000


def test_scripts_without_spaces_are_compared_by_longer_runs() -> None:
    assert len(comparable_text("阿富汗首都喀布尔").shingles) == 4
    assert len(comparable_text("one two three four five six seven eight").shingles) == 6


LAST_LINES = (
    "Read more: Ferries in the news",
    "© 2026 Meridian Wire. All rights reserved.",
    "The post Ferry runs aground appeared first on Meridian.",
    "Lire aussi : un ferry s'échoue",
    "اقرأ أيضا: عبارة",
    "责任编辑：某某",
    "ab/cd",
    "Meridian",
)


@pytest.mark.parametrize("line", LAST_LINES)
def test_a_last_line_that_says_nothing_of_the_event_is_left_out(line: str) -> None:
    assert without_boilerplate(f"A ferry sank.\n\nIt was old.\n\n{line}") == "A ferry sank.\n\nIt was old."


def test_what_is_all_there_is_stays() -> None:
    assert without_boilerplate("Read more: Ferries") == "Read more: Ferries"
    assert without_boilerplate("A ferry sank.\n\nNobody died.") == "A ferry sank.\n\nNobody died."


def test_a_signature_survives_storing() -> None:
    signature = sign(comparable_text(story()))
    assert signature is not None
    data = pack(signature)
    again = unpack(data)
    assert again is not None
    assert len(data) < 260
    assert estimate(signature, again) == (1.0, 1.0)
    assert (bands_of(again), anchors_of(again)) == (bands_of(signature), anchors_of(signature))


def test_a_signature_of_another_release_is_none() -> None:
    signature = sign(comparable_text(story()))
    assert signature is not None
    data = pack(signature)
    assert unpack(bytes([data[0] + 1]) + data[1:]) is None
    assert unpack(data[:50]) is None
    assert unpack(b"") is None


def test_a_text_of_a_few_words_has_no_signature() -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    assert sign(comparable_text(" ".join(words))) is not None
    assert sign(comparable_text(" ".join(words[:-1]))) is None
    assert len(comparable_text(" ".join(words)).shingles) == FEWEST_SHINGLES


def test_signatures_are_the_same_in_every_release_that_calls_them_so() -> None:
    """Stored signatures meet new ones: who changes how they are made must change their version."""
    signature = sign(comparable_text(story()))
    assert signature is not None
    assert signature.minima[:4].tolist() == FIRST_MINIMA
    assert signature.anchors[:2].tolist() == FIRST_ANCHORS


FIRST_MINIMA = [48683, 54401, 26350, 52569]
FIRST_ANCHORS = [450938863, 258911018]


def test_an_estimate_is_near_what_it_estimates() -> None:
    words = re.findall(r"\w+", " ".join(PARAGRAPHS)) * 3
    errors = []
    for start in range(0, 60, 4):
        one, other = (
            comparable_text(" ".join(words[:150])),
            comparable_text(" ".join(words[start : 150 + start])),
        )
        first, second = set(one.shingles.tolist()), set(other.shingles.tolist())
        signatures = sign(one), sign(other)
        assert signatures[0] is not None
        assert signatures[1] is not None
        errors.append(estimate(*signatures)[0] - len(first & second) / len(first | second))
    assert abs(np.mean(errors)) < 0.05
    assert np.max(np.abs(errors)) < 0.2


def test_slots_of_equal_texts_are_equal_and_of_others_not() -> None:
    one, other = (
        sign(comparable_text(story())),
        sign(comparable_text(story(*reversed(PARAGRAPHS)).replace("a", "o"))),
    )
    assert one is not None
    assert other is not None
    assert len(bands_of(one)) == BANDS * SLOT_BYTES
    first, second = _slots(bands_of(one)), _slots(bands_of(other))
    assert len(first) == BANDS
    assert not first & second


@pytest.mark.parametrize("words", range(12, 20))
def test_an_alert_shares_two_anchors_with_the_story_that_begins_with_it(words: int) -> None:
    opening = " ".join(story().split()[:words])
    alert, whole = sign(comparable_text(opening)), sign(comparable_text(story()))
    assert alert is not None
    assert whole is not None
    assert len(_slots(anchors_of(alert)) & _slots(anchors_of(whole))) >= 2
    assert estimate(alert, whole)[1] > 0.4


def test_a_reworded_alert_is_found_too() -> None:
    alert, whole = sign(comparable_text(ALERT)), sign(comparable_text(story()))
    assert alert is not None
    assert whole is not None
    assert len(_slots(anchors_of(alert)) & _slots(anchors_of(whole))) >= 2


def _slots(data: bytes) -> set[bytes]:
    return {data[at : at + SLOT_BYTES] for at in range(0, len(data), SLOT_BYTES)}
