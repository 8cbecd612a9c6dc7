"""Where ideas stand in many draws: how far each one's rank reaches, and who is tied with whom.

    P(rank <= k) = share of draws in which it is among the first k      P(a over b) = share in which a is worth more

Ranks count from 1, the highest value first; in a draw equals are ordered by lot, so the P(rank <= k) of all ideas sum
to k. What a model refuses in a draw comes last in it. A rank interval holds the given share of the draws, half of the
rest to either side.

A tie: ideas in the order of their mean rank, in groups that begin with the best one left. The next idea belongs to the
group as long as the group's first is over it in less than `certainty` of the draws. A group is compared with its first
only: a chain of small steps is no tie.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.scoring.frameworks.recipe import Array

Ranks = NDArray[np.int32]


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
    worth = np.where(np.isnan(values), -np.inf, values)
    order = np.lexsort((lot.random(values.shape), -worth), axis=0)
    found = np.empty(values.shape, np.int32)
    places = np.broadcast_to(np.arange(1, len(values) + 1, dtype=np.int32)[:, np.newaxis], values.shape)
    np.put_along_axis(found, order, places, axis=0)
    return found


def standings(values: Array, ranked: Ranks, k: int, share: float) -> list[Standing]:
    """Where each idea stands; `share`: of the draws that a rank interval holds."""
    if not len(values):
        return []
    lower, upper = (1 - share) / 2, (1 + share) / 2
    low = np.quantile(ranked, lower, axis=1, method="inverted_cdf")
    high = np.quantile(ranked, upper, axis=1, method="inverted_cdf")
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
                mean_rank=float(ranked[place].mean()),
                rank_low=int(low[place]),
                rank_high=int(high[place]),
                top=float((ranked[place] <= k).mean()),
                refused=1 - len(drawn) / len(row),
            )
        )
    return made


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
