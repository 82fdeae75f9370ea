"""The signature of a text, by which its copies are looked for, and its slots in the index.

MinHash (Broder 1997) finds texts that share most of their shingles: 96 minima in 24 bands of 4; two texts of
which a share s is common meet in some band with probability 1 - (1 - s^4)^24: 0.99 at 0.65. An alert shares
little with the story that holds it, so the opening words give anchors besides: of each four shingles in a row
the smallest (winnowing: Schleimer, Wilkerson and Aiken 2003). Two texts with the same ten words in a row in
their openings have two anchors in common.
"""

import struct
from array import array
from dataclasses import dataclass

import numpy as np
import rensa
from numpy.typing import NDArray

from pipeline.ports.copies import SLOT_BYTES
from workers.dedupe.text import Comparable, Hashes

BANDS = 24
ROWS = 4
#: of a minimum 16 bits are kept: two texts agree in one by chance once in 65,536
Minima = NDArray[np.uint16]
Anchors = NDArray[np.uint32]

#: "The story follows later today." is no copy of anything
FEWEST_SHINGLES = 6

_SEED = 24
_OPENING = 24
#: shingles of which one is an anchor
_WINDOW = 4
_MOST_ANCHORS = 10
#: changes whenever texts, shingles, minima or anchors are made differently
_VERSION = 1
_HEAD = struct.Struct("<BI")
_BUCKET_BITS = 17
_MIX = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)
_SALTS = (np.arange(1, BANDS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
_ANCHOR_SALT = np.uint64(0xA24BAED4963EE407)


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """What is kept of a text to find its copies."""

    #: shingles of the text
    size: int
    minima: Minima
    anchors: Anchors


def sign(text: Comparable) -> Signature | None:
    """Make the signature of a text; None where it is too short to be told from others."""
    size = len(text.shingles)
    if size < FEWEST_SHINGLES:
        return None
    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(
        text.shingles, [0, size], BANDS * ROWS, _SEED
    )
    minima = np.frombuffer(array("I", matrix.to_rows()[0]), dtype=np.uint32).astype(np.uint16)
    return Signature(size, minima, _anchors(text.shingles[:_OPENING]))


def pack(signature: Signature) -> bytes:
    """Write a signature to be stored: some 240 bytes."""
    head = _HEAD.pack(_VERSION, signature.size)
    return head + signature.minima.astype("<u2").tobytes() + signature.anchors.astype("<u4").tobytes()


def unpack(data: bytes) -> Signature | None:
    """Read a stored signature; None where another release made it in another way."""
    end = _HEAD.size + 2 * BANDS * ROWS
    if len(data) < end or data[0] != _VERSION:
        return None
    return Signature(
        _HEAD.unpack_from(data)[1],
        np.frombuffer(data[_HEAD.size : end], dtype="<u2"),
        np.frombuffer(data[end:], dtype="<u4"),
    )


def bands_of(signature: Signature) -> bytes:
    """Give the slots of the index that the bands of a signature fall into."""
    bands = signature.minima.astype("<u2").reshape(BANDS, ROWS).view("<u8").ravel()
    return slots(_mixed(bands ^ _SALTS))


def anchors_of(signature: Signature) -> bytes:
    """Give the slots of the index that the anchors of a signature fall into."""
    return slots(_mixed(signature.anchors.astype(np.uint64) ^ _ANCHOR_SALT))


def slots(keys: NDArray[np.uint64]) -> bytes:
    """Write keys that are spread over all of their 64 bits as slots."""
    places = (keys >> np.uint64(64 - _BUCKET_BITS)) << np.uint64(16) | keys & np.uint64(0xFFFF)
    return places.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 8 - SLOT_BYTES :].tobytes()


def estimate(one: Signature, other: Signature) -> tuple[float, float]:
    """Estimate which share of both texts' shingles is common, and which share of the shorter's.

    Alert and story have few minima in common, whatever the alert: the shorter's anchors tell more there.
    """
    similarity = float(np.count_nonzero(one.minima == other.minima)) / (BANDS * ROWS)
    common = similarity * (one.size + other.size) / (1 + similarity)
    anchors = np.intersect1d(one.anchors, other.anchors).size
    containment = max(common / min(one.size, other.size), anchors / min(len(one.anchors), len(other.anchors)))
    return similarity, min(containment, 1.0)


def _anchors(opening: Hashes) -> Anchors:
    """Choose shingles of the opening: the smallest of each window."""
    keys = (_mixed(opening) >> _HALF).astype(np.uint32)
    step = 1
    while step < _WINDOW:  # the smallest of 2, of 4 keys in a row
        keys = np.minimum(keys[:-step], keys[step:])
        step *= 2
    changes = np.flatnonzero(keys[1:] != keys[:-1])
    return np.append(keys[changes], keys[-1:])[:_MOST_ANCHORS]


def _mixed(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter keys (the finaliser of splitmix, shortened)."""
    keys = (keys ^ (keys >> _HALF)) * _MIX
    keys = (keys ^ (keys >> _HALF)) * _MIX
    return np.asarray(keys ^ (keys >> _HALF), dtype=np.uint64)
