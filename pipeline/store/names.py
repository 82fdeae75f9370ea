"""Kills that name what they take back otherwise than by its uri: by a number of its transmission, another id.

Which kill takes back what follows from the names of all documents, never from the order in which they came.
Kills are few: nearly always one look at what they seek is all that this costs.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from pipeline.identity import item_key
from pipeline.model import Document, PubStatus
from pipeline.store.among import among
from pipeline.store.chain import Version
from pipeline.store.database import Database, Rows
from pipeline.store.executing import execute_many, fetch
from pipeline.store.tables import alias, document, item, sought

#: a name that more items have is none of theirs: the address of a section, say
_MOST = 3

_INSERT_ALIAS = insert(alias)
_INSERT_SOUGHT = insert(sought)
_SEEKING = (
    select(sought.c.key, sought.c.document_seq, document.c.item_id, item.c.key.label("own"))
    .join(document, document.c.seq == sought.c.document_seq)
    .join(item, item.c.id == document.c.item_id)
    .where(among(sought.c.key))
)
_ITEMS = select(item.c.key, item.c.id).where(among(item.c.key))
_OTHERWISE = (
    select(alias.c.key, document.c.item_id)
    .join(document, document.c.seq == alias.c.document_seq)
    .where(among(alias.c.key))
)
_NAMES_OF_ITEMS = select(item.c.key).where(among(item.c.id))
_OTHER_NAMES_OF_ITEMS = (
    select(alias.c.key)
    .join(document, document.c.seq == alias.c.document_seq)
    .where(among(document.c.item_id))
)
_SOUGHT_BY_ITEMS = (
    select(sought.c.key)
    .join(document, document.c.seq == sought.c.document_seq)
    .where(among(document.c.item_id))
)
_ANY = select(sought.c.document_seq).limit(1)
#: what chain.Version is made of, in its order
VERSION = (
    document.c.seq,
    document.c.id,
    document.c.revision_rank,
    document.c.version_created,
    document.c.stage,
    document.c.content_hash,
    document.c.embargoed,
    document.c.erased_at.is_not(None),
)
_KILLS = select(*VERSION).where(among(document.c.seq))


class Reach(NamedTuple):
    """What kills come to, of those that name other items than their own."""

    #: row id of an item → the kills that take it back, with no revision: theirs is of another count
    kills: Mapping[int, Sequence[Version]]
    #: row ids of the items whose kills take something back
    killing: Collection[int]


NOTHING = Reach(kills={}, killing=())


class _Link(NamedTuple):
    """A kill, by its document and its item, and an item that it takes back."""

    kill: int
    of: int
    item: int


def store_names(connection: Connection, new: Sequence[tuple[int, Document]]) -> set[str]:
    """Store what new documents are called, or take back, by number; returns all their names."""
    execute_many(connection, _INSERT_ALIAS, _rows(new, killing=False))
    execute_many(connection, _INSERT_SOUGHT, _rows(new, killing=True))
    return {name for _, each in new for name in (item_key(each.uri), *each.names)}


def add_names(database: Database, connection: Connection, again: Sequence[tuple[int, Document]]) -> set[str]:
    """Store what documents are called that came once more: perhaps by another format, with other names."""
    for table, killing in ((alias, False), (sought, True)):
        if rows := _rows(again, killing=killing):
            connection.execute(database.insert_new(table), rows)
    return {name for _, each in again for name in each.names}


def _rows(told: Sequence[tuple[int, Document]], *, killing: bool) -> Rows:
    return [
        {"document_seq": seq, "key": key}
        for seq, each in told
        if (each.pub_status is PubStatus.CANCELED) is killing
        for key in each.names
    ]


def touched_by(connection: Connection, names: Collection[str], *, new: int = 0) -> set[int]:
    """Find the items that kills may have to do with otherwise by these names, that of the kill too.

    Args:
        connection: Where the names are stored already, or gone.
        names: Of what came or went.
        new: Items that came: names that too many had without them meant nothing before, and mean nothing now.
    """
    return {each for link in _links(connection, names, most=_MOST + new) for each in (link.of, link.item)}


def names_of(connection: Connection, items: Collection[int]) -> set[str]:
    """Give all the names that items have or seek, if any kill seeks one."""
    if connection.execute(_ANY).first() is None:
        return set()
    asked = (_NAMES_OF_ITEMS, _OTHER_NAMES_OF_ITEMS, _SOUGHT_BY_ITEMS)
    return {name for each in asked for name in connection.execute(each, {"values": [*items]}).scalars()}


def reach_of(connection: Connection, items: Collection[int]) -> Reach:
    """Say which kills take back some items from outside, and which of their own kills take back others."""
    names = names_of(connection, items)
    links = _links(connection, names, most=_MOST) if names else []
    if not links:
        return NOTHING
    kills = _kills(connection, {link.kill for link in links if link.item in items})
    found: defaultdict[int, dict[int, Version]] = defaultdict(dict)
    for link in links:
        if link.item in items:
            found[link.item][link.kill] = kills[link.kill]
    return Reach(
        kills={item_id: [*of_item.values()] for item_id, of_item in found.items()},
        killing={link.of for link in links if link.of in items},
    )


def kills_seeking(connection: Connection, names: Collection[str]) -> Mapping[str, Sequence[Version]]:
    """Give the kills that seek items by these names, by name, whether there are such items or not."""
    found = [(row.key, row.document_seq) for row in connection.execute(_SEEKING, {"values": [*names]})]
    kills = _kills(connection, {seq for _, seq in found})
    by_name: defaultdict[str, list[Version]] = defaultdict(list)
    for name, seq in found:
        by_name[name].append(kills[seq])
    return by_name


def _kills(connection: Connection, seqs: Collection[int]) -> Mapping[int, Version]:
    """Read kills for chains of other items, by number; with no revision, as theirs is of another count."""
    found = map(Version._make, connection.execute(_KILLS, {"values": [*seqs]}))
    return {kill.seq: kill._replace(revision_rank=-1) for kill in found}


def _links(connection: Connection, names: Collection[str], *, most: int) -> list[_Link]:
    """Find which kills take back which items by some of these names.

    The name that a kill itself has takes back all its parts, however many; any other one at most `most`.
    """
    seeking: defaultdict[str, list[tuple[int, int, bool]]] = defaultdict(list)
    for name, kill, of, own in fetch(connection, _SEEKING, values=names):
        seeking[name].append((kill, of, name == own))
    if not seeking:
        return []
    having: defaultdict[str, set[int]] = defaultdict(set)
    for statement in (_ITEMS, _OTHERWISE):
        for name, item_id in connection.execute(statement, {"values": [*seeking]}):
            having[name].add(item_id)
    return [
        _Link(kill, of, item_id)
        for name, kills in seeking.items()
        for kill, of, own in kills
        for item_id in having[name] - {of}
        if own or len(having[name] - {of}) <= most
    ]
