"""The index of near duplicates in Redis: an index only, made again from the store whenever it is lost.

Buckets lie apart by time of publication and expire, so that memory is bounded by what is published within the
window. Whether the index holds all that is stored is a key of its own (the marker): whoever wipes Redis takes
it along. It says in which run of the server, and up to which document. A server that takes the place of
another, or comes back without its last moment, is another run, and has what was entered before it got that
marker. Not for Redis Cluster: the script makes the names of its keys.
"""

import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from pipeline.ports.copies import SLOT_BYTES, Candidates, Held, Mark
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

# Asked inside of a script, so that the run is that of the very server whose keys are read and written.
_RUN = """
local call = redis.call
local run = string.match(call('INFO', 'server'), 'run_id:(%w+)')
local function begun_here(token)
  return token and string.sub(token, 1, #run + 1) == run .. ':'
end
"""
_HELD = f"{_RUN} return {{run, call('GET', KEYS[1]) or ''}}"
_NOTE = f"""{_RUN}
if run ~= ARGV[1] or call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
call('SET', KEYS[1], run .. ':' .. ARGV[3])
return 1
"""
_BEGIN = f"""{_RUN}
local forced = ARGV[3] == '1'
if not forced and begun_here(call('GET', KEYS[2])) then return '' end
if forced then call('DEL', KEYS[1]) end
local token = run .. ':' .. ARGV[1]
call('SET', KEYS[2], token, 'PX', ARGV[2])
return token
"""
_PROLONG = f"""{_RUN}
if call('GET', KEYS[1]) ~= ARGV[1] or not begun_here(ARGV[1]) then return 0 end
return call('PEXPIRE', KEYS[1], ARGV[2])
"""
_FINISH = f"""{_RUN}
if call('GET', KEYS[2]) ~= ARGV[1] or not begun_here(ARGV[1]) then return 0 end
call('SET', KEYS[1], run .. ':' .. ARGV[2])
call('DEL', KEYS[2])
return 1
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
        self._held = self._client.register_script(_HELD)
        self._note = self._client.register_script(_NOTE)
        self._begin = self._client.register_script(_BEGIN)
        self._prolong = self._client.register_script(_PROLONG)
        self._finish = self._client.register_script(_FINISH)

    def check_and_add(self, marks: Sequence[Mark]) -> Candidates:
        """See ports.NearIndex."""
        if not marks:
            return Candidates(whole_in=None, entries=())
        arguments: list[Any] = [_PREFIX, self._life_s]
        for mark in marks:
            number = (mark.entry_id % _ENTRY_RANGE).to_bytes(_ENTRY_BYTES, "big")
            bands = len(mark.bands) // SLOT_BYTES
            late = "1" if mark.late else ""
            arguments += [number, mark.period, late, mark.bands + mark.anchors, bands]
        with redis_errors():
            marker, *answers = self._look_up(keys=[_MARKER], args=arguments)
        found = (_entries(answer, mark.entry_id) for answer, mark in zip(answers, marks, strict=True))
        return Candidates(whole_in=_read(marker)[0], entries=tuple(found))

    def held(self) -> Held:
        """See ports.NearIndex."""
        with redis_errors():
            run, marker = self._held(keys=[_MARKER])
        whole_in, upto = _read(marker)
        return Held(run=run.decode(), whole_in=whole_in, upto=upto)

    def note(self, held: Held, upto: int) -> bool:
        """See ports.NearIndex."""
        marker = f"{held.whole_in}:{held.upto}"
        with redis_errors():
            return bool(self._note(keys=[_MARKER], args=[held.run, marker, upto]))

    def begin_rebuild(self, *, force: bool = False) -> str | None:
        """See ports.NearIndex."""
        own = secrets.token_hex(8)
        with redis_errors():
            token = self._begin(keys=[_MARKER, _REBUILDING], args=[own, _REBUILD_LEASE_MS, int(force)])
        return token.decode() or None

    def keep_rebuild(self, token: str) -> bool:
        """See ports.NearIndex."""
        with redis_errors():
            return bool(self._prolong(keys=[_REBUILDING], args=[token, _REBUILD_LEASE_MS]))

    def finish_rebuild(self, token: str, upto: int) -> bool:
        """See ports.NearIndex."""
        with redis_errors():
            return bool(self._finish(keys=[_MARKER, _REBUILDING], args=[token, upto]))

    def close(self) -> None:
        """Close connections."""
        self._client.close()


def _read(marker: bytes) -> tuple[str | None, int]:
    """Read the marker: the run in which the index was whole, if it is, and up to which document.

    >>> _read(b"3f9c:17"), _read(b"")
    (('3f9c', 17), (None, 0))
    """
    run, _, upto = marker.decode().partition(":")
    return run or None, int(upto or 0)


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
