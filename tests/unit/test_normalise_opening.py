"""How a text begins: series words, bylines, headers above a dateline. All copy is invented."""

import pytest

from pipeline.model import Signal
from workers.normalise.byline import authors_of, is_byline
from workers.normalise.opening import Sent, read_story
from workers.normalise.series import read_series

DATELINE = "KABUL, July 25 (Example Press) - "


@pytest.mark.parametrize(
    ("line", "signal", "number", "rest"),
    [
        ("UPDATE 2-Melons burn", Signal.UPDATE, 2, "Melons burn"),
        ("AMP2.- Arden melones", Signal.UPDATE, 2, "Arden melones"),
        ("(AMPL) Arden melones", Signal.UPDATE, None, "Arden melones"),
        ("*RETTIFICA* Bruciano meloni", Signal.CORRECTION, None, "Bruciano meloni"),
        ("UPDATE 1 - Melons burn", Signal.UPDATE, 1, "Melons burn"),
        ("Update: melons burn", Signal.UPDATE, None, "melons burn"),
        ("CORRECTED-UPDATE 2-Melons burn", Signal.CORRECTION, 2, "Melons burn"),
        ("Correction: Melons story", Signal.CORRECTION, None, "Melons story"),
        ("RECTIFICATION : les melons", Signal.CORRECTION, None, "les melons"),
        ("MISE À JOUR 3 - Les melons", Signal.UPDATE, 3, "Les melons"),
        ("REFILE-UPDATE 3-Melons", Signal.REFILE, 3, "Melons"),
        ("REFILE-CORRECTED-UPDATE 3-Melons", Signal.CORRECTION, 3, "Melons"),
        ("RPT CORRETTA: Meloni", Signal.CORRECTION, None, "Meloni"),
        ("TAKE 2: Melons", None, None, "Melons"),
        ("TAKE A SEAT: Melons", None, None, "TAKE A SEAT: Melons"),
        ("TAKE 5", None, None, "TAKE 5"),
        ("URGENT - Melons", Signal.ALERT, None, "Melons"),
        ("URGENT", Signal.ALERT, None, ""),
        ("UPDATE 2", Signal.UPDATE, 2, ""),
        ("Lead-free melons", None, None, "Lead-free melons"),
        ("Update on melons", None, None, "Update on melons"),
        ("Alert: melons", None, None, "Alert: melons"),
        ("FLASHBACK - melons", None, None, "FLASHBACK - melons"),
        ("", None, None, ""),
    ],
)
def test_series_words_are_taken_off_a_headline(
    line: str, signal: Signal | None, number: int | None, rest: str
) -> None:
    read = read_series(line)
    assert (read.signal, read.number, read.rest) == (signal, number, rest)


def test_in_a_text_series_words_are_capitals() -> None:
    assert read_series("Update: melons", in_text=True).signal is None
    assert read_series("UPdate: melons", in_text=True).signal is None
    assert read_series("UPDATE: melons", in_text=True).signal is Signal.UPDATE


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("By Ann Example", True),
        ("Van onze verslaggever", True),
        ("Von unserem Korrespondenten", True),
        ("By: Ann Example", True),
        ("By Ann Example | Melon News", True),
        ("Par Anne Exemple (avec agences)", True),
        ("Von Anna Beispiel (dpa)", True),
        ("By Ann Example - she burned melons - is out", False),
        ("By ANN EXAMPLE and BO SAMPLE=", True),
        ("Par Anne Exemple et Jean Modèle", True),
        ("By noon the fire was out.", False),
        ("By Ann Example, who was there in the morning", False),
        ("By Ann", False),
        ("By ", False),
        ("By " + "Ann Example and " * 9 + "Bo Sample", False),
        ("By Ann Example, PA Health Correspondent", True),
        ("Von Anna Beispiel und Bo Muster, dpa", True),
        ("(di Anna Esempio)", True),
        ("Door ANNA VOORBEELD", True),
        ("Ann Example", False),
        ("By Ann Example, Melonia", True),
        ("- von Anna Beispiel", True),
        ("(Por Ana Exemplo, em Lisboa)", True),
        ("Van onze correspondent Anna Voorbeeld", True),
        ("De notre correspondante Anne Exemple", True),
        ("Dal nostro inviato Anna Esempio", True),
    ],
)
def test_a_byline_is_names_only(line: str, is_one: bool) -> None:
    assert is_byline(line) is is_one


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Ann Example, Bo Sample and Cy Test", ("Ann Example", "Bo Sample", "Cy Test")),
        ("Ann Example", ("Ann Example",)),
        ("By Ann Example, Melonia", ("Ann Example",)),
        ("By ANN EXAMPLE and BO SAMPLE Associated Press", ("ANN EXAMPLE", "BO SAMPLE")),
        ("By Ann Example, Bo Sample", ("Ann Example", "Bo Sample")),
        ("By", ("By",)),
        ("By dpa correspondents", ()),
        ("NTB-AFP", ()),
        ("By Ann Example in Kabul and agencies", ("Ann Example",)),
        ("By Ann Example, Melon News Service", ("Ann Example",)),
        ("Ann Example, The Melon Database", ("Ann Example",)),
    ],
)
def test_a_byline_holds_names(byline: str, names: tuple[str, ...]) -> None:
    assert authors_of(byline) == names


def test_a_header_is_read() -> None:
    story = read_story(
        [
            "UPDATE 1-Melons burn in old town",
            "MELONS-FIRE/",
            "By Ann Example",
            DATELINE + "The melons burned.",
            "More.",
        ],
        Sent(headed=True),
    )
    assert story.header.headline == "Melons burn in old town"
    assert (story.header.series.signal, story.header.series.number) == (Signal.UPDATE, 1)
    assert (story.header.slugline, story.header.byline) == ("MELONS-FIRE/", "By Ann Example")
    assert story.dateline.city == "Kabul"
    assert story.body == ("The melons burned.", "More.")


def test_a_headline_that_was_sent_is_not_repeated() -> None:
    story = read_story(["URGENT", "Melons burn", DATELINE + "They burned."], Sent(headline="Melons burn"))
    assert story.header.headline is None
    assert story.header.series.signal is Signal.ALERT
    assert story.body == ("They burned.",)


def test_a_paragraph_above_the_dateline_stays() -> None:
    story = read_story(["A standfirst.", DATELINE + "They burned."], Sent(headline="Melons burn"))
    assert story.dateline.agency == "Example Press"
    assert story.body == ("A standfirst.", "They burned.")


@pytest.mark.parametrize(
    "above",
    [
        pytest.param(["One sentence.", "Another one."], id="two lines that might be headlines"),
        pytest.param(["A very long sentence. " * 15], id="a long line"),
    ],
)
def test_what_is_no_header_stays(above: list[str]) -> None:
    story = read_story([*above, DATELINE + "They burned."], Sent(headed=True))
    assert story.header.headline is None
    assert story.body == (*above, "They burned.")


def test_a_weak_dateline_further_down_is_text() -> None:
    body = ["One.", "Two.", "KABUL, July 25 - the day of melons"]
    assert read_story(body, Sent(headed=True)).body == tuple(body)


def test_no_dateline_is_looked_for_after_the_story_has_begun() -> None:
    body = ["word " * 90, DATELINE + "They burned."]
    assert read_story(body, Sent(headed=True)).dateline.text is None


def test_series_words_may_stand_before_the_dateline() -> None:
    story = read_story(["URGENT - " + DATELINE + "They burned."], Sent(headed=True))
    assert (story.header.series.signal, story.body) == (Signal.ALERT, ("They burned.",))


def test_series_words_and_byline_above_a_text_without_dateline() -> None:
    story = read_story(["URGENT", "By Ann Example", "The melons burned."], Sent(headline="x"))
    assert (story.header.series.signal, story.header.byline) == (Signal.ALERT, "By Ann Example")
    assert story.body == ("The melons burned.",)


def test_a_text_never_loses_its_last_line() -> None:
    assert read_story(["By Ann Example"], Sent(headed=True)).body == ("By Ann Example",)
    twice = read_story(["By Ann Example", "By Bo Sample", "x"], Sent(headed=True))
    assert twice.body == ("By Bo Sample", "x")


def test_a_dateline_alone_leaves_no_empty_paragraph() -> None:
    assert read_story([DATELINE.strip(), "They burned."], Sent(headed=True)).body == ("They burned.",)


@pytest.mark.parametrize(
    ("above", "byline"),
    [
        (["Melons burn", "MARINA EXEMPLO"], "MARINA EXEMPLO"),
        (["Melons burn", "By ANN EXAMPLE", "Associated Press Writer"], "By ANN EXAMPLE"),
        (["Melons burn", "Cláudia Exemplo", "Repórter da Agência Brasil"], "Cláudia Exemplo"),
    ],
)
def test_names_above_the_dateline_are_a_byline(above: list[str], byline: str) -> None:
    story = read_story([*above, DATELINE + "They burned."], Sent(headed=True))
    assert (story.header.headline, story.header.byline) == ("Melons burn", byline)
    assert story.body == ("They burned.",)


def test_a_byline_may_follow_the_dateline() -> None:
    story = read_story([DATELINE.strip(), "By Ann Example", "They burned."], Sent(headed=True))
    assert (story.header.byline, story.body) == ("By Ann Example", ("They burned.",))


@pytest.mark.parametrize(
    ("lines", "headline"),
    [
        (["UPDATE 1-Melons burn", "They burned."], "Melons burn"),
        (["Melons burn", "By Ann Example", "They burned."], "Melons burn"),
        (["(Lead) Melons burn (adds toll)", "They burned."], "Melons burn"),
        (["Melons burned.", "By Ann Example", "They burned."], None),
        (["Melons burn", "They burned."], None),
    ],
)
def test_series_words_or_a_byline_show_the_headline(lines: list[str], headline: str | None) -> None:
    story = read_story(lines, Sent(headed=True))
    assert story.header.headline == headline
    assert story.body[-1] == "They burned."


def test_a_slug_may_stand_above_the_headline() -> None:
    lines = ["1 COURTS Melons", "GROWER CLEARED OVER MELONS", "By Ann Example, PA", "They burned."]
    header = read_story(lines, Sent(headed=True)).header
    assert (header.slugline, header.headline) == ("1 COURTS Melons", "GROWER CLEARED OVER MELONS")
    sent = read_story(lines[1:], Sent(headline="Melons"))
    assert (sent.header.byline, sent.body) == ("By Ann Example, PA", ("They burned.",))


def test_a_note_may_follow_the_dateline() -> None:
    story = read_story([DATELINE + "(Rettifica il titolo precedente) They burned."], Sent(headline="x"))
    assert ([note.note for note in story.header.notes], story.body) == (
        ["Rettifica il titolo precedente"],
        ("They burned.",),
    )


def test_a_headline_with_its_series_words_is_no_text() -> None:
    story = read_story(["ROUNDUP 2/Melons burn", DATELINE + "They burned."], Sent(headline="Fire"))
    assert (story.header.series.number, story.body) == (2, ("They burned.",))


def test_a_slug_above_a_text_without_dateline() -> None:
    story = read_story(["BC-Melons, 1st Ld-Writethru,0345", "They burned."], Sent(headline="Melons"))
    assert (story.header.slugline, story.header.series.signal) == ("BC-Melons", Signal.WRITETHRU)


def test_key_points_above_the_dateline_are_notes() -> None:
    story = read_story(["* Ports closed", "* Mayor quits", DATELINE + "They burned."], Sent(headline="x"))
    assert [note.note for note in story.header.notes] == ["* Ports closed", "* Mayor quits"]


@pytest.mark.parametrize(
    "label",
    [
        "FRS0123 4 IG 0188 FRA /ABC-KJ41",
        "(MELON FEATURE)",
        "SPORT",
        "Politics/Kenya",
        "bdt0123 3 pl 210",
        "Ports/Strike/",
        "2 May 2024 10:00 GMT",
        "///",
    ],
)
def test_a_label_above_the_dateline_goes(label: str) -> None:
    story = read_story(["By Ann Example", label, DATELINE + "They burned."], Sent(headline="Melons burn"))
    assert (story.header.byline, story.body) == ("By Ann Example", ("They burned.",))


@pytest.mark.parametrize("line", ["Growers fear delays", "المزارعون يخشون التأخير", "农民担心延误"])
def test_a_line_of_its_own_above_the_dateline_stays(line: str) -> None:
    story = read_story(["By Ann Example", line, DATELINE + "They burned."], Sent(headline="Melons burn"))
    assert story.header.byline == "By Ann Example"
    assert story.body == (line, "They burned.")


def test_a_headline_is_repeated_in_capitals() -> None:
    story = read_story(["MELONS BURN", DATELINE + "They burned."], Sent(headline="Melons burn"))
    assert (story.header.byline, story.body) == (None, ("They burned.",))


def test_a_list_of_stories_has_no_header() -> None:
    body = ["Melons burned in the old town. " * 4, "LONDON - The mayor spoke.", "More."]
    assert read_story(body, Sent(headed=True)).body == tuple(body)


def test_nothing_begins_with_nothing() -> None:
    assert read_story([], Sent(headed=True)).body == ()


def test_a_headline_that_is_repeated_above_the_text_goes() -> None:
    sent = Sent(headline="Melons burn")
    assert read_story(["MELONS BURN", "They burned."], sent).body == ("They burned.",)
    assert read_story(["Melons burn"], sent).body == ("Melons burn",)
