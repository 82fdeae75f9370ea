"""The index of near duplicates in Redis: an index only, made again from the store whenever it is lost.

Buckets lie apart by time of publication and expire, so that memory is bounded by what is published within the
window. Whether the index holds all that is stored is a key of its own (the marker): whoever wipes Redis takes
it along. Not for Redis Cluster: the script makes the names of its keys.
"""

import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from pipeline.ports import SLOT_BYTES, Found, Mark
from pipeline.redis_server import connect, redis_errors

#: short: it stands in the name of each bucket
_PREFIX = "near:"
_MARKER = f"{_PREFIX}complete"
_REBUILDING = f"{_PREFIX}rebuilding"
#: of the documents that share a slot, those that share most are looked at
MOST_FOUND = 64
#: a rebuild that says nothing for so long has died
_REBUILD_LEASE_MS = 60_000
_ENTRY_BYTES = 4
_ENTRY_RANGE = 1 << 8 * _ENTRY_BYTES
_SCRIPT = Path(__file__).with_suffix(".lua").read_text("utf-8")

_FINISH = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], '1')
redis.call('DEL', KEYS[2])
return 1
"""
_PROLONG = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""


class RedisNearIndex:
    """The ports.NearIndex over Redis or Valkey.

    Args:
        url: Where the server is.
        life: How long a bucket is kept after its first entry.
        patience_s: How long one question may take; None: as long as suits a worker.
    """

    def __init__(self, url: str, *, life: timedelta, patience_s: float | None = None) -> None:
        self._client = connect(url, patience_s)
        self._life_s = int(life.total_seconds())
        self._look_up = self._client.register_script(_SCRIPT)
        self._finish = self._client.register_script(_FINISH)
        self._prolong = self._client.register_script(_PROLONG)

    def check_and_add(self, marks: Sequence[Mark]) -> Found:
        """See ports.NearIndex."""
        if not marks:
            return Found(complete=True, entries=())
        arguments: list[Any] = [_PREFIX, self._life_s]
        for mark in marks:
            number = (mark.entry_id % _ENTRY_RANGE).to_bytes(_ENTRY_BYTES, "big")
            bands = len(mark.bands) // SLOT_BYTES
            late = "1" if mark.late else ""
            arguments += [number, mark.period, late, mark.bands + mark.anchors, bands]
        with redis_errors():
            complete, *answers = self._look_up(keys=[_MARKER], args=arguments)
        found = (_entries(answer, mark.entry_id) for answer, mark in zip(answers, marks, strict=True))
        return Found(complete=bool(complete), entries=tuple(found))

    def is_complete(self) -> bool:
        """See ports.NearIndex."""
        with redis_errors():
            return bool(self._client.exists(_MARKER))

    def begin_rebuild(self, *, force: bool = False) -> str | None:
        """See ports.NearIndex."""
        token = secrets.token_hex(8)
        with redis_errors():
            if force:
                self._client.delete(_MARKER)
            taken = self._client.set(_REBUILDING, token, nx=not force, px=_REBUILD_LEASE_MS)
        return token if taken else None

    def keep_rebuild(self, token: str) -> bool:
        """See ports.NearIndex."""
        with redis_errors():
            return bool(self._prolong(keys=[_REBUILDING], args=[token, _REBUILD_LEASE_MS]))

    def finish_rebuild(self, token: str) -> bool:
        """See ports.NearIndex."""
        with redis_errors():
            return bool(self._finish(keys=[_MARKER, _REBUILDING], args=[token]))

    def close(self) -> None:
        """Close connections."""
        self._client.close()


def _entries(answer: bytes, near: int) -> tuple[int, ...]:
    """Read the entries of an answer, those that share most first; the oldest of equals first."""
    numbers = Counter(answer[at : at + _ENTRY_BYTES] for at in range(0, len(answer), _ENTRY_BYTES))
    shares = {
        _whole(int.from_bytes(number, "big"), near): count for number, count in numbers.items() if count > 1
    }
    return tuple(sorted(shares, key=lambda entry: (-shares[entry], entry))[:MOST_FOUND])


def _whole(number: int, near: int) -> int:
    """Give the entry id that ends in these 32 bits and is nearest to another.

    >>> _whole(5, near=2**32 + 9) == 2**32 + 5, _whole(2**32 - 1, near=2**32 + 9) == 2**32 - 1
    (True, True)
    """
    half = _ENTRY_RANGE // 2
    return near - (near - number + half) % _ENTRY_RANGE + half
