"""Whether a queue server is fit for the work: what is asked of Redis or Valkey, in one table of words. Pure.

Nothing that a server forgets is lost, for the store sends it again. So what costs time only is a warning, and
what cannot work at all is refused.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.ports.queue import QueueServer

#: BLMOVE: a job that a worker has taken and not begun is in the server, not in the worker alone
OLDEST = (6, 2)
_NEARLY_FULL = 0.9


class ServerFault(StrEnum):
    """What may be wrong with a server; the labels of a metric."""

    OLD = "old"
    CLUSTER = "cluster"
    REPLICA = "replica"
    EVICTS = "evicts"
    NEARLY_FULL = "nearly_full"
    NOT_SAVED = "not_saved"
    NOT_KEPT = "not_kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that is wrong with a server."""

    fault: ServerFault
    #: it cannot work: nothing is to start on it
    refused: bool
    #: what it is, what follows from it, what to do
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    fault: ServerFault
    refused: bool
    broken: Callable[[QueueServer], bool]
    words: Callable[[QueueServer], str]


_RULES = (
    _Rule(
        fault=ServerFault.OLD,
        refused=True,
        broken=lambda server: server.like_redis < OLDEST,
        words=lambda server: (
            f"{server.name} {server.version} is too old: Redis 6.2, Valkey 7.2 or newer is needed"
        ),
    ),
    _Rule(
        fault=ServerFault.CLUSTER,
        refused=True,
        broken=lambda server: server.cluster,
        words=lambda _: (
            "it is part of a Redis Cluster, which the queues cannot use: give a single server, or Sentinels"
        ),
    ),
    _Rule(
        fault=ServerFault.REPLICA,
        refused=False,
        broken=lambda server: server.replica,
        words=lambda _: (
            "it is a replica and takes no writes: give the primary, or the Sentinels that know which one "
            "that is (redis+sentinel://)"
        ),
    ),
    _Rule(
        fault=ServerFault.EVICTS,
        refused=False,
        broken=lambda server: server.eviction != "noeviction",
        words=lambda server: (
            f"maxmemory-policy is {server.eviction}: when its memory is full it throws jobs and the index of "
            "copies away; jobs are sent again, copies may go unlinked; set noeviction"
        ),
    ),
    _Rule(
        fault=ServerFault.NEARLY_FULL,
        refused=False,
        broken=lambda server: 0 < server.memory_limit_bytes <= server.memory_bytes / _NEARLY_FULL,
        words=lambda server: (
            f"{server.memory_bytes >> 20} of {server.memory_limit_bytes >> 20} MiB are used: full, it takes "
            "no more jobs until there is room; raise maxmemory"
        ),
    ),
    _Rule(
        fault=ServerFault.NOT_SAVED,
        refused=False,
        broken=lambda server: not server.saves,
        words=lambda _: (
            "its last attempt to save to its disk failed, and it may refuse writes: see its log, make room"
        ),
    ),
    _Rule(
        fault=ServerFault.NOT_KEPT,
        refused=False,
        broken=lambda server: not server.appends,
        words=lambda _: (
            "it keeps no append-only file: after a crash of it what waits is sent again, which costs "
            "seconds, and the index of copies is made again; set appendonly yes"
        ),
    ),
)


def remarks_on(server: QueueServer) -> Sequence[Remark]:
    """Say what is wrong with a server, worst first."""
    return tuple(
        Remark(fault=rule.fault, refused=rule.refused, words=rule.words(server))
        for rule in _RULES
        if rule.broken(server)
    )
