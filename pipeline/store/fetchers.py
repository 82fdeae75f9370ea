"""Fetchers: which there are, and whether their feeds.yaml are the same."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select

from pipeline.ports.feeds import Announced, FetcherState
from pipeline.store.database import Part
from pipeline.store.feeds import retire
from pipeline.store.tables import fetcher

#: a fetcher that has not been heard of for so long is not shown; one that runs says so every ten seconds
_SHOWN_FOR = timedelta(minutes=3)

_INSERT = insert(fetcher)
_ALL = select(fetcher).order_by(fetcher.c.owner)


class Fetchers(Part):
    """The part of ports.FeedStore that knows fetchers."""

    def announce(self, state: FetcherState, *, gone: Sequence[FetcherState] = ()) -> Announced:
        """See ports.FeedStore."""
        with self._database.write(lasting=False) as connection:
            for each in gone:
                silent = fetcher.c.owner == each.owner, fetcher.c.heard_at == each.heard_at
                connection.execute(delete(fetcher).where(*silent))
            before = _read(connection, _ALL)
            connection.execute(delete(fetcher).where(fetcher.c.owner == state.owner))
            connection.execute(_INSERT, asdict(state))
        others = tuple(each for each in before if each.owner != state.owner)
        return Announced(known=len(others) < len(before), others=others)

    def leave(self, owner: str) -> None:
        """See ports.FeedStore."""
        with self._database.write(lasting=False) as connection:
            connection.execute(delete(fetcher).where(fetcher.c.owner == owner))

    def retire_agreed(self, but: Collection[str], feeds_key: str) -> bool:
        """See ports.FeedStore."""
        with self._database.write() as connection:
            if connection.execute(_ALL.where(fetcher.c.feeds_key != feeds_key)).first():
                return False
            retire(connection, but)
        return True

    def fetchers(self, now: datetime) -> Sequence[FetcherState]:
        """See ports.ReadStore."""
        with self._database.read() as connection:
            return living_fetchers(connection, now)


def living_fetchers(connection: Connection, now: datetime) -> tuple[FetcherState, ...]:
    """Read the fetchers that run."""
    return _read(connection, _ALL.where(fetcher.c.heard_at > now - _SHOWN_FOR))


def _read(connection: Connection, which: Select[Any]) -> tuple[FetcherState, ...]:
    return tuple(FetcherState(**row._mapping) for row in connection.execute(which))
