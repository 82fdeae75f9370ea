"""Evidence laid over a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Entity, Evidence, Mention, Place, PlaceMention, Tag, Tagging
from pipeline.publish.stories import narrowest
from pipeline.web.evidence import Finding, Kind, by_kind, findings, marked, paragraphs

TEXT = "Ferry to Port Ellery\n\nThe Port Ellery ferry sails.\n\nIt is blue."


def found(part: str, kind: Kind = Kind.REGION, *, text: str = TEXT, nth: int = 0, why: str = "") -> Finding:
    """Find a part of a text, with the evidence that cuts it out."""
    start = -1
    for _ in range(nth + 1):
        start = text.index(part, start + 1)
    reason = Evidence(field="text", text=part, start=start, end=start + len(part), why=why)
    return Finding(kind=kind, name=part.title(), reasons=(reason,))


def test_a_text_without_evidence_is_one_plain_piece_a_paragraph() -> None:
    cut = paragraphs(TEXT, ())

    assert [[piece.text for piece in each] for each in cut] == [[part] for part in TEXT.split("\n\n")]
    assert not any(piece.kinds for each in cut for piece in each)


def test_evidence_is_marked_where_it_stands_and_says_why() -> None:
    headline, body, _ = paragraphs(TEXT, [found("Port Ellery", nth=1, why="town of the country")])

    assert [piece.text for piece in headline] == ["Ferry to Port Ellery"]
    assert [(piece.text, piece.kinds) for piece in body] == [
        ("The ", ()),
        ("Port Ellery", (Kind.REGION,)),
        (" ferry sails.", ()),
    ]
    assert body[1].why == ("region Port Ellery: town of the country",)
    assert body[1].start == TEXT.index("Port Ellery", 20)


def test_where_spans_overlap_a_piece_is_of_all_kinds_that_hold_there() -> None:
    text = "one two three"
    cut = marked(
        text,
        [found("one two", Kind.TOPIC, text=text), found("two three", Kind.PLACE, text=text)],
        field="text",
    )

    assert [(piece.text, piece.kinds) for piece in cut] == [
        ("one ", (Kind.TOPIC,)),
        ("two", (Kind.PLACE, Kind.TOPIC)),
        (" three", (Kind.PLACE,)),
    ]


def test_the_same_reason_twice_is_said_once() -> None:
    (piece,) = marked("Zembla", [found("Zembla", text="Zembla")] * 2, field="text")

    assert piece.kinds == (Kind.REGION,)
    assert piece.why == ("region Zembla",)


def test_a_span_over_a_paragraph_break_is_marked_on_both_sides_of_it() -> None:
    cut = paragraphs(TEXT, [found("sails.\n\nIt is")])

    assert [piece.text for each in cut for piece in each if piece.kinds] == ["sails.", "It is"]


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [(0, 6, "Ferry"), (-5, 0, "blue."), (3, 3, ""), (500, 505, "Ferry"), (None, None, "Ferry")],
    ids=["cuts out something else", "counted from the end", "empty", "behind the end", "no offsets"],
)
def test_evidence_that_does_not_fit_the_text_is_not_marked(
    start: int | None, end: int | None, text: str
) -> None:
    reason = Evidence(field="text", text=text, start=start, end=end, why="")
    finding = Finding(kind=Kind.REGION, name="X", reasons=(reason,))

    assert not any(piece.kinds for each in paragraphs(TEXT, [finding]) for piece in each)


def test_evidence_in_another_field_is_not_marked_here() -> None:
    finding = found("Ferry")

    assert marked("Ferry", [finding], field="dateline")[0].kinds == ()


def test_code_points_are_counted_as_the_tagger_counts_them() -> None:
    text = "🙂 é Zembla"

    assert marked(text, [found("Zembla", text=text)], field="text")[-1].text == "Zembla"


@given(st.text("ab \n", max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30))))
def test_pieces_are_the_text_and_each_is_of_the_kinds_around_it(
    text: str, spans: list[tuple[int, int]]
) -> None:
    inside = [(start, end) for start, end in spans if start < end <= len(text)]
    kinds = list(Kind)
    given_findings = [
        Finding(
            kind=kinds[index % len(kinds)],
            name=str(index),
            reasons=(Evidence(field="text", text=text[start:end], start=start, end=end, why=""),),
        )
        for index, (start, end) in enumerate(inside)
    ]
    cut = marked(text, given_findings, field="text")

    assert "".join(piece.text for piece in cut) == text
    for piece in cut:
        around = {
            kinds[index % len(kinds)]
            for index, (start, end) in enumerate(inside)
            if start <= piece.start and piece.start + len(piece.text) <= end
        }
        assert set(piece.kinds) == around
    joined = "\n\n".join("".join(piece.text for piece in each) for each in paragraphs(text, given_findings))
    assert joined.replace("\n", "") == text.replace("\n", "")


PORT = Place(name="Port Ellery", geonames=7, country="XE", lat=1.0, lon=2.0)


def mention(text: str, nth: int = 0) -> Mention:
    reason = found(text, nth=nth).reasons[0]
    assert reason.start is not None
    assert reason.end is not None
    return Mention(field="text", text=text, start=reason.start, end=reason.end)


def test_the_mentions_of_one_place_are_one_finding() -> None:
    tagging = Tagging(
        places=tuple(
            PlaceMention(place=PORT, score=score, mention=mention("Port Ellery", nth))
            for nth, score in enumerate((0.5, 0.8))
        )
    )
    (place,) = findings(tagging)

    assert (place.name, place.code, place.score) == ("Port Ellery, XE", "GeoNames 7", 0.8)
    assert len(place.reasons) == 2


def test_findings_are_grouped_by_kind_and_kinds_without_any_are_left_out() -> None:
    tagging = Tagging(
        topics=(Tag(code="medtop:1", name="transport", score=0.9),),
        beats=(Tag(code="ferries", name="Ferries", score=0.9),),
        people=(Entity(name="Ann Example", mentions=()),),
        organisations=(Entity(name="Ferry Board", mentions=(mention("Ferry"),)),),
    )

    assert list(by_kind(findings(tagging))) == [Kind.TOPIC, Kind.BEAT, Kind.PERSON, Kind.ORGANISATION]
    assert findings(Tagging()) == ()


def test_in_a_list_the_narrowest_topics_stand_for_their_parents() -> None:
    term = Evidence(field="text", text="x", why="term")
    narrow = Tag(code="n", name="n", score=0.9, evidence=(term,))
    parent = Tag(
        code="p", name="p", score=0.9, evidence=(Evidence(field="topics", text="n", why="narrower"), term)
    )
    sent = Tag(code="s", name="s", score=0.9)

    assert narrowest((narrow, parent, sent)) == (narrow, sent)
