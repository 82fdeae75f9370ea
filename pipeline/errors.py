"""The error tree. A class exists only where some caller acts differently on it.

NewswireError
├── ConfigError            stop before starting, exit 2
├── QueryError             a search that is not understood, exit 2
├── ChangesGoneError       who follows the change log has missed some of it: read everything again
├── FeedError              one feed: note it, back off, carry on   (carries reason, detail)
│   ├── FetchError
│   │   ├── FetchRetryable   timeout, DNS, 429, 5xx               (may carry retry_after)
│   │   └── FetchRefused     404, 410, TLS, too large, private address
│   └── ParseError         the bytes are no feed we can read: the raw copy goes to quarantine
├── EntryError             this entry, for ever: quarantine        (carries reason, detail)
└── ServiceError           Redis, database: let the job fail, it is sent again
    ├── QueueError
    └── StoreError
        └── DamagedError   some of it: what is around it can still be read
"""

from datetime import timedelta
from enum import StrEnum


class Reason(StrEnum):
    """Why something did not work: the log value, the metric label and the status page's column."""

    # fetching
    DNS = "dns"
    CONNECT = "connect"
    TIMEOUT = "timeout"
    TLS = "tls"
    BLOCKED_ADDRESS = "blocked_address"
    REDIRECTS = "redirects"
    TOO_LARGE = "too_large"
    BAD_ENCODING = "bad_encoding"
    BAD_RESPONSE = "bad_response"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    GONE = "gone"
    RATE_LIMITED = "rate_limited"
    HTTP_CLIENT_ERROR = "http_client_error"
    HTTP_SERVER_ERROR = "http_server_error"
    UNREADABLE = "unreadable"
    # parsing
    NOT_A_FEED = "not_a_feed"
    UNKNOWN_FORMAT = "unknown_format"
    PARSE_FAILED = "parse_failed"
    PARSE_LIMIT = "parse_limit"
    BAD_RECORD = "bad_record"
    UNKNOWN_SENDER = "unknown_sender"
    # processing
    EMPTY = "empty"
    CRASHED = "crashed"


#: how a command ends that refuses its configuration or the words it was given
CONFIG_WRONG = 2


class NewswireError(Exception):
    """Base of all errors that newswire raises itself."""

    @property
    def words(self) -> str:
        """Say for people what is wrong."""
        return str(self)


class ConfigError(NewswireError):
    """The configuration is wrong; the message names file, line, column and what to do."""


class QueryError(NewswireError):
    """A search is not understood; the message says what is wrong and what was perhaps meant."""


class ChangesGoneError(NewswireError):
    """Changes are asked for that are no longer kept; the message says from where on they are."""


class _Reasoned(NewswireError):
    """An error with a reason from the fixed set and a detail in words."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    @property
    def words(self) -> str:
        """Say for people what is wrong; the reason is for machines."""
        return self.detail


class FeedError(_Reasoned):
    """One feed could not be polled this time."""


class FetchError(FeedError):
    """The bytes could not be had."""

    def __init__(
        self,
        reason: Reason,
        detail: str,
        *,
        status: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(reason, detail)
        self.status = status
        self.retry_after = retry_after


class FetchRetryable(FetchError):
    """It may work later: timeout, DNS, 429, 5xx."""


class FetchRefused(FetchError):
    """It will not work until something changes: 404, 410, TLS, too large, blocked address."""


class ParseError(FeedError):
    """The bytes cannot be read as any format; they are kept in quarantine."""


class EntryError(_Reasoned):
    """This entry can never be processed; it goes to quarantine with its reason."""


class ServiceError(NewswireError):
    """A service that we need is not usable now; the job fails and is sent again."""


class QueueError(ServiceError):
    """Redis or Valkey is not usable now."""


class StoreError(ServiceError):
    """The database is not usable now."""


class DamagedError(StoreError):
    """Something that is stored is damaged, and not what is around it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}: {remedy}")
        self.what = what
        self.remedy = remedy
