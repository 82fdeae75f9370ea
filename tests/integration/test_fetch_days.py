"""Days of polling by a simulated clock against a real server: its journal says how polite we were."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from badserver import Answer, Asked, BadServer, answer, conditional, raw, redirect
from fetching import BODY, NOW, feed_at, new_fetcher, simulate
from pipeline.errors import Reason
from pipeline.model import Auth, FeedState, Learned, Move
from pipeline.schedule import JITTER, MAX_WAIT, MOVE_HITS
from pipeline.sources.encoding import ACCEPTED
from pipeline.sources.http import HttpFetcher

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SY = "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"


@pytest.fixture
async def server() -> AsyncIterator[BadServer]:
    async with BadServer() as running:
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    async with new_fetcher() as opened:
        yield opened


def rss(own: str = "") -> bytes:
    return BODY.replace(b"<channel>", f"<channel xmlns:sy='urn:sy'>{own}".encode())


def gaps(polled: list[datetime]) -> list[timedelta]:
    return [later - earlier for earlier, later in pairwise(polled)]


async def test_f03_a_server_that_says_304_for_ever_is_asked_for_the_whole_within_a_week(
    server: BadServer, fetcher: HttpFetcher
) -> None:
    async def stuck(request: Asked, writer: asyncio.StreamWriter) -> bool:
        is_conditional = request.header("if-none-match") is not None
        return await (answer(304) if is_conditional else answer(body=BODY, headers={"ETag": '"1"'}))(
            request, writer
        )

    feed = feed_at(server.on("/feed", stuck), interval=3 * HOUR)
    polled, _ = await simulate(fetcher, feed, days=30)
    whole = [
        at for at, asked in zip(polled, server.journal, strict=True) if not asked.header("if-none-match")
    ]
    assert 4 <= len(whole) <= 6
    assert max(gaps(whole)) <= 7 * DAY


async def test_f03_a_server_that_breaks_its_304_is_asked_for_the_whole(
    server: BadServer, fetcher: HttpFetcher
) -> None:
    async def breaking(request: Asked, writer: asyncio.StreamWriter) -> bool:
        if request.header("if-none-match") is None:
            return await answer(body=BODY, headers={"ETag": '"1"'})(request, writer)
        return await raw(b"HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\nhello")(request, writer)

    feed = feed_at(server.on("/feed", breaking), interval=HOUR)
    _, state = await simulate(fetcher, feed, days=3)
    whole = [asked for asked in server.journal if asked.header("if-none-match") is None]
    assert 5 <= len(whole) <= len(server.journal) / 3
    assert state.failures <= 3


@pytest.mark.parametrize(
    ("headers", "own", "least"),
    [
        ({"Cache-Control": "public, max-age=3600"}, "", HOUR),
        ({"Cache-Control": 'MAX-AGE="3600"'}, "", HOUR),
        ({"Cache-Control": "max-age=3600", "Age": "600"}, "", 50 * MINUTE),
        ({"Cache-Control": "s-maxage=7200"}, "", 10 * MINUTE),
        ({"Cache-Control": 'private="a, max-age=9, no-store", max-age=3600'}, "", HOUR),
        ({"Cache-Control": "no-cache, max-age=7200"}, "", 10 * MINUTE),
        ({"Cache-Control": "max-age=60"}, "", 10 * MINUTE),
        ({"Cache-Control": "max-age=99999999999999999999"}, "", DAY),
        ({"Cache-Control": "max-age=-5"}, "", 10 * MINUTE),
        (
            {"Expires": "Thu, 01 Jan 2026 02:00:00 GMT", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"},
            "",
            2 * HOUR,
        ),
        ({"Expires": "0"}, "", 10 * MINUTE),
        ({"Cache-Control": "max-age=1800", "Expires": "Thu, 01 Jan 2099 00:00:00 GMT"}, "", 30 * MINUTE),
        ({}, "<ttl>120</ttl>", 2 * HOUR),
        ({}, "<ttl>-1</ttl>", 10 * MINUTE),
        ({}, "<ttl>1000000000</ttl>", DAY),
        ({}, SY, 30 * MINUTE),
        ({"Cache-Control": "max-age=3600"}, "<ttl>120</ttl>", 2 * HOUR),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_f04_nobody_is_asked_before_it_wants_to_be(
    server: BadServer, fetcher: HttpFetcher, headers: Mapping[str, str], own: str, least: timedelta
) -> None:
    # A 304 that is silent about caching changes nothing of what was said before.
    feed = feed_at(server.on("/feed", conditional(rss(own), headers)), interval=10 * MINUTE)
    polled, _ = await simulate(fetcher, feed, days=5 if least < DAY else 30)
    early = least if least > 10 * MINUTE else least * (1 - JITTER)
    assert min(gaps(polled)) >= early
    assert max(gaps(polled)) <= min(least * (1 + JITTER), DAY)


@pytest.mark.parametrize(
    ("own", "skipped", "longest"),
    [
        ("<skipHours><hour>1</hour><hour>2</hour><hour>3</hour></skipHours>", "hours", 5 * HOUR),
        ("<skipDays><day>Saturday</day><day>Sunday</day></skipDays>", "days", 50 * HOUR),
    ],
)
async def test_f04_hours_and_days_to_skip_see_no_request_in_thirty_days(
    server: BadServer, fetcher: HttpFetcher, own: str, skipped: str, longest: timedelta
) -> None:
    feed = feed_at(server.on("/feed", conditional(rss(own))), interval=HOUR)
    polled, _ = await simulate(fetcher, feed, days=30)
    first, *others = polled
    assert first == NOW  # a Thursday, at midnight
    if skipped == "hours":
        assert not {at.hour for at in others} & {1, 2, 3}
    else:
        assert not {at.weekday() for at in others} & {5, 6}
    assert max(gaps(polled)) <= longest


@pytest.mark.parametrize(
    "own",
    [
        "<skipDays>" + "".join(f"<day>{d}day</day>" for d in DAYS) + "</skipDays>"
        for DAYS in [("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun")]
    ]
    + ["<skipHours>" + "".join(f"<hour>{h}</hour>" for h in range(25)) + "</skipHours>"],
    ids=["all-days", "all-hours"],
)
async def test_f04_a_feed_that_would_skip_everything_skips_nothing(
    server: BadServer, fetcher: HttpFetcher, own: str
) -> None:
    feed = feed_at(server.on("/feed", conditional(rss(own))), interval=HOUR)
    polled, _ = await simulate(fetcher, feed, days=2)
    assert max(gaps(polled)) <= 2 * HOUR


@pytest.mark.parametrize("status", [429, 503, 404, 200])
@pytest.mark.parametrize(
    ("asked", "least"),
    [("7200", 2 * HOUR), ("1000000000000", DAY), ("Thu, 01 Jan 2026 02:00:00 GMT", 2 * HOUR)],
)
async def test_f05_retry_after_is_heeded_on_any_status(
    server: BadServer, fetcher: HttpFetcher, status: int, asked: str, least: timedelta
) -> None:
    headers = {"Retry-After": asked, "Date": "Thu, 01 Jan 2026 00:00:00 GMT"}
    feed = feed_at(server.on("/feed", answer(status, BODY, headers)), interval=MINUTE)
    polled, _ = await simulate(fetcher, feed, days=3)
    assert min(gaps(polled)) >= least
    assert max(gaps(polled)) <= DAY


@pytest.mark.parametrize("asked", ["-5", "soon", "Thu, 99 Jan 2026", "0"])
async def test_f05_what_is_no_time_leaves_a_polite_one(
    server: BadServer, fetcher: HttpFetcher, asked: str
) -> None:
    feed = feed_at(server.on("/feed", answer(429, headers={"Retry-After": asked})), interval=MINUTE)
    polled, _ = await simulate(fetcher, feed, days=1)
    assert min(gaps(polled)) >= 15 * MINUTE


@pytest.mark.parametrize("status", [301, 308])
async def test_f09_a_permanent_redirect_to_a_feed_is_taken_over_after_ten_equal_ones(
    server: BadServer, fetcher: HttpFetcher, status: int
) -> None:
    server.on("/new", conditional(BODY))
    feed = feed_at(server.on("/feed", redirect("/new", status)), interval=HOUR)
    _, state = await simulate(fetcher, feed, days=2)
    assert len(server.asked("/feed")) == MOVE_HITS
    assert len(server.asked("/new")) > MOVE_HITS + 30
    assert state.learned.move is not None
    assert (state.learned.move.to, state.learned.move.in_use) == (server.url("/new"), True)


async def test_f09_or_after_a_week(server: BadServer, fetcher: HttpFetcher) -> None:
    server.on("/new", conditional(BODY))
    feed = feed_at(server.on("/feed", redirect("/new", 301)), interval=20 * HOUR)
    polled, _ = await simulate(fetcher, feed, days=9)
    assert 7 * DAY <= polled[len(server.asked("/feed")) - 1] - NOW < 9 * DAY


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_f09_a_temporary_redirect_never_is(
    server: BadServer, fetcher: HttpFetcher, status: int
) -> None:
    server.on("/new", answer(body=BODY))
    feed = feed_at(server.on("/feed", redirect("/new", status)), interval=HOUR)
    _, state = await simulate(fetcher, feed, days=3)
    assert state.learned.move is None
    assert len(server.asked("/feed")) == len(server.asked("/new"))


async def test_f09_of_a_chain_only_its_permanent_beginning_is_taken_over(
    server: BadServer, fetcher: HttpFetcher
) -> None:
    server.on("/today", answer(body=BODY))
    server.on("/new", redirect("/today", 302))
    feed = feed_at(server.on("/feed", redirect("/new", 301)), interval=HOUR)
    _, state = await simulate(fetcher, feed, days=2)
    assert state.learned.move is not None
    assert state.learned.move.to == server.url("/new")


async def test_f09_a_redirect_to_a_page_is_never_taken_over(server: BadServer, fetcher: HttpFetcher) -> None:
    server.on("/page", answer(body=b"<!DOCTYPE html><html><body>We have moved</body></html>"))
    feed = feed_at(server.on("/feed", redirect("/page", 301)), interval=HOUR)
    _, state = await simulate(fetcher, feed, days=20)
    assert state.learned.move is None
    assert state.last_reason is Reason.NOT_A_FEED
    assert len(server.asked("/feed")) == len(server.asked("/page"))


async def test_f09_redirects_that_change_their_mind_are_not_taken_over(
    server: BadServer, fetcher: HttpFetcher
) -> None:
    server.on("/a", answer(body=BODY))
    server.on("/b", answer(body=BODY))
    turns = [redirect("/a" if n % 6 else "/b", 301) for n in range(60)]
    feed = feed_at(server.on("/feed", *turns), interval=HOUR)
    _, state = await simulate(fetcher, feed, days=2)
    assert state.learned.move is not None
    assert not state.learned.move.in_use


async def test_f09_what_was_taken_over_is_forgotten_when_it_stops_working(
    server: BadServer, fetcher: HttpFetcher
) -> None:
    server.on("/new", answer(404))
    url = server.on("/feed", answer(body=BODY))
    moved = Learned(move=Move(to=server.url("/new"), since=NOW, seen=10, in_use=True))
    state = FeedState(feed_id="kestrel", next_poll_at=NOW, learned=moved)
    _, state = await simulate(fetcher, feed_at(url, interval=HOUR), days=0.5, state=state)
    assert (len(server.asked("/new")), state.learned.move, state.failures) == (1, None, 0)
    assert len(server.asked("/feed")) > 5


@pytest.mark.parametrize("to", ["http://10.9.8.7/feed", "ftp://127.0.0.1/feed", "http://["])
async def test_f09_a_learned_address_is_guarded_like_any_other(
    server: BadServer, fetcher: HttpFetcher, to: str
) -> None:
    feed = feed_at(server.on("/feed", answer(body=BODY)))
    state = FeedState(
        feed_id="kestrel", next_poll_at=NOW, learned=Learned(move=Move(to=to, since=NOW, in_use=True))
    )
    polled, state = await simulate(fetcher, feed, days=0.01, state=state)
    assert (len(polled), server.connections) == (2, 1)
    assert state.learned.move is None


async def test_f09_an_address_that_may_hold_a_secret_is_not_kept(
    server: BadServer, fetcher: HttpFetcher
) -> None:
    server.on("/new", answer(body=BODY))
    auth = Auth(kind="query", name="key", secret="c4nary")
    feed = feed_at(server.on("/feed", redirect("/new?key=c4nary", 301)), auth=auth, interval=HOUR)
    _, state = await simulate(fetcher, feed, days=1)
    assert state.learned.move is None


async def test_f10_gone_twice_a_day_apart_stops_a_feed_with_its_reason(
    server: BadServer, fetcher: HttpFetcher
) -> None:
    feed = feed_at(server.on("/feed", answer(body=BODY), answer(410)), interval=HOUR)
    polled, state = await simulate(fetcher, feed, days=30)
    assert len(polled) == 3
    assert polled[2] - polled[1] >= DAY
    assert state.stopped_at == polled[2]
    assert state.last_detail == "the server said 410, the feed is gone for good"


async def test_f10_gone_once_stops_nothing(server: BadServer, fetcher: HttpFetcher) -> None:
    turns = (answer(410), answer(body=BODY)) * 3
    _, state = await simulate(fetcher, feed_at(server.on("/feed", *turns), interval=HOUR), days=6)
    assert (state.stopped_at, state.failures, state.learned.gone_at) == (None, 0, None)


CHALLENGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>"


@pytest.mark.parametrize(
    ("failing", "words"),
    [
        (answer(404), "nothing at this address"),
        (answer(403), "refuses to give us this feed"),
        (answer(500), "the server said 500"),
        (answer(401), "credentials"),
        (answer(body=CHALLENGE), "a page that checks for robots"),
        (answer(body=b"<html><form><input type='password'></form></html>"), "a page that asks for a login"),
        (answer(body=b"<html><p>Welcome</p></html>"), "an HTML page, not a feed"),
    ],
    ids=["404", "403", "500", "401", "challenge", "login", "page"],
)
async def test_f10_nothing_else_ever_does(
    server: BadServer, fetcher: HttpFetcher, failing: Answer, words: str
) -> None:
    feed = feed_at(server.on("/feed", failing), interval=HOUR)
    polled, state = await simulate(fetcher, feed, days=60)
    assert state.stopped_at is None
    assert words in (state.last_detail or "")
    waits = gaps(polled)
    assert waits[0] < 3 * HOUR
    assert DAY * (1 - JITTER) <= waits[-1] <= MAX_WAIT
    server.on("/feed", answer(body=BODY))
    _, healed = await simulate(fetcher, feed, days=0.01, state=state)
    assert (healed.failures, healed.last_reason) == (0, None)
    assert healed.next_poll_at - NOW < 2 * HOUR


def test_f13_what_cannot_be_undone_is_not_asked_for() -> None:
    assert "zstd" not in ACCEPTED


async def test_f16_nothing_but_validators_is_remembered_between_polls(
    server: BadServer, fetcher: HttpFetcher
) -> None:
    reply = answer(body=BODY, headers=[("Set-Cookie", "id=1; Path=/"), ("ETag", '"1"')])
    await simulate(fetcher, feed_at(server.on("/feed", reply), interval=HOUR), days=1)
    assert len(server.journal) > 10
    assert not any(request.header("cookie") or request.header("referer") for request in server.journal)
