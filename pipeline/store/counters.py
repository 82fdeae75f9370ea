"""Counts that rise in the same transaction as what they count."""

from collections import Counter

from sqlalchemy import Connection

from pipeline.store.database import Database
from pipeline.store.executing import execute_many
from pipeline.store.tables import counter

#: (name, label) → how many more
Counts = Counter[tuple[str, str]]


def add_counts(database: Database, connection: Connection, counts: Counts) -> None:
    """Raise counters; those that would not change are not touched."""
    rows = [{"name": name, "label": label, "value": n} for (name, label), n in counts.items() if n]
    execute_many(connection, database.insert_or_add(counter, "value"), rows)
