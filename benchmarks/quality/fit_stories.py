"""Fit the weights of workers.dedupe.likeness: `python -m benchmarks.quality.fit_stories`. Prints the table.

Logistic regression over pairs of two sets: events told in several languages (development part, moved into the
same days), and the half of the English set that is not reported. English pairs weigh less: there are many.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.story_sets import Told, crosslingual, english, prepare
from pipeline.settings import shipped_config_dir
from workers.dedupe.likeness import Compared, measures
from workers.dedupe.story_rules import load_story_rules
from workers.tag.tagger import load_tagger

_ENGLISH_WEIGHT = 0.15
#: of pairs that are one event across languages: there are few
_CROSS_WEIGHT = 1.5
_PENALTY = 1e-3
_ROUNDS = 60

_Floats = NDArray[np.float64]


def pairs(told: Sequence[Told], compared: Sequence[Compared]) -> tuple[list[list[float]], list[bool]]:
    """Measure every pair."""
    values, same = [], []
    for n, one in enumerate(compared):
        for m in range(n):
            values.append(list(measures(one, compared[m]).values()))
            same.append(told[n].event == told[m].event)
    return values, same


def fit(values: _Floats, same: _Floats, weight: _Floats) -> _Floats:
    """Fit by Newton's method on standardised values, and give the weights of the values as they are."""
    mean, spread = values.mean(0), values.std(0)
    mean[0], spread[0] = 0.0, 1.0
    spread[spread == 0] = 1.0
    scaled = (values - mean) / spread
    penalty = np.full(values.shape[1], _PENALTY)
    penalty[0] = 0.0
    weights = np.zeros(values.shape[1])
    for _ in range(_ROUNDS):
        likely = 1 / (1 + np.exp(-scaled @ weights))
        slope = scaled.T @ (weight * (likely - same)) / weight.sum() + penalty * weights
        bend = (scaled * (weight * likely * (1 - likely))[:, None]).T @ scaled / weight.sum()
        weights -= np.linalg.solve(bend + np.diag(penalty + 1e-12), slope)
    plain: _Floats = weights / spread
    plain[0] = weights[0] - (weights[1:] * mean[1:] / spread[1:]).sum()
    return plain


def main() -> None:
    rules, tagger = load_story_rules(shipped_config_dir()), load_tagger(shipped_config_dir())
    values, same, weight = [], [], []
    for told, is_english in (
        (crosslingual(tagger, "dev", crowded=True), False),
        (english(tagger, half=1), True),
    ):
        compared = prepare(told, rules)
        measured, one_event = pairs(told, compared)
        values += measured
        same += one_event
        weight += [_ENGLISH_WEIGHT if is_english else _CROSS_WEIGHT if each else 1.0 for each in one_event]
        names = measures(compared[0], compared[1])
    weights = fit(np.array(values), np.array(same, float), np.array(weight))
    for name, value in zip(names, weights, strict=True):
        print(f'    "{name}": {value:.2f},')


if __name__ == "__main__":
    main()
