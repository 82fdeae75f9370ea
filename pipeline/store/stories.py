"""Stories: who belongs to which, found by rare traits; merges and splits leave a line in the change log."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, literal, or_, select, union_all, update

from pipeline.cache_sizes import READ_TRAITS
from pipeline.codec import from_json, to_json
from pipeline.errors import StoreError
from pipeline.identity import SHORTEST_ID
from pipeline.model import Document, StoryTraits, Tagging
from pipeline.ports.reading import Query
from pipeline.ports.stories import (
    MOST_STORY_KEYS,
    STORY_DOCUMENTS,
    Neighbours,
    StoryFound,
    StoryMember,
    Telling,
    Untold,
    Wanted,
)
from pipeline.store.among import among
from pipeline.store.chains import note_changes
from pipeline.store.copies import SAME_COPY, leading_somewhere, relation_row
from pipeline.store.counters import Counts, add_counts
from pipeline.store.database import Part, ReadRow
from pipeline.store.executing import execute_many
from pipeline.store.read import load
from pipeline.store.shown import is_current, matches, may_be_shown, stories_called, with_whole_ids
from pipeline.store.tables import (
    document,
    document_data,
    entry,
    item,
    relation,
    story,
    story_key,
    story_member,
    tagging,
)

SAME_STORY = "same-story"
#: documents looked at for one key: of a trait that many share, those published nearest before
_PER_KEY = 20
#: documents of a story that others are compared with
_COMPARED = 16

_FREE = and_(
    story_member.c.waits,
    or_(story_member.c.lease_until.is_(None), story_member.c.lease_until <= bindparam("now")),
)
_NEVER_TRIED = (
    select(story_member.c.document_seq)
    .where(_FREE, story_member.c.attempts == 0)
    .order_by(story_member.c.document_seq)
)
_TRIED = (
    select(story_member.c.document_seq)
    .where(_FREE, story_member.c.attempts > 0)
    .order_by(story_member.c.attempts, story_member.c.document_seq)
    .limit(1)
)
_TAKE = (
    update(story_member)
    .where(among(story_member.c.document_seq))
    .values(attempts=story_member.c.attempts + 1, lease_until=bindparam("until"))
)
_UNTOLD = (
    select(
        story_member.c.document_seq,
        document.c.id,
        document.c.item_id,
        document.c.published_at,
        document_data.c.data,
        story_member.c.attempts,
        tagging.c.data,
    )
    .join(document, document.c.seq == story_member.c.document_seq)
    .join(document_data, document_data.c.document_seq == document.c.seq)
    .outerjoin(tagging, tagging.c.document_seq == document.c.seq)
    .where(among(story_member.c.document_seq))
    .order_by(story_member.c.document_seq, tagging.c.tagged_at)
)
_UNTOLD_AMONG = (
    select(func.count())
    .select_from(entry)
    .join(story_member, story_member.c.document_seq == entry.c.document_seq)
    .where(among(entry.c.id), story_member.c.waits)
)
_STILL_UNTOLD = select(func.count()).where(among(story_member.c.document_seq), story_member.c.waits)
_LAST_TRAITS = (
    select(story_member.c.traits)
    .where(story_member.c.traits.is_not(None))
    .order_by(story_member.c.document_seq.desc())
)
# One statement for all keys of a document: each look into the index is bounded by itself.
_BY_KEYS = union_all(
    *(
        select(
            select(literal(n).label("n"), story_key.c.document_seq)
            .where(
                story_key.c.key == bindparam(f"key_{n}"),
                story_key.c.at.between(bindparam("after"), bindparam("before")),
            )
            .order_by(story_key.c.at.desc())
            .limit(_PER_KEY)
            .subquery()
        )
        for n in range(MOST_STORY_KEYS)
    )
)
_STORY_OF = select(story_member.c.document_seq, story_member.c.story_id).where(
    among(story_member.c.document_seq), story_member.c.story_id.is_not(None)
)
_MEMBERS = (
    select(document.c.seq, document.c.id, document.c.item_id, document.c.published_at, story_member.c.traits)
    .join_from(story_member, document, document.c.seq == story_member.c.document_seq)
    .where(story_member.c.story_id == bindparam("story"))
    .order_by(story_member.c.at.desc(), story_member.c.document_seq.desc())
    .limit(_COMPARED)
)
_VERSIONS = select(document.c.item_id, document.c.seq).where(among(document.c.item_id))
_COPIES = select(relation.c.low, relation.c.high).where(
    or_(among(relation.c.low), among(relation.c.high)), relation.c.kind == SAME_COPY
)
_SEQS = select(document.c.id, document.c.seq).where(among(document.c.id))
_SET_MEMBER = (
    update(story_member)
    .where(story_member.c.document_seq == bindparam("seq"))
    .values(
        waits=bindparam("waiting"),
        story_id=bindparam("of"),
        at=bindparam("published"),
        traits=bindparam("about"),
        lease_until=None,
    )
)
_FORGIVE = update(story_member).where(among(story_member.c.document_seq)).values(attempts=0)
_MOVE_MEMBER = (
    update(story_member)
    .where(story_member.c.document_seq == bindparam("seq"))
    .values(story_id=bindparam("of"))
)
_MOVE_ALL = (
    update(story_member)
    .where(story_member.c.story_id == bindparam("gone"))
    .values(story_id=bindparam("into"))
)
_POINT_ON = (
    update(story)
    .where(or_(story.c.id == bindparam("gone"), story.c.merged_into == bindparam("gone")))
    .values(merged_into=bindparam("into"))
)
_UNLINK = delete(relation).where(
    or_(among(relation.c.low), among(relation.c.high)), relation.c.kind == SAME_STORY
)


class Stories(Part):
    """ports.StoryStore."""

    def untold(self, limit: int, *, now: datetime, lease: timedelta) -> Sequence[Untold]:
        """See ports.StoryStore."""
        with self._database.read() as connection:
            if not _free(connection, limit, now):
                return []
        # A claim that a power cut takes back is an attempt less.
        with self._database.write(lasting=False) as connection:
            seqs = _free(connection, limit, now)
            connection.execute(_TAKE, {"values": seqs, "until": now + lease})
            rows = connection.execute(_UNTOLD, {"values": seqs}).all()
        # Of several taggings of one document, the last one counts.
        return [_untold(row) for row in {row[0]: row for row in rows}.values()]

    def untold_among(self, entry_ids: Sequence[int]) -> int:
        """See ports.StoryStore."""
        with self._database.read() as connection:
            return connection.execute(_UNTOLD_AMONG, {"values": entry_ids}).scalar_one()

    def last_traits(self, limit: int) -> Iterator[StoryTraits]:
        """See ports.StoryStore."""
        with self._database.read() as connection:
            rows = connection.execute(_LAST_TRAITS.limit(limit)).scalars().all()
        # One by one: decoded, all of them together would need many times the memory.
        return (_traits.__wrapped__(data) for data in reversed(rows))

    def neighbours(self, wanted: Sequence[Wanted], *, window: timedelta, limit: int) -> Neighbours:
        """See ports.StoryStore."""
        with self._database.read() as connection:
            ties = _ties(connection, wanted)
            shared = {each.seq: _sharing(connection, each, window) for each in wanted}
            found = {seq for seqs in (shared, *shared.values(), *ties.values()) for seq in seqs}
            rows = connection.execute(_STORY_OF, {"values": found}).all() if found else []
            story_of = {row.document_seq: row.story_id for row in rows}
            near = {
                each.seq: _near(shared[each.seq], {each.seq, *ties[each.seq]}, story_of, limit)
                for each in wanted
            }
            ids = dict.fromkeys(story_id for stories in near.values() for story_id in stories)
            stories = {each: _members(connection, each) for each in ids}
        again = {each.seq: story_of[each.seq] for each in wanted if each.seq in story_of}
        return Neighbours(stories=stories, near=near, ties=ties, again=again)

    def tell(self, telling: Telling, now: datetime) -> bool:
        """See ports.StoryStore."""
        seqs = [each.seq for each in telling.told]
        # What a power cut takes back is told again.
        with self._database.write(lasting=False) as connection:
            if connection.execute(_STILL_UNTOLD, {"values": seqs}).scalar_one() < len(seqs):
                return False
            self._set_members(connection, telling, now)
            self._link(connection, telling)
            for gone, into in telling.merged.items():
                connection.execute(_MOVE_ALL, {"gone": gone, "into": into})
                connection.execute(_POINT_ON, {"gone": gone, "into": into})
            note_changes(connection, "story", [each.document_id for each in telling.moved], now)
            add_counts(self._database, connection, _counts(telling))
        return True

    def story(self, story_id: str, *, now: datetime) -> StoryFound | None:
        """See ports.StoryStore."""
        if len(story_id) < SHORTEST_ID:
            return None
        with self._database.read() as connection:
            ids = stories_called(connection, story_id.lower())
            return next(iter(_found(connection, list(ids), now)), None) if len(ids) == 1 else None

    def stories(
        self, query: Query, *, now: datetime, limit: int = 20, offset: int = 0, biggest: bool = False
    ) -> Sequence[StoryFound]:
        """See ports.StoryStore."""
        query = with_whole_ids(self._database, query)
        last, size = func.max(document.c.published_at), func.count()
        order = (size.desc(), last.desc()) if biggest else (last.desc(), size.desc())
        listed = (
            select(story_member.c.story_id)
            .join(document, document.c.seq == story_member.c.document_seq)
            .join(item, item.c.id == document.c.item_id)
            .where(may_be_shown(now), is_current(now), story_member.c.story_id.is_not(None))
            .where(*matches(self._database, query))
            .group_by(story_member.c.story_id)
            .order_by(*order, story_member.c.story_id)
            .limit(limit)
            .offset(offset)
        )
        with self._database.read() as connection:
            return _found(connection, connection.execute(listed).scalars().all(), now)

    def _set_members(self, connection: Connection, telling: Telling, now: datetime) -> None:
        ids = {each.story_id for each in (*telling.told, *telling.moved)}
        if ids:
            rows = [{"id": each, "created_at": now} for each in sorted(ids)]
            connection.execute(self._database.insert_new(story), rows)
        members: list[dict[str, Any]] = []
        keys: list[dict[str, Any]] = []
        for each in telling.told:
            at, traits, own = telling.members[each.seq]
            members.append(
                {
                    "seq": each.seq,
                    "waiting": False,
                    "of": each.story_id,
                    "published": at,
                    "about": to_json(traits),
                }
            )
            keys += [{"key": key, "at": at, "document_seq": each.seq} for key in own]
        execute_many(connection, _SET_MEMBER, members)
        if telling.set_aside is None:
            connection.execute(_FORGIVE, {"values": list(telling.members)})
        execute_many(connection, self._database.insert_new(story_key), keys)
        execute_many(
            connection, _MOVE_MEMBER, [{"seq": each.seq, "of": each.story_id} for each in telling.moved]
        )

    def _link(self, connection: Connection, telling: Telling) -> None:
        if telling.moved:
            connection.execute(_UNLINK, {"values": [each.document_id for each in telling.moved]})
        rows = [
            relation_row(each.document_id, link)
            for each in (*telling.told, *telling.moved)
            for link in each.relations
        ]
        # One of them may have been erased since it was compared.
        if rows and (rows := leading_somewhere(connection, rows)):
            connection.execute(self._database.insert_new(relation), rows)


def _free(connection: Connection, limit: int, now: datetime) -> Sequence[int]:
    """Choose what may be told now: those never tried, or else one that was."""
    never_tried = connection.execute(_NEVER_TRIED.limit(limit), {"now": now}).scalars().all()
    return never_tried or connection.execute(_TRIED, {"now": now}).scalars().all()


def _untold(row: ReadRow) -> Untold:
    seq, document_id, item_id, published_at, data, attempts, tags = row
    found, tagging = None, Tagging()
    # One damaged row must not keep all others waiting.
    with suppress(StoreError):
        tagging = from_json(tags, Tagging) if tags is not None else tagging
        found = from_json(data, Document)
    return Untold(
        seq=seq,
        document_id=document_id,
        item_id=item_id,
        published_at=published_at,
        document=found,
        tagging=tagging,
        attempts=attempts,
    )


def _counts(telling: Telling) -> Counts:
    counts = Counts(
        {
            ("stories", "told"): len(telling.told),
            ("stories", "moved"): len(telling.moved),
            ("stories", "merged"): len(telling.merged),
            ("stories", "split"): telling.split,
            ("stories_unread", ""): telling.unread,
            ("busy_ms", "stories"): round(telling.spent / timedelta(milliseconds=1)),
        }
    )
    if telling.set_aside is not None:
        counts["stories_set_aside", telling.set_aside] += len(telling.told)
    return counts


@lru_cache(READ_TRAITS)  # what is new is often compared with the same documents
def _traits(data: bytes) -> StoryTraits:
    """Read traits back; of a damaged row, none."""
    with suppress(StoreError):
        return from_json(data, StoryTraits)
    return StoryTraits(language="")


def _sharing(connection: Connection, wanted: Wanted, window: timedelta) -> Mapping[int, float]:
    """Weigh the keys that other documents share with one; a key that many have weighs little."""
    if not wanted.keys:
        return {}
    keys = {f"key_{n}": key for n, key in enumerate(wanted.keys)}
    keys |= {f"key_{n}": -1 for n in range(len(wanted.keys), MOST_STORY_KEYS)}
    span = {"after": wanted.published_at - window, "before": wanted.published_at + window}
    rows = connection.execute(_BY_KEYS, {**keys, **span}).all()
    having = Counter(n for n, _ in rows)
    shared: defaultdict[int, float] = defaultdict(float)
    for n, seq in rows:
        shared[seq] += 1 / having[n]
    return shared


def _near(
    shared: Mapping[int, float], tied: Iterable[int], story_of: Mapping[int, str], limit: int
) -> Sequence[str]:
    """Name the stories of documents bound to one, then those with a document that shares most with it."""
    most: defaultdict[str, float] = defaultdict(float)
    for seq, count in shared.items():
        if seq in story_of:
            most[story_of[seq]] = max(most[story_of[seq]], count)
    sharing = sorted(most, key=lambda each: (-most[each], each))[:limit]
    return list(dict.fromkeys((*(story_of[seq] for seq in sorted(tied) if seq in story_of), *sharing)))


def _ties(connection: Connection, wanted: Sequence[Wanted]) -> dict[int, frozenset[int]]:
    """Find the copies and the other versions of documents."""
    tied: defaultdict[int, set[int]] = defaultdict(set)
    of_item: defaultdict[int, set[int]] = defaultdict(set)
    for item_id, seq in connection.execute(_VERSIONS, {"values": [each.item_id for each in wanted]}):
        of_item[item_id].add(seq)
    pairs = connection.execute(_COPIES, {"values": [each.document_id for each in wanted]}).all()
    ids = {id_ for pair in pairs for id_ in pair}
    rows = connection.execute(_SEQS, {"values": ids}).all() if ids else []
    seqs = {row.id: row.seq for row in rows}
    for low, high in pairs:
        tied[seqs[low]].add(seqs[high])
        tied[seqs[high]].add(seqs[low])
    return {each.seq: frozenset((of_item[each.item_id] | tied[each.seq]) - {each.seq}) for each in wanted}


def _members(connection: Connection, story_id: str) -> list[StoryMember]:
    rows = connection.execute(_MEMBERS, {"story": story_id}).all()
    return [
        StoryMember(
            seq=row.seq,
            document_id=row.id,
            item_id=row.item_id,
            published_at=row.published_at,
            traits=_traits(row.traits),
        )
        for row in reversed(rows)
    ]


def _found(connection: Connection, ids: Sequence[str], now: datetime) -> list[StoryFound]:
    """Read stories with their documents that may be shown, newest versions only."""
    shown = (
        select(story_member.c.story_id, document.c.seq, document.c.published_at)
        .join(document, document.c.seq == story_member.c.document_seq)
        .join(item, item.c.id == document.c.item_id)
        .where(among(story_member.c.story_id), may_be_shown(now), is_current(now))
        .order_by(document.c.published_at, document.c.id)
    )
    of: defaultdict[str, list[tuple[int, datetime]]] = defaultdict(list)
    for story_id, seq, at in connection.execute(shown, {"values": ids}):
        of[story_id].append((seq, at))
    return [
        StoryFound(
            id=each,
            count=len(of[each]),
            first_at=of[each][0][1],
            last_at=of[each][-1][1],
            documents=tuple(load(connection, [seq for seq, _ in of[each]][-STORY_DOCUMENTS:], now)),
        )
        for each in ids
        if of[each]
    ]
