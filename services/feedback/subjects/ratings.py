"""Importance and satisfaction on one scale of five steps, and what many answers say together.

A step is the nearest of five at equal distances from the lowest answer to the highest. Ulwick's inputs are shares of
respondents, not means: how many answer 4 or 5 of 5 ("What Customers Want", 2005). On any other scale that is its upper
quarter, as in `surveys.scales`. The share's interval is Wilson's, which holds for few answers and near 0 and 1.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from shared.statistics.intervals import Interval, wilson

STEPS = 5
USUAL = (1.0, 5.0)
"""The scale of a question whose rules tell none."""
NONE = (0,) * (STEPS + 1)
"""The tally of nothing: answers in each of the five steps, the lowest first, and those in the upper quarter."""


class Measure(NamedTuple):
    """What many say: `counts` are answers in each of the five steps, the lowest first."""

    counts: tuple[int, ...]
    answers: int
    mean: float | None
    """Of the steps, 1 to 5."""
    top_share: float | None
    """Share of answers in the upper quarter of their scale."""
    interval: Interval | None
    """Of `top_share`, 95 %."""


def step(value: float, low: float | None, high: float | None) -> int | None:
    """The step from 1 to 5 that an answer counts as, halfway upwards; None when it is off its scale."""
    place = _place(value, low, high)
    return None if place is None else 1 + math.floor((STEPS - 1) * place + 0.5)


def tally(value: float, low: float | None, high: float | None) -> tuple[int, ...] | None:
    """One answer as a tally; None when it is off its scale."""
    place, at = _place(value, low, high), step(value, low, high)
    if place is None or at is None:
        return None
    return (*(int(each == at) for each in range(1, STEPS + 1)), int(place >= 0.75 - 1e-9))


def _place(value: float, low: float | None, high: float | None) -> float | None:
    """From 0, the lowest answer, to 1, the highest."""
    if low is None or high is None:
        low, high = USUAL
    return (value - low) / (high - low) if low < high and low <= value <= high else None


def measure(tally: Sequence[int]) -> Measure:
    """The mean, the share of high answers and its interval; None where nobody has answered."""
    counts, high = tuple(tally[:STEPS]), tally[STEPS]
    answers = sum(counts)
    if not answers:
        return Measure(counts, 0, None, None, None)
    mean = sum(step * count for step, count in enumerate(counts, start=1)) / answers
    return Measure(counts, answers, mean, high / answers, wilson(high, answers))
