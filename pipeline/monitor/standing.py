"""How one feed stands, in words and in an order: those in trouble first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.model import FeedState, SourceKind
from pipeline.monitor.words import moment_words, reason_words, span_words
from pipeline.ports.reading import FeedReport
from pipeline.redaction import hide_in_urls
from pipeline.rhythm import quiet_for

#: a feed this late says that nobody polls; less is an ordinary wait for its turn
LATE = timedelta(minutes=2)


class FeedCondition(StrEnum):
    """What a feed is like now, worst first: the order of the table and a metric's label."""

    STOPPED = "stopped"
    BACKING_OFF = "backing_off"
    NEVER_POLLED = "never_polled"
    OK = "ok"
    NOT_MODIFIED = "not_modified"
    #: deliveries by hand: nothing is polled
    IMPORTED = "imported"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStanding:
    """One feed as the status faces show it."""

    id: str
    kind: SourceKind
    #: without secrets
    url: str
    provider: str | None
    condition: FeedCondition
    #: the condition in words, with time and cause where there is trouble
    state: str
    #: failed polls in a row
    failures: int
    documents: int
    last_polled_at: datetime | None
    last_success_at: datetime | None
    last_new_at: datetime | None
    #: None: nobody will poll it
    next_poll_at: datetime | None
    #: in words; None after a success
    last_error: str | None
    #: how long it has brought nothing, if that is unusual for it; None: it is as ever, or not known yet
    quiet_s: float | None = None
    #: usual time between two of its entries; None: not known yet
    usual_gap_s: float | None = None


def stand(report: FeedReport, now: datetime) -> FeedStanding:
    """Say how a feed stands at `now`."""
    state = report.state
    condition = _condition(report)
    error = reason_words(state.last_reason, state.last_detail) if state.failures else None
    polled = condition not in {FeedCondition.INACTIVE, FeedCondition.IMPORTED, FeedCondition.STOPPED}
    quiet = quiet_for(state, now) if polled else None
    usual = state.learned.gap
    return FeedStanding(
        id=report.id,
        kind=report.kind,
        url=hide_in_urls(report.url),
        provider=report.provider,
        condition=condition,
        state=_words(condition, state, error, now) + _quiet_words(quiet, usual),
        failures=state.failures,
        documents=report.documents,
        last_polled_at=state.last_polled_at,
        last_success_at=state.last_success_at,
        last_new_at=state.last_new_at,
        next_poll_at=state.next_poll_at if polled else None,
        last_error=error,
        quiet_s=quiet.total_seconds() if quiet else None,
        usual_gap_s=usual.total_seconds() if usual is not None else None,
    )


def by_trouble(standing: FeedStanding) -> tuple[int, int, str]:
    """Give the sort key that puts the feeds that need somebody first."""
    return list(FeedCondition).index(standing.condition), -standing.failures, standing.id


def is_late(standing: FeedStanding, now: datetime) -> bool:
    """Say whether a feed waits for a poll that should have been long ago."""
    return standing.next_poll_at is not None and standing.next_poll_at < now - LATE


def _condition(report: FeedReport) -> FeedCondition:
    if report.kind is SourceKind.IMPORT:
        return FeedCondition.IMPORTED
    if not report.active:
        return FeedCondition.INACTIVE
    if report.state.stopped_at is not None:
        return FeedCondition.STOPPED
    if report.state.failures:
        return FeedCondition.BACKING_OFF
    if report.state.last_polled_at is None:
        return FeedCondition.NEVER_POLLED
    return FeedCondition.NOT_MODIFIED if report.state.last_status == 304 else FeedCondition.OK


def _words(condition: FeedCondition, state: FeedState, error: str | None, now: datetime) -> str:
    if condition is FeedCondition.BACKING_OFF:
        return f"backing off until {moment_words(state.next_poll_at, now)}: {error}"
    if condition is FeedCondition.STOPPED:
        since = moment_words(state.stopped_at or now, now)
        return f"stopped since {since}: {error} (newswire feeds resume {state.feed_id})"
    return {
        FeedCondition.NEVER_POLLED: "never polled yet",
        FeedCondition.OK: "ok",
        FeedCondition.NOT_MODIFIED: "not modified",
        FeedCondition.IMPORTED: "imported by hand",
        FeedCondition.INACTIVE: "not polled: disabled or no longer configured",
    }[condition]


def _quiet_words(quiet: timedelta | None, usual: timedelta | None) -> str:
    if quiet is None or usual is None:
        return ""
    return (
        f"; quiet for {span_words(quiet.total_seconds())}, usually every {span_words(usual.total_seconds())}"
    )
