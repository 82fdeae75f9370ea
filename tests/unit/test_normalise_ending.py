"""What follows a story and is none of it. All copy is invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Credit
from workers.normalise.ending import Ending, read_ending

STORY = "The melons burned."


@pytest.mark.parametrize(
    "line",
    [
        *(
            "(MORE)",
            "-0- PANA AB/CD/EF 19janv2011",
            "MAP 221614 GMT nov 2018",
            "MORE",
            "-0-",
            "-30-",
            "ENDS",
            "(END)",
            "FIN",
            "(Fin)",
            "FINE",
            "FIM",
            "EINDE",
            "(suite)",
        ),
        *(
            "(à suivre)",
            "(Segue)",
            "(sigue)",
            "(folgt mehr)",
            "(volgt meer)",
            "######",
            "- - - -",
            "* * *",
            "NNNN",
        ),
        *("Enditem", "Lusa/Fim", "29-OTT-18 16:22 NNNN", "© 2031 Example Press", "(c) 2031 EP"),
        "Copyright 2031 The Example Press. All rights reserved.",
        "Alle Rechte vorbehalten.",
        "RIPRODUZIONE RISERVATA © Copyright Example",
        "This material may not be published, broadcast, rewritten or redistributed.",
        "Our Standards: The Example Trust Principles.",
        "((newsroom@example.org; +00 00 0000 0000))",
        "Contact: Ann Example, +00 1 00 00 00 00",
        "ann@example.org",
        "To contact the reporter on this story: Ann Example in Kabul",
        *("MORE TO COME", "### suit développement", "(wordt aangevuld)", "(mehr folgt...)", "en desarrollo"),
        *("Ende der Meldung", "fim do texto", "Page 2", "2 of 3", "22:04 LOCAL TIME 19:04 GMT"),
        *("@annexample", "X: @annexample", "More at https://example.org/x", "Foto: Ana Exemplo/Lusa"),
        "-Ann Example, 415-439-0000",
        "2 May 2024 10:00 GMT",
        *("(foto) (vídeo)", "Source text for Eikon:", "Further company coverage:", "9417**1424", "abc.dk"),
        *("APA0123 2026-03-05/10:00", "08:45 05-03-26 NNNN"),
        *("ISSN 2465 - 1222", "mf", "page 2: 11:52", "021800 GMT nov 2026", "bron: ANP", "Source: the AFP"),
        *("(Xinhua photo by Ann Example)",),
        *("Door: ANP", "By: AFP"),
        *("More on Melonia:", "(END) Dow Jones Newswires", "February 20, 2026 08:02 ET (13:02 GMT)"),
        *("The post Melons burn appeared first on Melon News.", "L’articolo Meloni proviene da Meloni.it."),
        *("Der Beitrag Melonen erschien zuerst auf Melonen.de.",),
        *("Publicado: 3/2/2026", "Last updated: 3 February 2026 at 10:21", "ISIN DE0001234567 US0123456789"),
        *("*** MELON ORIGINAL TEXT UNDER THE SOLE RESPONSIBILITY OF ITS SENDER ***",),
        *("Write to Ann Example at ann@example.com", "Melonville newsroom +30 210 555 0188"),
        *("Melon News; +31-20-555 01 23; melons@example.nl", "(We can be reached at melons@example.com)"),
        *("Related news: Melons burn again", "Lire aussi : Des melons", "Mehr zum Thema: Melonen"),
    ],
)
def test_the_end_of_a_page_is_no_text(line: str) -> None:
    assert read_ending([STORY, line]) == Ending(body=[STORY])


@pytest.mark.parametrize(
    "line",
    [
        *(
            "abc/def/gh",
            "AFP abc/def",
            "burs-abc/def",
            "dpa ab cd",
            "dpa/sa tn yysa z2 mb",
            "ABC // DEF",
            "EFE",
        ),
        *("(ANSA).", "NTX/rgo/mmh", "LVE/YDS/", "YRT-BOS", "Ud1/Pit", "SID ab lr", "(Schluss) kat/lw"),
        *("abc", "ab cd", "USA", "Ab/Cde", "AB/cd", "(abc)", "/ab", "-JD", "J.D."),
        *("/a.b/c.d/", "EDO/BGH/./.", "[AB]", "AB.", "abc-", "dapd/T2011052400211/abc/de", "NZPA WGT pm"),
        *("(Api/Dire) 13:02 25-07-17 NNNN", "Lusa 2024-05-02", "-- Ann Example", "(Ann Example)"),
        *("PTI SKP NRB", "Reuters LVX", "ap/dpa", "JGO/PMF // PJA", "(Abc/Adnkronos)"),
        *("tl/v0/mw", "(JOV, nl, 284)", "MR---BI.", "Xfi", "Ab vn", "AQ/5550188", "==Kyodo", "(FIN) JPC/TMC"),
        *("1010123 abc/de", "AB/CD/ANP-0042 Mars 2026"),
    ],
)
def test_who_handled_a_text_signs_it(line: str) -> None:
    assert read_ending([STORY, line]) == Ending(body=[STORY], credit=Credit(text=line))


@pytest.mark.parametrize(
    ("end", "signed"),
    [
        ("(ANSA).", "(ANSA)."),
        ("EFE", "EFE"),
        ("PTI SKP NRB", "PTI SKP NRB"),
        ("LVE/YDS/", "LVE/YDS/"),
        ("AB/cd/APA", "AB/cd/APA"),
        ("(dpa/lno)", "(dpa/lno)"),
        ("(ab)", "(ab)"),
        ("EFE ab/cd", "EFE ab/cd"),
        ("(Télam).- abc-de", "(Télam).- abc-de"),
        ("AB/CD/./.", "AB/CD/./."),
        ("(Abc)", "(Abc)"),
        ("Fin", None),
        ("(MORE)", None),
        ("-0-", None),
        ("Enditem", None),
        ("(© Melon)", None),
        ("(www.melons.example)", None),
        ("=AFP", "=AFP"),
        ("./.", None),
    ],
)
def test_the_last_line_may_be_signed_too(end: str, signed: str | None) -> None:
    credit = Credit(text=signed) if signed else None
    assert read_ending(["First.", f"{STORY} {end}"]) == Ending(body=["First.", STORY], credit=credit)


@pytest.mark.parametrize(
    "line",
    [
        *("He left.", "Fin de partie", "TEMPERS FRAY", "Melons/melons", "The end of it", "1/2"),
        *(
            "– Non.",
            "OCT8 -- --",
            "Wheat 276 1/2 UP",
            "He told AFP",
            "Disse à Lusa.",
            "Saturday, 4 May, 20:00",
        ),
        *("– Ann Example said so", "(He was not there.)", "(Applause)", "a journalist of l'AFP."),
        "The melons were 3/4 ripe.",
        "Call 555-0100 now.",
        "Growers asked the USA. AND HOW",
        'He said: "The mellons." (sic)',
        "He works for EFE",
    ],
)
def test_a_sentence_at_the_end_stays(line: str) -> None:
    assert read_ending([STORY, line]) == Ending(body=[STORY, line])


def test_a_list_of_names_stays() -> None:
    body = ["The melons:", "- Rome Late", "- Paris Early"]
    assert read_ending(body) == Ending(body=body)


def test_initials_may_touch_the_full_stop() -> None:
    signed = Ending(body=["First.", STORY], credit=Credit(text="/ab/cd/ef"))
    assert read_ending(["First.", f"{STORY}/ab/cd/ef"]) == signed


def test_an_agency_after_an_apostrophe_is_of_the_sentence() -> None:
    body = ["a constaté un journaliste de l'AFP."]
    assert read_ending(["First.", *body], agency="AFP").body == ["First.", *body]


@pytest.mark.parametrize("end", ["Melonia", "(Melonia)", "-Melonia-", "/Melonia."])
def test_the_agency_of_the_dateline_signs_at_the_end(end: str) -> None:
    signed = Ending(body=[STORY], credit=Credit(text=end))
    assert read_ending([STORY, end], agency="Melonia") == signed
    assert read_ending([f"{STORY} {end}"], agency="Melonia") == signed
    assert read_ending(["Melonia"], agency="Melonia").body == ["Melonia"]
    assert read_ending(["They asked Melonia"], agency="Melonia").body == ["They asked Melonia"]


def test_several_of_them_follow_each_other() -> None:
    ending = read_ending(
        [
            STORY,
            "(MORE)",
            "More of it.",
            "(Reporting by Ann Example)",
            "abc/def",
            "Our Standards: The Example Trust Principles.",
            "© 2031 Example",
            "###",
        ]
    )
    assert ending.body == [STORY, "More of it."]
    assert ending.credit == Credit(text="(Reporting by Ann Example) abc/def", reporting="Ann Example")


def test_a_byline_at_the_end_says_who_wrote() -> None:
    assert read_ending([STORY, "Von Anna Beispiel, dpa"]).credit == Credit(
        text="Von Anna Beispiel, dpa", writing="Anna Beispiel"
    )


@pytest.mark.parametrize("line", ["Ann Example, The Canadian Press", "WAM/Ann Example"])
def test_a_name_beside_an_agency_says_who_wrote(line: str) -> None:
    assert read_ending([STORY, line]).credit == Credit(text=line, writing="Ann Example")


def test_a_block_for_other_newsrooms_is_no_text() -> None:
    ending = read_ending(
        [STORY, "# Notizblock", "## Orte", "Melonville", "- Redaktion: Anna Beispiel", "dpa ab cd"]
    )
    assert ending.body == [STORY]
    assert ending.credit == Credit(text="Redaktion: Anna Beispiel", editing="Anna Beispiel")


def test_the_number_of_a_text_above_its_signature_goes() -> None:
    assert read_ending([f"{STORY} EFE", "1010342", "ab/cd"]).body == [STORY]
    assert read_ending([STORY, "1010342"]).body == [STORY, "1010342"]


def test_a_block_of_whom_to_ask_needs_a_number_or_an_address() -> None:
    block = ["Media contact:", "Melons plc", "Ann Example", "Tel. +44 20 555 0188"]
    assert read_ending([STORY, *block]).body == [STORY]
    listed = ["Contacts:", "They met in the garden.", "They met again."]
    assert read_ending([STORY, *listed]).body == [STORY, *listed]


def test_nothing_after_the_end_is_text() -> None:
    release = [
        STORY,
        "-ENDS-",
        "Notes to editors",
        "About Melons plc",
        "Melons plc grows melons in nine towns.",
    ]
    assert read_ending(release).body == [STORY]
    parted = [STORY, "###", STORY]
    assert read_ending(parted).body == [STORY, STORY]


def test_a_text_never_loses_its_only_line() -> None:
    assert read_ending(["FIN"]).body == ["FIN"]
    assert read_ending([]) == Ending(body=[])
    assert read_ending(["(Reporting by Ann Example)"]).body == []


@given(st.lists(st.text(alphabet="abAB. /()-0EFE\n", min_size=1).filter(str.strip), max_size=4))
def test_any_ending_leaves_a_part_of_the_text(body: list[str]) -> None:
    left = read_ending(body).body
    assert len(left) <= len(body)
    assert all(any(each.startswith(kept) for each in body) for kept in left)
