"""Wire copy without a sender's id: the same file is the same version, a write-thru the next one."""

from datetime import UTC, datetime

import pytest

from pipeline.formats.detect import read
from pipeline.model import Document
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
