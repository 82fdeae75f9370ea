# ruff: noqa: E501, ISC004 - texts of the wire, as long as they are
"""The same copy however it was edited; another text however much its form is the same."""

import pytest

import wire_copy
from wire_copy import ALERT, HEADLINE, OTHER_SENTENCES, PARAGRAPHS, earnings, rates, story
from workers.dedupe.compare import Comparison, Rules, compare, text_of

FIRST, *REST = PARAGRAPHS


def compared(
    one: str, other: str, *, headlines: tuple[str | None, str | None] = (HEADLINE, HEADLINE)
) -> Comparison:
    first, second = (text_of(headline, body) for headline, body in zip(headlines, (one, other), strict=True))
    there, back = compare(first, second, Rules()), compare(second, first, Rules())
    assert (there.same, there.score, there.similarity) == (back.same, back.score, back.similarity)
    assert {there.part, back.part} in ({None}, {0, 1})
    assert there.evidence() == back.evidence()
    return there


EDITS = {
    "nothing changed": story(),
    "one sentence replaced": story(FIRST, *REST[:3], OTHER_SENTENCES[0], REST[-1]),
    "a paragraph added": story(*PARAGRAPHS[:3], OTHER_SENTENCES[0], *PARAGRAPHS[3:]),
    "cut to two thirds": story(*PARAGRAPHS[:4]),
    "replaced, added and cut": story(*PARAGRAPHS[:4], *OTHER_SENTENCES),
    "capitals and accents": story().upper().replace("E", "É"),
    "other quotation marks and hyphens": story()
    .replace(" - ", " \N{EM DASH} ")
    .replace("'", "\N{RIGHT SINGLE QUOTATION MARK}"),
    "one figure corrected": story().replace("about 900", "about 950"),
    "lines at the end that sell": story(
        *PARAGRAPHS, "Read more: Ferries", "© Meridian Wire. All rights reserved"
    ),
}


@pytest.mark.parametrize("edited", EDITS.values(), ids=EDITS)
def test_an_edited_copy_is_the_same_copy(edited: str) -> None:
    found = compared(story(), edited)
    assert found.same, found
    assert found.part is None
    assert found.score > 0.5


def test_another_headline_does_not_matter() -> None:
    other = (HEADLINE, "Islanders cut off as ship hits sandbank")
    assert compared(story(), story(*PARAGRAPHS[:5]), headlines=other).same


def test_an_alert_is_a_part_of_the_story_that_holds_it() -> None:
    found = compared(FIRST, story(), headlines=("Ferry runs aground off Port Ellery", HEADLINE))
    assert found.same
    assert found.part == 0
    assert found.similarity < 0.3
    assert found.score > 0.9


def test_an_alert_that_was_slightly_reworded_is_a_part_of_the_story() -> None:
    assert compared(ALERT, story(FIRST, PARAGRAPHS[1]), headlines=(None, HEADLINE)).part == 0


def test_a_story_cut_to_its_first_paragraphs_is_a_part_of_it() -> None:
    found = compared(story(), story(*PARAGRAPHS[:2]))
    assert found.same
    assert found.part == 1


FORMS = {
    "the bank's next decision": (
        rates(),
        rates(rate="4.00", discount="4.50", inflation="2.8", month="April", crown="9.52", before="9.47"),
    ),
    "a decision of another day with some figures the same": (
        rates(),
        rates(day="Wednesday", inflation="2.9", month="March"),
    ),
    "results of another company": (
        earnings(),
        earnings(name="Corran Lines", city="Saint Brannoc", profit="7.7", last="9.1", total="88"),
    ),
    "results of the next quarter": (
        earnings(),
        earnings(quarter="second", profit="33.0", last="29.3", sales="5.9", total="431", share="1.18"),
    ),
    "weather of another day": (
        "Tuesday will be mostly dry in Port Ellery with a high of 14 degrees and winds of 20 kilometres per "
        "hour from the west. The low at night will be 6 degrees. Sunrise is at 6:12 and sunset at 19:44.",
        "Friday will be mostly dry in Port Ellery with a high of 17 degrees and winds of 10 kilometres per "
        "hour from the west. The low at night will be 9 degrees. Sunrise is at 6:05 and sunset at 19:50.",
    ),
    "a table of fixings": (
        "EURIBOR fixings: one week 2.114 one month 2.207 three months 2.356 six months 2.411 twelve months 2.503",
        "EURIBOR fixings: one week 2.114 one month 2.209 three months 2.356 six months 2.411 twelve months 2.507",
    ),
    "results of other matches": (
        "Harrow United beat Saint Brannoc Rovers 3-1 at home on Saturday to move up to fourth in the league, "
        "with two goals by Tomas Reyle in the second half.",
        "Corran Athletic beat Port Ellery Town 2-0 at home on Saturday to move up to seventh in the league, "
        "with two goals by Piet Lindqvist in the second half.",
    ),
    "numbers of an agency that writes Arabic": (
        "أعلن البنك المركزي أن سعر الفائدة بلغ 4.25 في المئة وأن التضخم سجل 3.1 في المئة خلال شهر فبراير مقارنة مع "
        "2.9 في المئة قبل عام وأن سعر الصرف بلغ 9.41 مقابل الدولار",
        "أعلن البنك المركزي أن سعر الفائدة بلغ 4.00 في المئة وأن التضخم سجل 2.7 في المئة خلال شهر أبريل مقارنة مع "
        "3.3 في المئة قبل عام وأن سعر الصرف بلغ 9.52 مقابل الدولار",
    ),
    "figures of a Chinese agency": (
        "中央银行周二宣布将基准利率维持在4.25%不变，并表示2月份通货膨胀率为3.1%，高于百分之二的目标，必要时将采取行动。"
        "克朗兑美元汇率为9.41，上一交易日为9.38。",
        "中央银行周二宣布将基准利率维持在4.00%不变，并表示4月份通货膨胀率为2.7%，高于百分之二的目标，必要时将采取行动。"
        "克朗兑美元汇率为9.52，上一交易日为9.47。",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), FORMS.values(), ids=FORMS)
def test_one_form_with_other_figures_is_not_the_same_copy(one: str, other: str) -> None:
    found = compared(one, other, headlines=(None, None))
    assert not found.same, found


def test_what_speaks_against_it_is_said() -> None:
    found = compared(rates(), rates(day="Wednesday", inflation="2.9", month="March"))
    why = [(each.text, each.why) for each in found.evidence()]
    assert "a template" in found.against
    assert ("2.9 | 3.1", "differs") in why


def test_two_notices_whose_bodies_are_equal_differ_by_their_headlines() -> None:
    body = "Quarterly dividend 12 cents, payable on April 15 to holders of record on March 31."
    headlines = ("Harrow Mills declares quarterly dividend", "Corran Lines declares quarterly dividend")
    assert not compared(body, body, headlines=headlines).same
    assert compared(body, body, headlines=(headlines[0], headlines[0])).same


def test_unrelated_texts_have_nothing_in_common() -> None:
    found = compared(story(), rates())
    assert not found.same
    assert found.similarity < 0.05


def test_a_few_words_are_no_copy_of_anything() -> None:
    assert not compared("The story follows later.", "The story follows later.").same


CHINESE = (
    "阿富汗首都喀布尔周二发生爆炸，造成至少十人死亡，二十多人受伤。警方表示，爆炸发生在市中心一处繁忙的市场附近。"
    "目前尚无组织宣称对此负责。总统府发表声明谴责袭击，并向遇难者家属表示慰问。伤者已被送往附近的医院接受治疗。"
)


def test_a_chinese_text_that_was_edited_is_the_same_copy() -> None:
    assert compared(CHINESE, CHINESE.replace("目前尚无组织宣称对此负责。", ""), headlines=(None, None)).same
    assert compared(CHINESE, CHINESE[:60], headlines=(None, None)).similarity < 0.9


def test_wire_copy_is_complete() -> None:
    assert all(word in story() for word in ("Ines Calloway", "212", "Corran Lines"))
    assert wire_copy.RATES.count("{") == 7
