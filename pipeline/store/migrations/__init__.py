"""The schema's history: one file a step under `versions`, run by pipeline.store.migrate."""

#: the step that this release needs; a test holds it against the files. Standing here, it spares every command
#: the import of Alembic.
HEAD = "0001"


def newer(name: str, found: str, known: str = HEAD) -> str:
    """Say that something was written by a release that knows more steps than this one."""
    return f"{name} was written by a newer newswire (its schema is {found}, this release knows {known})"
