"""A next release for the tests of migrations: the steps there are, and one that does all that steps do."""

import shutil
from importlib import resources
from pathlib import Path

from pipeline.store.migrate import History

NEXT = "9001"
#: a column, a table, an index, a changed value, a table that is made anew
_STEP = """
import sqlalchemy as sa
from alembic import op

revision = "{next}"
down_revision = "{last}"


def upgrade():
    op.add_column("feed", sa.Column("desk", sa.String(40), nullable=True))
    op.create_table("desk", sa.Column("id", sa.String(40), nullable=False), sa.PrimaryKeyConstraint("id"))
    op.create_index("feed_desk", "feed", ["desk"])
    op.execute("INSERT INTO desk (id) VALUES ('foreign'), ('night')")
    op.execute("UPDATE feed SET desk = 'foreign'")
    with op.batch_alter_table("mark", recreate="always") as table:
        table.add_column(sa.Column("note", sa.String(40), nullable=True))
    op.drop_index("raw_received", "raw")
    op.execute("UPDATE document SET provider = provider || '!'")
"""


def next_release(folder: Path, last: str) -> History:
    """Write the history of a release that is one step ahead of this one."""
    place = folder / "next-release"
    with resources.as_file(resources.files("pipeline.store") / "migrations") as steps:
        shutil.copytree(steps, place, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "versions" / f"v{NEXT}_next.py").write_text(_STEP.format(next=NEXT, last=last))
    return History(place=str(place), head=NEXT)
