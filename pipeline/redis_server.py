"""The way to a Redis or Valkey server: alone or behind Sentinels, with or without TLS; and what it is."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.connection import SSLConnection, parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel

from pipeline.errors import ConfigError, QueueError
from pipeline.ports.queue import QueueServer
from pipeline.redaction import hide_in_urls
from pipeline.redis_address import RedisAddress, read_address

_CONNECT_S = 2.0
_ANSWER_S = 5.0
#: one of several Sentinels may be away: the next is asked soon
_SENTINEL_S = 1.0

#: what redis-py says → what it means; the first that fits
_WORDS = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"Timeout (?:connecting|reading|writing)", "it does not answer"),
        (r"Error (?:61|111) connecting to (\S+)\. ", r"it refuses connections at \1"),
        (r"Error 2 connecting to (?:unix:)?(\S+)\. ", r"there is no socket \1"),
        (r"Error -\d+ connecting to (\S+):\d+\. ", r"the name \1 does not resolve"),
        (r"Error 1 connecting to (\S+)\. \[SSL: WRONG_VERSION_NUMBER", r"what answers at \1 speaks no TLS"),
        (r"Error \d+ connecting to (\S+)\. (.+?)\.?$", r"no connection to \1: \2"),
        (r"Protocol [Ee]rror", "what answers there is no Redis or Valkey"),
        (r"Connection closed by server", "it closes the connection"),
        (
            r"(?:NOAUTH )?Authentication required",
            "it asks for a password: give queue.url as the service that runs has it",
        ),
        (
            r"(?:WRONGPASS )?invalid username-password pair",
            "it refuses the user or the password of queue.url",
        ),
        (r".*got an unexpected keyword argument '(\w+)'", r"there is no option \1"),
    )
)


def connect(url: str, patience_s: float | None = None) -> redis.Redis:
    """Open a client for a queue URL, which tries at most twice; nothing is sent yet.

    Args:
        url: See pipeline.redis_address.
        patience_s: How long one answer may take, asked once; None: as long as suits who sends.

    Raises:
        QueueError: The URL is not usable.
    """
    # The timeouts bound how long a caller waits on a Redis that is stopped, not down.
    return _open(
        url,
        socket_connect_timeout=min(_CONNECT_S, patience_s or _CONNECT_S),
        socket_timeout=patience_s or _ANSWER_S,
        retry=Retry(NoBackoff(), 0 if patience_s else 1),
    )


def check_url(url: str) -> None:
    """Look whether a client can be opened for a queue URL; the server is not asked.

    Raises:
        ConfigError: None can, as it has an option that there is not.
    """
    try:
        _open(url, socket_connect_timeout=_CONNECT_S).close()
    except QueueError as error:
        raise ConfigError(f"queue.url: {error}") from error


def connect_patiently(url: str) -> redis.Redis:
    """Open a client for one who waits for the server, and whose answers may take long. Raises QueueError."""
    return _open(url, socket_connect_timeout=_CONNECT_S)


@contextmanager
def redis_errors() -> Iterator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise QueueError(f"the queue server does not work: {_in_our_words(str(error))}") from error


def _in_our_words(said: str) -> str:
    for pattern, words in _WORDS:
        if match := pattern.match(said):
            return hide_in_urls(match.expand(words))
    return hide_in_urls(said)


def server_of(info: Mapping[str, Any]) -> QueueServer:
    """Read what a server says of itself (INFO)."""
    saved = [info.get(key, "ok") for key in ("rdb_last_bgsave_status", "aof_last_write_status")]
    return QueueServer(
        name="Valkey" if "valkey_version" in info else "Redis",
        version=str(info.get("valkey_version") or info.get("redis_version") or "?"),
        # Valkey tells which Redis it can stand for: by that is judged what it can do.
        like_redis=_numbers(str(info.get("redis_version", ""))),
        replica=info.get("role") == "slave",
        cluster=bool(info.get("cluster_enabled")),
        appends=bool(info.get("aof_enabled")),
        saves=all(each == "ok" for each in saved),
        eviction=str(info.get("maxmemory_policy", "noeviction")),
        memory_limit_bytes=int(info.get("maxmemory", 0)),
        memory_bytes=int(info.get("used_memory", 0)),
    )


def _open(url: str, **options: Any) -> redis.Redis:
    try:
        address = read_address(url)
        if address.service is None:
            client = redis.Redis.from_url(address.url, **options)
        else:
            client = _behind_sentinels(address, address.service, options)
        # An option that there is not would be an error of ours, when the first connection is made.
        client.connection_pool.make_connection()
    except (ValueError, TypeError) as error:
        raise QueueError(f"the queue URL is not usable: {_in_our_words(str(error))}") from error
    return client


def _behind_sentinels(address: RedisAddress, service: str, options: Mapping[str, Any]) -> redis.Redis:
    """Open a client that asks the Sentinels where the server is, at each new connection."""
    given: dict[str, Any] = {**parse_url(address.url)}  # type: ignore[no-untyped-call]  # redis is partly untyped
    given.pop("host")
    if given.pop("connection_class", None) is SSLConnection:
        given["ssl"] = True
    of_sentinels = {
        "username": address.sentinel_user,
        "password": address.sentinel_password,
        "socket_connect_timeout": min(_SENTINEL_S, options["socket_connect_timeout"]),
        "socket_timeout": min(_SENTINEL_S, options["socket_connect_timeout"]),
        "retry": Retry(NoBackoff(), 0),
        **{key: value for key, value in given.items() if key.startswith("ssl")},
    }
    sentinel = Sentinel(address.sentinels, sentinel_kwargs=of_sentinels)  # type: ignore[no-untyped-call]
    client: redis.Redis = sentinel.master_for(service, **given, **options)  # type: ignore[no-untyped-call]
    return client


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdecimal())
