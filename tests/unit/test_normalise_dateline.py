"""The dateline that opens wire copy. Agencies are named only by their names; all copy is invented."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.normalise.dateline import (
    OpeningDate,
    Period,
    city_name,
    may_open,
    read_dateline,
    read_sent,
    split_prefix,
    without_sent,
    year_of,
)


@pytest.mark.parametrize(
    ("line", "city", "day", "agency"),
    [
        ("KABUL, July 25 (Reuters) - Melons", "Kabul", (7, 25), "Reuters"),
        ("KABOUL, 25 juillet (AFP) - Des melons", "Kaboul", (7, 25), "AFP"),
        ("PARIS (AP) — The melons", "Paris", None, "AP"),
        ("São Paulo, 03/10/2016 - Os melões", "São Paulo", (10, 3, 2016), None),
        ("Agadir (province de Souss), 22 nov. 2018 (MAP)- Des", "Agadir", (11, 22, 2018), "MAP"),
        ("QUETTA: The melons have burned", "Quetta", None, None),
        ("APA-Dakar (Sénégal) - Des melons", "Dakar", None, "APA"),
        ("AFP, Paris - Des melons", "Paris", None, "AFP"),
        ("ANSA - ROMA - I meloni", "Roma", None, "ANSA"),
        ("NEW YORK (MarketLine) -- Melons", "New York", None, "MarketLine"),
        ("Cité du Vatican (melon.org) - Le", "Cité du Vatican", None, "melon.org"),
        ("ASMARA (MELA) – I meloni", "Asmara", None, "MELA"),
        ("ABUJA (Melon Post) – The melons", "Abuja", None, "Melon Post"),
        ("Belgrado, 08 set 2021 13:45 - (Agenzia Nova) - I meloni", "Belgrado", (9, 8, 2021), "Agenzia Nova"),
        ("Vatican City, Jun 24, 2017 / 05:04 am (CNA).- The", "Vatican City", (6, 24, 2017), "CNA"),
        ("New Delhi [India], May 2 (ANI): Melons", "New Delhi", (5, 2), "ANI"),
        ("Halle/Saale (dpa/sa) - Melonen", "Halle", None, "dpa/sa"),
        ("LONDON - The melons burned", "London", None, None),
        ("Guwahati (Assam) [India], May 2 (ANI): Melons", "Guwahati", (5, 2), "ANI"),
        ("МУРМАНСК, 3 февраля. /ТАСС/. Дыни", "Мурманск", (2, 3), "ТАСС"),
        ("МОСКВА, 3 фев - РИА Новости. Дыни", "Москва", (2, 3), "РИА Новости"),
        ("Москва. 3 февраля. ИНТЕРФАКС - Дыни", "Москва", (2, 3), "ИНТЕРФАКС"),
        ("GENEVA (3 May 2031) – UN melons", "Geneva", (5, 3, 2031), None),
        ("(Melon 24 Press) - Milano, 3 mag - I meloni", "Milano", (5, 3), "Melon 24 Press"),
        ("(CNN)The melons", None, None, "CNN"),
        ("PARIS - AFP - Les melons", "Paris", None, "AFP"),
        ("Kabul, 3 May 2031 – (Melon) – The", "Kabul", (5, 3, 2031), "Melon"),
        ("(Sports Network) - The melons", None, None, "Sports Network"),
        ("BAMAKO — Les melons", "Bamako", None, None),
        ("MANILA, Philippines — The melons", "Manila", None, None),
        ("WASHINGTON/LONDON, Jan 2 (Agency) - Text", "Washington", (1, 2), "Agency"),
        ("Paris, le 3 mai 2024 (AFP) – Des melons", "Paris", (5, 3, 2024), "AFP"),
        ("Kabul, Afghanistan, July 25, 2021 (AFP) -- Melons", "Kabul", (7, 25, 2021), "AFP"),
        ("KABOUL, dimanche 25 juillet (Reuters) - Des", "Kaboul", (7, 25), "Reuters"),
        ("RIO DE JANEIRO, 1er août (AFP) - Des", "Rio de Janeiro", (8, 1), "AFP"),
        ("Goma (RD Congo), 3 mai 2024 (AFP) - Des", "Goma", (5, 3, 2024), "AFP"),
        ("Paris (AFP) le 3 mai 2024 - Des", "Paris", (5, 3, 2024), "AFP"),
        ("Berlin (dpa) - Melons", "Berlin", None, "dpa"),
        ("Berlin (dpa/lno) - Melonen", "Berlin", None, "dpa/lno"),
        ("Berlin, 3. Mai (dpa) - Melonen", "Berlin", (5, 3), "dpa"),
        ("Madrid, 3 de mayo (EFE).- Melones", "Madrid", (5, 3), "EFE"),
        ("BUENOS AIRES, Argentina (AP) _ Melons", "Buenos Aires", None, "AP"),
        ("UNITED NATIONS, Sept 3 (Reuters) -The", "United Nations", (9, 3), "Reuters"),
        ("WASHINGTON, D.C., May 3 (AP) - The", "Washington", (5, 3), "AP"),
        ("ATHENS, Ga., May 4 -- The mayor", "Athens", (5, 4), None),
        ("EUGENE, Ore. March 3 - The mayor", "Eugene", (3, 3), None),
        ("ARNHEM, the Netherlands, April 1 - The mayor", "Arnhem", (4, 1), None),
        ("ROME MARCH 9 - Prices", "Rome", (3, 9), None),
        ("New York, March 3 - Stocks", "New York", (3, 3), None),
        ("CHICAGO, March 26- The mayor", "Chicago", (3, 26), None),
        ("ROME, March 13, Reuter - Prices", "Rome", (3, 13), "Reuter"),
        ("(Reuters) - A mayor", None, None, "Reuters"),
        ("Aug 2 (Reuters) - A mayor", None, (8, 2), "Reuters"),
        ("(ANSA) - Rome, October 11 - A mayor", "Rome", (10, 11), "ANSA"),
        ("(ANSA) - A mayor", None, None, "ANSA"),
        ("SAN FRANCISCO--(BUSINESS WIRE)--Melons", "San Francisco", None, "BUSINESS WIRE"),
        ("NEW YORK, Jan. 2, 2024 /PRNewswire/ -- Melons", "New York", (1, 2, 2024), "PRNewswire"),
        ("MOSCOW, January 2. /TASS/. Melons", "Moscow", (1, 2), "TASS"),
        ("New Delhi, Jul 25 (PTI) The melons", "New Delhi", (7, 25), "PTI"),
        ("KABUL, July 25 (Example Wire): Melons", "Kabul", (7, 25), "Example Wire"),
        ("KABUL (Hindukush Press) - Melons", "Kabul", None, "Hindukush Press"),
        ("Melonville, May 3 (Whatever) - The", "Melonville", (5, 3), "Whatever"),
        ("Coeur d'Alene, May 3 (AP) - The", "Coeur d'Alene", (5, 3), "AP"),
        ("كابول (Hindukush Press) - نص", "كابول", None, "Hindukush Press"),
        ("KABUL, July 25 (Reuters) -", "Kabul", (7, 25), "Reuters"),
        ("(Reuters) -  MONDAY's melons", None, None, "Reuters"),
        ("PARIS et LYON, 12 janvier (AFP) - Les", "Paris", (1, 12), "AFP"),
        ("MADRID y BARCELONA, 12 ene (EFE).- Los", "Madrid", (1, 12), "EFE"),
        ("BERLIN und HAMBURG (dpa) - Melonen", "Berlin", None, "dpa"),
        ("Kabul/Berlin (dpa) – Melonen", "Kabul", None, "dpa"),
        ("Frankfurt am Main (dpa) - Melonen", "Frankfurt am Main", None, "dpa"),
        ("Wien (APA/dpa) - Melonen", "Wien", None, "APA/dpa"),
        ("Hamburg (epd). Melonen", "Hamburg", None, "epd"),
        ("Genève, 12 janv. (ats) - Les", "Genève", (1, 12), "ats"),
        ("Berne (ats) Les melons", "Berne", None, "ats"),
        ("(Belga) Les melons", None, None, "Belga"),
        ("(Keystone-ATS) Les melons", None, None, "Keystone-ATS"),
        ("BRUSSEL 12/01 (BELGA) = De", "Brussel", (1, 12), "BELGA"),
        ("Kabul, 12.1.2021 (KNA) - Melonen", "Kabul", (1, 12, 2021), "KNA"),
        ("Brasília - 12/01/21 (Agência Brasil) - Os", "Brasília", (1, 12, 2021), "Agência Brasil"),
        ("Paris, 2021-01-12 (AFP) - Les", "Paris", (1, 12, 2021), "AFP"),
        ("AMSTERDAM (ANP) - De", "Amsterdam", None, "ANP"),
        ("'s-Hertogenbosch (ANP) - De", "'s-Hertogenbosch", None, "ANP"),
        ("Lisboa, 12 jan 2021 (Lusa) - Os", "Lisboa", (1, 12, 2021), "Lusa"),
        ("SAO PAULO, 12 Jan (Reuters) - Os", "Sao Paulo", (1, 12), "Reuters"),
        ("(ANSA) - ROMA, 12 GEN - I meloni", "Roma", (1, 12), "ANSA"),
        ("/ANSA/ - ROMA, 12 GEN - I meloni", "Roma", (1, 12), "ANSA"),
        ("Roma, 12 lug. (askanews) – I", "Roma", (7, 12), "askanews"),
        ("Madrid (EFE).- Los", "Madrid", None, "EFE"),
        ("MÉXICO, enero 12 (Notimex).- Los", "México", (1, 12), "Notimex"),
        ("Nueva York (EE.UU.), 12 ene (EFE).- Los", "Nueva York", (1, 12), "EFE"),
        ("Nations unies (Etats-Unis), 15 juin 2023 (AFP) - Les", "Nations unies", (6, 15, 2023), "AFP"),
        ("CANBERRA, Jan 12 AAP - The", "Canberra", (1, 12), "AAP"),
        ("SYDNEY, AAP - The", "Sydney", None, "AAP"),
        ("TOKYO, Nov. 5, Kyodo - The", "Tokyo", (11, 5), "Kyodo"),
        ("Accra, Jan. 5, GNA - The", "Accra", (1, 5), "GNA"),
        ("Jan. 12 (Bloomberg) -- The", None, (1, 12), "Bloomberg"),
        ("Reuters - The", None, None, "Reuters"),
        ("ISTANBUL (AA) - The", "Istanbul", None, "AA"),
        ("NUKU'ALOFA (AFP) - The", "Nuku'alofa", None, "AFP"),
        ("OTTAWA — The melons", "Ottawa", None, None),
        ("MONTRÉAL — Les melons", "Montréal", None, None),
        ("DES MOINES, Iowa - The mayor", "Des Moines", None, None),
        ("ISLAMABAD: The mayor", "Islamabad", None, None),
        ("BRUXELLES (Parlement européen), 3 fév 2026 (AFP) - Les", "Bruxelles", (2, 3, 2026), "AFP"),
        ("London, UK – 3 February 2026 – Melons are ripe", "London", (2, 3, 2026), None),
        ("CAIRO - 3 February 2026: Melons are ripe", "Cairo", (2, 3, 2026), None),
        ("FUKUI, Japan, Sept. 11 KYODO", "Fukui", (9, 11), "KYODO"),
        ("CÁCERES, 12 (EUROPA PRESS)", "Cáceres", None, "EUROPA PRESS"),
        ("MELONVILLE (AFP)", "Melonville", None, "AFP"),
        ("Puno, mar. 2. Trescientos melones", "Puno", (3, 2), None),
        ("Quillport, 12 janvier. Les melons", "Quillport", (1, 12), None),
        ("SAGUENAY, Qc — Un melon", "Saguenay", None, None),
        ("HASSELT — Een meloen is in Hasselt gevonden", "Hasselt", None, None),
        ("TIARET - Des melons de la wilaya de Tiaret", "Tiaret", None, None),
        ("Davos GR (sda) - Die Melonen", "Davos", None, "sda"),
    ],
)
def test_a_dateline_is_read(
    line: str, city: str | None, day: tuple[int, ...] | None, agency: str | None
) -> None:
    opening = read_dateline(line)
    assert opening.text is not None
    assert (opening.city, opening.agency) == (city, agency)
    assert opening.date == (OpeningDate(month=day[0], day=day[1], year=(*day, None)[2]) if day else None)
    assert line == (opening.text + line[len(opening.text) : len(line) - len(opening.rest)] + opening.rest)


@pytest.mark.parametrize(
    "line",
    [
        "NATO (OTAN) - L'alliance des melons",
        "IMF (FMI) - le fonds des melons",
        "UNESCO (ONU) - Le comité des melons",
        "MELONIA CORP (MEL) - The firm grows melons",
        "RIGA (Latvia) - The melons",
        "LONDON - Paris trains carry melons",
        "AFP, Reuters and others - the agencies",
        "AP-Melons, 3rd Ld-Writethru, a0455 Melons - burn",
        "The Group of Seven (G7) - meeting by the sea",
        "The European Union (EU) – its leaders met",
        "The agency (AFP) - which sells melons",
        "Agence France-Presse (AFP) - l'agence",
        "Associated Press (AP) - the agency",
        "Reuters (Reuters) - the agency",
        "Monday, July 25 - The melons were ripe",
        "July 25, 2021 - The melons were ripe",
        "By John Example, May 2 - The melons",
        "Election Day, November 3 - a day of melons",
        "In Paris, May 3 - a day of melons - was loud",
        "On 3 May - the day of melons",
        "Updated, May 3 - The melons",
        "Melons 737 - the new kind",
        "Kabul - the capital of melons",
        "Well-known mayor eats melons (May 3)",
        "CORRECTION - PARIS - MELONS",
        "SUGAR NO.6 AT 1750 - APR 7 - the prices",
        "WHEAT PRICES RATE AVERAGE CLOSE, APRIL 7 - the prices",
        "the melons, May 3 (AFP) - were ripe",
        "/, May 3 (AFP) - were ripe",
        "Paris, Lyon, Lille, Nice, Brest, May 3 (AFP) - The",
        "Kabul, Foo 25 (x) - The melons",
        "Kabul, July 45 - The melons",
        "KABUL, (2021) - The melons",
        "KABUL (one two three four five six) - The melons",
        "A" * 70 + ", May 3 (AFP) - The",
        "Kabul, May 3, was hot (AFP",
        "PARIS - who won the melon",
        "TOKYO — MELONS CLOSE HIGHER",
        "Paris — the city of melons",
        "Berlin - Die Melonen",
        "FC Melonia (dpa) - hat gewonnen",
        "The Melonian (AFP) - the paper",
        "Am Montag (12. Januar) - dem Tag der Melonen",
        "MELON-19 - Le point",
        "IMM MELONS CLSG JUN7 -- 9431",
        "Melon Institute - The body",
        "MELONCORP - The shares in Meloncorp rose",
        "EXPLAINER — The melons in question",
        "Melons – 25 July – the day of melons",
        "Melons – 3 February – Melons are ripe",
        "Born in Melonia, May 3. He was ripe",
        "Ann Example (AFP)",
        "MELONS: Four of them",
        "MELONIA: A melon grew in Melonia",
        "",
    ],
)
def test_a_sentence_is_no_dateline(line: str) -> None:
    opening = read_dateline(line)
    assert (opening.text, opening.rest) == (None, line)


def test_the_provider_is_known_to_be_an_agency() -> None:
    assert read_dateline("PARIS (Melonia) - The").text is None
    assert read_dateline("PARIS (Melonia) - The", agencies=frozenset({"melonia"})).agency == "Melonia"


@given(
    st.text(max_size=200)
    | st.from_regex(r"[A-Z][A-Za-z, .]{0,40}[(/0-9a-zA-Z) ]{0,20}[-–—:. ]{1,3}.*", fullmatch=True)
)
def test_reading_a_dateline_loses_no_words(line: str) -> None:
    opening = read_dateline(line)
    assert line.endswith(opening.rest)
    assert (
        line.replace(" ", "") == ((opening.text or "") + opening.rest).replace(" ", "")
        or line != line.strip()
    )


@pytest.mark.parametrize(
    ("sent", "city", "day", "agency"),
    [
        ("KABUL, Afghanistan, July 25 (AP) —", "Kabul", (7, 25), "AP"),
        ("KABUL, July 25", "Kabul", (7, 25), None),
        ("Kabul", "Kabul", None, None),
        ("PARIS/LYON", "Paris", None, None),
        ("12/01/2021", None, (1, 12, 2021), None),
        ("Melons (The best)", None, None, None),
        ("by hand", None, None, None),
    ],
)
def test_a_dateline_that_was_sent_apart_is_all_dateline(
    sent: str, city: str | None, day: tuple[int, ...] | None, agency: str | None
) -> None:
    opening = read_sent(sent)
    assert (opening.text, opening.city, opening.agency) == (sent, city, agency)
    assert opening.date == (OpeningDate(month=day[0], day=day[1], year=(*day, None)[2]) if day else None)


@pytest.mark.parametrize(
    ("paragraph", "rest"),
    [
        ("Kabul, July 25 - Melons burned.", "Melons burned."),
        ("KABUL, JULY 25 (Example Press) — Melons", "Melons"),
        ("Kabul, July 25", ""),
        ("Kabul, July 25 was hot.", None),
        ("Melons burned.", None),
    ],
)
def test_a_dateline_that_was_sent_is_taken_off_the_text(paragraph: str, rest: str | None) -> None:
    assert without_sent(paragraph, "Kabul, July 25 —") == rest


def test_nothing_sent_is_taken_off_nothing() -> None:
    assert without_sent("Melons", " - ") is None


@pytest.mark.parametrize(
    ("line", "may"), [("KABUL, July 25 (X) - a", True), ("The mayor ate melons.", False)]
)
def test_most_paragraphs_are_answered_at_once(line: str, may: bool) -> None:
    assert may_open(line) is may


@pytest.mark.parametrize(
    ("line", "period", "rest"),
    [
        ("date 2021-07 KABOUL, 25", Period(year=2021, month=7), "KABOUL, 25"),
        ("date: 2021-07-25 KABOUL, 25", Period(year=2021, month=7, day=25), "KABOUL, 25"),
        ("date 2021-13 KABOUL", None, "date 2021-13 KABOUL"),
        ("date palms grow", None, "date palms grow"),
    ],
)
def test_a_month_before_the_copy_is_taken_off(line: str, period: Period | None, rest: str) -> None:
    assert split_prefix(line) == (period, rest)


@pytest.mark.parametrize(
    ("year", "period", "sent", "received", "expected"),
    [
        pytest.param(2019, Period(year=2021, month=7), None, None, (2019, True), id="as written"),
        pytest.param(None, Period(year=2022, month=1), date(2020, 1, 1), None, (2021, True), id="the prefix"),
        pytest.param(None, None, date(2021, 1, 2), date(2025, 1, 1), (2020, True), id="the item's date"),
        pytest.param(None, None, None, date(2025, 3, 1), (2024, False), id="the receipt"),
        pytest.param(None, None, None, None, (None, False), id="unknown"),
    ],
)
def test_the_year_of_a_dateline(year, period, sent, received, expected) -> None:
    day = OpeningDate(month=12, day=30, year=year)
    assert year_of(day, period=period, sent=sent, received=received) == expected


@pytest.mark.parametrize(
    ("day", "year", "expected"),
    [
        (OpeningDate(month=7, day=25), 2021, date(2021, 7, 25)),
        (OpeningDate(month=2, day=29), 2021, None),
        (OpeningDate(month=7, day=25), None, None),
    ],
)
def test_a_day_needs_a_year_that_has_it(day: OpeningDate, year: int | None, expected: date | None) -> None:
    assert day.on(year) == expected


@pytest.mark.parametrize(
    ("place", "city"),
    [
        ("PORT-AU-PRINCE", "Port-au-Prince"),
        ("N'DJAMENA", "N'Djamena"),
        ("LA PAZ", "La Paz"),
        ("ST. LOUIS", "St. Louis"),
        ("WASHINGTON D.C.", "Washington D.C."),
        ("DAR ES SALAAM, Tanzania", "Dar es Salaam"),
        ("São Paulo", "São Paulo"),
    ],
)
def test_a_city_is_written_as_names_are(place: str, city: str) -> None:
    assert city_name(place) == city
