"""Series words around headlines and slugs. All copy is invented."""

import pytest

from pipeline.model import Signal
from workers.normalise.series import Series, read_series, read_signal, read_tail


@pytest.mark.parametrize(
    ("line", "signal", "number", "rest"),
    [
        ("CORRECTED-(OFFICIAL)-Melons burn", "correction", None, "Melons burn"),
        ("RPT-UPDATE 1-Melons burn", "refile", 1, "Melons burn"),
        ("PUNTO 1-Bruciano i meloni", "update", 1, "Bruciano i meloni"),
        ("WRAPUP 1-Melons burn", "update", 1, "Melons burn"),
        ("UPDATE1: Melons burn", "update", 1, "Melons burn"),
        ("(Lead) Melons burn", "update", None, "Melons burn"),
        ("(2nd LEAD) Melons burn", "update", 2, "Melons burn"),
        ("2nd Ld: Melons burn", "update", 2, "Melons burn"),
        ("BREAKING: Melons burn", "alert", None, "Melons burn"),
        ("*** URGENT *** Melons burn", "alert", None, "Melons burn"),
        ("/// RPT Les melons ///", "refile", None, "Les melons"),
        ("CORRIGE - Les melons", "correction", None, "Les melons"),
        ("ACTUALISÉ - Les melons", "update", None, "Les melons"),
        ("ACTUALIZA 2-Los melones", "update", 2, "Los melones"),
        ("AMPLIACIÓN: Los melones", "update", None, "Los melones"),
        ("URGENTE.- Los melones", "alert", None, "Los melones"),
        ("CORRECCIÓN: Los melones", "correction", None, "Los melones"),
        ("EIL: Melonen", "alert", None, "Melonen"),
        ("EILMELDUNG - Melonen", "alert", None, "Melonen"),
        ("KORREKTUR/Melonen brennen", "correction", None, "Melonen brennen"),
        ("ROUNDUP 2: Melonen brennen", "update", 2, "Melonen brennen"),
        ("3. Zusammenfassung: Melonen", "update", 3, "Melonen"),
        ("ATUALIZA 1-Os melões", "update", 1, "Os melões"),
        ("CORREÇÃO-Os melões", "correction", None, "Os melões"),
        ("++ ULTIM'ORA ++ I meloni", "alert", None, "I meloni"),
        ("++ Meloni in fiamme ++", "alert", None, "Meloni in fiamme"),
        ("RETTIFICA: I meloni", "correction", None, "I meloni"),
        ("SPOED Meloenen branden", "alert", None, "Meloenen branden"),
        ("RECTIFICATIE: Meloenen", "correction", None, "Meloenen"),
        ("KILL - Melons burn", "kill", None, "Melons burn"),
        ("KILL KILL KILL", "kill", None, ""),
        ("RPT-URGENT-UPDATE 2-CORRECTED-REFILE-Melons", "correction", 2, "REFILE-Melons"),
        ("Mandatory Kill: Melons burn", "kill", None, "Melons burn"),
        ("WITHDRAWN-Melons burn", "kill", None, "Melons burn"),
        ("URGENT - KILL - Melons burn", "kill", None, "Melons burn"),
        ("ANNULATION - Les melons", "kill", None, "Les melons"),
        ("ACHTUNG STORNIERUNG: Melonen", "kill", None, "Melonen"),
        ("ADVISORY-Melon coverage", "advisory", None, "Melon coverage"),
        ("ACHTUNG REDAKTIONEN: Melonen", "advisory", None, "Melonen"),
        ("AVISO AOS CLIENTES: Os melões", "advisory", None, "Os melões"),
        ("EMBARGOED: Melons study", "embargo", None, "Melons study"),
        ("(Act) Arden los melones", "update", None, "Arden los melones"),
        ("(Amp.2) Arden los melones", "update", 2, "Arden los melones"),
        ("(Corr.) Arden los melones", "correction", None, "Arden los melones"),
        ("(ACTUALIZADA) Arden los melones", "update", None, "Arden los melones"),
        ("RPT-INSIGHT-Melons burn", "refile", None, "Melons burn"),
        ("BRIEF-Melons burn", None, None, "Melons burn"),
        ("PRÉVISION-L'été des melons", None, None, "L'été des melons"),
        ("URGENT ¤¤¤ Des melons brûlent", "alert", None, "Des melons brûlent"),
        ("APNewsAlert", "alert", None, ""),
        ("Urgente - Ardem os melões", "alert", None, "Ardem os melões"),
        ("MELONS-FIRE (UPDATE 2, PIX, TV)", "update", 2, "MELONS-FIRE"),
        ("Melons burn (UPDATE 2)", "update", 2, "Melons burn"),
        ("Melons burn, 1st Ld-Writethru", "writethru", 1, "Melons burn"),
    ],
)  # fmt: skip
def test_series_words_are_read(line: str, signal: str, number: int | None, rest: str) -> None:
    read = read_series(line)
    assert (read.signal, read.number, read.rest) == (signal, number, rest)


@pytest.mark.parametrize(
    "headline",
    [
        "Alert level raised on melons",
        "Update on melons",
        "FLASH FLOODS HIT MELONS",
        "FLASH-FLOODS HIT MELONS",
        "LEAD-FREE MELONS",
        "Breaking: melons",
        "Urgent care for melons",
        "Kill Melon returns",
        "KILL MELON RETURNS",
        "Withdrawn: the melon that failed",
        "Annulé : le festival du melon",
        "ANNULÉ: LE FESTIVAL DU MELON",
        "Advisory: hot melons",
        "Embargo on melons lifted",
        "EMBARGO-HIT MELONS",
        "AVIS Melon buys growers",
        "3 alerts on melons",
        "Pipes made of tin, lead",
        "Melons win (2:1)",
        "(Act) law passed",
        "(Rep) John Example quits",
        "FACTBOX: Melons",
        "INTERVIEW - The melon grower",
        "POLL-RIGGING MELONS",
        "Urgent-care melons",
        "Melons, correction",
        "+",
    ],
)
def test_headlines_that_begin_with_such_words_stay(headline: str) -> None:
    assert read_series(headline) == Series(rest=headline)


@pytest.mark.parametrize(
    ("slug", "signal", "number", "rest"),
    [
        ("BC-Melons, 2nd Ld-Writethru,0345", Signal.WRITETHRU, 2, "BC-Melons"),
        ("AM-Melons, 3rd Ld", Signal.UPDATE, 3, "AM-Melons"),
        ("BC-Melons, Kill", Signal.KILL, None, "BC-Melons"),
        ("MELONS-FIRE/ (UPDATE 2)", Signal.UPDATE, 2, "MELONS-FIRE/"),
        ("MELONS-FIRE", None, None, "MELONS-FIRE"),
        ("(UPDATE 2)", None, None, "(UPDATE 2)"),
    ],
)
def test_a_slug_ends_with_series_words(
    slug: str, signal: Signal | None, number: int | None, rest: str
) -> None:
    assert read_tail(slug) == Series(signal=signal, number=number, rest=rest)


@pytest.mark.parametrize(
    ("sent", "signal"),
    [
        ("sig:correction", Signal.CORRECTION),
        ("Alert", Signal.ALERT),
        ("http://cv.iptc.org/newscodes/signal/update", Signal.UPDATE),
        ("sig:x sig:writethru", Signal.WRITETHRU),
        ("sig:none", None),
        ("", None),
        (None, None),
    ],
)
def test_a_sender_says_what_a_version_is(sent: str | None, signal: Signal | None) -> None:
    assert read_signal(sent).signal is signal


def test_a_sender_may_number_a_version() -> None:
    assert read_signal("writethru 2") == Series(signal=Signal.WRITETHRU, number=2, rest="")
    assert read_signal("sig:none 2 20260203") == Series(rest="")


@pytest.mark.parametrize(
    ("line", "signal"),
    [
        ("Achtung Redaktionen: Meldung «Melonen brennen» wird zurückgezogen", Signal.KILL),
        ("ADVISORY-Our story on melons has been withdrawn", Signal.KILL),
        ("ADVISORY-The story on melons of 9.30 GMT is withdrawn", Signal.KILL),
        ("AVISO A LOS CLIENTES: el acto de mañana queda anulado", Signal.ADVISORY),
        ("Achtung Redaktionen: Pressekonferenz wird verschoben", Signal.ADVISORY),
    ],
)
def test_an_advisory_may_take_a_text_back(line: str, signal: Signal) -> None:
    assert read_series(line).signal is signal


def test_the_first_word_counts_and_a_kill_always() -> None:
    kill, update = Series(signal=Signal.KILL, rest="a"), Series(signal=Signal.UPDATE, number=2, rest="b")
    assert update.then(kill) == Series(signal=Signal.KILL, number=2, rest="a")
    assert update.then(Series(signal=Signal.ALERT, number=3, rest="c")).signal is Signal.UPDATE
