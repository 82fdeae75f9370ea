"""A document as a record: the contract with other programs."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.model import (
    Credit,
    Dateline,
    Document,
    Entity,
    Evidence,
    Mention,
    Place,
    PlaceMention,
    PubStatus,
    Relation,
    Signal,
    StoredDocument,
    Tag,
    Tagging,
)
from pipeline.publish.record import document_record, inspected_record, to_line

FIELDS = """
    id uri version guid provider feed url canonical_url format headline lead body_text body_html slugline
    byline authors keywords urgency embargoed dateline credit signal signal_number pub_status language
    language_score published version_created received stored date_note regions places topics beats people
    organisations relations story_id revision infosource content_hash notes concepts copyright
"""
NOON = datetime(2031, 7, 25, 12, tzinfo=UTC)
BARE = Document(id="i", uri="u", content_hash="c", provider="p", format="text", lead="L", body_text="L")
EVIDENCE = Evidence(field="text", text="Kabul", start=0, end=5, why="name")
SHOWN = {"field": "text", "text": "Kabul", "start": 0, "end": 5, "why": "name"}
KABUL = Place(name="Kabul", geonames=1138958, country="AF", lat=34.5, lon=69.2)
MENTION = Mention(field="text", text="Kabul", start=0, end=5)
TAGGED = Tagging(
    rules="r",
    regions=(Tag(code="AF", name="Afghanistan", score=0.9, roles=("dateline",), evidence=(EVIDENCE,)),),
    places=(PlaceMention(place=KABUL, score=0.8, mention=MENTION),),
    topics=(Tag(code="medtop:1", name="war", score=0.7, evidence=(EVIDENCE,)),),
    beats=(Tag(code="b", name="Beat", score=0.6),),
    people=(Entity(name="Ann Example", mentions=(MENTION,)),),
)


def test_the_fields_keep_their_names_and_order() -> None:
    assert list(inspected_record(BARE)) == FIELDS.split()


def test_what_is_only_looked_at_is_neither_received_nor_stored() -> None:
    record = inspected_record(BARE)
    assert (record["version"], record["relations"], record["story_id"]) == (1, [], None)
    assert (record["received"], record["stored"], record["published"]) == (None, None, None)
    assert (record["authors"], record["regions"], record["dateline"], record["credit"]) == (
        [],
        [],
        None,
        None,
    )


def test_a_stored_document_shows_all_it_has() -> None:
    document = Document(
        id="i",
        uri="u",
        content_hash="c",
        provider="p",
        format="text",
        lead="L",
        body_text="L",
        dateline=Dateline(text="KABUL -", city="Kabul", date="2031-07-25", agency="X", place=KABUL),
        credit=Credit(text="(By X)", bureau="Kabul"),
        signal=Signal.UPDATE,
        pub_status=PubStatus.WITHHELD,
        published=datetime(2031, 7, 25, 14, tzinfo=timezone(timedelta(hours=2))),
    )
    stored = StoredDocument(
        document=document,
        version=3,
        received_at=NOON,
        stored_at=NOON,
        tagging=TAGGED,
        relations=(Relation(kind="same-copy", id="j", score=0.9, evidence=(EVIDENCE,)),),
        story_id="s",
    )
    record = json.loads(to_line(document_record(stored)))
    assert (record["version"], record["story_id"]) == (3, "s")
    assert record["published"] == record["received"] == record["stored"] == "2031-07-25T12:00:00Z"
    assert (record["signal"], record["pub_status"]) == ("update", "withheld")
    place = {"name": "Kabul", "geonames": 1138958, "country": "AF", "lat": 34.5, "lon": 69.2}
    assert record["dateline"]["place"] == place
    assert record["credit"]["bureau"] == "Kabul"
    region = {"code": "AF", "name": "Afghanistan", "score": 0.9, "roles": ["dateline"], "evidence": [SHOWN]}
    assert record["regions"] == [region]
    mention = {"field": "text", "text": "Kabul", "start": 0, "end": 5}
    assert record["places"] == [{**place, "score": 0.8, **mention}]
    assert record["topics"] == [{"code": "medtop:1", "name": "war", "score": 0.7, "evidence": [SHOWN]}]
    assert record["beats"] == [{"id": "b", "name": "Beat", "score": 0.6}]
    assert record["people"] == [{"name": "Ann Example", "mentions": [mention]}]
    assert record["relations"] == [
        {"kind": "same-copy", "id": "j", "score": 0.9, "evidence": [SHOWN], "role": None}
    ]


@pytest.mark.parametrize("code", [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0x202E, 0x2066], ids=hex)
def test_nothing_that_a_terminal_obeys_is_written_raw(code: int) -> None:
    line = to_line({"headline": f"a{chr(code)}é"})
    assert chr(code) not in line.decode().removesuffix("\n")
    assert json.loads(line) == {"headline": f"a{chr(code)}é"}


def test_a_line_is_utf_8_and_ends() -> None:
    assert to_line({"a": "é"}) == '{"a":"é"}\n'.encode()
