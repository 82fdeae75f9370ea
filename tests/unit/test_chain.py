"""What a chain comes to, and where documents belong that find it by a slug."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.model import Document, PubStatus, Signal
from pipeline.store.chain import Standing, Version, chain_of, in_order, stage_of, taken_back_by
from pipeline.store.homes import Named, homes

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
USABLE, WITHHELD, NOTICE, KILL = 1, 6, 8, 9


def version(
    seq: int, stage: int = USABLE, *, rank: int = -1, at: datetime | None = None, **fields
) -> Version:
    given = {"embargoed": None, "erased": False} | fields
    return Version(
        seq=seq,
        id=f"{seq:032}",
        revision_rank=rank,
        version_created=at,
        stage=stage,
        content_hash=f"{seq:032}",
        **given,
    )


def made(**fields) -> Document:
    given = {"id": "1", "uri": "urn:newswire:a:1", "content_hash": "1", "provider": "a", "format": "rss"}
    return Document(**(given | {"lead": "", "body_text": "Text."} | fields))


@pytest.mark.parametrize(
    ("fields", "stage"),
    [
        ({"signal": Signal.ALERT}, 0),
        ({}, 1),
        ({"signal": Signal.UPDATE}, 2),
        ({"signal": Signal.WRITETHRU}, 3),
        ({"signal": Signal.REFILE}, 4),
        ({"signal": Signal.CORRECTION}, 5),
        ({"pub_status": PubStatus.WITHHELD}, WITHHELD),
        ({"pub_status": PubStatus.WITHHELD, "embargoed": NOON}, 1),
        ({"pub_status": PubStatus.CANCELED}, KILL),
        ({"pub_status": PubStatus.CANCELED, "uri": f"urn:newswire:a:text:{'0' * 32}"}, NOTICE),
        ({"pub_status": PubStatus.CANCELED, "uri": f"urn:newswire:a:text:{'0' * 32}", "body_text": ""}, KILL),
    ],
)
def test_a_version_has_its_stage_in_the_life_of_its_story(fields, stage: int) -> None:
    assert stage_of(made(**fields)) == stage


def test_every_signal_has_a_stage() -> None:
    assert all(stage_of(made(signal=signal)) <= 5 for signal in Signal)


def test_revision_comes_before_time_and_time_before_stage() -> None:
    alert, story, correction = version(1, 0), version(2), version(3, 5)
    timed, revised = version(4, 0, at=NOON), version(5, 0, rank=0)
    assert in_order([revised, timed, correction, story, alert]) == [alert, story, correction, timed, revised]


@pytest.mark.parametrize(
    ("one", "kill", "standing"),
    [
        pytest.param({}, {}, Standing.KILLED, id="nothing tells which is newer"),
        pytest.param({"rank": 3}, {"rank": 2}, Standing.USABLE, id="a higher revision"),
        pytest.param({"rank": 2}, {"rank": 2}, Standing.KILLED, id="the same revision"),
        pytest.param(
            {"rank": 1, "at": NOON + HOUR}, {"rank": 2, "at": NOON}, Standing.KILLED, id="revision first"
        ),
        pytest.param({"at": NOON + HOUR}, {"at": NOON}, Standing.USABLE, id="a later time"),
        pytest.param({"at": NOON}, {"at": NOON}, Standing.KILLED, id="the same time"),
        pytest.param({"rank": 9}, {"at": NOON}, Standing.KILLED, id="a revision against a time"),
        pytest.param({"rank": 9, "at": NOON + HOUR}, {"at": NOON}, Standing.USABLE, id="both have times"),
    ],
)
def test_a_kill_takes_back_what_is_not_surely_newer(one, kill, standing: Standing) -> None:
    chain = chain_of([version(1, **one), version(2, KILL, **kill)], NOON)
    assert (chain.standings[1], chain.standings[2]) == (standing, Standing.CANCELED)
    assert chain.current == (1 if standing is Standing.USABLE else None)


def test_the_kill_that_took_a_version_back_is_named() -> None:
    first, second = version(1, KILL, rank=1), version(2, KILL, rank=4)
    assert taken_back_by(version(3, rank=0), [first, second]) == first
    assert taken_back_by(version(3, rank=2), [first, second]) == second
    assert taken_back_by(version(3, rank=5), [first, second]) is None


def test_an_empty_chain_comes_to_nothing() -> None:
    assert chain_of([], NOON) == ({}, None, None, None)


def test_of_several_embargoes_the_first_to_end_follows() -> None:
    one = version(1, rank=1)
    two = version(2, rank=2, embargoed=NOON + 2 * HOUR)
    three = version(3, rank=3, embargoed=NOON + HOUR)
    assert chain_of([one, two, three], NOON)[1:] == (1, 3, NOON + HOUR)
    assert chain_of([one, two, three], NOON + HOUR)[1:] == (3, None, None)
    assert chain_of([two, version(3, rank=3)], NOON)[1:] == (3, None, None)


def named(seq: int, own: int, day: int, *, later: bool = False, kill: bool = False) -> Named:
    return Named(seq, own, key=f"{day}", before=f"{day - 1}", day=day, later=later, kill=kill)


def test_days_of_updates_go_on_with_the_day_they_began() -> None:
    first = named(1, 10, 1)
    days = [named(2, 20, 2, later=True), named(3, 30, 3, later=True), named(4, 50, 5, later=True)]
    assert homes([*days, first]) == {1: 10, 2: 10, 3: 10, 4: 50}
    assert homes([*days, first, named(5, 30, 3)]) == {1: 10, 2: 10, 3: 30, 4: 50, 5: 30}


@pytest.mark.parametrize(
    ("day", "home"),
    [(0, 90), (1, 10), (2, 10), (3, 10), (4, 90)],
    ids=["before", "same", "next", "after", "late"],
)
def test_a_kill_is_of_the_last_days(day: int, home: int) -> None:
    assert homes([named(1, 10, 1), named(9, 90, day, kill=True)])[9] == home


def test_a_kill_of_the_same_name_needs_no_search() -> None:
    assert homes([named(1, 10, 1), named(2, 20, 2), named(9, 20, 2, kill=True)])[9] == 20
