import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console, RenderableType

from fakes_read import NOON, stored
from pipeline.cli.show_text import document_view, failed_line, quarantine_lines, quarantine_view, result_line
from pipeline.errors import Reason
from pipeline.model import (
    Credit,
    Dateline,
    Evidence,
    Place,
    PubStatus,
    Relation,
    Sighting,
    Signal,
    StoredDocument,
    Tag,
    Tagging,
)
from pipeline.plain import safe_json, safe_line, safe_text
from pipeline.ports.reading import Quarantined

HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b31m\u202egnp.exe\u2066\x00\x7f\r\x08\ud800"
OBEYED = set("\x1b\x07\x9b\u202e\u2066\x00\x7f\r\x08\ud800")


def shown(view: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=300, markup=False, color_system=None)
    console.print(view)
    return console.file.getvalue()  # type: ignore[attr-defined]


def view(
    document: StoredDocument, seen: Sequence[Sighting] = (), chain: Sequence[StoredDocument] = ()
) -> str:
    return shown(document_view(document, seen, chain))


def quarantined(**fields: object) -> Quarantined:
    return Quarantined(
        **{  # type: ignore[arg-type]
            "id": 7,
            "reason": Reason.BAD_RECORD,
            "detail": "text is missing",
            "where": "line 17",
            "feed_id": "import",
            "location": "stories.jsonl",
            "entry_id": None,
            "guid": None,
            "attempts": 0,
            "quarantined_at": NOON,
            "size_bytes": 12,
            **fields,
        }
    )


@pytest.mark.parametrize(
    "code", [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
def test_no_character_that_a_terminal_obeys_passes(code: int) -> None:
    kept = {"\n", " "} if chr(code) in "\n\r\t" else {"\ufffd"}

    assert safe_text(chr(code)) in kept


@pytest.mark.parametrize("text", ["كابل: ده‌ها نفر", "हिन्‍दी", "naïve — “quoted”", "喀布尔", "👩‍🚒"])
def test_ordinary_text_of_any_script_passes_unchanged(text: str) -> None:
    assert safe_text(text) == text


def test_a_line_is_one_line_of_bounded_length() -> None:
    assert safe_line("one\n\ttwo\u2028three  four ", 13) == "one two thre…"


def test_json_escapes_mean_the_same() -> None:
    import json

    line = json.dumps("\x9b\u202e\u2028\x7f é", ensure_ascii=False)

    assert not OBEYED & set(safe_json(line))
    assert json.loads(safe_json(line)) == json.loads(line)


def test_a_result_is_one_line_with_an_id_that_can_be_used() -> None:
    line = result_line(stored("0123456789abcdef", language="fr", signal=Signal.UPDATE))

    assert line == (
        "2026-05-01 12:00  fr   0123456789ab  Harbour Press  [update]  Ferry returns to Port Ellery"
    )


def test_a_result_without_headline_shows_its_first_words() -> None:
    assert result_line(stored("d" * 32, headline=None)).endswith("  The ferry is back.")


def test_a_later_version_says_so() -> None:
    assert "  v3  " in result_line(replace(stored("d" * 32), version=3))


def test_a_document_is_shown_with_its_fields() -> None:
    text = view(
        stored(
            "d" * 32,
            dateline=Dateline(
                text="PORT ELLERY, May 1 (Harbour) -",
                city="Port Ellery",
                date="2026-05-01",
                agency="Harbour",
                place=Place(name="Port Ellery", geonames=42, country="XX", lat=1, lon=2),
            ),
            credit=Credit(text="(Reporting by A. Writer)"),
            signal=Signal.UPDATE,
            signal_number=2,
            keywords=("ferry", "bicycles"),
            language="en",
            language_score=0.987,
            date_note="date only",
            notes=("text was cut",),
            pub_status=PubStatus.WITHHELD,
        )
    )

    for part in (
        "Ferry returns to Port Ellery\n",
        "The ferry is back.",
        "d" * 32,
        "(Port Ellery, 2026-05-01, Harbour; Port Ellery, XX, GeoNames 42)",
        "(Reporting by A. Writer)",
        "update 2",
        "ferry, bicycles",
        "en (0.99)",
        "2026-05-01 12:00:00 UTC (date only)",
        "text was cut",
        "withheld",
    ):
        assert part in text


def test_fields_without_a_value_are_left_out() -> None:
    text = view(stored("d" * 32))

    assert "byline" not in text
    assert "Related" not in text


def test_tags_and_links_are_shown_with_their_evidence() -> None:
    why = Evidence(field="dateline", text="Port Ellery", start=0, end=11, why="place of the dateline")
    document = replace(
        stored("d" * 32),
        tagging=Tagging(
            regions=(Tag(code="XX", name="Nowhere", score=0.9, roles=("dateline",), evidence=(why,)),)
        ),
        relations=(Relation(kind="same-copy", id="e" * 32, score=0.8, evidence=(why,)),),
    )

    text = view(document)

    assert "region XX Nowhere 0.90 (dateline)" in text
    assert "because “Port Ellery” in dateline: place of the dateline" in text
    assert f"same-copy {'e' * 12} 0.80: place of the dateline" in text


def test_sightings_and_other_versions_are_shown() -> None:
    seen = Sighting(feed="drop", location="in/ferry.txt", seen_at=NOON + timedelta(hours=1))
    document = stored("d" * 32)

    text = view(document, [seen], [document, replace(stored("e" * 32), version=2)])

    assert "2026-05-01 13:00:00 UTC  drop  in/ferry.txt" in text
    others = text.partition("Other versions")[2]
    assert "e" * 12 in others
    assert "d" * 12 not in others


def test_nothing_hostile_of_a_document_reaches_the_terminal() -> None:
    evidence = Evidence(field="text", text=HOSTILE, why=HOSTILE)
    document = replace(
        stored(
            "d" * 32,
            headline=HOSTILE,
            lead=HOSTILE,
            body_text=HOSTILE,
            provider=HOSTILE,
            guid=HOSTILE,
            url=HOSTILE,
            byline=HOSTILE,
            keywords=(HOSTILE,),
            notes=(HOSTILE,),
            credit=Credit(text=HOSTILE),
            dateline=Dateline(text=HOSTILE, city=HOSTILE),
        ),
        tagging=Tagging(topics=(Tag(code="medtop:1", name=HOSTILE, score=1, evidence=(evidence,)),)),
        relations=(Relation(kind="same-copy", id="e" * 32, score=1, evidence=(evidence,)),),
    )
    seen = Sighting(feed=HOSTILE, location=HOSTILE, seen_at=NOON)
    job = {"id": "1", "queue": "wire", "entries": [1, 2], "ended_at": None, "error": HOSTILE}
    row = quarantined(detail=HOSTILE, where=HOSTILE, feed_id=HOSTILE, location=HOSTILE, guid=HOSTILE)

    texts = (
        view(document, [seen], [stored("e" * 32, headline=HOSTILE)]),
        result_line(document),
        failed_line(job),
        *quarantine_lines([row]),
        shown(quarantine_view(row, HOSTILE.encode("utf-8", "surrogatepass") + b"\xff\x9b")),
    )

    assert not OBEYED & set("".join(texts))


def test_a_failed_job_says_how_many_entries_it_held() -> None:
    job = {"id": "a1", "queue": "wire", "entries": [1, 2], "ended_at": None, "error": "MemoryError"}

    assert failed_line(job) == "a1  wire  2 entries  -  MemoryError"


def test_quarantine_says_where_and_why() -> None:
    _, line = quarantine_lines([quarantined()])

    assert line.endswith("bad_record      import  stories.jsonl line 17: text is missing")
