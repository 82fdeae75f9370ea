"""How everything stands: cheap however much is stored, as the status page asks again and again."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal, select

from pipeline.model import QueueName, SourceKind
from pipeline.ports.reading import EntryQueueState, FeedReport, PollRecord, StoreSnapshot
from pipeline.store.database import Part, ReadRow
from pipeline.store.feeds import feed_state
from pipeline.store.fetchers import living_fetchers
from pipeline.store.heartbeat import HEARTBEAT_FEED, last_heartbeat, open_heartbeat
from pipeline.store.retagging import last_retagging
from pipeline.store.states import IS_ENRICHING, IS_PENDING, IS_UNENRICHED, IS_WORKING, EntryState
from pipeline.store.tables import counter, document, enrichment, entry, feed, pace, poll, quarantine

_WAITING = (
    select(entry.c.queue, func.count().label("number"), func.min(entry.c.received_at).label("oldest"))
    .where(IS_PENDING)
    .group_by(entry.c.queue)
)
_IN_FLIGHT = select(entry.c.queue, func.count().label("number")).where(IS_WORKING).group_by(entry.c.queue)
_UNENRICHED = select(
    literal(QueueName.ENRICH.value).label("queue"),
    func.count().label("number"),
    func.min(enrichment.c.queued_at).label("oldest"),
).where(IS_UNENRICHED)
_ENRICHING = select(literal(QueueName.ENRICH.value).label("queue"), func.count().label("number")).where(
    IS_ENRICHING
)
_QUARANTINED = (
    select(quarantine.c.queue, func.count().label("number"))
    .where(quarantine.c.dropped_at.is_(None))
    .group_by(quarantine.c.queue)
)
_DONE = (
    select(pace.c.queue, func.sum(pace.c.done).label("number"))
    .where(pace.c.second > bindparam("since"), pace.c.second <= bindparam("until"))
    .group_by(pace.c.queue)
)
_FEEDS = select(feed).where(feed.c.id != HEARTBEAT_FEED.id).order_by(feed.c.id)
_POLLS = (
    select(*(poll.c[name.name] for name in fields(PollRecord)))
    .where(poll.c.feed_id == bindparam("feed"))
    .order_by(poll.c.id.desc())
    .limit(bindparam("most"))
)
_NEWEST = select(document.c.stored_at).order_by(document.c.seq.desc()).limit(1)


class Snapshots(Part):
    """The part of ports.ReadStore that says how everything stands."""

    def snapshot(self, now: datetime) -> StoreSnapshot:
        """See ports.ReadStore."""
        with self._database.read() as connection:
            counters = {(row.name, row.label): row.value for row in connection.execute(select(counter))}
            queues = _queues(connection, now)
            return StoreSnapshot(
                queues=queues,
                feeds=tuple(_report(row) for row in connection.execute(_FEEDS)),
                documents=_left(counters, "stored", "erased", "expired"),
                items=_left(counters, "items", "items_expired"),
                quarantined=sum(each.quarantined for each in queues),
                newest_stored_at=connection.execute(_NEWEST).scalar_one_or_none(),
                counters=counters,
                heartbeat=last_heartbeat(connection),
                retagging=last_retagging(connection),
                fetchers=living_fetchers(connection, now),
            )

    def report(self, feed_id: str) -> FeedReport | None:
        """See ports.ReadStore."""
        with self._database.read() as connection:
            row = connection.execute(_FEEDS.where(feed.c.id == feed_id)).first()
        return _report(row) if row else None

    def polls(self, feed_id: str, limit: int = 30) -> Sequence[PollRecord]:
        """See ports.ReadStore."""
        with self._database.read() as connection:
            rows = connection.execute(_POLLS, {"feed": feed_id, "most": limit})
            return [PollRecord(**row._mapping) for row in rows]


def _queues(connection: Connection, now: datetime) -> tuple[EntryQueueState, ...]:
    second = int(now.timestamp())
    waiting = {row.queue: row for each in (_WAITING, _UNENRICHED) for row in connection.execute(each)}
    in_flight = {**_numbers(connection.execute(_IN_FLIGHT)), **_numbers(connection.execute(_ENRICHING))}
    quarantined = _numbers(connection.execute(_QUARANTINED))
    beat = open_heartbeat(connection)
    done = _numbers(connection.execute(_DONE, {"since": second - 60, "until": second}))
    return tuple(
        EntryQueueState(
            queue=queue,
            waiting=number,
            oldest_received_at=waiting[queue].oldest if number else None,
            in_flight=in_flight.get(queue, 0) - (beat is EntryState.WORKING and queue is QueueName.WIRE),
            quarantined=quarantined.get(queue, 0),
            done_last_minute=done.get(queue, 0),
        )
        for queue in QueueName
        for number in [
            (waiting[queue].number if queue in waiting else 0)
            - (beat is EntryState.PENDING and queue is QueueName.WIRE)
        ]
    )


def _left(counters: Mapping[tuple[str, str], int], came: str, *went: str) -> int:
    return counters.get((came, ""), 0) - sum(counters.get((each, ""), 0) for each in went)


def _numbers(rows: Any) -> Mapping[str, int]:
    return {row.queue: row.number for row in rows}


def _report(row: ReadRow) -> FeedReport:
    return FeedReport(
        id=row.id,
        kind=SourceKind(row.kind),
        url=row.url,
        provider=row.provider,
        active=row.active,
        state=feed_state(row),
        documents=row.documents,
    )
