"""What an archive has and the store let go: it stays, and what is taken back of it leaves the readers' part.

A kill may come years after retention took what it kills, and an erasure too. To read all of an archive at
each run for that would take hours: a run goes only through ids and items of files that have more rows than
the store has versions, and only if something was taken back since the last run that went through all of them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from pipeline.archive.columns import Row
from pipeline.archive.pieces import DamagedTableError, UnreadableTableError, about_table, rows_of
from pipeline.archive.target import Target
from pipeline.errors import ServiceError
from pipeline.identity import item_key
from pipeline.model import Document, PubStatus, Signal
from pipeline.ports.archive import ArchiveStore

#: up to where what was taken back was held against the archive; readers of Parquet and `import` pass over it
MARK = "_audit/.taken-back"

#: what to do about a damaged file
_HOW = (
    "; put a copy of it there, and give --again once. One that is made anew (move this one away) lacks what "
    "retention has removed from the store"
)
#: columns that tell what a version's place in its chain is
_PLACE = (
    "id", "uri", "provider", "format", "content_hash", "revision", "version_created", "signal", "pub_status",
    "lead",
)  # fmt: skip


class Tables:
    """The files of an archive, as they were before a run.

    Every method raises ServiceError where a file cannot be read, is damaged, or is a newer newswire's.
    """

    def __init__(self, target: Target, paths: Collection[str]) -> None:
        self._target = target
        self._paths = paths
        self._known: dict[str, tuple[Mapping[str, str], int]] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._paths

    def about(self, path: str) -> tuple[Mapping[str, str], int]:
        """Give the words in a file's footer, and how many rows it has."""
        if path not in self._known:
            with self._errors(path), self._target.opened(path) as file:
                self._known[path] = about_table(file)
        return self._known[path]

    def rows(self, path: str, columns: Sequence[str] | None = None) -> Iterator[list[Row]]:
        """Read the rows of a file, some at a time; of a file that is not there, none."""
        if path in self._paths:
            with self._errors(path), self._target.opened(path) as file:
                yield from rows_of(file, columns)

    @contextmanager
    def _errors(self, path: str) -> Iterator[None]:
        try:
            yield
        except UnreadableTableError as error:
            how = _HOW if isinstance(error, DamagedTableError) else ""
            raise ServiceError(f"{self._target.url}/{path}: {error}{how}") from error


class Remembered:
    """What was taken back, held against rows of an archive that the store knows nothing of.

    Asked for before the first span: what comes amid a run may come too late for one that is done, and is for
    the next run.
    """

    def __init__(self, store: ArchiveStore, target: Target, tables: Tables) -> None:
        self._store = store
        self._target = target
        self._tables = tables
        self._looked = False
        self._since = self._noted()
        self._taken = store.taken_back(self._since)

    def is_touched(self, path: str, stored: int, *, shown: bool) -> bool:
        """Say whether something was taken back since of what only a file has.

        Args:
            path: Of the file; it need not be there.
            stored: How many versions the store has of it.
            shown: The file is of what may be shown.
        """
        if path not in self._tables or self._tables.about(path)[1] <= stored:
            return False
        self._looked = True
        items = self._taken.items if shown else frozenset()
        ids = self._taken.ids
        rows = self._tables.rows(path, ("id", "uri")) if items or ids else ()
        return any(row["id"] in ids or item_key(row["uri"]) in items for some in rows for row in some)

    def leaving(self, path: str) -> Mapping[str, str]:
        """Say which rows of a file that readers see must leave it, and how they stand, by id."""
        found: dict[str, str] = {}
        for rows in self._tables.rows(path, _PLACE):
            known = self._store.known([row["id"] for row in rows])
            gone = [_placed(row) for row in rows if row["id"] not in known]
            if gone:
                found |= self._store.hidden_since(gone)
        return found

    def note(self) -> None:
        """Keep in mind that all of the archive was held against what was taken back by now."""
        if self._looked and self._taken.place != self._since:
            self._target.write(MARK, [self._taken.place.encode()])

    def _noted(self) -> str | None:
        if MARK not in self._tables:
            return None
        with self._target.opened(MARK) as file:
            return file.read().decode("ascii", "replace")


def _placed(row: Row) -> Document:
    """Make of a row a document that tells its place in its chain, and nothing else."""
    return Document(
        id=row["id"],
        uri=row["uri"],
        provider=row["provider"],
        format=row["format"],
        content_hash=row["content_hash"],
        revision=row["revision"],
        version_created=row["version_created"],
        signal=Signal(row["signal"]) if row["signal"] else None,
        pub_status=PubStatus(row["pub_status"]),
        lead=row["lead"],
        body_text=row["lead"],  # whether there is a text matters, not what it says
    )
