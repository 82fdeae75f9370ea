"""Where a queue server is, read from its URL: one server, or the Sentinels that know which one it is. Pure.

    redis://user:password@host:6379/0              rediss:// over TLS; unix:///path/to/socket
    redis+sentinel://user:password@host:26379,host2:26379/service/0        rediss+sentinel:// over TLS

Parameters behind `?` are redis-py's own (`ssl_ca_certs`, `db`, …); for the Sentinels themselves there are
`sentinel_username` and `sentinel_password`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel")
SENTINEL_PORT = 26379

_SENTINEL = "+sentinel"
_CREDENTIAL = re.compile(r"(?:sentinel_|ssl_)?(?:username|password)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAddress:
    """A queue server's address, taken apart."""

    #: as redis-py reads it; with Sentinels its host is of no meaning
    url: str = field(repr=False)
    #: None: `url` is the server
    service: str | None = None
    sentinels: tuple[tuple[str, int], ...] = ()
    #: of the Sentinels themselves, where they ask for one
    sentinel_user: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)

    @property
    def encrypted(self) -> bool:
        """Say whether TLS is spoken, with server and Sentinels."""
        return self.url.startswith("rediss:")


def read_address(url: str) -> RedisAddress:
    """Take a queue URL apart.

    >>> found = read_address("redis+sentinel://a:7000,b/wire/2")
    >>> found.service, found.sentinels, found.url
    ('wire', (('a', 7000), ('b', 26379)), 'redis://sentinel/2')

    Raises:
        ValueError: It is none; says what is wrong, and nothing of what it holds.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in SCHEMES or not rest:
        raise ValueError(
            "should begin with redis://, rediss://, unix://, redis+sentinel:// or rediss+sentinel://"
        )
    if not scheme.endswith(_SENTINEL):
        _check_server(url)
        return RedisAddress(url=url)
    hosts, path, query = _split(rest)
    userinfo, at, hosts = hosts.rpartition("@")
    service, _, database = path.partition("/")
    if not service or (database and not database.isdecimal()):
        raise ValueError(
            "should name the service behind the Sentinels: redis+sentinel://host:26379/service/0"
        )
    options = dict(parse_qsl(query))
    user, password = options.pop("sentinel_username", None), options.pop("sentinel_password", None)
    host, more = f"{userinfo}{at}sentinel", f"?{urlencode(options)}" if options else ""
    return RedisAddress(
        url=f"{scheme.removesuffix(_SENTINEL)}://{host}/{database or 0}{more}",
        service=unquote(service),
        sentinels=tuple(_host(each) for each in hosts.split(",")),
        sentinel_user=user,
        sentinel_password=password,
    )


def with_options(url: str, options: Mapping[str, str]) -> str:
    """Add parameters to a URL, those that it does not have already.

    >>> with_options("rediss://h/0?db=1", {"ssl_ca_certs": "/a b", "db": "2"})
    'rediss://h/0?db=1&ssl_ca_certs=%2Fa+b'
    """
    base, _, query = url.partition("?")
    there = dict(parse_qsl(query, keep_blank_values=True))
    added = {key: value for key, value in options.items() if key not in there}
    return f"{base}?{urlencode(there | added)}" if added else url


def without_credentials(url: str) -> str:
    """Take user and password out of a URL: for where it is written down for others to find.

    >>> without_credentials("redis+sentinel://u:p@a:1,b:2/wire?sentinel_password=w&db=1")
    'redis+sentinel://a:1,b:2/wire?db=1'
    """
    scheme, mark, rest = url.partition("://")
    before, _, query = rest.partition("?")
    hosts, slash, path = before.partition("/")
    options = [
        each for each in parse_qsl(query, keep_blank_values=True) if not _CREDENTIAL.fullmatch(each[0])
    ]
    more = f"?{urlencode(options)}" if options else ""
    return f"{scheme}{mark}{hosts.rpartition('@')[2]}{slash}{path}{more}"


def _split(rest: str) -> tuple[str, str, str]:
    """Split what stands behind `://` into hosts, path and query: urlsplit knows one host only."""
    before, _, query = rest.partition("?")
    hosts, _, path = before.partition("/")
    return hosts, path.strip("/"), query


def _check_server(url: str) -> None:
    """Refuse what redis-py would take for another server or database than is meant."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError("should have a number from 0 to 65535 for its port") from error
    database = "" if parts.scheme == "unix" else parts.path.strip("/")
    if not all(_is_number(each) for each in (database or "0", dict(parse_qsl(parts.query)).get("db", "0"))):
        raise ValueError("should name a database by its number: redis://host:6379/0")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _host(text: str) -> tuple[str, int]:
    """Read one of several hosts; an IPv6 address stands in brackets.

    >>> _host("[::1]:7000"), _host("queue.example")
    (('::1', 7000), ('queue.example', 26379))
    """
    try:
        parts = urlsplit(f"//{text.strip()}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise ValueError("should name each Sentinel as host or host:port, with commas between them")
    return host, port or SENTINEL_PORT
