"""Chains of versions in the database: computed anew from all their versions whenever one of them changes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from pipeline.store.among import among
from pipeline.store.chain import SHOWN, Chain, Standing, Version, chain_of
from pipeline.store.database import Part
from pipeline.store.executing import execute_many
from pipeline.store.homes import Named, homes
from pipeline.store.names import VERSION, reach_of
from pipeline.store.tables import change, document, item, slugged

#: items looked after in one transaction
_STEP = 500
#: a story of which only later versions come is followed back so far
_DAYS = 31

_CHAINS = select(
    document.c.item_id,
    document.c.standing,
    document.c.told,
    *VERSION,
).where(among(document.c.item_id))
_SET_ITEM = (
    update(item)
    .where(item.c.id == bindparam("item"))
    .values(current_seq=bindparam("current"), next_seq=bindparam("following"), next_at=bindparam("at"))
)
_SET_STANDING = (
    update(document).where(document.c.seq == bindparam("number")).values(standing=bindparam("stands"))
)
_TELL = update(document).where(document.c.seq == bindparam("number")).values(told=bindparam("is_told"))
_MOVE = update(document).where(document.c.seq == bindparam("number")).values(item_id=bindparam("home"))
_FAMILIES = (
    select(
        slugged.c.document_seq,
        slugged.c.own_item_id,
        item.c.key,
        slugged.c.before,
        slugged.c.day,
        slugged.c.later,
        slugged.c.kill,
        slugged.c.family,
        document.c.item_id,
    )
    .join(item, item.c.id == slugged.c.own_item_id)
    .join(document, document.c.seq == slugged.c.document_seq)
    .where(among(slugged.c.family), slugged.c.day.between(bindparam("first"), bindparam("last")))
)
_INSERT_CHANGE = insert(change)


class KnownVersion(NamedTuple):
    """A stored version and how it stands."""

    version: Version
    standing: Standing
    #: the change log said that it is new
    told: bool


class Chains(Part):
    """The part of ports.WorkStore that lets go what was held."""

    def release_due(self, now: datetime) -> int:
        """See ports.WorkStore."""
        due = select(item.c.id).where(item.c.next_at <= now).order_by(item.c.next_at).limit(_STEP)
        with self._database.read() as connection:
            if connection.execute(due.limit(1)).first() is None:
                return 0
        with self._database.write() as connection:
            ids = connection.execute(due).scalars().all()
            refresh_items(connection, ids, now)
        return len(ids)


def refresh_items(
    connection: Connection, ids: Iterable[int], now: datetime, *, new: Collection[int] = ()
) -> Mapping[int, Standing]:
    """Compute chains anew, and note in the change log what that changes for versions known before.

    Args:
        connection: In a transaction that writes.
        ids: Of items.
        now: Aware UTC.
        new: Numbers of documents of which nothing is to be noted.

    Returns:
        How each document of these items stands.
    """
    known = known_versions(connection, ids := list(ids))
    reach = reach_of(connection, known.keys())
    chains = {
        each: chain_of(
            [one.version for one in known.get(each, [])],
            now,
            kills=reach.kills.get(each, ()),
            killing=each in reach.killing,
        )
        for each in ids
    }
    stands = {seq: standing for chain in chains.values() for seq, standing in chain.standings.items()}
    every = [one for versions in known.values() for one in versions]
    turned = [one for one in every if stands[one.version.seq] != one.standing]
    current = {chain.current for chain in chains.values()} - {*new}
    fresh = [one for one in every if one.version.seq in current and not one.told]
    execute_many(connection, _SET_ITEM, [_item_row(each, chain) for each, chain in chains.items()])
    execute_many(
        connection,
        _SET_STANDING,
        [{"number": one.version.seq, "stands": stands[one.version.seq]} for one in turned],
    )
    for kind, document_id in _turns([one for one in turned if one.version.seq not in new], stands):
        note_changes(connection, kind, [document_id], now)
    note_changes(connection, "new", [one.version.id for one in fresh], now)
    mark_told(connection, dict.fromkeys((one.version.seq for one in fresh), True))
    return stands


def mark_told(connection: Connection, told: Mapping[int, bool]) -> None:
    """Keep in mind of which documents the change log said that they are new, by number."""
    execute_many(connection, _TELL, [{"number": seq, "is_told": value} for seq, value in told.items()])


def settle_slugs(connection: Connection, families: Collection[str], days: Collection[int]) -> set[int]:
    """Put documents that find their chain by a slug where they belong.

    Args:
        connection: In a transaction that writes.
        families: Of the documents that came.
        days: Of the documents that came: what is older stays where it is.

    Returns:
        The items that this changes.
    """
    span = {"first": min(days) - _DAYS, "last": max(days) + _DAYS}
    by_family: defaultdict[str, list[Named]] = defaultdict(list)
    where: dict[int, int] = {}
    for *named, family, item_id in connection.execute(_FAMILIES, {"values": families, **span}):
        each = Named(*named)
        by_family[family].append(each)
        if each.day >= min(days):
            where[each.seq] = item_id
    found = {seq: home for family in by_family.values() for seq, home in homes(family).items()}
    moves = {seq: found[seq] for seq in where if found[seq] != where[seq]}
    execute_many(connection, _MOVE, [{"number": seq, "home": home} for seq, home in moves.items()])
    return {*moves.values(), *(where[seq] for seq in moves)}


def note_changes(connection: Connection, kind: str, document_ids: Sequence[str], now: datetime) -> None:
    """Write lines of the change log."""
    execute_many(
        connection, _INSERT_CHANGE, [{"kind": kind, "document_id": each, "at": now} for each in document_ids]
    )


def known_versions(connection: Connection, ids: Sequence[int]) -> Mapping[int, list[KnownVersion]]:
    """Read the versions of items, erased ones too."""
    known: defaultdict[int, list[KnownVersion]] = defaultdict(list)
    for item_id, standing, told, *version in connection.execute(_CHAINS, {"values": ids}):
        known[item_id].append(KnownVersion(Version._make(version), Standing(standing), told))
    return known


def _item_row(item_id: int, chain: Chain) -> dict[str, object]:
    return {
        "item": item_id,
        "current": chain.current,
        "following": chain.following,
        "at": chain.following_at,
    }


def _turns(versions: Sequence[KnownVersion], stands: Mapping[int, Standing]) -> Iterable[tuple[str, str]]:
    """Say which versions that people were told of are taken back, and which they may see again."""
    for one in versions:
        standing = stands[one.version.seq]
        if one.told and not one.version.erased and (one.standing in SHOWN) != (standing in SHOWN):
            yield _KINDS[standing], one.version.id


#: how a version stands now → kind of the change
_KINDS: Mapping[Standing, str] = {
    Standing.USABLE: "released",
    Standing.ADVISORY: "released",
    Standing.WITHHELD: "withheld",
    Standing.CANCELED: "killed",
    Standing.KILLED: "killed",
}
