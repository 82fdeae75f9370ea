"""The one clock that looks at the wall."""

from datetime import UTC, datetime


class SystemClock:
    """The ports.Clock of this machine."""

    def now(self) -> datetime:
        """See ports.Clock."""
        return datetime.now(UTC)
