"""Series words: what stands before a headline and says what this version is ("UPDATE 2-")."""

import re
from dataclasses import dataclass

from pipeline.model import Signal
from workers.normalise.lexicon import SERIES_WORDS

_SIGNALS = {each.word: each.signal for each in SERIES_WORDS}
_NAMES = "|".join(re.escape(each.word) for each in sorted(SERIES_WORDS, key=lambda each: -len(each.word)))
_ANY_CASE = frozenset(each.word for each in SERIES_WORDS if each.any_case)
# "UPDATE 2-Text", "CORRECTED: Text", "URGENT - Text"; the word alone on its line too.
_WORD = re.compile(rf"({_NAMES})(?:\s+(?:N[°o]\s*)?(\d{{1,3}}))?(?:\s*[-–—:.]+\s*|\s*$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What the series words say, and what is left without them."""

    signal: Signal | None = None
    number: int | None = None
    rest: str

    def then(self, later: "Series") -> "Series":
        """Add what another place of the same item says: the first word counts."""
        return Series(
            signal=self.signal or later.signal,
            number=self.number if self.number is not None else later.number,
            rest=later.rest,
        )


def read_series(line: str, *, in_text: bool = False) -> Series:
    """Take series words off the beginning of a headline, or of a text (there in capitals only).

    >>> read_series("CORRECTED-UPDATE 2-Blast hits market")
    Series(signal=<Signal.CORRECTION: 'correction'>, number=2, rest='Blast hits market')
    """
    read = Series(rest=line)
    if in_text and not line[1:2].isupper():
        return read
    for _ in range(3):
        match = _WORD.match(read.rest)
        if match is None or not _is_meant(match, in_text):
            break
        number = int(match[2]) if match[2] else None
        word = Series(signal=_SIGNALS[match[1].upper()], number=number, rest=read.rest[match.end() :])
        read = read.then(word)
    return read


def _is_meant(match: re.Match[str], in_text: bool) -> bool:
    """Tell a series word from a headline that begins with the same word ("Lead-free petrol")."""
    if match[1].isupper() or in_text:
        return match[1].isupper()
    return match[1].upper() in _ANY_CASE and (match[2] is not None or ":" in match[0])
