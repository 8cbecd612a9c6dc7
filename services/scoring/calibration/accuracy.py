"""How far estimates were from what came of them, and the factor that later ones are corrected by. Pure.

Amounts (effort, reach), of n pairs of an estimate f and an actual a:

    MAPE   = mean(|a - f| / a)                       undefined, so refused, when an actual is zero
    WAPE   = sum |a - f| / sum a                     defined unless all actuals are zero
    ratio  = exp(median(ln(a / f)))                  over the pairs in which both are above zero
    factor = ratio ^ w,  w = n / (n + k)             n: the pairs that the ratio is of

Events (did it succeed?), of n pairs of a probability p and an outcome o that is 1 or 0:

    Brier  = mean((p - o)^2)                         base = o (1 - o) of the mean o;  skill = 1 - Brier / base
    H      = (sum o + 1/2) / (n - sum o + 1/2)       M = (sum p + 1/2) / (n - sum p + 1/2)
    factor = (H / M) ^ w,  w = n / (n + k)           of the odds p / (1 - p) of later ones

Sources: MAPE and its failure at zero: R. J. Hyndman and A. B. Koehler, "Another look at measures of forecast accuracy",
2006. WAPE (MAD/Mean): S. Kolassa and W. Schütz, "Advantages of the MAD/Mean ratio over the MAPE", 2007. Brier: G. W.
Brier, "Verification of forecasts expressed in terms of probability", 1950. The halves keep the odds finite (J. B. S.
Haldane, F. J. Anscombe, 1956). Shrinkage by n / (n + k) is that of Bühlmann's credibility (H. Bühlmann, "Experience
rating and credibility", 1967); k is ours, no source gives it: with k = 10, ten pairs go half of the way. Fewer than ten
pairs are flagged as `small`, which is ours too. No factor leaves [0.1, 10]: what is farther off is no calibration.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

K = 10.0
SMALL = 10
BOUND = 10.0
BINS = 10


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Amounts against what they were."""

    n: Annotated[int, Field(description="pairs of an estimate and what it turned out to be")]
    small: Annotated[bool, Field(description="fewer than ten pairs: hardly more than an anecdote")]
    mape: Annotated[
        float | None, Field(description="mean of |actual - estimate| / actual; null: no pairs, or an actual is zero")
    ]
    zeros: Annotated[int, Field(description="actuals that are zero, for which there is no MAPE")]
    wape: Annotated[float | None, Field(description="sum of |actual - estimate| over the sum of the actuals")]
    ratio: Annotated[
        float | None, Field(description="median of actual / estimate, of the logarithms; above 1: it took more")
    ]
    ratio_of: Annotated[int, Field(description="pairs that the ratio is of: both figures above zero")]
    weight: Annotated[float, Field(description="n / (n + k): how far a correction goes")]
    factor: Annotated[float, Field(description="ratio ^ weight, within 0.1 and 10; 1: no correction")]


@dataclass(frozen=True, slots=True)
class Bin:
    """Probabilities that lie together: what was predicted of them, and how often it came true."""

    low: float
    high: float
    n: int
    predicted: Annotated[float, Field(description="mean of the probabilities")]
    observed: Annotated[float, Field(description="share of them that happened")]


@dataclass(frozen=True, slots=True)
class Reliability:
    """Probabilities against what happened."""

    n: Annotated[int, Field(description="pairs of a probability and whether it happened")]
    small: Annotated[bool, Field(description="fewer than ten pairs: hardly more than an anecdote")]
    brier: Annotated[float | None, Field(description="mean of (probability - outcome)²: 0 is perfect, 1 always wrong")]
    base: Annotated[float | None, Field(description="the Brier score of who always says how often it happens")]
    skill: Annotated[
        float | None, Field(description="1 - brier / base; below 0: worse than that. null: it always or never happened")
    ]
    predicted: Annotated[float | None, Field(description="mean of the probabilities")]
    observed: Annotated[float | None, Field(description="share that happened")]
    bins: Annotated[tuple[Bin, ...], Field(description="ten of equal width; those without any are left out")]
    weight: Annotated[float, Field(description="n / (n + k): how far a correction goes")]
    factor: Annotated[float, Field(description="of the odds, within 0.1 and 10; 1: no correction")]


def weight(n: int, k: float) -> float:
    """How far a correction of n pairs goes: 0 is not at all."""
    return n / (n + k) if n else 0.0


def accuracy(pairs: Sequence[tuple[float, float]], k: float = K) -> Accuracy:
    """Of pairs of an estimate and an actual that is not below zero."""
    n, zeros = len(pairs), sum(actual == 0 for _, actual in pairs)
    apart = [abs(actual - estimate) for estimate, actual in pairs]
    whole = math.fsum(actual for _, actual in pairs)
    mape = None
    if pairs and not zeros:
        mape = math.fsum(off / actual for off, (_, actual) in zip(apart, pairs, strict=True)) / n
    logs = [math.log(actual) - math.log(estimate) for estimate, actual in pairs if estimate > 0 and actual > 0]
    w = weight(len(logs), k)
    middle = statistics.median(logs) if logs else None
    return Accuracy(
        n=n,
        small=len(logs) < SMALL,
        mape=_finite(mape),
        zeros=zeros,
        wape=_finite(math.fsum(apart) / whole) if whole > 0 else None,
        ratio=None if middle is None else _finite(math.exp(min(middle, 700.0))),
        ratio_of=len(logs),
        weight=w,
        factor=_bounded(w * (middle or 0.0)),
    )


def reliability(pairs: Sequence[tuple[float, bool]], k: float = K) -> Reliability:
    """Of pairs of a probability, from 0 to 1, and whether it happened."""
    n, w = len(pairs), weight(len(pairs), k)
    if not n:
        return Reliability(0, True, None, None, None, None, None, (), 0.0, 1.0)
    hits, said = float(sum(happened for _, happened in pairs)), math.fsum(p for p, _ in pairs)
    observed = hits / n
    brier = math.fsum((p - happened) ** 2 for p, happened in pairs) / n
    base = observed * (1 - observed)
    shift = math.log((hits + 0.5) / (n - hits + 0.5)) - math.log((said + 0.5) / (n - said + 0.5))
    return Reliability(
        n=n,
        small=n < SMALL,
        brier=brier,
        base=base,
        skill=None if base == 0 else 1 - brier / base,
        predicted=said / n,
        observed=observed,
        bins=_bins(pairs),
        weight=w,
        factor=_bounded(w * shift),
    )


def _bins(pairs: Sequence[tuple[float, bool]]) -> tuple[Bin, ...]:
    held: dict[int, list[tuple[float, bool]]] = {}
    for pair in pairs:
        held.setdefault(min(int(pair[0] * BINS), BINS - 1), []).append(pair)
    return tuple(
        Bin(
            low=place / BINS,
            high=(place + 1) / BINS,
            n=len(theirs),
            predicted=math.fsum(p for p, _ in theirs) / len(theirs),
            observed=sum(happened for _, happened in theirs) / len(theirs),
        )
        for place, theirs in sorted(held.items())
    )


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _bounded(log: float) -> float:
    return math.exp(min(max(log, -math.log(BOUND)), math.log(BOUND)))
