"""Real files of the wire formats: each field is what its file says. The files are no part of the product."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.formats.detect import read
from pipeline.model import Concept, Document
from workers.normalise.document import Source, normalise

DATA = Path(__file__).parents[3] / "shared" / "data"
WIRE, NINJS = DATA / "wire", DATA / "ninjs" / "examples"
NOW = datetime(2026, 11, 1, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the real files are not on this machine")


def documents(path: Path) -> list[Document]:
    parsed = read(path.read_bytes(), name=path.name)
    assert not parsed.problems
    return [normalise(each, Source(trust_provider=True), None, now=NOW) for each in parsed.entries]


def only(path: Path) -> Document:
    (document,) = documents(path)
    return document


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def codes(document: Document, kind: str) -> Sequence[str | None]:
    return [each.code for each in document.concepts if each.kind == kind]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "anpa/anpa-1.tst",
            {
                "format": "anpa",
                "provider": "AP",
                "slugline": "BC-LT--Argentina-Cancer Beauty",
                "headline": "For Argentine chemo patients, mirrors can hurt",
                "authors": ("PAUL BYRNE", "ALMUDENA CALATRAVA"),
                "published": at("2013-11-13T15:09Z"),
                "language": "en",
            },
        ),
        (
            "anpa/ap_anpa-1.tst",
            {
                "slugline": "BC-BKN--Heat-Hawks",
                "revision": "1",
                "byline": "By CHARLES ODUM",
                "urgency": 4,
                "published": at("2016-02-20T03:37Z"),
            },
        ),
        (
            "anpa/ap_anpa-3.tst",
            {
                "slugline": "BC-US--Giant Lobster Death",
                "headline": "$210 lobster is found dead",
                "body_text": "A lobster died.",
                "published": at("2016-08-29T16:26Z"),
            },
        ),
        (
            "iptc7901/IPTC7901.txt",
            {
                "format": "iptc7901",
                "provider": "dpa",
                "urgency": 4,
                "slugline": "Germany-politics",
                "headline": "Germany Social Democrats: Coalition talks with Merkel could fail",
                "published": at("2013-11-13T11:37Z"),
                "language": "en",
            },
        ),
        (
            "iptc7901/dpa_four_line.txt",
            {
                "urgency": 3,
                "keywords": ("Switzerland", "migration", "UN"),
                "headline": "Switzerland joins list of countries resisting UN migration pact",
                "byline": "By dpa correspondents",
                "published": at("2018-11-21T23:22Z"),
            },
        ),
        (
            "email/simple_email.txt",
            {
                "format": "mail",
                "guid": "CAHU3GgVHd6C_RSMQXvOhr6V-Ya0LwdBkqpbZ_qUwGF8JvhrQVg@mail.gmail.com",
                "headline": "Test message 1234",
                "body_text": "body text",
                "published": at("2015-02-19T06:18:40Z"),
            },
        ),
        (
            "ninjs/ninjs1.json",
            {
                "format": "ninjs",
                "guid": "urn:newsml:localhost:2017-08-24T14:37:19.783611:"
                "c044162e-7f40-4d04-b700-49b6a66e652c",
                "revision": "2",
                "provider": "AAP",
                "language": "fr",
                "urgency": 3,
                "body_text": "The story so far.",
                "published": at("2017-08-24T04:37:19Z"),
                "version_created": at("2017-08-24T04:38:34Z"),
                "notes": ("ed note",),
            },
        ),
        (
            "ninjs/ninjs3.json",
            {
                "guid": "20170825001315282180",
                "headline": "German Air Force Museum",
                "body_text": "A Casa 2.111, a Spanish reconstruction of the Heinkel He 111",
                "published": at("2017-08-18T02:57:43Z"),
            },
        ),
        (
            "ninjs/pa_api.json",
            {
                "guid": "8d588e55-f20e-4647-ad46-7d0e9d63e4b5",
                "revision": "1",
                "slugline": "POLITICS SCOTLAND starmer",
                "urgency": 6,
                "body_text": "Anas Sarwar has said...",
                "published": at("2026-02-09T15:02:05Z"),
            },
        ),
    ],
)
def test_a_real_file_says_what_it_says(name: str, said: dict[str, Any]) -> None:
    document = only(WIRE / name)
    assert {field: getattr(document, field) for field in said} == said


@pytest.mark.parametrize(
    ("name", "city", "begins", "ends"),
    [
        ("anpa/anpa-1.tst", "Buenos Aires", "For cancer patients dealing", "helped with this story."),
        ("anpa/ap_anpa-1.tst", "Atlanta", "Luol Deng scored 30", "Milwaukee on Saturday night."),
        ("iptc7901/IPTC7901.txt", "Berlin", "Negotiations between", "third term before Christmas."),
        ("iptc7901/dpa_four_line.txt", "Geneva", "Switzerland is joining", "and the United States."),
    ],
)
def test_a_text_has_nothing_of_header_and_trailer(name: str, city: str, begins: str, ends: str) -> None:
    document = only(WIRE / name)
    assert document.dateline is not None
    assert document.dateline.city == city
    assert document.body_text.startswith(begins)
    assert document.body_text.endswith(ends)
    assert not set(document.body_text) & {"^", "<", "`", "\x03"}


def test_who_worked_on_it_is_credited() -> None:
    credit = only(WIRE / "iptc7901" / "IPTC7901.txt").credit
    assert credit is not None
    assert (credit.reporting, credit.editing) == ("Wolfgang Schmidt", "Joseph Nasr")


def test_codes_are_kept_as_sent() -> None:
    document = only(WIRE / "ninjs" / "ninjs1.json")
    assert codes(document, "subject") == ["01000000"]
    assert codes(document, "category") == ["m"]
    assert codes(document, "place") == ["NSW"]
    assert codes(only(WIRE / "anpa" / "anpa-1.tst"), "category") == ["l"]


@pytest.mark.parametrize("path", sorted(NINJS.glob("*.json")), ids=lambda path: path.name)
def test_an_official_example_is_read_as_it_says(path: Path) -> None:
    sent = json.loads(path.read_bytes())
    document = only(path)
    assert document.format == "ninjs"
    assert document.guid == sent["uri"]
    assert document.revision == sent.get("version")
    assert document.urgency == sent.get("urgency")
    assert document.pub_status == sent.get("pubStatus", "usable")
    assert document.byline == sent.get("by")
    headlines = [each["value"] for each in sent.get("headlines", ())]
    assert document.headline in headlines or (not headlines and document.headline == sent.get("title"))
    if "versionCreated" in sent:
        assert document.version_created == at(sent["versionCreated"])
    if "language" in sent:
        assert document.language == sent["language"]


@pytest.mark.parametrize("path", sorted(NINJS.glob("*.json")), ids=lambda path: path.name)
def test_what_an_official_example_names_is_kept(path: Path) -> None:
    sent = json.loads(path.read_bytes())
    found = only(path).concepts
    for name, kind in (("subjects", "subject"), ("places", "place"), ("people", "person")):
        names = {each["name"] for each in sent.get(name, ()) if "name" in each}
        assert names <= {each.name for each in found if each.kind == kind}


def test_pages_of_an_agency_lose_what_is_not_the_text() -> None:
    document = only(NINJS / "tt_text_image_3.json")
    assert document.body_text.startswith("Pandemin satte stopp")
    assert document.body_text.endswith("partners som deltar.")


def test_a_place_has_its_coordinates_and_its_country() -> None:
    turkey = next(each for each in only(NINJS / "ap_image.json").concepts if each.name == "Turkey")
    assert (turkey.lat, turkey.lon) == (39, 35)
    assert Concept(kind="place", name="Lithuania") in only(NINJS / "008_event.json").concepts
