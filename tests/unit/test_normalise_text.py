"""Clean text and paragraphs."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.normalise.text import PARAGRAPH, flat, lead_of, one_line, paragraphs, printable

WRAPPED = """\
KABUL, July 25 (Example Press) - At least ten people were
hurt when a cart of melons overturned in a market in the
old town, the fire brigade said.
    The cart had lost a wheel on the way down from the hill,
witnesses said. "It was very fast," said one of them.
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("One.\n\nTwo.\n \t\n\n\nThree.", ["One.", "Two.", "Three."], id="blank lines"),
        pytest.param(
            "Melons burn in the harbour\nBy Ann Example\nAssociated Press",
            ["Melons burn in the harbour", "By Ann Example", "Associated Press"],
            id="a headline, a byline and a title",
        ),
        pytest.param(
            "(Corrects number of melons)\nThey burn",
            ["(Corrects number of melons)", "They burn"],
            id="a note",
        ),
        pytest.param(
            "Editor: Ann Example\nTranslator: Bo Test\n© Agency 2026",
            ["Editor: Ann Example", "Translator: Bo Test", "© Agency 2026"],
            id="who did what, and rights",
        ),
        pytest.param(
            "Plans:\n- Melons\n- More\nmelons", ["Plans:", "- Melons", "- More melons"], id="a list"
        ),
        pytest.param("1. Melons\n2. Figs", ["1. Melons", "2. Figs"], id="a numbered list"),
        pytest.param("Melons 276.50\nFigs 8", ["Melons 276.50", "Figs 8"], id="a table"),
        pytest.param(
            "The melons - and\n- so they say - figs",
            ["The melons - and - so they say - figs"],
            id="a dash inside a sentence",
        ),
        pytest.param("melon@agency.example\n(END)", ["melon@agency.example", "(END)"], id="a page's end"),
        pytest.param("One\r\nline.\r\rTwo.", ["One line.", "Two."], id="all line ends"),
        pytest.param(
            "First.\n  Second.\n  Third.", ["First.", "Second.", "Third."], id="indented lines begin anew"
        ),
        pytest.param(
            "  All are\n  indented alike", ["All are indented alike"], id="a block that is indented whole"
        ),
        pytest.param("A" * 150 + ".\nNext.", ["A" * 150 + ".", "Next."], id="long lines were never wrapped"),
        pytest.param(
            "Market burns\nKABUL, July 25 (X Press) - The old market has burned.",
            ["Market burns", "KABUL, July 25 (X Press) - The old market has burned."],
            id="a short line above",
        ),
        pytest.param(
            "It was all over in less than an hour.\nThe brigade then left the scene of it.",
            ["It was all over in less than an hour. The brigade then left the scene of it."],
            id="the next word would not have fitted",
        ),
        pytest.param(
            "It was over in a minute.\nSo the brigade left again at noon.",
            ["It was over in a minute.", "So the brigade left again at noon."],
            id="the next word would have fitted after a full stop",
        ),
        pytest.param(
            "some words of it here\nand more words that follow here",
            ["some words of it here and more words that follow here"],
            id="a ragged line goes on in small letters",
        ),
        pytest.param(
            "^BC-Melons, 1st Ld<\n^Melons burn<\nMelons burned\nin town.",
            ["BC-Melons, 1st Ld", "Melons burn", "Melons burned in town."],
            id="typesetter's marks",
        ),
        pytest.param(
            "Eds: Hold it.\nBy ANN EXAMPLE\nMelons burned.",
            ["Eds: Hold it.", "By ANN EXAMPLE", "Melons burned."],
            id="a byline between sentences",
        ),
        pytest.param(
            "(Adds a quote)\n(Corrects the name)\nMelons burned in the old\ntown on Friday night.",
            ["(Adds a quote)", "(Corrects the name)", "Melons burned in the old town on Friday night."],
            id="notes, one below the other",
        ),
        pytest.param("They burned.\nend", ["They burned.", "end"], id="a word for the end"),
        pytest.param(
            "Sperrfrist: 3. Mai, 14 Uhr\nDie Melonen sind reif und süß.",
            ["Sperrfrist: 3. Mai, 14 Uhr", "Die Melonen sind reif und süß."],
            id="an embargo above the text",
        ),
        pytest.param(
            "The melons that were grown by\nAnn Example burned.",
            ["The melons that were grown by Ann Example burned."],
            id="no byline",
        ),
        pytest.param("", [], id="nothing"),
        pytest.param(" \n\u200b\n ", [], id="nothing that shows"),
        pytest.param("a\x00b\x1b[31mc\x9bd\u202ee\ufefff", ["ab[31mcdef"], id="controls and direction marks"),
        pytest.param("\ud800x\udfff", ["x"], id="lone surrogates"),
        pytest.param("e\u0301te\u0301", ["été"], id="NFC"),
        pytest.param("2\u202f000\u00a0€\tx", ["2 000 € x"], id="one kind of space"),
        pytest.param("می\u200cخواهم", ["می\u200cخواهم"], id="joiners that Persian needs stay"),
    ],
)
def test_text_becomes_paragraphs(text: str, expected: list[str]) -> None:
    assert paragraphs(text) == expected


def test_hard_wrapped_lines_are_joined() -> None:
    first, second = paragraphs(WRAPPED)
    assert first.endswith(
        "were hurt when a cart of melons overturned in a market in the old town, the fire brigade said."
    )
    assert second.startswith("The cart had lost a wheel on the way down from the hill, witnesses said.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, None), ("  ", None), ("\x07", None), (" Two\n  lines ", "Two lines"), ("plain", "plain")],
    ids=str,
)
def test_a_headline_is_one_line(text: str | None, expected: str | None) -> None:
    assert one_line(text) == expected


def test_a_short_first_paragraph_is_the_lead() -> None:
    assert lead_of(["First.", "Second."]) == "First."


def test_a_long_first_paragraph_is_cut_after_a_sentence() -> None:
    assert lead_of(["One is here. " * 60]).endswith("One is here.")
    assert len(lead_of(["One is here. " * 60])) <= 600


def test_a_long_sentence_is_cut_after_a_word() -> None:
    assert lead_of(["word " * 200]).endswith("word…")


def test_no_paragraphs_have_no_lead() -> None:
    assert lead_of([]) == ""


ANY_TEXT = st.lists(
    st.sampled_from([*"\n\r\t \u00a0\u2028\u200bab.A-(é\u0301\u0327\ud800\u202e", "\n\n", "words of it "])
    | st.characters(),
    max_size=100,
).map("".join)


@settings(deadline=None)
@given(ANY_TEXT)
def test_splitting_what_was_split_changes_nothing(text: str) -> None:
    once = paragraphs(text)
    assert paragraphs(PARAGRAPH.join(once)) == once


@settings(deadline=None)
@given(ANY_TEXT)
def test_paragraphs_are_clean(text: str) -> None:
    for paragraph in paragraphs(text):
        assert paragraph == flat(paragraph) == unicodedata.normalize("NFC", paragraph)
        assert paragraph.strip() == paragraph != ""
        assert "\n" not in paragraph
        assert printable(paragraph) == paragraph
        paragraph.encode()


@settings(deadline=None)
@given(ANY_TEXT)
def test_no_letter_gets_lost(text: str) -> None:
    kept = "".join(paragraphs(text))
    assert sorted(each for each in kept if each.isalnum()) == sorted(
        each for each in printable(text) if each.isalnum()
    )


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("* Mayor quits", 2),
        ("By ANN EXAMPLE", 2),
        ("Eds: Updates toll", 2),
        ("Melonville mayor", 1),
    ],
)
def test_lines_of_a_header_are_never_joined(line: str, parts: int) -> None:
    first = "Melons burn in the old town and in"
    assert len(paragraphs(f"{first}\n{line}\nthe old harbour on Sunday, after noon.\n")) == parts
