"""Confidence intervals: how far off a figure of a sample may be.

    Wilson, of a share p of n answers:
        (p + z²/2n ± z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n)
    Plus four (Agresti and Coull), of a share: p' = (x + 2) / (n + 4), p' ± z √(p'(1 - p') / (n + 4))
    Normal, of a mean m with the sample's standard deviation s: m ± z s / √n

z is the two-sided quantile of the normal distribution at the level, 1.96 at 0.95. Sources: Wilson, "Probable inference,
the law of succession, and statistical inference", 1927; Agresti and Coull, "Approximate is better than exact", 1998.

Shares are from 0 to 1 and so are the intervals' ends. Without an answer there is no interval: ValueError, so ask first.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated, Literal

from pydantic import Field

LEVEL = 0.95
SMALL = 30
"""Below so many respondents a figure is flagged: the usual rule of thumb for the normal approximation."""
Method = Literal["adjusted_wald", "wald", "wilson", "plus_four", "normal"]


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the figure of everybody lies, by this sample, at the level of confidence."""

    low: float
    high: float
    method: Method
    level: Annotated[float, Field(description="the share of samples whose interval holds the true figure")] = LEVEL


def z(level: float) -> float:
    """The two-sided quantile of the normal distribution. ValueError unless the level is between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError("a level of confidence lies between 0 and 1")
    return NormalDist().inv_cdf((1 + level) / 2)


def wilson(hits: int, n: int, level: float = LEVEL) -> Interval:
    """Wilson's interval of a share."""
    _require(hits, n)
    share, quantile = hits / n, z(level)
    spread = quantile**2 / n
    centre = (share + spread / 2) / (1 + spread)
    half = quantile * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    # Where all or none are hits the end is the share itself, up to what rounding makes of it.
    return Interval(max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share)), "wilson", level)


def plus_four(hits: int, n: int, level: float = LEVEL) -> Interval:
    """The interval of a share with two hits and two misses added, cut at 0 and 1."""
    _require(hits, n)
    share = (hits + 2) / (n + 4)
    half = z(level) * math.sqrt(share * (1 - share) / (n + 4))
    return Interval(max(0.0, share - half), min(1.0, share + half), "plus_four", level)


def of_mean(mean: float, variance: float, n: int, level: float = LEVEL) -> Interval:
    """The interval of a mean by the normal approximation; `variance` is the sample's (n - 1 below)."""
    if n < 1 or variance < 0:
        raise ValueError("a mean needs an answer, and its variance is none below 0")
    half = z(level) * math.sqrt(variance / n)
    return Interval(mean - half, mean + half, "normal", level)


def _require(hits: int, n: int) -> None:
    if n < 1 or not 0 <= hits <= n:
        raise ValueError("a share needs an answer, and no more hits than answers")
