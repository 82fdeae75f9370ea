"""Bring a database to the schema of this release: whole or not at all, and by one process at a time."""

from dataclasses import dataclass

from sqlalchemy import Connection, inspect

from pipeline.errors import StoreError
from pipeline.store.database import Database
from pipeline.store.migrations import HEAD, newer


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The steps that lead to a schema."""

    #: package or directory with env.py and `versions`, as Alembic names it
    place: str = "pipeline.store:migrations"
    #: the last step
    head: str = HEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """What was done to a schema."""

    #: at which step it was found; None: there was no schema
    found: str | None
    head: str
    #: where the database is kept as it was before; None: nothing was changed, or nothing was in it
    copy: str | None = None


_OURS = History()


def migrate(database: Database, history: History = _OURS, *, backup: bool = True) -> Migrated:
    """Make the tables, or bring those of an older release up to date, after a backup of what they hold.

    Args:
        database: Which one.
        history: The steps.
        backup: False: whoever asks has made one.

    Raises:
        StoreError: A newer release made the database, or it is another program's, or no backup can be made.
    """
    head = history.head
    with database.read() as connection:
        if _revision(connection) == head:
            return Migrated(found=head, head=head)
    database.prepare()
    with database.migration() as connection:
        found = _revision(connection)  # another process may have been first
        if found == head:
            return Migrated(found=head, head=head)
        _check_known(database, connection, found, head)
        holds = found is not None and _holds_something(connection)
        copy = database.copy_aside(f"before-{head}") if holds and backup else None
        _upgrade(database, connection, history)
    return Migrated(found=found, head=head, copy=copy)


def has_schema(database: Database) -> bool:
    """Say whether a newswire of any release has made its tables there."""
    with database.read() as connection:
        return _revision(connection) is not None


def _revision(connection: Connection) -> str | None:
    """Read at which step the schema is; None where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
    return None if found is None else str(found)


def _check_known(database: Database, connection: Connection, found: str | None, head: str) -> None:
    if found is not None and found > head:
        raise StoreError(
            f"{newer(database.name, found, head)}: use that release, or another --data or storage.url, or "
            "`newswire db restore` a backup that this one made"
        )
    if found is None and inspect(connection).get_table_names():
        raise StoreError(
            f"{database.name} is the database of another program: use another --data, or storage.url"
        )


def _holds_something(connection: Connection) -> bool:
    """Say whether there is anything that a backup would save."""
    return any(
        connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1").first()  # noqa: S608  # names of ours
        for table in ("document", "entry")
    )


def _upgrade(database: Database, connection: Connection, history: History) -> None:
    # Imported only where something is to be done: every command opens the store.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", history.place)
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, history.head)
    except CommandError as error:
        raise StoreError(f"{database.name}: its schema cannot be brought up to date: {error}") from error
