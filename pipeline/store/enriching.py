"""Stored documents on their way through the queue `enrich`: claimed, and their taggings replaced."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select, update

from pipeline.codec import from_json
from pipeline.model import Document, QueueName, Tagging
from pipeline.ports.work import Enriched, Unenriched
from pipeline.store.among import among
from pipeline.store.chains import note_changes
from pipeline.store.counters import Counts, add_counts
from pipeline.store.database import Part, ReadRow
from pipeline.store.documents import store_taggings
from pipeline.store.states import IS_ENRICHING, IS_UNENRICHED, EnrichState
from pipeline.store.tables import document, document_data, document_tag, enrichment, entry, tagging
from pipeline.store.work import note_pace

_CLAIMABLE = (
    select(enrichment.c.document_seq, document_data.c.data, tagging.c.data)
    .join(document_data, document_data.c.document_seq == enrichment.c.document_seq)
    .outerjoin(tagging, tagging.c.document_seq == enrichment.c.document_seq)
    .where(
        among(enrichment.c.document_seq),
        or_(IS_UNENRICHED, and_(IS_ENRICHING, enrichment.c.lease_until <= bindparam("now"))),
    )
    .order_by(enrichment.c.document_seq, tagging.c.tagged_at)
)
_HOLD = (
    update(enrichment)
    .where(among(enrichment.c.document_seq))
    .values(
        state=EnrichState.WORKING,
        attempts=enrichment.c.attempts + 1,
        token=bindparam("new_token"),
        owner=bindparam("new_owner"),
        lease_until=bindparam("lease_until"),
    )
)
_HELD = (
    select(enrichment.c.document_seq, document.c.id)
    .join(document, document.c.seq == enrichment.c.document_seq)
    .where(IS_ENRICHING, enrichment.c.token == bindparam("token"))
)
#: what a finished enrichment replaces, and its own row
_REPLACED = tuple(
    delete(table).where(among(table.c.document_seq)) for table in (tagging, document_tag, enrichment)
)
_UNENRICHED_AMONG = (
    select(func.count())
    .select_from(entry)
    .join(enrichment, enrichment.c.document_seq == entry.c.document_seq)
    .where(among(entry.c.id), or_(IS_UNENRICHED, IS_ENRICHING))
)


class Enriching(Part):
    """The part of ports.WorkStore for documents whose people and organisations are to be found."""

    def claim_unenriched(
        self, ids: Sequence[int], *, token: str, owner: str, now: datetime, lease: timedelta
    ) -> Sequence[Unenriched]:
        """See ports.WorkStore."""
        with self._database.write(lasting=False) as connection:
            # Of several taggings of one document, the last one counts.
            rows = {row[0]: row for row in connection.execute(_CLAIMABLE, {"values": ids, "now": now})}
            held = {"new_token": token, "new_owner": owner, "lease_until": now + lease}
            connection.execute(_HOLD, {"values": list(rows), **held})
        return [_unenriched(row) for row in rows.values()]

    def save_enriched(self, enriched: Sequence[Enriched], *, token: str, now: datetime) -> int:
        """See ports.WorkStore."""
        with self._database.write() as connection:
            held = {row.document_seq: row.id for row in connection.execute(_HELD, {"token": token})}
            mine = [(each.seq, each.tagging) for each in enriched if each.seq in held]
            if mine:
                self._replace(connection, mine, [held[seq] for seq, _ in mine], now)
        return len(mine)

    def unenriched_among(self, ids: Sequence[int]) -> int:
        """See ports.WorkStore."""
        with self._database.read() as connection:
            return connection.execute(_UNENRICHED_AMONG, {"values": ids}).scalar_one()

    def _replace(
        self,
        connection: Connection,
        mine: Sequence[tuple[int, Tagging]],
        document_ids: Sequence[str],
        now: datetime,
    ) -> None:
        for statement in _REPLACED:
            connection.execute(statement, {"values": [seq for seq, _ in mine]})
        store_taggings(connection, mine, now)
        note_changes(connection, "tagged", document_ids, now)
        note_pace(self._database, connection, [QueueName.ENRICH] * len(mine), now)
        add_counts(self._database, connection, Counts({("enriched", ""): len(mine)}))


def _unenriched(row: ReadRow) -> Unenriched:
    seq, data, tags = row
    return Unenriched(
        seq=seq,
        document=from_json(data, Document),
        tagging=from_json(tags, Tagging) if tags is not None else Tagging(),
    )
