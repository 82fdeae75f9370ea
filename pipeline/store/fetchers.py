"""Fetchers: which there are, and whether their feeds.yaml are the same."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select

from pipeline.ports.feeds import FetcherState
from pipeline.store.database import Part
from pipeline.store.feeds import retire
from pipeline.store.tables import fetcher

#: a fetcher that has not been heard of for so long is gone; one that runs says so twice a minute
GONE_AFTER = timedelta(minutes=3)

_INSERT = insert(fetcher)
_OTHERS = select(fetcher.c.owner).limit(1)


class Fetchers(Part):
    """The part of ports.FeedStore that knows fetchers."""

    def announce(self, state: FetcherState) -> bool:
        """See ports.FeedStore."""
        is_own = fetcher.c.owner == state.owner
        gone = fetcher.c.heard_at <= state.heard_at - GONE_AFTER
        with self._database.write(lasting=False) as connection:
            known = connection.execute(select(fetcher.c.owner).where(is_own, ~gone)).first() is not None
            connection.execute(delete(fetcher).where(or_(is_own, gone)))
            connection.execute(
                _INSERT,
                {
                    "owner": state.owner,
                    "host": state.host,
                    "feeds_key": state.feeds_key,
                    "feeds": state.feeds,
                    "heard_at": state.heard_at,
                },
            )
        return known

    def leave(self, owner: str) -> None:
        """See ports.FeedStore."""
        with self._database.write(lasting=False) as connection:
            connection.execute(delete(fetcher).where(fetcher.c.owner == owner))

    def retire_agreed(self, but: Collection[str], feeds_key: str) -> bool:
        """See ports.FeedStore."""
        with self._database.write() as connection:
            if connection.execute(_OTHERS.where(fetcher.c.feeds_key != feeds_key)).first():
                return False
            retire(connection, but)
        return True

    def fetchers(self, now: datetime) -> Sequence[FetcherState]:
        """See ports.ReadStore."""
        with self._database.read() as connection:
            return living_fetchers(connection, now)


def living_fetchers(connection: Connection, now: datetime) -> tuple[FetcherState, ...]:
    """Read the fetchers that run."""
    living = select(fetcher).where(fetcher.c.heard_at > now - GONE_AFTER).order_by(fetcher.c.owner)
    return tuple(FetcherState(**row._mapping) for row in connection.execute(living))
