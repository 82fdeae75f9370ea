"""Documents as ninjs 3.1 and CSV: whatever they hold, valid; and what stands where."""

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from check_jsonschema.formats.implementations import validate_rfc3339
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from fakes_read import NOON, stored
from pipeline.model import (
    Credit,
    Dateline,
    Entity,
    Mention,
    Place,
    PlaceMention,
    PubStatus,
    Signal,
    StoredDocument,
    Tag,
    Tagging,
)
from pipeline.publish.csv import COLUMNS, csv_header, csv_line
from pipeline.publish.export import FORMS
from pipeline.publish.ninjs import ninjs_object, word_count

SCHEMA = json.loads((Path(__file__).parents[1] / "data/ninjs/ninjs-schema_3.1.json").read_text())
FORMATS = FormatChecker(formats=())
FORMATS.checks("date-time")(validate_rfc3339)
# RFC 3986 for URIs without an address of their own, and with one.
URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(//[A-Za-z0-9.-]+(:\d+)?)?"
    r"(%[0-9A-Fa-f]{2}|[A-Za-z0-9\-._~:/?@!$&'()*+,;=])*(#(%[0-9A-Fa-f]{2}|[A-Za-z0-9\-._~:/?@!$&'()*+,;=])*)?"
)
FORMATS.checks("uri")(lambda value: URI.fullmatch(value) is not None)
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FORMATS)

PORT = Place(name="Port Ellery", geonames=4711, country="IE", lat=52.1, lon=-6.5)
ISLE = Place(name="Gull Isle", geonames=4712, country="IE", lat=52.2, lon=-6.6)
TOPIC = Tag(code="medtop:20000056", name="armed conflict", score=0.876)
TAGGED = Tagging(
    rules="test",
    regions=(Tag(code="IE", name="Ireland", score=0.9, roles=("dateline", "subject")),),
    places=tuple(
        PlaceMention(
            place=place, score=0.5, mention=Mention(field="text", text=place.name, start=at, end=at + 9)
        )
        for place, at in ((PORT, 0), (ISLE, 20), (ISLE, 40))
    ),
    topics=(TOPIC, Tag(code="own:ferries", name="ferries", score=1.0)),
    beats=(Tag(code="harbours", name="Harbours", score=0.5),),
    people=(Entity(name="Ann Example", mentions=()), Entity(name="Bo Invented", mentions=())),
    organisations=(Entity(name="Harbour Council", mentions=()),),
)


def problems(found: Mapping[str, Any]) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(json.loads(json.dumps(found)))]


def of(tagging: Tagging | None = None, **fields: object) -> dict[str, Any]:
    """Map an invented document; what is given replaces its fields."""
    return ninjs_object(replace(stored("a1" * 16, **fields), tagging=tagging or Tagging()))


def any_value(hint: Any) -> st.SearchStrategy[Any]:
    """Draw values of a type as the model means it: times are aware UTC, scores 0 to 1."""
    if is_dataclass(hint):
        fields = {name: any_value(each) for name, each in get_type_hints(hint).items()}
        return st.builds(hint, **fields)
    if get_origin(hint) is UnionType:
        return st.one_of([any_value(each) for each in get_args(hint)])
    if get_origin(hint) is tuple:
        return st.lists(any_value(get_args(hint)[0]), max_size=2).map(tuple)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    simple: Mapping[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=20),
        bool: st.booleans(),
        int: st.integers(),
        float: st.floats(0, 1),
        datetime: st.datetimes(timezones=st.just(UTC)),
        NoneType: st.none(),
    }
    return simple[hint]


@given(any_value(StoredDocument))
def test_any_document_is_valid_by_the_schema(document: StoredDocument) -> None:
    line = FORMS["ninjs"].line(document)

    assert problems(json.loads(line)) == []
    assert line.count(b"\n") == 1


@given(st.text())
def test_whatever_a_sender_puts_in_an_id_the_uri_is_one(guid: str) -> None:
    assert problems(of(uri=f"urn:newswire:harbour-press:{guid}")) == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"uri": "urn:x: y"}, "is not a 'uri'"),
        ({"uri": "urn:x", "firstCreated": "2026-05-01"}, "is not a 'date-time'"),
        ({"uri": "urn:x", "headline": "singular"}, "Unevaluated properties"),
        ({}, "required property"),
    ],
)
def test_the_validator_can_refuse(wrong: dict[str, Any], message: str) -> None:
    assert any(message in problem for problem in problems(wrong))


def test_an_ordinary_uri_is_kept() -> None:
    uri = "urn:newswire:harbour-press:https://harbour.example/a?b=1%202#c"

    assert of(uri=uri)["uri"] == uri


def test_text_comes_plain_and_as_html_with_its_words_counted() -> None:
    text = "The ferry is back.\n\nIt carries — at last — bicycles."
    found = of(body_text=text, body_html="<p>The ferry …</p>")

    assert found["headlines"] == [
        {"role": "main", "contentType": "text/plain", "value": "Ferry returns to Port Ellery"}
    ]
    assert found["descriptions"][0]["value"] == "The ferry is back."
    assert found["bodies"] == [
        {"role": "text", "contentType": "text/plain", "charCount": len(text), "wordCount": 9, "value": text},
        {"role": "html", "contentType": "text/html", "wordCount": 9, "value": "<p>The ferry …</p>"},
    ]


def test_what_is_not_known_is_left_out() -> None:
    found = of(headline=None, published=None)

    assert set(found) == {
        *("uri", "standard", "type", "version", "versionCreated", "pubStatus"),
        *("descriptions", "bodies", "infoSources", "altIds"),
    }
    assert found["versionCreated"] == "2026-05-01T12:00:00Z"  # the receipt: all that is known


def test_times_are_the_senders() -> None:
    found = of(version_created=NOON + timedelta(hours=1), embargoed=NOON + timedelta(hours=2))

    assert {
        name: found[name] for name in ("firstCreated", "contentCreated", "versionCreated", "embargoedUntil")
    } == {
        "firstCreated": "2026-05-01T12:00:00Z",
        "contentCreated": "2026-05-01T12:00:00Z",
        "versionCreated": "2026-05-01T13:00:00Z",
        "embargoedUntil": "2026-05-01T14:00:00Z",
    }


def test_a_doubtful_date_is_no_claim_about_the_content() -> None:
    found = of(date_note="date only")

    assert "contentCreated" not in found
    assert found["edNote"] == "Dates: date only"


def test_a_kill_of_nothing_known_says_what_it_says() -> None:
    found = of(pub_status=PubStatus.CANCELED, guid="g1", body_text="Kill the story slugged PORT-FIRE.")

    assert found["pubStatus"] == "canceled"
    assert {"role": "guid", "value": "g1"} in found["altIds"]
    assert [each["value"] for each in found["bodies"]] == ["Kill the story slugged PORT-FIRE."]
    assert found["descriptions"]


def test_signals_and_notes_are_told_in_the_editorial_note() -> None:
    found = of(signal=Signal.UPDATE, signal_number=2, notes=("Adds quotes", ""))

    assert found["edNote"] == "Signal: update 2\nAdds quotes"


@pytest.mark.parametrize(("urgency", "given"), [(1, 1), (9, 9), (0, None), (10, None), (None, None)])
def test_urgency_is_1_to_9_or_not_said(urgency: int | None, given: int | None) -> None:
    assert of(urgency=urgency).get("urgency") == given


def test_who_wrote_it_is_the_byline_else_the_authors() -> None:
    assert of(byline="By Ann Example", authors=("Ann Example",))["by"] == "By Ann Example"
    assert of(authors=("Ann Example", "Bo Invented"))["by"] == "Ann Example, Bo Invented"


def test_the_dateline_says_where() -> None:
    assert (
        of(dateline=Dateline(text="PORT ELLERY (HP) -", city="Port Ellery (Wexford)"))["located"]
        == "Port Ellery (Wexford)"
    )
    assert (
        of(dateline=Dateline(text="PORT ELLERY (HP) -", city="PORT ELLERY", place=PORT))["located"]
        == "Port Ellery"
    )
    assert "located" not in of(dateline=Dateline(text="(HP) -"))


def test_places_come_once_the_datelines_first_and_countries_by_their_code() -> None:
    found = of(TAGGED, dateline=Dateline(text="PORT ELLERY -", place=PORT))

    assert found["places"] == [
        {
            "name": "Port Ellery",
            "rel": "dateline",
            "uri": "https://sws.geonames.org/4711/",
            "literal": "geonames:4711",
        },
        {
            "name": "Gull Isle",
            "rel": "mention",
            "uri": "https://sws.geonames.org/4712/",
            "literal": "geonames:4712",
        },
        {"name": "Ireland", "literal": "IE", "rel": "dateline subject"},
    ]


def test_subjects_are_topics_beats_and_the_senders_keywords() -> None:
    assert of(TAGGED, keywords=("ferries",))["subjects"] == [
        {
            "name": "armed conflict",
            "literal": "medtop:20000056",
            "creator": "newswire",
            "confidence": 88,
            "uri": "http://cv.iptc.org/newscodes/mediatopic/20000056",
        },
        {"name": "ferries", "literal": "own:ferries", "creator": "newswire", "confidence": 100},
        {"name": "Harbours", "literal": "beat:harbours", "creator": "newswire", "confidence": 50},
        {"name": "ferries", "creator": "Harbour Press"},
    ]


def test_people_and_organisations_have_arrays_of_their_own() -> None:
    found = of(TAGGED)

    assert found["people"] == [{"name": "Ann Example"}, {"name": "Bo Invented"}]
    assert found["organisations"] == [{"name": "Harbour Council"}]
    assert problems(found) == []


def test_sources_have_their_roles() -> None:
    credit = Credit(
        text="(Ann Example; editing by Bo Invented)", reporting="Ann Example", editing="Bo Invented"
    )

    assert of(infosource="Gull Agency", credit=credit)["infoSources"] == [
        {"name": "Harbour Press", "role": "provider"},
        {"name": "Gull Agency", "role": "originator"},
        {"name": "Ann Example", "role": "reporting"},
        {"name": "Bo Invented", "role": "editing"},
    ]


def test_other_ids_name_what_they_are() -> None:
    document = replace(
        stored("a1" * 16, guid="g1", revision="3", url="https://harbour.example/1", version_created=NOON),
        story_id="s9",
    )

    assert ninjs_object(document)["altIds"] == [
        {"role": "guid", "value": "g1"},
        {"role": "revision", "value": "3"},
        {"role": "document", "value": "a1" * 16},
        {"role": "story", "value": "s9"},
        {"role": "url", "value": "https://harbour.example/1"},
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), (" … — ", 0), ("one\n\ntwo", 2), ("U.S.-led", 1), ("渡轮回来了", 5), ("«Bonjour»", 1)],
)
def test_words_are_counted(text: str, count: int) -> None:
    assert word_count(text) == count


def rows(*lines: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(lines).decode(), newline="")))


@given(any_value(StoredDocument))
def test_any_document_is_one_safe_line_of_csv(document: StoredDocument) -> None:
    line = csv_line(document)
    (cells,) = csv.reader(io.StringIO(line.decode(), newline=""))

    assert len(cells) == len(COLUMNS)
    assert len(line.decode().splitlines()) == 1
    assert line.endswith(b"\r\n")
    assert not any(cell.startswith(tuple("=+-@\t\r＝＋－＠")) for cell in cells)


def test_a_table_has_the_fields_as_columns() -> None:
    document = replace(
        stored(
            "a1" * 16,
            headline='Ferry "returns", at last',
            keywords=("ferry", "bicycles"),
            dateline=Dateline(text="PORT ELLERY -", place=PORT),
        ),
        tagging=TAGGED,
    )
    (row,) = rows(csv_header(), csv_line(document))

    assert row["headline"] == 'Ferry "returns", at last'
    assert row["body_text"] == "The ferry is back. It carries bicycles."
    assert (row["version"], row["published"], row["byline"]) == ("1", "2026-05-01T12:00:00Z", "")
    assert (row["keywords"], row["dateline"]) == ("ferry; bicycles", "PORT ELLERY -")
    assert (row["regions"], row["places"]) == ("IE", "Port Ellery; Gull Isle")
    assert (row["topics"], row["beats"]) == ("medtop:20000056; own:ferries", "harbours")
    assert (row["people"], row["organisations"]) == ("Ann Example; Bo Invented", "Harbour Council")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", " \r\n=1+1", "＝1+1"])
def test_no_text_becomes_a_formula(text: str) -> None:
    (row,) = rows(csv_header(), csv_line(stored("a1" * 16, headline=text)))

    assert row["headline"] == f"'{text.strip()}"
