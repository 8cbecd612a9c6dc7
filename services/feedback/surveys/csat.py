"""Customer satisfaction (CSAT): the share of respondents that are satisfied.

    CSAT = 100 satisfied / n                                                      from 0 to 100, %

Satisfied is who answers in the upper quarter of the scale, which of 1 to 5 are the top two boxes; it is no mean of the
answers. The interval is Wilson's (see `intervals`). Source of the rule: the American Customer Satisfaction literature
and the vendors' common practice, e.g. Kicue, "How to calculate CSAT"; of the interval: Wilson, 1927.

Without a rule that tells the scale, 1 to 5 is taken. Without answers there is no figure: None.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from services.feedback.surveys import scales
from services.feedback.surveys.scales import Cell
from shared.statistics.intervals import LEVEL, Interval, wilson

USUAL = (1.0, 5.0)


@dataclass(frozen=True, slots=True)
class Csat:
    """How satisfied respondents are."""

    n: int
    satisfied: int
    csat: float
    interval: Interval
    """Of `csat`, from 0 to 100."""
    mean: float | None
    """On the scale itself, where all answers share one."""


def summary(cells: Iterable[Cell], level: float = LEVEL) -> tuple[Csat | None, int]:
    """The figure, and how many answers were left out for lying outside of their scale."""
    found, outside = scales.placed(cells, USUAL)
    n = sum(cell.n for cell in found)
    if not n:
        return None, outside
    satisfied = scales.upper_quarter(found)
    return Csat(
        n, satisfied, 100 * satisfied / n, percent(wilson(satisfied, n, level)), scales.spread(found).mean
    ), outside


def percent(interval: Interval) -> Interval:
    """The interval of a share, as one of percentages."""
    return Interval(100 * interval.low, 100 * interval.high, interval.method, interval.level)
