"""Times, spans and reasons in words, for people who read tables."""

from datetime import datetime

from pipeline.errors import Reason
from pipeline.ports.retag import Retagging

_REASONS = {
    Reason.DNS: "the host name does not resolve",
    Reason.CONNECT: "the host does not accept the connection",
    Reason.TIMEOUT: "the answer took too long",
    Reason.TLS: "the certificate or TLS is not acceptable",
    Reason.BLOCKED_ADDRESS: "the address is private and not allowed for this source",
    Reason.REDIRECTS: "too many redirects",
    Reason.TOO_LARGE: "the answer is too large",
    Reason.BAD_ENCODING: "the answer's compression is broken",
    Reason.BAD_RESPONSE: "the answer is no valid HTTP",
    Reason.UNAUTHORIZED: "credentials are missing or wrong",
    Reason.FORBIDDEN: "the server forbids it",
    Reason.NOT_FOUND: "there is nothing at this address",
    Reason.GONE: "the server says it is gone for good",
    Reason.RATE_LIMITED: "the server asks us to come less often",
    Reason.HTTP_CLIENT_ERROR: "the server refuses the request",
    Reason.HTTP_SERVER_ERROR: "the server has an error of its own",
    Reason.UNREADABLE: "the file or directory cannot be read",
    Reason.NOT_A_FEED: "what came is not a feed",
    Reason.UNKNOWN_FORMAT: "what came is in no format we read",
    Reason.PARSE_FAILED: "what came cannot be read",
    Reason.PARSE_LIMIT: "reading it took too long or too much memory",
    Reason.BAD_RECORD: "a record in it is not valid",
    Reason.UNKNOWN_SENDER: "the mail is from nobody who may send here",
    Reason.EMPTY: "there is no text in it",
    Reason.CRASHED: "processing it crashed again and again",
}


def reason_words(reason: Reason | None, detail: str | None) -> str:
    """Say what went wrong: the detail when there is one, else the reason in words."""
    if detail:
        return detail
    return _REASONS[reason] if reason else "for a reason that was not noted"


def moment_words(moment: datetime, now: datetime) -> str:
    """Name a moment: the time alone on the day of `now`, else with its date.

    >>> from datetime import UTC, timedelta
    >>> noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    >>> moment_words(noon, noon), moment_words(noon - timedelta(days=1), noon)
    ('12:00 UTC', '2026-04-30 12:00 UTC')
    """
    return moment.strftime("%H:%M UTC" if moment.date() == now.date() else "%Y-%m-%d %H:%M UTC")


def span_words(seconds: float | None) -> str:
    """Name a span by its largest unit; a dash where there is none.

    >>> [span_words(s) for s in (None, 0.44, 59, 240, 7200, 200_000)]
    ['-', '0.4 s', '59 s', '4 min', '2 h', '2 d']
    """
    if seconds is None:
        return "-"
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size * (2 if unit == "d" else 1):
            return f"{int(seconds // size)} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{int(seconds)} s"


def ago_words(moment: datetime | None, now: datetime) -> str:
    """Say how long ago a moment was, or how far ahead it is.

    >>> from datetime import UTC, timedelta
    >>> noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    >>> ago_words(noon - timedelta(minutes=3), noon), ago_words(noon + timedelta(minutes=3), noon)
    ('3 min ago', 'in 3 min')
    >>> ago_words(None, noon)
    'never'
    """
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 1:
        return "now"
    return f"{span_words(seconds)} ago" if seconds > 0 else f"in {span_words(-seconds)}"


def count_words(count: int, thing: str) -> str:
    """Name a number of things.

    >>> count_words(1, "document"), count_words(0, "document")
    ('1 document', '0 documents')
    """
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def retag_words(run: Retagging, now: datetime) -> str:
    """Say how far a re-tagging is; an estimate of what is left counts from its beginning.

    >>> from datetime import UTC, timedelta
    >>> noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    >>> run = Retagging(rules="r", position=250, last=1000, done=240, changed=7, failed=0,
    ...                 started_at=noon - timedelta(minutes=5), moved_at=noon)
    >>> retag_words(run, noon)
    '25 % of all documents, 7 changed, about 15 min left'
    """
    share = run.position / run.last if run.last else 1.0
    words = f"{share:.0%} of all documents".replace("%", " %") + f", {run.changed} changed"
    if run.failed:
        words += f", {run.failed} left as they are: damaged, or tagging them crashed"
    if run.finished_at is not None:
        return f"{words}, done"
    if run.stopped_at is not None:
        return f"{words}, stopped (newswire retag goes on)"
    if 0 < share < 1:
        left = (now - run.started_at).total_seconds() * (1 - share) / share
        words += f", about {span_words(left)} left"
    return words
