"""Take in: raw copies, new entries, problems and feed states of many polls, in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, bindparam, case, exists, insert, select, update

from pipeline.codec import from_json, to_json
from pipeline.identity import digest, entry_key
from pipeline.model import WHOLE_BODY, Entry, Problem
from pipeline.ports.feeds import Poll, TakenIn
from pipeline.ports.queue import EntryRef
from pipeline.store import claims
from pipeline.store.among import among
from pipeline.store.claims import Claim
from pipeline.store.counters import Counts, add_counts
from pipeline.store.database import Part, Rows
from pipeline.store.executing import execute_many, fetch
from pipeline.store.feeds import IMPORT_FEED, ensure_feed
from pipeline.store.packing import pack
from pipeline.store.states import IS_PENDING, EntryState
from pipeline.store.tables import entry, entry_payload, feed, poll, quarantine, raw

_KNOWN_FEEDS = select(feed.c.id).where(among(feed.c.id))
_KNOWN_ENTRIES = select(entry.c.key).where(among(entry.c.key))
_KNOWN_PROBLEMS = select(quarantine.c.key).where(among(quarantine.c.key))
_KNOWN_RAW = select(raw.c.key, raw.c.id).where(among(raw.c.key))
_IS_UNCLAIMED = IS_PENDING & (entry.c.attempts == 0)
_UNCLAIMED = (
    select(entry_payload.c.entry_id, entry_payload.c.data)
    .join(entry, entry.c.id == entry_payload.c.entry_id)
    .where(among(entry.c.id), _IS_UNCLAIMED)
)
_AMEND = (
    update(entry_payload)
    .where(
        entry_payload.c.entry_id == bindparam("amended"),
        exists().where(entry.c.id == entry_payload.c.entry_id, _IS_UNCLAIMED),
    )
    .values(data=bindparam("data"))
)
_INSERT_ENTRY = insert(entry)
_INSERT_PAYLOAD = insert(entry_payload)
_INSERT_RAW = insert(raw)
_INSERT_PROBLEM = insert(quarantine)
#: a page that is another one at each poll is one row; where it was dropped it stays out of sight
_SEEN_AGAIN = (
    update(quarantine)
    .where(quarantine.c.key == bindparam("known"))
    .values(
        raw_id=bindparam("raw_id"),
        location=bindparam("location"),
        reason=bindparam("reason"),
        detail=bindparam("detail"),
        quarantined_at=bindparam("quarantined_at"),
        size_bytes=bindparam("size_bytes"),
        attempts=quarantine.c.attempts + 1,
        dropped_at=case((quarantine.c.reason == bindparam("reason"), quarantine.c.dropped_at), else_=None),
    )
)
_INSERT_POLL = insert(poll)
_SAVE_STATE = update(feed).where(feed.c.id == bindparam("feed"))
_NEW_AT = update(feed).where(feed.c.id == bindparam("feed")).values(last_new_at=bindparam("new_at"))
#: what a long scan has read is not read again by whoever takes it over when its claim has ended
_GO_ON = _SAVE_STATE.values(etag=bindparam("etag"), next_poll_at=bindparam("next_poll_at"))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An entry that may be new."""

    key: str
    payload: bytes
    entry: Entry
    poll: int


@dataclass(frozen=True, slots=True)
class _Broken:
    """A problem that may be known."""

    key: str
    problem: Problem
    poll: int
    #: no part of what a feed answered could be read: the newest one stands for all
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class _Copy:
    """A raw copy that may be known."""

    key: str
    body: bytes


C = TypeVar("C", _Candidate, _Broken)


class Intake(Part):
    """The part of ports.FeedStore that takes in what polls brought."""

    def take_in(self, polls: Sequence[Poll], now: datetime) -> Sequence[TakenIn]:
        """See ports.FeedStore."""
        # Encoding, hashing and compressing need no lock: other writers need not wait for them.
        candidates = list(_candidates(polls))
        broken = list(_broken(polls))
        copies = _copies(polls)
        with self._database.write() as connection:
            standing = claims.given(connection, {each.epoch for each in polls if each.epoch is not None})
            accepted = _accepted(connection, polls, standing, now)
            new = _unknown(connection, _KNOWN_ENTRIES, [c for c in candidates if accepted[c.poll]])
            worse = _unknown(connection, _KNOWN_PROBLEMS, [b for b in broken if accepted[b.poll]])
            again = [b for b in broken if b.is_whole and accepted[b.poll] and b not in worse]
            wanted = {each.poll for each in new} | {each.poll for each in (*worse, *again)}
            kept = {index: copy for index, copy in copies.items() if index in wanted}
            raws = self._keep_raw(connection, polls, kept)
            refs = self._insert_entries(connection, polls, new, raws, now)
            self._insert_problems(connection, polls, worse, raws, now)
            execute_many(connection, _SEEN_AGAIN, [_again_row(b, polls[b.poll], raws, now) for b in again])
            outcomes = [
                TakenIn(
                    feed_id=each.feed_id,
                    accepted=accepted[index],
                    found=len(each.entries),
                    new=tuple(refs.get(index, ())),
                    problems=len(each.problems) if accepted[index] else 0,
                )
                for index, each in enumerate(polls)
            ]
            _note_polls(connection, polls, outcomes)
            _let_go(connection, polls, outcomes, standing)
            add_counts(self._database, connection, _counts(polls, outcomes, worse))
        return outcomes

    def unclaimed(self, ids: Sequence[int]) -> Mapping[int, Entry]:
        """See ports.FeedStore."""
        with self._database.read() as connection:
            rows = connection.execute(_UNCLAIMED, {"values": ids})
            return {row.entry_id: from_json(row.data, Entry) for row in rows}

    def amend(self, entry_id: int, entry: Entry) -> bool:
        """See ports.FeedStore."""
        values = {"amended": entry_id, "data": to_json(entry)}
        with self._database.write() as connection:
            return connection.execute(_AMEND, values).rowcount > 0

    def _keep_raw(
        self, connection: Connection, polls: Sequence[Poll], copies: dict[int, _Copy]
    ) -> dict[int, int]:
        """Keep raw copies that are not kept yet; returns the row of each poll's."""
        if not copies:
            return {}
        rows = fetch(connection, _KNOWN_RAW, values={copy.key for copy in copies.values()})
        known = {row.key: row.id for row in rows}
        new = {copy.key: index for index, copy in copies.items() if copy.key not in known}
        ids = self._database.reserve(connection, raw, len(new)) if new else range(0)
        known |= dict(zip(new, ids, strict=True))
        execute_many(
            connection,
            _INSERT_RAW,
            [_raw_row(known[key], copies[index], polls[index]) for key, index in new.items()],
        )
        return {index: known[copy.key] for index, copy in copies.items()}

    def _insert_entries(
        self,
        connection: Connection,
        polls: Sequence[Poll],
        new: Sequence[_Candidate],
        raws: dict[int, int],
        now: datetime,
    ) -> dict[int, list[EntryRef]]:
        """Insert new entries with what a worker will read; returns for each poll what is to be sent."""
        if not new:
            return {}
        ids = self._database.reserve(connection, entry, len(new))
        rows: Rows = []
        refs: dict[int, list[EntryRef]] = {}
        for entry_id, each in zip(ids, new, strict=True):
            of = polls[each.poll]
            rows.append(_entry_row(entry_id, each, of, raws.get(each.poll), now))
            refs.setdefault(each.poll, []).append(EntryRef(id=entry_id, queue=of.queue, urgent=of.urgent))
        payloads = [
            {"entry_id": entry_id, "data": each.payload} for entry_id, each in zip(ids, new, strict=True)
        ]
        execute_many(connection, _INSERT_ENTRY, rows)
        execute_many(connection, _INSERT_PAYLOAD, payloads)
        return refs

    def _insert_problems(
        self,
        connection: Connection,
        polls: Sequence[Poll],
        new: Sequence[_Broken],
        raws: dict[int, int],
        now: datetime,
    ) -> None:
        """Put what could not be read into quarantine, with its own bytes or those of the raw copy."""
        rows = [_problem_row(each, polls[each.poll], raws.get(each.poll), now) for each in new]
        execute_many(connection, _INSERT_PROBLEM, rows)


def _candidates(polls: Sequence[Poll]) -> Iterable[_Candidate]:
    for index, each in enumerate(polls):
        for one in each.entries:
            payload = to_json(one)
            said = (payload,) if each.occurrence else _said(one)
            yield _Candidate(entry_key(each.feed_id, said, each.occurrence), payload, one, index)


def _said(one: Entry) -> tuple[str | None, ...]:
    """Give what tells an entry from the others of a feed that is polled: what it says, and where it stands.

    Neither guid nor dates: feeds that give each item a new one at every poll would grow without bound. Where
    nothing is said (a kill), the guid tells.
    """
    text = (one.headline, one.html, one.text, one.summary_html)
    status = (one.pub_status, one.embargoed, one.revision, one.signal)
    whole = one.exported.id if one.exported else None
    return (one.url, whole, *text, *status, None if any(text) else one.guid)


def _broken(polls: Sequence[Poll]) -> Iterable[_Broken]:
    """Name each problem by its bytes: what is broken in the same way at every poll is one row.

    Of a whole answer of a feed that could not be read there is one row, whatever its bytes: each may differ.
    """
    for index, each in enumerate(polls):
        whole = each.raw.body if each.raw else b""
        for problem in each.problems:
            if each.state is not None and problem.where == WHOLE_BODY:
                yield _Broken(digest("whole", each.feed_id), problem, index, is_whole=True)
                continue
            own = ("body", problem.body) if problem.body is not None else (problem.where, whole)
            yield _Broken(digest("problem", each.feed_id, problem.reason, *own), problem, index)


def _copies(polls: Sequence[Poll]) -> dict[int, _Copy]:
    """Compress the bodies that may be kept: what brought nothing has no reader."""
    return {
        index: _Copy(digest("raw", each.raw.body), pack(each.raw.body))
        for index, each in enumerate(polls)
        if each.raw and (each.entries or each.problems)
    }


def _accepted(
    connection: Connection, polls: Sequence[Poll], standing: Mapping[int, Claim], now: datetime
) -> list[bool]:
    """Say which polls may be written: their claim stands, or their feed is known where none was needed."""
    unclaimed = {each.feed_id for each in polls if each.epoch is None}
    if IMPORT_FEED.id in unclaimed:
        ensure_feed(connection, IMPORT_FEED, now)
    known = {row.id for row in fetch(connection, _KNOWN_FEEDS, values=unclaimed)} if unclaimed else set()
    listed = {number: set(each.feeds) for number, each in standing.items()}
    return [each.feed_id in (known if each.epoch is None else listed.get(each.epoch, ())) for each in polls]


def _unknown(connection: Connection, known: Select[str], found: Sequence[C]) -> list[C]:
    """Pass over what was taken in before, or stands twice in this group."""
    if not found:
        return []
    first = {each.key: each for each in reversed(found)}
    for row in fetch(connection, known, values=first):
        del first[row.key]
    return [each for each in found if first.get(each.key) is each]


def _raw_row(raw_id: int, copy: _Copy, of: Poll) -> dict[str, Any]:
    assert of.raw is not None
    return {
        "id": raw_id,
        "key": copy.key,
        "body": copy.body,
        "size_bytes": len(of.raw.body),
        "media_type": of.raw.media_type,
        "received_at": of.polled_at,
    }


def _entry_row(
    entry_id: int, each: _Candidate, of: Poll, raw_id: int | None, now: datetime
) -> dict[str, Any]:
    return {
        "id": entry_id,
        "key": each.key,
        "feed_id": of.feed_id,
        "raw_id": raw_id,
        "location": of.raw.location if of.raw else "",
        "received_at": of.polled_at,
        "queue": of.queue,
        "urgent": of.urgent,
        "alone": False,
        "state": EntryState.PENDING,
        "attempts": 0,
        "kills": 0,
        "payload_version": of.payload_version,
        "sent_at": of.held_until or (now if of.sending else None),
    }


def _problem_row(each: _Broken, of: Poll, raw_id: int | None, now: datetime) -> dict[str, Any]:
    problem = each.problem
    own = problem.body
    whole = of.raw.body if of.raw else b""
    return {
        "key": each.key,
        "raw_id": raw_id,
        "feed_id": of.feed_id,
        "location": of.raw.location if of.raw else "",
        "place": problem.where,
        "queue": of.queue,
        "reason": problem.reason,
        "detail": problem.detail,
        "attempts": int(each.is_whole),
        "quarantined_at": now,
        "size_bytes": len(whole if own is None else own),
        "body": None if own is None else pack(own),
    }


def _again_row(each: _Broken, of: Poll, raws: Mapping[int, int], now: datetime) -> dict[str, Any]:
    row = _problem_row(each, of, raws.get(each.poll), now)
    names = ("raw_id", "location", "reason", "detail", "quarantined_at", "size_bytes")
    return {"known": each.key} | {name: row[name] for name in names}


def _note_polls(connection: Connection, polls: Sequence[Poll], outcomes: Sequence[TakenIn]) -> None:
    """Write the log of polls and the feeds' states."""
    done = [(each, taken) for each, taken in zip(polls, outcomes, strict=True) if taken.accepted]
    execute_many(connection, _INSERT_POLL, [_poll_row(each, taken) for each, taken in done])
    going_on = [_going_on_row(each) for each, _ in done if each.state is None and each.lease_until]
    execute_many(connection, _GO_ON, going_on)
    states = [each for each, _ in done if each.state is not None]
    execute_many(connection, _SAVE_STATE, [_state_row(each) for each in states if not each.times_only])
    execute_many(connection, _SAVE_STATE, [_times_row(each) for each in states if each.times_only])
    new_at = [{"feed": each.feed_id, "new_at": each.polled_at} for each, taken in done if taken.new]
    execute_many(connection, _NEW_AT, new_at)


def _let_go(
    connection: Connection,
    polls: Sequence[Poll],
    outcomes: Sequence[TakenIn],
    standing: Mapping[int, Claim],
) -> None:
    """Let go of feeds that were polled, and hold on to those that are still being read."""
    done: set[tuple[int, str]] = set()
    longer: dict[int, datetime] = {}
    for each, taken in zip(polls, outcomes, strict=True):
        if taken.accepted and each.epoch is not None:
            if each.state is not None:
                done.add((each.epoch, each.feed_id))
            elif each.lease_until is not None:
                longer[each.epoch] = each.lease_until
    touched = {number for number, _ in done}
    claims.prolong(connection, longer)
    claims.strike(connection, [each for number, each in standing.items() if number in touched], done)


def _going_on_row(each: Poll) -> dict[str, Any]:
    return {"feed": each.feed_id, "etag": each.position, "next_poll_at": each.lease_until}


def _poll_row(each: Poll, taken: TakenIn) -> dict[str, Any]:
    return {
        "feed_id": each.feed_id,
        "polled_at": each.polled_at,
        "duration_s": each.duration_s,
        "outcome": _outcome(each),
        "status": each.status,
        "detail": each.detail,
        "format": each.format,
        "found": taken.found,
        "new": len(taken.new),
        "problems": taken.problems,
    }


def _state_row(each: Poll) -> dict[str, Any]:
    """Write a feed's state; when it last brought something new is the store's to say."""
    state = each.state
    assert state is not None
    return _times_row(each) | {
        "etag": state.etag,
        "last_modified": state.last_modified,
        "body_hash": state.body_hash,
        "failures": state.failures,
        "last_status": state.last_status,
        "last_reason": state.last_reason,
        "last_detail": state.last_detail,
        "stopped_at": state.stopped_at,
        "learned": to_json(state.learned).decode(),
    }


def _times_row(each: Poll) -> dict[str, Any]:
    """Write what alone is new after most polls: a third of the work."""
    state = each.state
    assert state is not None
    return {
        "feed": each.feed_id,
        "next_poll_at": state.next_poll_at,
        "last_polled_at": state.last_polled_at,
        "last_success_at": state.last_success_at,
    }


def _outcome(each: Poll) -> str:
    return each.reason or ("ok" if each.raw else "not_modified")


def _counts(polls: Sequence[Poll], outcomes: Sequence[TakenIn], worse: Sequence[_Broken]) -> Counts:
    counts = Counts(("problems", str(each.problem.reason)) for each in worse)
    for each, taken in zip(polls, outcomes, strict=True):
        if taken.accepted:
            counts["polls", _outcome(each)] += 1
            counts["accepted", ""] += len(taken.new)
    return counts
