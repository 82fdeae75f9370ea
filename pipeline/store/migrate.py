"""Bring a database to the schema of this release: whole or not at all, and by one process at a time."""

from sqlalchemy import Connection, inspect

from pipeline.errors import StoreError
from pipeline.store.database import Database
from pipeline.store.migrations import HEAD


def migrate(database: Database) -> None:
    """Make the tables, or bring those of an older release up to date, after a backup of them.

    Raises:
        StoreError: A newer release made the database, or it is another program's.
    """
    with database.read() as connection:
        if _revision(connection) == HEAD:
            return
    database.prepare()
    with database.write() as connection:
        found = _revision(connection)  # another process may have been first
        if found == HEAD:
            return
        _check_known(database, connection, found)
        if found is not None:
            database.backup(f"before-{HEAD}")
        _upgrade(database, connection)


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


def _check_known(database: Database, connection: Connection, found: str | None) -> None:
    if found is not None and found > HEAD:
        raise StoreError(
            f"{database.name} was written by a newer newswire (its schema is {found}, this release knows "
            f"{HEAD}): use that release, or another --data or storage.url"
        )
    if found is None and inspect(connection).get_table_names():
        raise StoreError(
            f"{database.name} is the database of another program: use another --data, or storage.url"
        )


def _upgrade(database: Database, connection: Connection) -> None:
    # Imported only where something is to be done: every command opens the store.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "pipeline.store:migrations")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(f"{database.name}: its schema cannot be brought up to date: {error}") from error
