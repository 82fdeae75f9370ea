"""What changed between two versions."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from fakes_read import NOON, FakeReadStore, stored
from pipeline.cli.show_versions import audit_words, chain_line, difference_view
from pipeline.model import Document, PubStatus, Signal, StoredDocument
from pipeline.ports.reading import AuditedVersion
from pipeline.publish.difference import (
    MOST_PARAGRAPHS,
    MOST_WORDS,
    Turn,
    chain_lines,
    difference,
    version_to_compare,
    word_pieces,
)

OLD = stored(
    "a" * 32, headline="Ferry sinks", body_text="It sank on Friday.\n\nTwo were hurt, she said.\n\nEnd."
)


def changed(**fields) -> StoredDocument:
    return replace(OLD, document=replace(OLD.document, id="b" * 32, **fields), version=2)


def texts(turn: Turn, of) -> list[str]:
    return [piece.text for passage in of.body for piece in passage.pieces if piece.turn is turn]


def test_words_and_paragraphs_that_came_and_went_are_told() -> None:
    new = changed(body_text="It sank on Friday.\n\nThree were hurt, she said.\n\nDivers came.\n\nEnd.")
    found = difference(OLD.document, new.document)
    assert [each.turn.value for each in found.body] == ["same", "changed", "added", "same"]
    assert (texts(Turn.REMOVED, found), texts(Turn.ADDED, found)) == (["Two"], ["Three", "Divers came."])
    assert found.summary == "paragraphs: 1 changed, 1 added (+3 -1 words)"


def test_a_correction_says_what_it_corrects() -> None:
    new = changed(notes=("Corrects number of hurt", "an odd byte"), urgency=2, headline="Boat sinks")
    found = difference(OLD.document, new.document)
    assert found.said == ("Corrects number of hurt",)
    assert found.summary == "Corrects number of hurt; headline changed; urgency: none → 2"


@pytest.mark.parametrize(
    ("fields", "summary"),
    [
        ({}, "nothing that a reader sees"),
        ({"headline": None}, "headline removed"),
        ({"body_text": ""}, "paragraphs: 3 removed (+0 -10 words)"),
        ({"pub_status": PubStatus.WITHHELD}, "status: usable → withheld"),
        ({"embargoed": NOON, "keywords": ("sea", "port")}, "keywords: none → sea, port; embargoed: none → "),
    ],
)
def test_a_summary_names_what_changed(fields, summary: str) -> None:
    assert difference(OLD.document, changed(**fields).document).summary.startswith(summary)


def test_a_headline_that_came_is_told() -> None:
    bare = replace(OLD.document, headline=None)
    assert difference(bare, bare).headline is None
    assert difference(bare, OLD.document).summary == "headline added"


def test_a_long_text_is_compared_as_far_as_that_is_cheap() -> None:
    long = "\n\n".join(f"Paragraph {n}" for n in range(MOST_PARAGRAPHS + 5))
    assert "compared are the first" in difference(OLD.document, changed(body_text=long).document).summary
    words = "a " * MOST_WORDS
    assert [piece.turn for piece in word_pieces(words, words + "b")] == [Turn.REMOVED, Turn.ADDED]


def test_letters_are_compared_where_words_have_no_spaces() -> None:
    pieces = word_pieces("阿富汗渔民", "阿富汗农民")
    assert [(each.turn.value, each.text) for each in pieces] == [
        ("same", "阿富汗"),
        ("removed", "渔"),
        ("added", "农"),
        ("same", "民"),
    ]


@given(st.text(max_size=200), st.text(max_size=200))
def test_the_pieces_are_both_texts(old: str, new: str) -> None:
    pieces = word_pieces(old, new)
    assert "".join(each.text for each in pieces if each.turn is not Turn.ADDED) == old
    assert "".join(each.text for each in pieces if each.turn is not Turn.REMOVED) == new


_BODIES = st.lists(st.sampled_from(["One two three.", "One two four.", "Five.", "Six seven."]), max_size=8)


@given(_BODIES, _BODIES)
def test_the_passages_are_both_bodies(old: list[str], new: list[str]) -> None:
    def of(parts: list[str]) -> Document:
        return replace(OLD.document, body_text="\n\n".join(parts))

    body = difference(of(old), of(new)).body
    for side, without in ((old, Turn.ADDED), (new, Turn.REMOVED)):
        kept = ["".join(p.text for p in each.pieces if p.turn is not without) for each in body]
        assert [text for text in kept if text] == side


def test_a_chain_says_what_each_version_changed() -> None:
    lines = chain_lines([OLD, changed(headline="Boat sinks", signal=Signal.UPDATE, signal_number=2)])
    assert [each.changed for each in lines] == [None, "headline changed"]
    assert chain_line(lines[0]).endswith(f"{'a' * 12}  Ferry sinks")
    assert chain_line(lines[1]).endswith(f"{'b' * 12}  [update 2]  headline changed")


def test_a_difference_is_readable_without_colours() -> None:
    new = changed(body_text="It sank on Friday.\n\nThree were hurt, she said.\n\nEnd.\n\n\x1b[31mRed.")
    screen = Console(width=200, no_color=True, record=True, file=io.StringIO())
    screen.print(difference_view(difference(OLD.document, new.document), OLD, new))
    text = screen.export_text()
    assert "~ [-Two-]{+Three+} were hurt, she said." in text
    assert "  … one paragraph as before" in text
    assert "\x1b[31m" not in text


@pytest.mark.parametrize(
    ("other", "found"),
    [(None, "a"), ("1", "a"), ("2", "b"), ("a" * 32, "a"), ("9", None), ("nonsense", None)],
)
def test_a_version_is_compared_with_the_one_before_or_the_one_that_is_named(other, found) -> None:
    new = changed()
    store = FakeReadStore(documents=[OLD, new])
    compared = version_to_compare(store, new, other, now=NOON)
    assert (compared.document.id if compared else None) == (found * 32 if found else None)


def test_nothing_is_before_the_first_version() -> None:
    assert version_to_compare(FakeReadStore(documents=[OLD]), OLD, None, now=NOON) is None


def audited(number: int, standing: str, **fields) -> AuditedVersion:
    given = {"current": False, "stored": None, "taken_back_by": None, "embargoed": None}
    given |= {"erased_at": None, "erase_reason": None}
    return AuditedVersion(id=f"{number:032}", version=number, standing=standing, **(given | fields))


def test_audit_says_how_each_version_stands() -> None:
    kill = audited(3, "canceled", stored=OLD)
    chain = [
        audited(1, "killed", taken_back_by=kill.id),
        audited(2, "usable", embargoed=NOON.replace(hour=18)),
        kill,
        audited(4, "usable", erased_at=NOON, erase_reason="court order"),
        audited(5, "usable", current=True),
        audited(6, "withheld"),
        audited(7, "killed", taken_back_by=f"{8:032}"),
        audited(8, "canceled"),
    ]
    words = [audit_words(each, chain, NOON) for each in chain]
    assert words[0].startswith("killed by version 3 (000000000000) of 2026-05-01 12:00 UTC, received")
    assert words[1] == "under embargo until 2026-05-01 18:00 UTC"
    assert words[2] == "a kill: takes back what is not newer"
    assert words[3] == "erased 2026-05-01 12:00 UTC: court order"
    assert words[4:7] == ["shown, current", "withheld", "killed by version 8 (000000000000)"]
