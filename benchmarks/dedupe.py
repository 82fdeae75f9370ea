"""What finding copies costs: from text to signature, and the index at size.

    python -m benchmarks.dedupe [--documents 1000000]

Text to signature stands beside bare rensa in the same run: the text lowered, split, joined to word triples
and given to RMinHash with as many permutations; and beside rensa alone on triples that are already made. The
index is the embedded Valkey, filled with generated signatures; its memory is what the server says it uses,
less what it used when it was empty.
"""

import argparse
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import rensa
from numpy.typing import NDArray

from benchmarks.corpus import Corpus
from pipeline.near_index import RedisNearIndex
from pipeline.ports.copies import Mark
from pipeline.redis_server import connect
from pipeline.service.embedded import queue_url, valkey_command, wait_until_ready
from workers.dedupe.compare import Rules, compare, text_of
from workers.dedupe.signature import BANDS, ROWS, pack, sign, slots
from workers.dedupe.text import comparable_text

ROUNDS = 9
TEXTS = 300
BATCH = 64
#: anchors of a text of some hundred words, on average
ANCHORS = 9
PERIOD = 1_500
LIFE = timedelta(days=29)
#: documents of which lookups are measured, at the end
LOOKED_UP = 5_000
#: in each of the two periods; together a share of the documents that are entered
FILLED_AT_ONCE = 100_000
_ENTER = """
for n = 2, #ARGV, 2 do
  local fresh = redis.call('EXISTS', ARGV[n]) == 0
  redis.call('APPEND', ARGV[n], ARGV[n + 1])
  if fresh then redis.call('EXPIRE', ARGV[n], ARGV[1]) end
end
"""
_KEYS_AT_ONCE = 1_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--documents", type=int, default=1_000_000)
    chosen = parser.parse_args()
    measure_signatures()
    measure_index(chosen.documents)


def measure_signatures() -> None:
    """Print what signing and comparing cost, beside their floor."""
    corpus = Corpus(seed=7)
    texts = [re.sub("<[^>]+>", "", corpus.html()).replace("\n", "\n\n") for _ in range(TEXTS)]
    triples = [_triples(text) for text in texts]

    def ours() -> None:
        for text in texts:
            pack_of(text)

    def from_text() -> None:
        for text in texts:
            _bare(_triples(text))

    def from_triples() -> None:
        for each in triples:
            _bare(each)

    ours()
    times = [[_cpu_us(call) for call in (ours, from_text, from_triples)] for _ in range(ROUNDS)]
    mine, whole, bare = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"text to signature, {TEXTS} texts of 400 words, CPU µs a document (medians of {ROUNDS} rounds)")
    print(f"  ours {mine:.1f}; bare rensa from the text {whole:.1f}; rensa alone, triples given {bare:.1f}")
    print(
        f"  ours / bare rensa from the text: {statistics.median(a / b for a, b, _ in times):.2f} (mark: 1.3)"
    )
    pairs = [(text_of("A headline", a), text_of("A headline", a.replace(" said", " told"))) for a in texts]
    rules = Rules()
    read = _cpu_us(lambda: [text_of("A headline", text) for text in texts])
    compared = _cpu_us(lambda: [compare(one, other, rules) for one, other in pairs])
    print(f"reading a candidate's text {read:.0f} µs, comparing two that were read {compared:.0f} µs")


def measure_index(documents: int) -> None:
    """Fill the index; print what the last documents ask and are answered, and what all of them hold.

    The first are entered without being looked up, which leaves the same behind.
    """
    dice = np.random.default_rng(5)
    last = min(LOOKED_UP, documents)
    with _server() as url:
        index, client = RedisNearIndex(url, life=LIFE), connect(url)
        empty = _memory(client)
        _fill(client, dice, documents - last)
        commands, candidates, began, cpu = _commands(client), 0, time.perf_counter(), _server_cpu(client)
        for first in range(documents - last, documents, BATCH):
            found = index.check_and_add(_marks(dice, first + 1, min(BATCH, documents - first)))
            candidates += sum(map(len, found.entries))
        wall, server = time.perf_counter() - began, _server_cpu(client) - cpu
        said = (
            f"{(_memory(client) - empty) / documents:.0f} bytes (mark: 350)",
            f"{(_commands(client) - commands) / last:.4f} commands in batches of {BATCH} (mark: 1)",
            f"{candidates / last:.3f} candidates by chance",
            f"at most {1 / BATCH:.4f} database reads: one a batch, where anything was found",
            f"{server / last * 1e6:.0f} µs of the server's CPU, {wall / last * 1e6:.0f} µs wall",
        )
    print(f"a document, in an index of {documents} of {BANDS} bands of {ROWS} and {ANCHORS} anchors each:")
    print("\n".join(f"  {line}" for line in said))


def _fill(client: Any, dice: np.random.Generator, documents: int) -> None:
    """Enter documents, some ten records of a bucket at once."""
    enter = client.register_script(_ENTER)
    for first in range(0, documents, FILLED_AT_ONCE):
        count = min(FILLED_AT_ONCE, documents - first)
        for period in (PERIOD, PERIOD + 1):
            entries = np.arange(first + period % 2, first + count, 2, dtype=">u4")
            arguments = list(_buckets(dice, entries, f"near:{period}:".encode()))
            for at in range(0, len(arguments), 2 * _KEYS_AT_ONCE):
                enter(args=[int(LIFE.total_seconds()), *arguments[at : at + 2 * _KEYS_AT_ONCE]])
    for period in (PERIOD, PERIOD + 1):
        client.set(f"near:{period}", "1")


def _buckets(dice: np.random.Generator, entries: NDArray[Any], prefix: bytes) -> Iterator[bytes]:
    """Give keys and records of documents that have nothing in common."""
    entries = np.repeat(entries, BANDS + ANCHORS)
    places = dice.integers(0, 2**17, len(entries), dtype=np.uint32)
    order = np.argsort(places, kind="stable")
    records = np.empty((len(entries), 6), dtype=np.uint8)
    records[:, :2] = dice.integers(0, 256, (len(entries), 2), dtype=np.uint8)
    records[:, 2:] = entries[order].view(np.uint8).reshape(-1, 4)
    keys, starts = np.unique(places[order], return_index=True)
    ends = np.append(starts[1:], len(entries))
    for key, start, end in zip(keys.tolist(), starts.tolist(), ends.tolist(), strict=True):
        yield prefix + int(key).to_bytes(3, "big")
        yield records[start:end].tobytes()


def pack_of(text: str) -> bytes | None:
    """Make what is stored of a text."""
    signature = sign(comparable_text(text))
    return pack(signature) if signature else None


def _triples(text: str) -> list[str]:
    words = text.lower().split()
    return [" ".join(triple) for triple in zip(words, words[1:], words[2:], strict=False)]


def _bare(triples: Sequence[str]) -> object:
    bare = rensa.RMinHash(BANDS * ROWS, 1)
    bare.update(triples)
    return bare.digest()


def _cpu_us(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return (time.process_time() - began) / TEXTS * 1e6


def _marks(dice: np.random.Generator, first: int, count: int) -> list[Mark]:
    """Make documents that have nothing in common: a good hash of different texts is as good as chance."""
    keys = dice.integers(0, 2**64, (count, BANDS + ANCHORS), dtype=np.uint64)
    return [
        Mark(
            entry_id=first + n,
            period=PERIOD + n % 2,
            late=False,
            bands=slots(keys[n, :BANDS]),
            anchors=slots(keys[n, BANDS:]),
        )
        for n in range(count)
    ]


def _memory(client: Any) -> int:
    return int(client.info("memory")["used_memory"])


def _commands(client: Any) -> int:
    stats = client.info("commandstats")
    return sum(each["calls"] for name, each in stats.items() if name in ("cmdstat_evalsha", "cmdstat_eval"))


def _server_cpu(client: Any) -> float:
    used = client.info("cpu")
    return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])


@contextmanager
def serving_index() -> Iterator[RedisNearIndex]:
    """Give an empty index on a server of its own."""
    with _server() as url:
        index = RedisNearIndex(url, life=LIFE)
        yield index
        index.close()


@contextmanager
def _server() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(valkey_command(Path(folder)).argv, stdout=subprocess.DEVNULL)
        try:
            url = queue_url(Path(folder))
            wait_until_ready(url, given_up=lambda: False)
            yield url
        finally:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
