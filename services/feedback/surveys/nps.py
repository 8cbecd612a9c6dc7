"""Net Promoter Score: how many more would recommend than warn, and how sure that is.

Each respondent answers from 0 to 10 how likely they are to recommend: 9 and 10 are promoters, 7 and 8 passives, 0 to 6
detractors.

    NPS = 100 (promoters - detractors) / n                                        from -100 to 100
    variance of one answer = p + d - (p - d)²        p, d: shares of promoters and detractors
    Wald: NPS ± 100 z √(variance / n)
    adjusted Wald: the same with 3 answers added, 3/4 a promoter, 3/2 passives, 3/4 a detractor
    two samples: z = (NPS₁ - NPS₂) / √(SE₁² + SE₂²)

Sources: Reichheld, "The one number you need to grow", Harvard Business Review, December 2003; Rocks, "Interval
estimation for the Net Promoter Score", The American Statistician, 2016, for the intervals, of which the adjusted Wald
holds its level for small samples too: where all are promoters the Wald interval has no width, a certainty that is none.

Intervals are cut at -100 and 100. The adjusted one is around a centre nearer to 0 than the score: it may lie wholly
below a score of 100. Without answers there is no score: ValueError, so ask first.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from shared.statistics.intervals import LEVEL, Interval, z

Bucket = Literal["promoter", "passive", "detractor"]
PROMOTER, PASSIVE = 9, 7
"""The least answers that are a promoter's and a passive's."""
HIGHEST = 10


@dataclass(frozen=True, slots=True)
class Tally:
    """How many respondents are what."""

    promoters: int
    passives: int
    detractors: int

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors


@dataclass(frozen=True, slots=True)
class Difference:
    """The first score less the second, and whether that may be chance (two-sided)."""

    delta: float
    z: float
    p: float


def bucket(answer: float) -> Bucket:
    """What an answer makes of its respondent. ValueError for what is no whole number from 0 to 10."""
    if answer not in range(HIGHEST + 1):
        raise ValueError("an answer is a whole number from 0 to 10")
    return "promoter" if answer >= PROMOTER else "passive" if answer >= PASSIVE else "detractor"


def score(tally: Tally) -> float:
    """The score, from -100 to 100, unrounded."""
    return 100 * _net(tally.promoters, tally.detractors, tally.n)


def variance(promoters: float, detractors: float) -> float:
    """The variance of one answer as +1, 0 or -1, by the shares of promoters and detractors."""
    return promoters + detractors - (promoters - detractors) ** 2


def wald(tally: Tally, level: float = LEVEL) -> Interval:
    """The plain interval; too narrow for small samples."""
    return _around(tally.promoters, tally.detractors, tally.n, level, "wald")


def adjusted_wald(tally: Tally, level: float = LEVEL) -> Interval:
    """The interval to show."""
    if not tally.n:
        raise ValueError("without answers there is no score")
    return _around(tally.promoters + 0.75, tally.detractors + 0.75, tally.n + 3, level, "adjusted_wald")


def standard_error(promoters: float, detractors: float, n: float) -> float:
    """The standard error of the score, in its points."""
    return 100 * math.sqrt(max(0.0, variance(promoters / n, detractors / n)) / n)


def compare(first: Tally, second: Tally) -> Difference:
    """Whether two samples' scores differ. Two samples without any spread cannot be compared: ValueError."""
    delta = score(first) - score(second)
    spread = math.hypot(*(standard_error(each.promoters, each.detractors, each.n) for each in (first, second)))
    if not spread:
        raise ValueError("samples in which all say the same tell nothing of chance")
    found = delta / spread
    return Difference(delta, found, 2 * (1 - NormalDist().cdf(abs(found))))


def _net(promoters: float, detractors: float, n: float) -> float:
    if not n:
        raise ValueError("without answers there is no score")
    return (promoters - detractors) / n


def _around(
    promoters: float, detractors: float, n: float, level: float, method: Literal["wald", "adjusted_wald"]
) -> Interval:
    centre = 100 * _net(promoters, detractors, n)
    half = z(level) * standard_error(promoters, detractors, n)
    return Interval(max(-100.0, centre - half), min(100.0, centre + half), method, level)
