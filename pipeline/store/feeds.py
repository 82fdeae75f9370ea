"""Feeds: wishes in, state out; who polls which is settled here."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import (
    Connection,
    RowMapping,
    bindparam,
    exists,
    func,
    insert,
    select,
    true,
    update,
)

from pipeline.codec import from_json, to_json
from pipeline.errors import Reason, StoreError
from pipeline.identity import digest
from pipeline.model import Feed, FeedState, Learned, QueueName, SourceKind
from pipeline.retention import Kept
from pipeline.store import claims
from pipeline.store.among import among
from pipeline.store.database import Part, ReadRow, Rows
from pipeline.store.executing import execute_many, fetch
from pipeline.store.states import IS_PENDING, IS_WORKING, EntryState
from pipeline.store.tables import document, entry, feed, sighting

#: the reserved feed of files that the operator imports; it is not polled
IMPORT_FEED = Feed(id="import", kind=SourceKind.IMPORT, url="import:", trust_provider=True)

_STATE_NAMES = (
    "id", "etag", "last_modified", "body_hash", "failures", "next_poll_at", "last_polled_at",
    "last_success_at", "last_new_at", "last_status", "last_reason", "last_detail", "stopped_at", "learned",
)  # fmt: skip
_STATE = [feed.c[name] for name in _STATE_NAMES]
_INSERT = insert(feed)
#: wishes, and what of the state a change of them may touch
_KNOWN = select(
    *(
        feed.c[name]
        for name in (
            "id", "kind", "url", "url_key", "provider", "trust_provider", "language", "default_region",
            "tags", "interval_s", "wishes", "active", "failures", "next_poll_at", "learned",
        )
    )
).where(among(feed.c.id))  # fmt: skip
_ACTIVE = select(feed.c.id).where(feed.c.active)
_RETIRE = update(feed).where(among(feed.c.id)).values(active=False)
_OPEN_AMONG = (
    select(func.count())
    .select_from(entry)
    .where(among(entry.c.id), entry.c.state.in_((EntryState.PENDING, EntryState.WORKING)))
)
_STATES_AMONG = select(entry.c.state, func.count()).where(among(entry.c.id)).group_by(entry.c.state)
_earlier = sighting.alias("earlier")
#: of entries that are done: whether theirs was the first copy, and whether the text was erased
_DONE_AMONG = (
    select(
        ~exists()
        .where(_earlier.c.document_seq == sighting.c.document_seq, _earlier.c.entry_id < sighting.c.entry_id)
        .label("first"),
        document.c.erased_at.is_not(None).label("erased"),
        func.count().label("count"),
    )
    .join(document, document.c.seq == sighting.c.document_seq)
    .where(among(sighting.c.entry_id))
    .group_by("first", "erased")
)
_UPDATE = update(feed).where(feed.c.id == bindparam("feed"))
#: what a feed forgets when its URL changes
_FORGOTTEN = {
    "etag": None,
    "last_modified": None,
    "body_hash": None,
    "failures": 0,
    "stopped_at": None,
    "learned": None,
}
_IS_POLLED = feed.c.active & feed.c.stopped_at.is_(None)
_IS_DUE = _IS_POLLED & (feed.c.next_poll_at <= bindparam("now"))
_CLAIMED = (feed.c.kind, *_STATE)
_DUE = (
    select(*_CLAIMED)
    .where(_IS_DUE, ~among(feed.c.id, "held"))
    .order_by(feed.c.next_poll_at)
    .limit(bindparam("most"))
)
_DUE_AMONG = select(*_CLAIMED).where(_IS_DUE, among(feed.c.id))
_ALL_DUE = select(feed.c.id, feed.c.next_poll_at).where(_IS_POLLED)
_DUE_OF = _ALL_DUE.where(among(feed.c.id))
_PUT_OFF = update(feed).where(feed.c.id == bindparam("feed")).values(next_poll_at=bindparam("at"))
_RESUME = (
    update(feed)
    .where(feed.c.id == bindparam("feed"), feed.c.active)
    .values(stopped_at=None, failures=0, next_poll_at=bindparam("at"), learned=bindparam("learned"))
)
_LEARNED = select(feed.c.learned).where(feed.c.id == bindparam("feed"))


class Feeds(Part):
    """The part of ports.FeedStore that knows feeds."""

    def change_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """See ports.FeedStore."""
        wished = [_wishes(each) for each in feeds]
        with self._database.write() as connection:
            _change(connection, wished, now)

    def claim_due(
        self,
        now: datetime,
        limit: int,
        owner: str,
        lease: timedelta,
        only: Sequence[str] | None = None,
    ) -> Sequence[FeedState]:
        """See ports.FeedStore."""
        # A claim that a power cut takes back is a feed that is due: nothing is lost.
        with self._database.write(lasting=False) as connection:
            held = claims.end_expired(connection, now)
            if only is None:
                rows = fetch(connection, _DUE, now=now, held=held, most=limit)
            else:
                free = [feed_id for feed_id in only if feed_id not in held]
                rows = fetch(connection, _DUE_AMONG, now=now, values=free)
                rows = sorted(rows, key=attrgetter("next_poll_at"))[:limit]
            numbers = _claim(connection, rows, owner, now, now + lease)
        return [_state_of(row[1:], epoch=numbers[row.id]) for row in rows]

    def let_go(self, claimed: Mapping[str, int], at: datetime) -> None:
        """See ports.FeedStore."""
        with self._database.write(lasting=False) as connection:
            standing = claims.given(connection, set(claimed.values()))
            held = {(number, feed_id) for number, each in standing.items() for feed_id in each.feeds}
            ours = {(epoch, feed_id) for feed_id, epoch in claimed.items()} & held
            claims.strike(connection, standing.values(), ours)
            execute_many(connection, _PUT_OFF, [{"feed": feed_id, "at": at} for _, feed_id in ours])

    def due_at(
        self, only: Sequence[str] | None = None, *, before: datetime | None = None
    ) -> Mapping[str, datetime]:
        """See ports.FeedStore."""
        statement = _ALL_DUE if only is None else _DUE_OF
        statement = statement if before is None else statement.where(feed.c.next_poll_at < before)
        with self._database.read() as connection:
            rows = connection.execute(statement, {"values": only} if only is not None else {})
            due = {row[0]: row[1] for row in rows}
            held = {feed_id: each for feed_id, each in claims.held(connection).items() if feed_id in due}
            due |= claims.waits_until(connection, held)
        due |= {feed_id: max(due[feed_id], each.lease_until) for feed_id, each in held.items()}
        return due if before is None else {feed_id: at for feed_id, at in due.items() if at < before}

    def put_off(self, until: Mapping[str, datetime]) -> None:
        """See ports.FeedStore."""
        with self._database.write() as connection:
            held = claims.held(connection)
            rows = [{"feed": feed_id, "at": at} for feed_id, at in until.items() if feed_id not in held]
            execute_many(connection, _PUT_OFF, rows)

    def resume_feed(self, feed_id: str, now: datetime) -> bool:
        """See ports.FeedStore."""
        with self._database.write() as connection:
            learned = connection.execute(_LEARNED, {"feed": feed_id}).scalar_one_or_none()
            values = {"feed": feed_id, "at": now, "learned": _not_gone(learned)}
            _refuse_polls(connection, [feed_id])
            return connection.execute(_RESUME, values).rowcount > 0

    def backlog(self, queue: QueueName | None = None) -> int:
        """See ports.FeedStore."""
        of_queue = true() if queue is None else entry.c.queue == queue
        with self._database.read() as connection:
            return sum(
                connection.execute(
                    select(func.count()).select_from(entry).where(is_open, of_queue)
                ).scalar_one()
                for is_open in (IS_PENDING, IS_WORKING)
            )

    def open_among(self, ids: Sequence[int]) -> int:
        """See ports.FeedStore."""
        with self._database.read() as connection:
            return connection.execute(_OPEN_AMONG, {"values": ids}).scalar_one()

    def fates(self, ids: Sequence[int]) -> Mapping[str, int]:
        """See ports.FeedStore."""
        found = Counter({"new": 0, "known": 0, "erased": 0, "quarantined": 0, "open": 0})
        with self._database.read() as connection:
            for state, count in connection.execute(_STATES_AMONG, {"values": ids}):
                if state == EntryState.QUARANTINED:
                    found["quarantined"] += count
                elif state != EntryState.DONE:
                    found["open"] += count
            for first, erased, count in connection.execute(_DONE_AMONG, {"values": ids}):
                found["erased" if erased else "new" if first else "known"] += count
        return found


def feed_state(row: Any) -> FeedState:
    """Read a feed's state from a row that has its columns."""
    return _state_of(attrgetter(*_STATE_NAMES)(row))


def _claim(
    connection: Connection, rows: Sequence[ReadRow], owner: str, now: datetime, until: datetime
) -> Mapping[str, int]:
    """Claim feeds together; each that is read for long, and prolongs its claim, by itself.

    Returns:
        The number of each one's claim.
    """
    parts = [[row.id for row in rows if row.kind == SourceKind.HTTP]]
    parts += [[row.id] for row in rows if row.kind != SourceKind.HTTP]
    return {
        feed_id: number
        for part in parts
        if part
        for number in [claims.begin(connection, part, owner, now, until)]
        for feed_id in part
    }


def _state_of(values: Sequence[Any], *, epoch: int = 0) -> FeedState:
    """Make a state of the values of its columns; asking a row for each by its name is dear."""
    (
        feed_id, etag, last_modified, body_hash, failures, next_poll_at, last_polled_at,
        last_success_at, last_new_at, last_status, last_reason, last_detail, stopped_at, learned,
    ) = values  # fmt: skip
    return FeedState(
        feed_id=feed_id,
        epoch=epoch,
        etag=etag,
        last_modified=last_modified,
        body_hash=body_hash,
        failures=failures,
        next_poll_at=next_poll_at,
        last_polled_at=last_polled_at,
        last_success_at=last_success_at,
        last_new_at=last_new_at,
        last_status=last_status,
        last_reason=None if last_reason is None else Reason(last_reason),
        last_detail=last_detail,
        stopped_at=stopped_at,
        learned=_learned(learned),
    )


def _learned(text: str | None) -> Learned:
    """Read what was learned; what cannot be read, as of another release, is learned again."""
    if text is None:
        return Learned()
    try:
        return from_json(text, Learned)
    except StoreError:
        return Learned()


def _not_gone(text: str | None) -> str | None:
    """Forget since when a feed has said that it is gone: it takes two such answers, a day apart, again."""
    return None if text is None else to_json(replace(_learned(text), gone_at=None)).decode()


def ensure_feed(connection: Connection, reserved: Feed, now: datetime) -> None:
    """Make a reserved feed, that nobody polls, where it is not there yet."""
    if not connection.execute(select(feed.c.id).where(feed.c.id == reserved.id)).first():
        connection.execute(insert(feed), {**_wishes(reserved), "active": False, "next_poll_at": now})


def _wishes(each: Feed) -> dict[str, Any]:
    """Write what the configuration wishes; nothing secret is among it."""
    return {
        "id": each.id,
        "kind": each.kind,
        "url": _shown(each.url),
        "url_key": digest("url", each.url),
        "provider": each.provider,
        "trust_provider": each.trust_provider,
        "language": each.language,
        "default_region": each.default_region,
        "tags": to_json(each.tags).decode(),
        "interval_s": each.interval.total_seconds(),
        "wishes": to_json(_other_wishes(each)).decode(),
        "active": each.enabled and each.kind is not SourceKind.IMPORT,
    }


def _other_wishes(each: Feed) -> dict[str, Any]:
    kept = {} if each.kept == Kept() else {"kept": each.kept}
    return {"priority": each.priority, "entry": _entry_key(each), **kept}


def _entry_key(each: Feed) -> str:
    """Tell apart all that is wished of a feed: any change of its entry is a reason to ask again.

    A corrected password and a new proxy too, which are hidden where the feed is written out.
    """
    auth = (each.auth.kind, each.auth.name, each.auth.secret) if each.auth else ()
    headers = (word for pair in sorted(each.headers.items()) for word in pair)
    return digest("entry", repr(each), each.proxy, *auth, *headers)


def _shown(url: str) -> str:
    """Take user and password out of a URL."""
    if "@" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:  # such as an address in brackets that is none
        return "".join(url.partition("://")[:2]) or "?"
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host).geturl() if host != parts.netloc else url


def _change(connection: Connection, wished: Sequence[dict[str, Any]], now: datetime) -> None:
    """Insert new feeds, and take over the changed wishes of known ones."""
    rows = connection.execute(_KNOWN, {"values": [row["id"] for row in wished]}).mappings()
    known = {row["id"]: row for row in rows}
    new = [{**row, "next_poll_at": now} for row in wished if row["id"] not in known]
    kept = [(known[row["id"]], row) for row in wished if row["id"] in known]
    execute_many(connection, _INSERT, new)
    _take_over(connection, kept, now)


def retire(connection: Connection, but: Collection[str]) -> None:
    """Make all feeds inactive but those with these ids."""
    gone = set(connection.execute(_ACTIVE).scalars()).difference(but, (IMPORT_FEED.id,))
    if gone:
        connection.execute(_RETIRE, {"values": gone})


def _take_over(
    connection: Connection, pairs: Sequence[tuple[RowMapping, dict[str, Any]]], now: datetime
) -> None:
    """Write changed wishes beside the state of known feeds.

    A poll under way answers to what was wished before: where that would undo the change it is refused.
    """
    changed = [(old, new) for old, new in pairs if any(old[name] != value for name, value in new.items())]
    undone = (new["id"] for old, new in changed if _starts_over(old, new))
    _refuse_polls(connection, list(undone))
    alike: dict[tuple[str, ...], Rows] = {}
    for old, new in changed:
        values = {name: value for name, value in new.items() if name != "id"}
        if old["url_key"] != new["url_key"]:
            values |= _FORGOTTEN | {"next_poll_at": now}
        elif old["failures"]:
            # Whoever mends a source does not want to wait for the end of its back-off.
            learned = _not_gone(old["learned"])
            values |= {"failures": 0, "next_poll_at": now, "stopped_at": None, "learned": learned}
        elif new["interval_s"] < old["interval_s"]:
            # Who shortens the interval from a day to a minute does not want to wait for the day to end.
            soon = now + timedelta(seconds=new["interval_s"])
            asked = _learned(old["learned"]).not_before or soon
            values["next_poll_at"] = min(old["next_poll_at"], max(soon, asked))
        alike.setdefault(tuple(values), []).append({**values, "feed": new["id"]})
    for rows in alike.values():
        execute_many(connection, _UPDATE, rows)


def _starts_over(old: RowMapping, new: dict[str, Any]) -> bool:
    return bool(old["url_key"] != new["url_key"] or old["failures"] or new["interval_s"] < old["interval_s"])


def _refuse_polls(connection: Connection, feeds: Sequence[str]) -> None:
    """Refuse what polls of these feeds bring that still run."""
    if feeds:
        held = claims.held(connection)
        struck = {feed_id: held[feed_id] for feed_id in feeds if feed_id in held}
        by_id = {each.id: each for each in struck.values()}
        claims.strike(connection, by_id.values(), {(each.id, feed_id) for feed_id, each in struck.items()})
