"""The first and last days of the calendar in every date of every format: noted or believed, never a crash."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_formats_pairs import INPUTS

from fakes import NOON
from pipeline.config.values import MOST_DAYS
from pipeline.errors import EntryError, ParseError
from pipeline.formats.detect import read
from pipeline.model import Document, Entry, PubStatus, Tagging
from pipeline.publish.record import inspected_record
from pipeline.retention import Age, Policy, kept_until
from workers.normalise.document import Source, normalise

SOURCE = Source(feed="f", provider="Kestrel Wire")
STORY = "KABUL, Jan 1 (Kestrel) - A bridge was opened on Monday.\n\nMore was said."
DAYS = ("0001-01-01", "9999-12-31", "0000-00-00", "1969-12-31", "1970-01-01", "10000-01-01")
TIMES = ("", "T00:00:00", "T23:59:59.999999", " 23:59:60")
ZONES = ("", "Z", "+23:59", "-23:59", " EST")
EXTREMES = tuple(map("".join, product(DAYS, TIMES, ZONES)))
WORDED = (
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "Mon, 01 Jan 0001 00:00:00 +2359",
    "31 December 9999 23:59",
    "1 January 0001",
    "312359 DEC 9999",
    "010000Z JAN 0001",
    "99991231235959",
    "9999999999",
    "9999999999999",
    "-1",
    "2359 GMT, DEC 31, 9999",
    "0001 GMT, JAN 1, 0001",
)


def made(entry: Entry) -> Document:
    """Make the document as a worker does, and as `inspect` does; write it as others do."""
    normalise(entry, SOURCE, None)
    document = normalise(entry, SOURCE, NOON, now=NOON)
    inspected_record(document, Tagging())
    return document


@pytest.mark.parametrize("field", ["published", "updated", "embargoed", "dateline", "revision", "slugline"])
def test_no_date_of_an_entry_is_too_early_or_too_late_to_be_read(field: str) -> None:
    for text in (*EXTREMES, *WORDED):
        made(Entry(format="rss", guid="g", text=STORY, **{field: text}))


@pytest.mark.parametrize("words", ["EMBARGOED UNTIL {}", "NOT FOR RELEASE BEFORE {}", "{} "])
def test_no_date_of_a_text_is_either(words: str) -> None:
    for text in (*EXTREMES[::5], *WORDED):
        line = words.format(text)
        made(Entry(format="text", text=f"{line}\n\n{STORY}"))
        made(Entry(format="text", headline=line, text=STORY, published=text))


@given(st.text(max_size=40) | st.datetimes().map(str) | st.from_regex(r"[0-9: TZ+-]{4,30}", fullmatch=True))
@settings(max_examples=30, deadline=None)
def test_nothing_that_may_stand_for_a_date_is(text: str) -> None:
    made(Entry(format="rss", text=STORY, published=text, updated=text, embargoed=text, dateline=text))


@pytest.mark.parametrize("text", [text for text in EXTREMES if text.startswith(("9999", "10000"))])
def test_an_embargo_for_ever_is_one(text: str) -> None:
    document = made(Entry(format="rss", text=STORY, embargoed=text))
    assert document.pub_status is PubStatus.WITHHELD or (document.embargoed or NOON).year == 9999


def test_an_embargo_until_the_last_second_needs_no_zone() -> None:
    document = made(Entry(format="rss", text=STORY, embargoed="9999-12-31T23:59:59"))
    assert document.embargoed == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_every_sample_of_every_format_may_be_of_any_year(year: str) -> None:
    for path in INPUTS:
        day = b"12-31" if year == "9999" else b"01-01"
        body = re.sub(rb"\b(?:19|20)\d\d-[01]\d-[0-3]\d", year.encode() + b"-" + day, path.read_bytes())
        try:
            parsed = read(re.sub(rb"\b(?:19|20)\d\d(?!\d)", year.encode(), body), name=path.name)
        except ParseError:
            continue
        for entry in parsed.entries:
            with suppress(EntryError):
                made(entry)


@pytest.mark.parametrize("embargoed", [None, datetime.max.replace(tzinfo=UTC)])
def test_what_is_kept_longest_has_an_end(embargoed: datetime | None) -> None:
    age = Age(stored_at=NOON, embargoed=embargoed, feeds={"f"}, beats=())
    until = kept_until([age], Policy(document_days=MOST_DAYS))
    assert until is None or until > NOON
