"""What an archive is made of: all versions of a span of time, and whether anything of it has changed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, and_, case, func, not_, or_, select, type_coerce

from pipeline.identity import digest
from pipeline.ports import ArchivedVersion, SpanState
from pipeline.store.among import among
from pipeline.store.chain import SHOWN, Standing
from pipeline.store.database import Part, ReadRow
from pipeline.store.read import load
from pipeline.store.shown import may_be_shown
from pipeline.store.tables import document, document_data, item, story_member, tagging

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
_REMEMBERED = or_(
    and_(document.c.erased_at.is_not(None), not_(_EXPIRED)), document_data.c.document_seq.is_not(None)
)
#: killed or withheld after retention took its text
_HIDDEN_SINCE = and_(_EXPIRED, document.c.standing.not_in(SHOWN))


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

    def known(self, ids: Sequence[str], *, shown: bool) -> frozenset[str]:
        """See ports.ArchiveStore."""
        known = _KNOWN.where(or_(_REMEMBERED, _HIDDEN_SINCE) if shown else _REMEMBERED)
        with self._database.read() as connection:
            return frozenset(connection.execute(known, {"values": ids}).scalars())


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
