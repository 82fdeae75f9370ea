"""Dates: read, judged, chosen."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.normalise.dates import NOT_SENT, claim, dates_of, latest_year, nearest_year, read_date

NOW = datetime(2021, 7, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2021-07-25T10:00:00Z", "2021-07-25T10:00:00"),
        ("2021-07-25T10:00:00z", "2021-07-25T10:00:00"),
        ("20210725100000Z", "2021-07-25T10:00:00"),
        ("2021-7-25 9:30:05 GMT", "2021-07-25T09:30:05"),
        ("2021-07-25T9:30:5Z", "2021-07-25T09:30:05"),
        ("2021-07-25T19:00:00+9:00", "2021-07-25T10:00:00"),
        ("Sun,25 Jul 2021 19:0:0 GMT+9", "2021-07-25T10:00:00"),
        ("2021-07-25 19:00 GMT+9", "2021-07-25T10:00:00"),
        ("25 Jul 2021 09:00:00 UTC-01:00", "2021-07-25T10:00:00"),
        ("20210725120000+0200", "2021-07-25T10:00:00"),
        ("2021/07/25 12:00:00 +0200", "2021-07-25T10:00:00"),
        ("2021.7.25 10:00 GMT", "2021-07-25T10:00:00"),
        ("2021-07-25T10:00:00.123Z", "2021-07-25T10:00:00.123000"),
        ("2021-07-25T10:00:00+02:00", "2021-07-25T08:00:00"),
        ("2021-07-25 10:00:00 +0200", "2021-07-25T08:00:00"),
        ("2021-07-25 10:00 CEST", "2021-07-25T08:00:00"),
        ("20210725T100000Z", "2021-07-25T10:00:00"),
        ("20210725T100000+0200", "2021-07-25T08:00:00"),
        ("2021-07-25T23:59:60Z", "2021-07-25T23:59:59"),
        ("Sun, 25 Jul 2021 10:00:00 GMT", "2021-07-25T10:00:00"),
        ("Sun, 25 Jul 2021 10:00:00 +0430", "2021-07-25T05:30:00"),
        ("Sun, 25 Jul 2021 10:00:00 -0200", "2021-07-25T12:00:00"),
        ("Sun, 25 Jul 2021 10:00:00 GMT+2", "2021-07-25T08:00:00"),
        ("25 Jul 21 10:00 EST", "2021-07-25T15:00:00"),
        ("25 Jul 98 10:00 GMT", "1998-07-25T10:00:00"),
        ("Sun Jul 25 10:00:00 2021 +0200", "2021-07-25T08:00:00"),
        ("July 25, 2021 3:05 PM EDT", "2021-07-25T19:05:00"),
        ("July 25, 2021 12:05 a.m. UTC", "2021-07-25T00:05:00"),
        ("25 juillet 2021 à 10h30 UTC", "2021-07-25T10:30:00"),
        ("25 juillet 2021 10h UTC", "2021-07-25T10:00:00"),
        ("250630 JUL 21", "2021-07-25T06:30:00"),
        ("250630Z JUL 21", "2021-07-25T06:30:00"),
        ("250630 EDT JUL 2021", "2021-07-25T10:30:00"),
        ("25.07.2021 14:30 Uhr", "2021-07-25T12:30:00"),
        ("25. Januar 2021, 14.30 Uhr", "2021-01-25T13:30:00"),
        ("25 Jul 2021 1430 GMT", "2021-07-25T14:30:00"),
        ("1430 GMT 25 Jul 2021", "2021-07-25T14:30:00"),
        ("25 de julio de 2021, 14:30 hora peninsular", "2021-07-25T12:30:00"),
        ("25 de janeiro de 2021, 14h30 hora de Lisboa", "2021-01-25T14:30:00"),
        ("25 luglio 2021 ore 14:30 CEST", "2021-07-25T12:30:00"),
        ("25 juli 2021 14.30 uur", "2021-07-25T12:30:00"),
        ("25 Jul 2021, 6 p.m. ET", "2021-07-25T22:00:00"),
        ("25 Jan 2021, 6 p.m. ET", "2021-01-25T23:00:00"),
        ("Sun, 25 Jul 2021 10:00:00 CEST", "2021-07-25T08:00:00"),
        ("dom 25 jul 2021 12:00 UTC", "2021-07-25T12:00:00"),
        ("1627200000", "2021-07-25T08:00:00"),
        ("1627200000000", "2021-07-25T08:00:00"),
    ],
)
def test_a_time_is_read(text: str, at: str) -> None:
    moment = read_date(text)
    assert moment is not None
    assert (moment.at.isoformat(), moment.date_only, moment.note) == (f"{at}+00:00", False, None)


@pytest.mark.parametrize(
    "text",
    [
        "2021-07-25",
        "20210725",
        "25 juillet 2021",
        "dimanche 25 juillet 2021",
        "le 25 juillet 2021",
        "July 25, 2021",
        "25 July 2021",
        "25. Juli 2021",
        "25 de julio de 2021",
        "25-Jul-2021",
        "25 de julho de 2021",
        "25 luglio 2021",
        "25 juli 2021",
        "25.07.2021",
        "25-JUL-21",
        "2021-W29-7",
        "2021W297",
    ],
)
def test_a_day_is_read_as_its_midnight(text: str) -> None:
    moment = read_date(text)
    assert moment is not None
    assert moment.date_only
    assert moment.at == datetime(2021, 7, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("2021-07-25T10:00", "no time zone, read as UTC"),
        ("20210725100000", "no time zone, read as UTC"),
        ("2021.07.25 10:00:00", "no time zone, read as UTC"),
        ("2021/07/25 10:00:00", "no time zone, read as UTC"),
        ("Sun Jul 25 10:00:00 2021", "no time zone, read as UTC"),
        ("Sun, 25 Jul 2021 10:00:00 XYZ", "time zone XYZ not known, read as UTC"),
    ],
)
def test_a_zone_that_is_missing_or_unknown_is_noted(text: str, note: str) -> None:
    moment = read_date(text)
    assert moment is not None
    assert (moment.at.hour, moment.note) == (10, note)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2021",
        "yesterday",
        "last Tuesday at ten",
        "2021-02-30",
        "31 Jun 2021",
        "25 Foo 2021",
        "25/07/2021",
        "321430 JAN 21",
        "10:00 25:00 25 Jul 2021",
        "25 Jul Aug 2021",
        "25 Jul 2021 26",
        "2021-07-25 2022 10:00 UTC word",
        "noon 10:00 25 Jul 2021",
        "2021-07-25T25:00:00Z",
        "Sun, 25 Jul 2021 25:00:00 GMT",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+12:00",
        "2021-07-25T10:00:00" + " " * 80 + "Z",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_date(text) is None


@given(st.text(max_size=60) | st.from_regex(r"[0-9a-zA-Z:,.+\- ]{0,40}", fullmatch=True))
def test_h09_reading_never_raises(text: str) -> None:
    moment = read_date(text)
    assert moment is None or moment.at.utcoffset() == timedelta(0)


def test_a_plausible_date_is_believed() -> None:
    assert claim("published", "2021-07-27T11:00:00Z", now=NOW).doubt is None


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("2199-01-01", 'published "2199-01-01" is in the future, not believed'),
        ("1970-01-01T00:00:00Z", 'published "1970-01-01T00:00:00Z" is before 1990, not believed'),
        ("soon,  very\nsoon", 'published "soon, very soon" could not be read'),
    ],
)
def test_h09_an_impossible_date_is_not_believed(text: str, doubt: str) -> None:
    judged = claim("published", text, now=NOW)
    assert (judged.at, judged.doubt) == (None, doubt)


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "Thu, 26 Nov 2026 10:00:00 +9999",
        "2026-02-03T10:00:00",
        "Tue, 32 Jan 2026 10:00:00 GMT",
        "2026-01-32",
        "Tue, 01 Jan 2041 00:00:00 GMT",
        "99999-01-01",
        "",
    ],
)
def test_h09_an_item_is_between_1990_and_tomorrow_whatever_it_says(text: str) -> None:
    dates = dates_of(
        published=claim("published", text, now=NOW), updated=NOT_SENT, dateline=NOT_SENT, received_at=NOW
    )
    assert dates.published is not None
    assert datetime(1990, 1, 1, tzinfo=UTC) <= dates.published <= NOW + timedelta(hours=24)


def test_h09_without_a_clock_no_date_is_in_the_future() -> None:
    assert claim("published", "2199-01-01", now=None).doubt is None


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_date_is_no_claim(text: str | None) -> None:
    assert claim("published", text, now=NOW) is NOT_SENT


SENT = claim("published", "2021-07-25T10:00:00Z", now=NOW)
UPDATED = claim("updated", "2021-07-25T11:00:00Z", now=NOW)
DATELINE = claim("dateline", "2021-07-24", now=NOW)
FUTURE = claim("published", "2199-01-01", now=NOW)


@pytest.mark.parametrize(
    ("published", "updated", "dateline", "expected", "note"),
    [
        pytest.param(SENT, UPDATED, DATELINE, SENT.at, None, id="as sent"),
        pytest.param(FUTURE, UPDATED, DATELINE, UPDATED.at, FUTURE.doubt, id="the version's date"),
        pytest.param(NOT_SENT, NOT_SENT, DATELINE, DATELINE.at, "date only", id="the dateline's date"),
        pytest.param(FUTURE, NOT_SENT, DATELINE, DATELINE.at, f"{FUTURE.doubt}; date only", id="both said"),
        pytest.param(NOT_SENT, NOT_SENT, NOT_SENT, NOW, "published: time of receipt", id="the receipt"),
    ],
)
def test_the_best_date_is_when_it_was_published(published, updated, dateline, expected, note) -> None:
    dates = dates_of(published=published, updated=updated, dateline=dateline, received_at=NOW)
    assert (dates.published, dates.note) == (expected, note)


def test_an_undated_item_that_was_not_received_has_no_date() -> None:
    dates = dates_of(published=NOT_SENT, updated=NOT_SENT, dateline=NOT_SENT, received_at=None)
    assert (dates.published, dates.version_created, dates.note) == (None, None, None)


def test_a_time_of_arrival_never_orders_versions() -> None:
    assert (
        dates_of(published=NOT_SENT, updated=NOT_SENT, dateline=DATELINE, received_at=NOW).version_created
        is None
    )
    assert (
        dates_of(published=SENT, updated=UPDATED, dateline=DATELINE, received_at=NOW).version_created
        == UPDATED.at
    )
    assert (
        dates_of(published=SENT, updated=NOT_SENT, dateline=DATELINE, received_at=NOW).version_created
        == SENT.at
    )


@pytest.mark.parametrize(
    ("month", "day", "to", "year"),
    [
        (12, 31, date(2021, 1, 2), 2020),
        (1, 1, date(2021, 12, 30), 2022),
        (7, 25, date(2021, 7, 15), 2021),
        (2, 30, date(2021, 7, 15), None),
    ],
)
def test_the_nearest_year(month: int, day: int, to: date, year: int | None) -> None:
    assert nearest_year(month, day, to=to) == year


@pytest.mark.parametrize(
    ("month", "day", "until", "year"),
    [
        (12, 31, date(2021, 1, 2), 2020),
        (7, 27, date(2021, 7, 26), 2021),
        (7, 28, date(2021, 7, 26), 2020),
        (2, 29, date(2023, 3, 1), 2020),
        (2, 30, date(2021, 7, 15), None),
    ],
)
def test_the_latest_year(month: int, day: int, until: date, year: int | None) -> None:
    assert latest_year(month, day, until=until) == year
