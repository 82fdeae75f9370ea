"""Which language bytes look like: the home of py3langid.

The numbers are py3langid's own; they are reached in fewer steps. Its automaton asks three tables for each
byte, two of them lists of numbers that lie all over the memory: here two of them are one. Its weights are
kept in the form in which they are added up.
"""

import math
from array import array
from functools import cache
from typing import Any

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from workers.normalise.lexicon.words import words

#: what news is hardly written in, but is taken for: dialects that the model tells apart, dead and invented
#: languages, "no language"; Nigerian Pidgin, which claims one English business story in fifteen
_LEFT_OUT = words(
    "ace an ary arz bcl dz eo ext fo fuv gcf gcr gom grc gug guw hbo kab kik la lij ltg pcm sa se uzs vec "
    "vo wa wuu zxx"
)
#: bits that number a feature in what is known of a state; the row of the state stands above them
_FEATURE_BITS = 24
_FEATURE = (1 << _FEATURE_BITS) - 1


def classify(text: str) -> tuple[str, float]:
    """Give the likeliest language of a text, and how likely it is, 0 to 1."""
    return _model().classify(text)


def warm_up() -> None:
    """Load the model (0.7 s), so that forked workers share it and the first text does not wait."""
    _model()


class Classifier:
    """py3langid's naive Bayes over the bytes of a text.

    Args:
        whole: With the languages to choose from.
    """

    def __init__(self, whole: Any) -> None:
        rows = np.asarray(whole.tk_row, dtype=np.int64) << 8
        features = np.asarray(whole.tk_output, dtype=np.int64) + 1  # 0: none
        self._next = whole.tk_nextmove
        self._states = array("q", (rows << _FEATURE_BITS | features).tobytes())
        self._weights = np.ascontiguousarray(whole.nb_ptc, dtype=np.float32)
        self._prior = whole.nb_pc
        self._names = whole.nb_classes
        #: two columns of one language, in two scripts
        self._aliases = whole._alias_pairs
        self._encode = whole._encode

    def classify(self, text: str) -> tuple[str, float]:
        """Give the likeliest language, and how likely it is."""
        data = self._encode(text)
        scores = self._scores(self._count(data))
        # Calibrated for texts of any length, as py3langid does.
        scores *= 1.0 / math.sqrt(len(data) or 1)
        np.exp(scores - scores.max(), out=scores)
        scores /= scores.sum()
        for first, second in self._aliases:
            scores[first] += scores[second]
            scores[second] = 0.0
        best = int(scores.argmax())
        return self._names[best], float(scores[best])

    def _count(self, data: bytes) -> dict[int, int]:
        """Count the features of the bytes."""
        following, states = self._next, self._states
        counts: dict[int, int] = {}
        known = counts.get
        row = states[0] >> _FEATURE_BITS
        for byte in data:
            state = states[following[row + byte]]
            row = state >> _FEATURE_BITS
            if feature := state & _FEATURE:
                counts[feature] = known(feature, 0) + 1
        return counts

    def _scores(self, counts: dict[int, int]) -> Any:
        """Add up what the features say; without any, all languages are alike."""
        size = len(counts)
        if not size:
            return np.zeros(len(self._names), dtype=np.float32)
        features = np.fromiter(counts, dtype=np.intp, count=size) - 1
        often = np.fromiter(counts.values(), dtype=np.float32, count=size)
        return np.log1p(often) @ self._weights.take(features, axis=0) + self._prior


@cache
def _model() -> Classifier:
    return Classifier(identifier())


def identifier() -> Any:
    """Load py3langid's own model of the languages to choose from."""
    kind: Any = LanguageIdentifier  # without types of its own
    whole = kind.from_model_file(MODEL_FILE, norm_probs=True)
    whole.set_languages([code for code in whole.labels if code not in _LEFT_OUT])
    return whole
