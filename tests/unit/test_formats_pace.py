"""What a feed says of its own pace, and when its entries are from."""

from datetime import timedelta

import pytest

from pipeline.formats.detect import read
from pipeline.formats.pace import pace_of, published_of
from pipeline.model import Entry, Pace

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def channel(own: str, items: str = "<item><title>x</title></item>") -> str:
    return (
        f"<rss xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel>{own}{items}</channel></rss>"
    )


@pytest.mark.parametrize(
    ("own", "every"),
    [
        ("<ttl>120</ttl>", 2 * HOUR),
        ("<ttl> 60 </ttl>", HOUR),
        ("<ttl><![CDATA[60]]></ttl>", HOUR),
        ("<ttl>0</ttl>", None),
        ("<ttl>-1</ttl>", None),
        ("<ttl>1000000000</ttl>", 365 * DAY),
        ("<ttl>often</ttl>", None),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", HOUR / 2),
        ("<sy:updatePeriod> Daily </sy:updatePeriod>", DAY),
        ("<sy:updateFrequency>4</sy:updateFrequency>", DAY / 4),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", HOUR),
        ("<sy:updatePeriod>sometimes</sy:updatePeriod>", None),
        ("<sy:updatePeriod>always</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>", None),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0.1</sy:updateFrequency>", 10 * HOUR),
        (
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0.000001</sy:updateFrequency>",
            365 * DAY,
        ),
        ("<sy:updatePeriod xmlns:sy='urn:sy'>hourly</sy:updatePeriod>", HOUR),
        ('<ttl xmlns="">60</ttl>', HOUR),
        ("<!-- <ttl>60</ttl> -->", None),
        ("<!-- <ttl>60</ttl> --><ttl>120</ttl><!-- never closed <ttl>600</ttl>", 2 * HOUR),
        ("<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", HOUR),
        ("", None),
    ],
)
def test_f04_how_often_a_feed_wants_to_be_asked_is_read(own: str, every: timedelta | None) -> None:
    assert pace_of(channel(own)).every == every


def test_f04_hours_and_days_to_skip_are_read() -> None:
    own = (
        "<skipHours xmlns=''><hour>0</hour><hour>24</hour><hour>7</hour><hour>99</hour></skipHours>"
        "<skipDays><day>Sunday</day><day>saturday</day><day>Funday</day></skipDays>"
    )
    assert pace_of(channel(own)) == Pace(skip_hours=(0, 7), skip_days=(5, 6))


def test_what_stands_in_an_item_says_nothing_of_the_channel() -> None:
    assert pace_of(channel("", "<item><ttl>60</ttl></item>")) == Pace()


def test_what_stands_behind_the_items_counts_too() -> None:
    assert pace_of("<rss><channel><item></item><ttl>60</ttl></channel></rss>").every == HOUR


@pytest.mark.parametrize(
    "text",
    [
        "<ttl>" * 100_000,
        "<ttl " * 100_000,
        "<!--" * 100_000 + "<ttl",
        "<item " * 100_000,
        "<skipHours><hour>" * 50_000,
        "",
    ],
)
def test_any_text_has_a_pace(text: str) -> None:
    assert pace_of(text) == Pace()


def test_dates_are_read_in_the_usual_forms_newest_first() -> None:
    dates = [
        "Thu, 01 Jan 2026 12:00:00 GMT",
        "2026-01-01T14:00:00+01:00",
        "2026-01-01T11:00:00Z",
        "2026-01-01 10:00",
        "yesterday",
        "9999-99-99T00:00:00Z",
        "",
        None,
    ]
    found = published_of(Entry(format="rss", published=date) for date in dates)
    assert [at.isoformat() for at in found] == [
        "2026-01-01T13:00:00+00:00",
        "2026-01-01T12:00:00+00:00",
        "2026-01-01T11:00:00+00:00",
    ]


def test_both_leave_the_parser_with_the_entries() -> None:
    item = "<item><title>x</title><pubDate>Thu, 01 Jan 2026 12:00:00 GMT</pubDate></item>"
    parsed = read(channel("<ttl>60</ttl>", item).encode(), name="feed")
    assert (parsed.pace.every, len(parsed.published)) == (HOUR, 1)


def test_a_json_feed_has_dates_too() -> None:
    body = (
        b'{"version": "https://jsonfeed.org/version/1.1", "items":'
        b' [{"id": "1", "content_text": "x", "date_published": "2026-01-01T12:00:00Z"}]}'
    )
    assert len(read(body, name="feed").published) == 1
