"""The credit line. All names are invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.normalise.credit import split_credit


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "(Reportage du bureau de Melonville, version française Jean Modèle)",
            {"bureau": "Melonville", "translator": "Jean Modèle"},
        ),
        (
            "(Reporting by Ann Example in Kabul; Writing by Bo Sample; Editing by Cy Test)",
            {"reporting": "Ann Example in Kabul", "writing": "Bo Sample", "editing": "Cy Test"},
        ),
        (
            "(Avec Anne Exemple à Lyon, édité par Jean Modèle)",
            {"reporting": "Anne Exemple à Lyon", "editing": "Jean Modèle"},
        ),
        ("(Reporting by the Kabul newsroom; Editing by A. B.)", {"bureau": "Kabul", "editing": "A. B"}),
        (
            "(Additional reporting by Ann Example and the New Melon bureau, writing by Bo Sample)",
            {
                "reporting": "Ann Example and the New Melon bureau",
                "bureau": "New Melon",
                "writing": "Bo Sample",
            },
        ),
        (
            "(Reporting and writing by Ann Example, editing by Bo)",
            {"reporting": "Ann Example", "writing": "Ann Example", "editing": "Bo"},
        ),
        (
            "(Reportage Jean Modèle à Lyon et Luc Test, version française Paul Essai, édité par Bo)",
            {
                "reporting": "Jean Modèle à Lyon et Luc Test",
                "translator": "Paul Essai",
                "editing": "Bo",
            },
        ),
        (
            "(Reportage du bureau de Melonville, Jean Modèle à Doha, rédigé par Anne Exemple)",
            {"bureau": "Melonville", "reporting": "Jean Modèle à Doha", "writing": "Anne Exemple"},
        ),
        ("(Reportage d'Anne Exemple, avec Jean Modèle)", {"reporting": "Anne Exemple; Jean Modèle"}),
        (
            "(Reporting by Ann Example; Editing by Bo) ((newsroom@example.org; +00 00))",
            {"reporting": "Ann Example", "editing": "Bo"},
        ),
        ("(Compiled by Ann Example; Translated by Bo.)", {"writing": "Ann Example", "translator": "Bo"}),
        ("(Avec AFP)", {"reporting": "AFP"}),
    ],
)
def test_a_credit_line_is_read(line: str, said: dict[str, str]) -> None:
    body, credit = split_credit(["First.", f"The melons were ripe. {line}"])
    assert body == ["First.", "The melons were ripe."]
    assert credit is not None
    assert credit.text == line
    roles = ("reporting", "writing", "editing", "bureau", "translator")
    assert {role: getattr(credit, role) for role in roles if getattr(credit, role)} == said


@pytest.mark.parametrize(
    "line",
    [
        "(Reporting by Ann Example)",
        "Reporting by Ann Example; Editing by Bo Sample.",
        "Edited by Ann Example",
        "Édité par Anne Exemple",
    ],
)
def test_a_paragraph_may_be_the_credit_line(line: str) -> None:
    body, credit = split_credit(["First.", line])
    assert body == ["First."]
    assert credit is not None
    assert credit.text == line


@pytest.mark.parametrize(
    "line",
    [
        "Il a gagné (avec un but de la tête).",
        "She won (with two goals)",
        "Reporting by the station found that many melons had been eaten in the town before the fair began.",
        "With Ann Example; editing by Bo Sample",
        "The rest is known (see above) to all",
        "The melons (1)",
        "A bracket that nothing opens)",
        "(" + "Reporting by Ann Example " * 40 + ")",
        "Reporting by " + "Ann Example, " * 60 + "editing by Bo",
        ")",
        "(",
    ],
)
def test_other_words_are_no_credit_line(line: str) -> None:
    assert split_credit(["First.", line]) == (["First.", line], None)


def test_nothing_has_no_credit_line() -> None:
    assert split_credit([]) == ([], None)


@given(st.lists(st.text(alphabet="ab(). Reporting by editing avec;,-", min_size=1), max_size=3))
def test_splitting_loses_no_words(body: list[str]) -> None:
    kept, credit = split_credit(body)
    letters = "".join(kept) + (credit.text if credit else "")
    assert letters.replace(" ", "") == "".join(body).replace(" ", "")
