"""Countries of a text: what each name means, what the story is about, and why."""

import pytest

from gazetteering import document_of, gazetteer, read_regions
from pipeline.model import Dateline, Tag
from workers.tag.places import resolve_dateline

FRENCH = """\
KABOUL, 14 mars (Agence Exemple) - Les Etats-Unis poursuivront leurs vols pour aider les forces
afghanes face aux talibans, a déclaré samedi un officier américain.

Les talibans ont pris trois districts ruraux d'Afghanistan cette semaine, selon le gouvernement afghan.

"Les États-Unis resteront aux côtés de l'armée afghane", a dit le général Martin Exemple à Kaboul, où vivent
des familles américaines.

Des négociateurs se sont rencontrés à Doha, la capitale du Qatar, sans progrès connu.
(Reportage du bureau de Kaboul)
"""
ENGLISH = """\
KABUL, March 14 (Example Agency) - The United States will go on with flights to help Afghan forces
against the Taliban, an American officer said on Saturday.

The Taliban took three rural districts of Afghanistan this week, the Afghan government said.

"The U.S. will stand by the Afghan army," General Martin Example said in Kabul, where American families live.

Negotiators met in Doha, the capital of Qatar, with no known progress.
"""


def codes(text: str, **options: str | None) -> list[str]:
    return [tag.code for tag in read_regions(text, **options)[1].regions]


def tag_of(text: str, code: str, **options: str | None) -> Tag:
    return next(tag for tag in read_regions(text, **options)[1].regions if tag.code == code)


@pytest.mark.parametrize("text", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_a_story_and_its_translation_have_the_same_countries_and_roles(text: str) -> None:
    _, reading = read_regions(text)
    assert [(tag.code, tag.roles) for tag in reading.regions] == [
        ("AF", ("dateline", "subject")),
        ("US", ("subject",)),
        ("QA", ("mention",)),
    ]
    assert reading.dateline_place is not None
    assert (reading.dateline_place.geonames, reading.dateline_place.country) == (1138958, "AF")
    assert {place.place.name for place in reading.places} == {"Kabul", "Doha"}


@pytest.mark.parametrize("text", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_evidence_cuts_out_exactly_its_text(text: str) -> None:
    document, reading = read_regions(text)
    assert document.dateline is not None
    fields = {"text": document.body_text, "dateline": document.dateline.text}
    evidence = [each for tag in reading.regions for each in tag.evidence]
    assert len(evidence) > 8
    for each in evidence:
        assert fields[each.field][each.start : each.end] == each.text
    for place in reading.places:
        assert document.body_text[place.mention.start : place.mention.end] == place.mention.text


def test_evidence_counts_code_points_behind_the_headline() -> None:
    document, reading = read_regions("🙂 Troops left Kabul.", headline="Afghan “news” 🙂")
    text = f"{document.headline}\n\n{document.body_text}"
    assert [text[each.start : each.end] for each in reading.regions[0].evidence] == ["Afghan", "Kabul"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The bank UBS and the parcel firm UPS said they had a plan.", []),
        ("North Korea fired two missiles on Monday.", ["KP"]),
        ("North Korean and South Korean officers met.", ["KP", "KR"]),
        ("Police in Atlanta, Georgia held a man on Monday.", ["US"]),
        ("A guinea pig was found; Guinea pigs are well.", []),
        ("He wore a red jersey at the race.", []),
        ("They moved to New Jersey and New Mexico.", ["US"]),
        ("Michael Jordan retired. Jordan said he was happy.", []),
        ("Jordan said King Abdullah would visit Amman.", ["JO"]),
        ("Chad Smith plays the drums.", []),
        ("Chad said rebels had crossed the border from Sudan.", ["TD", "SD"]),
        ("Paris Hilton met George Washington and Jack London.", []),
        ("Kosovo held an election on Sunday.", ["XK"]),
        ("Afghan forces retook Kandahar on Friday.", ["AF"]),
        ("Kabul airport was attacked by gunmen.", ["AF"]),
        ("Albany and Columbia are fine names for a school.", []),
        ("The M.S. degree was awarded to him.", []),
        ("Oklahoma was hit by a storm.", ["US"]),
        ("Leaders from Africa, North America and Western Europe met.", []),
        ("Reddit said it would list its shares.", []),
        ("Nice weather, said Reading rooms on a Mobile phone.", []),
        ("A match was played in Nice on Sunday.", ["FR"]),
        ("The ICO failed to agree on quotas, SAMA said.", []),
        ("The Taliban met Hamas and Hezbollah envoys.", []),
        ("S. Korea and the DPRK met as U.S. forces left the UAE.", ["KR", "KP", "US", "AE"]),
        ("Let US and them decide, he said of Britain's African policy.", ["GB", "US"]),
        ("She speaks Russian and answered in French.", []),
        ("The jet entered Russian airspace.", ["RU"]),
        ("The Democratic Republic of Congo and the Dominican Republic signed.", ["CD", "DO"]),
        ("Franco-German talks opened.", ["DE", "FR"]),
        ("Georgia asked Russia to leave Abkhazia.", ["GE", "RU"]),
        ("In Georgia, voters from Atlanta to Alabama queued.", ["US"]),
    ],
)
def test_english_names(text: str, expected: list[str]) -> None:
    assert codes(text, language="en") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Le Royaume-Uni et l'Allemagne ont signé un accord.", ["GB", "DE"]),
        ("Les troupes nord-coréennes et sud-africaines sont arrivées.", ["KP", "ZA"]),
        ("Le golfe du Mexique et l'océan Indien, selon les accords de Paris.", []),
        ("Un cochon d'Inde et un berger allemand.", []),
        ("La coopération franco-afghane continue.", ["AF", "FR"]),
        ("Il parle anglais et a répondu en russe.", []),
        ("Les autorités turques ont reçu une délégation grecque.", ["TR", "GR"]),
        ("Djalalabad et Nouvelle-Delhi ont été touchées.", ["AF", "IN"]),
        ("Islamabad a réagi.", ["PK"]),
        ("Un séisme a touché Vienne dimanche.", ["AT"]),
        ("L'ETAT ET LES ETATS-UNIS S'OPPOSENT A PEKIN", ["US", "CN"]),
        ("La Guinée, la Guinée-Bissau et la Guinée équatoriale.", ["GN", "GW", "GQ"]),
    ],
)
def test_french_names(text: str, expected: list[str]) -> None:
    assert codes(text, language="fr") == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("阿富汗首都喀布尔发生爆炸", "zh", ["AF"]),
        ("انفجار في كابول عاصمة أفغانستان", "ar", ["AF"]),
        ("In Kabul trafen sich Vertreter aus Deutschland.", "de", ["DE", "AF"]),
        ("El presidente de Estados Unidos visitó Alemania.", "es", ["US", "DE"]),
    ],
)
def test_countries_are_known_in_other_languages(text: str, language: str, expected: list[str]) -> None:
    assert codes(text, language=language) == expected


def test_a_headline_in_capitals_is_read() -> None:
    tag = tag_of(
        "Prices rose on Monday, traders said.", "TR", headline="TURKEY SAYS WHEAT PRICES UP", language="en"
    )
    assert tag.roles == ("subject",)


def test_what_is_named_once_late_in_a_story_is_a_mention() -> None:
    text = "Peru elected a new parliament.\n\n" + "Voting went well in Peru, the commission said. " * 12
    _, reading = read_regions(f"{text}\n\nThe last such vote was observed by Norway.", language="en")
    assert [(tag.code, tag.roles) for tag in reading.regions] == [("PE", ("subject",)), ("NO", ("mention",))]


def test_a_currency_is_not_what_a_story_is_about() -> None:
    dollar = tag_of("Peru sold bonds for 5 million U.S. dollars.", "US", language="en")
    named = tag_of("Peru sold bonds to the U.S. government.", "US", language="en")
    assert dollar.roles == ("mention",)
    assert dollar.score < named.score


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PARIS, 3 mai (Agence Exemple) - Le président a parlé.", (2988507, "FR")),
        ("PARIS, Texas, May 3 (Example Agency) - A barn burned.", (4717560, "US")),
        ("PARIS, Tex., May 3 (Example Agency) - A barn burned.", (4717560, "US")),
        ("LONDON, Ont., May 3 (Example Agency) - A barn burned.", (6058560, "CA")),
        ("MEXICO, 3 mai (Agence Exemple) - Le président a parlé.", (3530597, "MX")),
        ("BEIRUT/DUBAI, May 3 (Example Agency) - Talks opened.", (276781, "LB")),
        ("WASHINGTON, May 3 (Example Agency) - Talks opened.", (4140963, "US")),
        ("ISLAMABAD, May 3 (Example Agency) - Talks opened.", (1176615, "PK")),
        ("(ANSA) - ROMA, 3 MAG - Il ministro ha parlato.", (3169070, "IT")),
        ("APA-Dakar (Sénégal) - Le ministre a parlé.", (2253354, "SN")),
    ],
)
def test_the_town_of_a_dateline_is_resolved(text: str, expected: tuple[int, str]) -> None:
    _, reading = read_regions(text)
    assert reading.dateline_place is not None
    assert (reading.dateline_place.geonames, reading.dateline_place.country) == expected


def test_a_town_that_is_not_known_leaves_its_state() -> None:
    _, reading = read_regions("TROY, N.C. (AP) -- A man was held on Monday.")
    assert [tag.code for tag in reading.regions] == ["US"]
    assert "dateline" in reading.regions[0].roles
    assert reading.dateline_place is None


def test_a_town_named_with_its_region_is_the_same_one_throughout() -> None:
    _, reading = read_regions("A mill in London, Ontario closed. London has 400,000 people.", language="en")
    assert {place.place.geonames for place in reading.places} == {6058560}


def test_the_story_decides_between_two_towns_of_a_dateline() -> None:
    dateline = Dateline(text="TRIPOLI, May 3 (Example Agency) -", city="Tripoli", agency="Example Agency")
    libya = resolve_dateline(dateline, gazetteer(), language="en")
    lebanon = resolve_dateline(dateline, gazetteer(), language="en", context={"LB": 3.0})
    assert libya is not None
    assert lebanon is not None
    assert (libya.country, lebanon.country) == ("LY", "LB")


def test_the_sources_region_stands_in_where_nothing_is_named() -> None:
    _, reading = read_regions("The council met on Monday.", language="en", default="NZ")
    assert [(tag.code, tag.score, tag.roles) for tag in reading.regions] == [("NZ", 0.2, ())]
    assert codes("The council of Peru met on Monday.", language="en", default="NZ") == ["PE"]


def test_no_text_has_no_regions() -> None:
    assert document_of("Nothing.").dateline is None
    assert codes("Nothing happened.", language="en") == []
