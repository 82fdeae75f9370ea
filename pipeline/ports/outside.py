"""The clock, and what gets bytes and reads them."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.errors import FetchError
from pipeline.model import Feed, FeedState, Parsed, Response


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return aware UTC."""
        ...


class Fetcher(Protocol):
    """Gets the bytes of a feed."""

    async def fetch(self, feed: Feed, state: FeedState) -> Response:
        """Get one feed, conditionally.

        Raises:
            FetchRetryable: Timeout, DNS, 429, 5xx.
            FetchRefused: Anything that needs a change first.
        """
        ...


class Parser(Protocol):
    """Turns bytes into entries, in a process that can be killed."""

    async def parse(self, body: bytes, *, name: str, media_type: str | None) -> Parsed:
        """Detect the format from the bytes and read it.

        Raises:
            ParseError: No format we read, over a limit, or the parser process had to be killed.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One file or mail of a source that others put things into."""

    #: by which the source knows it: a file's name, a mail's UID
    key: str
    content: Response | FetchError
    #: up to where the source has been read once this is taken in; None: it keeps no such mark
    position: bytes | None = None


class Deliveries(Protocol):
    """Gives what others put into a directory or a mailbox, one thing in memory at a time."""

    def scan(self, feed: Feed, position: bytes | None) -> AsyncGenerator[Delivery, None]:
        """Give what is new, in order. What cannot be read comes as an error that names it.

        Args:
            feed: The source.
            position: The last delivery's that was taken in; None: none was.

        Raises:
            FetchError: The source itself cannot be read.
        """
        ...

    async def taken(self, feed: Feed, delivery: Delivery, *, well: bool) -> None:
        """Mark what is committed: only now may it be moved. What is never marked comes again.

        Args:
            feed: The source.
            delivery: As `scan` gave it.
            well: False: no part of it could be read.
        """
        ...
