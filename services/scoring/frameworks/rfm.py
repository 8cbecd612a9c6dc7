"""RFM: customers by recency, frequency and monetary value, each scored 1 to 5.

Source: Arthur Hughes, "Strategic Database Marketing", 1994; the R package rfm, for how bins are cut.

| input     | unit                        | range | better |
|-----------|-----------------------------|-------|--------|
| recency   | days since the last order   | ≥ 0   | lower  |
| frequency | orders                      | ≥ 0   | higher |
| monetary  | money                       | ≥ 0   | higher |

Four thresholds cut five bins, [lower, upper): a value at a threshold is in the higher bin. Recency counts in reverse.
The score is the three digits, 555 the best. Thresholds are given, or the 20, 40, 60 and 80 % quantiles of the customers
themselves (`thresholds`), which makes scores relative to them: keep those with a frozen run. A missing or negative
value has no score; quantiles of customers who are all alike are `not_identified`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.scoring.frameworks.factors import Range, Refusal
from services.scoring.frameworks.recipe import Array, one_length, sound

BINS = 5
RANGE = Range(0)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the bins of each figure are cut, ascending: one threshold less than bins."""

    recency: Sequence[float]
    frequency: Sequence[float]
    monetary: Sequence[float]


def thresholds(recency: Array, frequency: Array, monetary: Array, bins: int = BINS) -> Thresholds | Refusal:
    """Quantiles of these customers, linear between neighbours."""
    cuts: list[list[float]] = []
    for name, values in (("recency", recency), ("frequency", frequency), ("monetary", monetary)):
        held = values[sound(RANGE, values)]
        if not len(held) or held.min() == held.max():
            return Refusal("not_identified", f"{name} is the same for all, so nothing cuts it", (name,))
        cuts.append(np.quantile(held, np.arange(1, bins) / bins).tolist())
    return Thresholds(*cuts)


def score(recency: Array, frequency: Array, monetary: Array, at: Thresholds) -> list[str | None] | Refusal:
    """The three digits of each customer; None where a figure is missing or negative."""
    one_length([recency, frequency, monetary])
    for name, cuts in (("recency", at.recency), ("frequency", at.frequency), ("monetary", at.monetary)):
        if not cuts or len(cuts) > 8 or list(cuts) != sorted(cuts):
            return Refusal("not_scoreable", "from 1 to 8 thresholds are needed, ascending", (name,))
    late = len(at.recency) + 1 - _bin(recency, at.recency)
    often, much = 1 + _bin(frequency, at.frequency), 1 + _bin(monetary, at.monetary)
    held = sound(RANGE, recency) & sound(RANGE, frequency) & sound(RANGE, monetary)
    digits = (100 * late + 10 * often + much).tolist()
    return [f"{number}" if known else None for number, known in zip(digits, held.tolist(), strict=True)]


def _bin(values: Array, cuts: Sequence[float]) -> NDArray[np.int64]:
    return np.searchsorted(np.array(cuts), values, side="right").astype(np.int64)
