"""Why a feed is polled when it is: what the schedule decides is what is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.errors import FeedError, FetchRefused, FetchRetryable, Reason
from pipeline.model import Feed, FeedState, Learned, Move, Pace, Parsed, Response, SourceKind
from pipeline.monitor.explain import explain, in_words, poll_words
from pipeline.ports.reading import FeedReport, PollRecord
from pipeline.schedule import next_state

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
LEARNING = Feed(
    id="kestrel",
    kind=SourceKind.HTTP,
    url="https://kestrel.example/rss?api_key=sesame",
    fastest=timedelta(minutes=5),
    slowest=timedelta(days=1),
)
FIXED = replace(LEARNING, fastest=None, slowest=None, interval=timedelta(minutes=10))
NEW = FeedState(feed_id="kestrel", next_poll_at=NOON)


def answered(**fields: object) -> Response:
    return Response(
        **{"url": "u", "final_url": "u", "status": 200, "body": b"x", "received_at": NOON} | fields  # type: ignore[arg-type]
    )


def why(feed: Feed | None, state: FeedState) -> str:
    return explain(feed, report(state), (), NOON).why


def report(state: FeedState) -> FeedReport:
    return FeedReport(
        id="kestrel",
        kind=SourceKind.HTTP,
        url=LEARNING.url,
        provider="Kestrel",
        active=True,
        state=state,
        documents=3,
    )


def after(
    outcome: Response | FeedError, feed: Feed = FIXED, state: FeedState = NEW, pace: Pace | None = None
) -> str:
    parsed = Parsed(format="rss", pace=pace) if pace else None
    return why(feed, next_state(feed, state, outcome, NOON, parsed))


def test_a_new_feed_is_polled_at_once() -> None:
    assert why(FIXED, NEW) == "it is new: a new source is polled at once"


@pytest.mark.parametrize(
    ("named", "running", "words"),
    [
        ((), {"wire1"}, ""),
        (("wire1", "wire2"), {"wire2"}, ""),
        (
            ("wire3",),
            {"wire2", "wire1"},
            "; but only wire3 may poll it (hosts), and fetchers run on wire1, wire2",
        ),
        ((), (), "; but no fetcher runs now"),
        (("wire3",), None, ""),
    ],
)
def test_that_nobody_runs_who_could_poll_it_is_said(
    named: tuple[str, ...], running: set[str] | None, words: str
) -> None:
    told = explain(replace(FIXED, hosts=named), report(NEW), (), NOON, hosts=running)
    assert told.why == f"it is new: a new source is polled at once{words}"


def test_a_fixed_interval_is_named() -> None:
    assert after(answered()) == "its interval is 10 min by the configuration"


def test_a_rhythm_that_is_not_known_is_said() -> None:
    assert after(answered(), LEARNING) == "its rhythm is not known yet: it begins with 5 min"


@pytest.mark.parametrize(
    ("gap", "newest", "words"),
    [
        (timedelta(minutes=2), timedelta(), "its rhythm is faster than 5 min"),
        (timedelta(hours=2), timedelta(), "it brings something every 2 h, so it is polled every 30 min"),
        (
            timedelta(hours=2),
            timedelta(days=9),
            "it has been silent for long, so it is polled every 7 h only",
        ),
        (timedelta(days=9), timedelta(days=90), "so rarely that it is polled every 24 h"),
    ],
    ids=["fast", "ordinary", "silent", "dead"],
)
def test_a_learned_rhythm_is_told(gap: timedelta, newest: timedelta, words: str) -> None:
    learned = Learned(gap=gap, newest_at=NOON - newest, began_at=NOON - timedelta(days=100))
    assert words in after(answered(), LEARNING, replace(NEW, learned=learned))


@pytest.mark.parametrize(
    ("outcome", "pace", "words"),
    [
        (answered(fresh_for=timedelta(hours=1)), None, "stays fresh for 1 h (Cache-Control, Expires)"),
        (answered(fresh_for=timedelta(days=90)), None, "stays fresh for 24 h"),
        (answered(retry_after=timedelta(hours=3)), None, "asked us to wait 3 h (Retry-After)"),
        (answered(), Pace(every=timedelta(hours=2)), "says that every 2 h is enough (ttl"),
        (answered(), Pace(skip_hours=tuple(range(11, 20))), "names hours or days to be skipped"),
        (FetchRetryable(Reason.RATE_LIMITED, "429", retry_after=timedelta(hours=1)), None, "so we wait 1 h"),
        (FetchRetryable(Reason.HTTP_SERVER_ERROR, "503", retry_after=timedelta(hours=5)), None, "wait 5 h"),
        (FetchRefused(Reason.GONE, "410"), None, "410, gone: it is asked once more after 24 h"),
        (FetchRetryable(Reason.TIMEOUT, "slow"), None, "it failed once: the interval of 10 min times 2"),
    ],
)
def test_what_decided_is_named(outcome: Response | FeedError, pace: Pace | None, words: str) -> None:
    assert words in after(outcome, pace=pace)


def test_a_poll_that_somebody_asked_for_is_said() -> None:
    state = replace(next_state(FIXED, NEW, answered(), NOON), next_poll_at=NOON)
    assert why(FIXED, state).startswith("somebody asked for it")


def test_what_nobody_polls_has_no_next_poll() -> None:
    told = explain(FIXED, replace(report(NEW), active=False), (), NOON)
    assert (told.next_poll_at, told.why) == (None, "nobody polls it")
    assert why(None, NEW) == "it is not configured any more"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"outcome": "ok", "found": 20, "new": 3}, "20 entries, 3 new, in 12 s"),
        ({"outcome": "ok", "found": 2, "problems": 1}, "2 entries, 0 new, 1 unreadable, in 12 s"),
        ({"outcome": "not_modified", "status": 304}, "nothing new (304), in 12 s"),
        ({"outcome": "not_modified"}, "nothing new, in 12 s"),
        (
            {"outcome": "not_found", "status": 404, "detail": "no such page"},
            "failed, 404: no such page, in 12 s",
        ),
        ({"outcome": "dns"}, "failed, the host name does not resolve, in 12 s"),
    ],
)
def test_a_poll_is_told(fields: dict[str, object], words: str) -> None:
    assert poll_words(record(**fields)) == words


def record(**fields: object) -> PollRecord:
    ordinary: dict[str, object] = {
        "polled_at": NOON, "duration_s": 12.0, "outcome": "ok", "status": None, "detail": None,
        "format": None, "found": 0, "new": 0, "problems": 0,
    }  # fmt: skip
    return PollRecord(**ordinary | fields)  # type: ignore[arg-type]


def test_everything_is_told_and_nothing_obeyed_or_revealed() -> None:
    learned = Learned(
        gap=timedelta(hours=1),
        newest_at=NOON - timedelta(days=5),
        fresh_for=timedelta(minutes=5),
        pace=Pace(every=timedelta(hours=1), skip_hours=(1, 2), skip_days=(6,)),
        move=Move(to="https://new.example/\x1b[2J?token=sesame", since=NOON - timedelta(days=2), seen=3),
    )
    state = replace(
        NEW,
        etag=b'W/"\x1b]0;x"',
        last_modified=b"Mon",
        learned=learned,
        last_polled_at=NOON,
        last_success_at=NOON,
    )
    told = explain(LEARNING, report(state), [record(outcome="dns", detail="a\x1b[31m\nb")], NOON)
    lines = list(in_words(told, NOON))
    text = "\n".join(lines)
    assert "\x1b" not in text
    assert "sesame" not in text
    assert all("\n" not in line for line in lines)
    for words in ("learned, between 5 min and 24 h", "the hours 1, 2 (UTC) and Sunday", "3 polls", "for 5 d"):
        assert words in text


def test_a_move_that_is_in_use_is_said() -> None:
    move = Move(to="https://new.example/", since=NOON, seen=10, in_use=True)
    told = explain(FIXED, report(replace(NEW, learned=Learned(move=move))), (), NOON)
    assert told.moved is not None
    assert "is asked at https://new.example/" in told.moved


def test_of_a_mailbox_it_is_told_how_far_it_was_read() -> None:
    told = explain(FIXED, replace(report(replace(NEW, etag=b"7:12")), kind=SourceKind.MAILBOX), (), NOON)
    text = "\n".join(in_words(told, NOON))
    assert "read up to  7:12" in text
    assert "redirects" not in text
