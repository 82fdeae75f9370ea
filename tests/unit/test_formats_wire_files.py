"""Real agencies' XML, read as its source says. The files are no part of the project: skipped where absent.

What is expected was read off the files by hand: ids, dates, codes, and where a body begins and ends.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.formats.detect import read
from pipeline.model import Concept, Entry, Parsed
from workers.normalise.html import html_paragraphs, sanitise
from workers.normalise.text import paragraphs as paragraphs_of

WIRE = Path(__file__).parents[2].parent / "shared" / "data" / "wire"
G2 = "newsml-g2"
pytestmark = pytest.mark.skipif(not WIRE.exists(), reason="agencies' files are not beside the project")

Told = Mapping[str, Any]
EXPECTED: Mapping[str, Told] = {
    "nitf/aap.xml": {
        "guid": "AAP.115314987.5417374",
        "urgency": 5,
        "published": "20131020T192751+1100",
        "provider": "AAP",
        "byline": "By John Doe",
        "located": "Sydney",
        "slugline": "Monitor 1900 ABC News",
        "headline": ("The main stories", 44),
        "body": ("The main stories on ABC", "AAP RTV ar", 13),
        "codes": {"subj:02003001", "subj:02003002", "anpa:a"},
    },
    "nitf/ap-nitf.xml": {
        "guid": None,
        "provider": "AP",
        "published": "20151210T191044Z",
        "byline": "By BERNARD CONDON",
        "located": "NEW YORK",
        "ednote": "For global distribution",
        "headline": ("Can trading pollution", 60),
        "body": ("NEW YORK (AP) — The gas", "bernard-condon .", 28),
        "names": {"NEW YORK"},
    },
    "nitf/ntb.xml": {
        "guid": "NTB5df9281a-a270-4dc5-a618-869bbc3bbca7_00",
        "revision": "1",
        "urgency": 5,
        "language": "nb-NO",
        "published": "2021-05-16T09:00:04",
        "keywords": ("india-korona-bygd",),
        "located": "Unnao",
        "headline": ("Pandemien herjer", 51),
        "body": ("Koronapandemien herjer", "(©NTB)", 22),
        "codes": {"subj:07001000", "subj:07000000"},
        "names": {"India", "Asia", "Utenriks"},
    },
    "nitf/pa2.xml": {
        "guid": "T201510140143580001T",
        "urgency": 3,
        "provider": "PA",
        "pub_status": "usable",
        "published": "20151014T024358+0100",
        "keywords": ("INT-Teams",),
        "headline": ("1 SOCCER INT-Teams", 18),
        "body": ("International Match", "Calderon.", None),
        "names": {"SOCCER"},
    },
    "newsml-1.2/afp.xml": {
        "guid": "urn:newsml:afp.com:20140829T135002Z:TX-PAR-FXW86:1",
        "revision": "1",
        "provider": "AFP",
        "urgency": 4,
        "language": "en",
        "published": "20140829T134951+0000",
        "updated": "20140829T134951+0000",
        "slugline": "Sweden-SAAB",
        "located": "Stockholm",
        "keywords": ("Sweden", "China", "auto", "business", "bankruptcy", "Saab"),
        "headline": ("Sweden court accepts", 51),
        "body": ("A Chinese-owned company", "hh/ph/ts/hd", 10),
        "codes": {"subj:04011002", "subj:04016007", "subj:04011000", "iso3166-1a3:SWE", "cat:ECO"},
        "names": {"Stockholm"},
    },
    "newsml-1.2/kyodo_newsml_1_2_belga.xml": {
        "guid": "urn:newsml:kyodonews.jp:20190723:20161021KW___0003800010:1",
        "provider": "KYODONEWS",
        "urgency": None,
        "language": "en",
        "published": "20190723T202119+0900",
        "slugline": "Obit-Li Peng",
        "dateline": "BEIJING, July 23",
        "headline": ("Ex-Chinese Premier", 47),
        "body": ("Former Chinese Premier", "==Kyodo", 7),
        "codes": {"subj:14023000", "subj:11006000", "iso3166-1a3:FRA"},
        "names": {"Paris", "BEIJING"},
    },
    "newsml-1.2/businesswire-newsml-20130515006361.xml": {
        "guid": "urn:newsml:businesswire.com:20010714:20130515006361:1",
        "provider": "Business Wire",
        "infosource": "Dell Inc.",
        "language": "en",
        "published": "20130516T040100+0000",
        "slugline": "TX-DELL",
        "dateline": "ROUND ROCK, Texas",
        "headline": ("Dell Redefines", 103),
        "body": ("Dell today announced", "in the coming months", 30),
        "names": {"United States", "North America", "Texas"},
    },
    "newsml-1.2/businesswire-newsml-20130605006126.xml": {
        "guid": "urn:newsml:businesswire.com:20010714:20130605006126:1",
        "infosource": "Cambrios Technologies",
        "language": "zh",
        "published": "20130605T210000+0000",
        "headline": ("Cambrios被", 26),
        "body": ("(美國商業資訊)", "版本。", 13),
    },
    f"{G2}/ansa-newsmlg2-text.xml": {
        "guid": "tag:ansa.it,2017-10-11:40e5fb1034e7e2b21942ea09718fc85a",
        "revision": "1",
        "provider": "ansa.it",
        "urgency": 5,
        "language": "it",
        "published": "2017-10-11T10:41:00+0100",
        "located": "Rome",
        "headline": ("Catalan independence", 54),
        "body": ("(ANSA) - Rome, October 11", "negotiations.", None),
        "names": {"Rome"},
    },
    f"{G2}/dpa_newsml_2_0_1_belga.xml": {
        "guid": "urn:newsml:dpa.com:20090101:240626-99-540037",
        "revision": "6",
        "provider": "dpa",
        "urgency": 3,
        "language": "en",
        "updated": "2024-06-26T16:02:03+02:00",
        "located": "Berlin",
        "service": "eca",
        "ednote": "dpa hoe tam mfi mi xxde pba rdp bst wjh",
        "headline": ("Opposition leader slams", 66),
        "body": ("Berlin (dpa) - Germany", "anchor of stability.", 6),
        "codes": {"iso3166-1a2:DE", "medtop:11000000", "dpacat:pl", "wldreg:r150"},
        "names": {"Germany", "politics"},
    },
    f"{G2}/tag_reuters.com_2014_newsml_KBN0FL0NM_version_10": {
        "guid": "tag_reuters.com_2014_newsml_KBN0FL0NM",
        "revision": "10",
        "provider": "reuters.com",
        "infosource": "Reuters",
        "urgency": 4,
        "published": "2014-07-16T08:10:15.000Z",
        "updated": "2014-07-17T00:24:11.000Z",
        "byline": "By Marwan Makdisi",
        "slugline": "US-SYRIA-CRISIS-ASSAD",
        "dateline": None,
        "headline": ("Confident Assad", 54),
        "body": ("Confident Assad", "'terrorism'", 4),
        "codes": {"subj:02000000", "subj:16009000", "N2:SY"},
    },
    f"{G2}/text.xml": {
        "guid": "tag:reuters.com,0000:newsml_L4N0BT5PJ",
        "revision": "263518268",
        "urgency": 3,
        "ednote": "Editorial Note",
        "headline": ("Soccer-Smiling", 81),
        "codes": {"subj:15054000", "subj:15000000", "anpa:s", "N2:GB", "N2:IND"},
    },
    f"{G2}/LISTING_1_A_NewsML-G2_News_Item.xml": {
        "guid": "urn:newsml:acmenews.com:20161018:US-FINANCE-FED",
        "signal": "sig:update",
        "embargoed": "2018-10-23T12:00:00Z",
        "language": "en-GB",
        "published": "2016-10-18T13:12:21-05:00",
        "headline": ("Fed to halt QE", 32),
        "codes": {"medtop:04000000", "medtop:20000523", "iso3166-1a2:DE", "genre:interview"},
    },
    f"{G2}/LISTING_2_NewsML-G2_Text_Document.xml": {
        "guid": "urn:newsml:acmenews.com:20161121:US-FINANCE-FED",
        "byline": "By Meredith Jameson",
        "infosource": "AP",
        "located": "New York, NY",
        "updated": "2018-11-21T16:25:32-05:00",
        "headline": ("Fed to halt QE", 32),
        "body": ("(New York, NY", "dolutpat, si.", 2),
        "codes": {"medtop:20000350", "medtop:20000379"},
    },
    f"{G2}/LISTING_3_Photo_in_NewsML-G2.xml": {
        "authors": ("Spencer Platt",),
        "updated": "2018-10-12T06:42:04Z",
        "headline": ("Variety Of Recessionary", 62),
        "body": ("A general view", "Getty Images)", 1),
        "codes": {"medtop:20000523", "iso3166-1a3:USA"},
        "names": {"Las Vegas", "Las Vegas Boulevard", "Nevada"},
    },
    f"{G2}/LISTING_4_Multiple_Renditions_of_a_Video_in_NewsML-G2.xml": {
        "provider": "AFP",
        "headline": (None, 0),
        "body": ("- Amir Hussein", 'deliver aid."', 2),
    },
    f"{G2}/LISTING_5_Multi-part_Video_in_NewsML-G2.xml": {
        "guid": "tag:example.com,2008:407624",
        "headline": ("Loriot", 20),
        "names": {"Berlin", "Germany"},
    },
    f"{G2}/LISTING_6_Simple_NewsML-G2_Package.xml": {
        "headline": ("UK", 2),
        "signal": "sig:update",
        "ednote": "Updates the previous version",
        "body": ("Obama annonce", "Washington", 2),
    },
    f"{G2}/LISTING_16_A_Set_of_Events_carried_in_a_News_Item.xml": {
        "body": ("IPTC Autumn Meeting", "Accidental Heroes.", 3),
    },
    f"{G2}/LISTING_21_A_complete_sample_SportsML-G2_document.xml": {
        "headline": ("Troy Tulowitzki", 147),
        "names": {"Miami Marlins", "Colorado Rockies"},
    },
    f"{G2}/LISTING_22_Sports_story_in_NewsML-G2NITF.xml": {
        "byline": "Sports Network",
        "located": "Philadelphia",
        "body": ("(Sports Network)", "last six starts.", 6),
        "codes": {"medtop:20000822", "subj:15007000"},
        "names": {"Doug Davis", "Philadelphia Phillies"},
    },
    f"{G2}/LISTING_23_SportsML-G2_Package.xml": {"body": ("Pitcher Preview", "7:05 p.m.", 2)},
    f"{G2}/LISTING_25_An_NITF_marked-up_article_conveyed_in_inlineXML.xml": {
        "headline": ("Arizona Diamondbacks", 71),
    },
    f"{G2}/LISTING_26_Embedded_photo_metadata_fields_mapped_to_NewsML-G2.xml": {
        "urgency": 4,
        "slugline": "USA-CRASH/MILITARY",
        "codes": {"iso3166-1a2:US"},
        "names": {"California", "San Diego"},
    },
    f"{G2}/LISTING_27_Company_Financial_Information.xml": {"names": {"Acme Widget Sales Inc"}},
}
EXPECTED_PROBLEMS = {
    "LISTING_10": 1, "LISTING_11": 1, "LISTING_12": 1, "LISTING_13": 1, "LISTING_14": 1, "LISTING_15": 1,
    "LISTING_17": 1, "LISTING_18": 1, "LISTING_19": 1, "LISTING_20": 1, "LISTING_24": 5, "LISTING_28": 1,
    "LISTING_29": 1,
}  # fmt: skip


def wire_files() -> list[Path]:
    folders = ("nitf", "newsml-1.2", G2)
    return [
        path for each in folders for path in sorted((WIRE / each).glob("*")) if "LICENSE" not in path.name
    ]


def parsed(path: Path) -> Parsed:
    return read(path.read_bytes(), name=str(path))


def code_of(concept: Concept) -> str:
    return f"{concept.scheme}:{concept.code}"


def check(entry: Entry, told: Told) -> None:
    fields = {
        name: value for name, value in told.items() if name not in {"headline", "body", "codes", "names"}
    }
    assert {name: getattr(entry, name) for name in fields} == fields
    assert told.get("codes", set()) <= {code_of(each) for each in entry.concepts}
    assert told.get("names", set()) <= {each.name for each in entry.concepts}
    if "headline" in told:
        start, length = told["headline"]
        assert (entry.headline or "").startswith(start or "")
        assert len(entry.headline or "") == length


def check_body(entry: Entry, start: str, end: str, paragraphs: int | None) -> None:
    found = html_paragraphs(sanitise(entry.html)) if entry.html else paragraphs_of(entry.text or "")
    assert found[0].startswith(start)
    assert end in found[-1]
    # None: its lines are wrapped, and what is a paragraph is the normaliser's to judge.
    assert paragraphs in {None, len(found)}


@pytest.mark.parametrize("path", wire_files(), ids=lambda path: path.name)
def test_every_file_gives_entries_or_says_why_not(path: Path) -> None:
    found = parsed(path)
    name = "_".join(path.name.split("_")[:2])
    assert len(found.problems) == EXPECTED_PROBLEMS.get(name, 0)
    assert bool(found.entries) == (name not in EXPECTED_PROBLEMS)
    assert [entry.notes for entry in found.entries if entry.notes] == []


@pytest.mark.parametrize("name", EXPECTED, ids=lambda name: name.rpartition("/")[2])
def test_fields_are_as_the_source_says(name: str) -> None:
    (entry,) = parsed(WIRE / name).entries
    check(entry, EXPECTED[name])


@pytest.mark.parametrize("name", [name for name in EXPECTED if "body" in EXPECTED[name]])
def test_the_body_begins_and_ends_where_it_should(name: str) -> None:
    (entry,) = parsed(WIRE / name).entries
    check_body(entry, *EXPECTED[name]["body"])
