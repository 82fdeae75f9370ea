"""Documents as Parquet: what is written comes back as it was, and the columns keep to their contract."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fakes_read import NOON, stored
from pipeline.archive.columns import ROWS, SCHEMA, VERSION, record_of, row_of, table_blocks
from pipeline.archive.pieces import UnreadableTableError, pieces_of
from pipeline.errors import FetchError, ParseError
from pipeline.formats.detect import read
from pipeline.model import Document, Slugged
from pipeline.publish.export import FORMS, export_blocks
from pipeline.publish.record import whole_record
from pipeline.sources.files import deliveries
from workers.normalise.document import Source, normalise

PAGE = Path(__file__).parents[2] / "docs" / "archive.md"
ONE = stored("a1" * 16)
SLUGGED = Slugged(family="0b" * 16, day="2026-05-01")
OWN = Source(feed="import", trust_provider=True, restoring=True)


def table(*documents, **changed) -> bytes:
    rows = ({**row_of(whole_record(each), "usable"), **changed} for each in documents)
    return b"".join(table_blocks(rows))


def back(body: bytes) -> Document:
    (entry,) = read(body, name="export").entries
    return normalise(entry, OWN, NOON)


def test_a_row_is_the_record_it_was_made_of() -> None:
    record = whole_record(ONE)
    assert record_of(row_of(record, "usable")) == json.loads(json.dumps(record))


def test_parquet_comes_back_as_json_lines_do() -> None:
    (as_table,) = read(b"".join(export_blocks([ONE], "parquet")), name="export").entries
    (as_line,) = read(FORMS["jsonl"].line(ONE), name="export").entries
    assert as_table == as_line
    assert as_table.received == ONE.received_at


def test_the_operators_import_keeps_source_and_chain_and_another_source_does_not() -> None:
    names = ("0" * 32, "f" * 32)
    one = replace(ONE, document=replace(ONE.document, feed="harbour", slugged=SLUGGED, names=names))
    came = back(table(one))
    assert (came.feed, came.slugged, came.names) == ("harbour", SLUGGED, names)
    (entry,) = read(table(one), name="export").entries
    theirs = normalise(entry, Source(feed="other", provider=ONE.document.provider), NOON)
    assert (theirs.feed, theirs.slugged, theirs.names) == ("other", None, ())


@pytest.mark.parametrize("day", ["2026-13-01", "x"])
def test_a_chain_that_makes_no_sense_is_left_out(day: str) -> None:
    one = replace(ONE, document=replace(ONE.document, slugged=replace(SLUGGED, day=day)))
    assert back(table(one)).slugged is None
    odd = replace(ONE, document=replace(ONE.document, names=("0" * 32, "no hash")))
    assert back(table(odd)).names == ("0" * 32,)


def test_the_types_are_those_that_every_reader_has() -> None:
    simple = {pa.string(), pa.int32(), pa.float64(), pa.timestamp("us", tz="UTC"), pa.list_(pa.string())}
    assert {field.type for field in SCHEMA} == simple


def test_the_file_holds_no_type_that_spark_cannot_read() -> None:
    """Its reader knows no unsigned numbers, reads nanoseconds wrong, and wants lists in three levels."""
    schema = pq.ParquetFile(io.BytesIO(b"".join(table_blocks(iter([]))))).schema
    columns = [schema.column(number) for number in range(len(schema))]
    found = {(each.physical_type, json.loads(each.logical_type.to_json())["Type"]) for each in columns}
    assert found == {
        ("BYTE_ARRAY", "String"),
        ("INT32", "None"),
        ("DOUBLE", "None"),
        ("INT64", "Timestamp"),
    }
    times = [json.loads(each.logical_type.to_json()) for each in columns if each.physical_type == "INT64"]
    assert {(each["isAdjustedToUTC"], each["timeUnit"]) for each in times} == {(True, "microseconds")}
    lists = {each.path for each in columns if each.max_repetition_level}
    assert lists == {f"{field.name}.list.element" for field in SCHEMA if pa.types.is_list(field.type)}


def test_the_columns_are_those_of_the_page_in_its_order() -> None:
    lines = PAGE.read_text().splitlines()
    told = [line.split("|")[1].strip(" `") for line in lines if line.startswith("| `")]
    assert [name for name in told if name in SCHEMA.names] == SCHEMA.names


def test_a_large_table_is_written_in_row_groups() -> None:
    at = (replace(ONE, stored_at=NOON + timedelta(seconds=n)) for n in range(ROWS + 1))
    blocks = list(export_blocks(at, "parquet"))
    assert len(blocks) == 3  # two row groups and the footer
    assert pq.read_metadata(io.BytesIO(b"".join(blocks))).num_row_groups == 2


def test_an_archive_of_a_newer_newswire_is_refused_in_clear_words() -> None:
    with pytest.raises(ParseError, match=r"newer newswire \(schema 2, this one reads 1\)"):
        read(table(ONE, schema_version=VERSION + 1), name="new")


def test_so_is_one_that_says_it_in_its_footer_only() -> None:
    file = io.BytesIO(table(ONE))
    newer = pq.read_table(file).replace_schema_metadata({"newswire.schema": "2"})
    pq.write_table(newer, out := io.BytesIO())
    with pytest.raises(UnreadableTableError, match="newer newswire"):
        list(pieces_of(io.BytesIO(out.getvalue())))


def test_nothing_of_it_is_taken_in(tmp_path: Path) -> None:
    path = tmp_path / "new.parquet"
    path.write_bytes(table(*[ONE] * 600, schema_version=VERSION + 1))
    (refused,) = deliveries([str(path)], max_bytes=10)
    assert isinstance(refused, FetchError)
    assert "was written by a newer newswire" in refused.detail


def test_what_another_program_wrote_anew_is_still_an_archive(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(table(ONE))
    duckdb.sql(f"COPY (FROM '{tmp_path}/a.parquet' WHERE provider IS NOT NULL) TO '{tmp_path}/b.parquet'")
    assert back((tmp_path / "b.parquet").read_bytes()) == back(table(ONE))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(b"PAR1 and no more", "is damaged", id="no footer"),
        pytest.param(table(ONE)[:-200] + table(ONE)[-100:], "is damaged", id="cut"),
    ],
)
def test_a_damaged_table_is_said_to_be_one(body: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        read(body, name="x")


def test_a_table_of_something_else_is_said_to_be_one() -> None:
    pq.write_table(pa.table({"a": [1]}), out := io.BytesIO())
    with pytest.raises(ParseError, match="no archive of newswire: it has no column body_text"):
        read(out.getvalue(), name="x")


def test_a_row_that_cannot_be_read_is_a_problem_with_its_number_and_the_others_go_on() -> None:
    rows = [row_of(whole_record(ONE), "usable") for _ in range(3)]
    rows[1]["detail"] = "{"
    parsed = read(b"".join(table_blocks(iter(rows))), name="x")
    assert len(parsed.entries) == 2
    assert [each.where for each in parsed.problems] == ["row 2"]


def test_what_was_erased_is_passed_over() -> None:
    assert read(table(ONE, detail=None), name="x").entries == ()


def test_a_file_is_cut_into_pieces_and_rows_are_counted_on(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(table(*[ONE] * 1_100))
    found = list(deliveries([str(path)], max_bytes=10))
    assert all(not isinstance(each, FetchError) for each in found)
    assert [each.first_line for each in found] == [1, 501, 1001]
    assert found[2].place("row 5") == "row 1005"
    assert sum(len(read(each.body, name="x").entries) for each in found) == 1_100


def test_pieces_of_long_texts_have_fewer_rows(tmp_path: Path) -> None:
    long = replace(ONE, document=replace(ONE.document, body_text="ferry " * 20_000))
    pieces = list(pieces_of(io.BytesIO(table(*[long] * 100))))
    assert [first for first, _ in pieces] == [1, 26, 51, 76]
    assert sum(len(read(body, name="x").entries) for _, body in pieces) == 100
