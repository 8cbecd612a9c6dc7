"""Importance and satisfaction: how much a need matters to respondents, and how well it is met today.

    important = 10 (answers in the upper quarter of the scale) / n                from 0 to 10
    satisfied = the same of the answers on satisfaction                           from 0 to 10

These are the inputs of Ulwick's opportunity score (scoring's framework `opportunity`, scale `ten`): shares of
respondents, not means, which would hide that some care much and others not at all. Source: Ulwick, "Turn customer input
into innovation", Harvard Business Review, January 2002, and "What Customers Want", 2005.

The intervals are Wilson's, from 0 to 10 as well. Without a rule that tells the scale, 1 to 5 is taken. Without answers
there is no figure: None.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from services.feedback.surveys import scales
from services.feedback.surveys.scales import Cell
from shared.statistics.intervals import LEVEL, Interval, wilson

USUAL = (1.0, 5.0)
TEN = 10


@dataclass(frozen=True, slots=True)
class Rated:
    """How one of the two questions was answered."""

    n: int
    high: int
    """Answers in the upper quarter of their scale."""
    out_of_ten: float
    interval: Interval
    """Of `out_of_ten`."""
    mean: float | None
    """On the scale itself, where all answers share one."""
    distribution: dict[str, int]
    """How many gave each answer, by the answer; of the most common scale where there are several."""


def summary(cells: Iterable[Cell], level: float = LEVEL) -> tuple[Rated | None, int]:
    """The figures of one question, and how many answers were left out for lying outside of their scale."""
    found, outside = scales.placed(cells, USUAL)
    n = sum(cell.n for cell in found)
    if not n:
        return None, outside
    high = scales.upper_quarter(found)
    share = wilson(high, n, level)
    return Rated(
        n,
        high,
        TEN * high / n,
        Interval(TEN * share.low, TEN * share.high, share.method, share.level),
        scales.spread(found).mean,
        _distribution(found),
    ), outside


def _distribution(cells: list[scales.Placed]) -> dict[str, int]:
    kinds: dict[tuple[float, float], int] = {}
    for cell in cells:
        kinds[(cell.low, cell.high)] = kinds.get((cell.low, cell.high), 0) + cell.n
    most = max(kinds, key=lambda kind: kinds[kind])
    counts: dict[float, int] = {}
    for cell in cells:
        if (cell.low, cell.high) == most:
            counts[cell.value] = counts.get(cell.value, 0) + cell.n
    return {f"{value:g}": counts[value] for value in sorted(counts)}
