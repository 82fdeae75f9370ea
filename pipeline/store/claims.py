"""Claims: who polls which feeds now. What was claimed together is one row, which lists its feeds.

A poll is written only while its feed stands in the claim it was made under, and strikes it off. A claim with
nothing left goes, and so does one whose lease has run out, with whoever claims next: what its owner brings
afterwards is refused, for no number is given twice. There is one writer at a time, so nobody else claims or
writes between a look at the claims and what follows from it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from pipeline.codec import from_json, to_json
from pipeline.errors import StoreError
from pipeline.store.among import among
from pipeline.store.database import ReadRow
from pipeline.store.executing import execute, execute_many, fetch
from pipeline.store.tables import claim, feed

_COLUMNS = (claim.c.id, claim.c.claimed_at, claim.c.lease_until, claim.c.feeds)
_ALL = select(*_COLUMNS)
_AMONG = _ALL.where(among(claim.c.id))
_BEGIN = insert(claim).returning(claim.c.id)
_KEEP = update(claim).where(claim.c.id == bindparam("claim")).values(feeds=bindparam("feeds"))
_PROLONG = update(claim).where(claim.c.id == bindparam("claim")).values(lease_until=bindparam("lease_until"))
_END = delete(claim).where(among(claim.c.id))
_WAITS = select(feed.c.id, feed.c.interval_s, feed.c.next_poll_at, feed.c.last_polled_at).where(
    among(feed.c.id)
)
_PUT_OFF = update(feed).where(feed.c.id == bindparam("feed")).values(next_poll_at=bindparam("at"))
#: a poll that is never heard of again counts as one more wait like the last one, up to this
_LONGEST_PROVISION = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What somebody may poll, until its lease runs out."""

    id: int
    claimed_at: datetime
    lease_until: datetime
    #: those that nothing was written of yet
    feeds: Sequence[str]


def held(connection: Connection) -> Mapping[str, Claim]:
    """Give all feeds that are claimed, also those whose lease has run out; each with its claim."""
    return {feed_id: each for each in _read(fetch(connection, _ALL)) for feed_id in each.feeds}


def given(connection: Connection, ids: Iterable[int]) -> Mapping[int, Claim]:
    """Give those of these claims that stand."""
    return {each.id: each for each in _read(fetch(connection, _AMONG, values=list(ids)))}


def begin(
    connection: Connection, feeds: Sequence[str], owner: str, now: datetime, lease_until: datetime
) -> int:
    """Claim feeds that nobody holds; returns the claim's number."""
    row = {
        "owner": owner,
        "claimed_at": now,
        "lease_until": lease_until,
        "feeds": to_json(feeds).decode(),
    }
    number: int = connection.execute(_BEGIN, row).scalar_one()
    return number


def end_expired(connection: Connection, now: datetime) -> Collection[str]:
    """End the claims whose lease has run out; returns the feeds that are still held.

    A feed that ends its fetcher must not be asked again at once, over and over: those of which nothing was
    written wait as if they had been polled.
    """
    standing = list(_read(fetch(connection, _ALL)))
    over = [each for each in standing if each.lease_until <= now or not each.feeds]
    if over:
        waits = waits_until(connection, {feed_id: each for each in over for feed_id in each.feeds})
        execute_many(connection, _PUT_OFF, [{"feed": feed_id, "at": at} for feed_id, at in waits.items()])
        execute(connection, _END, values=[each.id for each in over])
    return {feed_id for each in standing if each not in over for feed_id in each.feeds}


def waits_until(connection: Connection, feeds: Mapping[str, Claim]) -> Mapping[str, datetime]:
    """Say when feeds that are claimed are due again if nothing more is heard of them."""
    rows = fetch(connection, _WAITS, values=list(feeds))
    return {
        row.id: feeds[row.id].claimed_at + _provision(row.interval_s, row.next_poll_at, row.last_polled_at)
        for row in rows
        # Else somebody has set it since.
        if row.next_poll_at <= feeds[row.id].claimed_at
    }


def strike(connection: Connection, claims: Iterable[Claim], done: Collection[tuple[int, str]]) -> None:
    """Strike off feeds, each named with the number of its claim; a claim with nothing left goes."""
    left = {each.id: [feed_id for feed_id in each.feeds if (each.id, feed_id) not in done] for each in claims}
    kept = [{"claim": number, "feeds": to_json(feeds).decode()} for number, feeds in left.items() if feeds]
    execute_many(connection, _KEEP, kept)
    if ended := [number for number, feeds in left.items() if not feeds]:
        execute(connection, _END, values=ended)


def prolong(connection: Connection, until: Mapping[int, datetime]) -> None:
    """Let claims hold longer."""
    rows = [{"claim": number, "lease_until": at} for number, at in until.items()]
    execute_many(connection, _PROLONG, rows)


def _read(rows: Iterable[ReadRow]) -> Iterable[Claim]:
    for row in rows:
        yield Claim(
            id=row.id,
            claimed_at=row.claimed_at,
            lease_until=row.lease_until,
            feeds=_feeds_of(row.feeds),
        )


def _feeds_of(text: str) -> Sequence[str]:
    """Read the feeds of a claim; one that is damaged holds none, as they are only due."""
    try:
        return from_json(text, list[str])
    except StoreError:
        return ()


def _provision(interval_s: float, due: datetime, polled_at: datetime | None) -> timedelta:
    return max(timedelta(seconds=interval_s), min(due - (polled_at or due), _LONGEST_PROVISION))
