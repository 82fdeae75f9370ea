"""Lines beside the story: notes and embargoes. All copy is invented."""

import pytest

from pipeline.model import Signal
from workers.normalise.asides import (
    Aside,
    Asides,
    read_aside,
    read_note_above,
    split_asides,
    split_embargo,
    split_note,
)

_UPDATE, _CORRECTION, _REFILE = Signal.UPDATE, Signal.CORRECTION, Signal.REFILE


@pytest.mark.parametrize(
    ("line", "signal"),
    [
        ("(Adds quote, background)", _UPDATE),
        ("(Corrects spelling of melon)", _CORRECTION),
        ("[Repeats with no changes]", _REFILE),
        ("(Eds: Updates throughout.)", _UPDATE),
        ("Eds: Updates throughout", _UPDATE),
        ("Note to editors: pictures follow", None),
        ("(ajoute réactions)", _UPDATE),
        ("(Bien lire : melon, et non citron)", _CORRECTION),
        ("(Répétition)", _REFILE),
        ("ATTENTION - ajoute bilan ///", _UPDATE),
        ("Cette dépêche corrige l'âge du melon.", _CORRECTION),
        ("(This May 2 story has been corrected to fix a figure)", _CORRECTION),
        ("(This story has been updated with a quote)", None),
        ("Editor's note: prices in euros.", None),
        ("(Neu: Details)", _UPDATE),
        ("(Berichtigung: Im dritten Absatz heißt es 30)", _CORRECTION),
        ("Redaktioneller Hinweis: mit Bild", None),
        ("(Añade declaraciones)", _UPDATE),
        ("(Acrescenta detalhes)", _UPDATE),
        ("(Aggiunge dettagli)", _UPDATE),
        ("(Nella notizia delle 18 si legga melone)", _CORRECTION),
        ("(Voegt reactie toe)", _UPDATE),
        ("(In een eerdere versie stond een fout)", _CORRECTION),
    ],
)
def test_a_note_is_no_text(line: str, signal: Signal | None) -> None:
    aside = read_aside(line)
    assert aside == Aside(note=line.strip("()[] /"), signal=signal)
    assert split_asides(["First.", line, "Last."])[0] == ["First.", "Last."]


@pytest.mark.parametrize(
    ("line", "until"),
    [
        ("EMBARGOED UNTIL 0001 GMT, MAY 3", "0001 GMT, MAY 3"),
        ("*** EMBARGOED UNTIL 0001 GMT MAY 3 ***", "0001 GMT MAY 3"),
        ("HOLD FOR RELEASE 6 a.m. ET", "6 a.m. ET"),
        ("Not for publication before 0900 GMT on May 3", "0900 GMT on May 3"),
        ("Sous embargo jusqu'au 3 mai à 10h00, heure de Paris", "3 mai à 10h00, heure de Paris"),
        ("Sperrfrist: Dienstag, 3. Mai 2021, 14.30 Uhr", "Dienstag, 3. Mai 2021, 14.30 Uhr"),
        ("Embargado hasta las 14:30 GMT del 3 de mayo", "las 14:30 GMT del 3 de mayo"),
        ("(Embargo 14:30 GMT)", "14:30 GMT"),
        ("EMBARGOED FOR RELEASE", ""),
        ("(ADVANCE FOR RELEASE SUNDAY, NOV. 25)", "SUNDAY, NOV. 25"),
        ("(SOUS EMBARGO JUSQU'A MERCREDI 06H00)", "MERCREDI 06H00"),
        ("adv for release Sun Nov 25", "Sun Nov 25"),
        ("Eds: HOLD FOR RELEASE UNTIL 5 p.m. EDT Tuesday, April 18.", "5 p.m. EDT Tuesday, April 18"),
        ("(Noticia embargada hasta las 18.00 horas de hoy, hora peninsular)", "de hoy, hora peninsular"),
        ("(EMBARGADA ATÉ ÀS 16:00 DE QUARTA-FEIRA, 17 DE JUNHO - HORA DE LISBOA)", "HORA DE LISBOA"),
        ("Embargo: the day after the melons", "the day after the melons"),
    ],
)
def test_an_embargo_line_says_until_when(line: str, until: str) -> None:
    aside = read_aside(line)
    assert aside is not None
    assert aside.signal is Signal.EMBARGO
    assert aside.embargo is not None
    assert aside.embargo.endswith(until)


@pytest.mark.parametrize(
    "line",
    [
        "(Changes)",
        "(Melons are fruit)",
        "(Neue Zürcher Melone)",
        "(Note: prices in cents)",
        "(Adds quote) and more",
        "Note: the melon is a fruit",
        "Attention: wet melons",
        "Embargo until 2024 hurts growers",
        "Embargo on melons until 2024",
        "Embargoes hurt growers.",
        "No use before noon, growers say: melons spoil",
        "(Attention)",
        "(Attention please)",
        "(" + "Adds " * 100 + ")",
        "",
    ],
)
def test_a_sentence_is_no_aside(line: str) -> None:
    assert read_aside(line) is None


def test_an_order_not_to_use_a_text_stays_to_be_read() -> None:
    order = "ACHTUNG: Die Meldung «Melonen» von 9.30 Uhr wird zurückgezogen."
    kept, found = split_asides([order, "Die Redaktion"])
    assert (kept, found.notes, found.signal) == ([order, "Die Redaktion"], (), Signal.KILL)


def test_a_heading_is_no_embargo() -> None:
    body = ["One.", "Two.", "Three.", "Four.", "EMBARGO", "Five."]
    assert split_asides(body) == (body, Asides())
    assert split_asides(["EMBARGO", "One."]) == (["One."], Asides(signal=Signal.EMBARGO, embargo=""))


def test_what_stands_in_the_middle_needs_brackets() -> None:
    body = ["One.", "Two.", "Three.", "Four.", "Eds: five", "(Adds six)", "Seven.", "Eight.", "Nine."]
    kept, asides = split_asides(body)
    assert kept == [each for each in body if each != "(Adds six)"]
    assert asides == Asides(notes=("Adds six",), signal=_UPDATE)


@pytest.mark.parametrize(
    ("line", "rest", "note"),
    [
        ("(Zusammenfassung - Neu: Details) Melonen", "Melonen", "Zusammenfassung - Neu: Details"),
        ("Melons burn (Adds quote)", "Melons burn", "Adds quote"),
        ("Melons burn (again)", "Melons burn (again)", None),
        ("(Again) melons", "(Again) melons", None),
        ("(Adds quote)", "(Adds quote)", None),
        ("Melons", "Melons", None),
    ],
)
def test_a_note_may_stand_beside_a_headline(line: str, rest: str, note: str | None) -> None:
    kept, aside = split_note(line)
    assert (kept, aside.note if aside else None) == (rest, note)


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("Adds details in paragraph 3", True),
        ("* Ports closed", True),
        ("Adds up to a fine.", False),
        ("(Met reactie vakbond)", True),
        ("[Graphic: https://example.org/x]", True),
        ("- Mayor signs plan", True),
        ("Korrektur: Im zweiten Absatz muss es heißen: 3 statt 4.", True),
        ("Melons burn", False),
        ("Adds " * 40, False),
    ],
)
def test_above_a_dateline_a_note_needs_no_brackets(line: str, is_one: bool) -> None:
    assert (read_note_above(line) is not None) is is_one


@pytest.mark.parametrize(
    ("line", "signal"),
    [
        ("(Im zweiten Absatz wurde die Zahl korrigiert)", _CORRECTION),
        ("(Sustituye a la anterior por error en la cifra)", _CORRECTION),
        ("(Met reactie vakbond)", None),
        ("*** Áudio disponível em www.example.pt ***", None),
    ],
)
def test_brackets_above_a_dateline_are_a_note(line: str, signal: Signal | None) -> None:
    assert read_note_above(line) == Aside(note=line.strip("()* "), signal=signal)


@pytest.mark.parametrize(
    ("line", "rest", "until"),
    [
        ("EMBARGOED UNTIL 2300 GMT - Melons burn", "Melons burn", "2300 GMT"),
        ("Sperrfrist 3. Mai, 6.00 Uhr: Melonen brennen", "Melonen brennen", "3. Mai, 6.00 Uhr"),
        ("EMBARGOED UNTIL 2300 GMT", "", "2300 GMT"),
        ("EMBARGO: Melons burn", "EMBARGO: Melons burn", None),
        ("Embargo on oil: melons burn", "Embargo on oil: melons burn", None),
        ("Embargo until 2025 - analysis", "Embargo until 2025 - analysis", None),
        ("Melons burn", "Melons burn", None),
    ],
)
def test_an_embargo_may_stand_before_a_headline(line: str, rest: str, until: str | None) -> None:
    kept, aside = split_embargo(line)
    assert (kept, aside.embargo if aside else None) == (rest, until)
