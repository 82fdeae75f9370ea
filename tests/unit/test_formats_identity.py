"""Wire copy without a sender's id: the same file is the same version, a write-thru the next one."""

from datetime import UTC, datetime

import pytest

from pipeline.formats.detect import read
from pipeline.identity import item_key
from pipeline.model import Document, PubStatus
from workers.normalise.document import Source, normalise

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def anpa(version: str, text: str, time: str, *, number: str = "0001", category: str = "i") -> bytes:
    return (
        f"\x16\x16\x01W{number}\x1f_wire\nr {category}\x13\x11BC-HB--Ferries     02-03 0310\n"
        f"\x02^BC-HB--Ferries{version},310<\n^Ferries sail<\n\t   QUILLPORT (HB) _ {text}\n"
        f"\x03HB-WF-02-03-26 {time}EST<\n\x04"
    ).encode()


def iptc7901(series: str, text: str, time: str, *, number: str = "0001") -> bytes:
    return (
        f"\x01hpa{number} 3 i 96  hpa 045\r\nPorts/Ferries/\r\n"
        f"\x02{series}Ferries sail =\r\n\r\nQuillport (hpa) - {text}\r\n\x0303{time} GMT Feb 26\r\n\x04"
    ).encode()


def document(body: bytes) -> Document:
    (entry,) = read(body, name="wire").entries
    return normalise(entry, Source(provider="Harbour"), NOW)


@pytest.mark.parametrize("body", [anpa("", "Ferries sail.", "0701"), iptc7901("", "Ferries sail.", "0701")])
def test_the_same_bytes_are_the_same_version(body: bytes) -> None:
    assert document(body) == document(body)


def test_the_same_copy_under_another_number_is_the_same_version() -> None:
    first = document(anpa("", "Ferries sail.", "0701"))
    assert document(anpa("", "Ferries sail.", "0701", number="0417")).id == first.id
    first = document(iptc7901("", "Ferries sail.", "0701"))
    assert document(iptc7901("", "Ferries sail.", "0701", number="0417")).id == first.id


def test_a_writethru_under_the_same_slug_is_a_version_of_the_same_item() -> None:
    first = document(anpa("", "Ferries sail.", "0701"))
    second = document(anpa(", 1st Ld-Writethru", "All ferries sail.", "0801", category="f"))
    assert second.uri == first.uri
    assert second.id != first.id
    assert second.revision == "1"


def test_a_refile_under_the_same_keywords_is_a_version_of_the_same_item() -> None:
    first = document(iptc7901("", "Ferries sail.", "0701"))
    second = document(iptc7901("REFILE\r\n1ST LEAD\r\n", "All ferries sail.", "0801", number="0009"))
    assert second.uri == first.uri
    assert second.id != first.id


def test_a_part_of_a_story_is_an_item_of_its_own() -> None:
    first = document(anpa("", "Ferries sail.", "0701"))
    assert document(anpa(", Take 2", "More on ferries.", "0705")).uri != first.uri
    assert document(anpa(", 1st Add", "More on ferries.", "0705")).uri != first.uri


# --- kills by another name ---


def kills(kill: bytes, story: bytes) -> bool:
    """Say whether a kill names a story, as the store finds it."""
    killing, told = document(kill), document(story)
    assert killing.pub_status is PubStatus.CANCELED
    return not {item_key(told.uri), *told.names}.isdisjoint(killing.names)


def test_a_kill_names_the_number_of_an_iptc_7901_message() -> None:
    story = iptc7901("", "Ferries sail.", "0701", number="0123")
    order = iptc7901("KILL\r\n", "Please kill hpa0123 of today.", "0801", number="0188")
    assert kills(order, story)
    assert not kills(order, iptc7901("", "Ferries sail.", "0701", number="0124"))
    assert kills(iptc7901("KILL\r\n", "Bitte hpa 045 nicht verwenden.", "0801"), story)


def test_a_kill_names_the_number_of_an_anpa_message() -> None:
    story = anpa("", "Ferries sail.", "0701", number="0612")
    assert kills(anpa(", KILL", "Kill story W0612.", "0801", number="0700"), story)
    assert not kills(anpa(", KILL", "Kill story W0613.", "0801", number="0700"), story)


def test_a_kill_finds_its_item_across_formats_of_a_provider() -> None:
    nitf = (
        '<nitf><head><docdata management-status="usable"><doc-id id-string="nHW123456"/></docdata></head>'
        "<body><body.head><hedline><hl1>Ferries sail</hl1></hedline></body.head>"
        "<body.content><p>All of them.</p></body.content></body></nitf>"
    )
    newsml1 = (
        '<NewsML Version="1.2"><NewsItem><Identification><NewsIdentifier>'
        "<ProviderId>harbour.example</ProviderId><DateId>20260203</DateId><NewsItemId>nHW123456</NewsItemId><RevisionId>2</RevisionId>"
        "<PublicIdentifier>urn:newsml:harbour.example:20260203:nHW123456:2</PublicIdentifier>"
        '</NewsIdentifier></Identification><NewsManagement><Status FormalName="Canceled"/></NewsManagement>'
        "</NewsItem></NewsML>"
    )
    g2 = (
        '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="tag:harbour.example,2026:x">'
        '<itemMeta><pubStatus qcode="stat:usable"/></itemMeta><contentMeta><altId>nHW123456</altId>'
        "<headline>Ferries sail</headline></contentMeta></newsItem>"
    )
    ninjs = (
        '{"uri": "https://harbour.example/9", "pubstatus": "canceled", "altids": {"wire": "nHW123456"},'
        '"headline": "Ferries sail", "versioncreated": "2026-02-03T10:00:00Z"}'
    )
    assert kills(newsml1.encode(), nitf.encode())
    assert kills(newsml1.encode(), g2.encode())
    assert kills(ninjs.encode(), nitf.encode())
    usable = ninjs.replace("canceled", "usable")
    assert kills(newsml1.encode(), usable.encode())


def test_an_order_about_a_whole_item_names_all_its_languages() -> None:
    component = (
        '<NewsComponent Duid="{0}" xml:lang="{0}"><NewsLines><HeadLine>Ferries {0}</HeadLine></NewsLines>'
        "<ContentItem><DataContent><p>Text in {0}.</p></DataContent></ContentItem></NewsComponent>"
    )
    item = (
        '<NewsML Version="1.2"><NewsItem><Identification><NewsIdentifier>'
        "<ProviderId>harbour.example</ProviderId><DateId>20260203</DateId><NewsItemId>7</NewsItemId><RevisionId>{0}</RevisionId></NewsIdentifier>"
        '</Identification><NewsManagement><Status FormalName="{1}"/></NewsManagement>'
        "<NewsComponent>{2}</NewsComponent></NewsItem></NewsML>"
    )
    both = "".join(component.format(code) for code in ("en", "fr"))
    entries = read(item.format(1, "Usable", both).encode(), name="wire").entries
    assert [entry.guid and entry.guid.rpartition("#")[2] for entry in entries] == ["en", "fr"]
    kill = document(item.format(2, "Canceled", "").encode())
    for entry in entries:
        story = normalise(entry, Source(provider="Harbour"), NOW)
        assert not {item_key(story.uri), *story.names}.isdisjoint(kill.names)
