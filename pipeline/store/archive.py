"""What an archive is made of: all versions of a span of time, and whether anything of it has changed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, and_, case, func, not_, or_, select, type_coerce, union

from pipeline.identity import digest, item_key
from pipeline.model import Document
from pipeline.ports.archive import ArchivedVersion, SpanState, TakenBack
from pipeline.store.among import among
from pipeline.store.chain import SHOWN, TAKES_BACK, Standing, Version, chain_of
from pipeline.store.chains import known_versions
from pipeline.store.database import Part, ReadRow
from pipeline.store.documents import version_of
from pipeline.store.names import kills_seeking
from pipeline.store.read import load
from pipeline.store.shown import may_be_shown
from pipeline.store.tables import document, document_data, item, sought, story_member, tagging

#: versions loaded at a time
_PAGE = 500
_AT = type_coerce(document.c.published_at, BigInteger)
_VERSIONS = select(
    document.c.seq,
    document.c.id,
    item.c.uri,
    document.c.standing,
    document.c.provider,
    document.c.published_at,
    document.c.received_at,
    document.c.stored_at,
    document.c.erased_at,
    document.c.erase_reason,
).join(item, item.c.id == document.c.item_id)
_EXPIRED = document.c.expired_at.is_not(None)
_KNOWN = (
    select(document.c.id)
    .outerjoin(document_data, document_data.c.document_seq == document.c.seq)
    .where(among(document.c.id))
)
#: of a number that every database takes
_DIGITS = 18
_ERASED = and_(document.c.erased_at.is_not(None), not_(_EXPIRED))
_REMEMBERED = or_(_ERASED, document_data.c.document_seq.is_not(None))
_ITEMS = select(item.c.id, item.c.key).where(among(item.c.key))
_LAST = select(document.c.seq, document.c.id).order_by(document.c.seq.desc()).limit(1)


class Archive(Part):
    """The part of the store that is ports.ArchiveStore."""

    def first_published(self, since: datetime) -> datetime | None:
        """See ports.ArchiveStore."""
        first = select(func.min(document.c.published_at)).where(document.c.published_at >= since)
        with self._database.read() as connection:
            found: datetime | None = connection.execute(first).scalar_one()
        return found

    def span_state(self, since: datetime, until: datetime, *, now: datetime) -> SpanState:
        """See ports.ArchiveStore."""
        span = and_(document.c.published_at >= since, document.c.published_at < until)
        each = (
            select(
                document.c.seq,
                document.c.standing,
                document.c.erased_at,
                may_be_shown(now).label("shown"),
                _EXPIRED.label("expired"),
                story_member.c.story_id,
                type_coerce(story_member.c.at, BigInteger).label("told_at"),
            )
            .outerjoin(story_member, story_member.c.document_seq == document.c.seq)
            .where(span)
            .subquery()
        )
        stand = select(
            each.c.standing,
            each.c.shown,
            each.c.expired,
            func.count(),
            func.sum(each.c.seq),
            func.count(each.c.erased_at),
            func.count(each.c.story_id),
            func.max(each.c.told_at),
        )
        groups = (each.c.standing, each.c.shown, each.c.expired)
        stand = stand.group_by(*groups).order_by(*groups)
        tagged = select(func.count(), func.max(type_coerce(tagging.c.tagged_at, BigInteger)))
        tagged = tagged.join(document, document.c.seq == tagging.c.document_seq).where(span)
        with self._database.read() as connection:
            rows = [tuple(row) for row in connection.execute(stand)]
            tags = tuple(connection.execute(tagged).one())
        counts = {True: 0, False: 0}
        for _, is_shown, expired, count, *_ in rows:
            if not expired:
                counts[bool(is_shown)] += count
        words = (str(value) for row in (*rows, tags) for value in row)
        return SpanState(fingerprint=digest("span", *words), shown=counts[True], hidden=counts[False])

    def archived(
        self, since: datetime, until: datetime, *, shown: bool, now: datetime
    ) -> Iterator[ArchivedVersion]:
        """See ports.ArchiveStore. No transaction is open between two pages."""
        of = may_be_shown(now) if shown else not_(may_be_shown(now))
        is_later = case((document.c.standing == Standing.CANCELED, 0), else_=1)
        for later in (0, 1):
            place: tuple[datetime, int] = (since, 0)
            page = _VERSIONS.where(of, not_(_EXPIRED), is_later == later, document.c.published_at < until)
            page = page.order_by(_AT, document.c.seq).limit(_PAGE)
            while True:
                with self._database.read() as connection:
                    rows = connection.execute(page.where(_behind(*place))).all()
                    versions = _versions(connection, rows, now)
                if not rows:
                    break
                yield from versions
                place = rows[-1].published_at, rows[-1].seq

    def known(self, ids: Sequence[str]) -> frozenset[str]:
        """See ports.ArchiveStore."""
        with self._database.read() as connection:
            return frozenset(connection.execute(_KNOWN.where(_REMEMBERED), {"values": ids}).scalars())

    def taken_back(self, since: str | None) -> TakenBack:
        """See ports.ArchiveStore."""
        with self._database.read() as connection:
            last = connection.execute(_LAST).one_or_none()
            later = document.c.seq > _number_of(connection, since)
            taking = select(item.c.key).join(document, document.c.item_id == item.c.id)
            seeking = select(sought.c.key).join(document, document.c.seq == sought.c.document_seq)
            items = union(taking.where(later, document.c.stage >= TAKES_BACK), seeking.where(later))
            keys = connection.execute(items).scalars()
            ids = connection.execute(select(document.c.id).where(later, _ERASED)).scalars()
            place = f"{last.seq} {last.id}" if last else ""
            return TakenBack(place=place, items=frozenset(keys), ids=frozenset(ids))

    def hidden_since(self, gone: Sequence[Document]) -> Mapping[str, str]:
        """See ports.ArchiveStore."""
        of_key: defaultdict[str, list[Document]] = defaultdict(list)
        for each in gone:
            of_key[item_key(each.uri)].append(each)
        with self._database.read() as connection:
            keys = {"values": [*of_key]}
            items = {row.key: row.id for row in connection.execute(_ITEMS, keys)}
            known = known_versions(connection, [*items.values()])
            kills = kills_seeking(connection, [*of_key])
        found: dict[str, str] = {}
        for key in {*items, *kills}:
            own = known.get(items[key], []) if key in items else []
            found |= _hidden([each.version for each in own], kills.get(key, ()), of_key[key])
        return found


def _number_of(connection: Connection, place: str | None) -> int:
    """Find the document that was the last at a place; 0 where it is not: gone, or of another database."""
    seq, _, document_id = (place or "").partition(" ")
    if not seq.isdecimal() or len(seq) > _DIGITS:
        return 0
    same = select(document.c.seq).where(document.c.seq == int(seq), document.c.id == document_id)
    return connection.execute(same).scalar_one_or_none() or 0


def _hidden(
    known: Sequence[Version], kills: Sequence[Version], gone: Sequence[Document]
) -> Iterator[tuple[str, str]]:
    """Say how versions stand that may not be shown, whether a row is left of them or none."""
    on_record = {each.id for each in known}
    # Numbers that no row has.
    lost = [version_of(-n, each) for n, each in enumerate(gone, 1) if each.id not in on_record]
    # `now` is of no account: no standing follows from an embargo.
    chain = chain_of([*known, *lost], datetime.max.replace(tzinfo=UTC), kills=kills)
    wanted = {each.id for each in gone}
    for each in (*known, *lost):
        if each.id in wanted and (standing := chain.standings[each.seq]) not in SHOWN:
            yield each.id, standing


def _behind(at: datetime, seq: int) -> Any:
    """Make the condition that a version comes after a place; written so that the index of dates is used."""
    return and_(
        document.c.published_at >= at,
        or_(document.c.published_at > at, document.c.seq > seq),
    )


def _versions(connection: Connection, rows: Sequence[ReadRow], now: datetime) -> list[ArchivedVersion]:
    texts = {each.document.id: each for each in load(connection, [row.seq for row in rows], now)}
    return [
        ArchivedVersion(
            id=row.id,
            uri=row.uri,
            standing=row.standing,
            provider=row.provider,
            published_at=row.published_at,
            received_at=row.received_at,
            stored_at=row.stored_at,
            stored=texts.get(row.id),
            erased_at=row.erased_at,
            erase_reason=row.erase_reason,
        )
        for row in rows
        if row.id in texts or row.erased_at is not None  # else its text went meanwhile
    ]
