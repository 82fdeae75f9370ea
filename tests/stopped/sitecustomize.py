"""Loaded by every Python process of a test that puts this folder on PYTHONPATH: its clocks stand still.

They show NEWSWIRE_TEST_STOPPED_AT. Two installations that are given the same can then be compared to the last
byte. Only where nothing is to go wrong: no lease of a process that died would ever be over.

Which documents are told together decides which stories they make, and it is chance which of them the keeper
finds stored: it waits for all of them.
"""

import os
import sys
from datetime import datetime

from pipeline.clock import SystemClock

_AT = datetime.fromisoformat(os.environ["NEWSWIRE_TEST_STOPPED_AT"])


def _now(_: object) -> datetime:
    return _AT


def _stop_workers() -> None:
    from sqlalchemy import exists, select

    from pipeline.server_clock import ServerClock
    from pipeline.store.stories import Stories
    from pipeline.store.tables import entry, signature

    untold = Stories.untold
    unfinished = select(exists().where(entry.c.state.in_(["pending", "working"]))).union_all(
        select(exists().where(signature.c.linked.is_(False)))
    )

    def all_at_once(self, limit, **more):
        with self._database.read() as connection:
            waits = any(connection.execute(unfinished).scalars())
        return [] if waits else untold(self, limit, **more)

    ServerClock.now = _now
    Stories.untold = all_at_once


SystemClock.now = _now
if {"pipeline.cli", "work"} <= set(sys.orig_argv):
    _stop_workers()
