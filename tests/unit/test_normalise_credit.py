"""The credit line. All names are invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Credit
from workers.normalise.credit import join_credits, split_credit


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "(Reportage du bureau de Melonville, version française Jean Modèle)",
            {"bureau": "Melonville", "translator": "Jean Modèle"},
        ),
        (
            "(Reportage door Ann Voorbeeld; geschreven door Bo Test)",
            {"reporting": "Ann Voorbeeld", "writing": "Bo Test"},
        ),
        ("(Reportage di Anna Esempio, editing Bo)", {"reporting": "Anna Esempio", "editing": "Bo"}),
        ("(Por Ana Exemplo; Edição de Bo Amostra)", {"reporting": "Ana Exemplo", "editing": "Bo Amostra"}),
        ("(Melonville Newsroom)", {"bureau": "Melonville Newsroom"}),
        ("(Redação Brasília)", {"bureau": "Redação Brasília"}),
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
        ("(mit dpa)", {"reporting": "dpa"}),
        (
            "(Jean Modèle et Anne Exemple, avec Luc Test à Lyon, édité par Bo)",
            {"reporting": "Jean Modèle et Anne Exemple; Luc Test à Lyon", "editing": "Bo"},
        ),
        (
            "(Anne Exemple pour le reportage, Jean Modèle pour la version française)",
            {"reporting": "Anne Exemple", "translator": "Jean Modèle"},
        ),
        (
            "(Avec la rédaction de Londres, édité par Anne Exemple)",
            {"bureau": "Londres", "editing": "Anne Exemple"},
        ),
        (
            "(Bericht von Anna Beispiel, redigiert von Bo Muster. Bei Rückfragen wenden Sie sich an uns)",
            {"reporting": "Anna Beispiel", "editing": "Bo Muster"},
        ),
        ("(Redaktion: Anna Beispiel)", {"editing": "Anna Beispiel"}),
        (
            "(Redacción de Ana Ejemplo; editado por Juan Modelo)",
            {"writing": "Ana Ejemplo", "editing": "Juan Modelo"},
        ),
        (
            "(Reporte de Ana Ejemplo en Lima; Editado en español por Juan Modelo)",
            {"reporting": "Ana Ejemplo en Lima", "editing": "Juan Modelo"},
        ),
        (
            "(Reportagem de Ana Exemplo; Edição de João Modelo)",
            {"reporting": "Ana Exemplo", "editing": "João Modelo"},
        ),
        ("(Por Ana Exemplo; edição de João Modelo)", {"reporting": "Ana Exemplo", "editing": "João Modelo"}),
        (
            "(Reporting by Ann Example; Traduzido por João Modelo)",
            {"reporting": "Ann Example", "translator": "João Modelo"},
        ),
        (
            "(A cura di Anna Esempio, in redazione a Roma Luca Prova)",
            {"writing": "Anna Esempio", "editing": "Luca Prova"},
        ),
        (
            "(Anna Esempio, in redazione a Milano Luca Prova)",
            {"reporting": "Anna Esempio", "editing": "Luca Prova"},
        ),
        ("(Bewerking Anna Voorbeeld)", {"editing": "Anna Voorbeeld"}),
        (
            "(Vertaald door Anna Voorbeeld; geredigeerd door Jan Model)",
            {"translator": "Anna Voorbeeld", "editing": "Jan Model"},
        ),
        ("(Révision : Anne Exemple, La Presse Canadienne)", {"editing": "Anne Exemple"}),
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
    ("line", "said"),
    [
        ("Reported by Ann Example; translated by Bo", {"reporting": "Ann Example", "translator": "Bo"}),
        ("Ann Example and Bo Sample contributed to this report.", {"reporting": "Ann Example and Bo Sample"}),
        ("Anne Exemple a contribué à cet article.", {"reporting": "Anne Exemple"}),
        ("*Writing by Ann Example", {"writing": "Ann Example"}),
        (
            "AP writers Ann Example in Rome and Di Sample in Oslo contributed to this report.",
            {"reporting": "AP writers Ann Example in Rome and Di Sample in Oslo"},
        ),
        ("Editing by Van Dyck", {"editing": "Van Dyck"}),
        ("Redaktion: Anna Beispiel, +49 40 5550188, <a@example.com> abc de", {"editing": "Anna Beispiel"}),
        ("Video journalists: Ann Example, Bo Sample", {"reporting": "Ann Example, Bo Sample"}),
        (
            "Example reported from Melonville. Bo Sample in Quillport contributed to this report.",
            {"reporting": "Example; Bo Sample in Quillport"},
        ),
        ("* Traduit de l'arabe par Anne Exemple.", {"translator": "Anne Exemple"}),
    ],
)
def test_a_credit_line_may_be_a_paragraph_without_brackets(line: str, said: dict[str, str]) -> None:
    assert split_credit(["The melons were ripe.", line]) == (
        ["The melons were ripe."],
        Credit(text=line, **said),
    )


@pytest.mark.parametrize(
    "line",
    [
        "(Reporting by Ann Example)",
        "Reporting by Ann Example; Editing by Bo Sample.",
        "Edited by Ann Example",
        "Édité par Anne Exemple",
        "Redaktion: Anna Beispiel",
        "--With assistance from Ann Example.",
        "Editors: Ann Example, Bo Sample",
        "Traducción: Ana Ejemplo",
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
        "Reportage sur les melons",
        "Die Zahlen (Bericht: die Ernte)",
        "Ein Spiel (Redaktion des Melonenblatts)",
        "A law (Text of the law, page 3)",
        "A name (Ann Example, who grew them)",
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


def test_credit_lines_that_follow_each_other_are_one() -> None:
    one, two = (split_credit([line])[1] for line in ("(Reporting by Ann Example)", "(Editing by Bo Sample)"))
    assert one is not None
    assert two is not None
    assert join_credits([]) is None
    assert join_credits([one]) is one
    joined = Credit(
        text="(Reporting by Ann Example) (Editing by Bo Sample)", reporting="Ann Example", editing="Bo Sample"
    )
    assert join_credits([one, two]) == joined


@given(st.lists(st.text(alphabet="ab(). Reporting by editing avec;,-", min_size=1), max_size=3))
def test_splitting_loses_no_words(body: list[str]) -> None:
    kept, credit = split_credit(body)
    letters = "".join(kept) + (credit.text if credit else "")
    assert letters.replace(" ", "") == "".join(body).replace(" ", "")
