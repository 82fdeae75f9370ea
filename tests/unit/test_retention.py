"""Which items are past their time: the longest that any version is to be kept, after the newest of them."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.retention import FOREVER, Age, Kept, Policy, kept_until

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = Policy(
    document_days=30,
    raw_days=20,
    beats={"afghanistan": 365, "sport": 3, "archive": FOREVER},
    feeds={"licensed": Kept(document_days=10), "ours": Kept(document_days=FOREVER), "big": Kept(raw_days=2)},
)


def _age(*, days: int = 0, feeds: tuple[str, ...] = ("any",), beats: tuple[str, ...] = (), held=None) -> Age:
    return Age(stored_at=NOON + days * DAY, embargoed=held, feeds=feeds, beats=beats)


@pytest.mark.parametrize(
    ("versions", "days"),
    [
        ([_age()], 30),
        ([_age(), _age(days=5)], 35),
        ([_age(feeds=("licensed",))], 10),
        ([_age(feeds=("licensed", "any"))], 30),
        ([_age(feeds=("ours",))], None),
        ([_age(feeds=("licensed",), beats=("afghanistan",))], 365),
        ([_age(beats=("sport",))], 30),
        ([_age(beats=("archive",))], None),
        ([_age(beats=("afghanistan",)), _age(days=1)], 366),
        ([_age(held=NOON + 90 * DAY)], 90),
        ([_age(feeds=())], 30),
    ],
    ids=[
        "everybody's",
        "after the newest version",
        "a source's own",
        "of several sources, the longest",
        "for ever",
        "a beat keeps longer",
        "a beat never keeps shorter",
        "a beat keeps for ever",
        "a beat of one version keeps all",
        "until the embargo ended",
        "source unknown",
    ],
)
def test_an_item_is_kept_until(versions: list[Age], days: int | None) -> None:
    assert kept_until(versions, POLICY) == (None if days is None else NOON + days * DAY)


@pytest.mark.parametrize(
    ("feed", "days"), [("any", 20), ("licensed", 10), ("ours", 20), ("big", 2), (None, 20)], ids=str
)
def test_a_raw_copy_outlives_no_document_of_its_source(feed: str | None, days: int) -> None:
    assert POLICY.raw_of(feed) == days


@pytest.mark.parametrize(
    ("policy", "days"),
    [(Policy(), FOREVER), (POLICY, 10), (Policy(document_days=7, feeds={"a": Kept(document_days=9)}), 7)],
    ids=["nothing goes", "a source's", "everybody's"],
)
def test_the_shortest_time_is_that_of_the_first_to_go(policy: Policy, days: int) -> None:
    assert policy.shortest_days == days
