"""The life of an entry, and the questions about it that an index answers."""

from enum import StrEnum

from sqlalchemy import literal_column

from pipeline.store.tables import enrichment, entry


class EntryState(StrEnum):
    """pending → working → done, or quarantined and from there pending again or dropped."""

    PENDING = "pending"
    WORKING = "working"
    DONE = "done"
    QUARANTINED = "quarantined"
    DROPPED = "dropped"


class EnrichState(StrEnum):
    """The life of an enrichment: pending → working → the row goes, or it is given up."""

    PENDING = EntryState.PENDING.value
    WORKING = EntryState.WORKING.value
    GIVEN_UP = "given_up"


# Literals, not parameters: a database uses a partial index only where it sees that the condition is the same.
IS_PENDING = entry.c.state == literal_column("'pending'")
IS_WORKING = entry.c.state == literal_column("'working'")
IS_OPEN = IS_PENDING | IS_WORKING
IS_UNENRICHED = enrichment.c.state == literal_column("'pending'")
IS_ENRICHING = enrichment.c.state == literal_column("'working'")
