"""Strategic alignment: how much of what the product is to achieve an idea contributes to.

    alignment = sum(weight * contribution) / sum(weight)

The first sum is over the objectives that the idea contributes to, the second over all that count: a share from 0 to 1,
which is 1 when the idea contributes as much as an idea can to each of them. It is normalised by the strategy alone, so
no other idea moves it.

| input        | unit                    | range  |
|--------------|-------------------------|--------|
| weight       | beside other objectives | > 0    |
| contribution | share                   | [0, 1] |
| progress     | share                   | [0, 1] |

Where what remains is counted, `weight` is in both sums weight * (1 - progress): an objective half achieved weighs half.
Where no objective counts, or nothing of them remains, there is no alignment: none, rather than 0.

Source: the weighted sum of multi-criteria decisions (Churchman and Ackoff, 1954), with objectives as criteria.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

Weighing = Literal["whole", "remaining"]


@dataclass(frozen=True, slots=True)
class Objective:
    """What an objective weighs, and how far it has come; None: nothing tells."""

    weight: float
    progress: float | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Strategy:
    """All objectives of a workspace, under the version that they have together."""

    version: int
    objectives: Mapping[UUID, Objective]

    def weighing(self, weights: Mapping[UUID, float]) -> "Strategy":
        """The same with other weights. One that is given a weight counts, and one of weight 0 does not."""
        changed = {id: replace(self.objectives[id], weight=weight, counts=weight > 0) for id, weight in weights.items()}
        return Strategy(self.version, {**self.objectives, **changed})


@dataclass(frozen=True, slots=True)
class Contributions:
    """What an idea contributes to each objective."""

    weights: Mapping[UUID, float]
    version: int

    def beside(self, other: "Contributions") -> "Contributions":
        """What is said of two ideas that were merged into a third: of each objective the most."""
        most = {id: max(weight, other.weights.get(id, weight)) for id, weight in self.weights.items()}
        return Contributions({**other.weights, **most}, max(self.version, other.version))

    def over(self, others: "Contributions") -> "Contributions":
        """What is said of an idea itself counts before what is said of those that were merged into it."""
        return Contributions({**others.weights, **self.weights}, max(self.version, others.version))


@dataclass(frozen=True, slots=True)
class Share:
    """What one objective adds to the alignment of an idea."""

    objective_id: UUID
    weight: Annotated[float, Field(description="of the objective; where what remains is counted, of that")]
    contribution: Annotated[float, Field(description="of the idea to the objective, 0 to 1")]
    share: Annotated[float, Field(description="weight * contribution / total; all of them add up to the alignment")]


@dataclass(frozen=True, slots=True)
class Aligned:
    """The alignment of an idea, objective by objective."""

    alignment: Annotated[float, Field(description="sum(weight * contribution) / total, from 0 to 1")]
    total: Annotated[float, Field(description="the weight of all objectives that count")]
    shares: Annotated[tuple[Share, ...], Field(description="objectives that the idea contributes to, in order of id")]
    strategy_version: Annotated[int, Field(description="of all objectives together, as in their changes")]
    contributions_version: Annotated[
        int | None, Field(description="of what is said of the idea; null: nothing was ever said")
    ] = None


def align(strategy: Strategy, contributions: Contributions | None, weighing: Weighing = "whole") -> Aligned | None:
    """The alignment of an idea; None where no objective counts.

    An idea of which nothing was said (None) contributes nothing.
    """
    weights = {id: weigh(each, weighing) for id, each in strategy.objectives.items() if each.counts}
    total = math.fsum(weights.values())
    if not 0 < total < math.inf:
        return None
    given: Mapping[UUID, float] = {} if contributions is None else contributions.weights
    parts = {id: weights[id] * given[id] for id in sorted(given.keys() & weights.keys()) if given[id] > 0}
    return Aligned(
        # No objective gives more than its weight; rounding may, by an ulp.
        alignment=min(math.fsum(parts.values()) / total, 1.0),
        total=total,
        shares=tuple(Share(id, weights[id], given[id], part / total) for id, part in parts.items()),
        strategy_version=strategy.version,
        contributions_version=None if contributions is None else contributions.version,
    )


def weigh(objective: Objective, weighing: Weighing) -> float:
    """What an objective weighs; one that nothing tells of has all of it remaining."""
    if weighing == "whole" or objective.progress is None:
        return objective.weight
    return objective.weight * (1 - objective.progress)
