"""The store: ports.Store put together from its parts, over one database."""

from pipeline.store.archive import Archive
from pipeline.store.care import Care
from pipeline.store.chains import Chains
from pipeline.store.checking import Checking
from pipeline.store.copies import Copies
from pipeline.store.enriching import Enriching
from pipeline.store.erase import Erase
from pipeline.store.feeds import Feeds
from pipeline.store.fetchers import Fetchers
from pipeline.store.heartbeat import Heartbeats
from pipeline.store.intake import Intake
from pipeline.store.quarantine import Quarantine
from pipeline.store.read import Read
from pipeline.store.retagging import Retag
from pipeline.store.retention import Retention
from pipeline.store.snapshot import Snapshots
from pipeline.store.stories import Stories
from pipeline.store.unfinished import Unfinished
from pipeline.store.work import Work


class SqlStore(
    Feeds,
    Fetchers,
    Heartbeats,
    Intake,
    Work,
    Chains,
    Enriching,
    Retag,
    Unfinished,
    Copies,
    Stories,
    Read,
    Snapshots,
    Archive,
    Quarantine,
    Erase,
    Care,
    Checking,
    Retention,
):
    """ports.Store over a SQL database.

    Not to be used across a fork: `close` it in the parent first; parent and child then open their own.
    """

    def close(self) -> None:
        """See ports.Store."""
        self._database.close()
