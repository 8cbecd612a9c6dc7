"""Where ideas stand in many draws: how far each one's rank reaches, and who is tied with whom.

    P(rank <= k) = share of draws in which it is among the first k      P(a over b) = share in which a is worth more

Ranks count from 1, the highest value first; in a draw equals are ordered by lot, so the P(rank <= k) of all ideas sum
to k. What a model refuses in a draw comes last in it. A rank interval holds the given share of the draws, half of the
rest to either side.

A tie: ideas in the order of their mean rank, in groups that begin with the best one left. The next idea belongs to the
group as long as the group's first is over it in less than `certainty` of the draws. A group is compared with its first
only: a chain of small steps is no tie.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import numpy as np
from numpy.typing import NDArray

from services.scoring.frameworks.recipe import Array

Ranks = NDArray[np.int32]
Counts = NDArray[np.int64]
TENTHS = 0.1, 0.5, 0.9
BLOCK = 256
"""Draws that are ranked at once."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One idea over all draws. Its values are None where the model refused every draw."""

    mean: float | None
    p10: float | None
    p50: float | None
    p90: float | None
    mean_rank: float
    rank_low: int
    rank_high: int
    top: float
    """P(rank <= k)."""
    refused: float
    """Share of draws that the model refused."""


def ranks(values: Array, lot: np.random.Generator) -> Ranks:
    """The rank of each idea (row) in each draw (column)."""
    ideas, draws = values.shape
    found = np.empty((draws, ideas), np.int32)
    # A draw to a row, so that each is sorted where it lies; and as many at once as stay in the processor's cache.
    for first in range(0, draws, BLOCK):
        some = values[:, first : first + BLOCK]
        _rank(np.where(np.isnan(some), np.inf, -some).T.copy(), lot, found[first : first + BLOCK])
    return found.T


def _rank(worth: Array, lot: np.random.Generator, found: Ranks) -> None:
    draws, ideas = worth.shape
    order = np.argsort(worth, axis=1)
    # Places in one row of all: numpy finds those several times quicker than pairs of row and column.
    rows = np.arange(draws, dtype=np.int64)[:, np.newaxis] * ideas
    falling = worth.ravel()[order + rows]
    # Few draws hold equals, and only those are worth the lots.
    equal = np.flatnonzero((falling[:, 1:] == falling[:, :-1]).any(axis=1))
    if len(equal):
        order[equal] = np.lexsort((lot.random((len(equal), ideas)), worth[equal]), axis=1)
    found.ravel()[order + rows] = np.arange(1, ideas + 1, dtype=np.int32)


def standings(values: Array, ranked: Ranks, k: int, share: float) -> list[Standing]:
    """Where each idea stands; `share`: of the draws that a rank interval holds."""
    if not len(values):
        return []
    ideas, draws = values.shape
    # How often each idea has each rank, and that rank or a better one.
    rows = np.arange(ideas, dtype=np.int32)[:, np.newaxis] * ideas
    counts: Counts = np.bincount((ranked - 1 + rows).ravel(), minlength=ideas * ideas).reshape(ideas, ideas)
    upto = np.cumsum(counts, axis=1)
    places: Counts = np.arange(1, ideas + 1, dtype=np.int64)
    mean_ranks = cast("Array", np.dot(counts, places) / draws)
    low, high = (1 + (upto < _position(part, draws)).sum(axis=1) for part in ((1 - share) / 2, (1 + share) / 2))
    drawn = [row[~np.isnan(row)] for row in values]
    quantiles = _quantiles(values, drawn)
    return [
        Standing(
            # The mean of equal figures can miss them by an ulp.
            mean=float(np.clip(each.mean(), each.min(), each.max())) if len(each) else None,
            p10=p10,
            p50=p50,
            p90=p90,
            mean_rank=float(mean_ranks[place]),
            rank_low=int(low[place]),
            rank_high=int(high[place]),
            top=float(upto[place, min(k, ideas) - 1] / draws) if k > 0 else 0.0,
            refused=1 - len(each) / draws,
        )
        for place, (each, (p10, p50, p90)) in enumerate(zip(drawn, quantiles, strict=True))
    ]


def _quantiles(values: Array, drawn: Sequence[Array]) -> list[tuple[float | None, float | None, float | None]]:
    """The tenths and the middle of each idea's draws; at once of those that the model refused in none."""
    found: list[tuple[float | None, float | None, float | None]] = [
        tuple(np.quantile(each, TENTHS).tolist()) if 0 < len(each) < values.shape[1] else (None, None, None)
        for each in drawn
    ]
    whole = [place for place, each in enumerate(drawn) if len(each) == values.shape[1]]
    for place, three in zip(whole, np.quantile(values[whole], TENTHS, axis=1).T.tolist(), strict=True):
        found[place] = tuple(three)
    return found


def _position(share: float, draws: int) -> int:
    """Which of the sorted draws is the quantile of the inverted distribution: the first with this share up to it."""
    # A product of decimals may miss a whole number by an ulp.
    return max(math.ceil(share * draws - 1e-9), 1)


def over(worth: Array, one: int, other: int) -> float:
    """P(one over other): the share of draws in which it is worth more, and half of those in which they are equal.

    A draw that the model refused is worth less than all others: minus infinity.
    """
    more, equal = np.count_nonzero(worth[one] > worth[other]), np.count_nonzero(worth[one] == worth[other])
    return float(more + equal / 2) / worth.shape[1]


def next_over(values: Array, order: Sequence[int]) -> list[float | None]:
    """P(the idea over the one after it), by place in the order; None for the last."""
    worth = np.where(np.isnan(values), -np.inf, values)
    return [*(over(worth, *pair) for pair in pairwise(order)), *([None] if order else [])]


def ties(values: Array, order: Sequence[int], certainty: float) -> list[list[int]]:
    """The ideas' rows in groups that nobody can order, best first; a group of one is no tie."""
    worth = np.where(np.isnan(values), -np.inf, values)
    groups: list[list[int]] = []
    for place in order:
        if groups and over(worth, groups[-1][0], place) < certainty:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups
