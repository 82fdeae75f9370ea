"""What is compared of a document: its body as hashed terms, and the runs of three of them (shingles).

Dateline, byline, series words and credit line are off the body already (workers.normalise); lines that sell
or point elsewhere are taken off here. Case, diacritics and punctuation do not count (pipeline.store.terms).
Scripts without spaces are compared by runs of characters.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.model import Document
from pipeline.store.terms import prepare

Hashes = NDArray[np.uint64]

#: terms in a shingle
SHINGLE = 3
#: where most terms are single characters
UNSPACED_SHINGLE = 5
_LONGEST_BOILERPLATE = 240
#: bytes in UTF-8 of a character of a script without spaces, and the smallest first one
_UNSPACED_BYTES = 3
_UNSPACED_LEAD = 0xE0

_FACTOR = 0x100000001B3
_FACTORS = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xA24BAED4963EE407],
    dtype=np.uint64,
)
_SHIFT = np.uint64(29)
#: byte → its value in a term's hash; 0: stands between terms (see pipeline.store.terms.prepare)
_VALUES: Hashes = np.array(
    [byte * 0x9E3779B97F4A7C15 % 2**64 if chr(byte).isalnum() or byte > 127 else 0 for byte in range(256)],
    dtype=np.uint64,
)
#: powers of the place and their inverses, made longer when a text needs it
_tables = [np.ones(1, dtype=np.uint64), np.ones(1, dtype=np.uint64)]
_NONE: Hashes = np.empty(0, dtype=np.uint64)

# A last paragraph that begins so, or is but a name or initials, says nothing of the event.
_BOILERPLATE = re.compile(
    r"\W*(?:"
    r"[^\W\d]+(?:[/ ][^\W\d]+)?$|"
    r"©|\(c\)\s|copyright\b|all rights reserved|tous droits|todos los derechos|alle rechte|"
    r"the post .{1,160} appeared first on|read (?:more|also|the full|full)\b|click here|"
    r"for (?:the full|more (?:on|information|stories|news))|follow us|subscribe\b|sign up\b|"
    r"more to (?:follow|come)\b|developing story|this (?:story|article) (?:was|has been|is) |"
    r"lire (?:aussi|la suite)|à lire aussi|suivez-nous|abonnez-vous|"
    r"leer más|lea también|síguenos|suscr[íi]b|mehr (?:dazu|zum thema)|lesen sie|"
    r"читайте также|подробнее|اقرأ أيضا|للمزيد|延伸阅读|责任编辑|更多新闻"
    r")",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, eq=False)
class Comparable:
    """A text as it is compared."""

    #: in order
    terms: Hashes
    #: the shingles in order, with repetitions
    shingles: Hashes


def comparable(document: Document) -> Comparable:
    """Make what is compared of a document: its body, or its headline where it has no body."""
    return comparable_text(document.body_text or document.headline or "")


def comparable_text(body: str) -> Comparable:
    """Make what is compared of a body."""
    terms, unspaced = _hashes(without_boilerplate(body))
    return Comparable(terms, _shingles(terms, UNSPACED_SHINGLE if unspaced else SHINGLE))


def without_boilerplate(body: str) -> str:
    """Take paragraphs off the end that say nothing of the event.

    >>> without_boilerplate("A ferry sank.\\n\\nRead more: Ferries")
    'A ferry sank.'
    """
    while True:
        kept, _, last = body.rpartition("\n\n")
        if not kept or len(last) > _LONGEST_BOILERPLATE or not _BOILERPLATE.match(last):
            return body
        body = kept


def _hashes(text: str) -> tuple[Hashes, bool]:
    """Hash each term of a text, all at once; say whether most are characters of a script without spaces.

    A term's hash is the sum of its bytes, each times a power of its place. Powers of the place in the text
    are summed up from the beginning, and the difference of two sums is brought back to the term's own places.
    """
    prepared = prepare(text)
    data = np.frombuffer(f" {prepared} ".encode("utf-8", "surrogatepass"), dtype=np.uint8)
    powers, inverses = _powers(len(data))
    values = _VALUES.take(data)
    inside = values != 0
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    sums: Hashes = (values * powers).cumsum(dtype=np.uint64)
    starts, ends = edges[::2], edges[1::2]
    terms = (sums[ends] - sums[starts]) * inverses[starts]
    return terms, not prepared.isascii() and _mostly_unspaced(data, starts, ends)


def _mostly_unspaced(data: NDArray[np.uint8], starts: NDArray[np.intp], ends: NDArray[np.intp]) -> bool:
    single = (ends - starts == _UNSPACED_BYTES) & (data[starts + 1] >= _UNSPACED_LEAD)
    return 2 * int(np.count_nonzero(single)) > len(starts)


def _powers(length: int) -> tuple[Hashes, Hashes]:
    """Give the powers of the place and their inverses (modulo 2 to the 64th)."""
    while len(_tables[0]) < length:
        for at, factor in enumerate((_FACTOR, pow(_FACTOR, -1, 2**64))):
            table = _tables[at]
            _tables[at] = np.concatenate((table, table * np.uint64(pow(factor, len(table), 2**64))))
    return _tables[0][:length], _tables[1]


def _shingles(terms: Hashes, size: int) -> Hashes:
    """Hash each run of so many terms; a text of fewer has none."""
    if len(terms) < size:
        return _NONE
    count = len(terms) - size + 1
    mixed = terms ^ (terms >> _SHIFT)
    runs = mixed[:count] * _FACTORS[0]
    for at in range(1, size):
        runs ^= mixed[at : at + count] * _FACTORS[at]
    runs ^= runs >> _SHIFT
    return np.asarray(runs, dtype=np.uint64)
