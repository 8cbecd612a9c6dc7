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
from typing import cast

import numpy as np
from numpy.typing import NDArray

from services.scoring.frameworks.recipe import Array

Ranks = NDArray[np.int32]
Counts = NDArray[np.int64]


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
    # A draw to a row, so that each is sorted where it lies.
    worth = np.ascontiguousarray(np.where(np.isnan(values), np.inf, -values).T)
    order = np.argsort(worth, axis=1)
    falling = np.take_along_axis(worth, order, axis=1)
    # Few draws hold equals, and only those are worth the lots.
    equal = np.flatnonzero((falling[:, 1:] == falling[:, :-1]).any(axis=1))
    order[equal] = np.lexsort((lot.random((len(equal), worth.shape[1])), worth[equal]), axis=1)
    found = np.empty(worth.shape, np.int32)
    places = np.broadcast_to(np.arange(1, worth.shape[1] + 1, dtype=np.int32), worth.shape)
    np.put_along_axis(found, order, places, axis=1)
    return found.T


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
    made: list[Standing] = []
    for place, row in enumerate(values):
        drawn = row[~np.isnan(row)]
        p10, p50, p90 = np.quantile(drawn, (0.1, 0.5, 0.9)).tolist() if len(drawn) else (None, None, None)
        made.append(
            Standing(
                # The mean of equal figures can miss them by an ulp.
                mean=float(np.clip(drawn.mean(), drawn.min(), drawn.max())) if len(drawn) else None,
                p10=p10,
                p50=p50,
                p90=p90,
                mean_rank=float(mean_ranks[place]),
                rank_low=int(low[place]),
                rank_high=int(high[place]),
                top=float(upto[place, min(k, ideas) - 1] / draws) if k > 0 else 0.0,
                refused=1 - len(drawn) / len(row),
            )
        )
    return made


def _position(share: float, draws: int) -> int:
    """Which of the sorted draws is the quantile of the inverted distribution: the first with this share up to it."""
    # A product of decimals may miss a whole number by an ulp.
    return max(math.ceil(share * draws - 1e-9), 1)


def over(values: Array, one: int, other: int) -> float:
    """P(one over other): the share of draws in which it is worth more, and half of those in which they are equal."""
    first = np.where(np.isnan(values[one]), -np.inf, values[one])
    second = np.where(np.isnan(values[other]), -np.inf, values[other])
    return float((first > second).mean() + (first == second).mean() / 2)


def ties(values: Array, order: Sequence[int], certainty: float) -> list[list[int]]:
    """The ideas' rows in groups that nobody can order, best first; a group of one is no tie."""
    groups: list[list[int]] = []
    for place in order:
        if groups and over(values, groups[-1][0], place) < certainty:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups
