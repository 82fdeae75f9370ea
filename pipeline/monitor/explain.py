"""Why a feed is polled when it is: its last polls, its next one and what decided it, in words. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.errors import Reason
from pipeline.model import Feed, FeedState, Learned, SourceKind
from pipeline.monitor.standing import stand
from pipeline.monitor.words import moment_words, reason_words, span_words
from pipeline.plain import safe_line
from pipeline.ports.reading import FeedReport, PollRecord
from pipeline.redaction import hide_in_urls
from pipeline.rhythm import LIVELY, POLLS_PER_GAP, interval_of
from pipeline.schedule import JITTER, MAX_WAIT, MOVE_AGE, MOVE_HITS

#: the two sides of a comparison of times that were rounded on their way through a database
_NEARLY = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that can be said of the polling of one feed; every text may be shown."""

    id: str
    kind: SourceKind
    url: str
    #: how it stands, in words
    state: str
    #: None: nobody will poll it
    next_poll_at: datetime | None
    #: what decided it
    why: str
    #: what was learned of its pace, one sentence each
    pace: tuple[str, ...]
    etag: str | None
    last_modified: str | None
    #: permanent redirects, in words; None: there are none
    moved: str | None
    #: None: it is not unusually quiet, or not known yet
    quiet_s: float | None
    #: newest first
    polls: tuple[PollRecord, ...]


def explain(
    feed: Feed | None,
    report: FeedReport,
    polls: Sequence[PollRecord],
    now: datetime,
    *,
    hosts: Collection[str] | None = None,
) -> Explanation:
    """Explain one feed.

    Args:
        feed: As it is configured; None: it is not any more.
        report: As it is stored.
        polls: Its last polls, newest first.
        now: Aware UTC.
        hosts: On which a fetcher runs; None: that is not known.
    """
    standing, state = stand(report, now), report.state
    why = "; but ".join(filter(None, (_why(feed, report), _nobody(feed, hosts))))
    return Explanation(
        id=report.id,
        kind=report.kind,
        url=standing.url,
        state=standing.state,
        next_poll_at=standing.next_poll_at,
        why=why if standing.next_poll_at else "nobody polls it",
        pace=tuple(_pace(feed, state)),
        etag=_validator(state.etag),
        last_modified=_validator(state.last_modified),
        moved=_moved(state.learned, now),
        quiet_s=standing.quiet_s,
        polls=tuple(polls),
    )


def in_words(told: Explanation, now: datetime) -> Iterator[str]:
    """Tell an explanation line by line, safe for a terminal."""
    yield f"feed        {safe_line(told.id)}"
    yield f"url         {safe_line(told.url, 2000)}"
    yield f"state       {safe_line(told.state)}"
    yield f"next poll   {_next(told, now)}"
    yield f"because     {safe_line(told.why)}"
    for sentence in told.pace:
        yield f"pace        {safe_line(sentence)}"
    if told.kind is SourceKind.HTTP:
        validators = filter(None, (f"ETag {told.etag}" if told.etag else None, told.last_modified))
        yield f"validators  {safe_line(', '.join(validators) or 'none: every poll brings the whole feed')}"
        yield f"redirects   {safe_line(told.moved or 'none')}"
    elif told.etag:
        yield f"read up to  {safe_line(told.etag)} (UIDVALIDITY and number of the last mail)"
    quiet = f"for {span_words(told.quiet_s)}, which is unusual for it" if told.quiet_s else "no"
    yield f"quiet       {quiet}"
    yield f"last polls  {len(told.polls)}"
    for poll in told.polls:
        yield f"  {moment_words(poll.polled_at, now)}  {safe_line(poll_words(poll))}"


def poll_words(poll: PollRecord) -> str:
    """Say what happened at one poll."""
    took = f"in {span_words(poll.duration_s)}"
    if poll.outcome == "not_modified":
        status = f" ({poll.status})" if poll.status else ""
        return f"nothing new{status}, {took}"
    if poll.outcome == "ok":
        problems = f", {poll.problems} unreadable" if poll.problems else ""
        return f"{poll.found} entries, {poll.new} new{problems}, {took}"
    status = f"{poll.status}: " if poll.status else ""
    return f"failed, {status}{reason_words(Reason(poll.outcome), poll.detail)}, {took}"


def _next(told: Explanation, now: datetime) -> str:
    if told.next_poll_at is None:
        return "never"
    wait = (told.next_poll_at - now).total_seconds()
    when = f"in {span_words(wait)}" if wait > 0 else "due now"
    return f"{moment_words(told.next_poll_at, now)} ({when})"


def _why(feed: Feed | None, report: FeedReport) -> str:
    """Name what decided the next poll: see schedule.next_poll_at, whose decision this tells."""
    state, learned = report.state, report.state.learned
    polled_at = state.last_polled_at
    if feed is None:
        return "it is not configured any more"
    if polled_at is None:
        return "it is new: a new source is polled at once"
    interval = interval_of(feed, learned, (state.last_success_at if state.failures else None) or polled_at)
    own = min(interval * (1 + state.failures), max(MAX_WAIT, interval))
    asked = learned.not_before - polled_at if learned.not_before else timedelta()
    wait = state.next_poll_at - polled_at
    longest = max(own, asked)
    if wait < min(own, longest) * (1 - JITTER) - _NEARLY:
        return "somebody asked for it, or changed its configuration, after the last poll"
    skips = learned.pace.skip_hours or learned.pace.skip_days
    if skips and wait > longest * (1 + JITTER) + _NEARLY:
        return "the feed names hours or days to be skipped (skipHours, skipDays); it is polled after them"
    if asked > own:
        return _asked_words(state, asked)
    return _failed_words(state, interval) if state.failures else _interval_words(feed, learned, interval)


def _nobody(feed: Feed | None, hosts: Collection[str] | None) -> str | None:
    """Say that nobody runs who could poll it; None: somebody does, or that is not known."""
    if feed is None or hosts is None:
        return None
    if not hosts:
        return "no fetcher runs now"
    if not feed.hosts or not {*feed.hosts}.isdisjoint(hosts):
        return None
    return f"only {', '.join(feed.hosts)} may poll it (hosts), and fetchers run on {', '.join(sorted(hosts))}"


def _failed_words(state: FeedState, interval: timedelta) -> str:
    times = "once" if state.failures == 1 else f"{state.failures} times in a row"
    return f"it failed {times}: the interval of {_span(interval)} times {1 + state.failures}, a day at most"


def _asked_words(state: FeedState, asked: timedelta) -> str:
    """Name who asked for a longer wait than ours."""
    learned, span = state.learned, _span(asked)
    if state.last_reason is Reason.RATE_LIMITED:
        return f"the server asked us to come less often, so we wait {span}"
    if state.last_reason is Reason.GONE:
        return f"the server said 410, gone: it is asked once more after {span}"
    if learned.fresh_for and abs(min(learned.fresh_for, MAX_WAIT) - asked) < _NEARLY:
        return f"the server says that its answer stays fresh for {span} (Cache-Control, Expires)"
    if learned.pace.every and abs(min(learned.pace.every, MAX_WAIT) - asked) < _NEARLY:
        return f"the feed itself says that every {span} is enough (ttl, sy:updatePeriod)"
    return f"the server asked us to wait {span} (Retry-After)"


def _interval_words(feed: Feed, learned: Learned, interval: timedelta) -> str:
    span = _span(interval)
    fastest, slowest = feed.fastest or feed.interval, feed.slowest or feed.interval
    if fastest >= slowest:
        return f"its interval is {span} by the configuration"
    if learned.gap is None:
        return f"its rhythm is not known yet: it begins with {span}"
    if interval == fastest:
        return f"its rhythm is faster than {span}, the shortest interval it may have"
    if interval == slowest:
        return (
            f"it brings something so rarely that it is polled every {span}, the longest interval it may have"
        )
    if interval <= min(learned.gap / POLLS_PER_GAP, LIVELY) + _NEARLY:
        return f"it brings something every {_span(learned.gap)}, so it is polled every {span}"
    return f"it has been silent for long, so it is polled every {span} only"


def _pace(feed: Feed | None, state: FeedState) -> Iterator[str]:
    learned = state.learned
    if feed is not None and feed.fastest and feed.slowest and feed.fastest < feed.slowest:
        yield f"learned, between {_span(feed.fastest)} and {_span(feed.slowest)}"
    elif feed is not None:
        yield f"fixed: every {_span(feed.interval)}"
    if learned.gap is not None:
        longest = f", {_span(learned.longest_gap)} at the longest" if learned.longest_gap else ""
        yield f"something new every {_span(learned.gap)}{longest}"
    if learned.fresh_for:
        yield f"the server's answers stay fresh for {_span(learned.fresh_for)}"
    if learned.pace.every:
        yield f"the feed asks to be polled every {_span(learned.pace.every)}"
    if learned.pace.skip_hours or learned.pace.skip_days:
        yield f"the feed asks to skip {_skips(learned)}"


def _skips(learned: Learned) -> str:
    hours = ", ".join(f"{hour}" for hour in learned.pace.skip_hours)
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    days = ", ".join(names[day] for day in learned.pace.skip_days)
    return " and ".join(filter(None, (f"the hours {hours} (UTC)" if hours else "", days)))


def _moved(learned: Learned, now: datetime) -> str | None:
    move = learned.move
    if move is None:
        return None
    to = hide_in_urls(move.to)
    if move.in_use:
        return f"it has moved for good and is asked at {to} since then (change the url in feeds.yaml)"
    age = span_words((now - move.since).total_seconds())
    return (
        f"it says for {age} that it has moved for good to {to} ({move.seen} polls); this is believed after "
        f"{MOVE_HITS} polls or {MOVE_AGE.days} days"
    )


def _validator(raw: bytes | None) -> str | None:
    return raw.decode("utf-8", "replace") if raw else None


def _span(span: timedelta) -> str:
    return span_words(span.total_seconds())
