"""The life of an entry, and the questions about it that an index answers."""

from enum import StrEnum

from sqlalchemy import literal_column

from pipeline.store.tables import entry


class EntryState(StrEnum):
    """pending → working → done, or quarantined and from there pending again or dropped."""

    PENDING = "pending"
    WORKING = "working"
    DONE = "done"
    QUARANTINED = "quarantined"
    DROPPED = "dropped"


# Literals, not parameters: a database uses a partial index only where it sees that the condition is the same.
IS_PENDING = entry.c.state == literal_column("'pending'")
IS_WORKING = entry.c.state == literal_column("'working'")
